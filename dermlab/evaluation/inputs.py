"""The one gate of evaluation: what comes in is matched, typed and in range, or refused.

``is_positive`` is True or 1 for a case that has the disease; a score is higher for the more
suspicious, a probability lies in [0, 1].

Columns are matched as `matching` says. Nothing is turned into text on the way, and nothing that is
missing, masked or no number passes.
"""

import numbers
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.cases import ids
from dermlab.errors import InputError
from dermlab.evaluation.matching import by_name, matched
from dermlab.text import listing, plural

SUM_TOLERANCE = 1e-4  # as tables of predictions are written


def column(values: ArrayLike, name: str = "values") -> pd.Series:
    """One column without labels, each value as it was given; what is masked is missing."""
    if isinstance(values, pd.DataFrame):
        if values.shape[1] != 1:
            raise InputError(f"{name} is a table of {values.shape[1]} columns, one is expected.")
        values = values.iloc[:, 0]
    if isinstance(values, dict | set | frozenset):
        raise InputError(f"{name} has no order: give a list, an array or a Series.")
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True).infer_objects()
    if np.ma.isMaskedArray(values):
        values = values.astype(object).filled(None).ravel()
    elif isinstance(values, list | tuple):
        nested = len(values) and isinstance(values[0], list | tuple | np.ndarray)
        return column(np.asarray(values), name) if nested else pd.Series(list(values))
    elif not isinstance(values, pd.Index | pd.api.extensions.ExtensionArray):
        values = np.asarray(values).ravel()
    return pd.Series(values).infer_objects()


def floats(values: ArrayLike, name: str) -> np.ndarray:
    """One finite float a value: numbers, or text that is one; no dates, no complex numbers."""
    result = _numbers(column(values, name))
    return _unless(~np.isfinite(result), result, f"{name} are no finite numbers")


def _numbers(given: pd.Series) -> np.ndarray:
    """A column as floats, NaN for what is no number."""
    if isinstance(given.dtype, pd.CategoricalDtype):
        given = given.astype(object)
    if not (pd.api.types.is_numeric_dtype(given) or given.dtype in (object, "str")):
        return np.full(len(given), np.nan)
    if given.dtype == object:
        given = given.where(~given.map(lambda value: isinstance(value, complex | bytes)))
    result = pd.to_numeric(given, errors="coerce")
    if result.dtype.kind == "c":
        return np.full(len(given), np.nan)
    return result.to_numpy(float, na_value=np.nan)


def matrix(values: ArrayLike, name: str) -> np.ndarray:
    """Finite floats in rows and columns."""
    if isinstance(values, pd.DataFrame):
        columns = [floats(values.iloc[:, k], name) for k in range(values.shape[1])]
        return np.column_stack(columns) if columns else np.empty((len(values), 0))
    if np.ndim(values) != 2:
        raise InputError(f"{name} of shape {np.shape(values)}: rows and columns are needed.")
    return floats(values, name).reshape(np.shape(values))


def some(values: ArrayLike, name: str) -> np.ndarray:
    """Finite floats, at least one."""
    result = floats(values, name)
    if not len(result):
        raise InputError(f"There are no {name}: at least one is needed.")
    return result


def zero_one(values: ArrayLike, name: str) -> np.ndarray:
    """Values that are 0 or 1, False or True."""
    result = floats(values, name)
    return _unless(~np.isin(result, (0, 1)), result, f"{name} are neither 0 nor 1")


def known_zero_one(values: pd.Series, name: str) -> pd.Series:
    """The same with the labels of a Series; what is missing is left out, with a warning.

    Raises InputError where nothing is left.
    """
    known = values[column(values).notna().to_numpy()]
    if len(known) < len(values):
        warnings.warn(
            f"{len(values) - len(known):,} of {len(values):,} values of {name} are missing; these "
            "images are left out.",
            stacklevel=3,
        )
    if not len(known):
        raise InputError(f"No value of {name} is known.")
    return pd.Series(zero_one(known, name) == 1, known.index)


def shares(values: ArrayLike, name: str) -> np.ndarray:
    """Values in [0, 1]."""
    result = floats(values, name)
    return _unless((result < 0) | (result > 1), result, f"{name} lie outside 0 to 1")


def counts(values: ArrayLike, name: str) -> np.ndarray:
    """Whole numbers from 0 up."""
    result = floats(values, name)
    return _unless((result < 0) | (result % 1 != 0), result, f"{name} are no counts")


def _unless(bad: np.ndarray, values: np.ndarray, fault: str) -> np.ndarray:
    """The values, if none is bad."""
    if bad.any():
        raise InputError(f"{int(bad.sum()):,} of {len(values):,} values of {fault}.")
    return values


def fraction(value: float, name: str, *, open_ends: bool = False) -> float:
    """A single value in [0, 1], or, with ``open_ends``, between 0 and 1."""
    is_number = isinstance(value, numbers.Real | np.bool_)
    if not is_number or not (0 < value < 1 if open_ends else 0 <= value <= 1):
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
    several = len(scores) > 1
    of_name = {f"score {i}" if several else "score": s for i, s in enumerate(scores, start=1)}
    is_positive, *scores = matched(is_positive=is_positive, **of_name)
    positive = zero_one(is_positive, "is_positive")
    result = [floats(score, "score") for score in scores]
    for score in result:
        same_length(is_positive=positive, score=score)
    return truth(positive), *result


def forecast(is_positive: ArrayLike, probability: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Truth as booleans and probabilities, of one length; a single class may be there alone."""
    is_positive, probability = matched(is_positive=is_positive, probability=probability)
    positive = zero_one(is_positive, "is_positive") == 1
    probability = shares(probability, "probability")
    same_length(is_positive=positive, probability=probability)
    if not len(positive):
        raise InputError("0 cases: at least one is needed.")
    return positive, probability


def labels(truth: ArrayLike, answer: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Two columns of labels of one length, none missing; white space around text is taken off.

    Raises InputError where an answer is a truth but for its type or its case: it is never right.
    """
    truth, answer = matched(truth=truth, answer=answer)
    truth, answer = (names(values, name) for values, name in ((truth, "truth"), (answer, "answer")))
    same_length(truth=truth, answer=answer)
    n_missing = int((pd.isna(truth) | pd.isna(answer)).sum())
    if n_missing or not len(truth):
        raise InputError(f"{n_missing:,} of {plural(len(truth), 'case')} lack one of two labels.")
    of_key = {_key(value): value for value in pd.unique(truth)}
    strangers = set(pd.unique(answer)).difference(of_key.values())
    unlike = [f"{s!r} for {of_key[_key(s)]!r}" for s in strangers if _key(s) in of_key]
    if unlike:
        raise InputError(
            "No answer of another type or case occurs among the truths: "
            f"{listing(sorted(unlike))}; name both alike."
        )
    return truth, answer


def answers(truth: ArrayLike, answer: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """`labels` of which some can be right.

    InputError where no answer occurs among the truths, if these are two or more: within a single
    class all answers may be wrong.
    """
    truth, answer = labels(truth, answer)
    held, given = (pd.unique(values) for values in (truth, answer))
    if len(held) > 1 and not set(held) & set(given):
        raise InputError(
            f"No answer occurs among the truths: the answers are {listing(list(given))}, the "
            f"truths {listing(list(held))}; name both alike."
        )
    return truth, answer


def names(values: ArrayLike, name: str) -> np.ndarray:
    """Labels as objects; text without the space around it, missing where it is empty or "nan"."""
    given = column(values, name)
    if given.dtype not in (object, "str"):
        return given.to_numpy(object)
    code, unique = pd.factorize(given.astype(object))
    bare = [value.strip() if isinstance(value, str) else value for value in unique]
    bare = [None if value in ("", "nan", "<NA>") else value for value in bare]
    return pd.Series([*bare, None], dtype=object).to_numpy()[code]


def _key(value: object) -> str:
    """A label without its type and case."""
    text = ids.one(value) if isinstance(value, numbers.Real) else value
    return str(text).casefold()


def class_names(classes: Sequence, at_least: int = 1) -> list:
    """The names of the classes as a list, each once."""
    if isinstance(classes, str | dict | set | frozenset):
        raise InputError("The classes are a list of names, in the order of the columns.")
    result = [name.strip() if isinstance(name, str) else name for name in classes]
    if len(result) < at_least or len(set(result)) < len(result):
        n = "two" if at_least == 2 else "one"
        raise InputError(
            f"{plural(len(result), 'class', 'classes')} ({listing(result) or 'none'}): at least "
            f"{n} must be named, each once."
        )
    return result


def class_scores(
    truth: ArrayLike, scores: ArrayLike, classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The number of each case's class and its finite scores, cases × classes.

    ``classes``: every one has a case. A table with named columns is read by these names, an array
    has a column a class in their order.
    """
    truth, scores = matched(truth=truth, scores=scores)
    classes = class_names(classes, at_least=2)
    scores = by_name(scores, classes, "the scores")
    scores = matrix(scores, "scores")
    if scores.shape[1] != len(classes):
        raise InputError(
            f"Scores of shape {scores.shape} and {plural(len(classes), 'class', 'classes')} do not "
            "fit: a column a class is needed."
        )
    of_case = labels(truth, truth)[0]
    same_length(truth=of_case, scores=scores)
    number = pd.Index(classes, dtype=object).get_indexer(of_case)
    strangers = sorted(set(of_case[number < 0]), key=str)
    empty = [name for k, name in enumerate(classes) if not (number == k).any()]
    if strangers or empty:
        raise InputError(
            "Every class needs a case and every case a class; without a case: "
            f"{listing(empty) or 'none'}; without a class: {listing(strangers) or 'none'}."
        )
    return number, scores


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
