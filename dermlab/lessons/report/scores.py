"""How good a run's answers are: every task that can be read out of them, beside the paper's.

Scored as ``dermlab score`` does, over all cases and over the biopsied alone; where a task cannot be
read out the reason stands in the place of the score.
"""

import warnings
from dataclasses import dataclass

import pandas as pd

from dermlab.cases import tasks
from dermlab.errors import InputError
from dermlab.evaluation import predictions, truth
from dermlab.lessons.report.row import NONE, Row, mark, source_of, value_of
from dermlab.network import runs
from dermlab.network.runs import Finished
from dermlab.text import interval, listing, number, percent, plural

BIOPSY = "biopsy"
LABELS = {None: "all cases", BIOPSY: "biopsied cases alone"}
AREAS = {  # the paper's binary tasks, all on biopsied cases
    "carcinoma-vs-keratosis": {"clinical": "carcinoma_auc"},
    "melanoma-vs-nevus": {"clinical": "melanoma_auc", "dermoscopy": "melanoma_dermoscopy_auc"},
}


@dataclass(frozen=True)
class Answers:
    """A run's predictions and what is known of their images."""

    path: str
    table: pd.DataFrame  # image_id and a probability a class
    classes: pd.DataFrame  # name, diseases
    cases: pd.DataFrame  # of the predicted images
    folds: list[pd.Series]  # the images of each network, where there are several


def rows(run: Finished, cases: pd.DataFrame, name: str) -> list[Row]:
    """The rows of each task. ``name`` is what errors call the ``cases``.

    InputError where the run scored no fold, and where a predicted image has no case.
    """
    path = run.folder / runs.PREDICTIONS
    if not path.is_file():
        raise InputError(
            f"{run.folder} scored no fold, so that --cases {name} has nothing to judge: leave it "
            "out, or train with --fold or --all-folds."
        )
    table, sidecar = predictions.read(path)
    predicted = cases[cases["image_id"].isin(table["image_id"])]
    absent = table.loc[~table["image_id"].isin(predicted["image_id"]), "image_id"].tolist()
    if absent:
        raise InputError(
            f"{plural(len(absent), 'image')} of {path} stand in no row of {name} "
            f"({listing(absent)}): name the cases that the run was trained on."
        )
    answers = Answers(
        str(path), table, predictions.classes_of(table, sidecar), predicted, _folds(run)
    )
    learnt = sidecar.get("task")
    names = tasks.NAMES if learnt is None else (learnt,)
    lines = [
        line
        for task in map(tasks.get, names)
        for line in _lines(task, answers, direct=learnt is not None)
    ]
    if learnt is not None:
        others = listing([task for task in tasks.NAMES if task != learnt], len(tasks.NAMES))
        here = f"not possible: the network learnt the task {learnt} itself"
        lines.append((f"The tasks {others}", NONE, here, str(path)))
    kind = mark([*run.datasets, *predicted["dataset"].unique()])
    return [Row(title, printed, here, kind, source) for title, printed, here, source in lines]


def _folds(run: Finished) -> list[pd.Series]:
    """The images that each network of several answered; none where there is one network."""
    places = runs.folders(run.folder, run.settings["folds"])
    tables = [predictions.read(place / runs.PREDICTIONS)[0] for place in places]
    return [table["image_id"] for table in tables] if len(tables) > 1 else []


def _lines(task: tasks.Task, answers: Answers, *, direct: bool) -> list[tuple[str, str, str, str]]:
    """The task over all cases and over the biopsied alone; one line where it cannot be read out."""
    two = len(task.classes) == 2
    title = f"{task.name}, {'area under the curve' if two else 'mean accuracy of the classes'}"
    printed = {label: _published(task, label, direct, answers.cases) for label in LABELS}
    try:
        answer = predictions.read_out(answers.table, answers.classes, task)
    except InputError as reason:
        value, source = printed[BIOPSY if two else None]
        return [(title, value, _because(reason), _joined(source, answers.path))]
    lines = []
    for label, which in LABELS.items():
        value, source = printed[label]
        try:
            here, how = _score(answer, answers, task, label)
        except InputError as reason:
            here, how = _because(reason), ""
        lines.append((f"{title}, {which}", value, here, _joined(source, answers.path + how)))
    return lines


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _score(
    answer: pd.DataFrame, answers: Answers, task: tasks.Task, label: str | None
) -> tuple[str, str]:
    """The score in words, and how it was made; InputError where a side has no such case."""
    not_used: dict[str, int] = {}
    used = truth.usable(truth.with_ids(answers.cases, None), task, label, not_used)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No interval")  # its dashes stand in the row
        found = predictions.score_answers(answer, used, task, not_used)
    how = f": interval over {found['clustered_by'].replace('_id', 's')}"
    counts = plural(found["n"], "image")
    if "auc" in found:
        area = interval(**_bounds(found["auc"]))
        return f"{area}, {counts}, {found['n_positive']:,} of them {task.positive}", how
    low, mean, high = (_percent(found["balanced_accuracy"][x]) for x in ("low", "estimate", "high"))
    by_fold = _by_fold(answer, used["class"], answers.folds)
    by_image = _percent(found["accuracy"]["estimate"])
    return (
        f"{mean} ({low} to {high}){by_fold}, {counts}; by chance {percent(1 / len(task.classes))}",
        f"{how}; {by_image} where every image counts the same",
    )


def _by_fold(answer: pd.DataFrame, truth: pd.Series, folds: list[pd.Series]) -> str:
    """The folds' mean and SD, as the paper has it; each the mean of the classes that occur."""
    if not folds:
        return ""
    said = answer.set_index("image_id").drop(columns="empty").idxmax(axis=1)
    means = []
    for images in folds:
        own = truth[truth.index.isin(images)]
        means.append((said.loc[own.index] == own).groupby(own).mean().mean())
    spread = pd.Series(means)
    return f"; {100 * spread.mean():.1f} ± {100 * spread.std():.1f} % over {len(folds)} folds"


def _bounds(estimate: dict) -> dict:
    return {name: estimate[name] for name in ("estimate", "low", "high")}


def _percent(share: float | None) -> str:
    return NONE if share is None else percent(share)


def _because(reason: InputError) -> str:
    """The error's sentence without its advice, which follows the semicolon."""
    sentence = str(reason).split(";")[0].rstrip(".")
    return f"not possible: {sentence[0].lower()}{sentence[1:]}"


def _published(
    task: tasks.Task, label: str | None, direct: bool, cases: pd.DataFrame
) -> tuple[str, str]:
    """What the paper has for this task and these labels, and its source; ``–`` and "" if nothing.

    The paper's accuracies rest on dermatologists' labels, its areas on biopsied cases alone.
    """
    if task.name in ("three-way", "nine-way") and label is None:
        key = f"{'cnn' if direct else 'cnn_pa'}_{task.name.replace('-', '')}"
        spread = f"{value_of(key)} ± {value_of(f'{key}_sd')} %"
        return f"{spread} (mean ± SD of nine folds)", source_of(key)
    keys = AREAS.get(task.name, {}) if label == BIOPSY else {}
    if not keys:
        return NONE, ""
    asked = cases[tasks.assign(task, cases["disease"]).notna()]
    seen = [way for way in keys if way in set(asked["modality"].dropna())] or list(keys)
    printed = [f"{number(value_of(keys[way]), 2)} ({way})" for way in seen]
    return listing(printed), source_of(keys[seen[0]])
