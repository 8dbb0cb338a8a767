"""What lies in a picture and is not skin: ruler, ink, hair, bubbles, dark corners.

Each is drawn from the photograph's own seed, in shares of the picture's width, as the share of
each pixel that it covers and its colour; the mask is where it covers at least a third.
"""

import zlib

import numpy as np

from dermlab.cases.clinic.fields import FLOAT, distance, grid, paths, step, strokes
from dermlab.cases.clinic.optics import cover
from dermlab.errors import InputError

NAMES = ("ruler", "ink", "hair", "bubbles", "dark_corners")
COVERED = 1 / 3


def check_rates(rates: dict) -> None:
    """InputError for artefacts that do not exist and for rates that are no shares.

    ``rates``: artefact → {"malignant": share, "other": share}.
    """
    for name, rate in rates.items():
        if name not in NAMES:
            raise InputError(f"'{name}' is no artefact; there are {', '.join(NAMES)}.")
        if set(rate) != {"malignant", "other"} or not all(0 <= x <= 1 for x in rate.values()):
            raise InputError(
                f"The rates of '{name}' are {rate}; give a share from 0 to 1 for each of "
                f"'malignant' and 'other'."
            )


def layer(name: str, view_seed: int, size: int) -> tuple[list, np.ndarray]:
    """The artefact of one photograph: [(cover (size, size), colour (3,)), …] and its mask.

    ``name`` is one of `NAMES`; the mask is bool (size, size).
    """
    rng = np.random.default_rng([view_seed, zlib.crc32(name.encode())])
    coats = _DRAWN[name](rng, size)
    covered = 1 - np.prod([1 - share for share, _ in coats], axis=0)
    return coats, covered >= COVERED


def paint(picture: np.ndarray, name: str, view_seed: int, size: int) -> None:
    """Draw the artefact into linear light (3, size, size), in place."""
    for share, colour in layer(name, view_seed, size)[0]:
        cover(picture, share, colour)


def _ruler(rng, size):
    """A white strip along one side, with a tick a step and a longer one every fifth."""
    wide, deep, pitch = 0.11 + 0.04 * rng.random(), 0.01 * rng.random(), 0.03 + 0.02 * rng.random()
    side, start = rng.integers(4), rng.random() * pitch
    strip = _between(size, deep, deep + wide)
    short, long = _between(size, deep, deep + 0.45 * wide), _between(size, deep, deep + 0.75 * wide)
    ticks = start + pitch * np.arange(int(1 / pitch))
    marks = [_between(size, t, t + 0.16 * pitch + 0.003) for t in ticks]
    fifth = sum(marks[::5])
    rest = sum(marks) - fifth
    white = np.outer(strip, np.ones(size))
    black = np.outer(short, rest) + np.outer(long, fifth)
    turned = [np.rot90(layer, side).astype(FLOAT) for layer in (white, black)]
    return [(turned[0] * FLOAT(0.93), (0.82, 0.82, 0.78)), (turned[1], (0.03, 0.03, 0.04))]


def _ink(rng, size):
    """Violet strokes of a skin marker round the middle of the picture."""
    n, ray = rng.integers(3, 7), 0.33 + 0.1 * rng.random()
    angle = 2 * np.pi * (np.arange(n) / n + rng.random())
    along = angle[:, None] + np.linspace(-0.22, 0.22, 24)
    reach = ray * (1 + 0.12 * rng.normal(size=(n, 1)))
    lines = np.stack([np.cos(along), np.sin(along)], -1) * reach[..., None]
    share = np.minimum(strokes(lines, 0.022, grid(size, width=1.0)), 1)
    return [(share * FLOAT(0.85), (0.09, 0.05, 0.28))]


def _hair(rng, size):
    """Dark hairs across the picture, more or less in one direction."""
    n, way = rng.integers(8, 20), 2 * np.pi * rng.random()
    start = rng.uniform(-0.6, 0.6, (n, 2)) - 0.3 * np.array([np.cos(way), np.sin(way)])
    lines = paths(rng, start, way + 0.35 * rng.normal(size=n), length=0.8, steps=90, wander=0.3)
    share = np.minimum(1.3 * strokes(lines, 0.0095, grid(size, width=1.0)), 1)
    return [(share * FLOAT(0.9), (0.04, 0.03, 0.025))]


def _bubbles(rng, size):
    """Air bubbles in the contact gel: bright rims round a slightly paler inside."""
    n = rng.integers(4, 12)
    at, ray = rng.uniform(-0.5, 0.5, (n, 2)), 0.015 + 0.045 * rng.random(n) ** 2
    where = grid(size, width=1.0)
    rho = distance(at, ray, 1.0, where, steep=2.0)
    rim = np.exp(-(((rho - 1) / 0.2) ** 2))
    return [
        (step(1 - rho, 0.15) * FLOAT(0.38), (0.75, 0.72, 0.68)),
        (rim * FLOAT(0.8), (0.9, 0.88, 0.85)),
    ]


def _dark_corners(rng, size):
    """The round edge of a dermatoscope's field."""
    where = grid(size, width=1.0, centre=tuple(0.03 * rng.normal(size=2)))
    distance = np.hypot(where.x[None, :], where.y[:, None]).astype(FLOAT)
    return [(step(distance - (0.53 + 0.05 * rng.random()), 0.02), (0.01, 0.01, 0.01))]


def _between(size: int, low: float, high: float) -> np.ndarray:
    """How much of each pixel of a row lies between two shares of the width."""
    edge = np.arange(size + 1) / size
    return np.diff(np.clip(edge, low, high)) * size


_DRAWN = {
    "ruler": _ruler,
    "ink": _ink,
    "hair": _hair,
    "bubbles": _bubbles,
    "dark_corners": _dark_corners,
}
