"""A whole data set by one command: cases, folds, networks, scores and report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import ImagesHelp, NetworkSettings, option
from dermlab.text import interval, plural


@dataclass(frozen=True, kw_only=True)
class ReproduceSettings(NetworkSettings):
    """The options of `reproduce`."""

    task: Annotated[str | None, option(help="Judge and score this task alone; default: all.")] = (
        None
    )
    data: Annotated[Path | None, option(help="The data set's folder; default: DERMLAB_DATA.")] = (
        None
    )
    metadata: Annotated[str | None, option(help="Its table, if not in --data.")] = None
    images: Annotated[list[str] | None, option(help=f"If not in --data: {ImagesHelp}")] = None
    run: Annotated[Path | None, option(help="The folder; default: reproduced-NAME.")] = None
    folds: Annotated[int | None, option(min=3, help="Default: the profile's, 9.")] = None
    steps: Annotated[int | None, option(min=1, help="Steps an epoch; default: the recipe's.")] = (
        None
    )
    jobs: Annotated[
        int, typer.Option(min=1, help="Folds trained at a time, each in its own process.")
    ] = 1


def reproduce(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="ham10000, or clinic:N_PATIENTS:SEED.")
    ],
    settings: ReproduceSettings,
) -> dict:
    """Nine folds of NAME from its files to a report; the same command again goes on.

    Where no profile is named, the clinic takes classroom and real data take laptop.
    Writes cases.csv, split.csv, run/ (a network a fold, predictions.csv), score.json, report.html.
    """
    from dermlab.cases import sources, tasks
    from dermlab.lessons import reproduce as room
    from dermlab.network import run_folder

    default = "classroom" if room.is_clinic(name) else "laptop"
    profile = settings.chosen(default=default, folds=settings.folds, steps_per_epoch=settings.steps)
    if settings.task is not None:
        tasks.get(settings.task)  # refused before any work
    source = room.find(
        name, settings.data, metadata=settings.metadata, images=settings.images or ()
    )
    boundary = profile.boundary(len(sources.read_cases(source.cases)))
    console.note("starting the backend (some seconds)")
    training = room.Training(settings.setup(profile), profile.folds, boundary, settings.task)
    folder = settings.run or Path(f"reproduced-{name.replace(':', '-')}")
    scores = room.run(
        source,
        folder,
        training,
        jobs=settings.jobs,
        allow_missing=settings.allow_missing,
        tell=console.note,
    )
    rows = [
        (task, which, *_told(score))
        for task, of_task in scores.items()
        for which, score in of_task.items()
    ]
    table = ("Out of fold", ("task", "cases", "score", "images"), rows)
    done = f"{folder / 'report.html'}: {plural(profile.folds, 'fold')} beside the paper."
    about = run_folder.about_pictures(folder / "run")
    return {"scores": scores, "run": str(folder), **about, "text": [table, done]}


def _told(score: dict) -> tuple[str, str]:
    if "not_possible" in score:
        return f"not possible: {score['not_possible']}", "–"
    if "auc" in score:
        return f"area {_bounds(score['auc'])}", f"{score['n']:,}"
    mean = _bounds(score["balanced_accuracy"], ".1%")
    return f"mean of the classes {mean}", f"{score['n']:,}"


def _bounds(value: dict, spec: str = ",.3f") -> str:
    return interval(value["estimate"], value["low"], value["high"], spec)
