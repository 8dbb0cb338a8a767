"""The questions: which nodes of the disease tree stand on which side.

Membership is the reviewed table data/tasks.csv, by node and never by a match of names: an
epidermal nevus is no melanocytic nevus, an actinic keratosis no keratinocyte carcinoma.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pandas as pd

from dermlab.cases import own, taxonomy
from dermlab.errors import InputError
from dermlab.text import listing

PAPERS = "nine-way"  # by which its network is judged, and a tree known as the paper's
NAMES = ("three-way", "nine-way", "malignant", "carcinoma-vs-keratosis", "melanoma-vs-nevus")


@dataclass(frozen=True)
class Task:
    """A question: its ordered ``classes``, each a name and all nodes of the tree that it holds."""

    name: str
    classes: tuple[tuple[str, frozenset[str]], ...]

    @property
    def positive(self) -> str:
        """The class whose probability a task of two classes is scored by: the first."""
        if len(self.classes) != 2:
            raise InputError(
                f"The task '{self.name}' has no positive class: it has "
                f"{len(self.classes)} classes, not two."
            )
        return self.classes[0][0]


def get(name: str, *, tree: pd.DataFrame | None = None) -> Task:
    """The task ``name``, on the shipped tree or ``tree``.

    One of `NAMES`; ``A:B`` for two nodes, or ``A+B:C+D`` for several on a side, the first being the
    positive one; ``own`` for the first branches of a tree of one's own, which are the classes
    themselves where there is no tree.
    Raises InputError for an unknown name or node, for a tree without a node that the task needs,
    and where one side lies inside another.
    """
    tree = taxonomy.load_tree() if tree is None else taxonomy.check_tree(tree)
    if name == own.OWN:
        sides = _own_sides(tree)
    else:
        sides = _named_sides(name, tree) if name in NAMES else _two_sides(name, tree)
    classes = tuple(
        (side, frozenset().union(*(taxonomy.descendants(tree, node) for node in nodes)))
        for side, nodes in sides.items()
    )
    _refuse_overlap(name, classes)
    return Task(name, classes)


def askable(tree: pd.DataFrame) -> tuple[str, ...]:
    """Those of `NAMES` whose nodes the tree has; and ``own`` where it is not the paper's."""
    nodes, members = set(tree["child"]), _members()
    there = members["node"].isin(nodes).groupby(members["task"]).all()
    named = () if own.is_flat(tree) else tuple(name for name in NAMES if there[name])
    return named if PAPERS in named else (*named, own.OWN)


def default(tree: pd.DataFrame) -> str:
    """What judges a network where nothing is asked: ``nine-way``, of one's own tree ``own``."""
    return own.OWN if own.OWN in askable(tree) else PAPERS


def assign(task: Task, diseases: pd.Series) -> pd.Series:
    """Each row's class of the task, missing where its node lies wholly on no side."""
    class_of = {node: name for name, nodes in task.classes for node in nodes}
    return diseases.map(class_of).astype("str").rename("class")


def read_out(
    probabilities: np.ndarray | pd.DataFrame, classes: pd.DataFrame, task: Task | str
) -> pd.DataFrame:
    """The task's classes from a network's: a row an image, a column a class of the task.

    probabilities : (n, n_classes) in the order of ``classes``, or a table with a column for each.
    classes : ``name`` and ``diseases``, the nodes that the class holds. task : one, or its name.

    The probabilities of each side are summed, what lies on no side drops out, and the sides are
    renormalised to 1 (Esteva et al. 2017, Extended Data Fig. 1). Where all sides are 0 the row says
    nothing, and every side gets an equal share: 0.5 of two. Raises InputError for a class that
    lies on both sides of a border.
    """
    task = get(task) if isinstance(task, str) else task
    index = probabilities.index if isinstance(probabilities, pd.DataFrame) else None
    sides = taxonomy.roll_up(probabilities, classes, [nodes for _, nodes in task.classes])
    total = sides.sum(axis=1, keepdims=True)
    equal = np.full_like(sides, 1 / len(task.classes))
    shares = np.divide(sides, total, out=equal, where=total > 0)
    return pd.DataFrame(shares, index, [name for name, _ in task.classes])


def usable(task: Task, cases: pd.DataFrame) -> pd.Series:
    """How many rows each class of the task can use, and last how many are ``not used``."""
    classes = assign(task, cases["disease"])
    n = classes.value_counts().reindex([name for name, _ in task.classes], fill_value=0)
    n["not used"] = int(classes.isna().sum())
    return n.rename(task.name)


def unreadable(task: Task, classes: pd.DataFrame, tree: pd.DataFrame) -> pd.DataFrame:
    """The task's classes that a boundary has swallowed, and by which training class.

    Columns ``class``, ``n_images`` (the tree's images of the task's class), ``training_class``,
    ``n_training_class``; no rows where every class is a union of whole training classes. A class
    without images is no one's: it is not listed.
    """
    result = taxonomy.swallowed(classes, dict(task.classes)).rename(columns={"group": "class"})
    n_own = taxonomy.check_tree(tree).set_index("child")["n"]
    images = {name: int(n_own[n_own.index.isin(nodes)].sum()) for name, nodes in task.classes}
    result.insert(1, "n_images", result["class"].map(images).astype("int64"))
    size = classes.set_index("name")["n_images"]
    return result.assign(n_training_class=result["training_class"].map(size).astype("int64"))


def largest_boundary(task: Task, tree: pd.DataFrame) -> int:
    """The largest ``max_class_size`` at which every class of the task can be read out."""
    return taxonomy.largest_readable(tree, [nodes for _, nodes in task.classes])


def boundaries(tree: pd.DataFrame, names: Iterable[str] = NAMES) -> pd.DataFrame:
    """Up to which boundary each side of each task can be read out, and what swallows it beyond.

    Columns ``task``, ``class``, ``n_images``, ``largest`` (a ``max_class_size``) and
    ``swallowed_by``: the training class at ``largest`` + 1, missing where no boundary swallows
    the side. Sides without images in the tree are left out.
    """
    rows = []
    for name in names:
        task = get(name, tree=tree)
        for side, nodes in task.classes:
            alone = Task(name, ((side, nodes),))
            largest = largest_boundary(alone, tree)
            beyond = taxonomy.training_classes(tree, largest + 1)
            by = unreadable(alone, beyond, tree)["training_class"]
            n = int(tree["n"][tree["child"].isin(nodes)].sum())
            rows.append((name, side, n, largest, by.iloc[0] if len(by) else None))
    result = pd.DataFrame(rows, columns=["task", "class", "n_images", "largest", "swallowed_by"])
    return result[result["n_images"] > 0].reset_index(drop=True).astype({"swallowed_by": "str"})


def _named_sides(name: str, tree: pd.DataFrame) -> dict[str, list[str]]:
    members = _members()
    members = members[members["task"] == name]
    missing = [node for node in members["node"] if node not in set(tree["child"])]
    if missing:
        raise InputError(
            f"The task '{name}' needs the nodes {listing(missing)}, which this tree does not have; "
            f"name its own nodes instead: A:B."
        )
    return {side: list(rows["node"]) for side, rows in members.groupby("class", sort=False)}


def _members() -> pd.DataFrame:
    """``task``, ``class``, ``node``: the reviewed table."""
    return pd.read_csv(str(files("dermlab") / "data" / "tasks.csv"), dtype="str")


def _own_sides(tree: pd.DataFrame) -> dict[str, list[str]]:
    """The first branches of a tree of one's own: of a flat tree each class by itself."""
    if own.OWN not in askable(tree):
        raise InputError(
            f"The task '{own.OWN}' asks for classes of one's own, and these are nodes of the "
            f"taxonomy: ask {', '.join(NAMES)}, or A:B."
        )
    return {name: [name] for name in taxonomy.branches(tree)}


def _two_sides(name: str, tree: pd.DataFrame) -> dict[str, list[str]]:
    """The two sides of ``A:B`` or ``A+B:C``; a node's name may hold : or +, so each is tried."""
    nodes = set(tree["child"]) - {own.TOP}
    named = askable(tree)
    if ":" not in name:
        raise InputError(
            f"'{name}' is no task: ask {', '.join(named)}, or two nodes as A:B"
            f"{taxonomy.nearest(name, named)}."
        )
    colons = [i for i, letter in enumerate(name) if letter == ":"]
    for i in colons:
        first, second = name[:i], name[i + 1 :]
        if first == second and first in nodes:
            raise InputError(f"The task '{name}' asks '{first}' against itself; name two nodes.")
        sides = {side: _nodes_of(side, nodes) for side in (first, second)}
        if all(sides.values()):
            return sides
    halves = name[: colons[0]], name[colons[0] + 1 :]
    odd = next(half for half in halves if not _nodes_of(half, nodes))
    wrong = next(word for word in odd.split("+") if word not in nodes)
    raise InputError(
        f"The task '{name}' asks for '{wrong}', which is not a node of the tree"
        f"{taxonomy.nearest(wrong, nodes)}."
    )


def _nodes_of(side: str, nodes: set[str]) -> list[str]:
    """The nodes of one side, as in ``A+B``; none where it names anything else."""
    if side in nodes:
        return [side]
    parts = side.split("+")
    return parts if len(parts) > 1 and set(parts) <= nodes else []


def _refuse_overlap(name: str, classes: tuple[tuple[str, frozenset[str]], ...]) -> None:
    side_of: dict[str, str] = {}
    for side, nodes in classes:
        both = [node for node in nodes if node in side_of]
        if both:
            raise InputError(
                f"The sides '{side_of[both[0]]}' and '{side}' of the task '{name}' overlap: one "
                f"lies inside the other."
            )
        side_of.update(dict.fromkeys(nodes, side))
