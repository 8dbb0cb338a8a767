"""The vessels of the phantom's retina: four trunks out of the disc, and their branches.

Lengths are millimetres from the fovea, x to the right and y down, as in `fundus`.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

WIDTH, SIZE = 14.0, 512  # of the whole picture: mm, pixels a side


def pixel(mm: np.ndarray | float, size: int = SIZE) -> np.ndarray:
    """The place in the picture, in pixels, of a coordinate in mm from the middle."""
    return (np.asarray(mm) / WIDTH + 0.5) * size - 0.5


def arteries_and_veins(eye, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The share of each pixel that arteries and veins cover, (size, size) each."""
    return tuple(_tree(eye, width, apart, rng) for width, apart in ((0.095, 0.2), (0.14, -0.2)))


def _tree(eye, width: float, apart: float, rng: np.random.Generator) -> np.ndarray:
    """Four trunks out of the disc, each with branches and their branches."""
    canvas = Image.new("L", (2 * SIZE, 2 * SIZE))
    pen = ImageDraw.Draw(canvas)
    nasal = np.sign(eye.disc_x)
    for up in (-1, 1):
        for line in (_arcade(eye, nasal, up, apart, rng), _inward(eye, nasal, up, apart, rng)):
            _stroke(pen, line, width)
            _branches(pen, line, width, rng, order=2)
    return np.asarray(canvas.reduce(2), np.float32) / 255


def _arcade(eye, nasal: float, up: int, apart: float, rng: np.random.Generator) -> np.ndarray:
    """The large arc around the macula, (n, 2) mm."""
    start = np.array([eye.disc_x, eye.disc_y])
    high = rng.normal(3.6, 0.3) + apart
    points = [
        start,
        start + np.array([0.2 * nasal, up * 0.6 * high]),
        np.array([nasal * rng.normal(2.0, 0.3), up * 1.25 * high]),
        np.array([-nasal * 7.2, up * (rng.normal(1.9, 0.6) + apart)]),
    ]
    return _bent(_bezier(points), rng)


def _inward(eye, nasal: float, up: int, apart: float, rng: np.random.Generator) -> np.ndarray:
    """The trunk to the nasal side, (n, 2) mm."""
    start = np.array([eye.disc_x, eye.disc_y])
    end = start + np.array([nasal * rng.normal(2.8, 0.3), up * (rng.normal(3.6, 0.5) + apart)])
    bends = np.array([0.1 * nasal, up * 0.9]), np.array([0.8 * nasal, up * 1.0])
    points = [start, start + bends[0], end - bends[1], end]
    return _bent(_bezier(points), rng)


def _bezier(points: Sequence[np.ndarray], n: int = 60) -> np.ndarray:
    t = np.linspace(0, 1, n)[:, None]
    a, b, c, d = points
    return a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t * t * (1 - t) + d * t**3


def _bent(line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The line with gentle waves across it, none at its beginning."""
    t = np.linspace(0, 1, len(line))
    waves = sum(rng.normal(0, 0.16 / k**0.5) * np.sin(k * np.pi * t) for k in (3, 5, 8, 13))
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    return line + waves[:, None] * np.stack([-along[:, 1], along[:, 0]], axis=1)


def _branches(pen, line: np.ndarray, width: float, rng, order: int) -> None:
    """Thinner vessels off both sides, and theirs; none within 0.35 mm of the fovea."""
    for place in np.arange(6 + rng.integers(4), len(line) - 4, 8 if order == 2 else 14):
        heading = np.arctan2(*(line[place] - line[place - 3])[::-1])
        turn = rng.choice([-1, 1]) * rng.uniform(0.5, 1.0)
        n = int(rng.uniform(22, 44) * (1 if order == 2 else 0.5))
        own = width * rng.uniform(0.45, 0.65) * (1 - 0.3 * place / len(line))
        path = _walk(line[place], heading + turn, n, -0.5 * turn / n, rng)
        _stroke(pen, path, own)
        if order > 1:
            _branches(pen, path, own, rng, order - 1)


def _walk(start: np.ndarray, heading: float, n: int, bend: float, rng) -> np.ndarray:
    """A path of ``n`` steps of 0.1 mm that ends where it would enter the fovea's bare zone."""
    angles = heading + np.cumsum(rng.normal(bend, 0.13, n))
    path = start + 0.1 * np.cumsum(np.stack([np.cos(angles), np.sin(angles)], axis=1), axis=0)
    inside = np.linalg.norm(path, axis=1) < 0.35
    return path[: inside.argmax()] if inside.any() else path


def _stroke(pen, line: np.ndarray, width: float) -> None:
    """The line with a width in mm that falls to a half at its end."""
    points = pixel(line, 2 * SIZE)
    ends = np.linspace(0, len(points) - 1, 7).astype(int)
    for k, (a, b) in enumerate(pairwise(ends)):
        thick = max(1, round(width * (1 - k / 12) / WIDTH * 2 * SIZE))
        pen.line([tuple(p) for p in points[a : b + 1]], fill=255, width=thick, joint="curve")
