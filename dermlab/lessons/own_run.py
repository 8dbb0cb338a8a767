"""One's own pictures by one command: looked through, divided, learnt from, scored, described.

The folder holds ``problems.csv`` (each file left out), ``cases.csv``, ``split.csv``, ``run/`` (as
of ``dermlab train``), ``score.json``, ``roc.png``, ``confusion.png``, ``saliency.png``,
``model_card.md`` and ``report.html``. Given again, the same command goes on after the last whole
epoch of the network that was broken off.
"""

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dermlab import files, locks
from dermlab.cases import folders, own
from dermlab.errors import InputError
from dermlab.evaluation import intervals, judged, multiclass, predictions, roc, scores, truth
from dermlab.lessons import own_check, own_left_out
from dermlab.lessons.own_check import Check
from dermlab.text import listing, plural

if TYPE_CHECKING:
    from dermlab.network.runs import Setup

RUN = "run"
PROBLEMS, CASES, SPLIT, SCORE = "problems.csv", "cases.csv", "split.csv", "score.json"
CONTENT = "sha256"  # of a picture's file: the column of cases.csv
MUST_AGREE = {  # columns of cases.csv in which a run that goes on must agree
    CONTENT: "is of other pictures that had the same names",
    "disease": "has these pictures in other classes",
    "part": "has these pictures in other parts",
    "patient_id": "was made with other --ids",
    "lesion_id": "joined other pictures as copies",
}
VIEWS = 4  # how often an epoch shows each picture, each time turned and cropped anew
MOST_STEPS = 50  # an epoch, whatever the size of the folder
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Answers:
    """What the networks said of pictures that they had not seen, beside the truth.

    ``probabilities``: a row a picture, a column a class; ``truth`` and ``groups`` (which pictures
    count as one) alike, all indexed by ``image_id``.
    """

    probabilities: pd.DataFrame
    truth: pd.Series
    groups: pd.Series
    score: dict

    @property
    def classes(self) -> list[str]:
        """The classes that are scored, in order."""
        return [name for name in self.probabilities if name in set(self.truth)]

    @property
    def answer(self) -> pd.Series:
        """The most probable class of each picture."""
        return self.probabilities.idxmax(axis=1)

    @cached_property
    def of_classes(self) -> pd.DataFrame:
        """Each class against the rest: ``class, n, auc, low, high``; two classes have one row.

        An AUC of 1 has `roc.lowest_at_one` for its lower bound.
        """
        classes = self.classes
        table = self.probabilities[classes].to_numpy()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No interval")  # the bound stands in its place
            rows = multiclass.one_vs_rest(self.truth, table, classes, self.groups)
        for at in rows.index[(rows["auc"] == 1) & rows["low"].isna()]:
            of_class = self.truth == rows.loc[at, "class"]
            n = [self.groups[side].nunique() for side in (of_class, ~of_class)]
            rows.loc[at, ["low", "high"]] = roc.lowest_at_one(*n), 1.0
        return rows.head(1) if len(classes) == 2 else rows

    @cached_property
    def recalls(self) -> dict[str, intervals.Estimate]:
        """Of each class the share of its pictures that were answered right."""
        right = self.answer == self.truth
        of = {name: self.truth == name for name in self.classes}
        return {n: intervals.share(right[rows], self.groups[rows]) for n, rows in of.items()}

    @cached_property
    def accuracy(self) -> intervals.Estimate:
        """The share of all pictures that were answered right."""
        return multiclass.accuracy(self.truth, self.answer, self.groups)

    @property
    def confusion(self) -> pd.DataFrame:
        """Counts: a row a true class, a column an answer, of the classes that are scored."""
        counts = multiclass.confusion(self.truth, self.answer, list(self.probabilities))
        return counts.loc[self.classes]

    def curve(self, name: str) -> pd.DataFrame:
        """The ROC curve of a class against the rest, as `roc.curve`."""
        return roc.curve(self.truth == name, self.probabilities[name])


def run(
    folder: str | Path,
    out: str | Path,
    setup: "Setup",
    *,
    ids: pd.DataFrame | str | Path | None = None,
    steps: int | None = None,
    tell: Tell = lambda sentence: None,
) -> tuple[Check, Answers]:
    """All steps from the pictures in ``folder`` to the report in ``out``.

    setup : the network and its recipe, whose steps an epoch are ``steps``, or as `epoch_steps`.
    ids : what each picture shows, as for `own_check.look`.

    InputError for a folder that cannot be used (see `own_check.look`), and where ``out`` holds
    something else, is a file, or lies within ``folder``.
    """
    folder, out = Path(os.path.abspath(folder)), Path(out)  # the tables name its files
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: let --out name a folder.")
    if out.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{out} lies within {folder}, and would be read as pictures: name another."
        )
    with locks.alone(out):
        return _steps(folder, out, setup, ids, steps, tell)


def epoch_steps(n_images: int, batch_size: int) -> int:
    """Steps an epoch: each picture about `VIEWS` times, at most `MOST_STEPS` steps."""
    return int(np.clip(round(VIEWS * n_images / batch_size), 1, MOST_STEPS))


def _steps(
    folder: Path,
    out: Path,
    setup: "Setup",
    ids: pd.DataFrame | str | Path | None,
    steps: int | None,
    tell: Tell,
) -> tuple[Check, Answers]:
    from dermlab.lessons import model_card, own_report
    from dermlab.network import forecast

    forecast.refuse_batches(setup)
    tell("looking through the pictures")
    check = _looked(folder, out, setup.size, ids)
    write_tables(check, out, seed=setup.seed)
    for sentence in own_check.sentences(check, setup.size):
        tell(sentence)
    steps = steps or epoch_steps(len(check.cases), setup.recipe.batch_size)
    setup = replace(setup, recipe=replace(setup.recipe, steps_per_epoch=steps))
    train(check, out, setup, show=True)
    tell("scoring, and drawing")
    answers = read_answers(out)
    files.write_json(out / SCORE, answers.score)
    pictures = own_report.pictures(check, answers, out)
    card = model_card.text(check, answers, out)
    files.write(out / model_card.FILE, card)
    files.write(out / own_report.FILE, own_report.page(check, answers, out, pictures))
    return check, answers


def _looked(folder: Path, out: Path, size: int, ids: pd.DataFrame | str | Path | None) -> Check:
    """The check; where too little can be used, ``problems.csv`` says why, unless a run is there."""
    try:
        return own_check.look(folder, size=size, ids=ids, show=True)
    except own_left_out.TooLittle as error:
        if error.problems.empty or (out / CASES).exists():
            raise
        files.write(out / PROBLEMS, _as_csv(error.problems))
        raise InputError(f"{error} {out / PROBLEMS} names each.") from error


def write_tables(check: Check, out: Path, *, seed: int = 0) -> None:
    """The tables of the check and the split; InputError where those of other pictures lie there.

    ``cases.csv`` holds the SHA-256 of every file, so that a picture replaced under the same name is
    another picture.
    """
    cases = check.cases.assign(**{CONTENT: [folders.sha256(file) for file in check.cases["path"]]})
    split = own_check.split(check, seed=seed)
    _refuse_others(cases, split, out, check.folder)
    for name, table in {PROBLEMS: check.problems, CASES: cases, SPLIT: split}.items():
        files.write_if_changed(out / name, _as_csv(table))


def _as_csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def _refuse_others(cases: pd.DataFrame, split: pd.DataFrame, out: Path, folder: Path) -> None:
    """InputError where the tables in ``out`` are of other pictures, ids or folds: which."""
    from dermlab.cases import table

    if not (out / CASES).is_file():
        if (out / RUN).exists():
            raise InputError(f"{out} holds a run without {CASES}: name another folder with --out.")
        return
    before = table.read_good_csv(out / CASES).set_index("image_id")
    differs = _difference(before, cases.set_index("image_id"), folder)
    if not differs and (out / SPLIT).is_file():
        tables = (table.read_good_csv(out / SPLIT), split)
        was, is_now = (_cells(each.set_index("image_id"), "fold") for each in tables)
        differs = "" if was.equals(is_now) else "was divided otherwise, as by another --seed"
    if differs:
        raise InputError(f"The run in {out} {differs}: name another folder with --out.")


def _difference(before: pd.DataFrame, now: pd.DataFrame, folder: Path) -> str:
    """What tells the pictures learnt from, ``before``, from those ``now`` there; "" if nothing."""
    if CONTENT not in before:
        return "does not say what its pictures held"
    gone, new = before.index.difference(now.index), now.index.difference(before.index)
    if len(gone) or len(new):
        both = ((gone, "are gone"), (new, "are new"))
        said = [f"{len(ids):,} {what} ({listing(ids)})" for ids, what in both if len(ids)]
        return f"is of other pictures than {folder} holds now: {' and '.join(said)}"
    for column, what in MUST_AGREE.items():
        was, is_now = (_cells(table, column) for table in (before, now))
        if len(changed := now.index[(was != is_now).reindex(now.index)]):
            return f"{what}: {plural(len(changed), 'picture')} ({listing(list(changed))})"
    return ""


def _cells(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as a CSV holds it, in the order of the ids; empty where there is none."""
    cells = table[column] if column in table else pd.Series(index=table.index)
    return cells.astype("object").fillna("").astype("str").sort_index()


def train(check: Check, out: Path, setup: "Setup", *, show: bool = False) -> pd.DataFrame:
    """A network for each fold that is scored, in ``out/run``; a row a network, as `runs.train`.

    ``out`` holds the tables of `write_tables`. Given again, it goes on where it was broken off.
    """
    from dermlab.cases import sources, splits, table
    from dermlab.network import backend, plans, runs

    split = splits.check_split(table.read_good_csv(out / SPLIT))
    with warnings.catch_warnings():  # what the publisher's own parts share was said already
        warnings.filterwarnings("ignore", "The split leaks")
        plan = plans.make(sources.read_cases(out / CASES), split)
    backend.deterministic(setup.seed)
    return runs.train(
        plan,
        [str(check.folder)],
        out / RUN,
        folds=own_check.scored_folds(check, split),
        setup=setup,
        resume=True,
        show=show,
    )


def read_answers(out: Path) -> Answers:
    """The answers of the finished networks in ``out``, each about pictures it has not seen."""
    from dermlab.cases import sources

    table, sidecar = predictions.read(out / RUN / "predictions.csv")
    cases = sources.read_cases(out / CASES)
    matched = judged.matched(table, cases, own.OWN, sidecar=sidecar, allow_missing=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No interval")
        score = scores.score_answers(*matched)
    names = [entry["name"] for entry in sidecar["classes"]]
    probabilities = table.set_index("image_id").loc[matched.used.index, names]
    groups, _ = truth.groups(matched.used)
    return Answers(probabilities, matched.used["class"], groups, score)
