"""Letters that a figure's own font has not: taken from a font of this machine, or named once.

The figures are set in `OURS`, which comes with matplotlib and has no Chinese, Japanese, Korean or
Indian letters. A name that somebody gave a class may be written in any of them.
"""

import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from dermlab.text import listing

OURS = "DejaVu Sans"
_told: set[str] = set()  # letters that no font has, warned of once


def give(figure: Figure) -> bool:
    """Let the figure's texts take letters that `OURS` lacks from other fonts; whether any is found.

    The figure has been drawn, so that its texts stand. Those that take letters become plain where
    they were bold, since few of the other fonts have both. Warns (UserWarning) of letters that no
    font of the machine has, once for each.
    """
    texts = [text for text in figure.findobj(Text) if _lacking(text.get_text())]
    if not texts:
        return False
    lacking = frozenset().union(*(_lacking(text.get_text()) for text in texts))
    families, left = _families(lacking)
    _warn(left, [text.get_text() for text in texts])
    for text in texts if families else []:
        text.set(fontfamily=[*text.get_fontfamily(), *families], fontweight="normal")
    return bool(families)


def _lacking(text: str) -> frozenset[str]:
    return frozenset() if text.isascii() else frozenset(text) - _held(font_manager.findfont(OURS))


@lru_cache(maxsize=64)
def _families(lacking: frozenset[str]) -> tuple[list[str], frozenset[str]]:
    """The fewest fonts of the machine that hold these letters, and the letters that none holds."""
    files, families, left = _files(), [], lacking
    while files and (more := left & _held(best := max(files, key=lambda f: len(left & _held(f))))):
        font_manager.fontManager.addfont(best)  # matplotlib's own list may be older than the font
        families.append(FT2Font(best).family_name)
        left -= more
    return families, left


def _files() -> list[str]:
    """The machine's font files, plain ones first; not the one that has a box for each letter."""
    names = {file: Path(file).name.lower() for file in font_manager.findSystemFonts()}
    files = [file for file, name in names.items() if not name.startswith("lastresort")]
    return sorted(files, key=lambda file: ("regular" not in names[file], file))


@lru_cache(maxsize=4096)
def _held(file: str) -> frozenset[str]:
    """The letters of a font file, and the line end; none of one that cannot be read or scaled."""
    try:
        font = FT2Font(file)
    except (RuntimeError, OSError):
        return frozenset()
    return frozenset(map(chr, font.get_charmap())) | {"\n"} if font.scalable else frozenset()


def _warn(letters: frozenset[str], texts: Sequence[str]) -> None:
    if not (new := letters - _told):
        return
    _told.update(new)
    shown = min((text for text in texts if new & set(text)), key=len)
    warnings.warn(
        f"No font of this machine has {listing(sorted(new))} of {shown!r}: the figures show empty "
        "boxes there, while tables and pages are right. Install a font that has them, as one of "
        "the Noto fonts.",
        stacklevel=2,
    )
