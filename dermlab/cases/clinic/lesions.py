"""One picture of one lesion: where its elements lie, their outline, pigment, blood and relief.

Lengths are mm on the skin. ``rho`` is the distance from the nearest element's centre in units of
its own radius: 1 on the outline. All elements share one field: Gaussians that fall to half at
their radius are summed and read back as a distance, so that neighbours merge as patches do.
"""

from dataclasses import dataclass

import numpy as np

from dermlab.cases.clinic import dermoscopy, skin, structures
from dermlab.cases.clinic.fields import (
    FLOAT,
    Grid,
    distance,
    grid,
    noise,
    slopes,
    step,
    strokes,
)
from dermlab.cases.clinic.optics import SKIN_MELANIN, cover, light, reflectance

BLUE_GREY = (0.085, 0.12, 0.17)
PORE_SHADE = (0.75, 0.95, 1.0)  # what a pore takes of red, green, blue
SKIN_BLOOD = 0.16


@dataclass(frozen=True)
class View:
    """How one photograph was taken; lengths relative to the lesion's extent."""

    turn: float
    tilt: float
    zoom: float
    offset: tuple[float, float]
    lamp: tuple[float, float, float]
    dermoscopy: bool
    distance: float = 1.0  # how many times too far away


def elements(rng, v: dict) -> tuple[np.ndarray, np.ndarray]:
    """Centres (n, 2) and radii (n,) of the lesion's elements about the origin."""
    n = max(1, int(v["number"]))
    spin, bend, stretch, sway = rng.random(), rng.random(), rng.normal(size=2), 6 * rng.random(2)
    jitter, size = rng.normal(size=(n, 2)), rng.normal(size=n)
    radius = v["size"] / 2 * np.exp(0.55 * v["unevenness"] * size.clip(-2, 1.6)) ** (n > 1)
    if n == 1:
        return np.zeros((1, 2)), radius
    reach = v["size"] / 2 * np.sqrt(n / v["crowding"])
    gap = reach / np.sqrt(n)
    ray = reach * np.sqrt((np.arange(n) + 0.5) / n)
    angle = skin.GOLDEN_ANGLE * np.arange(n) + 2 * np.pi * spin
    points = np.stack([ray * np.cos(angle), ray * np.sin(angle)], 1)
    points += jitter * gap * (0.75 - 0.6 * v["regularity"])
    points = points * np.exp(0.35 * stretch) + 0.25 * reach * np.sin(
        points[:, ::-1] / reach * 2.5 + sway
    )
    points = _in_lines(points, reach, v["linearity"], bend)
    if n <= 6:  # a photographer aims at the largest of a few
        points = points - 0.7 * points[np.argmax(radius)]
    return points, radius


def _in_lines(points, reach, linearity, bend) -> np.ndarray:
    """Draw points towards parallel curved lines, as eruptions follow the lines of Blaschko."""
    if linearity < 0.3:
        return points
    lines = np.round(points[:, 1] / (0.75 * reach)) * 0.75 * reach
    wave = 0.35 * reach * np.sin(2.2 * points[:, 0] / reach + 2 * np.pi * bend)
    pull = min(1.0, 1.4 * (linearity - 0.3)) * 0.95
    across = points[:, 1] + pull * (lines - points[:, 1]) + pull * wave
    return np.stack([points[:, 0] * (1 + 0.3 * pull), across], 1)


def lobes(rng, points, radius, asymmetry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each of a few elements as three unequal overlapping lobes: centres, radii, weights."""
    draws = rng.normal(size=(3, 3))
    if len(points) > 4:
        return points, radius, np.ones(len(points))
    shift = draws[:, :2] - draws[:, :2].mean(0)
    size = np.exp(0.25 * asymmetry * draws[:, 2])
    centres = points[:, None] + shift[None] * (0.1 + 0.42 * asymmetry) * radius[:, None, None]
    radii = radius[:, None] * size[None]
    return centres.reshape(-1, 2), radii.ravel(), np.full(3 * len(points), 1 / 3)


def frame(points, radius, v, view: View, size: int) -> Grid:
    """The picture's pixels on the skin: the lesion fills what the view's zoom gives it, less from
    a distance."""
    extent = float(np.max(np.linalg.norm(points, axis=1) + radius))
    if len(points) > 4:
        extent *= 0.75 - 0.3 * v["regularity"]  # widespread: the picture is cut out of it
    width = 2 * extent / view.zoom
    width = min(width, (7 if len(points) <= 4 else 22) * float(np.max(radius)) * 2)
    width = min(max(width, 9.0), 24.0) if view.dermoscopy else min(max(width, 12.0), 220.0)
    width *= view.distance
    centre = (view.offset[0] * width, view.offset[1] * width)
    return grid(size, width=width, tilt=view.tilt, turn=view.turn, centre=centre)


def outline(rng, points, radius, v, where: Grid) -> tuple[np.ndarray, np.ndarray]:
    """The field ``rho`` and the share of each pixel that is lesion, (size, size) each."""
    r = float(np.median(radius))
    centres, radii, weights = lobes(rng, points, radius, v["asymmetry"])
    # many elements are drawn steeper, so that neighbours touch before they merge
    steep = 1.0 if len(points) == 1 else 1.7 if len(points) <= 4 else 3.0
    rho = distance(centres, radii, weights, where, steep=steep)
    sway = noise(rng, where, longest=6 * r, shortest=2 * r, waves=24)
    notch = noise(rng, where, longest=1.6 * r, shortest=0.3 * r, waves=40, slope=0.8)
    rho *= 1 + (0.04 + 0.16 * v["asymmetry"]) * np.clip(sway, -2, 2)
    rho += (0.01 + 0.12 * v["border"]) * np.clip(notch, -2.2, 2.2)
    width = 0.04 + 0.6 * (1 - v["edge"]) ** 1.6 + 0.5 * where.cell[0] / r
    return np.maximum(rho, 0), step(1 - rho, width)


def picture(
    v: dict, skin_type: int, lesion_seed: int, view: View, size: int, site: str = "torso"
) -> np.ndarray:
    """Linear light from the skin, (3, size, size), before the camera."""
    rng = np.random.default_rng(lesion_seed)
    points, radius = elements(rng, v)
    where = frame(points, radius, v, view, size)
    rho, inside = outline(rng, points, radius, v, where)
    r = float(np.median(radius))
    blot = noise(rng, where, longest=2.2 * r, shortest=0.25 * r, waves=48, slope=0.7)
    other = noise(rng, where, longest=2.5 * r, shortest=0.35 * r, waves=40, slope=0.7)
    grain = _skin_grain(rng, where)
    core = 1 - v["ring"] * np.exp(-((rho / 0.62) ** 4))
    melanin = _melanin(rng, v, skin_type, rho, inside * core, blot, r, where, view)
    blood = _blood(rng, v, points, r, rho, inside * core, other, where, view)
    if view.dermoscopy:
        melanin, blood = _through_the_glass(
            lesion_seed, v, melanin, blood, points, radius, where, rho, inside
        )
    livid = np.clip(1.15 * v["violet"], 0, 1) * inside
    colour = reflectance(
        melanin, blood * (1 - livid), blood * livid * FLOAT(1.25), (0.7 * v["yellow"]) * inside
    )
    if v["blue"] > 0:
        veil = step(other - 1.3 + 1.3 * v["blue"], 0.6) * inside
        cover(colour, veil * FLOAT(0.4 + 0.4 * v["blue"]), BLUE_GREY)
    height = _relief(rng, v, rho, inside, other, grain, r, where)
    height = structures.paint(
        rng, v, colour, height, where, points=points, radius=radius, rho=rho, inside=inside
    )
    pores = skin.pores(lesion_seed, site, where)
    if pores is not None:
        pores = pores * (1 - inside) * FLOAT(0.6 if view.dermoscopy else 1.0)
        for band, share in enumerate(PORE_SHADE):
            colour[band] *= 1 - FLOAT(share) * pores
        height = height - FLOAT(skin.PIT) * pores
    lit = _lit(v, colour, height, inside, where, view)
    for share, shade in skin.hairs(lesion_seed, site, skin_type, where):
        cover(lit, share, shade)
    return lit


def _skin_grain(rng, where: Grid) -> np.ndarray:
    """The furrows of normal skin in mm: two crossing sets of fine lines, and blotches."""
    aim = 2 * np.pi * rng.random()
    first = noise(rng, where, longest=1.6, shortest=0.45, waves=36, aim=(aim, 0.45))
    second = noise(rng, where, longest=1.6, shortest=0.45, waves=36, aim=(aim + 1.9, 0.45))
    return FLOAT(-0.018) * (np.exp(-first * first) + np.exp(-second * second))


def _melanin(rng, v, skin_type, rho, inside, blot, r, where, view) -> np.ndarray:
    skin = SKIN_MELANIN[skin_type] * float(np.exp(0.25 * rng.normal()))
    freckle = noise(rng, where, longest=60, shortest=4, waves=32, slope=0.9)
    patches = np.exp(FLOAT(0.95 * v["variegation"]) * np.clip(blot, -1.2, 2))
    added = FLOAT(1.9 * v["brown"] ** 1.2) * patches * inside
    if v["network"] > 0:
        strength = v["network"] * (0.9 if view.dermoscopy else 0.2)
        added *= 1 + FLOAT(strength) * structures.network(rng, v, where)
    kept = 1 - FLOAT(0.9 * v["pale"]) * inside
    if v["halo"] > 0:
        kept *= 1 - FLOAT(0.85 * v["halo"]) * step(2.0 - rho, 0.25) * (1 - inside)
    return (skin + FLOAT(0.05 * skin**0.5) * freckle) * kept + added


def _blood(rng, v, points, r, rho, inside, other, where, view) -> np.ndarray:
    mottle = noise(rng, where, longest=40, shortest=3, waves=32, slope=0.8)
    blood = SKIN_BLOOD * (1 + FLOAT(0.2) * mottle)
    blood = blood + FLOAT(0.95 * v["red"] ** 1.2) * inside * (
        1 + FLOAT(0.25) * np.clip(other, -2, 2)
    )
    around = np.exp(-np.maximum(rho - 1, 0) * FLOAT(2.2))
    blood += FLOAT(0.42 * v["flare"]) * around * (1 - inside)
    if v["vessels"] > 0:
        lines = strokes(structures.vessels(rng, points, r), max(0.13, 0.03 * r), where)
        deep = dermoscopy.DEEP_RED if view.dermoscopy else 1.0
        blood += FLOAT(2.0 * deep * v["vessels"]) * np.minimum(lines, 1.3) * step(1.05 - rho, 0.15)
    return np.maximum(blood, 0.02)


def _through_the_glass(lesion_seed, v, melanin, blood, points, radius, where, rho, inside):
    """Pigment and blood with what only the dermatoscope shows."""
    if v["globules"] > 0:
        clods = dermoscopy.globules(lesion_seed, v, float(np.max(radius)), where, inside)
        melanin = melanin + FLOAT((0.3 + 1.1 * v["globules"]) * (0.4 + 0.6 * v["brown"])) * clods
    if v["streaks"] > 0:
        fingers = dermoscopy.streaks(lesion_seed, v, points, radius, where, rho)
        melanin = melanin + FLOAT((0.3 + 1.5 * v["streaks"]) * (0.3 + 0.7 * v["brown"])) * fingers
    if v["dotted"] > 0:
        blood = blood + FLOAT(0.5 + 1.6 * v["dotted"]) * dermoscopy.dotted(
            lesion_seed, v, where, inside
        )
    return melanin, blood


def _relief(rng, v, rho, inside, other, grain, r, where) -> np.ndarray:
    """The height map in mm."""
    dome = np.sqrt(np.maximum(1 - rho * rho, 0) + 0.02)
    flat = step(1 - rho, 0.16)
    body = (1 - v["plateau"]) * dome + FLOAT(0.55 * v["plateau"]) * flat
    body += FLOAT(0.5 * v["rolled"]) * np.exp(-(((rho - 0.78) / 0.17) ** 2))
    body -= FLOAT(0.75 * max(v["rolled"], v["ring"])) * np.exp(-((rho / 0.55) ** 2)) * v["height"]
    lift = min(r, 6.0) * 0.75 * v["height"] ** 1.3
    height = FLOAT(lift) * body + grain * (1 - inside * FLOAT(min(1, 0.4 + v["shine"])))
    if v["rough"] > 0:
        pitch = float(np.clip(0.28 * r, 0.5, 2.2))
        wart = noise(rng, where, longest=2 * pitch, shortest=0.8 * pitch, waves=44)
        height += FLOAT(0.32 * pitch * v["rough"]) * np.minimum(np.abs(wart), 1.2) * inside
    if v["wrinkle"] > 0:
        fold = noise(rng, where, longest=0.3 * r, shortest=0.1 * r, waves=40, aim=(0.4, 0.4))
        height -= FLOAT(0.02 * r * v["wrinkle"]) * np.exp(-2 * fold * fold) * inside
    return height


def _lit(v, colour, height, inside, where, view) -> np.ndarray:
    """Shade the relief; polarised light through a contact glass shows hardly any."""
    along, down = slopes(height, where)
    shine = FLOAT(0.04) + FLOAT(0.85 * v["shine"] ** 1.3) * inside
    diffuse, mirrored = light(along, down, direction=view.lamp, shine=shine)
    if view.dermoscopy:
        return colour * (1 + FLOAT(0.08) * (diffuse - 1))
    return colour * (FLOAT(0.45) + FLOAT(0.55) * np.minimum(diffuse, 2.0)) + mirrored


def mask(v: dict, lesion_seed: int, view: View, size: int) -> np.ndarray:
    """Where the lesion is: inside its outline, bool (size, size)."""
    rng = np.random.default_rng(lesion_seed)
    points, radius = elements(rng, v)
    return outline(rng, points, radius, v, frame(points, radius, v, view, size))[0] < 1
