"""What lies on or shines through a lesion: network, vessels, scale, fluid, keratin, ulcer.

Arguments as in `lesions`: ``v`` the lesion's values by sign, ``rho`` and ``inside`` its outline,
lengths in mm. Colours are linear red, green, blue.
"""

import numpy as np

from dermlab.cases.clinic.fields import FLOAT, Grid, distance, noise, paths, step
from dermlab.cases.clinic.optics import cover

SCALE_WHITE = (0.80, 0.77, 0.73)
KERATIN = (0.58, 0.40, 0.22)
PLUG = (0.16, 0.10, 0.06)
CYST = (0.85, 0.75, 0.52)
CRUST = (0.30, 0.12, 0.05)
RAW = (0.42, 0.07, 0.05)
FLUID = (0.82, 0.68, 0.47)


def paint(rng, v, colour, height, where: Grid, *, points, radius, rho, inside) -> np.ndarray:
    """Paint what covers the skin into ``colour`` (3, size, size); the new height map in mm."""
    r = float(np.median(radius))
    if v["scale"] > 0:
        share = _scales(rng, v, r, where) * inside
        cover(colour, share * FLOAT(0.3 + 0.3 * v["plates"] + 0.3 * v["scale"]), SCALE_WHITE)
        height = height + FLOAT(0.06 + 0.12 * v["plates"]) * share
    if v["pustule"] > 0:
        height = _pustules(rng, v, colour, points, radius, inside, height, where)
    if v["plugs"] > 0:
        height = _plugs(rng, v, colour, points, radius, inside, height, where)
    if v["ulcer"] > 0:
        height = _ulcer(rng, v, colour, rho, height, r, where)
    return height


def network(rng, v, where) -> np.ndarray:
    """A honeycomb of dark lines round paler holes, about −1 to 1; irregular as the lesion is."""
    wobble = noise(rng, where, longest=6, shortest=1.2, waves=32) * FLOAT(0.9 + 1.6 * v["border"])
    angle, pitch = 2 * np.pi * rng.random(), 0.75
    total = np.zeros_like(wobble)
    fade = np.exp(-((where.cell[0] / pitch) ** 2) * 3)
    for turn in (0, 2 * np.pi / 3, 4 * np.pi / 3):
        way = where.turned(np.array([[np.cos(angle + turn), np.sin(angle + turn)]]))[0]
        phase = np.add.outer(where.y * way[1], where.x * way[0]).astype(FLOAT)
        total += np.cos(phase * FLOAT(2 * np.pi / pitch) + wobble)
    return -total * FLOAT(0.5 * fade)


def vessels(rng, points, r) -> np.ndarray:
    """Trunks that enter from the edge and branch, (lines, steps, 2) in mm, on the main element."""
    angle = 2 * np.pi * rng.random(5)
    start = np.stack([np.cos(angle), np.sin(angle)], 1) * r * 0.97 + points[0]
    heading = angle + np.pi + rng.uniform(-0.9, 0.9, 5)
    trunks = paths(rng, start, heading, length=1.3 * r, steps=48, wander=1.3)
    trunk = np.arange(15) % 5
    forks = trunks[trunk, rng.integers(4, 40, 15)]
    turn = heading[trunk] + rng.choice([-0.8, 0.8], 15)
    twigs = paths(rng, forks, turn, length=0.55 * r, steps=48, wander=1.6)
    return np.concatenate([trunks, twigs])


def _scales(rng, v, r, where) -> np.ndarray:
    """Flakes that lie in patches, fine as powder or broad as plates, 0 to 1."""
    pitch = float(np.clip((0.08 + 0.3 * v["plates"]) * r, 0.6, 5.0))
    flake = noise(rng, where, longest=2.5 * pitch, shortest=0.7 * pitch, waves=48, slope=0.6)
    crack = noise(rng, where, longest=1.2 * pitch, shortest=0.4 * pitch, waves=40, slope=0.3)
    patches = noise(rng, where, longest=2.2 * r, shortest=0.5 * r, waves=32, slope=0.7)
    patch = step(flake + FLOAT(0.7) * patches + FLOAT(2.6 * v["scale"] - 1.9), 0.8)
    return patch * (FLOAT(1) - FLOAT(0.75) * np.exp(-3 * crack * crack))


def _centres(points, radius, share, where, rng=None, scatter=0) -> np.ndarray:
    """A small disc on the centre of every element, or ``scatter`` of them over large ones."""
    if scatter and (len(points) < 7 or np.median(radius) > 3):
        ray = np.sqrt(rng.random((len(points), scatter)))
        angle = 2 * np.pi * rng.random((len(points), scatter))
        shift = np.stack([np.cos(angle), np.sin(angle)], -1) * (0.9 * ray)[..., None]
        points = (points[:, None] + shift * radius[:, None, None]).reshape(-1, 2)
        spread = np.exp(0.3 * rng.normal(size=len(points)))
        radius = np.minimum(0.22 * np.repeat(radius, scatter), 1.6) * spread
    return step(1 - distance(points, share * radius, 1.0, where, steep=3.0), 0.3)


def _pustules(rng, v, colour, points, radius, inside, height, where) -> np.ndarray:
    """Fluid in the centre of small elements; vesicles strewn over large ones."""
    bleb = _centres(points, radius, 0.58, where, rng, scatter=12) * inside
    cover(colour, bleb * FLOAT(0.3 + 0.4 * v["pustule"]), FLUID)
    return height + bleb * FLOAT(0.3 * min(float(np.median(radius)), 2.0))


def _plugs(rng, v, colour, points, radius, inside, height, where) -> np.ndarray:
    """Keratin plugs and pale cysts strewn over a lesion; a horny centre on each small papule."""
    shown = FLOAT(0.4 + 0.6 * v["plugs"]) * inside
    if len(points) > 6:
        horn = _centres(points, radius, 0.42, where) * shown
        cover(colour, horn * FLOAT(0.8), KERATIN)
        return height + horn * FLOAT(0.3 * float(np.median(radius)))
    pale = _centres(points, radius, 0.38, where, rng, scatter=9) * shown
    dark = _centres(points, radius, 0.42, where, rng, scatter=13) * shown
    cover(colour, pale * FLOAT(0.85), CYST)
    cover(colour, dark * FLOAT(0.85), PLUG)
    return height - FLOAT(0.1 * float(np.median(radius))) * dark


def _ulcer(rng, v, colour, rho, height, r, where) -> np.ndarray:
    """A raw bed in the middle, partly under a crust of blood or serum."""
    ragged = noise(rng, where, longest=2.2 * r, shortest=0.25 * r, waves=40, slope=0.7)
    clot = noise(rng, where, longest=2.2 * r, shortest=0.3 * r, waves=40, slope=0.7)
    bed = step(FLOAT(0.15 + 0.5 * v["ulcer"]) - rho - FLOAT(0.13) * ragged, 0.1)
    cover(colour, bed * FLOAT(0.85), RAW)
    cover(colour, bed * step(clot - 0.1, 0.5) * FLOAT(0.9), CRUST)
    cover(colour, bed * step(ragged - 0.9, 0.4) * FLOAT(0.7), KERATIN)
    return height + bed * FLOAT(0.05 * min(r, 6)) * (clot - 2)
