"""Points, curves, areas and their comparison, each with its 95 % interval.

A reader's decisions are a point (sensitivity, specificity), a network's scores a curve and its
area. Intervals come in two kinds: formulas that take images as independent (Wilson,
Clopper-Pearson, DeLong), and bootstraps that draw whole groups (patients, lesions), because views
of one lesion are alike. ``auc`` and ``point`` choose between them.

Throughout, ``is_positive`` is True or 1 for a case that has the disease, ``score`` is higher for
the more suspicious, both are one value an image, matched by position (an index is ignored).
Input that cannot be scored (empty, missing or infinite values, different lengths, only one class)
raises InputError. An interval that the data cannot give is NaN, with a warning. `placements` has
how areas are counted, `resampling` how groups are drawn; `operating` chooses points of a curve,
`multiclass` has more than two classes, `mrmc` several readers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs
from dermlab.evaluation.inputs import scored
from dermlab.evaluation.placements import (
    area,
    areas_of_resamples,
    delong_variance,
    partial_areas_of_resamples,
    wins,
)
from dermlab.evaluation.resampling import bootstrap, group_numbers, no_bounds, percentiles, repeat

Z = 1.959963984540054  # 95 % of a normal distribution lie within ± Z standard deviations


@dataclass(frozen=True)
class Estimate:
    """A number, the bounds of its 95 % interval, and its variance."""

    estimate: float
    low: float
    high: float
    variance: float = np.nan


@dataclass(frozen=True)
class Comparison:
    """A difference a − b, its 95 % interval and variance, z and the two-sided p-value.

    With finite ``df``, z is a t statistic with so many degrees of freedom. The one-sided p-value
    of a > b is p/2 where z > 0, else 1 − p/2.
    """

    estimate: float
    low: float
    high: float
    variance: float
    z: float
    p_value: float
    df: float = np.inf


@dataclass(frozen=True)
class Point:
    """What a set of yes-or-no decisions is on a ROC plot."""

    sensitivity: Estimate
    specificity: Estimate


# --- points ---------------------------------------------------------------------------------------


def proportion(successes: int, n: int, method: str = "wilson") -> Estimate:
    """A share with its Wilson or its exact (``"clopper-pearson"``) interval."""
    from scipy.stats import binomtest

    methods = {"wilson": "wilson", "clopper-pearson": "exact"}
    if method not in methods:
        raise InputError(f"No interval is called {method!r}; there are {', '.join(methods)}.")
    if n < 1 or not 0 <= successes <= n or successes != int(successes) or n != int(n):
        raise InputError(f"{successes} of {n} is no share of a count of at least 1.")
    bounds = binomtest(int(successes), int(n)).proportion_ci(0.95, methods[method])
    p = float(successes / n)
    return Estimate(p, float(bounds.low), float(bounds.high), float(p * (1 - p) / n))


def share(hits: ArrayLike, groups=None, n_replicates: int = 2000, seed: int = 0) -> Estimate:
    """The share of 1 or True: Wilson's interval, or the bootstrap where ``groups`` repeat."""
    hits = inputs.zero_one(hits, "hits")
    numbers = group_numbers(groups, len(hits))
    if not repeat(groups):
        return proportion(hits.sum(), len(hits))
    n_hits, n = np.bincount(numbers, hits), np.bincount(numbers)
    replicates = bootstrap(lambda c: c @ n_hits / (c @ n), numbers, n_replicates, seed)
    return Estimate(float(hits.mean()), *percentiles(replicates))


def point(
    is_positive: ArrayLike, decision: ArrayLike, method: str = "wilson", groups=None
) -> Point:
    """Sensitivity and specificity of decisions (True or 1: biopsy or treat).

    Where ``groups`` repeat among the cases of a side, its interval is the bootstrap over them.
    """
    positive, decided = scored(is_positive, inputs.zero_one(decision, "decision"))
    if repeat(groups):
        ids, sides = group_numbers(groups, len(positive)), (positive, ~positive)
        return Point(*(share(decided[side] == positive[side], ids[side]) for side in sides))
    tp, tn = np.sum(positive & (decided == 1)), np.sum(~positive & (decided == 0))
    return point_from_counts(tp, np.sum(positive), tn, np.sum(~positive), method)


def point_from_counts(tp: int, n_pos: int, tn: int, n_neg: int, method: str = "wilson") -> Point:
    """Sensitivity ``tp / n_pos`` and specificity ``tn / n_neg`` with their intervals."""
    return Point(proportion(tp, n_pos, method), proportion(tn, n_neg, method))


# --- curves and areas -----------------------------------------------------------------------------


def roc(is_positive: ArrayLike, score: ArrayLike) -> pd.DataFrame:
    """The curve as a staircase: ``threshold, tp, fp, sensitivity, specificity``.

    A row for each distinct score, highest first: what follows from calling every case with
    ``score >= threshold`` positive. Tied scores are one slanted step. The first row, threshold inf,
    calls nothing positive; without it the area would lose its first strip.
    """
    from sklearn.metrics import roc_curve

    positive, score = scored(is_positive, score)
    fpr, tpr, threshold = roc_curve(positive, score, drop_intermediate=False)
    tp, fp = (np.rint(x * n.sum()).astype(int) for x, n in ((tpr, positive), (fpr, ~positive)))
    curve = {"threshold": threshold, "tp": tp, "fp": fp, "sensitivity": tpr, "specificity": 1 - fpr}
    return pd.DataFrame(curve)


def auc(is_positive: ArrayLike, score: ArrayLike, groups=None, seed: int = 0) -> Estimate:
    """The area under the curve with the interval that fits the data, on the logit scale.

    Where ``groups`` repeat (several views of a lesion, several lesions of a patient) its width is
    that of the bootstrap over groups, else DeLong's. Why the logit: an area near 1 on few cases is
    skewed, and the Wald and the percentile interval are too narrow (the shipped result
    ``interval_coverage`` has how often each holds the truth).
    """
    if repeat(groups):
        return auc_bootstrap(is_positive, score, groups, seed=seed, interval="logit")
    return auc_delong(is_positive, score, interval="logit")


def auc_delong(is_positive: ArrayLike, score: ArrayLike, interval: str = "wald") -> Estimate:
    """The area with DeLong's variance (Biometrics 1988;44:837), in O(n log n).

    ``interval``: ``"wald"`` (clipped to [0, 1], as pROC) or ``"logit"`` (symmetric in the
    log-odds of the area). A variance of zero, as at perfect separation, or fewer than two cases of
    a class give NaN bounds and a warning.
    """
    _one_of(interval, ("wald", "logit"))
    counted = wins(*scored(is_positive, score))
    found, variance = area(*counted), delong_variance(*counted)
    half = Z * np.sqrt(variance)
    if not variance > 0:
        low, high = no_bounds("the DeLong variance of the area is zero or unknown")
    elif interval == "wald":
        low, high = np.clip([found - half, found + half], 0, 1)
    else:
        low, high = logit_bounds(found, variance)
    return Estimate(found, float(low), float(high), variance)


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
    positive, score = scored(is_positive, score)
    numbers = group_numbers(groups, len(positive))
    areas = areas_of_resamples(positive, score, numbers)
    low, high, variance = percentiles(bootstrap(areas, numbers, n_replicates, seed))
    found = area(*wins(positive, score))
    if interval == "logit" and variance > 0:
        n_groups = min(len(np.unique(numbers[side])) for side in (positive, ~positive))
        low, high = logit_bounds(found, variance, n_groups - 1)
    return Estimate(found, low, high, variance)


def auc_partial(
    is_positive: ArrayLike,
    score: ArrayLike,
    low: float,
    high: float,
    of: str = "specificity",
    corrected: bool = True,
    groups=None,
    n_replicates: int = 2000,
    seed: int = 0,
) -> Estimate:
    """The area over specificities (or sensitivities) from ``low`` to ``high``, by bootstrap.

    Uncorrected it lies between 0 and ``high − low``. ``corrected`` is McClish's scale (Med Decis
    Making 1989;9:190): 0.5 for the diagonal, 1 for a perfect curve; below 0.5 it means little. The
    interval is the percentile interval over ``groups`` (None: over images).
    """
    _one_of(of, ("specificity", "sensitivity"))
    if not 0 <= low < high <= 1:
        raise InputError(f"{low} to {high} is no range of {of}; 0 <= low < high <= 1 is expected.")
    positive, score = scored(is_positive, score)
    if of == "sensitivity":  # the same curve with its axes exchanged
        positive, score = ~positive, -score
    numbers = group_numbers(groups, len(positive))
    areas = partial_areas_of_resamples(positive, score, numbers, 1 - high, 1 - low)
    replicates = bootstrap(areas, numbers, n_replicates, seed)
    found = areas(np.ones((1, numbers.max() + 1)))[0]
    if corrected:
        of_diagonal = ((1 - low) ** 2 - (1 - high) ** 2) / 2
        found, replicates = (
            (1 + (x - of_diagonal) / (high - low - of_diagonal)) / 2 for x in (found, replicates)
        )
    return Estimate(float(found), *percentiles(replicates))


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

    The interval is the percentile interval; z is the difference over its bootstrap standard
    deviation, and p belongs to that z (limits as in ``compare_auc``).
    """
    positive, a, b = scored(is_positive, score_a, score_b)
    numbers = group_numbers(groups, len(positive))
    areas_a, areas_b = (areas_of_resamples(positive, score, numbers) for score in (a, b))
    replicates = bootstrap(lambda c: areas_a(c) - areas_b(c), numbers, n_replicates, seed)
    difference = area(*wins(positive, a)) - area(*wins(positive, b))
    low, high, variance = percentiles(replicates)
    z, p_value = z_test(difference, variance)
    return Comparison(difference, low, high, variance, z, p_value)


# --- intervals and tests --------------------------------------------------------------------------


def logit_bounds(estimate: float, variance: float, df: float = np.inf) -> tuple[float, float]:
    """A 95 % interval in (0, 1) that is symmetric in the log-odds (delta method).

    With finite ``df`` from t; with 0 the variance is unknown: NaN bounds and a warning.
    """
    from scipy.stats import t

    if df < 1:
        return no_bounds("a class stands in a single group")
    log_odds = np.log(estimate / (1 - estimate))
    half = t.ppf(0.975, df) * np.sqrt(variance) / (estimate * (1 - estimate))
    return tuple(float(1 / (1 + np.exp(-bound))) for bound in (log_odds - half, log_odds + half))


def tested(difference: float, variance: float, df: float = np.inf) -> Comparison:
    """A difference of known variance against 0: normal, or t with finite ``df``.

    A variance of zero or NaN gives NaN bounds, with a warning, and the limits of ``compare_auc``.
    """
    from scipy.stats import t

    z, p_value = z_test(difference, variance, df)
    if variance > 0:
        half = float(t.ppf(0.975, df) * np.sqrt(variance))
        low, high = difference - half, difference + half
    else:
        low, high = no_bounds("the variance of the difference is zero or unknown")
    return Comparison(difference, low, high, variance, z, p_value, df if variance > 0 else np.inf)


def z_test(difference: float, variance: float, df: float = np.inf) -> tuple[float, float]:
    """z (t with finite ``df``) and its two-sided p-value; limits as ``compare_auc``."""
    from scipy.stats import norm, t

    with np.errstate(divide="ignore", invalid="ignore"):
        z = float(np.divide(difference, np.sqrt(variance)))
    z = 0.0 if difference == variance == 0 else z
    tail = t.sf(abs(z), df) if variance > 0 and np.isfinite(df) else norm.sf(abs(z))
    return z, float(2 * tail)


def _one_of(name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise InputError(f"Nothing here is called {name!r}; there are {', '.join(known)}.")
