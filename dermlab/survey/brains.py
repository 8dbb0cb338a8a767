"""A family of brains on MR, made from one real average: labels are known because they are made.

The average is MNI152 (ICBM 2009a, symmetric; Fonov et al., NeuroImage 2011;54:313), a T1-weighted
mean of 152 adults at 1 mm, with the share of grey and of white matter in each voxel; ``nilearn``
carries the files. It is one anatomy: subjects differ by what is drawn here, not as people do.

A subject is made in the order of BrainWeb (Collins et al., IEEE TMI 1998;17:463): the average is
deformed smoothly; each voxel gets *one* tissue, drawn from its shares by a smooth random field;
tissues get a signal; then blur at their borders (partial volume), a slow change of brightness
(bias field) and the noise of a magnitude image (Rice). Axial slices, 1 mm a pixel, front on top.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from dermlab.errors import InputError

TISSUES = (
    "background",
    "cerebellum and brain stem",
    "ventricles",
    "white matter",
    "cortex",
    "deep grey matter",
    "outer fluid",
)
BACKGROUND, HIND, VENTRICLES, WHITE, CORTEX, DEEP, OUTER = range(7)
NONE, FLUID, GREY, WHITE_MATTER = range(4)  # what a pixel consists of, wherever it lies
SLICES = (-42, 8, 16, 36)  # mm above the average's origin
HEIGHT, WIDTH = 200, 168  # pixels of 1 mm
FRONT, LEFT = 83, -84  # mm: y of the first row, x of the first column

FILES = {  # what the average consists of -> SHA-256, as nilearn 0.14.1 carries it
    "t1": "421a10e872fd6cadae7f61d358dffbcc1795a497d61ee76c5dda2503e1a1e9e6",
    "gm": "97a5ca69bd24db37a9cb7b32525e1733a209af904129bf1cd36da06d24243bed",
    "wm": "382d92812de4744f9c86c7a0e4f680dc317a0a50e4da1f0153618a6798c7b7db",
}
ORIGIN = np.array([98, 134, 72])  # the voxel at x = y = z = 0 mm; voxels are 1 mm


@dataclass(frozen=True)
class Average:
    """Volumes (197, 233, 189) by x, y, z: T1 signal 0-1, and shares of grey and white matter."""

    t1: np.ndarray
    grey: np.ndarray
    white: np.ndarray


@dataclass(frozen=True)
class Family:
    """What subjects may differ in; pairs are the lowest and highest value, drawn evenly.

    ``scale``: size of the head; ``shift_mm``: SD of each component of the displacement;
    ``smooth_mm``: SD of the kernel that smooths it; ``folds_mm``: the same of the field that draws
    tissues. Signals of ``grey`` matter and ``fluid`` are shares of white matter's. ``bias``: range
    of the field, .2 is .9 to 1.1; ``noise``: SD as a share of white matter's signal. These two are
    BrainWeb's definitions (brainweb.bic.mni.mcgill.ca/faq.html).
    """

    scale: tuple[float, float]
    shift_mm: float
    smooth_mm: float
    folds_mm: float
    grey: tuple[float, float]
    fluid: tuple[float, float]
    bias: tuple[float, float]
    noise: tuple[float, float]


TRAINING = Family(
    scale=(0.96, 1.04),
    shift_mm=4.0,
    smooth_mm=24.0,
    folds_mm=7.0,
    grey=(0.66, 0.76),
    fluid=(0.25, 0.36),
    bias=(0.0, 0.2),
    noise=(0.01, 0.04),
)
HELD_OUT = Family(  # rougher deformations, finer folds, less contrast, more bias, more noise
    scale=(0.93, 1.07),
    shift_mm=4.0,
    smooth_mm=18.0,
    folds_mm=5.5,
    grey=(0.76, 0.82),
    fluid=(0.36, 0.45),
    bias=(0.2, 0.4),
    noise=(0.04, 0.07),
)
BLUR = 0.7  # pixels: SD of the blur at tissue borders
BIAS_SMOOTH = 35.0  # mm
COARSE = 8  # mm: step of the grid on which displacements are drawn


@dataclass(frozen=True)
class Subjects:
    """``images`` (n, slices, height, width) float32, nine tenths of the brain below 1;
    ``labels`` uint8, of `TISSUES`."""

    images: np.ndarray
    labels: np.ndarray


@lru_cache(maxsize=1)
def average() -> Average:
    """The average, read from where ``nilearn`` is installed.

    InputError where it is not, or where its files are others than those this course knows.
    """
    import nibabel

    volumes = []
    for kind, digest in FILES.items():
        path = _path(kind)
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise InputError(
                f"{path.name} is another file than nilearn 0.14.1 carries: "
                "install that version (pip install nilearn==0.14.1)."
            )
        volume = np.asarray(nibabel.load(path).dataobj, dtype=np.float32)
        volumes.append(volume / np.float32(255))
    return Average(*volumes)


def _path(kind: str) -> Path:
    """The file of one volume; nilearn itself is not imported, which would take seconds."""
    found = find_spec("nilearn")
    name = f"datasets/data/mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz"
    path = Path(found.origin).parent / name if found else Path(name)
    if not path.is_file():
        raise InputError(f"{name} was not found: install nilearn 0.14.1, which carries it.")
    return path


def subjects(numbers: range, family: Family) -> Subjects:
    """The subjects with these numbers, each a function of its number and the family alone."""
    made = [_subject(number, family) for number in numbers]
    return Subjects(*(np.stack(arrays) for arrays in zip(*made, strict=True)))


def rescanned(numbers: range, family: Family, scanner: Family) -> Subjects:
    """The anatomies of these subjects of ``family``, imaged anew: contrast, bias field and noise
    are drawn from ``scanner``."""
    made = [_seen(*_anatomy(number, family), [number, 2], scanner) for number in numbers]
    return Subjects(*(np.stack(arrays) for arrays in zip(*made, strict=True)))


def parent(number: int, family: Family, *, bent: Family | None = None) -> Subjects:
    """The average's own anatomy, the middle of every share taken for the matter: not deformed, or
    ``bent`` as subject ``number`` of that family would be.

    Signal, bias field and noise are drawn from ``family``, as subject ``number`` would draw them.
    """
    where = _anatomy(number, bent)[0] if bent else grid()
    made = _seen(where, np.full((len(SLICES), HEIGHT, WIDTH), 0.5), [number, 1], family)
    return Subjects(*(array[None] for array in made))


def _subject(number: int, family: Family) -> tuple[np.ndarray, np.ndarray]:
    return _seen(*_anatomy(number, family), [number, 1], family)


def _anatomy(number: int, family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Where in the average each pixel lies, and the field that draws its matter."""
    rng = np.random.default_rng([number, 0])
    where = _deformed(rng, family)
    return where, even(_fields(rng, family.folds_mm))


def _seen(
    where: np.ndarray, draw: np.ndarray, scan: list[int], family: Family
) -> tuple[np.ndarray, np.ndarray]:
    """Image and labels of the anatomy that lies at the points ``where`` of the average; ``scan``
    is the seed of its imaging."""
    matter = drawn(where, draw)
    image = _imaged(matter, family, np.random.default_rng(scan))
    return image, placed(matter, where)


# --- anatomy --------------------------------------------------------------------------------------


def grid() -> np.ndarray:
    """x, y, z in mm of every pixel, (3, slices, height, width)."""
    z, y, x = np.meshgrid(SLICES, FRONT - np.arange(HEIGHT), LEFT + np.arange(WIDTH), indexing="ij")
    return np.stack([x, y, z]).astype(float)


def _deformed(rng: np.random.Generator, family: Family) -> np.ndarray:
    """Where in the average each pixel of the subject lies, mm, (3, slices, height, width)."""
    where = grid()
    return where / rng.uniform(*family.scale) + displacement(rng, where, family)


def displacement(rng: np.random.Generator, where: np.ndarray, family: Family) -> np.ndarray:
    """A smooth random displacement in mm at the points ``where`` (3, …), mm: as ``where``."""
    from scipy import ndimage

    low = where.reshape(3, -1).min(axis=1) - 3 * COARSE
    size = np.ceil((where.reshape(3, -1).max(axis=1) - low) / COARSE).astype(int) + 4
    at = (where.reshape(3, -1) - low[:, None]) / COARSE
    fields = [family.shift_mm * field(rng, size, family.smooth_mm / COARSE) for _ in range(3)]
    moved = [ndimage.map_coordinates(field, at, order=3, mode="nearest") for field in fields]
    return np.reshape(moved, where.shape)


def _fields(rng: np.random.Generator, smooth: float) -> np.ndarray:
    """A field of its own in each slice, mean 0 and SD 1 over draws, (slices, height, width)."""
    return np.stack([field(rng, (HEIGHT, WIDTH), smooth) for _ in SLICES])


def field(rng: np.random.Generator, shape: tuple[int, ...], smooth: float) -> np.ndarray:
    """White noise smoothed by a Gaussian of SD ``smooth``, scaled to SD 1 over draws."""
    from scipy import ndimage

    noise = rng.normal(size=shape)
    kernel = [ndimage.gaussian_filter1d(np.eye(1, n)[0], smooth, mode="wrap") for n in shape]
    sd = np.prod([np.sqrt((line**2).sum()) for line in kernel])
    return ndimage.gaussian_filter(noise, smooth, mode="wrap") / sd


def even(field: np.ndarray) -> np.ndarray:
    """The normal field's distribution function: evenly spread from 0 to 1 over draws."""
    from scipy.special import ndtr

    return ndtr(field)


def drawn(where: np.ndarray, draw: np.ndarray) -> np.ndarray:
    """One matter a pixel: ``NONE, FLUID, GREY, WHITE_MATTER``, uint8 of the shape of ``draw``.

    ``draw`` is evenly spread over 0-1 and smooth: white below its share in the average, then grey,
    then fluid. So over many subjects each matter has its share of the average in every voxel, and
    grey lies between white and fluid in each subject. Nothing lies outside the average.
    """
    white, grey, inside = shares(where)
    matter = np.full(draw.shape, FLUID, np.uint8)
    matter[draw < white + grey] = GREY
    matter[draw < white] = WHITE_MATTER
    matter[~inside] = NONE
    return matter


def shares(where: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of white and grey matter at points of the average, and whether they lie in it."""
    from scipy import ndimage

    at = where + ORIGIN.reshape(3, *[1] * (where.ndim - 1))
    mean = average()
    read = [
        ndimage.map_coordinates(volume, at, order=1, mode="constant")
        for volume in (mean.white, mean.grey, (mean.t1 > 0).astype(np.float32))
    ]
    return read[0], read[1], read[2] >= 0.5


def placed(matter: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Labels (`TISSUES`, uint8) of matter (…) at points (3, …) of the average, mm.

    What only the place tells apart is cut by boxes in mm, read off the average by eye: fluid inside
    or outside, grey matter deep or in the cortex, cerebellum and brain stem as one.
    """
    x, y, z = np.abs(where[0]), where[1], where[2]
    low, middle = z < -26, (z > -8) & (z < 26)
    behind = low & ((y < -30) | ((x <= 20) & (y < -5)))
    fourth = low & (x <= 14) & (y > -56) & (y < -30)
    lateral = middle & (x <= 38) & (y > -56) & (y < 30)
    deep = middle & (x <= 34) & (y > -38) & (y < 24)
    labels = np.array([BACKGROUND, OUTER, CORTEX, WHITE], np.uint8)[matter]
    labels[(matter == GREY) & deep] = DEEP
    labels[(matter >= GREY) & behind] = HIND
    labels[(matter == FLUID) & (fourth | lateral)] = VENTRICLES
    return labels


# --- imaging --------------------------------------------------------------------------------------


def _imaged(matter: np.ndarray, family: Family, rng: np.random.Generator) -> np.ndarray:
    """The slices as a scanner would show them, 90 % of the brain's pixels below 1, float32."""
    from scipy import ndimage

    grey, fluid = rng.uniform(*family.grey), rng.uniform(*family.fluid)
    bias, noise = rng.uniform(*family.bias), rng.uniform(*family.noise)
    signal = np.array([0.0, fluid, grey, 1.0])[matter]
    clean = np.stack([ndimage.gaussian_filter(one, BLUR) for one in signal])
    brain = matter != NONE
    real, other = noise * rng.normal(size=(2, *matter.shape))
    seen = np.hypot(clean * _bias_field(rng, brain, bias) + real, other)
    return (seen / np.percentile(seen[brain], 90)).astype(np.float32)


def _bias_field(rng: np.random.Generator, brain: np.ndarray, bias: float) -> np.ndarray:
    """A smooth factor that goes from 1 − bias / 2 to 1 + bias / 2 within the brain."""
    field = _fields(rng, BIAS_SMOOTH)
    lowest, width = field[brain].min(), np.ptp(field[brain])
    return 1 + bias * ((field - lowest) / width - 0.5)
