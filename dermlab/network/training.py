"""Training that can be interrupted: one compiled step, and everything on disk after each epoch."""

import hashlib
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import files, text
from dermlab.errors import InputError
from dermlab.evaluation import multiclass
from dermlab.network import backend, checkpoints, inference
from dermlab.network.backend import keras
from dermlab.network.progress import track
from dermlab.network.recipe import Recipe

DEVELOPMENT, HISTORY = "development", "history.csv"
COLUMNS = ("epoch", "steps", "learning_rate", "loss", "seconds")  # of every history
Metric = Callable[[np.ndarray, np.ndarray], float]
OnEpoch = Callable[[dict, dict[str, np.ndarray]], None]


@dataclass(frozen=True)
class Fitted:
    """The result of a training: the model itself holds the weights of ``best_epoch``."""

    history: pd.DataFrame  # epoch, steps, learning_rate, loss, development, watched parts, seconds
    best_epoch: int
    best: float  # of the development part; NaN without one


def fit(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    train: np.ndarray,
    recipe: Recipe,
    development: np.ndarray | None = None,
    watch: Mapping[str, np.ndarray] | None = None,
    folder: str | Path | None = None,
    resume: bool = False,
    seed: int = 0,
    groups: np.ndarray | None = None,
    metric: Metric | None = None,
    begin: Callable[[], object] | None = None,
    on_epoch: OnEpoch | None = None,
    show: bool = False,
) -> Fitted:
    """Train ``model`` and leave it with the weights of its best epoch on the development part.

    images : (n, size, size, 3) uint8, an array or a memory map; labels : (n,) class numbers.
    train, development : row numbers of the two parts. The development part alone chooses the epoch;
        without one nothing is chosen, and the last epoch is kept.
    watch : name -> row numbers of a part that is scored after every epoch too, into a column of the
        history of that name, and that decides nothing: a test part. No other row is ever read.
    folder : receives ``checkpoint.npz``, ``best-EPOCH.npz`` and ``history.csv`` after every epoch;
        None keeps nothing. ``resume`` goes on after the last whole epoch in it.
    seed : decides the order of the images in every epoch, and the augmentation.
    groups : (n,) what ``recipe.balance`` evens out, the labels where it is None.
    metric : ``metric(probabilities, rows)`` of a part, larger is better; the mean of the classes'
        accuracies where it is None.
    begin : called once, before a training that is not resumed, to give ``model`` other weights; the
        network is then scored as epoch 0 of the history, which may be the best one.
    on_epoch : ``on_epoch(row, probabilities)`` is called with each new row of the history, and part
        -> probabilities (rows, n_classes). show : a bar or quiet lines on stderr.

    The same seed, and for a resumed run the same settings, give the same numbers under
    ``backend.deterministic``. InputError for a folder that holds another run, or this one without
    ``resume``, and when the loss stops being a number.
    """
    labels, train = np.asarray(labels), np.asarray(train)
    scored = _scored_parts(development, watch)
    metric = metric or _mean_class_accuracy(labels)
    groups = labels if groups is None else np.asarray(groups)
    about = _about(recipe, seed, train, labels, groups, scored)
    prepare(model, recipe, seed)
    history, best = _open(model, folder, about, resume)
    while not _finished(history, recipe):
        epoch, started = _next_epoch(history, begin is not None), time.perf_counter()
        if epoch == 0:
            begin()
            steps, rate, loss = 0, 0.0, math.nan
        else:
            order = epoch_order(train, groups, recipe, seed=seed, epoch=epoch)
            steps, rate = len(order) // recipe.batch_size, recipe.rate(epoch)
            loss = _one_epoch(model, images, labels, order, recipe, epoch, show)
        probabilities = _predicted(model, images, scored)
        history.append(
            {
                "epoch": epoch,
                "steps": steps,
                "learning_rate": rate,
                "loss": loss,
                **{name: float(metric(probabilities[name], scored[name])) for name in scored},
                "seconds": round(time.perf_counter() - started, 2),
            }
        )
        if _best_epoch(history) == epoch:
            best = [checkpoints.to_numpy(variable) for variable in model.weights]
        _keep(model, folder, about, history, best)
        _report(history, recipe, show)
        if on_epoch:
            on_epoch(history[-1], probabilities)
    model.set_weights(best)
    best_row = _best(history)
    return Fitted(pd.DataFrame(history), best_row["epoch"], best_row.get(DEVELOPMENT, math.nan))


def epoch_order(
    rows: np.ndarray, groups: np.ndarray, recipe: Recipe, *, seed: int, epoch: int
) -> np.ndarray:
    """The rows of one epoch, in whole batches: a function of seed and epoch, of nothing else.

    Under ``recipe.balance`` every group is repeated cyclically up to the size of the largest. A
    remainder smaller than a batch is left out, another one in every epoch.
    """
    rng = np.random.default_rng([seed, epoch])
    rows = rng.permutation(rows)
    if recipe.balance:
        members = [rows[groups[rows] == group] for group in np.unique(groups[rows])]
        rows = np.concatenate([np.resize(group, max(map(len, members))) for group in members])
    needed = recipe.steps(len(rows)) * recipe.batch_size
    passes = [rng.permutation(rows) for _ in range(math.ceil(needed / len(rows)))]
    return np.concatenate(passes)[:needed]


def _scored_parts(
    development: np.ndarray | None, watch: Mapping[str, np.ndarray] | None
) -> dict[str, np.ndarray]:
    """Part -> its rows, the development part first where there is one."""
    parts = {} if development is None else {DEVELOPMENT: np.asarray(development)}
    for name, rows in (watch or {}).items():
        if name in (*COLUMNS, DEVELOPMENT):
            raise InputError(f"{name!r} is a column of every history: watch under another name")
        parts[name] = np.asarray(rows)
    return parts


def _about(recipe: Recipe, seed: int, train, labels, groups, scored: dict) -> dict:
    """What a resumed run must agree in; a longer run may go on from a shorter one."""
    watched = {name: rows for name, rows in scored.items() if name != DEVELOPMENT}
    development = scored.get(DEVELOPMENT, np.empty(0, int))
    about = {
        "recipe": asdict(recipe) | {"epochs": None},
        "seed": int(seed),
        "set of images": _digest(train, development, labels[train], groups[train]),
    }
    if watched:
        about["watched part"] = {name: _digest(rows) for name, rows in watched.items()}
    return about


def _predicted(
    model: keras.Model, images: np.ndarray, parts: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Part -> probabilities; all parts in one pass, so that only the last batch is filled up."""
    if not parts:
        return {}
    together = inference.predict(model, images, rows=np.concatenate(list(parts.values())))
    ends = np.cumsum([len(rows) for rows in parts.values()])
    return dict(zip(parts, np.split(together, ends[:-1]), strict=True))


def prepare(model: keras.Model, recipe: Recipe, seed: int) -> None:
    """Compile unless that is done, and start the optimiser and the random numbers afresh.

    Building the graph of a training step takes longer than a short training, so a model that is
    fitted again with the same constants keeps its compiled step.
    """
    constants = {name: getattr(recipe, name) for name in ("rho", "momentum", "epsilon")}
    optimizer = getattr(model, "optimizer", None)
    if not isinstance(optimizer, keras.optimizers.RMSprop) or constants != {
        name: getattr(optimizer, name) for name in constants
    }:
        model.compile(keras.optimizers.RMSprop(**constants), "sparse_categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)
    for slot in model.optimizer.variables:
        start = recipe.mean_square_start if slot.path.endswith("_velocity") else 0
        slot.assign(np.full(tuple(slot.shape), start, slot.dtype))
    for state in _random_states(model):
        state.assign(np.array([seed, 0], state.dtype))


def _random_states(model: keras.Model) -> list[keras.Variable]:
    """The states of the layers' seed generators, as ``[seed, numbers drawn]``."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _one_epoch(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    order: np.ndarray,
    recipe: Recipe,
    epoch: int,
    show: bool,
) -> float:
    """Every batch of ``order`` once; the mean loss."""
    model.optimizer.learning_rate = recipe.rate(epoch)
    batches = order.reshape(-1, recipe.batch_size)
    label = f"epoch {epoch} of {recipe.epochs}"
    pixels = _gathered(images, labels, batches)
    batches_shown = track(pixels, total=len(batches), label=label, show=show)
    losses = [backend.train_on_batch(model, x, y) for x, y in batches_shown]
    loss = float(np.mean(losses))
    if not np.isfinite(loss):
        raise InputError(
            f"the loss is no longer a number in epoch {epoch}: lower the recipe's learning rate"
        )
    return loss


def _gathered(
    images: np.ndarray, labels: np.ndarray, batches: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches of pixels and labels, the next one read from the map while the last one trains."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(images.__getitem__, batches[0])
        for rows, following in zip(batches, [*batches[1:], None], strict=True):
            x = waiting.result()
            if following is not None:
                waiting = reader.submit(images.__getitem__, following)
            yield x, labels[rows]


def _mean_class_accuracy(labels: np.ndarray) -> Metric:
    """The paper's accuracy: the mean of the classes' accuracies."""
    return lambda probabilities, rows: multiclass.mean_class_accuracy(
        labels[rows], probabilities.argmax(axis=1)
    )


def _best(history: list[dict]) -> dict:
    """The first row with the largest development value; without such a part the last."""
    if DEVELOPMENT not in history[-1]:
        return history[-1]
    return history[int(np.argmax([row[DEVELOPMENT] for row in history]))]


def _best_epoch(history: list[dict]) -> int:
    return _best(history)["epoch"]


def _next_epoch(history: list[dict], from_zero: bool) -> int:
    """Epochs are counted from 1; 0 is the network that ``begin`` has left."""
    return history[-1]["epoch"] + 1 if history else int(not from_zero)


def _finished(history: list[dict], recipe: Recipe) -> bool:
    if not history:
        return False
    most = math.inf if recipe.patience is None else _best_epoch(history) + recipe.patience
    return history[-1]["epoch"] >= min(recipe.epochs, most)


def _state(model: keras.Model) -> list[keras.Variable]:
    """All that the next step depends on: weights, random states, the optimiser's slots."""
    return [*model.weights, *_random_states(model), *model.optimizer.variables]


def _keep(
    model: keras.Model,
    folder: str | Path | None,
    about: dict,
    history: list[dict],
    best: list[np.ndarray],
) -> None:
    """Write the best weights if they are new, then the checkpoint that names them."""
    if folder is None:
        return
    folder, chosen = Path(folder), _best_epoch(history)
    if chosen == history[-1]["epoch"]:
        checkpoints.write(folder / f"best-{chosen}.npz", best)
    arrays = [checkpoints.to_numpy(variable) for variable in _state(model)]
    checkpoints.write(folder / "checkpoint.npz", arrays, {"about": about, "history": history})
    _tidy(folder, history)


def _tidy(folder: Path, history: list[dict]) -> None:
    """What follows from the checkpoint, which a kill behind it may have left as it was before."""
    for other in folder.glob("best-*.npz"):
        if other.name != f"best-{_best_epoch(history)}.npz":
            other.unlink()
    files.write_if_changed(folder / HISTORY, pd.DataFrame(history).to_csv(index=False))


def _open(
    model: keras.Model, folder: str | Path | None, about: dict, resume: bool
) -> tuple[list[dict], list[np.ndarray]]:
    """The history and best weights so far: none, or those of the run that is resumed."""
    if folder is None:
        return [], []
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "checkpoint.npz"
    if not path.exists():
        return [], []
    if not resume:
        raise InputError(f"{folder} already holds a run: resume it, or name another folder")
    arrays, note, _ = checkpoints.read(path)
    with files.reading(path, cure=checkpoints.CURE):
        before, history = note["about"], note["history"]
    changed = [name for name in {**about, **before} if before.get(name) != about.get(name)]
    if changed:
        raise InputError(
            f"{folder} holds a run with another {' and '.join(changed)}: it cannot be resumed"
        )
    checkpoints.fill(_state(model), arrays, path)
    best, _, _ = checkpoints.read(folder / f"best-{_best_epoch(history)}.npz")
    _tidy(folder, history)
    return history, best


def _report(history: list[dict], recipe: Recipe, show: bool) -> None:
    if not show:
        return
    row, best = history[-1], f" (best: epoch {_best_epoch(history)})"
    scores = [
        f", {name} {text.number(row[name])}{best if name == DEVELOPMENT else ''}"
        for name in row
        if name not in COLUMNS
    ]
    loss = f"loss {text.number(row['loss'])}" if row["steps"] else "no step yet"
    print(
        f"epoch {row['epoch']} of {recipe.epochs}: {loss}{''.join(scores)}, {row['seconds']:.0f} s",
        file=sys.stderr,
    )


def _digest(*arrays: np.ndarray) -> str:
    """SHA-256 of arrays, text among them."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr((array.shape, array.tolist())).encode())
    return digest.hexdigest()
