"""The score: a table of predictions against the truth, on one question, with intervals.

What can be compared is matched in `judged`; ``dermlab score`` prints what is made here.
"""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.cases import tasks
from dermlab.errors import InputError
from dermlab.evaluation import (
    intervals,
    judged,
    merging,
    mrmc,
    multiclass,
    parity,
    readers,
    roc,
    subgroups,
)
from dermlab.evaluation import truth as truth_table


def score(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    task: str,
    *,
    sidecar: dict | None = None,
    cases: pd.DataFrame | None = None,
    reads: pd.DataFrame | None = None,
    margin: float | None = None,
    by: tuple[str, ...] = (),
    label_source: str | None = None,
    allow_missing: bool = False,
    tree: pd.DataFrame | None = None,
    names: tuple[str, str] = ("the predictions", "the truth"),
) -> dict:
    """The predictions against the truth: what ``dermlab score`` prints, estimates as dicts.

    predictions, sidecar : as `predictions.read` gives them. truth : a table of *cases*.
    cases : adds patient_id, lesion_id and label_source where the truth has none.
    reads : readers of the same images, who then stand beside the network as points.
    margin : in (0, 1): is the network, called positive from 0.5 on, at most so much worse than
        these readers' mean in sensitivity and specificity? See `parity`.
    by : columns of truth or cases; each of their values is a subgroup, see `subgroups`.
    label_source : only these labels are scored. names : what errors call the two tables.
    tree : a tree of one's own whose nodes the classes are; else the shipped one, or no tree.

    Ids are compared first; then only rows of ``label_source`` and rows that lie wholly on one side
    of the task are used. Intervals are clustered by patients and lesions where these repeat. Two
    classes give ``auc``; more give ``accuracy`` and ``balanced_accuracy``. Raises InputError for
    ids in one table only, unless ``allow_missing``, and for a side without a column or a case.
    """
    if margin is not None and reads is None:
        raise InputError("A margin sets the network against readers: give their reads too.")
    asked = {"sidecar": sidecar, "cases": cases, "label_source": label_source}
    asked |= {"allow_missing": allow_missing, "tree": tree, "names": names}
    answer, used, question, not_used = judged.matched(predictions, truth, task, **asked)
    if reads is not None and len(question.classes) > 2:
        raise InputError(
            f"Reads say yes or no; the task '{task}' has {len(question.classes)} classes."
        )
    result = score_answers(answer, used, question, not_used)
    if by:
        columns = subgroups.of_images(by, used.index, *_with_ids(truth, cases))
        result["by"] = _subgroups(answer, used, question, columns)
    if reads is not None:
        result |= _readers(reads, used, question)
    return result if margin is None else result | _parity(answer, used, reads, question, margin)


def score_files(
    predictions: str | Path,
    truth: str | Path,
    *,
    task: str,
    cases: str | Path | None = None,
    reads: str | Path | None = None,
    margin: float | None = None,
    by: tuple[str, ...] = (),
    label_source: str | None = None,
    allow_missing: bool = False,
    tree: pd.DataFrame | None = None,
) -> dict:
    """`score` on files: predictions, any source of cases or an ISIC one-hot file, and reads."""
    return score(
        **judged.of_files(predictions, truth, cases, tree),
        task=task,
        reads=None if reads is None else merging.read_whole(reads),
        margin=margin,
        by=by,
        label_source=label_source,
        allow_missing=allow_missing,
    )


def score_answers(
    answer: pd.DataFrame, used: pd.DataFrame, task: tasks.Task, not_used: dict[str, int]
) -> dict:
    """The result of `score` from a read-out and the cases of ``truth.usable``, by ``image_id``."""
    answer = answer.set_index("image_id").loc[used.index]
    groups, clustered_by = truth_table.groups(used)
    groups = pd.Series(intervals.group_numbers(groups, len(groups)), groups.index)
    result = {"task": task.name, "n": len(used), "clustered_by": clustered_by}
    result |= {"not_used": not_used, "no_signal": int(answer["empty"].sum())}
    if len(task.classes) > 2:
        return result | _many_classes(used["class"], answer, task, groups.to_numpy())
    positive = (used["class"] == task.positive).to_numpy()
    return result | _two_classes(positive, answer[task.positive].to_numpy(), groups.to_numpy())


def _as_dict(estimate: intervals.Estimate, method: str) -> dict:
    """An estimate for JSON, where a bound that cannot be given is null."""
    bounds = {name: getattr(estimate, name) for name in ("estimate", "low", "high")}
    return {name: None if np.isnan(x) else float(x) for name, x in bounds.items()} | {
        "method": method
    }


def _two_classes(positive: np.ndarray, probability: np.ndarray, groups: np.ndarray) -> dict:
    area = roc.auc(positive, probability, groups)
    at_half = roc.point(positive, probability >= 0.5, groups=groups)
    rates = (("sensitivity", positive), ("specificity", ~positive))
    return {
        "n_positive": int(positive.sum()),
        "auc": _as_dict(area, _method_of_area(groups)),
        "at_0.5": {
            rate: _as_dict(getattr(at_half, rate), _method_of_share(groups[side]))
            for rate, side in rates
        },
    }


def _method_of_area(groups: np.ndarray) -> str:
    by = "Obuchowski over groups" if intervals.repeat(groups) else "DeLong"
    return f"{by} on the logit scale"


def _method_of_share(groups: np.ndarray) -> str:
    return "Wilson on the effective number" if intervals.repeat(groups) else "Wilson"


def _method_of_mean(groups: np.ndarray) -> str:
    return f"bootstrap over {'groups' if intervals.repeat(groups) else 'images'}"


def _many_classes(truth: pd.Series, answer: pd.DataFrame, task: tasks.Task, groups) -> dict:
    """Accuracies; a row without any signal has no answer, so it counts as wrong."""
    names = [name for name, _ in task.classes]
    best = answer[names].idxmax(axis=1).mask(answer["empty"], "no signal")
    labels = truth.to_numpy(), best.to_numpy()
    occurring = [name for name in names if name in set(labels[0])]
    accuracy = multiclass.accuracy(*labels, groups=groups)
    balanced = multiclass.balanced_accuracy(*labels, occurring, groups=groups)
    return {
        "accuracy": _as_dict(accuracy, _method_of_share(groups)),
        "balanced_accuracy": _as_dict(balanced, _method_of_mean(groups)),
        "confusion": _confusion(*labels, occurring, names),
    }


def _confusion(truth: np.ndarray, answer: np.ndarray, occurring: list, names: list) -> dict:
    """``counts`` of answers: a row a class that occurs, a column a class that can be answered."""
    answers = [*names, *sorted(set(answer) - set(names))]  # a row without any signal has no answer
    counts = pd.crosstab(truth, answer).reindex(index=occurring, columns=answers, fill_value=0)
    return {"truth": occurring, "answer": answers, "counts": counts.to_numpy().tolist()}


def _with_ids(*tables: pd.DataFrame | None) -> list[pd.DataFrame]:
    """The tables that there are, their ids by the rule."""
    return [truth_table.with_normal_ids(t, "the cases") for t in tables if t is not None]


def _subgroups(
    answer: pd.DataFrame, used: pd.DataFrame, task: tasks.Task, columns: dict[str, pd.Series]
) -> dict[str, list[dict]]:
    """Each column's subgroups as rows for JSON: AUC of two classes, accuracy of more."""
    answer, groups = answer.set_index("image_id").loc[used.index], truth_table.groups(used)[0]
    numbers = intervals.group_numbers(groups, len(groups))
    if len(task.classes) == 2:
        positive = (used["class"] == task.positive).to_numpy()
        found = subgroups.areas(positive, answer[task.positive].to_numpy(), columns, numbers)
    else:
        best = answer[[name for name, _ in task.classes]].idxmax(axis=1).mask(answer["empty"])
        found = subgroups.shares((best == used["class"]).to_numpy(), columns, numbers)
    return {
        name: [
            {key: None if value != value else value for key, value in row.items()}
            for row in table.to_dict("records")
        ]
        for name, table in found.items()
    }


def _readers(reads: pd.DataFrame, used: pd.DataFrame, task: tasks.Task) -> dict:
    """The readers of the same images as points, their mean, and how many reads count.

    NaN becomes None.
    """
    points = readers.points_from_reads(reads, used["class"] == task.positive, task=task.name)
    if points.empty:
        raise InputError(f"The reads hold no read of these images for the task '{task.name}'.")
    means = points[["sensitivity", "specificity"]].mean().to_dict()
    rows = [*points.drop(columns=["task", "question"]).to_dict("records"), means]
    *of_reader, mean = [{k: None if v != v else v for k, v in row.items()} for row in rows]
    n_used = int(points[["n_pos", "n_neg"]].to_numpy().sum())
    counts = {"used": n_used, "not_used": len(reads) - n_used}
    return {"reads": counts, "readers": of_reader, "mean_reader": mean}


def _parity(
    answer: pd.DataFrame, used: pd.DataFrame, reads: pd.DataFrame, task: tasks.Task, margin: float
) -> dict:
    """The claims of `parity.compare` at a threshold of 0.5, on the images that the readers read."""
    ratings = mrmc.ratings(reads[reads["image_id"].isin(used.index)])
    cases = used.loc[ratings.columns]
    probability = answer.set_index("image_id")[task.positive].loc[ratings.columns]
    claims = parity.compare(
        (cases["class"] == task.positive).to_numpy(),
        (probability >= 0.5).to_numpy(),
        (ratings > 0).to_numpy(),
        margin,
        groups=truth_table.groups(cases)[0].to_numpy(),
    )
    rates = {name: asdict(getattr(claims, name)) for name in ("sensitivity", "specificity")}
    both = {"non_inferior": claims.non_inferior, "equivalent": claims.equivalent}
    about = {"margin": margin, "threshold": 0.5, "opponent": "readers' mean on the z scale"}
    return {"parity": about | rates | both}
