"""A simulated chest CT in Hounsfield units: wall, lungs, vessel trees, scars, nodules, noise.

Arrays are (z, y, x): z from head to feet, y from front to back, x from the patient's right to left,
voxels of 1.5 mm. Positions are in mm from the centre of the volume in the same order. The phantom
has what a nodule detector meets: bright spheres of many sizes, and vessels, branchings, flat scars
and caps on the pleura that are bright too. It has no airways beyond the main bronchi, no disease of
the lung's tissue, no contrast medium, no motion and no metal.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

VOXEL = 1.5  # mm a side
SHAPE = (128, 160, 216)  # z, y, x
AIR, FAT, MUSCLE, BLOOD, BONE, LUNG = -1000.0, -100.0, 45.0, 40.0, 320.0, -865.0  # HU
DIAMETERS, STEEPNESS = (4.0, 25.0), 2.0  # mm; their density falls as d^-(1 + STEEPNESS)
NODULES, LOOK_ALIKES = 2.5, 5.0  # means a scan, Poisson
KINDS = {"in the lung": 0.55, "at the wall": 0.25, "at a vessel": 0.20}  # where nodules lie
GROUND_GLASS = 0.2  # the share of nodules of half density
LEAVES, LEAF_RADIUS, MURRAY = 330, 0.45, 2.7  # of a vessel tree: ends, their radius in mm, exponent
NOISE = (22.0, 40.0)  # SD in HU, uniform over scans
BLUR = 0.8  # mm, SD of the scanner's blur
COLUMNS = ("z", "y", "x", "diameter", "kind", "ground_glass")


@dataclass(frozen=True)
class Scan:
    """``hu``: (z, y, x) int16; ``nodules``: a row a nodule, ``COLUMNS`` (mm); ``noise``: SD, HU."""

    hu: np.ndarray
    nodules: pd.DataFrame
    noise: float


def scan(seed: int) -> Scan:
    """One patient's chest; equal for equal seeds, whatever was made before."""
    rng = np.random.default_rng([14, seed])
    anatomy = _thorax(rng)
    hu, inside = anatomy["hu"], anatomy["lung"]
    depth = _depth(inside)
    spots = _inner_spots(depth, rng)
    branches = [tree for side in (-1, 1) for tree in _trees(spots, side, rng)]
    vessels = np.concatenate(branches)
    _blend(hu, _tubes(vessels) * inside, BLOOD)
    _look_alikes(hu, spots, depth, rng)
    nodules = _nodules(hu, spots, depth, vessels, rng)
    noise = float(rng.uniform(*NOISE))
    return Scan(_pictured(hu, noise, rng), nodules, noise)


def axes(shape: tuple[int, ...] = SHAPE) -> list[np.ndarray]:
    """The positions of the voxels' centres along z, y and x, in mm, each shaped to broadcast."""
    grids = [(np.arange(n, dtype=np.float32) - (n - 1) / 2) * np.float32(VOXEL) for n in shape]
    return [grid.reshape([-1 if i == j else 1 for j in range(3)]) for i, grid in enumerate(grids)]


def to_index(mm: np.ndarray) -> np.ndarray:
    """The indices (n, 3), not rounded, of positions (n, 3) in mm."""
    return np.asarray(mm) / VOXEL + (np.array(SHAPE) - 1) / 2


def to_mm(index: np.ndarray) -> np.ndarray:
    """The positions (n, 3) in mm of indices (n, 3)."""
    return (np.asarray(index) - (np.array(SHAPE) - 1) / 2) * VOXEL


# --- chest ----------------------------------------------------------------------------------------


def _thorax(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Everything but vessels and findings: ``hu``, and ``lung``, the share of lung in [0, 1]."""
    z, y, x = axes()
    size = rng.uniform(0.93, 1.05)
    z, y, x = z / size, y / size, x / size
    hu = np.full(SHAPE, AIR, np.float32)
    _blend(hu, _inside(1 - _oval(x, 152, y, 108), 70), FAT)
    _blend(hu, _inside(1 - _oval(x, 138, y, 95), 70), MUSCLE)
    cage = _cage(z, y, x)
    _blend(hu, (cage < 0.97) * np.clip(0.6 * _smooth_field(rng, 9), 0, 0.9) * (z < 30), FAT)
    _blend(hu, _ribs(cage, z, y, x, rng), BONE)
    lung = _inside(np.minimum(1 - cage, _beside_mediastinum(z, y, x, rng)), 60)
    tissue = LUNG + 35 * y / 80 + 18 * _smooth_field(rng, 10)
    _blend(hu, lung, tissue)
    _blend(hu, lung * _fissures(z, y, x, rng), -450.0)
    _blend(hu, _inside(1 - np.hypot(x / 17, (y - 68) / 17), 17), 190.0)
    _blend(hu, _inside(1 - np.hypot(x / 7, (y - 88) / 6), 7), BLOOD - 20)
    _blend(hu, _airways(z, y, x), AIR)
    return {"hu": hu, "lung": lung}


def _oval(x: np.ndarray, a: float, y: np.ndarray, b: float) -> np.ndarray:
    return (np.abs(x / a) ** 2.4 + np.abs(y / b) ** 2.4) ** (1 / 2.4)


def _inside(depth: np.ndarray, mm: float) -> np.ndarray:
    """The share of each voxel within a surface; ``depth`` × ``mm`` is about the distance to it."""
    return np.clip(depth * mm / VOXEL + 0.5, 0, 1)


def _cage(z: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Below 1 within the ribs: an oval that narrows towards the apex."""
    upward = np.clip((25 - z) / 117, 0, 0.995)
    narrow = (1 - upward**2.8) ** (1 / 2.4)
    return _oval(x, 124 * narrow, y - 4, 84 * narrow)


def _ribs(cage, z, y, x, rng) -> np.ndarray:
    """Rings around the cage that fall from back to front."""
    ring = 1 - np.abs(cage - 1.07) / 0.038
    phase = (z - 0.42 * y + 0.08 * np.abs(x) + rng.uniform(0, 27)) / 27
    height = 0.24 - np.abs(phase % 1 - 0.5)
    return _inside(np.minimum(ring * 0.04, height * 0.45), 75)


def _beside_mediastinum(z, y, x, rng) -> np.ndarray:
    """Above 0 beside spine, great vessels and heart, and above the diaphragm; about mm / 60."""
    wall = np.abs(x) / (15 + 17 * np.exp(-(((y + 8) / 34) ** 2)) + 5 * _smooth_field(rng, 14)) - 1
    spine = np.hypot(x / 27, (y - 68) / 25) - 1
    aorta = np.hypot((x - 20) / 14, (y - 50) / 14) - 1
    heart = np.sqrt(((x - 20) / 52) ** 2 + ((y + 26) / 42) ** 2 + ((z - 42) / 50) ** 2) - 1
    low = 52 + 20 * ((np.abs(x) - 60) / 60) ** 2 + 26 * ((y + 8) / 80) ** 2
    floor = (low - np.where(x < 0, 8, 0) + 2 * _smooth_field(rng, 24) - z) / 60
    parts = (wall * 0.5, spine * 0.4, aorta * 0.25, heart * 0.85, floor)
    return np.minimum.reduce([np.broadcast_to(part, SHAPE) for part in parts])


def _fissures(z, y, x, rng) -> np.ndarray:
    """The oblique fissures: thin bright sheets from high at the back to low in front."""
    sheet = z + 0.9 * y + 12 * np.sin(x / 35 + rng.uniform(0, 6)) - 8
    return np.clip(0.45 - np.abs(sheet) / 3.2, 0, 1)


def _airways(z, y, x) -> np.ndarray:
    """Trachea and main bronchi."""
    drop = np.clip(z + 28, 0, None)
    middle = np.abs(np.abs(x) - 0.9 * drop)
    tube = 1 - np.hypot(middle, y - 12) / np.where(drop > 0, 6.5, 8.5)
    return _inside(np.where(drop < 38, tube, -1), 7)


def _smooth_field(rng: np.random.Generator, mm: float) -> np.ndarray:
    """A random field with SD 1 and details of about ``mm``."""
    from scipy import ndimage

    coarse = [max(3, int(n * VOXEL / mm)) for n in SHAPE]
    grid = rng.normal(size=coarse).astype(np.float32)
    field = ndimage.zoom(grid, [n / c for n, c in zip(SHAPE, coarse, strict=True)], order=1)
    return field / field.std()


def _blend(hu: np.ndarray, share: np.ndarray, value: np.ndarray | float) -> None:
    """Put ``share`` of ``value`` in the place of what is there."""
    hu += share * (value - hu)


def _pictured(hu: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """What the scanner makes of it: blur, and noise that is a little smooth within a slice."""
    from scipy import ndimage

    grain = rng.standard_normal(SHAPE, dtype=np.float32)
    grain = ndimage.gaussian_filter(grain, (0.3, 0.6, 0.6), truncate=3)
    blurred = ndimage.gaussian_filter(hu, BLUR / VOXEL, truncate=3)
    pictured = blurred + noise / grain.std() * grain
    return np.clip(np.rint(pictured), -1024, 2000).astype(np.int16)


# --- places ---------------------------------------------------------------------------------------


def _depth(lung: np.ndarray) -> np.ndarray:
    """The distance in mm to the lung's edge, at every second voxel."""
    from scipy import ndimage

    return ndimage.distance_transform_edt(lung[::2, ::2, ::2] > 0.5).astype(np.float32) * 2 * VOXEL


def _inner_spots(depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """6,000 random positions within the lungs, (n, 3) mm."""
    chosen = rng.choice(np.flatnonzero(depth), 6000)
    index = 2 * np.stack(np.unravel_index(chosen, depth.shape), axis=1)
    return to_mm(index + rng.uniform(-1, 1, index.shape)).astype(np.float32)


def _depth_at(depth: np.ndarray, mm: np.ndarray) -> np.ndarray:
    index = np.rint(to_index(mm) / 2).astype(int)
    return depth[tuple(np.clip(index, 0, np.array(depth.shape) - 1).T)]


# --- vessels --------------------------------------------------------------------------------------


def _trees(spots: np.ndarray, side: int, rng: np.random.Generator) -> list[np.ndarray]:
    """An artery's and a vein's tree of one lung: edges (n, 7), two ends in mm and the radius."""
    own = spots[np.sign(spots[:, 2]) == side]
    trees = []
    for root in ((-8.0, 4.0, side * 26.0), (6.0, 10.0, side * 26.0)):
        leaves = own[rng.choice(len(own), LEAVES, replace=False)]
        trees.append(np.array(_grown(np.array(root), leaves, rng), dtype=np.float32))
    return trees


def _grown(start: np.ndarray, leaves: np.ndarray, rng: np.random.Generator) -> list[tuple]:
    """A tree that halves its leaves again and again; radii by Murray's law."""
    edges, waiting = [], [(start, leaves)]
    while waiting:
        begin, ends = waiting.pop()
        radius = LEAF_RADIUS * len(ends) ** (1 / MURRAY)
        middle = ends.mean(axis=0)
        reach = 1.0 if len(ends) == 1 else rng.uniform(0.25, 0.5)
        end = begin + reach * (middle - begin)
        edges.append((*begin, *end, radius))
        if len(ends) > 1:
            spread = ends - middle
            along = spread @ np.linalg.svd(spread, full_matrices=False)[2][0]
            first = np.argsort(along)[: max(1, int(len(ends) * rng.uniform(0.35, 0.65)))]
            halves = np.zeros(len(ends), bool)
            halves[first] = True
            waiting += [(end, ends[halves]), (end, ends[~halves])]
    return edges


def _tubes(edges: np.ndarray) -> np.ndarray:
    """The share of vessel in each voxel, the largest of all edges."""
    share = np.zeros(SHAPE, np.float32)
    for *ends, radius in edges:
        a, b = np.array(ends[:3]), np.array(ends[3:])
        box, (z, y, x) = _box(np.minimum(a, b), np.maximum(a, b), radius + VOXEL)
        along = b - a
        t = ((z - a[0]) * along[0] + (y - a[1]) * along[1] + (x - a[2]) * along[2]) / max(
            along @ along, 1e-6
        )
        t = np.clip(t, 0, 1)
        off = [grid - a[i] - t * along[i] for i, grid in enumerate((z, y, x))]
        distance = np.sqrt(off[0] ** 2 + off[1] ** 2 + off[2] ** 2)
        partial = min(1.0, 2 * radius / VOXEL) * np.clip(0.5 + (radius - distance) / VOXEL, 0, 1)
        np.maximum(share[box], partial, out=share[box])
    return share


def _box(low: np.ndarray, high: np.ndarray, margin: float) -> tuple[tuple, list[np.ndarray]]:
    """The slices around a piece of space in mm, and the positions of their voxels."""
    first = np.clip(np.floor(to_index(low - margin)), 0, np.array(SHAPE) - 1).astype(int)
    last = np.clip(np.ceil(to_index(high + margin)) + 1, 1, SHAPE).astype(int)
    box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    grids = axes()
    places = [
        grids[i][tuple(box[j] if i == j else slice(None) for j in range(3))] for i in range(3)
    ]
    return box, places


# --- findings -------------------------------------------------------------------------------------


def _look_alikes(hu, spots, depth, rng) -> None:
    """Flat scars within the lung and flat caps on its surface; no nodules."""
    for _ in range(rng.poisson(LOOK_ALIKES)):
        is_cap = rng.random() < 0.5
        place = _place(spots, depth, rng, *((0, 4.5) if is_cap else (6, 60)))
        half = np.array([rng.uniform(0.8, 1.4), *rng.uniform(6, 11, 2)])
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        box, grids = _box(place, place, 14)
        off = [grid - place[i] for i, grid in enumerate(grids)]
        turned = [
            sum(row[i] * off[i] for i in range(3)) / h for row, h in zip(turn, half, strict=True)
        ]
        distance = np.sqrt(sum(part**2 for part in turned))
        _blend(hu[box], 0.85 * np.clip((1 - distance) * half[0] / VOXEL + 0.5, 0, 1), 20.0)


def _nodules(hu, spots, depth, vessels, rng) -> pd.DataFrame:
    """Put nodules into ``hu``; their table."""
    rows, thick = [], vessels[(vessels[:, 6] > 0.9) & (vessels[:, 6] < 2.2)]
    for _ in range(rng.poisson(NODULES)):
        diameter = diameters(rng.random(1))[0]
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
        place = _nodule_place(kind, diameter / 2, spots, depth, thick, rng)
        is_glass = bool(rng.random() < GROUND_GLASS)
        _put(hu, place, diameter / 2, 0.45 if is_glass else 1.0, rng)
        rows.append((*place, diameter, kind, is_glass))
    kinds = dict.fromkeys(COLUMNS, float) | {"kind": "str", "ground_glass": bool}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)


def diameters(shares: np.ndarray) -> np.ndarray:
    """Diameters in mm at ``shares`` in [0, 1] of their distribution, a Pareto with two ends."""
    low, high = DIAMETERS
    return low * (1 - shares * (1 - (low / high) ** STEEPNESS)) ** (-1 / STEEPNESS)


def _nodule_place(kind, radius, spots, depth, thick, rng) -> np.ndarray:
    if kind == "at the wall":
        return _place(spots, depth, rng, 0.4 * radius, max(radius, 4.5))
    if kind == "in the lung" or not len(thick):
        return _place(spots, depth, rng, radius + 3, 80)
    edge = thick[rng.integers(len(thick))].astype(float)
    middle, along = (edge[:3] + edge[3:6]) / 2, edge[3:6] - edge[:3]
    aside = np.cross(along, rng.normal(size=3))
    return middle + aside / np.linalg.norm(aside) * (edge[6] + 0.8 * radius)


def _place(spots, depth, rng, least: float, most: float) -> np.ndarray:
    """A random position whose distance to the lung's edge lies between the two, in mm."""
    at = _depth_at(depth, spots)
    fits = spots[(at >= least) & (at <= most)]
    return fits[rng.integers(len(fits))].astype(float)


def _put(hu, place, radius, density, rng) -> None:
    """A ball with bumps; ``density``: the share of tissue in it."""
    box, grids = _box(place, place, 1.4 * radius + 2 * VOXEL)
    off = [grid - place[i] for i, grid in enumerate(grids)]
    distance = np.sqrt(sum(part**2 for part in off))
    waves = rng.normal(size=(6, 3)) * 1.6
    bumps = sum(
        np.sin(sum(w[i] * off[i] for i in range(3)) / np.maximum(distance, 0.5) * 1.5 + phase)
        for w, phase in zip(waves, rng.uniform(0, 6.3, 6), strict=True)
    )
    surface = radius * (1 + 0.05 * bumps) - distance
    _blend(hu[box], density * np.clip(surface / VOXEL + 0.5, 0, 1), rng.normal(30, 20))
