#!/usr/bin/env python3
"""Turns sampled terminal screens into one animated SVG.

    record-tour.py FRAMES OUT.svg             FRAMES: a folder of files NUMBER-MILLISECONDS, as `tmux capture-pane -e` prints
    record-tour.py FRAMES OUT.svg --still S   only the screen after S seconds, without animation

Each row of the screen is a strip of all that it ever showed, one text beside the other, and an animation in steps that
moves the strip. So each text is in the file once, whatever the number of frames.
"""

import os
import re
import sys
import unicodedata
from html import escape

COLUMNS, ROWS = 100, 30
CELL_W, CELL_H, PAD = 8.4, 16, 12
WIDTH, HEIGHT = COLUMNS * CELL_W + 2 * PAD, ROWS * CELL_H + 2 * PAD
STEP = 1000  # from one text of a row's strip to the next
FOREGROUND, BACKGROUND = "#d6deeb", "#10141c"
BASIC = ["#5b6476", "#ff6b6b", "#7bd88f", "#f6c177", "#6ea8fe", "#d291ff", "#5ccfe6", "#aab4c4",
         "#7d8799", "#ff8b8b", "#a5e8b0", "#ffd79b", "#9cc4ff", "#e3b8ff", "#94e4f2", "#ffffff"]


def colour(n):
    if n < 16:
        return BASIC[n]
    if n < 232:
        n -= 16
        level = [0, 95, 135, 175, 215, 255]
        return "#%02x%02x%02x" % (level[n // 36], level[n // 6 % 6], level[n % 6])
    return "#%02x%02x%02x" % ((8 + 10 * (n - 232),) * 3)


def style(state, codes):
    codes = [int(c or 0) for c in codes.split(";")] if codes else [0]
    i = 0
    while i < len(codes):
        c = codes[i]
        if c == 0:
            state = dict(fg=None, bg=None, bold=False, dim=False, under=False, swap=False)
        elif c in (1, 2, 4, 7):
            state[{1: "bold", 2: "dim", 4: "under", 7: "swap"}[c]] = True
        elif c == 22:
            state["bold"] = state["dim"] = False
        elif c == 24:
            state["under"] = False
        elif c == 27:
            state["swap"] = False
        elif c in (38, 48):
            which = "fg" if c == 38 else "bg"
            if codes[i + 1] == 5:
                state[which] = colour(codes[i + 2])
                i += 2
            else:
                state[which] = "#%02x%02x%02x" % tuple(codes[i + 2:i + 5])
                i += 4
        elif c in (39, 49):
            state["fg" if c == 39 else "bg"] = None
        elif 30 <= c < 38 or 90 <= c < 98:
            state["fg"] = BASIC[c - 30 if c < 90 else c - 82]
        elif 40 <= c < 48 or 100 <= c < 108:
            state["bg"] = BASIC[c - 40 if c < 100 else c - 92]
        i += 1
    return state


def wide(ch):
    return unicodedata.east_asian_width(ch) in "WF"


def rows(screen):
    """The screen's rows, each a list of runs: column, columns, text, foreground, background, bold, dim, underlined."""
    state = style({}, "0")
    result = []
    for line in screen.split("\n")[:ROWS]:
        runs, column = [], 0
        for part in re.split(r"(\x1b\[[0-9;]*[A-Za-z]|\x1b[()].|[\x0e\x0f])", line):
            if part.startswith("\x1b["):
                if part.endswith("m"):
                    state = style(dict(state), part[2:-1])
                continue
            if not part or part[0] in "\x1b\x0e\x0f":
                continue
            fg, bg = state["fg"] or FOREGROUND, state["bg"]
            if state["swap"]:
                fg, bg = bg or BACKGROUND, fg
            columns = sum(2 if wide(c) else 1 for c in part)
            runs.append((column, columns, part, fg, bg, state["bold"], state["dim"], state["under"]))
            column += columns
        # A row that looks the same is the same: trailing blanks do not count.
        while runs and not runs[-1][2].strip() and not runs[-1][4]:
            runs.pop()
        result.append(tuple(runs))
    return result + [()] * (ROWS - len(result))


def number(x):
    return ("%.1f" % x).rstrip("0").rstrip(".")


class Palette:
    """Short class names for colours."""

    def __init__(self):
        self.names = {}

    def of(self, what):
        return self.names.setdefault(what, "c%d" % len(self.names))

    def css(self):
        return "".join(".%s{%s}" % (n, w) for w, n in self.names.items())


def draw(runs, y, palette):
    out = []
    for column, columns, _, _, bg, *_ in runs:
        if bg:
            out.append('<rect x="%s" y="%s" width="%s" height="%d" class="%s"/>' % (
                number(column * CELL_W), number(y - 13), number(columns * CELL_W + .3), CELL_H, palette.of("fill:" + bg)))
    for column, _, text, fg, _, bold, dim, under in runs:
        css = "fill:" + fg
        css += ";font-weight:bold" if bold else ""
        css += ";opacity:.6" if dim else ""
        css += ";text-decoration:underline" if under else ""
        # A long rule is a line, and words that stand far apart have places of their own: fonts differ in widths.
        for m in re.finditer(r"([─═])\1{2,}|(?:(?!([─═])\2{2})\S|(?<=\S) (?=\S)(?!([─═])\3{2}))+", text):
            piece = m.group()
            at = column + sum(2 if wide(c) else 1 for c in text[:m.start()])
            x = at * CELL_W
            if m.group(1):
                for offset in ((-4.5,) if m.group(1) == "─" else (-6, -3)):
                    out.append('<path d="M%s %sh%s" class="%s"/>' % (
                        number(x), number(y + offset), number(len(piece) * CELL_W), palette.of("stroke:" + fg)))
                continue
            cells = sum(2 if wide(c) else 1 for c in piece)
            fit = ' textLength="%s"' % number(cells * CELL_W) if cells > 1 else ""
            out.append('<text x="%s" y="%s"%s class="%s">%s</text>' % (
                number(x), number(y), fit, palette.of(css), escape(piece, quote=False)))
    return "".join(out)


def main():
    folder, out = sys.argv[1:3]
    still = float(sys.argv[4]) if len(sys.argv) > 4 and sys.argv[3] == "--still" else None
    names = sorted(n for n in os.listdir(folder) if "-" in n)
    frames = []
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            screen = rows(f.read())
        if any(screen):
            frames.append((int(name.split("-")[1]), screen))
    start = frames[0][0]
    frames = [((at - start) / 1000, screen) for at, screen in frames]
    total = frames[-1][0] + 3
    if still is not None:
        frames = [[f for f in frames if f[0] <= still][-1]]
    palette, css, body = Palette(), [], []
    for row in range(ROWS):
        slots, moves, last = {}, [], None
        for at, screen in frames:
            slot = slots.setdefault(screen[row], len(slots))
            if slot != last:
                moves.append((at, slot))
                last = slot
        y = row * CELL_H + 13
        strip = []
        for runs, slot in slots.items():
            drawn = draw(runs, y, palette)
            if drawn:
                strip.append(drawn if slot == 0 else '<g transform="translate(%d)">%s</g>' % (slot * STEP, drawn))
        if not strip:
            continue
        if len(moves) > 1:
            steps = "".join("%s%%{transform:translate(%dpx)}" % (
                ("%.2f" % (100 * at / total)).rstrip("0").rstrip("."), -slot * STEP) for at, slot in moves)
            css.append("@keyframes r%d{%s}#r%d{animation:r%d %ss step-end infinite}" % (row, steps, row, row, number(total)))
        body.append('<g id="r%d">%s</g>' % (row, "".join(strip)))
    svg = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
           '<style>text{{font:14px "DejaVu Sans Mono",Menlo,Consolas,"Noto Sans Mono CJK SC",monospace;white-space:pre}}'
           'path{{fill:none;stroke-width:1.2}}{css}'
           '@media(prefers-reduced-motion:reduce){{g{{animation-play-state:paused!important;animation-delay:-12s!important}}}}'
           '</style><rect width="100%" height="100%" rx="8" fill="{bg}"/><g transform="translate({p} {p})">{body}</g></svg>\n'
           ).format(w=number(WIDTH), h=number(HEIGHT), p=PAD, bg=BACKGROUND, css=palette.css() + "".join(css), body="".join(body))
    with open(out, "w", encoding="utf-8") as f:
        f.write(svg)
    print("%s: %d screens, %s seconds, %d kB" % (out, len(frames), number(total), len(svg.encode()) // 1000))


if __name__ == "__main__":
    main()
