"""What a training will learn, from which images, and what judges it: settled before any pixel.

As in the paper there are two stages: the network learns *training classes*, and a task is a
*read-out* of them, for which every class of the task must be a union of whole training classes.
``direct`` learns the task itself, for comparison. The test part (fold -1) is left out at the very
first step: not even its diseases are counted.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from dermlab.cases import own, splits, table, tasks, taxonomy
from dermlab.errors import InputError
from dermlab.evaluation import multiclass, roc
from dermlab.text import listing, plural


@dataclass(frozen=True)
class Plan:
    """The images of the folds 0 ... k-1, row by row, and what the network learns about them."""

    cases: pd.DataFrame
    folds: np.ndarray  # (n,)
    labels: np.ndarray  # (n,) the number of the image's class; -1: not to be learnt from
    classes: pd.DataFrame  # name, diseases (tuple of nodes), n_images: the network's outputs
    categories: np.ndarray  # (n,) the top category, which the recipe balances
    task: tasks.Task  # what judges the development part
    direct: bool
    own: bool = False  # whether the classes are one's own, and no nodes of the taxonomy
    tree: pd.DataFrame | None = None  # the tree that was given in the taxonomy's place


class Parts(NamedTuple):
    """Row numbers of the three roles that a fold's images have."""

    train: np.ndarray
    development: np.ndarray
    scored: np.ndarray


def make(
    cases: pd.DataFrame,
    split: pd.DataFrame,
    *,
    task: str | None = None,
    direct: bool = False,
    max_class_size: int = 1000,
    label_source: str | None = None,
    tree: pd.DataFrame | None = None,
) -> Plan:
    """The plan for ``cases`` under ``split``.

    task : judges the development part (None: as of `tasks.default`), or under ``direct`` is what is
        learnt.
    max_class_size : the boundary of the training classes; classes of one's own are one each, unless
        a tree stands above them.
    tree : a tree of one's own; None takes the shipped one, or that of the cases' own classes.
    label_source : only these labels are learnt from, be it for the weights or for stopping; the
        images of a scored fold are predicted whatever their label.

    InputError where the boundary swallows a class of the task or of the default one, naming the
    largest that works; where ``direct`` names no task; where split and cases hold other images.
    """
    if direct and task is None:
        raise InputError("--direct learns a task itself: name it with --task.")
    given, is_own = tree, own.is_own(cases) and tree is None
    tree = own.tree_of(cases, given=given)
    judged_by = tasks.get(task or tasks.default(tree), tree=tree)
    cases, folds = _learning_part(cases, split)
    usable = _has_label(cases, label_source)
    if direct:
        held = {name: tuple(sorted(nodes)) for name, nodes in judged_by.classes}
    else:
        counted = taxonomy.count_images(tree, cases[usable])
        classes = taxonomy.training_classes(counted, 1 if is_own else max_class_size)
        if not is_own:
            _refuse_swallowed(judged_by, classes, counted, max_class_size)
        held = dict(zip(classes["name"], classes["diseases"], strict=True))
    number = {node: i for i, nodes in enumerate(held.values()) for node in nodes}
    labels = cases["disease"].map(number).where(usable).fillna(-1).astype(int).to_numpy()
    top = cases["disease"].map(_top(tree)).astype("object")  # what the recipe balances
    outputs = pd.DataFrame({"name": list(held), "diseases": list(held.values())})
    outputs["n_images"] = np.bincount(labels[labels >= 0], minlength=len(held))
    categories = top.fillna(taxonomy.ROOT).to_numpy(object)
    return Plan(cases, folds, labels, outputs, categories, judged_by, direct, is_own, given)


def _top(tree: pd.DataFrame) -> dict[str, str]:
    """Node → its top category: the three-way one, or the first branch of a tree without these."""
    if "three-way" in tasks.askable(tree) and "level" in tree:
        return taxonomy.ancestor_at(tree, "three-way").dropna().to_dict()
    return {node: top for top, nodes in taxonomy.branches(tree).items() for node in nodes}


def roles(folds: np.ndarray, fold: int | None = None) -> Parts:
    """Rows by their role. ``folds``: (n,) 0 ... k-1, and -1 for the test part, in no role here.

    With ``fold`` K, fold K is scored, fold K + 1 (after the last the first) is the development
    part and the rest trains. Without, fold 0 is the development part and nothing is scored.
    """
    folds = np.asarray(folds)
    k = int(folds.max()) + 1
    if k < (2 if fold is None else 3):
        raise InputError(f"a split of {plural(k, 'fold')} leaves nothing to train on")
    if fold is not None and not 0 <= fold < k:
        raise InputError(f"there is no fold {fold}: the folds are 0 to {k - 1}")
    scored = -2 if fold is None else fold
    development = 0 if fold is None else (fold + 1) % k
    training = (folds >= 0) & (folds != scored) & (folds != development)
    return Parts(*map(np.flatnonzero, (training, folds == development, folds == scored)))


def parts(plan: Plan, fold: int | None) -> Parts:
    """The rows of the three roles (see `roles`), without those not to be learnt from.

    InputError where too little is left: the weights and the stopping need at least two classes of
    the task in either part.
    """
    by_role, known = roles(plan.folds, fold), plan.labels >= 0
    learnt = Parts(*(rows[known[rows]] for rows in by_role[:2]), by_role.scored)
    sides = tasks.assign(plan.task, plan.cases["disease"])
    for name, rows in (("training", learnt.train), ("development", learnt.development)):
        classes = sides.iloc[rows].dropna().unique()
        if len(classes) < 2:
            raise InputError(
                f"The {name} part ({plural(len(rows), 'image')} with a label to learn from) holds "
                f"{listing(list(classes)) or 'no class'} of the task '{plan.task.name}', and two "
                "classes are needed: name another task, label source or fold."
            )
    return learnt


def restrict(plan: Plan, image_ids: list[str]) -> Plan:
    """The plan of these images alone, in the plan's order."""
    kept = plan.cases["image_id"].isin(image_ids).to_numpy()
    return replace(
        plan,
        cases=plan.cases[kept],
        folds=plan.folds[kept],
        labels=plan.labels[kept],
        categories=plan.categories[kept],
    )


def development_metric(plan: Plan) -> Callable[[np.ndarray, np.ndarray], float]:
    """``metric(probabilities, rows)`` of the task's read-out.

    Two classes: the area under the ROC curve. More: the mean of the accuracies of the classes that
    occur, as the paper has it.
    """
    truth = tasks.assign(plan.task, plan.cases["disease"]).to_numpy(object)
    known = pd.notna(truth)

    def metric(probabilities: np.ndarray, rows: np.ndarray) -> float:
        used = known[rows]
        shares = tasks.read_out(probabilities[used], plan.classes, plan.task)
        real = truth[rows][used]
        if len(plan.task.classes) == 2:
            positive = shares[plan.task.positive].to_numpy()
            return roc.area(*roc.wins(real == plan.task.positive, positive))
        return multiclass.mean_class_accuracy(real, shares.idxmax(axis=1))

    return metric


def metric_name(task: tasks.Task) -> str:
    """The name of ``development_metric`` for a task, for people."""
    return "AUC" if len(task.classes) == 2 else "mean accuracy of the classes"


def listed(classes: pd.DataFrame) -> list[dict]:
    """A network's classes, columns ``name`` and ``diseases``, as JSON can hold them."""
    return [
        {"name": name, "diseases": list(diseases)}
        for name, diseases in zip(classes["name"], classes["diseases"], strict=True)
    ]


def _learning_part(cases: pd.DataFrame, split: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The cases outside the test part, and their folds; a warning where the split leaks."""
    leaks = splits.leaks(cases, split)
    if leaks["groups"] and leaks["groups"]["straddling"]:
        warnings.warn(
            f"The split leaks, and scores will flatter: {leaks['groups']['straddling']:,} groups "
            "of one patient or lesion stand in more than one fold; see dermlab leaks.",
            stacklevel=3,
        )
    folds = splits.check_split(split).set_index("image_id")["fold"]
    of_case = folds.reindex(cases["image_id"]).to_numpy()
    inside = of_case != splits.TEST
    if not inside.any():
        raise InputError("The split has the test part (fold -1) only: nothing is left to learn.")
    return cases[inside].reset_index(drop=True), of_case[inside]


def _has_label(cases: pd.DataFrame, label_source: str | None) -> pd.Series:
    """Which images have a label of this source."""
    if label_source is None:
        return pd.Series(True, index=cases.index)
    if label_source not in table.LABEL_SOURCES:
        raise InputError(
            f"There is no label source {label_source!r}: it is one of "
            f"{', '.join(table.LABEL_SOURCES)}."
        )
    labelled = (cases["label_source"] == label_source).fillna(False).astype(bool)
    if not labelled.any():
        raise InputError(f"No image outside the test part has the label source {label_source!r}.")
    return labelled


def _refuse_swallowed(
    task: tasks.Task, classes: pd.DataFrame, counted: pd.DataFrame, max_class_size: int
) -> None:
    """InputError unless the task's classes, and those of the default one, are unions of whole
    training classes."""
    both = dict.fromkeys((task, tasks.get(tasks.default(counted), tree=counted)))
    for each in both:
        swallowed = tasks.unreadable(each, classes, counted)
        if len(swallowed):
            first = swallowed.iloc[0]
            groups = [nodes for one in both for _, nodes in one.classes]
            largest = taxonomy.largest_readable(counted, groups)
            raise InputError(
                f"With at most {plural(max_class_size, 'image')} a class '{first['class']}' "
                f"({plural(first['n_images'], 'image')}) is swallowed by the training class "
                f"'{first['training_class']}' ({first['n_training_class']:,}), so that the task "
                f"'{each.name}' cannot be read out: the largest that works is "
                f"--max-class-size {largest}."
            )
