"""What only the dermatoscope shows: globules, streaks at the edge, dotted vessels.

Arguments as in `lesions`. Each is drawn from a generator of its own, so that it moves nothing
else. A regular lesion has regular ones: ``irregularity`` says how far it is from that.
"""

import numpy as np

from dermlab.cases.clinic import skin
from dermlab.cases.clinic.fields import FLOAT, Grid, distance, slopes, spots, step

GLOBULES_APART = 0.85  # mm
VESSEL, VESSELS_APART = 0.085, 0.62  # radius and spacing in mm
STREAKS_APART, LONG = 0.60, 1.4  # mm: along the edge, and how far beyond it they reach
DEEP_RED = 1.6  # blood of vessels against what the bare eye sees, surface light being filtered off


def irregularity(v: dict) -> float:
    """0 regular to 1: what the border's and the colours' signs say together."""
    return float(np.clip(0.75 * (v["border"] + v["variegation"]), 0, 1))


def globules(lesion_seed: int, v: dict, r: float, where: Grid, inside) -> np.ndarray:
    """Round brown clods, 0 to 1: even and evenly spread, or uneven and on one side."""
    rng, wild = skin.generator(lesion_seed, "globules"), irregularity(v)
    way, reach, close = 2 * np.pi * rng.random(), rng.random(), rng.random()
    pitch = GLOBULES_APART * (0.85 + 0.4 * close)
    points, draws = skin.strewn(rng, pitch, 0.34 + 0.16 * wild, where, 3, 1.0)
    kept = draws[:, 0] < 0.85 - 0.35 * wild
    points, draws = points[kept], draws[kept]
    if len(points) == 0:
        return np.zeros_like(inside)
    radius = 0.30 * pitch * np.exp((0.4 + 1.3 * wild) * (draws[:, 1] - 0.5))
    clod = step(1 - distance(points, radius, 1.0, where, steep=3.0), 0.5)
    tone = spots(points, 1.6 * radius, draws[:, 2], where)
    clod = clod * np.clip(FLOAT(0.45) + FLOAT(0.6) * tone, 0, 1)
    if wild > 0:  # the side that has them
        axis = where.turned(np.array([[np.cos(way), np.sin(way)]]))[0]
        side = np.add.outer(where.y * axis[1], where.x * axis[0]).astype(FLOAT) / FLOAT(r)
        clod = clod * (1 - FLOAT(wild) * (1 - step(side + FLOAT(0.6 * reach), 0.4)))
    return clod * inside


def streaks(lesion_seed: int, v: dict, points, radius, where: Grid, rho) -> np.ndarray:
    """Dark fingers across the edge, some with a knob, 0 to 1; on part of it where irregular."""
    rng, wild = skin.generator(lesion_seed, "streaks"), irregularity(v)
    main = int(np.argmax(radius))
    r, (x, y) = float(radius[main]), where.turned(points[main][None])[0]
    n = int(np.clip(2 * np.pi * r / STREAKS_APART, 12, 80))
    draws, side, share = rng.random((n, 4)), rng.random(), rng.random()
    at = 2 * np.pi * (np.arange(n) + 0.7 * (draws[:, 0] - 0.5)) / n
    apart = np.abs((at / (2 * np.pi) - side + 0.5) % 1 - 0.5)
    shown = (apart < 0.5 - wild * (0.22 + 0.13 * share)) & (draws[:, 3] < 0.85)
    long = np.where(shown, LONG * (0.35 + 0.65 * draws[:, 1]), -9.0)
    knobbed = np.where(draws[:, 2] < 0.4, 0.14, 0.0)
    # the finger nearest to each direction, as a table over the circle
    fine = (np.arange(1024) + 0.5) * (2 * np.pi / 1024)
    gap = (fine[:, None] - at[None, :] + np.pi) % (2 * np.pi) - np.pi
    finger, gap = np.abs(gap).argmin(1), np.abs(gap).min(1)
    down, along = np.meshgrid(
        (where.y - y).astype(FLOAT), (where.x - x).astype(FLOAT), indexing="ij"
    )
    angle = np.arctan2(down, along) + FLOAT(where.turn)  # in the lesion's own axes
    cell = (angle * FLOAT(1024 / (2 * np.pi))).astype(np.int32) % 1024
    aside = gap.astype(FLOAT)[cell] * np.hypot(down, along)
    rise = np.hypot(*slopes(rho, where))
    out = (rho - 1) / np.clip(rise, FLOAT(0.5 / r), FLOAT(2.5 / r))  # mm beyond the edge
    tip, knob = long.astype(FLOAT)[finger][cell], knobbed.astype(FLOAT)[finger][cell]
    wide = FLOAT(0.23) - FLOAT(0.13) * np.clip(out / np.maximum(tip, 0.1), 0, 1)  # it tapers
    wide += knob * np.exp(-(((out - tip) / FLOAT(0.16)) ** 2))
    soft = FLOAT(0.12 + 0.3 * where.cell[0])
    return step(wide - aside, soft) * step(tip + 0.1 - out, 0.2) * step(out + 0.55, 0.35)


def dotted(lesion_seed: int, v: dict, where: Grid, inside) -> np.ndarray:
    """Dots of blood strewn over the lesion, 0 to 1: the tips of loops that rise to the surface."""
    rng = skin.generator(lesion_seed, "dotted vessels")
    wild = irregularity(v)
    points, draws = skin.strewn(rng, VESSELS_APART, 0.25 + 0.2 * wild, where, 2, 0.6)
    kept = draws[:, 0] < 0.9 - 0.4 * wild
    points, draws = points[kept], draws[kept]
    if len(points) == 0:
        return np.zeros_like(inside)
    radius = VESSEL * (0.8 + 0.5 * draws[:, 1])
    return step(1 - distance(points, radius, 1.0, where, steep=3.0), 0.6) * inside
