"""Intervals: of proportions, means and repeats, and those that the bootstrap gives.

Every interval here and in `roc` is of ``LEVEL``. One that the data cannot give is NaN, with a
warning. Input that cannot be scored raises InputError.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.cases import ids
from dermlab.errors import InputError
from dermlab.evaluation import inputs
from dermlab.evaluation.bootstrap import bootstrap, bootstrap_of_sums
from dermlab.evaluation.matching import matched
from dermlab.text import interval

LEVEL = 0.95
TAILS = 0.025, 0.975  # the quantiles that bound an interval of LEVEL
Z = 1.959963984540054  # LEVEL of a normal distribution lies within ± Z standard deviations


@dataclass(frozen=True)
class Estimate:
    """A number, the bounds of its 95 % interval, and its variance.

    It prints itself (`text.interval`): ``f"{e}"`` is ``0.824 (0.749 to 0.899)``, and a format
    applies to each of the three numbers: ``f"{e:.1%}"`` is ``82.4 % (74.9 to 89.9 %)``.
    """

    estimate: float
    low: float
    high: float
    variance: float = np.nan

    def __format__(self, spec: str) -> str:
        return interval(self.estimate, self.low, self.high, spec or ",.3f")

    def __str__(self) -> str:
        return format(self)


@dataclass(frozen=True)
class Comparison(Estimate):
    """A difference a − b, its 95 % interval and variance, z and the two-sided p-value.

    With finite ``df``, z is a t statistic with so many degrees of freedom. The one-sided p-value
    of a > b is p/2 where z > 0, else 1 − p/2.
    """

    z: float = np.nan
    p_value: float = np.nan
    df: float = np.inf


# --- shares and means -----------------------------------------------------------------------------


def proportion(successes: int, n: int, method: str = "wilson") -> Estimate:
    """A share with its Wilson or its exact (``"clopper-pearson"``) interval."""
    from scipy.stats import binomtest

    methods = {"wilson": "wilson", "clopper-pearson": "exact"}
    if method not in methods:
        raise InputError(f"No interval is called {method!r}; there are {', '.join(methods)}.")
    are_numbers = all(isinstance(count, Real | np.bool_) for count in (successes, n))
    if not are_numbers or n < 1 or not 0 <= successes <= n or successes % 1 or n % 1:
        raise InputError(f"{successes} of {n} is no share of a count of at least 1.")
    successes, n = int(successes), int(n)
    bounds = binomtest(successes, n).proportion_ci(LEVEL, methods[method])
    p = float(successes / n)
    return Estimate(p, float(bounds.low), float(bounds.high), float(p * (1 - p) / n))


def share(hits: ArrayLike, groups=None) -> Estimate:
    """The share of 1 or True among images: Wilson's interval, on the effective number of images
    where ``groups`` (an id an image) repeat, as `clustered.share`. InputError for other values."""
    from dermlab.evaluation import clustered  # which stands on this room

    hits, groups = matched(hits=hits, groups=groups)
    hits = inputs.zero_one(hits, "hits")
    numbers = group_numbers(groups, len(hits))
    if not repeat(groups):
        return proportion(hits.sum(), len(hits))
    return clustered.share(hits, numbers)


def mean(values: ArrayLike, groups=None, n_replicates: int = 2000, seed: int = 0) -> Estimate:
    """The mean of a value an image, with the bootstrap's percentile interval over ``groups``.

    ``groups``: an id an image; None draws single images. NaN bounds where the values do not vary.
    """
    values, groups = matched(values=values, groups=groups)
    values = inputs.some(values, "values")
    numbers = group_numbers(groups, len(values))
    estimate = float(values.mean())
    if np.ptp(values) == 0:
        return Estimate(estimate, *no_bounds("all values are the same"), 0.0)
    of_group = np.stack([np.bincount(numbers, values), np.bincount(numbers)], axis=1)
    replicates = bootstrap_of_sums(lambda s: s[:, 0] / s[:, 1], of_group, n_replicates, seed)
    return Estimate(estimate, *percentiles(replicates))


def student(values: ArrayLike) -> Estimate:
    """The mean of independent repeats (seeds, folds, clinics) with Student's t interval over them.

    ``variance`` is that of the mean. A single repeat says nothing of others: NaN bounds.
    """
    from scipy.stats import t

    values = inputs.some(values, "values")
    estimate, n = float(values.mean()), len(values)
    if n < 2:
        return Estimate(estimate, *no_bounds("there is a single repeat"))
    error = values.std(ddof=1) / np.sqrt(n)
    half = t.ppf(TAILS[1], n - 1) * error
    return Estimate(estimate, float(estimate - half), float(estimate + half), float(error**2))


# --- by the bootstrap -----------------------------------------------------------------------------


def bootstrapped(
    statistic: Callable[[np.ndarray], np.ndarray], numbers: np.ndarray, n_replicates: int, seed: int
) -> Estimate:
    """The statistic on all groups once, with the percentile interval of its `bootstrap`."""
    replicates = bootstrap(statistic, numbers, n_replicates, seed)
    once = np.ones((1, numbers.max() + 1))
    return Estimate(float(statistic(once)[0]), *percentiles(replicates))


def bootstrapped_difference(
    a: Callable[[np.ndarray], np.ndarray],
    b: Callable[[np.ndarray], np.ndarray],
    numbers: np.ndarray,
    n_replicates: int,
    seed: int,
) -> Comparison:
    """Statistic a − b on the same resamples, as `difference_of_replicates`."""
    replicates = bootstrap(lambda c: a(c) - b(c), numbers, n_replicates, seed)
    once = np.ones((1, numbers.max() + 1))
    return difference_of_replicates(float((a(once) - b(once))[0]), replicates)


def difference_of_replicates(difference: float, replicates: np.ndarray) -> Comparison:
    """A difference with the percentile interval of its replicates, and the test that agrees.

    The p-value is twice the level at which a percentile bound meets 0, so that it is below 0.05
    just where the interval leaves out 0. z is the difference over the replicates' standard
    deviation; where they do not vary, the limits are those of ``compare_auc``.
    """
    low, high, variance = percentiles(replicates)
    z, p_value = z_test(difference, variance)
    if variance > 0:
        level = min(_level_of_zero(replicates), _level_of_zero(-replicates))
        p_value = min(1.0, max(2 * level, 2 / (1 + len(replicates))))
    return Comparison(difference, low, high, variance, z, p_value)


def _level_of_zero(replicates: np.ndarray) -> float:
    """The highest level whose quantile, as in `percentiles`, is not above 0."""
    ordered = np.sort(replicates)
    n_below = int(np.searchsorted(ordered, 0, side="right"))
    beside = slice(max(n_below - 1, 0), n_below + 1)
    return float(np.interp(0, ordered[beside], np.linspace(0, 1, len(ordered))[beside]))


def percentiles(replicates: np.ndarray) -> tuple[float, float, float]:
    """Low, high and variance of the replicates; NaN bounds where they do not vary."""
    if np.ptp(replicates) == 0:
        return *no_bounds("every resample gives the same value"), 0.0
    low, high = np.quantile(replicates, TAILS)
    return float(low), float(high), float(replicates.var(ddof=1))


def group_numbers(groups: ArrayLike | None, n: int) -> np.ndarray:
    """Groups as 0, 1, … in sorted order, each missing id a group of its own after them.

    Ids by the rule of `cases.table`: ``1`` and ``"1"`` are one, "unknown" is missing.
    """
    if groups is None:
        return np.arange(n)
    numbers = pd.factorize(_group_ids(groups), sort=True)[0]
    if len(numbers) != n:
        counts = f"{len(numbers):,} values of groups and {n:,} of the images"
        raise InputError(f"{counts} do not fit together: one group an image is needed.")
    missing = numbers < 0
    numbers[missing] = numbers.max(initial=-1) + 1 + np.arange(missing.sum())
    return numbers


def repeat(groups: ArrayLike | None) -> bool:
    """Whether any two images have the same group."""
    return groups is not None and bool(_group_ids(groups).dropna().duplicated().any())


def _group_ids(groups: ArrayLike) -> pd.Series:
    """Numbers as they are, which keeps their order; all else as ids."""
    given = inputs.column(groups, "groups")
    return given if pd.api.types.is_numeric_dtype(given) else ids.normal(given)


def no_bounds(why: str) -> tuple[float, float]:
    """The bounds of an interval that the data cannot give: NaN, with a warning."""
    warnings.warn(f"No interval: {why}.", stacklevel=3)
    return np.nan, np.nan


# --- bounds and tests -----------------------------------------------------------------------------


def logit_bounds(estimate: float, variance: float, df: float = np.inf) -> tuple[float, float]:
    """A 95 % interval in (0, 1) that is symmetric in the log-odds (delta method).

    With finite ``df`` from t; with 0 the variance is unknown: NaN bounds and a warning.
    """
    from scipy.stats import t

    if df < 1:
        return no_bounds("a class stands in a single group")
    log_odds = np.log(estimate / (1 - estimate))
    half = t.ppf(TAILS[1], df) * np.sqrt(variance) / (estimate * (1 - estimate))
    return tuple(float(1 / (1 + np.exp(-bound))) for bound in (log_odds - half, log_odds + half))


def tested(difference: float, variance: float, df: float = np.inf) -> Comparison:
    """A difference of known variance against 0: normal, or t with finite ``df``.

    A variance of zero or NaN gives NaN bounds, with a warning, and the limits of ``compare_auc``.
    """
    from scipy.stats import t

    z, p_value = z_test(difference, variance, df)
    if variance > 0:
        half = float(t.ppf(TAILS[1], df) * np.sqrt(variance))
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
