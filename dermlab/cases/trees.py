"""A disease tree as a table: read, checked with one sentence an error, and laid out depth first.

A tree is a table with a row a node: ``child`` (its unique name), ``parent`` (blank for the root)
and ``n``, the images labelled with exactly that node: never those of its descendants. A blank
``n`` is unknown, not zero. Other columns are carried along.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.text import listing, plural

ROOT = "root"
TAKEN = ("image", "image_id", "empty")  # columns of a table of predictions and its read-out
ALIKE = 0.8  # of two words, the share of their letters that match
_MOST_IMAGES = 2**53  # above it a float no longer holds every whole number


@dataclass(frozen=True)
class Layout:
    """A tree depth first, siblings by name: the subtree of ``nodes[i]`` is ``nodes[i:end[i]]``.

    ``parent`` is the position of the parent (-1 for the root), ``n`` the node's own images as
    floats (NaN where unknown). Positions make every walk a slice, and no walk is recursive.
    """

    nodes: np.ndarray
    parent: np.ndarray
    end: np.ndarray
    n: np.ndarray


def check_tree(tree: pd.DataFrame) -> pd.DataFrame:
    """The tree with its root row and typed columns (``n``: Int64, missing = unknown).

    A table of edges whose only top name appears nowhere as a child gets that name as its root,
    with no images of its own; without a column ``n`` all counts are unknown.
    Raises InputError, naming node and row (the table's index; in a file the line), for a blank
    child, a count that is not a whole number of images, a duplicated row, a node with two
    parents, several roots, an orphan, a cycle, and a name that is `TAKEN`.
    """
    missing = [name for name in ("child", "parent") if name not in tree.columns]
    if missing:
        raise InputError(
            f"A tree needs the columns child and parent; {' and '.join(missing)} is not among "
            f"{listing(list(tree.columns)) or 'no columns'}."
        )
    if tree.empty:
        raise InputError("The tree has no rows; it needs one a node, with child, parent and n.")
    tree = tree.assign(child=_names(tree["child"]), parent=_names(tree["parent"]), n=_counts(tree))
    _refuse_blank_and_repeated_children(tree)
    tree = _with_root(tree)
    _refuse_cycles(tree)
    if taken := [name for name in TAKEN if name in set(tree["child"])]:
        raise InputError(f"A node cannot be called {taken[0]!r}: rename it.")
    return tree


def lay_out(tree: pd.DataFrame) -> Layout:
    """The depth-first layout of a checked tree, in time linear in its nodes (but for the sort)."""
    by_name = tree.sort_values("child", kind="stable")
    children: dict[str, list[int]] = {}
    names = by_name["child"].to_numpy(object)
    for row, parent in enumerate(_parents(by_name)):
        children.setdefault(parent, []).append(row)

    size = len(names)
    order, parent_at = [], np.full(size, -1)
    stack = [(children[None][0], -1)]
    while stack:
        row, parent = stack.pop()
        position = len(order)
        order.append(row)
        parent_at[position] = parent
        stack.extend((child, position) for child in reversed(children.get(names[row], [])))
    n = by_name["n"].to_numpy(float, na_value=np.nan)
    return Layout(names[order], parent_at, _ends(parent_at), n[order])


def nearest(name: object, nodes: Iterable[str]) -> str:
    """``" (the nearest is 'x')"`` for a name that is none of ``nodes``; ``""`` if none is near.

    Near is a slip of the pen: another case or hyphen, or as many words, each with at most a few
    letters changed. A shared word is not enough, since "vascular lesion" is no "vascular
    disorder": a hint that leads to another side of benign, malignant and non-neoplastic does more
    harm than none.
    """
    words = _words(name)
    near = {node: _likeness(words, _words(node)) for node in nodes}
    best = max(near, key=near.get, default=None)
    return f" (the nearest is '{best}')" if best is not None and near[best] else ""


def _words(name: object) -> list[str]:
    return re.findall(r"[^\W_]+", str(name).lower())


def _likeness(a: list[str], b: list[str]) -> float:
    """How alike two names are, from 0 (no slip of the pen) to 1; the worst of their words."""
    if "".join(a) == "".join(b):
        return 1.0
    if len(a) != len(b):
        return 0.0
    if any(abs(len(one) - len(other)) > 2 for one, other in zip(a, b, strict=True)):
        return 0.0
    ratios = [
        difflib.SequenceMatcher(None, one, other).ratio() for one, other in zip(a, b, strict=True)
    ]
    return min(ratios) if min(ratios) >= ALIKE else 0.0


def _ends(parent: np.ndarray) -> np.ndarray:
    """Where each subtree ends: a child comes after its parent, so one pass backwards is enough."""
    end = np.arange(1, len(parent) + 1)
    for i in range(len(parent) - 1, 0, -1):
        end[parent[i]] = max(end[parent[i]], end[i])
    return end


def _parents(tree: pd.DataFrame) -> list[str | None]:
    return [None if pd.isna(parent) else parent for parent in tree["parent"]]


def _names(column: pd.Series) -> pd.Series:
    text = column.astype("str").where(column.notna())
    return text.where(text.str.strip() != "")


def _counts(tree: pd.DataFrame) -> pd.Series:
    if "n" not in tree.columns:
        return pd.Series(pd.NA, index=tree.index, dtype="Int64")
    written = _names(tree["n"])
    value = pd.to_numeric(written, errors="coerce").astype(float)
    for wrong, what in (
        (written.notna() & value.isna(), "is not a number"),
        (np.isinf(value), "is infinite"),
        (value < 0, "is negative"),
        (value % 1 > 0, "is a fraction"),
        (value > _MOST_IMAGES, "is too large to be a count"),
    ):
        if wrong.any():
            at = np.flatnonzero(wrong)[0]
            raise InputError(
                f"The count '{written.iloc[at]}' of '{tree['child'].iloc[at]}' "
                f"(row {tree.index[at]}) {what}; n is a whole number of images, or blank."
            )
    return value.astype("Int64")


def _refuse_blank_and_repeated_children(tree: pd.DataFrame) -> None:
    blank = tree.index[tree["child"].isna()]
    if len(blank):
        raise InputError(f"Row {blank[0]} of the tree names no child; every row is one node.")
    again = tree[tree["child"].duplicated()]
    if again.empty:
        return
    row, name, parent = again.index[0], again["child"].iloc[0], again["parent"].iloc[0]
    first = tree[tree["child"] == name].iloc[0]
    if first["parent"] == parent or (pd.isna(first["parent"]) and pd.isna(parent)):
        raise InputError(f"'{name}' is there twice (rows {first.name} and {row}); keep one row.")
    raise InputError(
        f"'{name}' has two parents, '{_shown(first['parent'])}' (row {first.name}) and "
        f"'{_shown(parent)}' (row {row}); in a tree every node has one."
    )


def _shown(parent: object) -> str:
    return "none" if pd.isna(parent) else str(parent)


def _with_root(tree: pd.DataFrame) -> pd.DataFrame:
    """The tree with exactly one root row; orphans and several roots are refused."""
    roots = tree[tree["parent"].isna()]
    if len(roots) > 1:
        raise InputError(
            f"The tree has {len(roots)} roots: {_with_rows(roots)}; only one node may have a "
            f"blank parent."
        )
    lost = tree[tree["parent"].notna() & ~tree["parent"].isin(tree["child"])]
    tops = list(dict.fromkeys(lost["parent"]))
    if len(roots) == 0 and len(tops) == 1:
        unknown = tree["n"].isna().all()
        row = pd.DataFrame({"child": tops, "parent": [None], "n": [pd.NA if unknown else 0]})
        row = row.astype({"child": "str", "parent": "str", "n": "Int64"})
        return pd.concat([row.set_index(pd.Index(["(root)"])), tree])
    if len(roots) == 0 and len(tops) > 1 and ROOT not in tops:
        raise InputError(
            f"The tree has {len(tops)} roots: {listing(tops)}; name one root as the parent of all."
        )
    lost = lost if len(roots) else lost[lost["parent"] != ROOT]
    if len(lost):
        name, parent = lost["child"].iloc[0], lost["parent"].iloc[0]
        raise InputError(
            f"{plural(len(lost), 'orphan')} in the tree: the parent '{parent}' of '{name}' "
            f"(row {lost.index[0]}) has no row of its own{nearest(parent, tree['child'])}."
        )
    return tree


def _with_rows(nodes: pd.DataFrame) -> str:
    return listing([f"'{name}' (row {row})" for row, name in nodes["child"].items()])


def _refuse_cycles(tree: pd.DataFrame) -> None:
    """Every node must lead up to the root; each is visited once, however deep the tree."""
    parent = dict(zip(tree["child"], _parents(tree), strict=True))
    fine: set[str | None] = {None}
    for node in parent:
        path: dict[str, None] = {}  # a set that keeps the order of the walk
        while node not in fine:
            if node in path:
                cycle = [*list(path)[list(path).index(node) :], node]
                row = tree.index[tree["child"] == node][0]
                raise InputError(
                    f"The tree has a cycle at '{node}' (row {row}): {' → '.join(cycle[:6])}"
                    f"{' → …' if len(cycle) > 6 else ''}; no node may be its own ancestor."
                )
            path[node] = None
            node = parent[node]
        fine.update(path)
