"""A whole data set by one command: cases, folds, networks, scores and report."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import ImagesHelp, JsonOption, MissingOption
from dermlab.text import interval, percent, plural


def reproduce(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="ham10000, or clinic:N_PATIENTS:SEED.")
    ],
    profile: Annotated[
        str | None, typer.Option(help="classroom, laptop or paper.", show_default=False)
    ] = None,
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
    max_class_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Most images a class; default: the profile's.", show_default=False
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="compact or inception_v3.", show_default=False)
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="shipped, imagenet, none or a file.", show_default=False)
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="Pixels a side.", show_default=False)
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Default: the recipe's.", show_default=False)
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Steps an epoch; default: the recipe's.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1)] = 0,
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
    from dermlab.course import profiles
    from dermlab.course import reproduce as room

    chosen = profiles.current() if profile is None else profiles.get(profile)
    if task is not None:
        asked_of.get(task)  # refused before any work
    source = room.find(name, data, metadata=metadata, images=images or ())
    boundary = max_class_size or chosen.boundary(len(sources.read_cases(source.cases)))
    console.note("starting the backend (some seconds)")
    from dermlab.network import runs

    recipe = replace(
        chosen.recipe,
        epochs=epochs or chosen.recipe.epochs,
        steps_per_epoch=steps or chosen.recipe.steps_per_epoch,
    )
    setup = runs.Setup(
        kind=model or chosen.model,
        size=size or chosen.size,
        weights=weights or chosen.weights,
        recipe=recipe,
        seed=seed,
    )
    asked = room.Asked(setup, folds or chosen.folds, boundary, task)
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
        bounds = {key: score["auc"][key] for key in ("estimate", "low", "high")}
        return f"area {interval(**bounds)}", f"{score['n']:,}"
    mean = score["balanced_accuracy"]
    low, middle, high = (percent(float("nan") if mean[k] is None else mean[k])
                         for k in ("low", "estimate", "high"))  # fmt: skip
    return f"mean of the classes {middle} ({low} to {high})", f"{score['n']:,}"
