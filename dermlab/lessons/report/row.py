"""A line of the report, the marks that it may carry, and the published values by key.

``kind`` says what stands behind the value here: *published* (computed from numbers that the authors
or others published), *measured here* (on public data), *simulated* or *calibrated*. Nothing is
typed in but the published values, which stand with their sources in ``data/published.csv``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

PUBLISHED, MEASURED, SIMULATED = "published", "measured here", "simulated"
CALIBRATED = "calibrated"
KINDS = {
    PUBLISHED: "computed from numbers that the authors or others have published",
    MEASURED: "measured here on a public data set",
    SIMULATED: "from the virtual clinic, where every truth is known",
    CALIBRATED: "simulated and tuned to lie near a published number: no evidence for it",
}
NONE = "–"
CLINIC = "clinic"  # the data set whose pictures are drawn


@dataclass(frozen=True)
class Row:
    """One line of the report; ``published`` and ``here`` are texts, ``–`` where there is none."""

    name: str
    published: str
    here: str
    kind: str
    source: str


@dataclass(frozen=True)
class Matrix:
    """A nine-way confusion matrix: counts, a row a true class, a column an answer."""

    counts: pd.DataFrame
    kind: str


@cache
def published() -> pd.DataFrame:
    """The published values by key: name, value, unit, source, confidence.

    ``confidence``: R (read in the primary source), R2 (as quoted in a secondary text), L (as
    printed in the lecture), computed (arithmetic on those).
    """
    with (files("dermlab") / "data" / "published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, index_col="key")


def value_of(key: str) -> int | float:
    """A published value: a whole number where the publisher printed one."""
    found, unit = published().loc[key, ["value", "unit"]]
    return float(found) if unit in ("%", "AUC") else int(found)


def source_of(key: str) -> str:
    return published().loc[key, "source"]


def shipped(name: str) -> str:
    """The source of a value that was read from a shipped result."""
    return f"shipped result {name}"


def nine_classes() -> list[str]:
    """The nine classes in the paper's order."""
    from dermlab.cases import tasks

    return [name for name, _ in tasks.get("nine-way").classes]


def mark(datasets: Iterable[str]) -> str:
    """The mark: whatever rests on drawn pictures is simulated, be it in part."""
    return SIMULATED if CLINIC in set(datasets) else MEASURED
