"""A knee implant, the leg around it, and two ways to make a radiograph of them.

*Digitally reconstructed radiographs* (DRRs) sum a volume of voxels along rays (`cast`): one energy,
no scatter, no noise. They are what a registration compares with. *Radiographs* (`radiograph`) are
made another way, so that a method is not tested on its own model: the bodies are formulas, whose
chords along a ray are exact; three energies, so that the beam hardens; scatter, photon noise and
the detector's blur. Bodies are unions of parts, each an intersection of quadrics and half-spaces.

Lengths in mm; the body's axes: x to the front of the knee, y up the thigh, z across it, so that
pose 0 shows it from the side. Linear attenuation of water, bone and titanium at 50, 80 and 140 keV:
J Nucl Med's table https://jnm.snmjournals.org/highwire/markup/57366/expansion.
"""

from dataclasses import dataclass

import numpy as np

from dermlab.survey import poses as rigid

ATTENUATION = {  # 1/mm at 50, 80, 140 keV
    "soft": np.array([0.021, 0.018, 0.015]),
    "bone": np.array([0.096, 0.042, 0.027]),
    "metal": np.array([0.51, 0.165, 0.073]),
}
SPECTRUM = np.array([0.40, 0.45, 0.15])  # of the photons, a share an energy
ONE_ENERGY = 1  # the place of 80 keV: DRRs are made at it alone
PIXELS, PIXEL = 96, 1.5  # a side, mm
PHOTONS, SCATTER, SCATTER_SD, BLUR_SD = 20_000, 0.15, 12.0, 0.6  # a pixel; share; px; px
AT_ONCE = 2**18  # samples of a block: what stays in a processor's cache
VOXEL, REACH, STEP = 1.25, 39.0, 3.0  # mm: of the implant's volume; how far, how often sampled


@dataclass(frozen=True)
class Part:
    """All points inside every quadric, |(p − centre) / axes| ≤ 1 with axes that may be infinite,
    and below every plane, normal · p ≤ offset. ``weight``: its density; below 0 it is taken
    away."""

    material: str
    weight: float
    quadrics: tuple[tuple[tuple, tuple], ...]
    planes: tuple[tuple[tuple, float], ...] = ()

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Which points (…, 3) belong to it."""
        within = np.ones(points.shape[:-1], bool)
        for centre, axes in self.quadrics:
            within &= (((points - centre) / axes) ** 2).sum(-1) <= 1
        for normal, offset in self.planes:
            within &= points @ np.array(normal, float) <= offset
        return within

    def chords(self, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """The length of each ray (m, 3), unit directions, in it, (m,) mm: exact."""
        enter, leave = np.full(len(origins), -np.inf), np.full(len(origins), np.inf)
        for bounds in self._bounds(origins, directions):
            enter, leave = np.maximum(enter, bounds[0]), np.minimum(leave, bounds[1])
        return np.maximum(leave - enter, 0)

    def _bounds(self, origins, directions):
        with np.errstate(divide="ignore", invalid="ignore"):
            for centre, axes in self.quadrics:
                o, d = (origins - centre) / axes, directions / axes
                a, b, c = (d * d).sum(1), (o * d).sum(1), (o * o).sum(1) - 1
                root = np.sqrt(b * b - a * c)  # NaN where the ray misses
                first, last = (-b - root) / a, (-b + root) / a
                whole = (a < 1e-12) & (c <= 0)  # along a cylinder, inside it
                first, last = np.where(whole, -np.inf, first), np.where(whole, np.inf, last)
                yield np.nan_to_num(first, nan=np.inf), np.nan_to_num(last, nan=-np.inf)
            for normal, offset in self.planes:
                slope, room = directions @ normal, offset - origins @ normal
                at = room / slope
                never = (slope == 0) & (room < 0)
                first, last = np.where(slope < 0, at, -np.inf), np.where(slope > 0, at, np.inf)
                yield np.where(never, np.inf, first), np.where(never, -np.inf, last)


# --- the bodies -----------------------------------------------------------------------------------

INF = np.inf
LOW, HIGH = np.array([-30.0, -26.0, -30.0]), np.array([30.0, 26.0, 30.0])  # the implant's box
SIZE = float(np.linalg.norm(HIGH - LOW))  # mm, across the box: 99.5
CAVITY = (  # the five cuts of the bone that the implant sits on
    ((0, -1, 0), 17.0),
    ((1, 0, 0), 22.0),
    ((-1, 0, 0), 21.0),
    ((0.7071, -0.7071, 0), 23.0),
    ((-0.7071, -0.7071, 0), 22.0),
)


def implant() -> list[Part]:
    """The thigh's part of a knee replacement: two condyles, a front shield, two pegs; titanium."""
    parts = []
    for side, (front, down, across) in ((1, (30, 34, 17)), (-1, (28, 32, 16))):
        round_ = (((0, 8, 0), (front, down, INF)), ((0, 8, side * 17), (40, 46, across)))
        across_ = (((0, 0, -side), -5.0), ((0, 0, side), 30.0), ((0, 1, 0), 20.0))
        parts += _shell(round_, across_)
        peg = (((2, 0, side * 17), (3.5, INF, 3.5)),)
        parts.append(Part("metal", 1.0, peg, (((0, -1, 0), 17.0), ((0, 1, 0), -3.0))))
    shield = (((0, 0, 1), 5.0), ((0, 0, -1), 5.0), ((-1, 0, 0), -8.0), ((0, 1, 0), 26.0))
    return parts + _shell((((0, 8, 0), (29, 33, INF)),), shield)


def _shell(quadrics: tuple, planes: tuple) -> list[Part]:
    """A body of metal, and its cavity taken away."""
    whole = Part("metal", 1.0, quadrics, planes)
    return [whole, Part("metal", -1.0, quadrics, (*planes, *CAVITY))]


@dataclass(frozen=True)
class Leg:
    """The leg around an implant: thigh bone and kneecap move with it, the shin is bent."""

    upper: list[Part]
    shin: list[Part]
    bent: float  # degrees


def leg(rng: np.random.Generator) -> Leg:
    """A leg of random sizes: bone, its marrow, kneecap, shin with its metal tray, soft tissue."""
    shaft, wall, place = rng.uniform(13, 17), rng.uniform(4, 6), rng.uniform(-2, 6)
    above = (((0, -1, 0), -20.0),)
    upper = [
        Part("bone", 1.0, (((place, 0, 0), (shaft, INF, shaft)),), above),
        Part("bone", -0.8, (((place, 0, 0), (shaft - wall, INF, shaft - wall)),), above),
        Part("bone", 0.35, (((0, 14, 0), (27, 34, 31)),), (*CAVITY, ((0, 1, 0), 20.0))),
        Part("bone", 0.7, (((rng.uniform(40, 46), rng.uniform(0, 12), 0), (7, 17, 15)),)),
        Part("soft", 1.0, (((0, 0, 0), (rng.uniform(60, 75), INF, rng.uniform(55, 70))),)),
    ]
    wide, deep = rng.uniform(30, 34), rng.uniform(21, 25)
    below = (((0, 1, 0), -36.0),)
    shin = [
        Part("metal", 1.0, (((0, 0, 0), (deep, INF, wide)),), (*below, ((0, -1, 0), 39.0))),
        Part("metal", 1.0, (((0, 0, 0), (6, INF, 6)),), (((0, 1, 0), -39.0), ((0, -1, 0), 70.0))),
        Part("bone", 0.4, (((0, -40, 0), (deep + 2, 36, wide + 2)),), (((0, 1, 0), -39.0),)),
        Part("bone", 0.8, (((-16, -30, -30), (7, INF, 7)),), (((0, 1, 0), -46.0),)),
    ]
    return Leg(upper, shin, rng.uniform(0, 40))


def _bent(angle: float, points: np.ndarray) -> np.ndarray:
    """Points or directions in the shin's axes: turned about the joint's axis, along z."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return points @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])


# --- DRRs: rays through voxels --------------------------------------------------------------------


def volume(parts: list[Part], *, reach: float = 40.0, voxel: float = VOXEL, fine: int = 2):
    """Attenuation of a body at one energy, (k, k, k) in 1/mm, about the middle of its axes.

    Each voxel is the mean of ``fine``³ points, so that its edges are partial volumes.
    """
    n = round(2 * reach / voxel) * fine
    line = (np.arange(n) + 0.5) * (voxel / fine) - reach
    grid = np.stack(np.meshgrid(line, line, line, indexing="ij"), -1).astype(np.float32)
    dense = np.zeros((n, n, n), np.float32)
    for part in parts:
        dense += part.weight * ATTENUATION[part.material][ONE_ENERGY] * part.inside(grid)
    k = n // fine
    return dense.reshape(k, fine, k, fine, k, fine).mean(axis=(1, 3, 5))


def leg_volume(one: Leg, *, reach: float = 96.0, voxel: float = 4.0) -> np.ndarray:
    """The leg's attenuation at one energy, coarse, for backgrounds; see `volume`."""
    n = round(2 * reach / voxel)
    line = (np.arange(n) + 0.5) * voxel - reach
    points = np.stack(np.meshgrid(line, line, line, indexing="ij"), -1)
    dense = np.zeros((n, n, n), np.float32)
    for parts, at in ((one.upper, points), (one.shin, _bent(one.bent, points))):
        for part in parts:
            dense += part.weight * ATTENUATION[part.material][ONE_ENERGY] * part.inside(at)
    return dense


def grid(n: int = PIXELS, spacing: float = PIXEL) -> np.ndarray:
    """``n`` × ``n`` places so far apart about the middle, (rows, columns, 2): x to the right, y up,
    mm. Without arguments the middles of the detector's pixels."""
    line = (np.arange(n) - (n - 1) / 2) * spacing
    return np.stack(np.meshgrid(line, -line), -1)


def rays(poses: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rays from the source to detector places (n, m, 2), in the axes of the posed body: their
    starts (n, 1, 3) and unit directions (n, m, 3)."""
    turn = rigid.rotations(poses)
    start = np.array([0, 0, rigid.SOURCE]) - poses[:, [0, 1, 5]]
    depth = np.full((*places.shape[:2], 1), rigid.DETECTOR - rigid.SOURCE)
    along = np.concatenate([places, depth], axis=2)
    along = along / np.linalg.norm(along, axis=2, keepdims=True)
    return start[:, None] @ turn, along @ turn


def cast(
    dense: np.ndarray, poses: np.ndarray, places: np.ndarray, *, reach=REACH, voxel=VOXEL, step=STEP
) -> np.ndarray:
    """The attenuation along the rays to detector places (n, m, 2) through a posed volume, (n, m).

    Trilinear samples every ``step`` mm, as far as ``reach`` mm to both sides of the place where
    a ray is nearest to the body's middle.
    """
    poses, steps = np.atleast_2d(poses), np.arange(-reach, reach, step, np.float32) + step / 2
    each = max(1, AT_ONCE // (places.shape[1] * len(steps)))
    parts = [slice(first, first + each) for first in range(0, len(poses), each)]
    return np.concatenate(
        [_cast(dense, *rays(poses[part], places[part]), steps, step, voxel) for part in parts]
    )


def _cast(dense, starts, along, steps, step, voxel) -> np.ndarray:
    from scipy.ndimage import map_coordinates

    middle = starts - (starts * along).sum(-1, keepdims=True) * along
    middle, along = (middle / voxel).astype(np.float32), along.astype(np.float32)
    at = np.empty((3, *along.shape[:2], len(steps)), np.float32)
    for axis, half in enumerate((np.array(dense.shape) - 1) / 2):
        np.multiply(along[..., axis, None], steps / np.float32(voxel), out=at[axis])
        at[axis] += middle[..., axis, None] + np.float32(half)
    samples = map_coordinates(dense, at, np.float32, order=1, prefilter=False)
    return samples.sum(axis=-1) * np.float32(step)


def drr(dense: np.ndarray, pose: np.ndarray, **options) -> np.ndarray:
    """The whole DRR of a posed volume, (rows, columns); options as in `cast`."""
    return cast(dense, np.atleast_2d(pose), grid().reshape(1, -1, 2), **options).reshape(
        PIXELS, PIXELS
    )


# --- radiographs: formulas, three energies, scatter and noise -------------------------------------


def lengths(pose: np.ndarray, one: Leg | None, places: np.ndarray) -> dict[str, np.ndarray]:
    """How far each ray to detector places (m, 2) runs in each material, weighted by density, mm."""
    starts, along = rays(np.atleast_2d(pose), places[None])
    starts, along = np.broadcast_to(starts[0], along[0].shape), along[0]
    total = {material: np.zeros(len(places)) for material in ATTENUATION}
    bodies = [(implant(), starts, along)]
    if one is not None:
        bent = _bent(one.bent, starts), _bent(one.bent, along)
        bodies += [(one.upper, starts, along), (one.shin, *bent)]
    for parts, start, direction in bodies:
        for part in parts:
            total[part.material] += part.weight * part.chords(start, direction)
    return total


def radiograph(pose: np.ndarray, one: Leg | None, rng: np.random.Generator) -> np.ndarray:
    """A radiograph of the posed implant in its leg, (rows, columns): −log of the share of photons.

    Each pixel is the mean of four exact rays; photons of three energies arrive, scatter adds a
    smooth veil, photons are counted, the detector blurs.
    """
    from scipy.ndimage import gaussian_filter

    quarter = PIXEL / 4 * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    places = (grid()[:, :, None] + quarter).reshape(-1, 2)
    path = lengths(pose, one, places)
    depth = sum(path[m][:, None] * ATTENUATION[m] for m in ATTENUATION)
    arriving = (np.exp(-depth) @ SPECTRUM).reshape(PIXELS, PIXELS, 4).mean(axis=2)
    veil = gaussian_filter(arriving, SCATTER_SD, mode="nearest")
    counted = rng.poisson(PHOTONS * (arriving + SCATTER * veil)) / PHOTONS
    return -np.log(np.maximum(gaussian_filter(counted, BLUR_SD), 1 / PHOTONS))
