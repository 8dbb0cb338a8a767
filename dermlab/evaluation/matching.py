"""Two columns go together by their labels where they have any, else by their places.

A pandas object whose index is no plain 0, 1, 2 … has labels. The same labels in another order are
put into the order of the first; other labels are refused. Arrays, lists and objects without labels
are matched by position, and so is a mixture of both. A table with named columns is read by the
names of its classes.
"""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.cases import ids
from dermlab.errors import InputError
from dermlab.text import listing


def matched(**columns: ArrayLike | None) -> tuple:
    """The columns in one order, without their labels; None stays None.

    Raises InputError for labels that are not those of the first labelled column, for labels that
    repeat and differ, and where a column without labels stands beside one whose labels are the
    plain numbers in another order: which of the two orders is meant cannot be known.
    """
    labelled = {name: values for name, values in columns.items() if _has_labels(values)}
    if not labelled:
        return tuple(columns.values())
    first, *_ = labelled
    order = labelled[first].index
    for name, values in columns.items():
        if isinstance(values, pd.Series | pd.DataFrame) and name not in labelled:
            _refuse_shuffled(order, first, name)
    return tuple(
        in_order(values, order, (name, first)) if name in labelled else values
        for name, values in columns.items()
    )


def in_order(values: pd.Series | pd.DataFrame, order: pd.Index, names: tuple[str, str]):
    """The rows of a labelled object in this order of labels, with a plain index."""
    if not values.index.equals(order):
        values = values.iloc[places(values.index, order, names)]
    return values.reset_index(drop=True)


def places(labels: pd.Index, order: pd.Index, names: tuple[str, str]) -> np.ndarray:
    """Where each label of ``order`` stands in ``labels``, which are the same in some order."""
    if labels.equals(order):
        return np.arange(len(order))
    which = f"{names[0]} and {names[1]}"
    if not (labels.is_unique and order.is_unique):
        raise InputError(
            f"The labels of {which} differ, and some repeat: give one label an image, or arrays."
        )
    where = labels.get_indexer(order)
    if (where < 0).any() and labels.nlevels == order.nlevels == 1:  # 1 and "1" are one id
        both = [pd.Index(ids.normal(index)) for index in (labels, order)]
        if all(index.is_unique and not index.hasnans for index in both):
            where = both[0].get_indexer(both[1])
    n_absent = int((where < 0).sum())
    if n_absent or len(labels) != len(order):
        strange = [str(label) for label in labels.difference(order, sort=False)[:5]]
        lacking = [str(label) for label in order[where < 0][:5]]
        raise InputError(
            f"The labels of {which} are not the same ({listing(strange) or 'none'} only in "
            f"{names[0]}, {listing(lacking) or 'none'} only in {names[1]}): give both the same "
            "images, or arrays in one order."
        )
    return where


def _has_labels(values: object) -> bool:
    """Whether this is a pandas object whose index says more than the place."""
    return isinstance(values, pd.Series | pd.DataFrame) and not _is_plain(values.index)


def _is_plain(index: pd.Index) -> bool:
    """Whether an index is 0, 1, 2 … as pandas gives it by itself."""
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _refuse_shuffled(order: pd.Index, first: str, name: str) -> None:
    plain = pd.RangeIndex(len(order))
    if order.dtype.kind in "iu" and not order.equals(plain) and order.sort_values().equals(plain):
        raise InputError(
            f"{first} has the labels 0 to {len(order) - 1} in another order and {name} has them in "
            "theirs: whether they go together by label or by place is not known; give arrays, or "
            "both one order."
        )


def by_name(table: ArrayLike, names: Sequence, what: str) -> ArrayLike:
    """The columns of a table that has named ones, in the order of ``names``; others as they are."""
    if not isinstance(table, pd.DataFrame) or _is_plain(table.columns):
        return table
    absent, surplus = _only_in(names, table.columns), _only_in(table.columns, names)
    if absent or surplus or not table.columns.is_unique:
        raise InputError(
            f"The columns of {what} are not the classes, each once: without a column "
            f"{listing(absent) or 'none'}, without a class {listing(surplus) or 'none'}."
        )
    return table[list(names)]


def _only_in(names: Collection, others: Collection) -> list:
    others = set(others)
    return [name for name in names if name not in others]
