"""The shipped weights: the compact network pretrained on pictures that show no skin.

The weights file stands in the package, which needs it (``dermlab/data/weights/compact_mixed.npz``).
`make_weights` makes such a file again in about ten minutes on two cores, and is called by hand,
since every network of the other results starts from the one file that is shipped:

    from results.compact_weights import recipe
    recipe.make_weights(recipe.Pretraining("mixed"), 0, "weights.npz")

The result shows what the file was taught and what it is worth.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from results.common import everyday_pictures
from results.common.result import RESULTS, WEIGHTS, Inputs, Outputs, Result

SCREENING = f"{RESULTS}compact_weights/screening.csv"  # what `judge` said of each start, once
SEED, SIZE = 0, 96
N_EXAMPLES, N_LEARNT, N_NAMED = 16, 10, 5  # examples in all; pictures a class


@dataclass(frozen=True)
class Pretraining:
    """How the shipped weights are made. The learning rate rises, then falls along a cosine."""

    mixture: str
    steps: int = 4000
    batch_size: int = 32
    learning_rate: float = 0.002  # of Adam, at its top
    warm_up: int = 30  # steps
    size: int = SIZE  # pixels

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        rising = min(1.0, (step + 1) / self.warm_up)
        return self.learning_rate * rising * (1 + math.cos(math.pi * step / self.steps)) / 2


# --- the weights file -----------------------------------------------------------------------------


def make_weights(pretraining: Pretraining, seed: int, path: str | Path) -> tuple[str, np.ndarray]:
    """Pretrain the compact network, write it to ``path`` (.npz, float16, without its head).

    Returns the file's checksum and the loss of each step. The same settings and seed give the same
    file on one machine.
    """
    from dermlab.network import backend, checkpoints

    backend.deterministic(seed)
    model = build(pretraining, seed)
    losses = pretrain(model, pretraining, seed)
    return checkpoints.save_weights(model, path, head=False), losses


def build(pretraining: Pretraining, seed: int):
    """The compact network with random weights and an output for every class of both sources."""
    from dermlab.network import models
    from dermlab.network.backend import keras

    everyday_pictures.check(pretraining.mixture)
    n_classes = len(everyday_pictures.classes("mixed"))
    model = models.build("compact", n_classes, pretraining.size, weights="none", seed=seed)
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
    return model


def pretrain(model, pretraining: Pretraining, seed: int) -> np.ndarray:
    """Train a model of `build`; the loss of every step. Every picture is drawn once only."""
    from dermlab.network.progress import track

    losses, steps = [], range(pretraining.steps)
    for step in track(steps, total=len(steps), label="pretraining", show=True):
        x, y = everyday_pictures.pictures(
            pretraining.mixture, pretraining.batch_size, pretraining.size, seed=[seed, step]
        )
        model.optimizer.learning_rate = pretraining.rate(step)
        model.reset_metrics()
        losses.append(model.train_on_batch(x, y))
    if not np.isfinite(losses).all():
        raise InputError("the loss is no longer a number: lower the recipe's learning rate")
    return np.array(losses)


def judge(
    weights: str | Path,
    pixels: np.ndarray,
    is_positive: np.ndarray,
    *,
    train: np.ndarray,
    development: np.ndarray,
    steps: int,
    seed: int,
) -> float:
    """The worth of weights: the AUC on the development part after fine-tuning all layers.

    weights : a file of `make_weights`, or ``none``. pixels : (n, size, size, 3) uint8;
    is_positive : (n,); train, development : row numbers. The recipe is the classroom's, ``steps``
    batches long. For one seed all starts get the same random head and the same order of pictures.
    """
    from sklearn.metrics import roc_auc_score

    from dermlab.network import models, training
    from dermlab.network.recipe import Recipe

    size, labels = pixels.shape[1], np.asarray(is_positive).astype(int)
    model = models.build("compact", 2, size, weights="none", seed=seed)
    if weights != "none":
        head = model.get_layer(models.HEAD).get_weights()
        model = models.build("compact", 2, size, weights=weights, seed=seed)
        model.get_layer(models.HEAD).set_weights(head)
    fitted = training.fit(
        model,
        pixels,
        labels,
        train=train,
        development=development,
        recipe=replace(Recipe.classroom(), epochs=1, steps_per_epoch=steps),
        seed=seed,
        metric=lambda p, rows: roc_auc_score(labels[rows], p[:, 1]),
    )
    return fitted.best


# --- the result -----------------------------------------------------------------------------------


def shown(inputs: Inputs) -> Outputs:
    """``examples.npz``: 16 pictures of the mixture (uint8, 96 px), their ``label`` and the names of
    all ``classes``. ``checkpoints.csv``: how many new pictures a linear classifier names on the
    last hidden layer of the network with the shipped weights, with half of them, and with none:
    ``weights, n_classes, n_learnt, n, right``. ``judged.csv``: the AUC on HAM10000's development
    part of each start that was compared when the weights were chosen, by seed, mean and sd.
    """
    pixels, label = everyday_pictures.pictures("mixed", N_EXAMPLES, SIZE, seed=13)
    names = np.array(everyday_pictures.classes("mixed"))
    return {
        "examples.npz": {"pixels": pixels, "label": label, "classes": names},
        "checkpoints.csv": named(inputs[WEIGHTS], N_LEARNT, N_NAMED),
        "judged.csv": judged(pd.read_csv(inputs[SCREENING])),
    }


def named(weights: Path, n_learnt: int, n: int) -> pd.DataFrame:
    """See `shown`; ``n_learnt`` pictures a class teach the classifier, ``n`` are named.

    BatchNorm's statistics of all but the shipped weights are measured anew, without labels, so that
    no network fails for that.
    """
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from dermlab.interpretation import anatomy
    from dermlab.network import inference, models

    k = len(everyday_pictures.classes("mixed"))
    seen, seen_class = everyday_pictures.pictures("mixed", k * n_learnt, SIZE, seed=11)
    new, new_class = everyday_pictures.pictures("mixed", k * n, SIZE, seed=12)
    options = {"batch_norm": "updating", "augment": False}
    network = models.build("compact", k, SIZE, weights=weights, **options)
    watching, rows = anatomy.watched(network, ["mixed10"]), []
    for name, arrays in _half_loaded(network).items():
        network.set_weights(arrays)
        if name != "loaded":
            anatomy.settle(network, seen[::7].astype("float32"))
        maps = inference.predict(watching, np.concatenate([seen, new]))["mixed10"]
        reader = make_pipeline(StandardScaler(), RidgeClassifier(100))
        share = reader.fit(maps[: len(seen)], seen_class).score(maps[len(seen) :], new_class)
        rows.append([name, k, len(seen), len(new), share])
    return pd.DataFrame(rows, columns=["weights", "n_classes", "n_learnt", "n", "right"])


def _half_loaded(network) -> dict[str, list[np.ndarray]]:
    from dermlab.interpretation import anatomy

    loaded, scratch = network.get_weights(), anatomy.random_weights(network, seed=100)
    return {
        "loaded": loaded,
        "lower half loaded": anatomy.half(network, loaded, scratch, "mixed4"),
        "upper half loaded": anatomy.half(network, scratch, loaded, "mixed4"),
        "random": scratch,
    }


def judged(screening: pd.DataFrame) -> pd.DataFrame:
    """The rows of `judge` with a column a seed, their mean and standard deviation."""
    keys = ["setting", "start", "pretrain_steps", "finetune_steps"]
    wide = screening.pivot(index=keys, columns="seed", values="auc")
    wide = wide.loc[screening.set_index(keys).index.unique()]
    seeds = wide.rename(columns=lambda seed: f"seed_{seed}").rename_axis(columns=None)
    return seeds.assign(mean=wide.mean(axis=1), sd=wide.std(axis=1)).reset_index()


RESULT = Result(
    shown,
    "The shipped weights of the compact network: examples of the everyday pictures and patterns "
    "that they were taught, what a linear classifier names with all, half and none of them, and "
    "the fine-tunings on HAM10000's development part by which their mixture was chosen.",
    kind="measured here",
    seed=SEED,
    minutes=2,
    reads=(WEIGHTS, SCREENING),
)
