"""What comes into the rooms of evaluation, checked once: finite numbers, two classes, one length.

``is_positive`` is True or 1 for a case that has the disease; a score is higher for the more
suspicious, a probability lies in [0, 1]. Values are matched by position: an index is ignored.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.text import listing, plural

SUM_TOLERANCE = 1e-4  # as tables of predictions are written


def floats(values: ArrayLike, name: str) -> np.ndarray:
    """One finite float a value."""
    column = pd.to_numeric(pd.Series(np.asarray(values).ravel()), errors="coerce")
    column = column.to_numpy(float, na_value=np.nan)
    return _unless(~np.isfinite(column), column, f"{name} are no finite numbers")


def zero_one(values: ArrayLike, name: str) -> np.ndarray:
    """Values that are 0 or 1, False or True."""
    column = floats(values, name)
    return _unless(~np.isin(column, (0, 1)), column, f"{name} are neither 0 nor 1")


def shares(values: ArrayLike, name: str) -> np.ndarray:
    """Values in [0, 1]."""
    column = floats(values, name)
    return _unless((column < 0) | (column > 1), column, f"{name} lie outside 0 to 1")


def _unless(bad: np.ndarray, column: np.ndarray, fault: str) -> np.ndarray:
    """The column, if none of its values is bad."""
    if bad.any():
        raise InputError(f"{int(bad.sum()):,} of {len(column):,} values of {fault}.")
    return column


def fraction(value: float, name: str, *, open_ends: bool = False) -> float:
    """A single value in [0, 1], or, with ``open_ends``, between 0 and 1."""
    fits = 0 < value < 1 if open_ends else 0 <= value <= 1
    if not fits:
        expected = "between 0 and 1" if open_ends else "from 0 to 1"
        raise InputError(f"{name} is {value}; a number {expected} is expected.")
    return float(value)


def truth(is_positive: ArrayLike) -> np.ndarray:
    """Truth as booleans, positives and negatives both there."""
    positive = zero_one(is_positive, "is_positive") == 1
    if positive.all() or not positive.any():
        raise InputError(
            f"{plural(int(positive.sum()), 'positive')} among {plural(len(positive), 'case')}: "
            "a curve or point needs positive and negative cases."
        )
    return positive


def scored(is_positive: ArrayLike, *scores: ArrayLike) -> tuple[np.ndarray, ...]:
    """Truth as booleans and scores as floats, all of one length, both classes there."""
    positive = zero_one(is_positive, "is_positive")
    columns = [floats(score, "score") for score in scores]
    for column in columns:
        same_length(is_positive=positive, score=column)
    return truth(positive), *columns


def forecast(is_positive: ArrayLike, probability: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Truth as booleans and probabilities, of one length; a single class may be there alone."""
    positive = zero_one(is_positive, "is_positive") == 1
    probability = shares(probability, "probability")
    same_length(is_positive=positive, probability=probability)
    if not len(positive):
        raise InputError("0 cases: at least one is needed.")
    return positive, probability


def labels(truth: ArrayLike, answer: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Two columns of labels of one length, none missing."""
    truth, answer = (np.asarray(column, dtype=object).ravel() for column in (truth, answer))
    same_length(truth=truth, answer=answer)
    n_missing = int((pd.isna(truth) | pd.isna(answer)).sum())
    if n_missing or not len(truth):
        raise InputError(f"{n_missing:,} of {plural(len(truth), 'case')} lack one of two labels.")
    return truth, answer


def class_scores(
    truth: ArrayLike, scores: ArrayLike, classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The number of each case's class and its finite scores, cases × classes.

    ``classes``: a name a column, in the columns' order; every one has a case.
    """
    scores = np.asarray(scores)
    if scores.ndim != 2 or scores.shape[1] != len(classes) or len(classes) < 2:
        raise InputError(
            f"Scores of shape {scores.shape} and {plural(len(classes), 'class', 'classes')} do not "
            "fit: a column a class is needed, and at least two."
        )
    names = labels(truth, truth)[0]
    same_length(truth=names, scores=scores)
    number = pd.Index(classes, dtype=object).get_indexer(names)
    strangers = sorted(set(names[number < 0]), key=str)
    empty = [name for k, name in enumerate(classes) if not (number == k).any()]
    if strangers or empty:
        raise InputError(
            "Every class needs a case and every case a class; without a case: "
            f"{listing(empty) or 'none'}; without a class: {listing(strangers) or 'none'}."
        )
    return number, floats(scores, "scores").reshape(scores.shape)


def sums_to_one(probability: np.ndarray) -> np.ndarray:
    """Rows of probabilities, each in [0, 1] and summing to 1 ± 1e-4."""
    rows = shares(probability, "probability").reshape(probability.shape)
    n_off = int((np.abs(rows.sum(axis=1) - 1) > SUM_TOLERANCE).sum())
    if n_off:
        raise InputError(
            f"The probabilities of {n_off:,} of {plural(len(rows), 'case')} do not sum to 1 "
            f"(± {SUM_TOLERANCE:g}); normalise each row."
        )
    return rows


def same_length(**columns: np.ndarray) -> None:
    """Raise InputError unless all columns have as many values."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        counts = " and ".join(f"{n:,} values of {name}" for name, n in lengths.items())
        raise InputError(f"{counts} do not fit together: one value an image is needed of each.")
