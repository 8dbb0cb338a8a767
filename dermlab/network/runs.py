"""A run: a plan carried out, from pixels to a network and its predictions, in one folder.

What the folder holds is told by `run_folder`. The joined predictions of a run over several folds
have every image answered by the network that has seen neither it nor its group.
"""

import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
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
from dermlab.network import kinds, run_folder
from dermlab.network.plans import Plan, listed
from dermlab.network.recipe import Recipe
from dermlab.network.run_folder import (
    HISTORY,
    PREDICTIONS,
    SETTINGS,
    TRAINED,
    checksum,
    folders,
    networks,
    read_settings,
)

if TYPE_CHECKING:  # a finished run is read without starting the backend
    from dermlab.network.backend import keras
    from dermlab.network.pictures import Pictures


@dataclass(frozen=True)
class Setup:
    """The network and how it is trained; names as in ``models.build``."""

    kind: str
    size: int  # pixels a side
    weights: str
    recipe: Recipe
    seed: int
    precision: str = "float32"  # or mixed: see backend.policy

    def random(self) -> "Setup":
        """The same with random weights."""
        return replace(self, weights="none", recipe=replace(self.recipe, batch_norm=None))


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
    from dermlab.network import forecast, picture_report, pictures, plans

    run = Path(run)
    settings = _settings(plan, folds, setup)
    run_folder.refuse_place(run)
    if (run / SETTINGS).is_file():
        with locks.alone(run):  # refused at once, not after the pictures
            _check_folder(run, settings, resume)
    forecast.refuse_batches(setup)
    model = built(setup, len(plan.classes))
    forecast.refuse_memory(model, setup)
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
            "histories": [checksum(folder / HISTORY) for folder in folders(run, folds)],
        }
        files.write_json(run / TRAINED, files.sealed(trained | about))
    return pd.DataFrame(rows)


def built(setup: Setup, n_classes: int) -> "keras.Model":
    """The network of a run before its training, in the precision that is asked for."""
    from dermlab.network import backend, models

    with backend.computing_in(setup.precision):
        return models.build(
            setup.kind,
            n_classes,
            setup.size,
            weights=setup.weights,
            batch_norm=setup.recipe.batch_norm,
            seed=setup.seed,
        )


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
    from dermlab.network import forecast, picture_report, pictures

    run_folder.refuse_place(Path(run))
    _check_folder(Path(run), _settings(plan, folds, setup), resume)
    forecast.refuse_batches(setup)
    if list(map(str, sources)) == [pictures.CLINIC]:
        return {}
    wanted = needed(plan, folds)
    loaded = pictures.of_cases(wanted, sources, setup.size, allow_missing=allow_missing, show=show)
    return picture_report.of_loaded(loaded, wanted)


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
        model = inference.load_run(place, into=first.model).model
        total += inference.predict(model, loaded.pixels, show=show)
    table = _table(loaded.image_ids, first.classes, total)
    sidecar = _sidecar(Path(run), first.classes, first.task, first.seed)
    return table, sidecar | {"networks": len(places)}


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
    from dermlab.network import backend, heads, inference, plans, training

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
        if backend.policy(setup.precision) != "float32":  # answer as `predict` will
            model = inference.load_run(folder).model
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
    if plan.tree is not None:
        about["tree"] = run_folder.edges(plan.tree)
    return asdict(setup) | about | ({OWN: True} if plan.own else {})


def _check_folder(run: Path, settings: dict, resume: bool) -> None:
    """InputError where the folder holds another run, or this one and ``resume`` is not given."""
    if not (run / SETTINGS).is_file():
        return
    if not resume:
        raise InputError(f"{run} already holds a run: give --resume, or name another folder.")
    before = {"precision": "float32"} | read_settings(run)  # earlier runs do not say it
    before, settings = (each | each.get("recipe", {}) for each in (before, settings))
    parts = [name for name in settings if name != "recipe"]
    if changed := [name for name in parts if before.get(name) != settings[name]]:
        raise InputError(
            f"{run} holds a run with another {' and '.join(changed)}: it cannot be resumed; "
            "name another folder."
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
