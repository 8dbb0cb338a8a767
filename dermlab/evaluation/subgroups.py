"""Is the answer as good for everybody? Each subgroup against all others, with intervals.

A subgroup that fares worse in a table may do so by chance, and among many one will. So each has its
interval, the *difference* to the others has its own with a test, and Holm's correction counts all
subgroups that were looked at. Subgroups with few cases are counted, and nothing is said of them.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.evaluation import clustered, repeats
from dermlab.evaluation.intervals import Estimate, tested
from dermlab.text import listing

FEWEST = 10  # cases of each class, or for a share in all, of the subgroup and of the others
YEARS = 20  # an age group
UNKNOWN = "unknown"
COLUMNS = ("value", "n", "n_positive", "estimate", "low", "high", "difference", "difference_low")
COLUMNS += ("difference_high", "p_value", "p_holm")
Measure = Callable[[np.ndarray], tuple[Estimate, int]]  # rows → an estimate, degrees of freedom


def areas(
    is_positive: np.ndarray,
    score: np.ndarray,
    columns: Mapping[str, pd.Series],
    groups: np.ndarray,
) -> dict[str, pd.DataFrame]:
    """The AUC in each subgroup: column → a table of `COLUMNS`, a row a value.

    is_positive, score, groups : (n,) as in `roc.auc`. columns : name → (n,) values, missing ones
        being "unknown". ``difference`` is that subgroup's AUC minus that of all others with a known
        value; its interval takes the two as independent, which groups on both sides are not.
    """
    positive, score = np.asarray(is_positive, bool), np.asarray(score, float)

    def measure(rows: np.ndarray) -> tuple[Estimate, int]:
        sides = [rows[positive[rows]], rows[~positive[rows]]]
        fewest = min(len(np.unique(groups[side])) for side in sides)
        return clustered.auc(positive[rows], score[rows], groups[rows]), fewest - 1

    return _compared(measure, columns, positive)


def shares(
    hits: np.ndarray, columns: Mapping[str, pd.Series], groups: np.ndarray
) -> dict[str, pd.DataFrame]:
    """The share of right answers in each subgroup, as `areas`; ``n_positive`` counts them."""
    hits = np.asarray(hits, bool)

    def measure(rows: np.ndarray) -> tuple[Estimate, int]:
        effective = clustered.effective_number(hits[rows], groups[rows])
        return clustered.share(hits[rows], groups[rows]), max(1, int(effective) - 1)

    return _compared(measure, columns, hits, both_sides=False)


def _compared(
    measure: Measure,
    columns: Mapping[str, pd.Series],
    positive: np.ndarray,
    *,
    both_sides: bool = True,
) -> dict[str, pd.DataFrame]:
    """A table a column, and Holm's p-values over all of them together."""

    def enough(rows: np.ndarray) -> bool:
        n = positive[rows].sum(), (~positive[rows]).sum()
        return min(n) >= FEWEST if both_sides else len(rows) >= FEWEST

    tables = {}
    for name, values in columns.items():
        labels = _labels(name, values)
        known = labels != UNKNOWN
        if not known.any():
            raise InputError(f"The column {name} is unknown for all {len(labels):,} images.")
        rows = []
        for value in sorted(set(labels)):
            here, rest = np.flatnonzero(labels == value), np.flatnonzero(known & (labels != value))
            row = {"value": value, "n": len(here), "n_positive": int(positive[here].sum())}
            if value != UNKNOWN and enough(here):
                found, df = measure(here)
                row |= {"estimate": found.estimate, "low": found.low, "high": found.high}
                if enough(rest):
                    row |= _difference((found, df), measure(rest))
            rows.append(row)
        tables[name] = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    return _with_holm(tables)


def _difference(one: tuple[Estimate, int], other: tuple[Estimate, int]) -> dict[str, float]:
    """The first minus the second, of different cases: Welch's t with Satterthwaite's df."""
    variances = np.array([one[0].variance, other[0].variance])
    below = np.sum(variances**2 / np.maximum([one[1], other[1]], 1))
    df = float(variances.sum() ** 2 / below) if below > 0 else np.inf
    test = tested(one[0].estimate - other[0].estimate, float(variances.sum()), df)
    bounds = {"difference_low": test.low, "difference_high": test.high, "p_value": test.p_value}
    return {"difference": test.estimate} | bounds


def _with_holm(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    together = pd.concat(tables)["p_value"]
    known = together.dropna().astype(float)
    adjusted = pd.Series(repeats.holm(known.to_numpy()), known.index).reindex(together.index)
    return {name: table.assign(p_holm=adjusted.loc[name]) for name, table in tables.items()}


def _labels(name: str, values: pd.Series) -> np.ndarray:
    """The values as text; ages in groups of `YEARS`."""
    if name == "age":
        first = (pd.to_numeric(values) // YEARS * YEARS).astype("Int64")
        values = first.astype("str") + " to " + (first + YEARS - 1).astype("str")
        values = values.where(first.notna().to_numpy())
    return values.astype("str").fillna(UNKNOWN).to_numpy(object)


def of_images(
    names: tuple[str, ...], images: pd.Index, *tables: pd.DataFrame | None
) -> dict[str, pd.Series]:
    """Each column's values for these images, from the first table that has it."""
    found = {}
    for name in names:
        holder = next((t for t in tables if t is not None and name in t), None)
        if holder is None or holder[name].isna().all():
            have = sorted({c for t in tables if t is not None for c in t if t[c].notna().any()})
            raise InputError(
                f"No table says {name} of the images; they have {listing(have, 20)}: give --cases "
                "that has it, or ask for another column."
            )
        found[name] = holder.set_index("image_id")[name].reindex(images).reset_index(drop=True)
    return found
