"""The pictures that the shipped weights are pretrained on, none of which shows skin.

Two sources, and their mixture. *Photographs*: crops of everyday photographs that scikit-learn and
scikit-image carry in their packages; the class is which photograph, and which quarter of it where
the quarters differ. *Procedural*: patterns computed from formulas; the class is the kind of pattern
and its scale. No photograph of a person is among them, and no medical one. What resembles a lesion,
a spot on textured ground, is left out on purpose: no such pattern, no photograph of coins, of the
moon or of galaxies. What kinship teaches is not what everyday pictures teach.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from PIL import Image

from dermlab.errors import InputError

SCENES = ("china", "flower", "chelsea", "coffee", "motorcycle", "rocket")
SURFACES = ("brick", "grass", "gravel", "page", "text")  # alike in all quarters: one class each
QUARTERS = ("upper left", "upper right", "lower left", "lower right")
SCALES = {"fine": 1 / 19, "medium": 1 / 9, "coarse": 1 / 4}  # of a pattern, in picture widths


def classes(mixture: str) -> list[str]:
    """Names of the classes, in the order of the labels of ``mixed``; the others are parts of it."""
    check(mixture)
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


def check(mixture: str) -> None:
    """InputError unless ``mixture`` is one of `MIXTURES`."""
    if mixture not in MIXTURES:
        raise InputError(f"there is no mixture {mixture!r}: choose one of {', '.join(MIXTURES)}")


def _draw(label: int, size: int, rng: np.random.Generator) -> np.ndarray:
    beyond = label - len(SCENES) * len(QUARTERS)  # the scenes' quarters come first
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
