"""Images and a network in; probabilities and features out; a finished run on disk."""

import math
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import dermlab
from dermlab import files
from dermlab.errors import InputError
from dermlab.network import backend, checkpoints, graph, models
from dermlab.network.backend import keras
from dermlab.network.plans import listed
from dermlab.network.progress import track
from dermlab.network.recipe import Recipe

RUN = "run.json"
MAX_SIZE = 4096  # pixels a side of a network's input; more is a damaged number
UNFINISHED = "train a network into the folder first"
_feature_models: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Run:
    """A trained network and what is needed to read its output."""

    model: keras.Model
    size: int  # pixels a side
    classes: pd.DataFrame  # name, diseases (tuple of taxonomy nodes); in the network's order
    task: str | None  # the task it was trained on directly; None for training classes
    recipe: Recipe
    seed: int


def predict(
    model: keras.Model,
    images: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    batch_size: int = 64,
    show: bool = False,
) -> np.ndarray:
    """Probabilities (n, n_classes) float32 of ``images[rows]``; all images where rows is None.

    Whatever the model's output is: of a single sigmoid (n, 1), the probability of class 1; of
    several outputs by name a dict of arrays.
    """
    return _in_batches(model, images, rows, batch_size, show)


def features(
    model: keras.Model,
    images: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    batch_size: int = 64,
    show: bool = False,
) -> np.ndarray:
    """The last hidden layer (n, units) float32: 512 units in ``compact``, 2,048 in the full one.

    Of a network of one's own, what its last Dense layer reads; InputError where it has none.
    """
    if model not in _feature_models:  # compiled once a model, not once a call
        _feature_models[model] = graph.hidden(model, models.FEATURES)
    return _in_batches(_feature_models[model], images, rows, batch_size, show)


def _in_batches(
    model: keras.Model, images: np.ndarray, rows: np.ndarray | None, batch_size: int, show: bool
) -> np.ndarray:
    """The model's output, in batches of one size that all devices can share evenly: a shorter last
    batch would be compiled anew, so it is filled up with repeats, whose outputs are dropped."""
    rows = np.arange(len(images)) if rows is None else np.asarray(rows)
    if not len(rows):
        raise InputError("there are no images to predict")
    n = backend.sharing()
    batch_size = math.ceil(min(batch_size, len(rows)) / n) * n
    starts = range(0, len(rows), batch_size)
    outputs = []
    for start in track(starts, total=len(starts), label="predicting", show=show):
        batch = np.resize(rows[start : start + batch_size], batch_size)
        outputs.append(backend.predict_on_batch(model, _pixels(model, images[batch])))
    return keras.tree.map_structure(lambda *each: np.concatenate(each)[: len(rows)], *outputs)


def _pixels(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """A batch as the model takes it: a subclass of keras.Model has no input that would cast it."""
    return images if getattr(model, "inputs", None) else images.astype(np.float32, copy=False)


def save_run(
    folder: str | Path,
    model: keras.Model,
    *,
    classes: pd.DataFrame,
    recipe: Recipe,
    seed: int,
    task: str | None = None,
    dtype: str = "float32",
) -> None:
    """Write ``weights.npz`` and, last, ``run.json``, which says that the run is whole.

    ``classes``: columns ``name`` and ``diseases``, a row an output of the network.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    checksum = checkpoints.save_weights(model, folder / "weights.npz", dtype=dtype)
    about = {
        "model": model.name,
        "size": model.input_shape[1],
        "classes": listed(classes),
        "task": task,
        "recipe": asdict(recipe),
        "seed": seed,
        "weights": checksum,
        "dermlab": dermlab.__version__,
    }
    files.write_if_changed(folder / RUN, files.as_json(files.sealed(about)))


def load_run(folder: str | Path, into: keras.Model | None = None) -> Run:
    """The network of ``save_run``; InputError where the folder holds no whole run.

    ``into``: a network of the same kind and classes, which takes on the weights in the place of a
    new one: what is compiled for it need not be compiled again.
    """
    folder = Path(folder)
    if not (folder / RUN).is_file():
        raise InputError(f"{folder} holds no finished run: {UNFINISHED}.")
    about = files.read_record(folder / RUN, cure=UNFINISHED)
    with files.reading(folder / RUN, cure=UNFINISHED):
        classes = pd.DataFrame(about["classes"], columns=["name", "diseases"])
        classes["diseases"] = classes["diseases"].map(tuple)
        recipe, size, checksum = Recipe(**about["recipe"]), about["size"], about["weights"]
        if not isinstance(size, int) or not 0 < size <= MAX_SIZE:
            raise ValueError(f"its size is {size!r}")
        model = into or models.build(about["model"], len(classes), size, weights="none")
        run = Run(model, size, classes, about["task"], recipe, about["seed"])
    checkpoints.load_weights(model, folder / "weights.npz", checksum)
    return run
