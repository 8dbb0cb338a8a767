"""Points, curves, areas and their comparison, each with its 95 % interval.

A reader's decisions are a point (sensitivity, specificity), a network's scores a curve and its
area. Intervals come in two kinds: those that take images as independent (Wilson, Clopper-Pearson,
DeLong), and those over whole groups (patients, lesions), because views of one lesion are alike:
the formulas of `clustered`, and bootstraps. ``auc`` and ``point`` choose between them.

Throughout, ``is_positive`` is True or 1 for a case that has the disease, ``score`` is higher for
the more suspicious, both are one value an image, matched as `inputs` says: by label where both have
labels, else by position. Input that cannot be scored (empty, missing or infinite values, different
lengths, only one class) raises InputError. An interval that the data cannot give is NaN, with a
warning. `intervals` has how groups are drawn; `operating` chooses points of a curve, `multiclass`
has more than two classes, `mrmc` several readers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs
from dermlab.evaluation.inputs import scored
from dermlab.evaluation.intervals import (
    TAILS,
    Comparison,
    Estimate,
    Z,
    bootstrapped,
    bootstrapped_difference,
    group_numbers,
    logit_bounds,
    no_bounds,
    proportion,
    repeat,
    share,
    tested,
)
from dermlab.evaluation.matching import matched


@dataclass(frozen=True)
class Point:
    """What a set of yes-or-no decisions is on a ROC plot."""

    sensitivity: Estimate
    specificity: Estimate


# --- points ---------------------------------------------------------------------------------------


def point(is_positive: ArrayLike, decision: ArrayLike, groups=None) -> Point:
    """Sensitivity and specificity of decisions (True or 1: biopsy or treat).

    Where ``groups`` repeat, the intervals are those of `clustered.share`.
    """
    is_positive, decision, groups = matched(
        is_positive=is_positive, decision=decision, groups=groups
    )
    positive, decided = scored(is_positive, inputs.zero_one(decision, "decision"))
    if repeat(groups):
        ids, sides = group_numbers(groups, len(positive)), (positive, ~positive)
        return Point(*(share(decided[side] == positive[side], ids[side]) for side in sides))
    tp, tn = np.sum(positive & (decided == 1)), np.sum(~positive & (decided == 0))
    return point_from_counts(tp, np.sum(positive), tn, np.sum(~positive))


def point_from_counts(tp: int, n_pos: int, tn: int, n_neg: int, method: str = "wilson") -> Point:
    """Sensitivity ``tp / n_pos`` and specificity ``tn / n_neg`` with their intervals."""
    return Point(proportion(tp, n_pos, method), proportion(tn, n_neg, method))


# --- curves and areas -----------------------------------------------------------------------------


def curve(is_positive: ArrayLike, score: ArrayLike) -> pd.DataFrame:
    """The curve as a staircase: ``threshold, tp, fp, sensitivity, specificity``.

    A row for each distinct score, highest first: what follows from calling every case with
    ``score >= threshold`` positive. Tied scores are one slanted step. The first row, threshold inf,
    calls nothing positive; without it the area would lose its first strip.
    """
    from sklearn.metrics import roc_curve

    positive, score = scored(is_positive, score)
    fpr, tpr, threshold = roc_curve(positive, score, drop_intermediate=False)
    tp, fp = (np.rint(x * n.sum()).astype(int) for x, n in ((tpr, positive), (fpr, ~positive)))
    rates = {"sensitivity": tpr, "specificity": 1 - fpr}
    return pd.DataFrame({"threshold": threshold, "tp": tp, "fp": fp, **rates})


def auc(is_positive: ArrayLike, score: ArrayLike, groups=None) -> Estimate:
    """The area under the curve with the interval that fits the data, on the logit scale.

    Where ``groups`` repeat (several views of a lesion, several lesions of a patient) its variance
    is Obuchowski's, as `clustered.auc`, else DeLong's. Why the logit: an area near 1 on few cases
    is skewed, and the Wald and the percentile interval are too narrow (the shipped result
    ``interval_coverage`` has how often each holds the truth).
    """
    from dermlab.evaluation import clustered  # which stands on this room

    is_positive, score, groups = matched(is_positive=is_positive, score=score, groups=groups)
    if repeat(groups):
        return clustered.auc(is_positive, score, groups)
    return auc_delong(is_positive, score, interval="logit")


def auc_delong(is_positive: ArrayLike, score: ArrayLike, interval: str = "wald") -> Estimate:
    """The area with DeLong's variance (Biometrics 1988;44:837), in O(n log n).

    ``interval``: ``"wald"`` (clipped to [0, 1], as pROC) or ``"logit"`` (symmetric in the
    log-odds of the area). A variance of zero, as at perfect separation, or fewer than two cases of
    a class give NaN bounds and a warning.
    """
    _one_of(interval, ("wald", "logit"))
    counted = wins(*scored(is_positive, score))
    estimate, variance = area(*counted), delong_variance(*counted)
    half = Z * np.sqrt(variance)
    if not variance > 0:
        low, high = no_bounds("the DeLong variance of the area is zero or unknown")
    elif interval == "wald":
        low, high = np.clip([estimate - half, estimate + half], 0, 1)
    else:
        low, high = logit_bounds(estimate, variance)
    return Estimate(estimate, float(low), float(high), variance)


def lowest_at_one(n_positive: int, n_negative: int) -> float:
    """The lower bound of an area of 1, which leaves DeLong's interval without a width.

    Of n positives and as many negatives, taken as n pairs that share no case, all are in order
    with a probability of area^n: a smaller area than this bound would show that in fewer than
    2.5 % of samples. With n the smaller of the two counts it errs to the safe side, and is Clopper
    and Pearson's bound of n of n. Where cases come in groups, count groups.
    """
    return float(TAILS[0] ** (1 / min(n_positive, n_negative)))


def auc_bootstrap(
    is_positive: ArrayLike,
    score: ArrayLike,
    groups=None,
    n_replicates: int = 2000,
    seed: int = 0,
    interval: str = "percentile",
) -> Estimate:
    """The area with the interval of a bootstrap over ``groups``.

    ``groups``: an id an image, as ``splits.groups`` gives; None draws single images, and an image
    with a missing id is a group of its own. ``interval``: ``"percentile"``, or ``"logit"`` (the
    bootstrap's variance, symmetric in the log-odds of the area, t with as many degrees of freedom
    as the rarer class has groups, less one). If the resampled areas do not vary (perfect
    separation, a single group): NaN bounds and a warning.
    """
    _one_of(interval, ("percentile", "logit"))
    is_positive, score, groups = matched(is_positive=is_positive, score=score, groups=groups)
    positive, score = scored(is_positive, score)
    numbers = group_numbers(groups, len(positive))
    areas = areas_of_resamples(positive, score, numbers)
    result = bootstrapped(areas, numbers, n_replicates, seed)
    if interval == "percentile" or not result.variance > 0:
        return result
    n_groups = min(len(np.unique(numbers[side])) for side in (positive, ~positive))
    bounds = logit_bounds(result.estimate, result.variance, n_groups - 1)
    return Estimate(result.estimate, *bounds, result.variance)


# --- comparisons ----------------------------------------------------------------------------------


def compare_auc(is_positive: ArrayLike, score_a: ArrayLike, score_b: ArrayLike) -> Comparison:
    """The difference of two areas on the same cases: DeLong's paired test.

    Where the variance is zero the bounds are NaN, with a warning, and z is its limit as in pROC:
    0 (p = 1) for equal areas, infinite (p = 0) for different ones, which on few cases proves
    nothing. With fewer than two cases of a class z and p are NaN too.
    """
    positive, a, b = scored(is_positive, score_a, score_b)
    wins_a, wins_b = wins(positive, a), wins(positive, b)
    difference = area(*wins_a) - area(*wins_b)
    variance = delong_variance(*(x - y for x, y in zip(wins_a, wins_b, strict=True)))
    return tested(difference, variance)


def compare_auc_unpaired(
    is_positive_a: ArrayLike, score_a: ArrayLike, is_positive_b: ArrayLike, score_b: ArrayLike
) -> Comparison:
    """The difference of two areas on different cases: Welch's t with Satterthwaite's df, as pROC.

    Two sets that share cases are not independent: use ``compare_auc`` there. Limits as there.
    """
    sides = [scored(is_positive_a, score_a), scored(is_positive_b, score_b)]
    areas, variances = zip(
        *((area(*wins(*side)), delong_variance(*wins(*side))) for side in sides), strict=True
    )
    n = np.array([len(side[0]) for side in sides])
    with np.errstate(invalid="ignore"):
        df = np.square(sum(variances)) / np.sum(np.square(variances) / (n - 1))
    return tested(areas[0] - areas[1], sum(variances), float(df))


def compare_auc_bootstrap(
    is_positive: ArrayLike,
    score_a: ArrayLike,
    score_b: ArrayLike,
    groups=None,
    n_replicates: int = 2000,
    seed: int = 0,
) -> Comparison:
    """The difference of two areas on the same cases, both on the same resampled groups.

    Interval and p-value are the bootstrap's percentiles and agree; z is the difference over its
    bootstrap standard deviation (limits as in ``compare_auc``).
    """
    is_positive, score_a, score_b, groups = matched(
        is_positive=is_positive, score_a=score_a, score_b=score_b, groups=groups
    )
    positive, a, b = scored(is_positive, score_a, score_b)
    numbers = group_numbers(groups, len(positive))
    areas = (areas_of_resamples(positive, score, numbers) for score in (a, b))
    return bootstrapped_difference(*areas, numbers, n_replicates, seed)


def auc_minus_mean(
    is_positive: np.ndarray,
    score: np.ndarray,
    others: Sequence[np.ndarray],
    groups: np.ndarray | None = None,
    *,
    n_replicates: int = 2000,
    seed: int = 0,
) -> Estimate:
    """The area under the curve of ``score`` minus the mean of the areas of ``others``.

    Same cases, one network against several seeds of another: percentile interval of the bootstrap
    over ``groups`` (None: images). It speaks of other patients, not of other seeds.
    """
    of_others = {f"other {i}": other for i, other in enumerate(others, start=1)}
    if not of_others:
        raise InputError("There is no other score to compare with.")
    is_positive, groups, *scores = matched(
        is_positive=is_positive, groups=groups, score=score, **of_others
    )
    positive, *scores = scored(is_positive, *scores)
    numbers = group_numbers(groups, len(positive))
    of_score, *of_others = (areas_of_resamples(positive, s, numbers) for s in scores)

    def difference(counts: np.ndarray) -> np.ndarray:
        return of_score(counts) - np.mean([area(counts) for area in of_others], axis=0)

    return bootstrapped(difference, numbers, n_replicates, seed)


def _one_of(name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise InputError(f"Nothing here is called {name!r}; there are {', '.join(known)}.")


# --- a positive's wins over negatives: what every area is made of ---------------------------------


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
