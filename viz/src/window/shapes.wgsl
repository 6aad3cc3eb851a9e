// Rounded rectangles with a fill, a border, a pattern and a glyph. A vertex is (0 or 1, 0 or 1, number of the shape);
// all lengths in the fragment shader are pixels of the screen, so that edges are one pixel soft at any size.

struct Shape {
    rect: vec4<f32>,
    fill: u32,
    stroke: u32,
    ink: u32,
    kind: u32,
    radius: f32,
    border: f32,
    amount: f32,
    glyph_size: f32,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<storage, read> shapes: array<Shape>;
// Width and height in pixels, pixels per point.
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var<uniform> frame: vec4<f32>;

struct Corner {
    @builtin(position) clip: vec4<f32>,
    // From the middle of the shape.
    @location(0) at: vec2<f32>,
    // Half of width and height, radius, border.
    @location(1) @interpolate(flat) box: vec4<f32>,
    @location(2) @interpolate(flat) fill: vec4<f32>,
    @location(3) @interpolate(flat) stroke: vec4<f32>,
    @location(4) @interpolate(flat) ink: vec4<f32>,
    // Amount, radius of the glyph.
    @location(5) @interpolate(flat) more: vec2<f32>,
    @location(6) @interpolate(flat) kind: u32,
}

// An sRGB colour in bytes as linear light, with its alpha.
fn color(bytes: u32) -> vec4<f32> {
    let c = unpack4x8unorm(bytes);
    let low = c.rgb / 12.92;
    let high = pow((c.rgb + 0.055) / 1.055, vec3(2.4));
    return vec4(select(high, low, c.rgb <= vec3(0.04045)), c.a);
}

@vertex
fn vertex(@location(0) corner: vec3<f32>) -> Corner {
    let s = shapes[u32(corner.z)];
    let scale = frame.z;
    let size = s.rect.zw * scale;
    var out: Corner;
    // Outside of the picture, and without an area.
    out.clip = vec4(2.0, 2.0, 0.0, 1.0);
    if size.x <= 0.0 || size.y <= 0.0 {
        return out;
    }
    let half = size * 0.5;
    // A pixel more on every side, for the soft edge.
    out.at = (corner.xy * 2.0 - 1.0) * (half + 1.0);
    let pixel = s.rect.xy * scale + half + out.at;
    out.clip = vec4(pixel / frame.xy * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.5, 1.0);
    out.box = vec4(half, min(s.radius * scale, min(half.x, half.y)), s.border * scale);
    out.fill = color(s.fill);
    out.stroke = color(s.stroke);
    out.ink = color(s.ink);
    // Small glyphs take a larger part of their shape, or nobody could tell them apart.
    let side = min(size.x, size.y);
    var part = s.glyph_size;
    if part <= 0.0 {
        part = clamp(9.0 / side, 0.55, 0.8);
    }
    out.more = vec2(s.amount, side * part * 0.5);
    out.kind = s.kind;
    return out;
}

// ---- distances: below 0 inside ----

fn to_box(p: vec2<f32>, half: vec2<f32>, radius: f32) -> f32 {
    let q = abs(p) - half + radius;
    return length(max(q, vec2(0.0))) + min(max(q.x, q.y), 0.0) - radius;
}

fn to_line(p: vec2<f32>, a: vec2<f32>, b: vec2<f32>) -> f32 {
    let ap = p - a;
    let ab = b - a;
    return length(ap - ab * clamp(dot(ap, ab) / dot(ab, ab), 0.0, 1.0));
}

fn to_ring(p: vec2<f32>, radius: f32) -> f32 {
    return abs(length(p) - radius);
}

// A part of a ring: that of angles (from the right, clockwise) between `from` and `from + sweep`.
fn to_arc(p: vec2<f32>, radius: f32, start: f32, sweep: f32) -> f32 {
    let full = 6.2831853;
    let angle = atan2(p.y, p.x) - start;
    let a = angle - full * floor(angle / full);
    if a <= sweep {
        return abs(length(p) - radius);
    }
    let ends = vec2(start, start + sweep);
    return min(
        length(p - radius * vec2(cos(ends.x), sin(ends.x))),
        length(p - radius * vec2(cos(ends.y), sin(ends.y))),
    );
}

fn to_triangle(p: vec2<f32>, a: vec2<f32>, b: vec2<f32>, c: vec2<f32>) -> f32 {
    let edges = min(min(to_line(p, a, b), to_line(p, b, c)), to_line(p, c, a));
    let ab = b - a;
    let bc = c - b;
    let ca = a - c;
    let pa = p - a;
    let pb = p - b;
    let pc = p - c;
    let sides = vec3(ab.x * pa.y - ab.y * pa.x, bc.x * pb.y - bc.y * pb.x, ca.x * pc.y - ca.y * pc.x);
    let inside = all(sides >= vec3(0.0)) || all(sides <= vec3(0.0));
    return select(edges, -edges, inside);
}

fn turned(p: vec2<f32>, quarters: u32) -> vec2<f32> {
    switch quarters {
        case 1u: { return vec2(p.y, -p.x); }
        case 2u: { return -p; }
        case 3u: { return vec2(-p.y, p.x); }
        default: { return p; }
    }
}

// How much of a pixel a rectangle covers.
fn box_cover(p: vec2<f32>, half: vec2<f32>) -> f32 {
    let c = clamp(min(p + 0.5, half) - max(p - 0.5, -half), vec2(0.0), vec2(1.0));
    return c.x * c.y;
}

fn cover(p: vec2<f32>, half: vec2<f32>, radius: f32) -> f32 {
    if half.x <= 0.0 || half.y <= 0.0 {
        return 0.0;
    }
    if radius < 0.5 {
        return box_cover(p, half);
    }
    // What is thinner than a pixel is as much fainter.
    let thin = min(1.0, 2.0 * min(half.x, half.y));
    return clamp(0.5 - to_box(p, half, radius), 0.0, 1.0) * thin;
}

// ---- patterns: the numbers of draw::Pattern ----

// Diagonal lines of a width, so far apart.
fn diagonals(p: vec2<f32>, apart: f32, width: f32) -> f32 {
    let across = (p.x + p.y) * 0.70710678;
    let off = abs(across - apart * floor(across / apart + 0.5));
    return clamp(width * 0.5 - off + 0.5, 0.0, 1.0);
}

fn over(top: vec4<f32>, part: f32, below: vec4<f32>) -> vec4<f32> {
    let a = top.a * part;
    return vec4(top.rgb * a, a) + below * (1.0 - a);
}

// What fills the shape here, with the colour already times its alpha.
fn pattern(in: Corner) -> vec4<f32> {
    let fill = vec4(in.fill.rgb * in.fill.a, in.fill.a);
    let half = in.box.xy;
    let scale = frame.z;
    let side = 2.0 * min(half.x, half.y);
    switch in.kind & 0xffu {
        case 1u: { // Hatch
            let apart = clamp(side * 0.3, 3.5 * scale, 6.5 * scale);
            return over(in.stroke, diagonals(in.at, apart, max(apart * 0.24, 1.0)), fill);
        }
        case 2u: { // Stripes
            let apart = clamp(side * 0.55, 7.0 * scale, 16.0 * scale);
            return over(in.stroke, diagonals(in.at, apart, apart * 0.5), fill);
        }
        case 3u: { // Bar
            let end = -half.x + 2.0 * half.x * clamp(in.more.x, 0.0, 1.0);
            return fill * mix(0.12, 1.0, clamp(end - in.at.x + 0.5, 0.0, 1.0));
        }
        case 4u: { // Fade
            let quarters = (in.kind >> 16u) & 3u;
            let along = turned(in.at, quarters).x;
            let reach = select(half.x, half.y, (quarters & 1u) == 1u);
            let t = clamp(along / reach * 0.5 + 0.5, 0.0, 1.0);
            return fill * t * t;
        }
        case 5u: { // Level
            let top = half.y - 2.0 * half.y * clamp(in.more.x, 0.0, 1.0);
            return fill * clamp(in.at.y - top + 0.5, 0.0, 1.0);
        }
        default: { return fill; }
    }
}

// ---- glyphs: the numbers of draw::Glyph ----

// The distance to a glyph of radius `r`, whose strokes are `w` wide to each side.
fn glyph(number: u32, p: vec2<f32>, r: f32, w: f32) -> f32 {
    let q = p / r;
    let stroke = w / r;
    var d = 1e3;
    switch number {
        case 1u: { // Check
            d = min(to_line(q, vec2(-0.8, 0.08), vec2(-0.25, 0.62)), to_line(q, vec2(-0.25, 0.62), vec2(0.8, -0.6))) - stroke;
        }
        case 2u: { // Cross
            d = min(to_line(q, vec2(-0.66, -0.66), vec2(0.66, 0.66)), to_line(q, vec2(-0.66, 0.66), vec2(0.66, -0.66))) - stroke;
        }
        case 3u: { // Clock
            let hands = min(to_line(q, vec2(0.0), vec2(0.0, -0.5)), to_line(q, vec2(0.0), vec2(0.36, 0.2)));
            d = min(to_ring(q, 0.86) - stroke * 0.9, hands - stroke * 0.8);
        }
        case 4u: { // Down
            let tip = vec2(0.0, 0.8);
            let head = min(to_line(q, vec2(-0.6, 0.22), tip), to_line(q, vec2(0.6, 0.22), tip));
            d = min(to_line(q, vec2(0.0, -0.85), tip), head) - stroke;
        }
        case 5u: { // Square
            d = to_box(q, vec2(0.68), 0.1);
        }
        case 6u: { // Power
            let ring = to_arc(q - vec2(0.0, 0.1), 0.76, -0.95, 5.04);
            d = min(ring, to_line(q, vec2(0.0, -0.92), vec2(0.0, -0.12))) - stroke;
        }
        case 7u: { // Bang
            let dot = length(q - vec2(0.0, 0.78)) - max(stroke * 1.25, 0.2);
            d = min(to_line(q, vec2(0.0, -0.82), vec2(0.0, 0.2)) - stroke * 1.15, dot);
        }
        case 8u: { // Triangle
            d = to_triangle(q, vec2(-0.55, -0.74), vec2(0.8, 0.0), vec2(-0.55, 0.74)) - 0.06;
        }
        case 9u: { // Again
            let ring = to_arc(q, 0.7, 0.15, 4.95) - stroke;
            let head = to_triangle(q, vec2(0.34, -1.02), vec2(0.82, -0.42), vec2(0.02, -0.28)) - 0.04;
            d = min(ring, head);
        }
        case 10u: { // Question
            let hook = to_arc(q - vec2(0.0, -0.42), 0.46, 3.1, 4.2);
            let end = vec2(0.0, -0.42) + 0.46 * vec2(cos(7.3), sin(7.3));
            let stem = min(to_line(q, end, vec2(0.0, 0.2)), to_line(q, vec2(0.0, 0.2), vec2(0.0, 0.32)));
            let dot = length(q - vec2(0.0, 0.82)) - max(stroke * 1.2, 0.19);
            d = min(min(hook, stem) - stroke, dot);
        }
        case 11u: { // Ring
            d = to_ring(q, 0.74) - stroke;
        }
        default: {}
    }
    return d * r;
}

@fragment
fn fragment(in: Corner) -> @location(0) vec4<f32> {
    let half = in.box.xy;
    let border = in.box.w;
    let outer = cover(in.at, half, in.box.z);
    var inner = outer;
    if border > 0.0 {
        inner = min(outer, cover(in.at, half - border, max(in.box.z - border, 0.0)));
    }
    var out = vec4(in.stroke.rgb, 1.0) * in.stroke.a * (outer - inner);
    if inner > 0.0 {
        out += pattern(in) * inner;
    }
    let number = (in.kind >> 8u) & 0xffu;
    if number != 0u && in.ink.a > 0.0 {
        let r = in.more.y;
        var p = in.at;
        if number == 8u || number == 4u {
            p = turned(p, (in.kind >> 16u) & 3u);
        }
        let w = max(r * 0.17, 0.62);
        if max(abs(p.x), abs(p.y)) < r * 1.2 + 1.0 {
            out = over(in.ink, clamp(0.5 - glyph(number, p, r, w), 0.0, 1.0), out);
        }
    }
    return out;
}
