"""Readers against a network: whose point is better, and how sure that is.

A reader is a point; the network is a point too, once its threshold was fixed on other cases. One
point *beats* another where it is at least as good in both rates and better in one; elsewhere one
rate is bought with the other and neither wins. With the answers to every image a difference has an
interval (`paired_difference`); with the margins alone only bounds follow (`from_margins`).
"""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.cases import ids
from dermlab.errors import InputError
from dermlab.evaluation import inputs, readers
from dermlab.evaluation.intervals import Estimate, Z
from dermlab.evaluation.matching import matched

VERDICTS = ("network beats", "reader beats", "equal", "neither")


@dataclass(frozen=True)
class Margins:
    """What two margins say of a paired difference a − b, without the answers image by image.

    ``fewest`` and ``most``: how many images the two can disagree on; ``smallest_p`` and
    ``largest_p``: the exact McNemar test at these.
    """

    difference: float
    fewest: int
    most: int
    smallest_p: float
    largest_p: float


def other_studies() -> pd.DataFrame:
    """Mean readers that other studies print, a row a group of readers, with the source of each.

    ``sensitivity`` and ``specificity`` in [0, 1], ``…_sd`` over readers where printed, and the same
    study's network: ``network`` says how its point was chosen. Means over readers, never readers.
    """
    with (files("dermlab") / "data" / "other_readers.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    rates = [name for name in table if "sensitivity" in name or "specificity" in name]
    return table.assign(**{name: table[name] / 100 for name in rates})


def verdicts(points: pd.DataFrame, sensitivity: float, specificity: float) -> pd.Series:
    """One of `VERDICTS` for each row of ``points``, against a network at this point.

    Raises InputError for rates that are no shares in [0, 1].
    """
    sensitivity = inputs.fraction(sensitivity, "sensitivity")
    specificity = inputs.fraction(specificity, "specificity")
    for rate in ("sensitivity", "specificity"):
        inputs.shares(points[rate], rate)
    more = np.sign(_rounded(sensitivity - points["sensitivity"]))
    spared = np.sign(_rounded(specificity - points["specificity"]))
    return _named(more, spared, points.index)


def beaten_by_curve(points: pd.DataFrame, curve: pd.DataFrame) -> pd.Series:
    """Whether *some* corner of a ``roc.curve`` beats each reader: the choice is made afterwards.

    For every reader another corner may do it, so no single network can deliver the sum of it.
    """
    corners = curve[["sensitivity", "specificity"]].itertuples(index=False)
    beaten = [verdicts(points, *corner) == VERDICTS[0] for corner in corners]
    return pd.concat(beaten, axis=1).any(axis=1)


def paired_difference(hits_a: ArrayLike, hits_b: ArrayLike) -> Estimate:
    """The difference of two shares a − b on the same images, with its 95 % interval.

    Agresti and Min's (Stat Med 2005;24:729): half an image is added to each cell of the paired
    table, so that no difference on a few images has an interval without width. The estimate is the
    plain difference, the interval is cut off at −1 and 1.
    """
    hits_a, hits_b = matched(hits_a=hits_a, hits_b=hits_b)
    a, b = inputs.zero_one(hits_a, "hits_a"), inputs.zero_one(hits_b, "hits_b")
    if len(a) != len(b):
        raise InputError(f"Paired answers have one length: {len(a)} and {len(b)} were given.")
    if not len(a):
        raise InputError("There are no paired answers: at least one image is needed.")
    only_a, only_b = np.sum((a == 1) & (b == 0)) + 0.5, np.sum((a == 0) & (b == 1)) + 0.5
    n = len(a) + 2
    centre = (only_a - only_b) / n
    variance = (only_a + only_b - (only_a - only_b) ** 2 / n) / n**2
    low, high = np.clip([centre - Z * np.sqrt(variance), centre + Z * np.sqrt(variance)], -1, 1)
    return Estimate(float(np.mean(a) - np.mean(b)), float(low), float(high), float(variance))


def paired_verdicts(
    reads: pd.DataFrame, is_positive: pd.Series, decision: ArrayLike
) -> pd.DataFrame:
    """Each reader against a network's ``decision``, with intervals counted: a row a reader.

    ``is_positive``: image_id → bool; a missing truth is left out, with a warning. ``decision`` in
    its order, or a Series with the same labels. A rate is better or worse only
    where the interval of the paired difference (network − reader) leaves out 0. Columns: ``reader,
    sensitivity, specificity`` (the differences), their ``…_low, …_high`` and ``verdict`` (`equal`:
    no rate is known to differ). Raises InputError for a reader who lacks an image or read it twice.
    """
    _, decision = matched(is_positive=is_positive, decision=decision)
    decision = inputs.zero_one(decision, "decision")
    inputs.same_length(is_positive=is_positive, decision=decision)
    truth, reads = readers.truths(is_positive), readers.checked(reads)
    network = pd.Series(decision, ids.normal(is_positive.index)).loc[truth.index]
    ids.refuse_alike(
        reads["image_id"][~reads["image_id"].isin(network.index)], network.index, "the reads"
    )
    positive = inputs.truth(truth)
    rows = []
    for reader, of_reader in reads.groupby("reader_id"):
        if of_reader["image_id"].duplicated().any():
            raise InputError(f"Reader {reader} read an image twice; keep one read of each.")
        answer = of_reader.set_index("image_id")["decision"].reindex(truth.index)
        if answer.isna().any():
            raise InputError(f"Reader {reader} lacks {answer.isna().sum():,} of the images.")
        row = {"reader": reader}
        for rate, side in (("sensitivity", positive), ("specificity", ~positive)):
            right = [(x[side] == positive[side]).to_numpy() for x in (network, answer)]
            gain = paired_difference(*right)
            row |= {rate: gain.estimate, f"{rate}_low": gain.low, f"{rate}_high": gain.high}
        rows.append(row)
    table = pd.DataFrame(rows)
    signs = [
        (table[f"{rate}_low"] > 0).astype(int) - (table[f"{rate}_high"] < 0).astype(int)
        for rate in ("sensitivity", "specificity")
    ]
    return table.assign(verdict=_named(*signs, table.index))


def from_margins(hits_a: int, hits_b: int, n: int) -> Margins:
    """What follows for a − b when each is right on so many of the same ``n`` images.

    The difference is known; on how many images the two disagree is not, and the test needs it.
    """
    from scipy.stats import binomtest

    hits_a, hits_b, n = inputs.counts([hits_a, hits_b, n], "hits_a, hits_b, n").astype(int)
    if max(hits_a, hits_b) > n or n < 1:
        raise InputError(f"{hits_a} and {hits_b} of {n} are no shares of a count of at least 1.")
    gap = abs(hits_a - hits_b)
    fewest, most = gap, min(hits_a + hits_b, 2 * n - hits_a - hits_b)

    def p_value(disagree: int) -> float:
        k = (disagree + gap) // 2
        return float(binomtest(k, disagree).pvalue) if disagree else 1.0

    difference = float((hits_a - hits_b) / n)
    return Margins(difference, int(fewest), int(most), p_value(fewest), p_value(most))


def _rounded(difference: pd.Series) -> pd.Series:
    """Differences of shares that are zero but for rounding become zero."""
    return difference.where(difference.abs() > 1e-12, 0.0)


def _named(first: pd.Series, second: pd.Series, index: pd.Index) -> pd.Series:
    """The verdict from the signs (1: the network is better) of the two differences."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    which = np.select([(high > 0) & (low >= 0), (low < 0) & (high <= 0), high == low], [0, 1, 2], 3)
    return pd.Series(np.array(VERDICTS, dtype=object)[which], index, name="verdict")
