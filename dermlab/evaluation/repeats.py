"""How much another training would differ: repeats × cases, and families of comparisons.

A number of one network moves with the test cases *and* with the training: another seed gives other
weights. An interval over cases alone is too narrow for a claim about a way of training. Here seeds
are crossed with cases, as readers are in `mrmc`, and both are drawn by chance; degrees of freedom
are Satterthwaite's (Biometrics Bulletin 1946;2:110). Rows are trainings, columns cases; two ways of
training are trained apart, their rows not paired. Where they are paired (the same folds), take the
differences row by row and give them to `mean`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs
from dermlab.evaluation.clustered import auc_covariance, stratified_covariance
from dermlab.evaluation.decisions import between, rate_covariance
from dermlab.evaluation.intervals import (
    TAILS,
    Comparison,
    Estimate,
    group_numbers,
    no_bounds,
    tested,
)


@dataclass(frozen=True)
class Repeats:
    """What several trainings reach on the same cases.

    ``each``: a value a training. ``mean``: for other trainings on other cases of the kind. ``sd``:
    over trainings, on these cases. ``another_low, another_high``: where one more training will lie
    on these same cases, with 95 % (a prediction interval).
    """

    each: np.ndarray
    mean: Estimate
    sd: float
    another_low: float
    another_high: float


# --- repeats × cases ------------------------------------------------------------------------------


def mean(values: ArrayLike, groups: ArrayLike | None = None) -> Repeats:
    """The mean of values, trainings × cases (hits, errors, differences), with both spreads in it.

    The two-way analysis with random trainings and random cases. ``groups``: of cases, as in
    `clustered`. InputError with fewer than two trainings, or a value that is no finite number.
    """
    return _repeats(*_of_values(values, groups))


def auc(
    is_positive: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> Repeats:
    """The mean area under the curve of scores, trainings × cases, with both spreads in it.

    The covariance of two trainings on the same cases is Obuchowski's (`clustered`). ``strata``:
    only cases of the same clinic or camera are compared (`clustered.stratified_covariance`).
    """
    return _repeats(*_of_scores(is_positive, scores, groups, strata))


def compare(
    values_a: ArrayLike, values_b: ArrayLike, groups: ArrayLike | None = None
) -> Comparison:
    """The difference a − b of two means, each of trainings × the same cases; t with its df.

    The numbers of trainings may differ. InputError as in `mean`, or for other numbers of cases.
    """
    a, b = (_table(values) for values in (values_a, values_b))
    inputs.same_length(values_a=a.T, values_b=b.T)
    return _compared(*_of_values(np.concatenate([a, b]), groups), len(a), len(b))


def compare_auc(
    is_positive: ArrayLike,
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> Comparison:
    """The difference a − b of two mean areas, each of trainings × the same cases; see `auc`."""
    a, b = (_table(scores) for scores in (scores_a, scores_b))
    inputs.same_length(scores_a=a.T, scores_b=b.T)
    return _compared(
        *_of_scores(is_positive, np.concatenate([a, b]), groups, strata), len(a), len(b)
    )


def statistic(each: ArrayLike, resamples: ArrayLike, n_cases: int) -> Repeats:
    """The mean of any statistic of a training, (trainings,), with both spreads in it.

    ``resamples``: the same statistic on resampled cases, resamples × trainings, each row one draw
    of the cases for all trainings; ``n_cases`` (patients, scans) are drawn. For what is no mean
    over cases and no AUC. InputError for other numbers of trainings, or fewer than two.
    """
    return _repeats(*_of_resamples(each, resamples, n_cases))


def compare_statistic(
    each_a: ArrayLike,
    each_b: ArrayLike,
    resamples_a: ArrayLike,
    resamples_b: ArrayLike,
    n_cases: int,
) -> Comparison:
    """The difference a − b of two means of a statistic; row i of both is the same draw of cases."""
    a, b = (inputs.floats(each, "each") for each in (each_a, each_b))
    both = np.hstack([_table(resamples_a), _table(resamples_b)])
    return _compared(*_of_resamples(np.concatenate([a, b]), both, n_cases), len(a), len(b))


def _of_resamples(each, resamples, n_cases) -> tuple[np.ndarray, np.ndarray, int]:
    values, draws = inputs.floats(each, "each"), _table(resamples)
    if draws.shape[1] != len(values) or len(values) < 2 or n_cases < 2:
        raise InputError(
            f"Resamples of shape {draws.shape} and {len(values)} trainings on {n_cases} cases: "
            "resamples × trainings are needed, two trainings and two cases or more."
        )
    return values, np.cov(draws, rowvar=False), n_cases - 1


def _of_values(values, groups) -> tuple[np.ndarray, np.ndarray, int]:
    """A mean a training, their covariances by the cases, and the number of groups less one."""
    rows = _table(values)
    numbers = group_numbers(groups, rows.shape[1])
    n_groups = int(numbers.max()) + 1
    if n_groups < 2:
        raise InputError("The cases are one group: at least two are needed.")
    return rows.mean(axis=1), rate_covariance(rows, numbers), n_groups - 1


def _of_scores(is_positive, scores, groups, strata) -> tuple[np.ndarray, np.ndarray, int]:
    rows = _table(scores)
    positive = inputs.scored(is_positive, *rows)[0]
    numbers = group_numbers(groups, len(positive))
    if strata is not None:
        return stratified_covariance(positive, rows, numbers, group_numbers(strata, len(positive)))
    n_groups = min(len(np.unique(numbers[side])) for side in (positive, ~positive))
    if n_groups < 2:
        raise InputError("A class stands in one group: at least two are needed.")
    return *auc_covariance(positive, rows, numbers), n_groups - 1


def _table(values: ArrayLike) -> np.ndarray:
    rows = np.asarray(values)
    if rows.ndim != 2 or len(rows) < 2:
        raise InputError(
            f"Values of shape {rows.shape}: trainings × cases are needed, and at least two "
            "trainings, or nothing says how much they differ."
        )
    return inputs.floats(rows, "values").reshape(rows.shape)


def _repeats(each: np.ndarray, covariance: np.ndarray, df_cases: int) -> Repeats:
    estimate, sd, n = float(each.mean()), float(each.std(ddof=1)), len(each)
    of_cases = max(between(covariance), 0.0)
    variance, df = _satterthwaite([(sd**2 / n, n - 1), (of_cases, df_cases)])
    if not variance > 0:
        nothing = no_bounds("neither trainings nor cases differ")
        return Repeats(each, Estimate(estimate, *nothing, variance), sd, estimate, estimate)
    half, one_more = _t(df) * np.sqrt(variance), _t(n - 1) * sd * np.sqrt(1 + 1 / n)
    whole = Estimate(estimate, estimate - half, estimate + half, variance)
    return Repeats(each, whole, sd, estimate - one_more, estimate + one_more)


def _compared(
    each: np.ndarray, covariance: np.ndarray, df_cases: int, n_a: int, n_b: int
) -> Comparison:
    a, b = slice(n_a), slice(n_a, None)
    both = between(covariance[a, a]) + between(covariance[b, b])
    of_cases = max(both - 2 * covariance[a, b].mean(), 0.0)
    trainings = [(each[way].var(ddof=1) / n, n - 1) for way, n in ((a, n_a), (b, n_b))]
    variance, df = _satterthwaite([*trainings, (of_cases, df_cases)])
    return tested(float(each[a].mean() - each[b].mean()), variance, df)


def _satterthwaite(parts: list[tuple[float, int]]) -> tuple[float, float]:
    """The sum of variances, each with its df, and the df of the sum."""
    total = float(sum(variance for variance, _ in parts))
    below = sum(variance**2 / df for variance, df in parts)
    return total, float(total**2 / below) if below > 0 else np.inf


def _t(df: float) -> float:
    from scipy.stats import t

    return float(t.ppf(TAILS[1], df))


# --- resampled splits, and families ---------------------------------------------------------------


def resampled(differences: ArrayLike, n_train: float, n_test: float) -> Comparison:
    """The mean difference over random splits of *one* data set, corrected for shared training.

    Nadeau and Bengio (Machine Learning 2003;52:239): the variance of k differences is taken
    (1/k + n_test / n_train) times instead of 1/k times, t with k − 1 degrees of freedom, since
    training parts overlap. ``n_train``, ``n_test``: images a split. Derived for random resampling:
    for the folds of a cross-validation (n_test / n_train = 1 / (k − 1)) it is approximate, say so.
    Data sets that share no case (independent clinics) need none: take ``intervals.student``.
    """
    values = inputs.floats(differences, "differences")
    if len(values) < 2 or min(n_train, n_test) <= 0:
        raise InputError("Two splits or more are needed, with cases to train on and to test.")
    variance = (1 / len(values) + n_test / n_train) * float(values.var(ddof=1))
    return tested(float(values.mean()), variance, len(values) - 1)


def holm(p_values: ArrayLike) -> np.ndarray | pd.Series:
    """Holm's adjusted p-values (Scand J Stat 1979;6:65), in the order and with the index given.

    Below 0.05 they are significant as a family: the chance of any false one is at most 5 %,
    however the comparisons depend on each other. InputError for values outside 0 to 1.
    """
    from statsmodels.stats.multitest import multipletests

    values = inputs.shares(p_values, "p_values")
    adjusted = multipletests(values, method="holm")[1] if len(values) else values
    return pd.Series(adjusted, p_values.index) if isinstance(p_values, pd.Series) else adjusted
