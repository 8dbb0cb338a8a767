"""Numbers and lists as text: the one formatter of sentences, notebooks, report and command."""

import math
from collections.abc import Sequence


def number(x: float, digits: int = 3) -> str:
    """``x`` with at most ``digits`` decimals: ``0.8237 -> '0.824'``, ``1942 -> '1,942'``.

    Whole numbers get thousands separators and no decimals; NaN and None become ``'–'``.
    """
    if x is None or (isinstance(x, float) and math.isnan(x)):
        return "–"
    if float(x).is_integer() and not isinstance(x, float):
        return f"{int(x):,}"
    return f"{float(x):z,.{digits}f}"


def percent(x: float, digits: int = 1) -> str:
    """A share in [0, 1] as a percentage: ``0.5333 -> '53.3 %'``; NaN and None become ``'–'``."""
    if x is None or math.isnan(x):
        return "–"
    return f"{100 * x:.{digits}f} %"


def interval(estimate: float, low: float, high: float, spec: str = ",.3f") -> str:
    """An estimate and its bounds, a row of a table: ``'0.824 (0.749 to 0.899)'``.

    ``spec`` is a number's format: ``".1%"`` gives ``'82.4 % (74.9 to 89.9 %)'``. NaN and None
    become ``'–'``. An `intervals.Estimate` prints itself so.
    """
    spec = f"+z{spec[1:]}" if spec.startswith("+") else f"z{spec}"  # z: no minus before a zero
    shown = ["–" if x is None or math.isnan(x) else f"{x:{spec}}" for x in (estimate, low, high)]
    return f"{shown[0]} ({shown[1].removesuffix('%')} to {shown[2]})".replace("%", " %")


def plural(n: int, noun: str, nouns: str | None = None) -> str:
    """A count and its noun: ``'1 image'``, ``'10,015 images'``; ``nouns`` if it is not noun + s."""
    return f"{n:,} {noun if n == 1 else nouns or noun + 's'}"


def size(n_bytes: float) -> str:
    """An amount of memory or disk, in a unit that shows it: ``'3.0 GB'``, ``'27 MB'``."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n_bytes >= unit:
            return f"{n_bytes / unit:,.{1 if unit == 1e9 else 0}f} {name}"
    return f"{n_bytes:.0f} bytes"


def listing(items: Sequence[object], n: int = 5) -> str:
    """The first ``n`` items and how many more there are: ``'a, b, c and 7 more'``."""
    shown = ", ".join(str(item) for item in items[:n])
    more = len(items) - n
    return f"{shown} and {more:,} more" if more > 0 else shown


def short(words: str, n: int = 60) -> str:
    """At most ``n`` characters, the start of a longer text: ``'squamous cell ca...'``."""
    return words if len(words) <= n else f"{words[: n - 3]}..."
