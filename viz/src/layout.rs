//! Where things are on the picture: the API server as a bar through the middle, what works with it above, the nodes as
//! racks below. Every edge that exists is then a line up or down to the bar, and no two of them cross.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// How the racks are zoomed and moved, beyond what fits them into the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// 1 shows all racks.
    pub zoom: f32,
    /// Moved by, in points.
    pub pan: Vec2,
    /// How much is drawn of each pod; kept from frame to frame, so that a size between two levels does not flicker.
    pub level: Option<Level>,
}

impl Default for Camera {
    fn default() -> Camera {
        Camera { zoom: 1.0, pan: Vec2::ZERO, level: None }
    }
}

/// How much is drawn of each pod, by the points that there are for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A point or a few for a node.
    Texel,
    /// A cell for a node, in the colour of what is worst in it.
    Cell,
    /// A coloured square for a pod.
    Square,
    /// A tile with sign and name for a pod.
    Tile,
}

impl Level {
    /// The level for a tile of that side in a rack of that width. `old` is left only when the size is clearly beyond
    /// its bounds.
    pub fn of(tile: f32, rack: f32, old: Option<Level>) -> Level {
        let plain = |slack: f32| match () {
            () if tile >= 24.0 * slack => Level::Tile,
            () if tile >= 6.0 * slack => Level::Square,
            () if rack >= 7.0 * slack => Level::Cell,
            () => Level::Texel,
        };
        match old {
            None => plain(1.0),
            Some(old) => {
                let (eager, shy) = (plain(0.85), plain(1.15));
                old.clamp(eager.min(shy), eager.max(shy))
            }
        }
    }
}

/// The places on a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Everything.
    pub area: Rect,
    /// Whoever types commands.
    pub user: Rect,
    /// The scheduler.
    pub scheduler: Rect,
    /// The pods that wait for a node: right of the scheduler, whose queue it is.
    pub tray: Rect,
    /// The controller manager.
    pub kcm: Rect,
    /// etcd.
    pub etcd: Rect,
    /// The API server.
    pub api: Rect,
    /// Where racks are seen.
    pub field: Rect,
    /// How much is drawn of each pod.
    pub level: Level,
    /// How many racks stand beside one another.
    pub columns: usize,
    /// Left top of the first rack.
    origin: Pos2,
    /// From one rack to the next.
    step: Vec2,
    /// Size of a rack.
    pub rack: Vec2,
    /// Slots in a row.
    slot_columns: usize,
    /// From one slot to the next.
    slot_step: Vec2,
    /// How high a rack's head is: name, bars and parts.
    pub head: Head,
}

/// What there is room for in a rack's head, from top to bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Head {
    /// The line with the name; 0 without one.
    pub title: f32,
    /// The bars of CPU and memory.
    pub bars: f32,
    /// The line of kubelet, runtime and kube-proxy.
    pub parts: f32,
}

impl Head {
    /// All of it.
    pub fn height(self) -> f32 {
        self.title + self.bars + self.parts
    }
}

const GAP: f32 = 12.0;

impl Layout {
    /// Places everything.
    pub fn new(area: Rect, racks: usize, most_slots: usize, camera: &Camera) -> Layout {
        let h = area.height();
        let high = (h * 0.16).clamp(64.0, 150.0);
        let api_height = (h * 0.05).clamp(26.0, 46.0);
        // Long enough for messages to be seen on their way.
        let lanes = (h * 0.075).clamp(30.0, 76.0);
        let inner = area.shrink2(vec2(GAP, GAP));
        let column = |from: f32, to: f32| {
            let (x0, x1) = (inner.min.x + inner.width() * from, inner.min.x + inner.width() * to);
            Rect::from_min_max(pos2(x0, inner.min.y), pos2(x1, inner.min.y + high))
        };
        let user = column(0.0, 0.15);
        let scheduler = column(0.18, 0.30);
        let tray = column(0.30, 0.52);
        let kcm = column(0.55, 0.82);
        let etcd = column(0.85, 1.0);
        let api = Rect::from_min_size(
            pos2(inner.min.x, inner.min.y + high + lanes),
            vec2(inner.width(), api_height),
        );
        let field = Rect::from_min_max(pos2(area.min.x, api.max.y + lanes * 0.8), area.max);
        let mut out = Layout {
            area,
            user,
            scheduler,
            tray,
            kcm,
            etcd,
            api,
            field,
            level: Level::Tile,
            columns: 1,
            origin: field.min,
            step: Vec2::ZERO,
            rack: Vec2::ZERO,
            slot_columns: 1,
            slot_step: Vec2::splat(1.0),
            head: Head::default(),
        };
        out.place_racks(racks.max(1), most_slots, camera);
        out
    }

    fn place_racks(&mut self, racks: usize, most_slots: usize, camera: &Camera) {
        let room = self.field.size() - vec2(GAP, GAP);
        // The arrangement in which a rack is largest, if it is to be somewhat wider than high.
        const ASPECT: f32 = 1.45;
        let size = |columns: usize| {
            let rows = racks.div_ceil(columns);
            let cell = vec2(room.x / columns as f32, room.y / rows as f32);
            (cell.x / ASPECT).min(cell.y)
        };
        let guess = ((racks as f32 * room.x / room.y.max(1.0) / ASPECT).sqrt() as usize).max(1);
        let near = (guess / 2).max(1)..=(guess * 2 + 2).min(racks);
        self.columns = near.max_by(|a, b| size(*a).total_cmp(&size(*b))).unwrap_or(racks);
        let rows = racks.div_ceil(self.columns);
        let cell = vec2(room.x / self.columns as f32, room.y / rows as f32);
        let gap = (cell.x.min(cell.y) * 0.08).clamp(0.0, GAP * 1.5);
        let most = vec2(640.0, 560.0);
        let cell = cell.min(most + Vec2::splat(gap));
        let all = vec2(cell.x * self.columns as f32, cell.y * rows as f32);
        let corner = self.field.min + vec2((self.field.width() - all.x) / 2.0, GAP * 0.25);
        // Zoomed about the middle of the field, then moved.
        let zoom = camera.zoom.max(0.1);
        let middle = self.field.center();
        self.origin = middle + (corner - middle) * zoom + camera.pan;
        self.step = cell * zoom;
        self.rack = (cell - Vec2::splat(gap)) * zoom;
        self.head = head(self.rack);
        let slots = (most_slots + 1).max(6);
        let room = (self.rack - vec2(10.0, self.head.height() + 8.0)).max(Vec2::splat(1.0));
        let (columns, step) = grid(room, slots);
        (self.slot_columns, self.slot_step) = (columns, step);
        self.level = Level::of(step.y, self.rack.x, camera.level);
        if self.level <= Level::Cell {
            self.head = Head::default();
        }
    }

    /// A rack's place, seen or not.
    pub fn rack(&self, i: usize) -> Rect {
        let (column, row) = (i % self.columns, i / self.columns);
        let at = self.origin + vec2(column as f32 * self.step.x, row as f32 * self.step.y);
        let gap = (self.step - self.rack) / 2.0;
        Rect::from_min_size(at + gap, self.rack)
    }

    /// The racks of which something is seen.
    pub fn seen(&self, racks: usize) -> impl Iterator<Item = usize> + use<> {
        let first = |from: f32, to: f32, step: f32| ((from - to) / step.max(0.001)).floor().max(0.0) as usize;
        let (c0, r0) = (
            first(self.field.min.x, self.origin.x, self.step.x),
            first(self.field.min.y, self.origin.y, self.step.y),
        );
        let c1 = first(self.field.max.x, self.origin.x, self.step.x).min(self.columns.saturating_sub(1));
        let r1 = first(self.field.max.y, self.origin.y, self.step.y);
        let columns = self.columns;
        let last = racks.saturating_sub(1) / columns;
        (r0..=r1.min(last))
            .flat_map(move |r| (c0..=c1).map(move |c| r * columns + c))
            .filter(move |i| *i < racks)
    }

    /// A slot of a rack.
    pub fn slot(&self, rack: Rect, slot: usize) -> Rect {
        let (column, row) = (slot % self.slot_columns, slot / self.slot_columns);
        let left = (rack.width() - self.slot_step.x * self.slot_columns as f32) / 2.0;
        let at = rack.min
            + vec2(left, self.head.height() + 4.0)
            + vec2(column as f32 * self.slot_step.x, row as f32 * self.slot_step.y);
        let gap = (self.slot_step.y * 0.12).clamp(1.0, 7.0);
        Rect::from_min_size(at, self.slot_step).shrink(gap / 2.0)
    }

    /// How many slots a rack has on the picture.
    pub fn slots(&self, most_slots: usize) -> usize {
        (most_slots + 1).max(6).next_multiple_of(self.slot_columns)
    }

    /// A part of a rack by its number: 0 the kubelet, 1 the runtime, 2 kube-proxy.
    pub fn part(&self, rack: Rect, number: usize) -> Rect {
        let top = rack.min.y + self.head.title + self.head.bars;
        let width = (rack.width() - 12.0) / 3.0;
        let at = pos2(rack.min.x + 6.0 + width * number as f32, top);
        Rect::from_min_size(at, vec2(width, self.head.parts)).shrink2(vec2(2.0, 2.0))
    }

    /// Where a slot of the tray is. The last one stands for all that have no room.
    pub fn tray_slot(&self, number: usize) -> Rect {
        let side = (self.tray.height() - 30.0).clamp(16.0, 64.0);
        let columns = self.tray_slots();
        let at = self.tray.min + vec2(8.0 + number.min(columns - 1) as f32 * side, 24.0);
        Rect::from_min_size(at, Vec2::splat(side)).shrink(2.5)
    }

    /// How many pods the tray shows.
    pub fn tray_slots(&self) -> usize {
        let side = (self.tray.height() - 30.0).clamp(16.0, 64.0);
        (((self.tray.width() - 16.0) / side) as usize).max(1)
    }
}

/// The columns and the size of cells in which that many are largest.
fn grid(room: Vec2, count: usize) -> (usize, Vec2) {
    let best = |columns: usize| {
        let rows = count.div_ceil(columns);
        (room.x / columns as f32).min(room.y / rows as f32)
    };
    let columns = (1..=count).max_by(|a, b| best(*a).total_cmp(&best(*b))).unwrap_or(1);
    let rows = count.div_ceil(columns);
    let side = best(columns).clamp(0.5, 120.0);
    // Where there is room, a tile is wider than high: names are.
    let wide = (room.x / columns as f32).min(side * 1.5).max(side);
    let high = (room.y / rows as f32).min(side);
    (columns, vec2(wide, high))
}

/// What there is room for above the slots.
fn head(rack: Vec2) -> Head {
    let title = if rack.x >= 60.0 && rack.y >= 40.0 { (rack.y * 0.1).clamp(14.0, 34.0) } else { 0.0 };
    let bars = if rack.x >= 90.0 && rack.y >= 80.0 { (rack.y * 0.1).clamp(10.0, 34.0) } else { 0.0 };
    let parts = if rack.x >= 150.0 && rack.y >= 120.0 { (rack.y * 0.1).clamp(18.0, 32.0) } else { 0.0 };
    Head { title, bars, parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_between_two_levels_does_not_flicker() {
        let mut level = Level::of(30.0, 200.0, None);
        assert_eq!(level, Level::Tile);
        let mut changes = 0;
        for i in 0..200 {
            // Breathes about the bound of tiles and squares.
            let tile = 24.0 + if i % 2 == 0 { 1.5 } else { -1.5 };
            let next = Level::of(tile, 200.0, Some(level));
            changes += usize::from(next != level);
            level = next;
        }
        assert_eq!(changes, 0);
        assert_eq!(Level::of(12.0, 200.0, Some(Level::Tile)), Level::Square, "well below, it changes");
        assert_eq!(Level::of(30.0, 200.0, Some(Level::Square)), Level::Tile, "well above, too");
        assert_eq!(Level::of(2.0, 20.0, Some(Level::Tile)), Level::Cell);
        assert_eq!(Level::of(0.5, 3.0, Some(Level::Tile)), Level::Texel);
    }

    #[test]
    fn racks_stand_apart_inside_the_field_and_slots_inside_their_rack() {
        for (racks, slots) in [(1, 3), (3, 4), (7, 30), (40, 110), (500, 30), (5000, 30)] {
            for size in [vec2(1000.0, 560.0), vec2(1500.0, 800.0), vec2(640.0, 900.0)] {
                let l = Layout::new(Rect::from_min_size(Pos2::ZERO, size), racks, slots, &Camera::default());
                let all: Vec<Rect> = (0..racks).map(|i| l.rack(i)).collect();
                assert_eq!(l.seen(racks).count(), racks, "{racks} racks, all in sight");
                for (i, r) in all.iter().enumerate() {
                    assert!(
                        l.field.expand(1.0).contains_rect(*r),
                        "{racks}: {i} at {r:?} is outside {:?}",
                        l.field
                    );
                    if let Some(next) = all.get(i + 1) {
                        assert!(
                            !r.shrink(0.1).intersects(next.shrink(0.1)),
                            "{racks}: {i} and the next overlap"
                        );
                    }
                }
                for i in 0..slots {
                    let slot = l.slot(all[0], i);
                    assert!(
                        all[0].expand(1.0).contains_rect(slot),
                        "{racks} × {slots}: slot {i} {slot:?} of {:?}",
                        all[0]
                    );
                }
            }
        }
    }
}
