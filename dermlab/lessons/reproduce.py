"""One command a data set: cases, folds, networks, scores and report, in one folder.

The folder holds ``cases.csv``, ``split.csv``, ``run/`` (as of ``dermlab train --all-folds``),
``score.json`` and ``report.html``. Given again, the same command goes on after the last whole
epoch of the fold that was broken off.
"""

import json
import multiprocessing
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from dermlab import files, locks
from dermlab.errors import InputError
from dermlab.text import listing

if TYPE_CHECKING:
    from dermlab.network.runs import Setup

DATA = "DERMLAB_DATA"
TABLES = ("HAM10000_metadata_with_dataset.csv", "HAM10000_metadata.csv", "HAM10000_metadata")
PICTURES = (r"HAM10000_images.*", r"ham10000_\d+x\d+\.zip")  # the publisher's; a smaller copy
LABELS = {"all cases": None, "biopsied cases": "biopsy"}
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """Where a data set lies: a SOURCE of cases, and folders or zips of pictures."""

    cases: str
    images: list[str]


@dataclass(frozen=True)
class Training:
    """What is to be learnt, from how many folds, and how."""

    setup: "Setup"
    folds: int
    max_class_size: int
    task: str | None = None


def is_clinic(name: str) -> bool:
    """Whether the pictures of ``name`` are drawn: ``clinic`` or ``clinic:N_PATIENTS:SEED``."""
    return re.match("clinic(:|$)", name) is not None


def find(
    name: str,
    data: Path | None = None,
    *,
    metadata: str | None = None,
    images: Sequence[str] = (),
) -> Source:
    """The files of ``ham10000`` in the folder ``data`` (default: what DERMLAB_DATA names).

    ``metadata`` and ``images`` say where they are if not there. ``clinic:N_PATIENTS:SEED`` needs
    no files: its pictures are drawn. InputError names what is missing.
    """
    if is_clinic(name):
        return Source(metadata or name, list(images) or ["clinic"])
    if name != "ham10000":
        raise InputError(
            f"{name!r} cannot be reproduced by one command: ham10000 can, and clinic, or "
            "clinic:N_PATIENTS:SEED; for others use dermlab split, train, score and report."
        )
    folder = data or (Path(os.environ[DATA]) if os.environ.get(DATA) else None)
    if folder is not None and not folder.is_dir():
        raise InputError(f"There is no folder {folder}: let --data name the folder of HAM10000.")
    there = sorted(path.name for path in folder.iterdir()) if folder else []
    tables = [metadata] if metadata else [str(folder / t) for t in TABLES if t in there]
    by_pattern = (_matching(folder, there, pattern) for pattern in PICTURES)
    pictures = list(images) or next(filter(None, by_pattern), [])
    needed = {TABLES[1]: tables, "HAM10000_images…": pictures}
    missing = [what for what, paths in needed.items() if not paths]
    if missing:
        where = folder or f"no folder (neither --data nor {DATA} is given)"
        raise InputError(
            f"HAM10000's {listing(missing)} not found in {where}: dermlab fetch ham10000 downloads "
            "it (from Harvard Dataverse, doi 10.7910/DVN/DBW86T); then give its folder as --data, "
            "or --metadata and --images."
        )
    return Source(str(tables[0]), pictures)


def _matching(folder: Path | None, names: list[str], pattern: str) -> list[str]:
    """Folders and zips of this name; a folder and its own zip are one."""
    names = [
        name
        for name in names
        if re.fullmatch(pattern, name, re.IGNORECASE)
        and ((folder / name).is_dir() or name.lower().endswith(".zip"))
    ]
    unpacked = {f"{name}.zip" for name in names}
    return [str(folder / name) for name in names if name not in unpacked]


def run(
    source: Source,
    folder: Path,
    training: Training,
    *,
    jobs: int = 1,
    allow_missing: bool = False,
    tell: Tell = lambda sentence: None,
) -> dict:
    """All five steps; returns what ``score.json`` holds: a score a task and kind of label.

    ``jobs``: how many folds are trained at a time, each in a process of its own. InputError where
    ``folder`` holds something else, and as the steps themselves.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: let --run name a folder.")
    with locks.alone(folder):
        return _steps(source, folder, training, jobs, allow_missing, tell)


def _steps(source, folder: Path, training: Training, jobs: int, allow_missing: bool, tell) -> dict:
    cases = _tables(source, folder, training)
    tell(f"{len(cases):,} images in {training.folds} folds")
    folds = list(range(training.folds))
    if jobs > 1:
        _in_processes(source, folder, training, jobs, allow_missing)
    _train(source, folder, training, folds, folder / "run", allow_missing)
    tell("scoring")
    scores = _scores(folder, training.task)
    files.write(folder / "score.json", json.dumps(scores, indent=1, default=_number) + "\n")
    _report(folder, source.images)
    return scores


def _tables(source: Source, folder: Path, training: Training) -> pd.DataFrame:
    """The cases and their folds, written; InputError where other ones lie there already."""
    from dermlab.cases import sources, splits

    cases = sources.read_cases(source.cases)
    split = splits.group_folds(cases, training.folds, seed=training.setup.seed)
    for name, table in (("cases.csv", cases), ("split.csv", split)):
        text = table.to_csv(index=False, lineterminator="\n")
        if (folder / name).is_file() and (folder / name).read_bytes() != text.encode("utf-8"):
            raise InputError(
                f"{folder / name} is of other cases or folds: name another folder with --run."
            )
        files.write_if_changed(folder / name, text)
    return cases


def _plan(folder: Path, training: Training):
    from dermlab.cases import sources, splits, table
    from dermlab.network import plans

    return plans.make(
        sources.read_cases(folder / "cases.csv"),
        splits.check_split(table.read_good_csv(folder / "split.csv")),
        task=training.task,
        max_class_size=training.max_class_size,
    )


def _train(
    source, folder: Path, training: Training, folds: list[int], run: Path, allow_missing
) -> None:
    from dermlab.network import backend, runs

    plan = _plan(folder, training)
    backend.deterministic(training.setup.seed)
    runs.train(
        plan,
        source.images,
        run,
        folds=folds,
        setup=training.setup,
        resume=True,
        allow_missing=allow_missing,
        show=True,
    )


def _in_processes(source, folder: Path, training: Training, jobs: int, allow_missing: bool) -> None:
    """Each fold into the folder that the run over all folds has for it, and will find done."""
    spawn = multiprocessing.get_context("spawn")  # a forked backend would hang
    with ProcessPoolExecutor(jobs, mp_context=spawn) as pool:
        waiting = [
            pool.submit(
                _train, source, folder, training, [k], folder / "run" / f"fold-{k}", allow_missing
            )
            for k in range(training.folds)
        ]
        for future in waiting:
            future.result()


def _scores(folder: Path, task: str | None) -> dict:
    """``{task: {"all cases": …, "biopsied cases": …}}``; a reason where one cannot be scored."""
    from dermlab.cases import tasks
    from dermlab.evaluation import scores

    found = {}
    for name in tasks.NAMES if task is None else (task,):
        found[name] = {}
        for which, label_source in LABELS.items():
            try:
                found[name][which] = scores.score_files(
                    folder / "run" / "predictions.csv",
                    folder / "cases.csv",
                    task=name,
                    label_source=label_source,
                    allow_missing=True,
                )
            except InputError as reason:
                found[name][which] = {"not_possible": str(reason)}
    return found


def _report(folder: Path, images: Sequence[str]) -> None:
    from dermlab.lessons import report, run_report

    _, page = run_report.of_runs([folder / "run"], str(folder / "cases.csv"), images)
    report.write_whole(folder / "report.html", page)


def _number(value: object) -> object:
    """A numpy scalar as JSON knows it."""
    return value.item()
