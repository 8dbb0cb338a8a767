"""scikit-learn's StratifiedGroupKFold for tables of any size: the same folds, in linear time.

Groups are taken in order, those with the most uneven classes first, and each goes to the fold
where the classes' shares then vary least over the folds. scikit-learn computes every class's
deviation anew for each group and fold, and looks each image up in sets of groups, fold by fold. A
group changes only the classes that it holds, so here the others are kept. The sums are made in the
same order, and the folds are equal to scikit-learn's, rounding and ties included.
"""

import warnings

import numpy as np
import pandas as pd

from dermlab.text import listing, plural

RELATIVE, ABSOLUTE = 1e-5, 1e-8  # numpy.isclose: how near two deviations are for a tie
GROUPS_AT_ONCE = 4096


def stratified_folds(
    stratum: np.ndarray, group: np.ndarray, n_folds: int, *, seed: int = 0
) -> np.ndarray:
    """The fold of each row, 0 to ``n_folds - 1``, as ``StratifiedGroupKFold(shuffle=True)``.

    ``stratum`` and ``group``: the class and the group of each row as whole numbers 0, 1, …, each
    number in use, in the sorted order of what they stand for. Needs about 60 bytes a row and 20
    microseconds a group.
    """
    start, classes, counts = _classes_of_groups(stratum, group)
    order = np.arange(len(start) - 1)
    np.random.RandomState(seed).shuffle(order)
    order = order[np.argsort(-_deviations(start, classes, counts)[order], kind="stable")]
    fold_of_group = _greedy(order, start, classes, counts, np.bincount(stratum), n_folds)
    return fold_of_group[group]


def _classes_of_groups(stratum: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, ...]:
    """Compressed rows: of ``classes[i]`` group g has ``counts[i]``, i in start[g]:start[g + 1]."""
    n_classes = int(stratum.max()) + 1
    cell, counts = np.unique(group.astype(np.int64) * n_classes + stratum, return_counts=True)
    start = np.searchsorted(cell // n_classes, np.arange(int(group.max()) + 2))
    return start, cell % n_classes, counts.astype(float)


def _deviations(start: np.ndarray, classes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The standard deviation of each group's counts over all classes."""
    n_groups, n_classes = len(start) - 1, int(classes.max()) + 1
    found = np.empty(n_groups)
    for first in range(0, n_groups, GROUPS_AT_ONCE):
        last = min(first + GROUPS_AT_ONCE, n_groups)
        inside = slice(start[first], start[last])
        table = np.zeros((last - first, n_classes))
        row = np.repeat(np.arange(last - first), np.diff(start[first : last + 1]))
        table[row, classes[inside]] = counts[inside]
        found[first:last] = table.std(axis=1)
    return found


def _greedy(order, start, classes, counts, n_of_class, n_folds: int) -> np.ndarray:
    """The fold of each group, taken in ``order``."""
    in_fold = np.zeros((n_folds, len(n_of_class)))
    size = [0.0] * n_folds
    deviation = np.zeros_like(in_fold)  # row i: of each class, if the group goes to fold i
    chosen = np.empty(len(order), dtype=int)
    same = np.arange(n_folds)
    one_class = len(n_of_class) == 1
    ends = start.tolist()
    for g in order.tolist():
        part = slice(ends[g], ends[g + 1])
        held, added = classes[part], counts[part]
        # fold × fold that the group would go to × class
        trial = np.repeat(in_fold[:, held][:, None], n_folds, axis=1)
        trial[same, same] += added
        trial /= n_of_class[held]
        of_held = _spread(trial, one_class)
        deviation[:, held] = of_held
        mean = (np.add.reduce(deviation, axis=1) / len(n_of_class)).tolist()
        best = _least(mean, size)
        deviation[:, held] = of_held[best]
        in_fold[best, held] += added
        size[best] += float(added.sum())
        chosen[g] = best
    return chosen


def _spread(trial: np.ndarray, one_class: bool) -> np.ndarray:
    """numpy.std over the first axis; a lone class is summed as numpy sums a single column."""
    if one_class:
        return np.ascontiguousarray(trial[:, :, 0].T).std(axis=1)[:, None]
    n = len(trial)
    trial -= np.add.reduce(trial) / n
    trial *= trial
    return np.sqrt(np.add.reduce(trial) / n)


def _least(mean: list[float], size: list[float]) -> int:
    """The fold with the least mean deviation, of nearly equal ones the smaller; the first of all.

    As scikit-learn goes through the folds: each is compared with the best before it.
    """
    best, least, smallest = 0, mean[0], size[0]
    for fold in range(1, len(mean)):
        value = mean[fold]
        close = abs(value - least) <= ABSOLUTE + RELATIVE * abs(least)
        if value < least or (close and size[fold] < smallest):
            best, least, smallest = fold, value, size[fold]
    return best


def without_empty_folds(fold: np.ndarray, group_id: pd.Series, n_folds: int) -> np.ndarray:
    """Each empty fold gets the smallest group of the fold with most groups.

    ``fold``, ``group_id``: one value a row. scikit-learn's greedy choice can leave a fold empty
    where groups are hardly more than folds.
    """
    for empty in sorted(set(range(n_folds)).difference(fold)):
        giver = group_id.groupby(fold).nunique().idxmax()
        moved = group_id[fold == giver].value_counts().sort_index().idxmin()
        fold = np.where(group_id == moved, empty, fold)
    return fold


def warn_of_uneven_folds(table: pd.DataFrame, n_folds: int) -> None:
    """Warn of diseases in fewer groups than folds, and of a group larger than a fold.

    ``table``: a row an image, with ``disease`` and ``group_id``.
    """
    n_groups = table.groupby("disease")["group_id"].nunique().sort_values(kind="stable")
    rare = n_groups[n_groups < n_folds]
    if len(rare):
        named = listing([f"{disease} ({n})" for disease, n in rare.items()])
        have = "disease has" if len(rare) == 1 else "diseases have"
        warnings.warn(
            f"{len(rare):,} {have} fewer groups than the {n_folds} folds, "
            f"so that some folds hold none: {named}.",
            stacklevel=3,
        )
    sizes = table["group_id"].value_counts()
    if sizes.iloc[0] > len(table) / n_folds:
        warnings.warn(
            f"The group of {sizes.index[0]} has {sizes.iloc[0]:,} of {plural(len(table), 'image')},"
            f" more than one of {n_folds} folds should hold: the folds are uneven.",
            stacklevel=3,
        )
