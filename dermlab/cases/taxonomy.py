"""The disease tree: its training classes, and probabilities summed up it.

Esteva et al. (2017) cut a tree of 2,032 diseases into 757 training classes by recursive dividing
(Extended Data Table 1) and answered coarser questions by summing the classes' probabilities
(Extended Data Fig. 1). Tree tables are described in `trees`; the one shipped here joins
Fitzpatrick17k's partitions and conditions by families (see data/taxonomy/README.md).
"""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dermlab.cases import table
from dermlab.cases.trees import ROOT as ROOT
from dermlab.cases.trees import Layout, check_tree, lay_out, nearest
from dermlab.errors import InputError
from dermlab.text import listing, plural

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DTYPES = {"name": "str", "n_images": "int64", "diseases": "object"}


def load_tree(path: str | Path | None = None) -> pd.DataFrame:
    """The shipped tree, or the one in the CSV file ``path``, checked by `check_tree`."""
    if path is None:
        return _shipped_tree().copy()
    return _read_tree(path)


def load_disease_ontology() -> pd.DataFrame:
    """The skin part of the Human Disease Ontology (CC0) that Fitzpatrick17k's conditions reach.

    64 of the 114 conditions, 11,150 of 16,577 images; ``n`` are Fitzpatrick17k's images.
    """
    return _read_tree(_shipped("do_skin_tree_pruned.csv"))


def published_labels() -> pd.DataFrame:
    """Where three published trees put each of Fitzpatrick17k's conditions: a row a condition.

    Columns ``condition, n, three_way, do_node, do_match, do_top, isic_node, isic_top``; missing
    where a tree has no certain node for it.
    """
    return pd.read_csv(_shipped("published_trees_crosswalk.csv"))


def count_images(tree: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """The tree with ``n`` = the images of ``cases`` at each node, 0 where there are none.

    Raises InputError for images without a disease or with one that is not in the tree.
    """
    tree = check_tree(tree)
    n = cases["disease"].value_counts(dropna=False)
    unknown = n[~n.index.isin(tree["child"])]
    if len(unknown):
        some = [
            "no disease at all" if pd.isna(name) else f"'{name}'{nearest(name, tree['child'])}"
            for name in unknown.index
        ]
        raise InputError(
            f"{plural(int(unknown.sum()), 'image')} of {len(cases):,} cannot be placed in the "
            f"tree: {listing(some)}; correct the disease or add the node."
        )
    return tree.assign(n=n.reindex(tree["child"]).fillna(0).astype("Int64").to_numpy())


def descendants(tree: pd.DataFrame, node: str) -> list[str]:
    """``node`` and all nodes below it, depth first, siblings by name."""
    layout = lay_out(check_tree(tree))
    i = _position(layout, node)
    return layout.nodes[i : layout.end[i]].tolist()


def lineage(tree: pd.DataFrame, node: str) -> list[str]:
    """``node``, its parent, and so on up to the root."""
    layout = lay_out(check_tree(tree))
    path = [_position(layout, node)]
    while layout.parent[path[-1]] >= 0:
        path.append(layout.parent[path[-1]])
    return layout.nodes[path].tolist()


def ancestor_at(tree: pd.DataFrame, level: str) -> pd.Series:
    """Node → itself or its nearest ancestor with that ``level``; missing where there is none.

    Missing are the nodes above the level, and those whose branch has no node of it: a leaf may
    hang on a nine-way node without a family between them.
    """
    tree = check_tree(tree)
    if "level" not in tree.columns or level not in set(tree["level"]):
        known = list(dict.fromkeys(tree.get("level", pd.Series(dtype="str")).dropna()))
        raise InputError(f"The tree has no level '{level}'; it has {listing(known) or 'none'}.")
    layout = lay_out(tree)
    at_level = set(tree.loc[tree["level"] == level, "child"])
    ancestors: list[str | None] = []
    for node, parent in zip(layout.nodes, layout.parent, strict=True):
        above = ancestors[parent] if parent >= 0 else None
        ancestors.append(node if node in at_level else above)
    index = pd.Index(layout.nodes, name="node")
    return pd.Series(ancestors, index=index, name=level, dtype="str")


def branches(tree: pd.DataFrame) -> dict[str, list[str]]:
    """The tree's first branches: each node below the root, with all that lies below it.

    Where one node alone stands below the root, those below that one, and so on.
    """
    layout = lay_out(check_tree(tree))
    top, below = 0, np.flatnonzero(layout.parent == 0)
    while len(below) == 1:
        top, below = below[0], np.flatnonzero(layout.parent == below[0])
    tops = below if len(below) else [top]
    return {layout.nodes[i]: layout.nodes[i : layout.end[i]].tolist() for i in tops}


def default_max_class_size(n_images: int) -> int:
    """The paper's boundary, 1,000 of its 127,463 images, scaled to ``n_images``; at least 1."""
    return max(1, round(n_images * 1000 / 127_463))


def training_classes(
    tree: pd.DataFrame, max_class_size: int = 1000, *, as_published: bool = False
) -> pd.DataFrame:
    """Recursive dividing: a row a class, ``name``, ``n_images``, ``diseases``, depth first.

    From the root down, a node whose subtree holds at most ``max_class_size`` images becomes one
    class. A larger one is split: its own images become a class, and each child is treated
    likewise; a leaf that is too large stays one class. So the authors coded it in 2016. With
    ``as_published`` their printed pseudo-code is taken literally: the size must be strictly
    below the boundary, and the own images of nodes that are split and all images of leaves that
    are too large go to no class (see `dropped`).

    A class is named by the lowest node that holds all its images; ``diseases`` is the tuple of
    nodes that carry them. Nodes without images make no class.
    """
    tree = check_tree(tree)
    if not max_class_size >= 1 or max_class_size != int(max_class_size):
        raise InputError(f"A max_class_size is a whole number of images, not {max_class_size}.")
    layout = lay_out(tree)
    at_node, total = _images(layout)
    rows, i = [], 0
    while i < len(at_node):
        whole = total[i] < max_class_size if as_published else total[i] <= max_class_size
        stop = layout.end[i] if whole or total[i] == 0 else i + 1
        if whole or not as_published:
            carriers = i + np.flatnonzero(at_node[i:stop])
            if len(carriers):
                rows.append(_one_class(layout, at_node, carriers))
        i = stop
    return pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)


def dropped(tree: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """The nodes whose images no class holds, and how many: ``node``, ``n``, in the tree's order."""
    tree = check_tree(tree)
    held = {disease for diseases in classes["diseases"] for disease in diseases}
    lost = tree[(tree["n"] > 0) & ~tree["child"].isin(held)]
    return lost[["child", "n"]].rename(columns={"child": "node"}).reset_index(drop=True)


def largest_readable(tree: pd.DataFrame, groups: Iterable[Collection[str]]) -> int:
    """The largest ``max_class_size`` at which every group is a union of whole training classes.

    A group is given by nodes and holds their subtrees. Whatever node has images both inside and
    outside a group must be split, so the answer is one less than the smallest such subtree; where
    there is none, every boundary will do and the answer is the number of images in the tree.
    """
    layout = lay_out(check_tree(tree))
    at_node, total = _images(layout)
    smallest = total[0] + 1
    for group in groups:
        inside = _subtree_sums(layout, at_node * _marked(layout, group))
        mixed = (inside > 0) & (inside < total)
        smallest = min(smallest, total[mixed].min(initial=smallest))
    return int(smallest - 1)


def swallowed(classes: pd.DataFrame, groups_by_name: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """The training classes that straddle a group's border: ``group``, ``training_class``.

    A group is the set of all its nodes, descendants included.
    """
    groups = {group: set(nodes) for group, nodes in groups_by_name.items()}
    rows = [
        (group, name)
        for group, nodes in groups.items()
        for name, diseases in zip(classes["name"], classes["diseases"], strict=True)
        if not (nodes.isdisjoint(diseases) or nodes.issuperset(diseases))
    ]
    return pd.DataFrame(rows, columns=["group", "training_class"]).astype("str")


def membership(classes: pd.DataFrame, groups: list[Collection[str]]) -> "csr_array":
    """Which class belongs to which group: a sparse matrix of 0 and 1, (n_classes, n_groups).

    Raises InputError where a class straddles a group's border: its probability is of no side.
    """
    from scipy.sparse import csr_array

    straddling = swallowed(classes, {str(i): group for i, group in enumerate(groups)})
    if len(straddling):
        names = [f"'{name}'" for name in dict.fromkeys(straddling["training_class"])]
        raise InputError(
            f"The training class {listing(names)} lies on both sides of a question that is asked; "
            f"train with a smaller max_class_size."
        )
    held = np.zeros((len(classes), len(groups)))
    for column, nodes in enumerate(map(set, groups)):
        held[:, column] = [not nodes.isdisjoint(diseases) for diseases in classes["diseases"]]
    return csr_array(held)


def roll_up(
    probabilities: np.ndarray, classes: pd.DataFrame, groups: list[Collection[str]]
) -> np.ndarray:
    """P[group] = Σ P[class] over the group's classes: (n_images, n_classes) → (…, n_groups).

    A table with named columns is read by the classes' names, an array by their order.
    """
    if isinstance(probabilities, pd.DataFrame):
        probabilities = _columns_of(probabilities, list(classes["name"]))
    probabilities = np.asarray(probabilities, float)
    if probabilities.shape[-1] != len(classes):
        raise InputError(
            f"{probabilities.shape[-1]} columns of probabilities do not fit "
            f"{plural(len(classes), 'training class', 'training classes')}."
        )
    return probabilities @ membership(classes, groups)


def _columns_of(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The columns of these classes, in their order; all, if the columns are plain numbers."""
    if isinstance(table.columns, pd.RangeIndex):
        return table
    absent = [name for name in names if name not in table]
    if absent or not table.columns.is_unique:
        raise InputError(
            f"The table of probabilities has not one column for each class: {listing(absent)} of "
            f"{listing(list(table.columns))}."
        )
    return table[names]


@lru_cache(maxsize=1)
def _shipped_tree() -> pd.DataFrame:
    return _read_tree(_shipped("tree.csv"))


def _shipped(name: str) -> str:
    return str(files("dermlab") / "data" / "taxonomy" / name)


def _read_tree(path: str | Path) -> pd.DataFrame:
    tree = table.read_good_csv(path, what=f"the tree {path}")
    try:
        return check_tree(tree)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _position(layout: Layout, node: str) -> int:
    at = np.flatnonzero(layout.nodes == node)
    if len(at) == 0:
        raise InputError(f"'{node}' is not a node of the tree{nearest(node, layout.nodes)}.")
    return int(at[0])


def _subtree_sums(layout: Layout, at_node: np.ndarray) -> np.ndarray:
    """Each node's sum over its subtree: a difference of two running sums."""
    running = np.concatenate([[0], np.cumsum(at_node)])
    return running[layout.end] - running[:-1]


def _images(layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """The images labelled with each node itself, and with it or any node below it."""
    unknown = layout.nodes[np.isnan(layout.n)]
    if len(unknown):
        raise InputError(
            f"The number of images is blank, so unknown, at {plural(len(unknown), 'node')} of the "
            f"tree ({listing(list(unknown))}): count the images of a table of cases, or write 0."
        )
    at_node = layout.n.astype(np.int64)
    return at_node, _subtree_sums(layout, at_node)


def _one_class(layout: Layout, at_node: np.ndarray, carriers: np.ndarray) -> tuple:
    """The class of the images at ``carriers``, named by the lowest node above all of them."""
    name = carriers[0]
    while layout.end[name] <= carriers[-1]:
        name = layout.parent[name]
    return layout.nodes[name], int(at_node[carriers].sum()), tuple(layout.nodes[carriers])


def _marked(layout: Layout, group: Collection[str]) -> np.ndarray:
    """1 at the nodes of ``group`` and everywhere below them, else 0."""
    named = set(group)
    marked = np.array([node in named for node in layout.nodes])
    for i in range(1, len(marked)):
        marked[i] |= marked[layout.parent[i]]
    return marked.astype(np.int64)
