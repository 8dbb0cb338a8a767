"""More than two classes: how far labels agree, and how well scores tell classes apart.

Labels are names, one an image; scores are images × classes, higher for the more likely class: a
table with the classes as columns, or an array in the order of ``classes``. Input that cannot be
scored raises InputError; an interval that the data cannot give is NaN, with a warning.
"""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import intervals, roc
from dermlab.evaluation.inputs import answers, class_names, class_scores, labels
from dermlab.evaluation.intervals import (
    Comparison,
    Estimate,
    bootstrap,
    bootstrap_of_sums,
    difference_of_replicates,
    group_numbers,
    no_bounds,
    percentiles,
)
from dermlab.evaluation.matching import matched
from dermlab.evaluation.roc import areas_of_resamples
from dermlab.text import listing, plural

# --- labels ---------------------------------------------------------------------------------------


def confusion(truth: ArrayLike, answer: ArrayLike, classes: Sequence[str]) -> pd.DataFrame:
    """Counts: a row for each true class, a column for each answered one, in the order given."""
    classes = class_names(classes)
    columns = labels(truth, answer)
    strangers = sorted({*columns[0], *columns[1]}.difference(classes), key=str)
    if strangers:
        raise InputError(f"Labels that are none of the classes: {listing(strangers)}.")
    truth, answer = (pd.Categorical(column, categories=classes) for column in columns)
    return pd.crosstab(truth, answer, rownames=["truth"], colnames=["answer"], dropna=False)


def accuracy(truth: ArrayLike, answer: ArrayLike, groups=None) -> Estimate:
    """The share of right answers, a label an image of either; interval as `intervals.share`."""
    truth, answer, groups = matched(truth=truth, answer=answer, groups=groups)
    truth, answer = answers(truth, answer)
    return intervals.share(truth == answer, groups)


def mean_class_accuracy(truth: ArrayLike, answer: ArrayLike) -> float:
    """The mean, over the classes that occur, of each one's share of right answers.

    The accuracy of Esteva et al. as a bare number: ``truth`` and ``answer`` are (n,) labels or
    class numbers. `balanced_accuracy` has the interval.
    """
    truth, answer = labels(truth, answer)
    code = pd.factorize(truth)[0]
    right = np.bincount(code, np.asarray(answer == truth, float))
    return float(np.mean(right / np.bincount(code)))


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
    truth, answer, groups = matched(truth=truth, answer=answer, groups=groups)
    classes = class_names(classes)
    truth, answer = answers(truth, answer)
    numbers = group_numbers(groups, len(truth))
    counts = _class_counts(truth, answer, classes, numbers)
    replicates = bootstrap_of_sums(_mean_recall, counts, n_replicates, seed)
    estimate = _mean_recall(counts.sum(axis=0, keepdims=True))[0]
    return Estimate(float(estimate), *percentiles(replicates))


def compare_balanced_accuracy(
    truth: ArrayLike,
    answer_a: ArrayLike,
    answer_b: ArrayLike,
    classes: Sequence[str],
    groups=None,
    n_replicates: int = 2000,
    seed: int = 0,
) -> Comparison:
    """The difference of two balanced accuracies on the same cases and the same resampled groups.

    Interval, z and p as `roc.compare_auc_bootstrap`.
    """
    truth, answer_a, answer_b, groups = matched(
        truth=truth, answer_a=answer_a, answer_b=answer_b, groups=groups
    )
    classes = class_names(classes)
    truth, a = answers(truth, answer_a)
    _, b = answers(truth, answer_b)
    numbers = group_numbers(groups, len(truth))
    counts = np.hstack([_class_counts(truth, answer, classes, numbers) for answer in (a, b)])

    def difference_of(sums: np.ndarray) -> np.ndarray:
        of_a, of_b = (_mean_recall(half) for half in np.hsplit(sums, 2))
        return of_a - of_b

    replicates = bootstrap_of_sums(difference_of, counts, n_replicates, seed)
    difference = float(difference_of(counts.sum(axis=0, keepdims=True))[0])
    return difference_of_replicates(difference, replicates)


def _class_counts(
    truth: np.ndarray, answer: np.ndarray, classes: Sequence[str], numbers: np.ndarray
) -> np.ndarray:
    """Of each group the cases of each class, then those of them that were answered right.

    (groups, twice as many columns as classes.)
    """
    of_class = np.stack([truth == name for name in classes], axis=1).astype(float)
    if not (of_class.any(axis=0).all() and of_class.any(axis=1).all()):
        empty = [name for name in classes if name not in truth]
        strangers = sorted(set(truth).difference(classes), key=str)
        raise InputError(
            "Balanced accuracy needs a case of every class and a class for every case; without a "
            f"case: {listing(empty) or 'none'}; without a class: {listing(strangers) or 'none'}."
        )
    right = of_class * (truth == answer)[:, None]
    return pd.DataFrame(np.hstack([of_class, right])).groupby(numbers).sum().to_numpy()


def _mean_recall(sums: np.ndarray) -> np.ndarray:
    """The mean of the classes' shares of right answers, from sums of `_class_counts`."""
    n, n_right = np.hsplit(sums, 2)
    with np.errstate(invalid="ignore"):
        return np.nanmean(n_right / n, axis=1)


def kappa(a: ArrayLike, b: ArrayLike) -> Estimate:
    """Cohen's kappa of two raters of the same cases (interval: Fleiss, Cohen & Everitt 1969).

    NaN, with a warning, where both use one and the same label throughout. Perfect agreement has a
    variance of zero, hence NaN bounds and a warning.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    a, b = labels(a, b)
    classes = sorted({*a, *b}, key=str)
    if len(classes) == 1:
        return Estimate(np.nan, *no_bounds("kappa is not defined, both raters use one label"))
    result = cohens_kappa(confusion(a, b, classes).to_numpy())
    low, high = np.clip([result.kappa_low, result.kappa_upp], -1, 1)
    if not result.var_kappa > 0:
        low, high = no_bounds("the variance of kappa is zero")
    return Estimate(float(result.kappa), float(low), float(high), float(result.var_kappa))


# --- scores ---------------------------------------------------------------------------------------


def one_vs_rest(
    truth: ArrayLike, scores: ArrayLike, classes: Sequence[str], groups=None
) -> pd.DataFrame:
    """Each class against all others by its own column: ``class, n, auc, low, high``.

    Intervals as ``roc.auc``. The area depends on which others there are, and how many.
    """
    truth, scores, groups = matched(truth=truth, scores=scores, groups=groups)
    number, scores = class_scores(truth, scores, classes)
    rows = []
    for k, name in enumerate(classes):
        result = roc.auc(number == k, scores[:, k], groups)
        rows.append((name, int((number == k).sum()), result.estimate, result.low, result.high))
    return pd.DataFrame(rows, columns=["class", "n", "auc", "low", "high"])


def hand_till(
    truth: ArrayLike,
    scores: ArrayLike,
    classes: Sequence[str],
    groups=None,
    n_replicates: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Hand and Till's M (Machine Learning 2001;45:171): the mean area over pairs of classes.

    A pair's area is the mean of A(i|j), the pair told apart by column i, and A(j|i), by column j.
    Every pair counts the same, so M does not depend on how common the classes are. The interval is
    the percentile interval over ``groups`` (None: over images); resamples without one of the
    classes are drawn again.
    """
    truth, scores, groups = matched(truth=truth, scores=scores, groups=groups)
    number, scores = class_scores(truth, scores, classes)
    numbers = group_numbers(groups, len(number))
    statistic = _mean_of_pairs(number, scores, numbers)
    in_groups = [len(np.unique(numbers[number == k])) for k in range(len(classes))]
    rarest = f"'{classes[np.argmin(in_groups)]}' (in {plural(min(in_groups), 'group')})"
    replicates = bootstrap(statistic, numbers, n_replicates, seed, rarest=rarest)
    return Estimate(float(statistic(np.ones((1, numbers.max() + 1)))[0]), *percentiles(replicates))


def _mean_of_pairs(
    number: np.ndarray, scores: np.ndarray, numbers: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """A statistic for ``bootstrap``: the mean over pairs of classes of both their areas."""
    parts = []
    for pair in combinations(range(scores.shape[1]), 2):
        of_pair = np.isin(number, pair)
        for k in pair:
            positive, score = number[of_pair] == k, scores[of_pair, k]
            parts.append(areas_of_resamples(positive, score, numbers[of_pair]))
    return lambda counts: np.mean([areas(counts) for areas in parts], axis=0)
