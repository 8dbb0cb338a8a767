"""Points, curves, areas and agreement, each with its 95 % interval.

A reader's decisions are a point (sensitivity, specificity), a network's scores a curve and its
area. Intervals come in two kinds: formulas that take images as independent (Wilson,
Clopper-Pearson, DeLong), and bootstraps that draw whole groups (patients, lesions), because views
of one lesion are alike. ``auc``, ``accuracy`` and ``balanced_accuracy`` choose between them.

Throughout, ``is_positive`` is True or 1 for a case that has the disease, ``score`` is higher for
the more suspicious, both are one value an image, matched by position (an index is ignored).
Input that cannot be scored (empty, missing or infinite values, different lengths, only one class)
raises InputError. An interval that the data cannot give is NaN, with a warning. `resampling` has
how groups are drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation.resampling import bootstrap, group_numbers, no_bounds, percentiles, repeat
from dermlab.text import listing, plural

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
    """A difference a − b, its 95 % interval and variance, z and the two-sided p-value."""

    estimate: float
    low: float
    high: float
    variance: float
    z: float
    p_value: float


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
    share = float(successes / n)
    return Estimate(share, float(bounds.low), float(bounds.high), float(share * (1 - share) / n))


def point(
    is_positive: ArrayLike, decision: ArrayLike, method: str = "wilson", groups=None
) -> Point:
    """Sensitivity and specificity of decisions (True or 1: biopsy or treat).

    Where ``groups`` repeat among the cases of a side, its interval is the bootstrap over them.
    """
    positive, decided = _scored(is_positive, _zero_one(decision, "decision"))
    if repeat(groups):
        ids, said = np.asarray(groups), decided == 1
        sides = (positive, ~positive)
        return Point(*(accuracy(positive[side], said[side], ids[side]) for side in sides))
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

    positive, score = _scored(is_positive, score)
    fpr, tpr, threshold = roc_curve(positive, score, drop_intermediate=False)
    tp, fp = (np.rint(x * n.sum()).astype(int) for x, n in ((tpr, positive), (fpr, ~positive)))
    curve = {"threshold": threshold, "tp": tp, "fp": fp, "sensitivity": tpr, "specificity": 1 - fpr}
    return pd.DataFrame(curve)


def auc(is_positive: ArrayLike, score: ArrayLike, groups=None, seed: int = 0) -> Estimate:
    """The area under the curve with the interval that fits the data.

    Where ``groups`` repeat (several views of a lesion, several lesions of a patient): the bootstrap
    over groups. Else DeLong's on the logit scale, since the Wald interval of a high area on few
    cases is too narrow (at 33 / 97 cases and an area of 0.96 it covers 89 % instead of 95 %).
    """
    if repeat(groups):
        return auc_bootstrap(is_positive, score, groups, seed=seed)
    return auc_delong(is_positive, score, interval="logit")


def auc_delong(is_positive: ArrayLike, score: ArrayLike, interval: str = "wald") -> Estimate:
    """The area with DeLong's variance (Biometrics 1988;44:837), in O(n log n).

    ``interval``: ``"wald"`` (clipped to [0, 1], as pROC) or ``"logit"`` (symmetric in the
    log-odds of the area). A variance of zero, as at perfect separation, or fewer than two cases of
    a class give NaN bounds and a warning.
    """
    if interval not in ("wald", "logit"):
        raise InputError(f"No interval is called {interval!r}; there are wald, logit.")
    wins = _wins(*_scored(is_positive, score))
    area, variance = _area(*wins), _delong_variance(*wins)
    half = Z * np.sqrt(variance)
    if not variance > 0:
        low, high = no_bounds("the DeLong variance of the area is zero or unknown")
    elif interval == "wald":
        low, high = np.clip([area - half, area + half], 0, 1)
    else:
        log_odds, half = np.log(area / (1 - area)), half / (area * (1 - area))
        low, high = (1 / (1 + np.exp(-bound)) for bound in (log_odds - half, log_odds + half))
    return Estimate(area, float(low), float(high), variance)


def auc_bootstrap(
    is_positive: ArrayLike, score: ArrayLike, groups=None, n_replicates: int = 2000, seed: int = 0
) -> Estimate:
    """The area with the percentile interval of a bootstrap over ``groups``.

    ``groups``: an id an image, as ``splits.groups`` gives; None draws single images, and an image
    with a missing id is a group of its own. If the resampled areas do not vary (perfect
    separation, a single group): NaN bounds and a warning.
    """
    positive, score = _scored(is_positive, score)
    numbers = group_numbers(groups, len(positive))
    areas = _areas_of_resamples(positive, score, numbers)
    replicates = bootstrap(areas, numbers, n_replicates, seed)
    return Estimate(_area(*_wins(positive, score)), *percentiles(replicates))


def compare_auc(is_positive: ArrayLike, score_a: ArrayLike, score_b: ArrayLike) -> Comparison:
    """The difference of two areas on the same cases: DeLong's paired test.

    Where the variance is zero the bounds are NaN, with a warning, and z is its limit as in pROC:
    0 (p = 1) for equal areas, infinite (p = 0) for different ones, which on few cases proves
    nothing. With fewer than two cases of a class z and p are NaN too.
    """
    positive, a, b = _scored(is_positive, score_a, score_b)
    wins_a, wins_b = _wins(positive, a), _wins(positive, b)
    difference = _area(*wins_a) - _area(*wins_b)
    variance = _delong_variance(*(x - y for x, y in zip(wins_a, wins_b, strict=True)))
    low, high = difference + Z * np.sqrt(variance) * np.array([-1, 1])
    if not variance > 0:
        low, high = no_bounds("the DeLong variance of the difference is zero or unknown")
    return _compared(difference, float(low), float(high), variance)


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
    positive, a, b = _scored(is_positive, score_a, score_b)
    numbers = group_numbers(groups, len(positive))
    areas_a, areas_b = (_areas_of_resamples(positive, score, numbers) for score in (a, b))
    replicates = bootstrap(lambda c: areas_a(c) - areas_b(c), numbers, n_replicates, seed)
    difference = _area(*_wins(positive, a)) - _area(*_wins(positive, b))
    return _compared(difference, *percentiles(replicates))


# --- many classes ---------------------------------------------------------------------------------


def confusion(truth: ArrayLike, answer: ArrayLike, classes: Sequence[str]) -> pd.DataFrame:
    """Counts: a row for each true class, a column for each answered one, in the order given."""
    labels = _labels(truth, answer)
    strangers = sorted({*labels[0], *labels[1]}.difference(classes), key=str)
    if strangers:
        raise InputError(f"Labels that are none of the classes: {listing(strangers)}.")
    truth, answer = (pd.Categorical(column, categories=list(classes)) for column in labels)
    return pd.crosstab(truth, answer, rownames=["truth"], colnames=["answer"], dropna=False)


def accuracy(
    truth: ArrayLike, answer: ArrayLike, groups=None, n_replicates: int = 2000, seed: int = 0
) -> Estimate:
    """The share of right answers: Wilson's interval, or the bootstrap where ``groups`` repeat."""
    truth, answer = _labels(truth, answer)
    numbers = group_numbers(groups, len(truth))
    right = (truth == answer).astype(float)
    if not repeat(groups):
        return proportion(right.sum(), len(right))
    n_right, n = np.bincount(numbers, right), np.bincount(numbers)
    replicates = bootstrap(lambda c: c @ n_right / (c @ n), numbers, n_replicates, seed)
    return Estimate(float(right.mean()), *percentiles(replicates))


def balanced_accuracy(
    truth: ArrayLike,
    answer: ArrayLike,
    classes: Sequence[str],
    groups=None,
    n_replicates: int = 2000,
    seed: int = 0,
) -> Estimate:
    """The mean over ``classes`` of each class's share of right answers (Esteva et al.'s accuracy).

    Every true label is one of ``classes`` and every class has a case; an answer may be anything.
    The interval is a bootstrap over ``groups`` (None: over images); a class that a resample lacks
    is left out of that resample's mean.
    """
    truth, answer = _labels(truth, answer)
    of_class = np.stack([truth == name for name in classes], axis=1).astype(float)
    if not (of_class.any(axis=0).all() and of_class.any(axis=1).all()):
        empty = [name for name in classes if name not in truth]
        strangers = sorted(set(truth).difference(classes), key=str)
        raise InputError(
            "Balanced accuracy needs a case of every class and a class for every case; without a "
            f"case: {listing(empty) or 'none'}; without a class: {listing(strangers) or 'none'}."
        )
    numbers = group_numbers(groups, len(truth))
    right = of_class * (truth == answer)[:, None]
    n, n_right = (pd.DataFrame(x).groupby(numbers).sum().to_numpy() for x in (of_class, right))

    def mean_recalls(counts: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.nanmean((counts @ n_right) / (counts @ n), axis=1)

    replicates = bootstrap(mean_recalls, numbers, n_replicates, seed)
    estimate = mean_recalls(np.ones((1, len(n))))[0]
    return Estimate(float(estimate), *percentiles(replicates))


def kappa(a: ArrayLike, b: ArrayLike) -> Estimate:
    """Cohen's kappa of two raters of the same cases (interval: Fleiss, Cohen & Everitt 1969).

    NaN, with a warning, where both use one and the same label throughout. Perfect agreement has a
    variance of zero, hence NaN bounds and a warning.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    a, b = _labels(a, b)
    classes = sorted({*a, *b}, key=str)
    if len(classes) == 1:
        return Estimate(np.nan, *no_bounds("kappa is not defined, both raters use one label"))
    found = cohens_kappa(confusion(a, b, classes).to_numpy())
    low, high = np.clip([found.kappa_low, found.kappa_upp], -1, 1)
    if not found.var_kappa > 0:
        low, high = no_bounds("the variance of kappa is zero")
    return Estimate(float(found.kappa), float(low), float(high), float(found.var_kappa))


# --- areas ----------------------------------------------------------------------------------------


def _wins(positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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


def _area(below: np.ndarray, above: np.ndarray) -> float:
    return float(below.sum() / (2 * len(below) * len(above)))


def _delong_variance(below: np.ndarray, above: np.ndarray) -> float:
    n_pos, n_neg = len(below), len(above)
    if min(n_pos, n_neg) < 2:
        return np.nan
    of_positives = below.var(ddof=1) / (4 * n_neg**2 * n_pos)
    return float(of_positives + above.var(ddof=1) / (4 * n_pos**2 * n_neg))


def _areas_of_resamples(
    positive: np.ndarray, score: np.ndarray, numbers: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """A statistic for ``bootstrap``: the area on each resample.

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


def _compared(difference: float, low: float, high: float, variance: float) -> Comparison:
    from scipy.stats import norm

    with np.errstate(divide="ignore", invalid="ignore"):
        z = float(np.divide(difference, np.sqrt(variance)))
    z = 0.0 if difference == variance == 0 else z
    return Comparison(difference, low, high, variance, z, float(2 * norm.sf(abs(z))))


# --- what comes in --------------------------------------------------------------------------------


def _floats(values: ArrayLike, name: str) -> np.ndarray:
    column = pd.to_numeric(pd.Series(np.asarray(values).ravel()), errors="coerce")
    column = column.to_numpy(float, na_value=np.nan)
    n_bad = int((~np.isfinite(column)).sum())
    if n_bad:
        raise InputError(f"{n_bad:,} of {len(column):,} values of {name} are no finite numbers.")
    return column


def _zero_one(values: ArrayLike, name: str) -> np.ndarray:
    column = _floats(values, name)
    n_bad = int((~np.isin(column, (0, 1))).sum())
    if n_bad:
        raise InputError(f"{n_bad:,} of {len(column):,} values of {name} are neither 0 nor 1.")
    return column


def _scored(is_positive: ArrayLike, *scores: ArrayLike) -> tuple[np.ndarray, ...]:
    """Truth as booleans and scores as floats, all of one length, both classes there."""
    positive = _zero_one(is_positive, "is_positive") == 1
    scores = [_floats(score, "score") for score in scores]
    for score in scores:
        _same_length(is_positive=positive, score=score)
    if positive.all() or not positive.any():
        raise InputError(
            f"{plural(int(positive.sum()), 'positive')} among {plural(len(positive), 'case')}: "
            "a curve or point needs positive and negative cases."
        )
    return positive, *scores


def _labels(truth: ArrayLike, answer: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    truth, answer = (np.asarray(labels, dtype=object).ravel() for labels in (truth, answer))
    _same_length(truth=truth, answer=answer)
    n_missing = int((pd.isna(truth) | pd.isna(answer)).sum())
    if n_missing or not len(truth):
        raise InputError(f"{n_missing:,} of {plural(len(truth), 'case')} lack one of two labels.")
    return truth, answer


def _same_length(**columns: np.ndarray) -> None:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = " and ".join(f"{n:,} values of {name}" for name, n in lengths.items())
        raise InputError(f"{told} do not fit together: one value an image is needed of each.")
