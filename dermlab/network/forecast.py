"""What a training will take, before it begins: steps, memory, disk, minutes.

Steps and disk are counted. Memory is an estimate, beside what the process or GPU really used while
ten steps of the real network were measured; minutes are those steps' seconds, extrapolated.
"""

import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dermlab import cache, text
from dermlab.errors import InputError
from dermlab.network import kinds, plans, run_folder
from dermlab.network.plans import Plan

if TYPE_CHECKING:
    from dermlab.network.backend import keras
    from dermlab.network.runs import Setup

MEASURED = 10  # steps, after the first, in which the network is compiled
COPIES = 4  # of each weight while training: itself, its gradient, RMSProp's two averages
DIGITS = 20  # bytes of a probability in a table of predictions


@dataclass(frozen=True)
class Speed:
    """Seconds of one network: its ``first`` step, a ``step`` (median of ten), a ``picture``
    predicted; the most memory in use until then, in bytes, and ``where``."""

    first: float
    step: float
    picture: float
    memory: int
    where: str


def steps(plan: Plan, fold: int | None, setup: "Setup") -> int:
    """The steps of an epoch, as `training.epoch_order` has them."""
    rows = plans.parts(plan, fold).train
    counts = Counter(plan.categories[rows])
    balanced = max(counts.values()) * len(counts)
    return setup.recipe.steps(balanced if setup.recipe.balance else len(rows))


def disk(plan: Plan, folds: Sequence[int | None], n_images: int, size: int, weights: int) -> dict:
    """Bytes of the decoded pictures, and of the run: checkpoints, weights, predictions.

    ``weights``: how many the network has. A finished network leaves three copies in its checkpoint
    (RMSProp's two averages are there), its best weights and ``weights.npz``; while a checkpoint is
    written the one before still stands beside it.
    """
    n_answers = sum(len(plans.parts(plan, fold).scored) for fold in folds) * len(plan.classes)
    tables = n_answers * DIGITS * (2 if len(folds) > 1 else 1)
    return {
        "pictures": n_images * size * size * 3,
        "run": (5 * len(folds) + 4) * weights * 4 + tables,
    }


def refuse_disk(needed: dict, run: Path, *, pictures_are_there: bool) -> None:
    """InputError where the disks have too little room for the run, or for pictures to come."""
    places = {run_folder.standing(run): needed["run"]}
    if not pictures_are_there:
        folder = run_folder.standing(cache.folder())
        places[folder] = places.get(folder, 0) + needed["pictures"]
    of_disk: Counter = Counter()
    for folder, n_bytes in places.items():
        of_disk[folder.stat().st_dev] += n_bytes
    for folder in places:
        free, asked = shutil.disk_usage(folder).free, of_disk[folder.stat().st_dev]
        if free < asked:
            raise InputError(
                f"The run needs {text.size(asked)} on the disk of {folder}, which has "
                f"{text.size(free)} free: choose a folder on a larger disk, or a smaller --size."
            )


def refuse_batches(setup: "Setup") -> None:
    """InputError where the pixels of two batches, one waiting while one is learnt from, are more
    than the memory that is free: the least that any training needs, known without a network."""
    import psutil

    needed = 2 * setup.recipe.batch_size * setup.size**2 * 3
    _refuse_memory(needed, psutil.virtual_memory().available, "are free", setup)


def refuse_memory(model: "keras.Model", setup: "Setup") -> None:
    """InputError where `memory` is more than the whole machine has; a GPU's is not judged."""
    import psutil

    from dermlab.network import backend

    if backend.devices()[0].startswith("cpu"):
        needed = memory(model, setup.recipe.batch_size)
        _refuse_memory(needed, psutil.virtual_memory().total, "are there", setup)


def _refuse_memory(needed: int, there: int, where: str, setup: "Setup") -> None:
    if needed > there:
        raise InputError(
            f"Training with {text.plural(setup.recipe.batch_size, 'picture')} a step of "
            f"{setup.size:,} pixels a side needs about {text.size(needed)} of memory, and "
            f"{text.size(there)} {where}: choose a smaller --size or --batch-size."
        )


def memory(model: "keras.Model", batch_size: int) -> int:
    """An estimate of the bytes that a training step holds.

    Every weight `COPIES` times in float32, and for each picture of the batch what every layer
    gives, once, in the precision in which it computes: the backward pass reads it again.
    """
    outputs = sum(
        np.prod(layer.output.shape[1:]) * (2 if layer.compute_dtype.endswith("16") else 4)
        for layer in model.layers
    )
    return int(model.count_params() * 4 * COPIES + batch_size * outputs)


def measure(model: "keras.Model", setup: "Setup") -> Speed:
    """`MEASURED` training steps of random pictures, and one prediction."""
    from dermlab.network import backend, inference, training

    training.prepare(model, setup.recipe, setup.seed)
    rng, batch_size = np.random.default_rng(0), setup.recipe.batch_size
    x = rng.integers(0, 256, (batch_size, setup.size, setup.size, 3)).astype(np.uint8)
    y = rng.integers(0, model.output_shape[-1], batch_size)
    first, *taken = (_seconds(backend.train_on_batch, model, x, y) for _ in range(MEASURED + 1))
    inference.predict(model, x, batch_size=batch_size)  # compiled
    picture = _seconds(inference.predict, model, x, batch_size=batch_size) / batch_size
    return Speed(first, float(np.median(taken)), picture, *backend.peak_memory())


def _seconds(function, *arguments, **options) -> float:
    started = time.perf_counter()
    np.asarray(function(*arguments, **options))  # a loss that is still being computed is waited for
    return time.perf_counter() - started


def seconds(plan: Plan, folds: Sequence[int | None], setup: "Setup", speed: Speed) -> float:
    """All networks of a run: at most, where the recipe may stop before its last epoch."""
    total = speed.first
    for fold in folds:
        train, development, scored = map(len, plans.parts(plan, fold))
        epoch = steps(plan, fold, setup) * speed.step + development * speed.picture
        total += setup.recipe.epochs * epoch + scored * speed.picture
        if kinds.begins_by_regression(setup.kind, setup.weights):
            total += (train + 2 * development) * speed.picture
    return total


def of(
    plan: Plan, folds: Sequence[int | None], setup: "Setup", run: Path, n_images: int, drawn: bool
) -> dict:
    """Steps, memory, disk and minutes of a run, as JSON has them.

    n_images : pictures that the run reads; ``drawn`` if they are in the cache by now. The network
    has the weights of ``setup`` where they are at hand, else random ones, which cost the same or,
    since their BatchNorm moves, a little more. InputError for too small a disk. Minutes are None
    where the memory that is free would not hold a step.
    """
    import psutil

    from dermlab.network import backend, checkpoints, runs

    at_hand = checkpoints.at_hand(setup.kind, setup.weights)
    model = runs.built(setup if at_hand else setup.random(), len(plan.classes))
    needed = disk(plan, folds, n_images, setup.size, model.count_params())
    refuse_disk(needed, run, pictures_are_there=drawn)
    epoch, batch_size = [steps(plan, fold, setup) for fold in folds], setup.recipe.batch_size
    estimate = memory(model, batch_size // backend.sharing())
    result = {
        "steps": {"an_epoch": epoch, "all": sum(epoch) * setup.recipe.epochs},
        "memory": {
            "bytes": estimate,
            "how": f"estimated: {COPIES} copies of {model.count_params():,} weights, and every "
            f"layer's output for {text.plural(batch_size // backend.sharing(), 'picture')} a "
            "device",
        },
        "disk": needed | {"free": shutil.disk_usage(run_folder.standing(run)).free},
        "weights_at_hand": at_hand,
        "minutes": None,
    }
    device = backend.devices()[0]
    if device.startswith("cpu") and estimate > psutil.virtual_memory().available:
        return result
    speed = measure(model, setup)
    result["memory"] |= {"measured_bytes": speed.memory, "measured": f"the most {speed.where}"}
    result["minutes"] = {
        "all": seconds(plan, folds, setup, speed) / 60,
        "seconds_a_step": speed.step,
        "seconds_first_step": speed.first,
        "seconds_a_picture_predicted": speed.picture,
        "how": f"extrapolated from {MEASURED} measured steps (median) of {batch_size} pictures at "
        f"{setup.size} pixels in {backend.policy(setup.precision)}, on "
        f"{text.plural(backend.sharing(), 'device')} ({device}), reading of pictures not included"
        + ("; at most, since it may stop earlier" if setup.recipe.patience else ""),
    }
    return result
