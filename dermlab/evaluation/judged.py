"""What is judged: a network's answers beside the cases that one question can be asked of.

Ids are compared first; then only the rows that can be asked are used. `scores` and `curves` are
made of what is matched here.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from dermlab.cases import own, sources, tasks
from dermlab.errors import InputError
from dermlab.evaluation import truth as truth_table
from dermlab.evaluation.columns import classes_of, tree_of
from dermlab.evaluation.predictions import read, read_out


class Matched(NamedTuple):
    """What is scored: the read-out, the cases by ``image_id`` with their ``class``, the question.

    ``not_used`` counts the images that are left out, by reason.
    """

    answer: pd.DataFrame
    used: pd.DataFrame
    question: tasks.Task
    not_used: dict[str, int]


def matched(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    task: str,
    *,
    sidecar: dict | None = None,
    cases: pd.DataFrame | None = None,
    label_source: str | None = None,
    allow_missing: bool = False,
    tree: pd.DataFrame | None = None,
    names: tuple[str, str] = ("the predictions", "the truth"),
) -> Matched:
    """The answers and the cases that `scores.score` compares; arguments and errors as there."""
    sidecar = sidecar or {}
    tree = tree_of(truth, predictions, sidecar, tree)
    question = tasks.get(task, tree=tree)
    if sidecar.get("task", task) != task:
        raise InputError(
            f"{names[0]} was made by a network trained on the task '{sidecar['task']}' itself; "
            f"it cannot be asked '{task}'."
        )
    predictions = truth_table.with_normal_ids(predictions, names[0])
    truth = truth_table.with_normal_ids(truth, names[1])
    images = predictions["image_id"]
    not_used = truth_table.compare_ids(images, truth["image_id"], *names, allow_missing)
    known = truth_table.with_ids(truth[truth["image_id"].isin(images)], cases)
    answer = read_out(predictions, classes_of(predictions, sidecar, tree), question)
    asked = truth_table.that_occur(question, known) if task == own.OWN else question
    used = truth_table.usable(known, asked, label_source, not_used)
    return Matched(answer, used, question, not_used)


def positive_and_score(found: Matched) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each image used: is it positive, its probability of that, its group; two classes only."""
    answer, used, question, _ = found
    positive = (used["class"] == question.positive).to_numpy()
    score = answer.set_index("image_id")[question.positive].loc[used.index].to_numpy()
    return positive, score, truth_table.groups(used)[0].to_numpy()


def of_files(
    predictions: str | Path,
    truth: str | Path,
    cases: str | Path | None = None,
    tree: pd.DataFrame | None = None,
) -> dict:
    """The arguments of `matched` in files: predictions with their sidecar, and as truth and cases
    any source, the truth also an ISIC one-hot file."""
    table, sidecar = read(predictions)
    return {
        "predictions": table,
        "truth": truth_table.read(truth, tree=tree),
        "sidecar": sidecar,
        "cases": None if cases is None else sources.read_cases(cases, tree=tree),
        "tree": tree,
        "names": (str(predictions), str(truth)),
    }
