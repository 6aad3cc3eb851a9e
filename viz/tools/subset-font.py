#!/usr/bin/env python3
"""Makes the window's fonts in viz/assets/fonts: the parts of Noto Sans and Noto Sans SC that it needs.

    viz/tools/subset-font.py FOLDER      one of the unpacked npm packages named in FONTS below; its licence is copied, too

Run it again when viz/tests/glyphs.rs says that a text has a character without a glyph. The script refuses inputs other
than the recorded ones; who moves to a newer package changes the lines of FONTS with it.

It needs fontTools (Debian: `fonttools` or `python3-fonttools`). The same input, texts and version of fontTools give the
same bytes; the committed files were made with 4.38.0.

Noto Sans has printable ASCII and the signs of Latin-1, with its kerning. Noto Sans SC has GB2312's symbols and its 3,755
Han characters of level 1 (the common ones), the signs of the window, and whatever else the catalogues and scenarios of
this repository contain; Chinese text needs no layout tables. What a font does not have is listed and left to egui's own
fonts. Hints go, to save space.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from fontTools import subset

FONTS = {
    "@expo-google-fonts/noto-sans-sc": {
        "version": "0.4.3",
        "file": "400Regular/NotoSansSC_400Regular.ttf",
        "sha256": "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
        "out": "NotoSansSC-GB2312L1.ttf",
        "licence": "NotoSansSC-OFL.txt",
    },
    "@expo-google-fonts/noto-sans": {
        "version": "0.4.2",
        "file": "400Regular/NotoSans_400Regular.ttf",
        "sha256": "fe8c022f48d8dd29f17b744d16f9346f4357e16f7d4f7be58b000ae7c291b614",
        "out": "NotoSans-Latin.ttf",
        "licence": "NotoSans-OFL.txt",
    },
}
LICENCE = "LICENSE_FONT"

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "viz/assets/fonts"

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


def latin():
    ascii_ = {chr(c) for c in range(0x20, 0x7F)}
    return ascii_ | {chr(c) for c in range(0xA0, 0x100)} - {"\u00ad"} | set("–—‘’“”…•")


def wanted(chinese):
    if not chinese:
        return latin()
    level1 = gb2312(16, 55)
    assert len(level1) == 3755
    latin1 = {chr(c) for c in range(0x20, 0x7F)} | {chr(c) for c in range(0xA0, 0xC0)} - {"\u00ad"} | set("×÷")
    return latin1 | gb2312(1, 9) | level1 | set(SIGNS) | texts()


def source(folder):
    """What is recorded of the package in a folder, and its font file, checked against that."""
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    font = FONTS.get(about["name"])
    if font is None or font["version"] != about["version"]:
        sys.exit(f"{folder} is {about['name']} {about['version']}, which is not recorded here")
    path = folder / font["file"]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != font["sha256"]:
        sys.exit(f"{path} is not the file recorded here: its sha256 is {found}")
    return font, path


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    about, path = source(folder)
    chinese = about["out"].startswith("NotoSansSC")

    options = subset.Options()
    options.layout_features = [] if chinese else ["kern", "mark", "ccmp"]
    options.hinting = False
    options.notdef_outline = True  # so that a character which is missing shows as a box, not as nothing
    options.name_IDs = [*range(0, 8), 13, 14]  # the names, the copyright, the trademark and the licence
    if chinese:
        options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "STAT", "VORG", "vhea", "vmtx"]

    font = subset.load_font(str(path), options)
    chars = wanted(chinese)
    missing = sorted(c for c in chars if ord(c) not in font.getBestCmap())
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=map(ord, chars))
    subsetter.subset(font)
    ASSETS.mkdir(parents=True, exist_ok=True)
    out = ASSETS / about["out"]
    subset.save_font(font, str(out), options)
    shutil.copyfile(folder / LICENCE, ASSETS / about["licence"])

    print(f"{out.name}: {out.stat().st_size} bytes, {len(chars) - len(missing)} characters")
    if missing:
        print("not in the font:", " ".join(f"{c} (U+{ord(c):04X})" for c in missing))


if __name__ == "__main__":
    main()
