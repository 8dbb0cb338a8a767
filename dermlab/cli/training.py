"""The network: trained on the folds of a split, and its answers about images."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import (
    CasesArgument,
    ImagesHelp,
    MissingOption,
    NetworkSettings,
    TaxonomyOption,
    option,
)
from dermlab.errors import InputError
from dermlab.text import listing, number, percent, plural, size

if TYPE_CHECKING:
    from pandas import DataFrame

    from dermlab.lessons.profiles import Profile
    from dermlab.network.plans import Plan
    from dermlab.network.runs import Setup

NOT_SHOWN = ("left_out", "two_diseases", "weights_at_hand")  # in a table; JSON has them
RunOption = Annotated[Path, option("--run", help="The run's folder.")]


@dataclass(frozen=True, kw_only=True)
class TrainSettings(NetworkSettings):
    """The options of `train`."""

    split: Annotated[str, option(help="CSV of image_id and fold.")]
    images: Annotated[list[str], option(help=ImagesHelp)]
    run: RunOption
    task: Annotated[
        str | None,
        option(
            help="What judges the development part, default nine-way; with --direct, what is "
            "learnt."
        ),
    ] = None
    taxonomy: TaxonomyOption = None
    direct: Annotated[
        bool, typer.Option("--direct", help="Learn --task itself, not the training classes.")
    ] = False
    fold: Annotated[int | None, option(min=0, help="Score this fold; stop on the next one.")] = None
    all_folds: Annotated[
        bool, typer.Option("--all-folds", help="A network a fold; every image scored once.")
    ] = False
    label_source: Annotated[
        str | None, typer.Option(help="Learn from these labels only, as in dermatologist.")
    ] = None
    devices: Annotated[
        int, typer.Option(min=1, help="Share every batch among so many GPUs (or other devices).")
    ] = 1
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after the last whole epoch in --run.")
    ] = False
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Check options, pictures and run folder, and say what would be done."
        ),
    ] = False


def train(cases: CasesArgument, settings: TrainSettings) -> dict:
    """Train on CASES outside fold -1 and predict the scored fold into RUN/predictions.csv.

    Without --direct the network learns training classes, and every task is read out of them.
    With neither --fold nor --all-folds, fold 0 is the development part and nothing is scored.
    """
    if settings.all_folds and settings.fold is not None:
        raise InputError("--fold scores one fold and --all-folds every one: give one of them.")
    profile = settings.chosen()
    plan, boundary = _plan(cases, settings, profile)
    folds = list(range(int(plan.folds.max()) + 1)) if settings.all_folds else [settings.fold]
    setup = settings.setup(profile)
    about = _about(plan, folds, boundary) | _about_training(setup, settings.devices)
    from dermlab.network import run_folder, runs

    asked = {"folds": folds, "setup": setup, "resume": settings.resume}
    asked |= {"allow_missing": settings.allow_missing, "show": True}
    if settings.dry_run:
        return _checked(plan, settings, about, asked)
    console.note("starting the backend (some seconds)")
    from dermlab.network import backend

    with backend.data_parallel(settings.devices):
        backend.deterministic(settings.seed)
        networks = runs.train(plan, settings.images, settings.run, **asked)
    text = _sentences(networks, about["judged_by"], settings.run / run_folder.PREDICTIONS)
    results = {"networks": networks.to_dict("records"), "run": str(settings.run)}
    return about | results | run_folder.about_pictures(settings.run) | {"text": text}


def _checked(plan: "Plan", settings: TrainSettings, about: dict, asked: dict) -> dict:
    """What would be done and what it takes, once folder and pictures are seen to be good.

    Nothing is trained: ten steps of the real network are measured and thrown away. The backend is
    started last, so that a wrong name or a missing picture is told at once.
    """
    from dermlab.network import pictures, runs

    about |= runs.check(plan, settings.images, settings.run, **asked)
    console.note("measuring ten steps of the network (a minute or more)")
    from dermlab.network import backend, forecast

    folds, setup = asked["folds"], asked["setup"]
    with backend.data_parallel(settings.devices):
        about |= forecast.of(
            plan,
            folds,
            setup,
            settings.run,
            n_images=len(runs.needed(plan, folds)),
            drawn=list(settings.images) != [pictures.CLINIC],
        )
    if not about["weights_at_hand"]:
        console.note(
            f"warning: the {setup.weights} weights are not here: the training will download them"
        )
    if about["minutes"] is None:
        console.note("warning: less memory is free than a step is estimated to need: not measured")
    return about | {"text": [_about_table(about)]}


def _plan(cases: str, settings: TrainSettings, profile: "Profile") -> tuple["Plan", int | None]:
    """Who is in which part, and the boundary of the training classes, if there are any."""
    from dermlab.cases import own, sources, splits, table
    from dermlab.network import plans

    tree = own.given_tree(settings.taxonomy)
    rows = sources.read_cases(cases, tree=tree)
    split = splits.check_split(table.read_good_csv(settings.split))
    boundary = profile.boundary(len(rows))
    plan = plans.make(
        rows,
        split,
        task=settings.task,
        direct=settings.direct,
        max_class_size=boundary,
        label_source=settings.label_source,
        tree=tree,
    )
    return plan, None if settings.direct else boundary


def _about(plan: "Plan", folds: list[int | None], boundary: int | None) -> dict:
    """What is learnt from what, in words and counts; ``images`` has a count a fold."""
    from dermlab.network import plans

    roles = zip(*(plans.parts(plan, fold) for fold in folds), strict=True)
    names = ("training", "development", "scored")
    return {
        "learns": f"the task {plan.task.name} itself" if plan.direct else "training classes",
        "classes": list(plan.classes["name"]),
        "max_class_size": boundary,
        "judged_by": f"{plan.task.name}, {plans.metric_name(plan.task)}",
        "folds": folds,
        "images": {
            name: [len(rows) for rows in role] for name, role in zip(names, roles, strict=True)
        },
    }


def _about_training(setup: "Setup", devices: int) -> dict:
    """How it is learnt, in words; InputError where a batch cannot be shared by the devices."""
    epochs, batch = setup.recipe.epochs, setup.recipe.batch_size
    if batch % devices:
        raise InputError(
            f"Batches of {batch} cannot be shared evenly by --devices {devices}: "
            f"give a number that divides {batch}."
        )
    return {
        "network": f"{setup.kind}, {setup.size} pixels, weights {setup.weights}",
        "recipe": f"{plural(epochs, 'epoch')}, batches of {batch}",
        "precision": setup.precision,
        "devices": devices,
    }


def _about_table(about: dict) -> tuple:
    """What would be done, as a table."""
    scored = f"scored: {listing(about['folds'], 20)}"
    none = "none scored; fold 0 is the development part"
    images = [
        f"{name} {listing([f'{n:,}' for n in sizes], 20)}"
        for name, sizes in about["images"].items()
    ]
    shown = {name: about[name] for name in about if name not in NOT_SHOWN} | {
        "classes": f"{len(about['classes'])}: {listing(about['classes'], 8)}",
        "folds": none if about["folds"] == [None] else scored,
        "images": "; ".join(images),
    }
    shown |= _costs(about)
    rows = [(name.replace("_", " "), value) for name, value in shown.items() if value is not None]
    return "What would be done", ("what", "value"), rows


def _costs(about: dict) -> dict[str, str]:
    """Steps, memory, disk and minutes in words."""
    steps, memory, disk = about["steps"], about["memory"], about["disk"]
    measured = ""
    if "measured_bytes" in memory:
        measured = f"; measured: {size(memory['measured_bytes'])}, {memory['measured']}"
    minutes = "not measured: less memory is free than a step needs"
    if about["minutes"]:
        taken = about["minutes"]
        step = f"{number(taken['seconds_a_step'])} s a step"
        minutes = f"{number(taken['all'], 1)}: {step}, {taken['how']}"
    epochs = listing([f"{n:,}" for n in steps["an_epoch"]], 20)
    return {
        "steps": f"{steps['all']:,} in all; an epoch {epochs}",
        "memory": f"{size(memory['bytes'])}, {memory['how']}{measured}",
        "disk": f"{size(disk['pictures'])} of decoded pictures, {size(disk['run'])} for the run; "
        f"{size(disk['free'])} free",
        "minutes": minutes,
    }


def _sentences(networks: "DataFrame", judged_by: str, predictions: Path) -> list[str]:
    """A sentence a network, and where the answers about the scored images stand."""
    sentences = []
    for row in networks.itertuples():
        which = "" if len(networks) == 1 else f"fold {row.fold}: "
        start = "" if row.best_epoch else " (the regression, before any step)"
        sentences.append(
            f"{which}best epoch {row.best_epoch}{start}: {judged_by} {number(row.best)} on the "
            f"development part ({plural(row.development, 'image')})."
        )
    if scored := int(networks["scored"].sum()):
        unseen = f"{plural(scored, 'image')}, each answered by a network that has not seen it"
        sentences.append(f"{predictions}: {unseen}.")
    return sentences


def predict(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="One picture, a folder of pictures, or any SOURCE of cases."
        ),
    ],
    run: RunOption,
    images: Annotated[list[str] | None, option(help=ImagesHelp)] = None,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")] = Path(
        "predictions.csv"
    ),
    allow_missing: MissingOption = False,
) -> dict:
    """Ask the network of RUN about SOURCE; of several folds' networks, the mean probability.

    A folder's pictures need no labels: its sub-folders are looked into, their names are not read.
    """
    place = console.target(out, source)
    console.target(Path(f"{out}.json"), source)
    if not run.is_dir():
        raise InputError(f"There is no folder {run}: give --run a folder of dermlab train.")
    rows = _rows(source)
    single = rows is None
    where = images or _where(source, single)
    about = {"not_read": _not_read(source) if Path(source).is_dir() else []}
    console.note("starting the backend (some seconds)")
    from dermlab.evaluation import predictions
    from dermlab.network import picture_report, pictures, runs

    def get(size: int):
        if single:
            loaded = pictures.of_file(source, size)
        else:
            loaded = pictures.of_cases(rows, where, size, allow_missing=allow_missing, show=True)
        about["left_out"] = picture_report.left_out(loaded.set_aside)
        return loaded

    table, sidecar = runs.predict(get, run, show=True)
    predictions.write(table, place, sidecar)
    networks = plural(sidecar["networks"], "network")
    result = {"images": len(table), "networks": sidecar["networks"], "out": str(out)}
    result |= about
    text: list = [f"{out}: {plural(len(table), 'image')}, answered by {networks}."]
    if single:
        best = table.drop(columns="image_id").iloc[0].nlargest(5)
        result["most_probable"] = best.to_dict()
        shown = [(name, percent(p, 1)) for name, p in best.items()]
        text.insert(0, (Path(source).name, ("class", "probability"), shown))
    return result | {"text": text}


def _not_read(folder: str) -> list[dict]:
    """The files of a folder that are no pictures for us, by kind; one line says so."""
    from dermlab.cases import folders

    kinds = folders.not_read(folder)
    if kinds:
        console.note(f"warning: {folders.describe(kinds, folder)}")
    return kinds


def _rows(source: str) -> "DataFrame | None":
    """The table of SOURCE's images; None for a single picture."""
    from dermlab.cases import folders, sources

    if folders.is_image(source) and Path(source).is_file():
        return None
    if (kind := Path(source).suffix.lower()) in folders.OTHER_PICTURES and Path(source).is_file():
        cure = folders.WHY.get(kind, "save it as PNG or JPEG")
        raise InputError(f"{source} is a picture of a kind that is not read: {cure}.")
    if Path(source).is_dir():
        return sources.unlabelled(source)
    return sources.read_cases(source)


def _where(source: str, single: bool) -> list[str]:
    """Where the pictures of SOURCE are if --images does not say: it may be a folder of them."""
    if single or Path(source).is_dir():
        return [source]
    if source.partition(":")[0] == "clinic" and not Path(source).exists():
        return ["clinic"]
    raise InputError(f"{source} names images without showing them: give --images.")
