"""The network: trained on the folds of a split, and asked about images."""

from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import (
    CasesArgument,
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
from dermlab.errors import InputError
from dermlab.text import listing, number, percent, plural

RunOption = Annotated[Path, typer.Option("--run", help="The run's folder.", show_default=False)]


def train(
    cases: CasesArgument,
    split: Annotated[str, typer.Option(help="CSV of image_id and fold.", show_default=False)],
    images: Annotated[list[str], typer.Option(help=ImagesHelp, show_default=False)],
    run: RunOption,
    task: Annotated[
        str | None,
        typer.Option(
            help="What judges the development part, default nine-way; with --direct, what is "
            "learnt.",
            show_default=False,
        ),
    ] = None,
    max_class_size: MaxClassSizeOption = None,
    profile: ProfileOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    size: SizeOption = None,
    epochs: EpochsOption = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Learn --task itself, not the training classes.")
    ] = False,
    fold: Annotated[
        int | None,
        typer.Option(min=0, help="Score this fold; stop on the next one.", show_default=False),
    ] = None,
    all_folds: Annotated[
        bool, typer.Option("--all-folds", help="A network a fold; every image scored once.")
    ] = False,
    label_source: Annotated[
        str | None, typer.Option(help="Learn from these labels only, as in dermatologist.")
    ] = None,
    seed: SeedOption = 0,
    devices: Annotated[
        int, typer.Option(min=1, help="Share every batch among so many GPUs (or other devices).")
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after the last whole epoch in --run.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and say what would be done; write nothing.")
    ] = False,
    allow_missing: MissingOption = False,
    as_json: JsonOption = False,
) -> int:
    """Train on CASES outside fold -1 and predict the scored fold into RUN/predictions.csv.

    Without --direct the network learns training classes, and every task is read out of them.
    With neither --fold nor --all-folds, fold 0 is the development part and nothing is scored.
    """
    from dermlab.cases import sources, splits, table
    from dermlab.lessons import profiles
    from dermlab.network import plans

    if all_folds and fold is not None:
        raise InputError("--fold scores one fold and --all-folds every one: give one of them.")
    chosen = profiles.chosen(
        profile,
        max_class_size=max_class_size,
        model=model,
        weights=weights,
        size=size,
        epochs=epochs,
    )
    rows = sources.read_cases(cases)
    of_split, rejected = table.read_csv(split)
    table.refuse(rejected, split)
    boundary = chosen.boundary(len(rows))
    plan = plans.make(
        rows,
        splits.check_split(of_split),
        task=task,
        direct=direct,
        max_class_size=boundary,
        label_source=label_source,
    )
    console.note("starting the backend (some seconds)")
    from dermlab.network import backend, runs

    setup = runs.Setup(chosen.model, chosen.size, chosen.weights, chosen.recipe, seed)
    batch = chosen.recipe.batch_size
    folds = list(range(int(plan.folds.max()) + 1)) if all_folds else [fold]
    asked = _asked(plan, plans, folds, None if direct else boundary) | {
        "network": f"{setup.kind}, {setup.size} pixels, weights {setup.weights}",
        "recipe": f"{plural(chosen.recipe.epochs, 'epoch')}, batches of {batch}",
        "devices": devices,
    }
    if batch % devices:
        raise InputError(
            f"Batches of {batch} cannot be shared evenly by --devices {devices}: "
            f"give a number that divides {batch}."
        )
    with backend.data_parallel(devices):
        if dry_run:
            _print("What would be done", asked, as_json)
            return console.GOOD
        backend.deterministic(seed)
        found = runs.train(
            plan,
            images,
            run,
            folds=folds,
            setup=setup,
            resume=resume,
            allow_missing=allow_missing,
            show=True,
        )
    if as_json:
        console.print_json(asked | {"networks": found.to_dict("records"), "run": str(run)})
        return console.GOOD
    for row in found.itertuples():
        which = "" if len(folds) == 1 else f"fold {row.fold}: "
        print(
            f"{which}best epoch {row.best_epoch}: {asked['judged_by']} {number(row.best)} on the "
            f"development part ({plural(row.development, 'image')})."
        )
    if scored := int(found["scored"].sum()):
        unseen = f"{plural(scored, 'image')}, each answered by a network that has not seen it"
        print(f"{run / runs.PREDICTIONS}: {unseen}.")
    return console.GOOD


def predict(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="One picture, a folder of pictures, or any SOURCE of cases."
        ),
    ],
    run: RunOption,
    images: Annotated[list[str] | None, typer.Option(help=ImagesHelp, show_default=False)] = None,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")] = Path(
        "predictions.csv"
    ),
    allow_missing: MissingOption = False,
    as_json: JsonOption = False,
) -> int:
    """Ask the network of RUN about SOURCE; of several folds' networks, the mean probability.

    A folder's pictures need no labels: its sub-folders are looked into, their names are not read.
    """
    from dermlab.cases import sources

    place = console.target(out, source)
    console.target(Path(f"{out}.json"), source)
    if not run.is_dir():
        raise InputError(f"There is no folder {run}: give --run a folder of dermlab train.")
    single = Path(source).suffix.lower() in sources.IMAGE_SUFFIXES and Path(source).is_file()
    rows = None
    if Path(source).is_dir():
        rows = sources.unlabelled(source)
    elif not single:
        rows = sources.read_cases(source)
    where = images or _own_pictures(source, single)
    console.note("starting the backend (some seconds)")
    from dermlab.evaluation import predictions
    from dermlab.network import pictures, runs

    def get(size: int):
        if single:
            return pictures.of_file(source, size)
        return pictures.of_cases(rows, where, size, allow_missing=allow_missing, show=True)

    found, sidecar = runs.predict(get, run, show=True)
    predictions.write(found, place, sidecar)
    best = found.drop(columns="image_id").iloc[0].sort_values(ascending=False)
    result = {"images": len(found), "networks": sidecar["networks"], "out": str(out)}
    if single:
        result["most_probable"] = best.iloc[:5].to_dict()
    if as_json:
        console.print_json(result)
        return console.GOOD
    if single:
        shown = [(name, percent(p, 1)) for name, p in best.iloc[:5].items()]
        console.print_table(Path(source).name, ("class", "probability"), shown)
    asked = plural(sidecar["networks"], "network")
    print(f"{out}: {plural(len(found), 'image')}, answered by {asked}.")
    return console.GOOD


def _own_pictures(source: str, single: bool) -> list[str]:
    """Where the pictures of SOURCE are if --images does not say: it may be a folder of them."""
    if single or Path(source).is_dir():
        return [source]
    if source.partition(":")[0] == "clinic" and not Path(source).exists():
        return ["clinic"]
    raise InputError(f"{source} names images without showing them: give --images.")


def _asked(plan, plans, folds: list[int | None], boundary: int | None) -> dict:
    """What the training is about, in words and counts."""
    parts = [plans.parts(plan, fold) for fold in folds]
    sizes = {
        name: [len(rows) for rows in role]
        for name, role in zip(
            ("training", "development", "scored"), zip(*parts, strict=True), strict=True
        )
    }
    what = f"the task {plan.task.name} itself" if plan.direct else "training classes"
    return {
        "learns": what,
        "classes": list(plan.classes["name"]),
        "max_class_size": boundary,
        "judged_by": f"{plan.task.name}, {plans.metric_name(plan.task)}",
        "folds": folds,
        "images": sizes,
    }


def _print(title: str, asked: dict, as_json: bool) -> None:
    if as_json:
        console.print_json(asked)
        return
    shown = asked | {
        "classes": f"{len(asked['classes'])}: {listing(asked['classes'], 8)}",
        "folds": "none scored; fold 0 is the development part"
        if asked["folds"] == [None]
        else f"scored: {listing(asked['folds'], 20)}",
        "images": "; ".join(
            f"{name} {listing([f'{n:,}' for n in sizes], 20)}"
            for name, sizes in asked["images"].items()
        ),
    }
    rows = [(name.replace("_", " "), v) for name, v in shown.items() if v is not None]
    console.print_table(title, ("what", "value"), rows)
