"""Makes the shipped weights: the compact network pretrained on pictures that show no skin.

Two sources, and their mixture. *Photographs*: crops of everyday photographs that scikit-learn and
scikit-image carry in their packages; the class is which photograph, and which quarter of it where
the quarters differ. *Procedural*: patterns computed from formulas; the class is the kind of pattern
and its scale. No photograph of a person is among them, and no medical one. What resembles a lesion,
a spot on textured ground, is left out on purpose: no such pattern, no photograph of coins, of the
moon or of galaxies. What kinship teaches is not what everyday pictures teach.

    python -m dermlab.network.pretraining photographs weights.npz --seed 0
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from dermlab import text
from dermlab.errors import InputError
from dermlab.network import backend, checkpoints, models, training
from dermlab.network.backend import keras
from dermlab.network.progress import track
from dermlab.network.recipe import Recipe

SCENES = ("china", "flower", "chelsea", "coffee", "motorcycle", "rocket")
SURFACES = ("brick", "grass", "gravel", "page", "text")  # alike in all quarters: one class each
QUARTERS = ("upper left", "upper right", "lower left", "lower right")
SCALES = {"fine": 1 / 19, "medium": 1 / 9, "coarse": 1 / 4}  # of a pattern, in picture widths


@dataclass(frozen=True)
class Pretraining:
    """How the shipped weights are made. The learning rate rises, then falls along a cosine."""

    mixture: str
    steps: int = 4000
    batch_size: int = 32
    learning_rate: float = 0.002  # of Adam, at its top
    warm_up: int = 30  # steps
    size: int = 96  # pixels

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        rising = min(1.0, (step + 1) / self.warm_up)
        return self.learning_rate * rising * (1 + math.cos(math.pi * step / self.steps)) / 2


@dataclass(frozen=True)
class Made:
    """What ``make_weights`` wrote."""

    checksum: str
    losses: np.ndarray  # (steps,) cross-entropy of each batch before it was learnt from
    minutes: float


def make_weights(recipe: Pretraining, seed: int, path: str | Path, *, show: bool = False) -> Made:
    """Pretrain the compact network and write it to ``path`` (.npz, float16, without its head).

    The same recipe and seed give the same file under ``backend.deterministic``, on one machine.
    """
    started = time.perf_counter()
    model = build(recipe, seed)
    losses = pretrain(model, recipe, seed, show=show)
    checksum = checkpoints.save_weights(model, path, head=False)
    return Made(checksum, losses, (time.perf_counter() - started) / 60)


def build(recipe: Pretraining, seed: int) -> keras.Model:
    """The compact network with random weights and an output for every class of both sources."""
    _check(recipe.mixture)
    model = models.build("compact", len(classes("mixed")), recipe.size, weights="none", seed=seed)
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
    return model


def pretrain(
    model: keras.Model, recipe: Pretraining, seed: int, *, show: bool = False
) -> np.ndarray:
    """Train a model of ``build``; the loss of every step. Every picture is drawn once only."""
    losses = []
    for step in track(range(recipe.steps), total=recipe.steps, label="pretraining", show=show):
        x, y = pictures(recipe.mixture, recipe.batch_size, recipe.size, seed=[seed, step])
        model.optimizer.learning_rate = recipe.rate(step)
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
    """What weights are worth: the AUC on the development part after fine-tuning all layers.

    weights : a file of ``make_weights``, or ``none``. pixels : (n, size, size, 3) uint8;
    is_positive : (n,); train, development : row numbers. The recipe is the classroom's, ``steps``
    batches long. For one seed all starts get the same random head and the same order of pictures.
    """
    from sklearn.metrics import roc_auc_score

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


def classes(mixture: str) -> list[str]:
    """Names of the classes, in the order of the labels of ``mixed``; the others are parts of it."""
    _check(mixture)
    photographs = [f"{name}, {quarter}" for name in SCENES for quarter in QUARTERS]
    patterns = [f"{name}, {scale}" for name in PATTERNS for scale in SCALES]
    parts = {"photographs": [*photographs, *SURFACES], "procedural": patterns}
    return parts.get(mixture) or parts["photographs"] + parts["procedural"]


def pictures(
    mixture: str, n: int, size: int, *, seed: int | Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """``n`` pictures (n, size, size, 3) uint8 and their labels (n,), numbers in ``mixed``.

    The labels are balanced: no class comes twice before every other class has come once.
    """
    rng = np.random.default_rng(seed)
    first = len(classes("photographs")) if mixture == "procedural" else 0
    k = len(classes(mixture))
    rounds = [rng.permutation(k) for _ in range(math.ceil(n / k))]
    labels = first + np.concatenate(rounds)[:n]
    return np.stack([_draw(label, size, rng) for label in labels]), labels


def _check(mixture: str) -> None:
    if mixture not in MIXTURES:
        raise InputError(f"there is no mixture {mixture!r}: choose one of {', '.join(MIXTURES)}")


def _draw(label: int, size: int, rng: np.random.Generator) -> np.ndarray:
    beyond = label - len(SCENES) * len(QUARTERS)
    if beyond < 0:
        name, quarter = SCENES[label // len(QUARTERS)], label % len(QUARTERS)
        return _crop(_photographs()[name], quarter, size, rng)
    if beyond < len(SURFACES):
        return _crop(_photographs()[SURFACES[beyond]], rng.integers(len(QUARTERS)), size, rng)
    pattern, scale = divmod(beyond - len(SURFACES), len(SCALES))
    return _pattern(list(PATTERNS)[pattern], list(SCALES.values())[scale], size, rng)


@cache
def _photographs() -> dict[str, Image.Image]:
    """All photographs as RGB, from the installed packages: nothing is downloaded."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    arrays = {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}
    arrays["motorcycle"] = data.stereo_motorcycle()[0]
    for name in ("chelsea", "coffee", "rocket", *SURFACES):
        arrays[name] = getattr(data, name)()
    return {name: Image.fromarray(array).convert("RGB") for name, array in arrays.items()}


def _crop(photo: Image.Image, quarter: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """A random square of one quarter, a half to the whole of its shorter side, other colours.

    The gains differ by channel, so that a grey photograph is not known by its being grey.
    """
    row, column = divmod(int(quarter), 2)
    width, height = photo.width / 2, photo.height / 2
    side = min(width, height) * rng.uniform(0.5, 1)
    left = column * width + rng.uniform(0, width - side)
    top = row * height + rng.uniform(0, height - side)
    box = (left, top, left + side, top + side)
    square = np.asarray(photo.resize((size, size), Image.Resampling.BILINEAR, box=box), "float32")
    return _bytes(square * rng.uniform(0.7, 1.3, 3) + rng.uniform(-25, 25))


def _pattern(name: str, scale: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """A pattern turned at random, between two random colours, under uneven light, with noise."""
    period = scale * rng.uniform(0.85, 1.18)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = (np.indices((size, size), "float32") + 0.5) / size - 0.5
    u = (x * np.cos(angle) - y * np.sin(angle)) / period + rng.uniform(0, 8)
    v = (x * np.sin(angle) + y * np.cos(angle)) / period + rng.uniform(0, 8)
    value = PATTERNS[name](u, v, rng)[..., None]
    dark, light = _two_colours(rng)
    slope = rng.uniform(-0.4, 0.4, 2)
    shade = 1 + slope[0] * x + slope[1] * y
    noise = rng.normal(0, rng.uniform(0, 8), (size, size, 1))
    return _bytes((dark + value * (light - dark)) * shade[..., None] + noise)


def _two_colours(rng: np.random.Generator) -> np.ndarray:
    """(2, 3), 0-255, far enough apart to be told from each other under noise."""
    while True:
        colours = rng.uniform(0, 255, (2, 3))
        if np.linalg.norm(colours[0] - colours[1]) > 80:
            return colours


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 255).astype(np.uint8)


# The patterns: from coordinates in periods, (size, size) each, to values in [0, 1]. A network
# that sees every picture turned cannot use their orientation, so no class rests on it.


def _wave(phase: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.sin(2 * np.pi * phase)


def _grating(u, v, rng):
    return _wave(u)


def _stripes(u, v, rng):
    return u % 1 < rng.uniform(0.3, 0.7)


def _checks(u, v, rng):
    return (np.floor(u) + np.floor(v)) % 2


def _plaid(u, v, rng):
    return ((u % 1 < 0.5) + 1.0 * (v % 1 < 0.5)) / 2


def _chevrons(u, v, rng):
    return (u + np.abs(v % 2 - 1)) % 1 < 0.5


def _bricks(u, v, rng):
    joint = (v % 1 < 0.2) | ((u / 2 + np.floor(v) / 2) % 1 < 0.1)
    return ~joint


def _weave(u, v, rng):
    """Squares of three stripes, lengthwise and crosswise in turn."""
    across = (np.floor(u / 2) + np.floor(v / 2)) % 2
    return np.where(across, u, v) * 1.5 % 1 < 0.5


def _mosaic(u, v, rng):
    """Voronoi cells around a jittered grid, each of its own shade."""
    shift, shades = rng.random((2, 32, 32)), rng.random((32, 32))
    nearest, value = np.full(u.shape, np.inf), np.zeros(u.shape)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            row, column = np.floor(u).astype(int) + i, np.floor(v).astype(int) + j
            cell = row % 32, column % 32
            distance = (row + shift[0][cell] - u) ** 2 + (column + shift[1][cell] - v) ** 2
            value = np.where(distance < nearest, shades[cell], value)
            nearest = np.minimum(nearest, distance)
    return value


def _lines(u, v, rng):
    """Straight lines in all directions, as many as the picture is periods wide."""
    value = np.zeros(u.shape, bool)
    for _ in range(math.ceil(np.ptp(u) + np.ptp(v)) // 2):
        angle = rng.uniform(0, np.pi)
        across = np.cos(angle) * (u - u.mean()) + np.sin(angle) * (v - v.mean())
        value |= np.abs(across - rng.uniform(across.min(), across.max())) < 0.12
    return value


def _grain(u, v, rng):
    """Noise drawn out lengthwise, as in wood."""
    return _noise(2 * u, v / 4, rng)


def _marble(u, v, rng):
    """A grating bent by noise."""
    return _wave(u + 1.5 * _noise(u / 2, v / 2, rng))


def _noise(u: np.ndarray, v: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random values on a grid, smoothly interpolated."""
    grid = rng.random((64, 64))
    row, column = np.floor(u).astype(int), np.floor(v).astype(int)
    a, b = (t * t * (3 - 2 * t) for t in (u - row, v - column))
    upper = (1 - b) * grid[row % 64, column % 64] + b * grid[row % 64, (column + 1) % 64]
    lower = (1 - b) * grid[(row + 1) % 64, column % 64]
    lower += b * grid[(row + 1) % 64, (column + 1) % 64]
    return (1 - a) * upper + a * lower


PATTERNS: dict[str, Callable] = {
    "grating": _grating,
    "stripes": _stripes,
    "checks": _checks,
    "plaid": _plaid,
    "chevrons": _chevrons,
    "bricks": _bricks,
    "weave": _weave,
    "mosaic": _mosaic,
    "lines": _lines,
    "grain": _grain,
    "marble": _marble,
}
MIXTURES = ("photographs", "procedural", "mixed")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of this room."""
    parser = argparse.ArgumentParser(description="Make the weights that dermlab ships.")
    parser.add_argument("mixture", choices=MIXTURES)
    parser.add_argument("out", type=Path, help="the .npz file to write")
    parser.add_argument("--steps", type=int, default=Pretraining.steps)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    backend.deterministic(given.seed)
    recipe = Pretraining(given.mixture, steps=given.steps)
    made = make_weights(recipe, given.seed, given.out, show=True)
    print(
        f"{given.out}: {text.number(given.out.stat().st_size / 1e6)} MB, loss "
        f"{text.number(made.losses[:20].mean())} at the start and "
        f"{text.number(made.losses[-20:].mean())} at the end, "
        f"{text.number(made.minutes)} minutes, checksum {made.checksum}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
