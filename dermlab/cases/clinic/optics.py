"""From pigment, blood and relief to the pixels of a camera.

Light that comes back from the skin is weakened by the law of Beer and Lambert: what is left of a
colour band is exp(−Σ amount × absorption). The absorptions are *effective* ones of three broad
camera bands: their order and rough ratios follow the published spectra of melanin (falling with
wavelength), oxygenated haemoglobin (green and blue, hardly red) and deoxygenated haemoglobin
(also red: it looks violet), flattened towards each other because scattered light takes a shorter
way where more is absorbed.
"""

from dataclasses import dataclass

import numpy as np

from dermlab.cases.clinic.fields import FLOAT, Grid

# absorption per unit amount in the camera's red, green and blue
MELANIN = (1.00, 1.36, 1.68)
OXYGENATED = (0.10, 1.00, 0.85)
DEOXYGENATED = (0.62, 1.10, 0.62)
CAROTENE = (0.02, 0.28, 0.95)
DERMIS = (0.90, 0.78, 0.70)  # what bloodless skin without pigment gives back
SKIN_MELANIN = {1: 0.06, 2: 0.18, 3: 0.38, 4: 0.75, 5: 1.30, 6: 2.00}  # skin types I-VI


@dataclass(frozen=True)
class Camera:
    """A camera and the room it hangs in."""

    name: str
    balance: tuple[float, float, float]  # gain of red, green, blue
    gamma: float
    contrast: float
    vignette: float  # share of light lost in the corners
    blur: float  # standard deviation, share of the picture's width
    exposure: float  # how far automatic exposure evens out light and dark skin, 0-1


CAMERAS = {
    camera.name: camera
    for camera in (
        Camera("clinic A", (1.04, 1.00, 0.95), 2.2, 0.15, 0.12, 0.0035, 0.25),
        Camera("clinic B", (0.96, 1.00, 1.07), 2.0, 0.30, 0.22, 0.0055, 0.15),
    )
}


def reflectance(melanin, oxygenated, deoxygenated, carotene) -> np.ndarray:
    """Linear red, green, blue (3, size, size) of skin with these amounts, each (size, size)."""
    bands = []
    for band in range(3):
        density = melanin * FLOAT(MELANIN[band])
        density += oxygenated * FLOAT(OXYGENATED[band])
        density += deoxygenated * FLOAT(DEOXYGENATED[band])
        density += carotene * FLOAT(CAROTENE[band])
        bands.append(np.exp(-density) * FLOAT(DERMIS[band]))
    return np.stack(bands)


def cover(picture: np.ndarray, share: np.ndarray, colour) -> None:
    """Lay a colour (3,) over a picture (3, size, size), in place, with opacity ``share``."""
    for band in range(3):
        picture[band] += share * (FLOAT(colour[band]) - picture[band])


def light(slope_x, slope_y, *, direction, shine):
    """Diffuse factor (1 on flat skin) and highlight (≥ 0) of a relief lit from ``direction``.

    The viewer looks straight down; ``shine`` (size, size) is the share mirrored.
    """
    lx, ly, lz = direction
    length = 1 / np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)
    diffuse = np.maximum(1 - (slope_x * FLOAT(lx / lz) + slope_y * FLOAT(ly / lz)), 0) * length
    half = np.array([lx, ly, lz + 1]) / np.linalg.norm([lx, ly, lz + 1])
    facing = (FLOAT(half[2]) - slope_x * FLOAT(half[0]) - slope_y * FLOAT(half[1])) * length
    mirrored = np.maximum(facing, 0)
    for _ in range(5):  # to the power of 32, cheaper than np.power
        mirrored *= mirrored
    return diffuse, shine * mirrored


def falloff(where: Grid, *, direction, loss) -> np.ndarray:
    """Uneven light over a picture, (size, size): brighter towards the lamp, darker in corners."""
    size = len(where.x)
    along = ((np.arange(size) + 0.5) / size * 2 - 1).astype(FLOAT)
    column, row = along[None, :], along[:, None]
    slant = 1 + FLOAT(0.12) * (column * FLOAT(direction[0]) + row * FLOAT(direction[1]))
    return slant * (1 - FLOAT(loss / 2) * (column * column + row * row))


def photograph(picture: np.ndarray, camera: Camera, *, gain, tint, blur) -> np.ndarray:
    """Linear light (3, size, size) through a camera: uint8 (size, size, 3).

    ``gain`` is the lamp's brightness, ``tint`` (3,) its colour as the camera's balance left it,
    ``blur`` the view's own want of focus (a share of the width, added in squares).
    """
    size = picture.shape[-1]
    smear = _smear(size, float(np.hypot(camera.blur, blur)))
    picture = smear @ picture @ smear.T
    mean = float(picture.mean())
    gain = gain * (0.45 / max(mean, 1e-3)) ** camera.exposure
    scale = np.asarray(camera.balance) * tint * gain
    levels = picture * (scale * (len(_CURVE_X) - 1)).astype(FLOAT)[:, None, None]
    levels = np.clip(levels, 0, len(_CURVE_X) - 1).astype(np.uint16)
    return _curve(camera)[levels].transpose(1, 2, 0)


_CURVE_X = np.linspace(0, 1, 8192)


def _curve(camera: Camera) -> np.ndarray:
    """The camera's tone curve as a table of uint8: a table costs less than a power a pixel."""
    tone = _CURVE_X ** (1 / camera.gamma)
    tone = tone + camera.contrast * tone * (1 - tone) * (2 * tone - 1)
    return np.round(255 * np.clip(tone, 0, 1)).astype(np.uint8)


def _smear(size: int, blur: float) -> np.ndarray:
    """The Gaussian blur of a row of pixels as a matrix, rows summing to 1."""
    position = (np.arange(size) + 0.5) / size
    sigma = max(blur, 0.25 / size)
    matrix = np.exp(-0.5 * ((position[:, None] - position[None, :]) / sigma) ** 2)
    return (matrix / matrix.sum(1, keepdims=True)).astype(FLOAT)
