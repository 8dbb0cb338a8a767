"""A whole data set by one command: cases, folds, networks, scores and report."""

from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import (
    EpochsOption,
    ImagesHelp,
    JsonOption,
    MaxClassSizeOption,
    MissingOption,
    ModelOption,
    ProfileOption,
    SeedOption,
    SizeOption,
    WeightsOption,
)
from dermlab.text import interval, plural


def reproduce(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="ham10000, or clinic:N_PATIENTS:SEED.")
    ],
    profile: ProfileOption = None,
    task: Annotated[
        str | None,
        typer.Option(help="Judge and score this task alone; default: all.", show_default=False),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="The data set's folder; default: DERMLAB_DATA.", show_default=False),
    ] = None,
    metadata: Annotated[
        str | None, typer.Option(help="Its table, if not in --data.", show_default=False)
    ] = None,
    images: Annotated[
        list[str] | None, typer.Option(help=f"If not in --data: {ImagesHelp}", show_default=False)
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="The folder; default: reproduced-NAME.", show_default=False),
    ] = None,
    folds: Annotated[
        int | None, typer.Option(min=3, help="Default: the profile's, 9.", show_default=False)
    ] = None,
    max_class_size: MaxClassSizeOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    size: SizeOption = None,
    epochs: EpochsOption = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Steps an epoch; default: the recipe's.", show_default=False),
    ] = None,
    seed: SeedOption = 0,
    jobs: Annotated[
        int, typer.Option(min=1, help="Folds trained at a time, each in its own process.")
    ] = 1,
    allow_missing: MissingOption = False,
    as_json: JsonOption = False,
) -> int:
    """Nine folds of NAME from its files to a report; the same command again goes on.

    Writes cases.csv, split.csv, run/ (a network a fold, predictions.csv), score.json, report.html.
    """
    from dermlab.cases import sources
    from dermlab.cases import tasks as asked_of
    from dermlab.lessons import profiles
    from dermlab.lessons import reproduce as room

    chosen = profiles.chosen(
        profile,
        max_class_size=max_class_size,
        model=model,
        weights=weights,
        size=size,
        folds=folds,
        epochs=epochs,
        steps_per_epoch=steps,
    )
    if task is not None:
        asked_of.get(task)  # refused before any work
    source = room.find(name, data, metadata=metadata, images=images or ())
    boundary = chosen.boundary(len(sources.read_cases(source.cases)))
    console.note("starting the backend (some seconds)")
    from dermlab.network import runs

    setup = runs.Setup(chosen.model, chosen.size, chosen.weights, chosen.recipe, seed)
    asked = room.Asked(setup, chosen.folds, boundary, task)
    folder = run or Path(f"reproduced-{name.replace(':', '-')}")
    found = room.run(
        source, folder, asked, jobs=jobs, allow_missing=allow_missing, tell=console.note
    )
    if as_json:
        console.print_json({"scores": found, "run": str(folder)})
        return console.GOOD
    rows = [
        (each, which, *_told(score)) for each, own in found.items() for which, score in own.items()
    ]
    console.print_table("Out of fold", ("task", "cases", "score", "images"), rows)
    print(f"{folder / 'report.html'}: {plural(asked.folds, 'fold')} beside the paper.")
    return console.GOOD


def _told(score: dict) -> tuple[str, str]:
    if "not_possible" in score:
        return f"not possible: {score['not_possible']}", "–"
    if "auc" in score:
        return f"area {_bounds(score['auc'])}", f"{score['n']:,}"
    mean = _bounds(score["balanced_accuracy"], ".1%")
    return f"mean of the classes {mean}", f"{score['n']:,}"


def _bounds(value: dict, spec: str = ",.3f") -> str:
    return interval(value["estimate"], value["low"], value["high"], spec)
