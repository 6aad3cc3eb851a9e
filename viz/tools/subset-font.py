#!/usr/bin/env python3
"""Makes viz/assets/fonts/NotoSansSC-GB2312L1.ttf: the part of Noto Sans SC Regular that the window needs.

    viz/tools/subset-font.py FOLDER      the unpacked npm package named below; its licence is copied, too, as OFL.txt
    viz/tools/subset-font.py FONT.ttf    only the font file out of it

Run it again when viz/tests/glyphs.rs says that a text has a character without a glyph. The input is this, and the
script refuses another; who moves to a newer package changes these lines with it:

    package   @expo-google-fonts/noto-sans-sc 0.4.3
    file      400Regular/NotoSansSC_400Regular.ttf
    sha256    d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16

It needs fontTools (Debian: `fonttools` or `python3-fonttools`). The same input, texts and version of fontTools give the
same bytes; the committed file was made with 4.38.0.

What is kept: printable ASCII, the signs of Latin-1, GB2312's symbols and its 3,755 Han characters of level 1 (the common
ones), the signs of the window, and whatever else the catalogues and scenarios of this repository contain. What the font
does not have is listed and left to egui's own fonts. Hints and layout tables go, to save space: Chinese text needs none,
Latin text in this font does without kerning.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from fontTools import subset

PACKAGE, VERSION = "@expo-google-fonts/noto-sans-sc", "0.4.3"
FILE = "400Regular/NotoSansSC_400Regular.ttf"
SHA256 = "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16"
LICENCE = "LICENSE_FONT"

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "viz/assets/fonts"
OUT = FONTS / "NotoSansSC-GB2312L1.ttf"

SIGNS = "←→↑↓⇅▶◀■●○◐◔◌▣▢✓✔✖✗×·…—“”‘’≥≤⅛¼½⏮⏭⏸❚⟲☰☀☾"


def gb2312(first, last):
    """The characters of these rows of GB2312's table; rows and cells count from 1, and some cells are empty."""
    out = set()
    for row in range(first, last + 1):
        for cell in range(1, 95):
            try:
                out.add(bytes([0xA0 + row, 0xA0 + cell]).decode("gb2312"))
            except UnicodeDecodeError:
                pass
    return out


def texts():
    """What the repository's catalogues and scenarios have beyond ASCII."""
    files = sorted([*ROOT.glob("sim/locales/**/*.ftl"), *ROOT.glob("scenarios/**/*.yaml")])
    if not files:
        sys.exit(f"no catalogues and no scenarios below {ROOT}")
    return {c for f in files for c in f.read_text(encoding="utf-8") if c > "~"}


def wanted():
    ascii_ = {chr(c) for c in range(0x20, 0x7F)}
    latin1 = {chr(c) for c in range(0xA0, 0xC0)} - {"\u00ad"} | set("×÷")
    level1 = gb2312(16, 55)
    assert len(level1) == 3755
    return ascii_ | latin1 | gb2312(1, 9) | level1 | set(SIGNS) | texts()


def source(arg):
    """The font file meant by the argument, checked against what is recorded above."""
    path = Path(arg)
    if path.is_dir():
        about = json.loads((path / "package.json").read_text(encoding="utf-8"))
        if (about["name"], about["version"]) != (PACKAGE, VERSION):
            sys.exit(f"{path} is {about['name']} {about['version']}, not {PACKAGE} {VERSION}")
        path /= FILE
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{path} is not the file recorded here: its sha256 is {found}")
    return path


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    path = source(sys.argv[1])

    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True  # so that a character which is missing shows as a box, not as nothing
    options.name_IDs = [*range(0, 8), 13, 14]  # the names, the copyright, the trademark and the licence
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "STAT", "VORG", "vhea", "vmtx"]

    font = subset.load_font(str(path), options)
    chars = wanted()
    missing = sorted(c for c in chars if ord(c) not in font.getBestCmap())
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=map(ord, chars))
    subsetter.subset(font)
    FONTS.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, str(OUT), options)
    if Path(sys.argv[1]).is_dir():
        shutil.copyfile(Path(sys.argv[1]) / LICENCE, FONTS / "OFL.txt")

    print(f"{OUT.name}: {OUT.stat().st_size} bytes, {len(chars) - len(missing)} characters")
    if missing:
        print("not in the font:", " ".join(f"{c} (U+{ord(c):04X})" for c in missing))


if __name__ == "__main__":
    main()
