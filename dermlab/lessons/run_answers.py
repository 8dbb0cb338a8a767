"""A finished run's answers: its predictions beside what is known of their images.

A run is read from its files, without starting the backend. `matched` reads a question out of the
predictions; where that cannot be done, InputError says why.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dermlab.cases import own, tasks
from dermlab.errors import InputError
from dermlab.evaluation import columns, judged, predictions, truth
from dermlab.network import plans, run_folder
from dermlab.network.run_folder import Finished
from dermlab.text import listing, number, plural

TRAINING_CLASSES = "training classes"
BIOPSY = "biopsy"
LABELS = {None: "all cases", BIOPSY: "biopsied cases alone"}
PROVEN = ("carcinoma-vs-keratosis", "melanoma-vs-nevus")  # in the paper on biopsied cases alone


@dataclass(frozen=True)
class Answers:
    """A run's predictions and what is known of their images."""

    path: str
    table: pd.DataFrame  # image_id and a probability a class
    classes: pd.DataFrame  # name, diseases
    cases: pd.DataFrame  # of the predicted images
    scored: dict[Path, pd.Series]  # folder of a network -> the images that it predicted
    direct: str | None  # the task that was learnt itself, if one was
    tree: pd.DataFrame  # whose nodes the classes hold
    size: int  # pixels a side of what the networks saw

    @property
    def folds(self) -> list[pd.Series]:
        """The images of each network, where there are several."""
        return list(self.scored.values()) if len(self.scored) > 1 else []

    @property
    def task_names(self) -> tuple[str, ...]:
        """The questions that these classes may be asked."""
        return tasks.askable(self.tree)


def of_run(run: Finished, cases: pd.DataFrame, name: str) -> Answers:
    """The answers of ``run`` on ``cases``, which errors call ``name``.

    InputError where the run scored no fold, and where a predicted image has no case.
    """
    path = run.folder / run_folder.PREDICTIONS
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
    places = run_folder.folders(run.folder, run.settings["folds"])
    scored = {
        place: predictions.read(place / run_folder.PREDICTIONS)[0]["image_id"] for place in places
    }
    classes = columns.classes_of(table, sidecar, tree := run_folder.tree_of(run.settings))
    task, size = sidecar.get("task"), run.settings["size"]
    return Answers(str(path), table, classes, predicted, scored, task, tree, size)


def asked(answers: Answers) -> list[tasks.Task]:
    """Every question that these classes may be asked; the one alone that was learnt itself."""
    names = answers.task_names if answers.direct is None else (answers.direct,)
    return [tasks.get(name, tree=answers.tree) for name in names]


def matched(answers: Answers, task: tasks.Task, label_source: str | None = None) -> judged.Matched:
    """The task read out of the answers, and the cases that it can be judged on.

    InputError where it cannot be read out, and where a side has no case of this label source.
    """
    answer = predictions.read_out(answers.table, answers.classes, task)
    known, not_used = truth.with_ids(answers.cases, None), {}
    asked = truth.that_occur(task, known) if task.name in (own.OWN, TRAINING_CLASSES) else task
    used = truth.usable(known, asked, label_source, not_used)
    return judged.Matched(answer, used, task, not_used)


def training_classes(answers: Answers) -> tasks.Task:
    """The question which of the network's own classes an image shows."""
    classes = zip(answers.classes["name"], map(frozenset, answers.classes["diseases"]), strict=True)
    return tasks.Task(TRAINING_CLASSES, tuple(classes))


def because(reason: InputError) -> str:
    """The error's sentence without its advice, which follows the semicolon."""
    sentence = str(reason).split(";")[0].rstrip(".")
    return f"not possible: {sentence[0].lower()}{sentence[1:]}"


# --- how the training went ------------------------------------------------------------------------


def metric(run: Finished) -> str:
    """What the development part was judged by: ``"nine-way, mean accuracy of the classes"``."""
    task = run.settings["task"]
    return f"{task}, {plans.metric_name(tasks.get(task, tree=run_folder.tree_of(run.settings)))}"


def best_epoch(run: Finished) -> str:
    """The best epoch and what it reached; of several networks all epochs, mean and SD."""
    last, rows = max(history["epoch"].max() for history in run.histories), run.networks
    what = f"{metric(run)} on the development part"
    if len(rows) == 1:
        return f"epoch {rows['best_epoch'][0]} of {last}: {what} {number(float(rows['best'][0]))}"
    epochs = listing(rows["best_epoch"].tolist(), len(rows))
    spread = f"{number(rows['best'].mean())} ± {number(rows['best'].std())}"
    return f"epochs {epochs} of {last}: {what} {spread} (mean ± SD of {len(rows)} networks)"
