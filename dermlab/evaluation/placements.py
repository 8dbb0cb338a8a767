"""How often a positive's score beats a negative's: what every area under a curve is made of.

For arrays that `inputs` has checked: ``positive`` is True or False, ``score`` finite, both classes
are there.
"""

from collections.abc import Callable

import numpy as np


def wins(positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Twice the negatives below each positive, and twice the positives above each negative.

    DeLong's placement values times 2 n_neg and 2 n_pos, through midranks (Sun & Xu, IEEE Signal
    Process Lett 2014;21:1389). A tie counts a half, so these are whole numbers, and a variance that
    is zero comes out as zero and not as a rounding error.
    """
    from scipy.stats import rankdata

    rank = rankdata(score)
    below = rank[positive] - rankdata(score[positive])
    above = positive.sum() - (rank[~positive] - rankdata(score[~positive]))
    return 2 * below, 2 * above


def area(below: np.ndarray, above: np.ndarray) -> float:
    """The area under the curve, from `wins`."""
    return float(below.sum() / (2 * len(below) * len(above)))


def delong_variance(below: np.ndarray, above: np.ndarray) -> float:
    """DeLong's variance of `area`; NaN with fewer than two cases of a class."""
    n_pos, n_neg = len(below), len(above)
    if min(n_pos, n_neg) < 2:
        return np.nan
    of_positives = below.var(ddof=1) / (4 * n_neg**2 * n_pos)
    return float(of_positives + above.var(ddof=1) / (4 * n_pos**2 * n_neg))


def delong_covariance(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The areas of several scores of the same cases, and DeLong's covariance matrix of them.

    ``scores``: scores × cases.
    """
    pairs = [wins(positive, score) for score in scores]
    below, above = (np.stack(side) for side in zip(*pairs, strict=True))
    n_pos, n_neg = below.shape[1], above.shape[1]
    of_positives = np.atleast_2d(np.cov(below)) / (4 * n_neg**2 * n_pos)
    of_negatives = np.atleast_2d(np.cov(above)) / (4 * n_pos**2 * n_neg)
    return below.sum(axis=1) / (2 * n_pos * n_neg), of_positives + of_negatives


def areas_of_resamples(
    positive: np.ndarray, score: np.ndarray, numbers: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """A statistic for ``bootstrap``: the area on each resample, NaN where it lacks a class.

    The scores are sorted once. A positive drawn w times beats, w times over, the drawn negatives
    that lie below it: a running sum of the negatives' weights, read off at the positive's place.
    """
    order = np.argsort(score, kind="stable")
    is_pos, score, numbers = positive[order], score[order], numbers[order]
    pos, neg = numbers[is_pos], numbers[~is_pos]
    first, last = (np.searchsorted(score[~is_pos], score[is_pos], s) for s in ("left", "right"))

    def areas(counts: np.ndarray) -> np.ndarray:
        weight = counts.take(pos, axis=1)  # take: half the time of counts[:, pos]
        below = np.zeros((len(counts), len(neg) + 1))
        np.cumsum(counts.take(neg, axis=1), axis=1, out=below[:, 1:])
        twice_won = np.vecdot(weight, below.take(first, axis=1) + below.take(last, axis=1))
        with np.errstate(invalid="ignore"):
            return twice_won / (2 * weight.sum(axis=1) * below[:, -1])

    return areas


def partial_areas_of_resamples(
    positive: np.ndarray, score: np.ndarray, numbers: np.ndarray, low: float, high: float
) -> Callable[[np.ndarray], np.ndarray]:
    """A statistic for ``bootstrap``: the area over false-positive rates from ``low`` to ``high``.

    The curve has a corner at each distinct score, highest first; between two corners it is straight
    (tied scores are one slanted step), and each piece is cut at ``low`` and ``high``.
    """
    order = np.argsort(-score, kind="stable")
    numbers = numbers[order]
    sides = positive[order].astype(float), (~positive[order]).astype(float)
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])

    def rates(counts: np.ndarray, side: np.ndarray) -> np.ndarray:
        steps = np.add.reduceat(counts.take(numbers, axis=1) * side, starts, axis=1)
        reached = np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))
        with np.errstate(invalid="ignore"):
            return reached / reached[:, -1:]

    def areas(counts: np.ndarray) -> np.ndarray:
        hit, false = (rates(counts, side) for side in sides)
        start, run = false[:, :-1], np.diff(false, axis=1)
        slope = np.divide(np.diff(hit, axis=1), run, out=np.zeros_like(run), where=run > 0)
        left, right = (np.clip(x, low, high) for x in (start, false[:, 1:]))
        middle = hit[:, :-1] + slope * ((left + right) / 2 - start)
        return np.sum((right - left) * middle, axis=1)

    return areas
