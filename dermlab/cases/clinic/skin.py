"""The skin's own follicles: pores everywhere but on palms and soles, fine hairs from some of them.

Both belong to the place on the body and to the person, not to the disease: how many there are is
drawn from a generator that is named after them and seeded by the lesion, so that nothing else in
the picture moves, and every view of a lesion shows the same pores and hairs. They are no artefact:
the dark hairs of `artefacts` stay on request. Spacings are round figures of the order that
textbooks of anatomy give: follicles stand densest on the face, and palms and soles have none.
"""

import zlib

import numpy as np

from dermlab.cases.clinic.fields import FLOAT, Grid, spots

GOLDEN_ANGLE = np.pi * (3 - 5**0.5)
PITCH = {"head/neck": 1.2, "torso": 2.2, "upper extremity": 2.0, "lower extremity": 2.3}  # mm
DARK = {"head/neck": 0.26, "torso": 0.15, "upper extremity": 0.19, "lower extremity": 0.21}
DOWNY = {"head/neck": 0.55, "torso": 0.45, "upper extremity": 0.60, "lower extremity": 0.50}
HAIRY = {"head/neck": 0.08, "torso": 0.12, "upper extremity": 0.22, "lower extremity": 0.28}
PORE = 0.085  # radius in mm
PIT = 0.02  # depth in mm
MOST_PORES, MOST_HAIRS = 450, 14  # in one picture, about
TOO_WIDE = (35.0, 60.0)  # mm across: pores and hairs fade out between these
DOWN = {1: (0.42, 0.28, 0.15), 2: (0.34, 0.21, 0.11)}  # vellus of fair skin; darker skin: DARK_HAIR
DARK_HAIR = (0.045, 0.030, 0.022)
POINTS_A_HAIR = 130  # per width of the picture: a stroke is a row of overlapping spots


def generator(lesion_seed: int, name: str) -> np.random.Generator:
    """The lesion's own generator for one thing, apart from all others."""
    return np.random.default_rng([lesion_seed, zlib.crc32(name.encode())])


def strewn(rng, pitch: float, jitter: float, where: Grid, n_draws: int, margin: float):
    """Points ``pitch`` mm apart all over the picture and ``margin`` mm beyond it.

    They lie on a sunflower round the lesion's middle, moved by up to ``jitter`` × pitch a side, so
    that a wider picture shows the same points and more. Returns points (n, 2) in the lesion's own
    axes and their uniform numbers (n, n_draws).
    """
    far = np.hypot(np.abs(where.x).max(), np.abs(where.y).max()) + margin
    n = int(np.pi * (far / pitch) ** 2) + 8
    draws = rng.random((n, 2 + n_draws))
    ray, angle = pitch * np.sqrt((np.arange(n) + 0.5) / np.pi), GOLDEN_ANGLE * np.arange(n)
    points = np.stack([ray * np.cos(angle), ray * np.sin(angle)], 1)
    points += jitter * pitch * (2 * draws[:, :2] - 1)
    at = where.turned(points)
    kept = (at[:, 0] > where.x[0] - margin) & (at[:, 0] < where.x[-1] + margin)
    kept &= (at[:, 1] > where.y[0] - margin) & (at[:, 1] < where.y[-1] + margin)
    return points[kept], draws[kept, 2:]


def pores(lesion_seed: int, site: str, where: Grid) -> np.ndarray | None:
    """The share of light that each follicle's opening takes, (size, size).

    None where none is seen: on palms and soles, and in a picture that is too wide.
    """
    seen, width = _seen(where)
    if site not in PITCH or seen == 0:
        return None
    rng = generator(lesion_seed, "pores")
    dark = DARK[site] * np.exp(0.35 * np.clip(rng.standard_normal(), -2, 1))
    points, draws = strewn(rng, PITCH[site], 0.42, where, 2, 0.5)
    # in a wide picture only the larger ones are seen
    large = draws[:, 0] < MOST_PORES * (PITCH[site] / width) ** 2
    points, draws = points[large], draws[large]
    weight = seen * dark * (0.35 + 1.6 * draws[:, 1] ** 3)
    return np.minimum(spots(points, PORE * (0.8 + 0.5 * draws[:, 1]), weight, where), FLOAT(0.6))


def hairs(lesion_seed: int, site: str, skin_type: int, where: Grid) -> list:
    """Down and a few terminal hairs: [(cover (size, size), colour (3,)), …], mostly few or none.

    ``skin_type`` 1 to 6 decides the colour of the down.
    """
    seen, width = _seen(where)
    if site not in PITCH or seen == 0:
        return []
    rng = generator(lesion_seed, "vellus")
    downy, hairy, way, dense = rng.random(4)
    coats = []
    if downy < DOWNY[site]:
        share = (0.10 + 0.25 * dense, 2.6, 0.045, 0.45)
        coats.append((_coat(rng, site, where, width, way, *share) * FLOAT(seen), _down(skin_type)))
    if hairy < HAIRY[site]:
        rng = generator(lesion_seed, "terminal hair")
        share = (0.04 + 0.10 * dense, 8.0, 0.08, 0.85)
        coats.append((_coat(rng, site, where, width, way, *share) * FLOAT(seen), DARK_HAIR))
    return [(cover, colour) for cover, colour in coats if cover.any()]


def _down(skin_type: int) -> tuple[float, float, float]:
    return DOWN.get(skin_type, tuple(2.2 * band for band in DARK_HAIR))


def _coat(rng, site, where, width, way, share, length, thickness, opacity) -> np.ndarray:
    """Hairs of about ``length`` mm from a ``share`` of the follicles, mostly in one direction."""
    points, draws = strewn(rng, PITCH[site], 0.42, where, 4, 0.5 * length)
    chance = min(share, MOST_HAIRS * (PITCH[site] / width) ** 2)
    grown = draws[:, 0] < chance
    points, draws = points[grown], draws[grown, 1:]
    if len(points) == 0:
        return np.zeros((len(where.y), len(where.x)), FLOAT)
    reach = length * (0.6 + 0.8 * draws[:, 0])
    steps = max(6, int(POINTS_A_HAIR * length / width))
    along = (np.arange(steps) + 0.5) / steps
    heading = 2 * np.pi * way + 1.1 * (draws[:, 1:2] - 0.5) + 1.6 * (draws[:, 2:3] - 0.5) * along
    moves = np.stack([np.cos(heading), np.sin(heading)], -1) * (reach / steps)[:, None, None]
    line = points[:, None] + moves.cumsum(1)
    stride = np.repeat(reach / steps, steps)
    radius = np.maximum(thickness / 2, 0.6 * stride)
    weight = stride * np.sqrt(np.log(2) / np.pi) / radius * np.minimum(1, thickness / 2 / radius)
    weight = weight * np.tile(1 - 0.7 * along**2, len(points))  # it tapers
    return np.minimum(spots(line.reshape(-1, 2), radius, weight, where), 1) * FLOAT(opacity)


def _seen(where: Grid) -> tuple[float, float]:
    """How far pores and hairs are still seen at this distance, 0 to 1, and the field's width."""
    width = where.cell[0] * len(where.x)
    near, far = TOO_WIDE
    return float(np.clip((far - width) / (far - near), 0, 1)), width
