"""What a network of registration is shown: a radiograph less the DRR of a pose, at chosen places.

After Miao, Wang and Liao (IEEE TMI 2016;35(5):1352). The paper's ingredients, and its networks, can
each be left out (`Way`): *local image residuals* (patches that follow the estimate, so that what
they show hardly depends on where the body lies in the picture), *partitioning* (other networks for
other views, zones of alpha × beta) and *hierarchy* (first the parameters in the plane, then those
out of it, then depth).

Reduced: a window of views of 20° × 20° in four zones of 10° (paper: 324 zones of 20°, all around),
estimates off by at most 7.5° out of the plane and 10 mm in depth (15° and 15 mm), and six patches
of 12 × 12 samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dermlab.survey import poses as rigid
from dermlab.survey import radiographs

WINDOW, HALVES = 10.0, 2  # degrees: alpha and beta of an estimate lie within ±WINDOW; zones a side
LOOKS = 3  # appearances of each pair that is learnt from
PATCHES, SIDE, SPACING = 6, 12, 1.5  # patches a case, samples a side, mm at the body
VEIL = 0.1  # scatter as a share of the open beam, in the DRRs that a radiograph is compared with
GLOBAL_SPACING = 4.0  # mm on the detector: without local residuals six patches tile it
PLACES = (8.0, 8.0, 15.0, WINDOW, WINDOW, 20.0)  # of the estimates to learn from
CAPTURE = (1.5, 1.5, 3.0, 7.5, 7.5, 10.0)  # at most so far off: see above
LIMITS = {  # each stage begins where the one before it has ended
    "in plane": CAPTURE,
    "out of plane": (0.6, 0.6, 1.5, 7.5, 7.5, 10.0),
    "depth": (0.3, 0.3, 0.8, 2.0, 2.0, 10.0),
    "all at once": CAPTURE,
}
ALL = {"all at once": (0, 1, 2, 3, 4, 5)}


@dataclass(frozen=True)
class Way:
    """A method: the paper's, or one with an ingredient left out."""

    local: bool = True
    zones: bool = True
    stages: bool = True
    network: bool = True

    def steps(self) -> Mapping[str, tuple]:
        """Stage → the places of its parameters in a pose."""
        return rigid.GROUPS if self.stages else ALL

    def models(self) -> list[tuple[int, str]]:
        """What is trained: a zone and a stage each."""
        zones = range(HALVES**2) if self.zones else [0]
        return [(zone, stage) for zone in zones for stage in self.steps()]


WAYS = {
    "PEHL": Way(),
    "no network": Way(network=False),
    "no local residuals": Way(local=False),
    "no hierarchy": Way(stages=False),
    "no partitioning": Way(zones=False),
}


def zone_of(poses: np.ndarray) -> np.ndarray:
    """The zone of each pose, by its alpha and beta, (n,)."""
    cells = np.floor((poses[:, 3:5] + WINDOW) / (2 * WINDOW / HALVES)).astype(int)
    cells = cells.clip(0, HALVES - 1)
    return cells[:, 0] * HALVES + cells[:, 1]


def middle_of(zone: int | None) -> np.ndarray:
    """The pose (6,) in the middle of a zone; None: of the whole window."""
    pose = np.zeros(6)
    if zone is not None:
        width = 2 * WINDOW / HALVES
        pose[3:5] = (np.array(divmod(zone, HALVES)) + 0.5) * width - WINDOW
    return pose


# --- what a network is shown ----------------------------------------------------------------------


@lru_cache(maxsize=1)
def body() -> np.ndarray:
    """The implant's voxels."""
    return radiographs.volume(radiographs.implant())


@lru_cache(maxsize=8)
def anchors(zone: int | None) -> np.ndarray:
    """The points of the body that the patches follow, (PATCHES, 3) mm.

    In the DRR of the zone's middle, the pixels of strongest gradient at least 14 mm apart; each is
    taken at the middle of its ray through the body's box.
    """
    pose = middle_of(zone)[None]
    places = radiographs.grid(45, 2.0)
    picture = radiographs.cast(body(), pose, places.reshape(1, -1, 2)).reshape(places.shape[:2])
    strength = np.hypot(*np.gradient(picture))
    chosen = []
    while len(chosen) < PATCHES:
        row, column = np.unravel_index(strength.argmax(), strength.shape)
        chosen.append(places[row, column])
        far = np.linalg.norm(places - chosen[-1], axis=-1) > 20  # on the detector: 14 mm at it
        strength = np.where(far, strength, -1)
    starts, along = radiographs.rays(pose, np.array(chosen)[None])
    return (starts - (starts * along).sum(-1, keepdims=True) * along)[0]


def patches(poses: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Where local patches look, detector places (n, PATCHES · SIDE², 2) mm.

    Each is centred on its point as the pose projects it, turned with the pose's angle, and as large
    as the body's depth makes it.
    """
    offsets = radiographs.grid(SIDE, SPACING).reshape(-1, 2)
    angle = np.radians(poses[:, 2])
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, s], [-s, c]]).transpose(2, 0, 1)
    scale = (rigid.SOURCE - rigid.DETECTOR) / (rigid.SOURCE - poses[:, 5])
    offsets = (offsets @ turn) * scale[:, None, None]
    centres = rigid.projected(rigid.moved(poses, points))
    return (centres[:, :, None] + offsets[:, None]).reshape(len(poses), -1, 2)


def tiles(poses: np.ndarray) -> np.ndarray:
    """As many places that tile the detector and follow nothing, (n, PATCHES · SIDE², 2) mm."""
    x, y = ((np.arange(k * SIDE) - (k * SIDE - 1) / 2) * GLOBAL_SPACING for k in (3, 2))
    whole = np.stack(np.meshgrid(x, -y), -1).reshape(2, SIDE, 3, SIDE, 2)
    return np.broadcast_to(
        whole.transpose(0, 2, 1, 3, 4).reshape(-1, 2), (len(poses), PATCHES * SIDE**2, 2)
    )


def looked_at(way: Way, poses: np.ndarray, zone: int | None) -> np.ndarray:
    """The detector places that a way looks at for these estimates."""
    return patches(poses, anchors(zone if way.zones else None)) if way.local else tiles(poses)


def sampled(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Images (n, rows, columns) at detector places (n, m, 2), bilinear, edges repeated, (n, m)."""
    from scipy.ndimage import map_coordinates

    middle = (radiographs.PIXELS - 1) / 2
    column, row = places[..., 0] / radiographs.PIXEL, -places[..., 1] / radiographs.PIXEL
    which = np.broadcast_to(np.arange(len(images))[:, None], column.shape)
    at = [which, row + middle, column + middle]
    return map_coordinates(images, at, order=1, mode="nearest", prefilter=False)


def standardised(values: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and SD 1: tube and detector have another contrast than a DRR."""
    centred = values - values.mean(axis=1, keepdims=True)
    return (centred / (centred.std(axis=1, keepdims=True) + 1e-6)).astype(np.float32)


def veiled(line: np.ndarray, veil=VEIL) -> np.ndarray:
    """What a detector shows of attenuation summed along rays, if ``veil`` of the open beam reaches
    every pixel as scatter: thick metal is as good as opaque."""
    return -np.log((np.exp(-line) + veil) / (1 + veil))


def residual(seen: np.ndarray, poses: np.ndarray, places: np.ndarray) -> np.ndarray:
    """What the radiograph shows at ``places`` (n, m) less the veiled DRR of the poses there."""
    return standardised(seen) - standardised(veiled(radiographs.cast(body(), poses, places)))


# --- pairs to learn from --------------------------------------------------------------------------


def corrected(way: Way, poses: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Estimates moved by the answered offsets; local patches are turned, and so are x and y."""
    offsets = np.array(offsets, float)
    if way.local:
        c, s = np.cos(np.radians(poses[:, 2])), np.sin(np.radians(poses[:, 2]))
        x, y = offsets[:, 0].copy(), offsets[:, 1].copy()
        offsets[:, 0], offsets[:, 1] = c * x - s * y, s * x + c * y
    return poses + offsets


def backgrounds(n: int, rng: np.random.Generator) -> np.ndarray:
    """DRRs of ``n`` legs without the implant, (n, rows, columns): what else a radiograph shows."""
    legs = [radiographs.leg_volume(radiographs.leg(rng)) for _ in range(n)]
    poses = rigid.drawn(PLACES, n, rng)
    options = {"reach": 96.0, "voxel": 4.0, "step": 4.0}
    return np.stack(
        [radiographs.drr(leg, pose, **options) for leg, pose in zip(legs, poses, strict=True)]
    )


def pairs(way: Way, zone: int | None, stage: str, n: int, behind: np.ndarray, seed: int) -> tuple:
    """Residuals (``LOOKS`` · n, m) and the offsets that made them (…, 6), as shares of the limits.

    Estimates lie anywhere in the zone (None: in the window); the truth is off by a share of the
    stage's ``LIMITS``, the share drawn evenly from 0 to 1. The pictures are DRRs of the ``n``
    truths, each seen ``LOOKS`` times: on one of the legs ``behind`` it, with another contrast
    (metal times .5 to 1.5), another veil of scatter (.05 to .3) and noise.
    """
    rng = np.random.default_rng(seed)
    limits, spread = np.array(LIMITS[stage]), np.array(PLACES)
    if zone is not None:
        spread[3:5] = WINDOW / HALVES
    poses = middle_of(zone) + rigid.drawn(spread, n, rng)
    offsets = rigid.drawn(limits, n, rng) * rng.uniform(size=(n, 1))
    places = looked_at(way, poses, zone)
    metal = radiographs.cast(body(), corrected(way, poses, offsets), places)
    expected = standardised(veiled(radiographs.cast(body(), poses, places)))
    looks = [standardised(_seen(metal, behind, places, rng)) - expected for _ in range(LOOKS)]
    return np.concatenate(looks), np.tile(offsets / limits, (LOOKS, 1)).astype(np.float32)


def _seen(metal, behind, places, rng) -> np.ndarray:
    n = len(metal)
    metal = metal * rng.uniform(0.5, 1.5, (n, 1)).astype(np.float32)
    legs = sampled(behind[rng.integers(len(behind), size=n)], places)
    seen = veiled(metal, rng.uniform(0.05, 0.3, (n, 1))) + legs
    return seen + rng.uniform(0, 0.1, (n, 1)) * rng.standard_normal(seen.shape)


def only(targets: np.ndarray, columns: tuple) -> np.ndarray:
    """The targets of one stage; the other parameters are to be left alone, 0."""
    kept = np.zeros_like(targets)
    kept[:, list(columns)] = targets[:, list(columns)]
    return kept
