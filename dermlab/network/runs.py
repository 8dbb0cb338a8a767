"""A run: a plan carried out, from pixels to a network and its predictions, in one folder.

``run/`` holds its settings (``settings.json``), what interrupted training goes on from, the
network (``weights.npz``, ``run.json``), where a fold was scored ``predictions.csv`` with its
sidecar and, once all is done, what came of it (``trained.json``). A run over several folds has a
folder ``fold-K`` for each, and their predictions joined: every image answered by the network that
has seen neither it nor its group.
"""

import hashlib
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dermlab import files, locks
from dermlab.cases import duplicates
from dermlab.cases.own import OWN
from dermlab.errors import InputError
from dermlab.evaluation import predictions
from dermlab.network import kinds
from dermlab.network.plans import Plan, listed
from dermlab.network.recipe import Recipe

if TYPE_CHECKING:  # a finished run is read without starting the backend
    from dermlab.network.backend import keras
    from dermlab.network.pictures import Pictures

SETTINGS, HISTORY, PREDICTIONS = "settings.json", "history.csv", "predictions.csv"
TRAINED = "trained.json"  # written last: it says that every network of the run is whole
RESUME = "go on with dermlab train --resume"


@dataclass(frozen=True)
class Setup:
    """The network and how it is trained; names as in ``models.build``."""

    kind: str
    size: int  # pixels a side
    weights: str
    recipe: Recipe
    seed: int


@dataclass(frozen=True)
class Finished:
    """A run of ``dermlab train`` whose networks are all trained."""

    folder: Path
    settings: dict  # kind, size, weights, seed, folds, task, direct, classes (name, diseases)
    recipe: Recipe
    datasets: list[str]  # of the images that were learnt from
    networks: pd.DataFrame  # fold, training, development, scored (images), best_epoch, best
    histories: list[pd.DataFrame]  # a network's epochs, in the order of ``networks``


def train(
    plan: Plan,
    sources: Sequence[str],
    run: str | Path,
    *,
    folds: Sequence[int | None],
    setup: Setup,
    resume: bool = False,
    allow_missing: bool = False,
    show: bool = False,
) -> pd.DataFrame:
    """Train a network for each of ``folds`` and predict the fold that it has not seen.

    ``folds``: the folds to score; ``[None]`` scores none, and fold 0 is the development part.
    All networks start from the same weights. Returns a row a network: ``fold, training,
    development, scored`` (images), ``best_epoch, best`` (of the development part).
    """
    from dermlab.network import models, picture_report, pictures, plans

    run = Path(run)
    settings = _settings(plan, folds, setup)
    _refuse_file(run)
    if (run / SETTINGS).is_file():
        with locks.alone(run):  # refused at once, not after the pictures
            _check_folder(run, settings, resume)
    model = models.build(
        setup.kind,
        len(plan.classes),
        setup.size,
        weights=setup.weights,
        batch_norm=setup.recipe.batch_norm,
        seed=setup.seed,
    )
    start, wanted = model.get_weights(), needed(plan, folds)
    loaded = pictures.of_cases(wanted, sources, setup.size, allow_missing=allow_missing, show=show)
    about = picture_report.of_loaded(loaded, wanted)
    if two := duplicates.describe_two(about["two_diseases"]):
        warnings.warn(two, stacklevel=2)
    plan = plans.restrict(plan, loaded.image_ids)
    with locks.alone(run):
        _check_folder(run, settings, resume)  # another process may have begun meanwhile
        (run / TRAINED).unlink(missing_ok=True)
        files.write_if_changed(run / SETTINGS, files.as_json(files.sealed(settings)))
        rows = []
        for fold, folder in zip(folds, folders(run, folds), strict=True):
            if show and fold is not None:
                print(f"fold {fold}", file=sys.stderr)
            model.set_weights(start)
            rows.append(_one_network(model, plan, loaded.pixels, fold, folder, setup, resume, show))
        if len(folds) > 1:
            _join_predictions(plan, run, folds, setup)
        trained = {
            "datasets": sorted(plan.cases["dataset"].unique()),
            "networks": rows,
            "histories": [_checksum(folder / HISTORY) for folder in folders(run, folds)],
        }
        files.write_json(run / TRAINED, files.sealed(trained | about))
    return pd.DataFrame(rows)


def needed(plan: Plan, folds: Sequence[int | None]) -> pd.DataFrame:
    """The cases whose pictures the networks of ``folds`` see, in the plan's order."""
    from dermlab.network import plans

    return plan.cases.iloc[
        np.unique(np.concatenate([row for k in folds for row in plans.parts(plan, k)]))
    ]


def check(
    plan: Plan,
    sources: Sequence[str],
    run: str | Path,
    *,
    folds: Sequence[int | None],
    setup: Setup,
    resume: bool = False,
    allow_missing: bool = False,
    show: bool = False,
) -> dict:
    """What `train` would refuse before its first step, without the backend: folder and pictures.

    The pictures are decoded into the cache, where `train` finds them; those of the clinic, which
    cannot be missing, are not drawn. Returns ``left_out`` and ``two_diseases`` as
    `picture_report.of_loaded`; InputError as `train`.
    """
    from dermlab.network import picture_report, pictures

    _refuse_file(Path(run))
    _check_folder(Path(run), _settings(plan, folds, setup), resume)
    if list(map(str, sources)) == [pictures.CLINIC]:
        return {}
    wanted = needed(plan, folds)
    loaded = pictures.of_cases(wanted, sources, setup.size, allow_missing=allow_missing, show=show)
    return picture_report.of_loaded(loaded, wanted)


def about_pictures(run: str | Path) -> dict:
    """What the finished run in the folder ``run`` says of its pictures: as `check`."""
    trained = files.read_json(Path(run) / TRAINED, cure=RESUME)
    return {name: trained[name] for name in ("left_out", "two_diseases") if name in trained}


def networks(run: str | Path) -> list[Path]:
    """The folders of the run's networks: itself, or one a fold."""
    run = Path(run)
    if not (run / SETTINGS).is_file():
        return [run]
    return folders(run, read_settings(run)["folds"])


def predict(
    get: Callable[[int], "Pictures"], run: str | Path, *, show: bool = False
) -> tuple[pd.DataFrame, dict]:
    """The run's predictions for the pictures ``get(size)``: a table of predictions, its sidecar.

    Where the run has a network a fold, the answer is the mean of their probabilities. All of them
    but one or two have learnt from an image that the run was trained on: such an answer flatters.
    """
    from dermlab.network import inference

    places = networks(run)
    first = inference.load_run(places[0])
    loaded = get(first.size)
    total = inference.predict(first.model, loaded.pixels, show=show).astype(float)
    for place in places[1:]:
        model = inference.load_run(place).model
        total += inference.predict(model, loaded.pixels, show=show)
    table = _table(loaded.image_ids, first.classes, total)
    sidecar = _sidecar(Path(run), first.classes, first.task, first.seed)
    return table, sidecar | {"networks": len(places)}


# --- what a run leaves behind ---------------------------------------------------------------------


def finished(folder: str | Path) -> Finished:
    """The run in ``folder``; InputError where there is none, or one that is not finished."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name the folder of a run.")
    settings = read_settings(folder)
    if not (folder / TRAINED).is_file():
        raise InputError(f"The run in {folder} is not finished: {RESUME}.")
    places = folders(folder, settings["folds"])
    about = files.read_record(places[0] / "run.json", cure=RESUME)
    with files.reading(places[0] / "run.json", cure=RESUME):
        recipe = Recipe(**about["recipe"])
    trained = files.read_record(folder / TRAINED, cure=RESUME)
    with files.reading(folder / TRAINED, cure=RESUME):
        datasets, networks = sorted(map(str, trained["datasets"])), _networks(trained, len(places))
        checksums = trained.get("histories", [None] * len(places))
    histories = [_history(*each) for each in zip(places, checksums, strict=True)]
    return Finished(folder, settings, recipe, datasets, networks, histories)


def _networks(trained: dict, n: int) -> pd.DataFrame:
    """The table of the run's networks; ValueError where it isn't that."""
    table = pd.DataFrame(trained["networks"])
    names = ["training", "development", "scored", "best_epoch", "best"]
    if len(table) != n or "fold" not in table:
        raise ValueError(f"it names {len(table)} of {n} networks")
    return table.astype(dict.fromkeys(names[:-1], int) | {"best": float})


def _history(place: Path, checksum: str | None) -> pd.DataFrame:
    """A network's epochs; InputError where they are not those that the run ended with."""
    path = place / HISTORY
    with files.reading(path, cure=RESUME):
        if checksum not in (None, _checksum(path)):
            raise ValueError("its content has another checksum")
        history = pd.read_csv(path)
        return history.astype({"epoch": int, "loss": float})


def _checksum(path: Path) -> str:
    """SHA-256 (hex) of a text file, whatever its line ends."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def read_settings(run: Path) -> dict:
    """The settings of the run; InputError where the folder holds none."""
    if not (run / SETTINGS).is_file():
        raise InputError(f"{run} holds no run: train one into it with dermlab train.")
    settings = files.read_record(run / SETTINGS, cure="train anew")
    with files.reading(run / SETTINGS, cure="train anew"):
        folds = settings["folds"]
        if not folds or not all(fold is None or isinstance(fold, int) for fold in folds):
            raise ValueError(f"its folds are {folds!r}")
    return settings


def folders(run: Path, folds: Sequence[int | None]) -> list[Path]:
    """Where each network stands: in the run's own folder if it is the only one."""
    return [run] if len(folds) == 1 else [run / f"fold-{fold}" for fold in folds]


def _one_network(
    model: "keras.Model",
    plan: Plan,
    pixels: np.ndarray,
    fold: int | None,
    folder: Path,
    setup: Setup,
    resume: bool,
    show: bool,
) -> dict:
    """Fit, save, predict the scored fold; the network's row of ``train``'s table."""
    from dermlab.network import heads, inference, plans, training

    parts, metric = plans.parts(plan, fold), plans.development_metric(plan)
    learnt = {"train": parts.train, "development": parts.development, "metric": metric}
    begin = None
    if kinds.begins_by_regression(setup.kind, setup.weights):
        even = plan.categories if setup.recipe.balance else None
        begin = partial(heads.by_regression, model, pixels, plan.labels, groups=even, **learnt)
    fitted = training.fit(
        model,
        pixels,
        plan.labels,
        **learnt,
        recipe=setup.recipe,
        folder=folder,
        resume=resume,
        seed=setup.seed,
        groups=plan.categories,
        begin=begin,
        show=show,
    )
    task = plan.task.name if plan.direct else None
    inference.save_run(
        folder, model, classes=plan.classes, recipe=setup.recipe, seed=setup.seed, task=task
    )
    if len(parts.scored):
        ids = plan.cases["image_id"].iloc[parts.scored]
        probabilities = inference.predict(model, pixels, rows=parts.scored)
        sidecar = _sidecar(folder, plan.classes, task, setup.seed) | {"folds": [fold]}
        table = _table(ids, plan.classes, probabilities)
        predictions.write(table, folder / PREDICTIONS, sidecar)
    return {
        "fold": fold,
        "training": len(parts.train),
        "development": len(parts.development),
        "scored": len(parts.scored),
        "best_epoch": fitted.best_epoch,
        "best": fitted.best,
    }


def _join_predictions(plan: Plan, run: Path, folds: Sequence[int], setup: Setup) -> None:
    """Every scored fold's predictions in one table: out-of-fold answers for all images."""
    tables = [predictions.read(folder / PREDICTIONS)[0] for folder in folders(run, folds)]
    task = plan.task.name if plan.direct else None
    sidecar = _sidecar(run, plan.classes, task, setup.seed) | {"folds": list(folds)}
    predictions.write(pd.concat(tables, ignore_index=True), run / PREDICTIONS, sidecar)


def _settings(plan: Plan, folds: Sequence[int | None], setup: Setup) -> dict:
    """What a resumed run must agree in; a longer run may go on from a shorter one."""
    recipe = asdict(setup.recipe) | {"epochs": None}
    about = {"recipe": recipe, "folds": list(folds), "task": plan.task.name, "direct": plan.direct}
    about |= {"classes": listed(plan.classes)}
    return asdict(setup) | about | ({OWN: True} if plan.own else {})


def _refuse_file(run: Path) -> None:
    if run.exists() and not run.is_dir():
        raise InputError(f"{run} is a file: name a folder for the run.")


def _check_folder(run: Path, settings: dict, resume: bool) -> None:
    """InputError where the folder holds another run, or this one and ``resume`` is not given."""
    if not (run / SETTINGS).is_file():
        return
    if not resume:
        raise InputError(f"{run} already holds a run: give --resume, or name another folder.")
    before = read_settings(run)
    changed = [name for name in settings if before.get(name) != settings[name]]
    if changed:
        raise InputError(
            f"{run} holds a run with another {' and '.join(changed)}: it cannot be resumed."
        )


def _table(image_ids: Iterable[str], classes: pd.DataFrame, probabilities) -> pd.DataFrame:
    """A table of predictions, its rows brought to 1 beyond single precision."""
    exact = np.asarray(probabilities, float)
    exact = exact / exact.sum(axis=1, keepdims=True)
    table = pd.DataFrame(exact, columns=list(classes["name"]))
    table.insert(0, "image_id", list(image_ids))
    return table


def _sidecar(run: Path, classes: pd.DataFrame, task: str | None, seed: int) -> dict:
    """What is to be known of a table of predictions; ``task`` only if it was learnt directly."""
    sidecar = {"kind": "probabilities", "run": str(run), "seed": seed, "classes": listed(classes)}
    return sidecar | ({"task": task} if task else {})
