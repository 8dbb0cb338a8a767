"""A phantom of the retina: two photographs a patient, of which every lesion is known.

Lengths are millimetres on the retina, x to the right and y down as in the picture, from the fovea.
A photograph shows 45° as one circle, `FIELD` wide, with the macula near its middle. It has the
disc, the macula, a tree of arteries and veins, and what diabetes leaves: microaneurysms,
haemorrhages and hard exudates. Drusen and spots of pigment are there too, which are not diabetic.
``data_cards/fundus.md`` sets sizes beside published ones and says what is missing.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from dermlab.errors import InputError
from dermlab.survey import fundus_vessels
from dermlab.survey.fundus_vessels import SIZE, WIDTH, pixel

FIELD = 13.5  # mm: the circle that is lit (45° at 0.3 mm)
NOISE = 2.4  # SD of a pixel's noise, of 255
DISC_FOVEA, DISC_FOVEA_SD, RATIO = 4.76, 0.34, 2.65  # mm, mm; distance over the disc's diameter
MICROANEURYSM, HAEMORRHAGE, EXUDATE = "microaneurysm", "haemorrhage", "exudate"
DRUSE, PIGMENT = "druse", "pigment"
FORMS = {  # median and range of the diameter in mm; of the contrast (share of the green light)
    MICROANEURYSM: ((0.085, 0.04, 0.125), (0.28, 0.06, 0.6)),
    HAEMORRHAGE: ((0.21, 0.13, 0.8), (0.42, 0.1, 0.75)),
    EXUDATE: ((0.12, 0.05, 0.35), (0.45, 0.1, 0.9)),
    DRUSE: ((0.13, 0.06, 0.25), (0.12, 0.04, 0.25)),
    PIGMENT: ((0.2, 0.08, 0.4), (0.12, 0.05, 0.25)),
}
SPREAD = 0.4  # of the logarithm of diameters and contrasts
RATES = {  # the logarithm of how many there are in an eye, at burden 0 and by burden; the most
    MICROANEURYSM: (-0.6, 1.6, 60),
    HAEMORRHAGE: (-3.1, 3.1, 200),
    "exudate clusters": (-3.6, 1.9, 6),
}
BURDEN = -0.5  # of an average patient: calibrated to one referable patient in five
BETWEEN_EYES = 0.35  # SD of the burden of two eyes of a patient
WITH_DRUSEN, WITH_PIGMENT = 0.12, 0.10  # shares of the patients
DARK = {MICROANEURYSM: (0.4, 1.0, 0.9), HAEMORRHAGE: (0.55, 1.0, 0.9), PIGMENT: (1.0, 1.0, 1.0)}
PALE = {EXUDATE: (255, 232, 150), DRUSE: (240, 190, 120)}
SIDES = ("right", "left")


class Study(NamedTuple):
    """``eyes``, a row an eye: ``eye_id, patient_id, side``, where the disc is, how the picture is
    lit. ``lesions``, a row a lesion: ``eye_id, kind, x, y, diameter`` (mm), ``contrast``."""

    eyes: pd.DataFrame
    lesions: pd.DataFrame


def make(n_patients: int, seed: int, *, burden: float = BURDEN) -> Study:
    """Patients with two eyes each. ``burden`` is the average patient's (SD 1 between patients).

    A patient is the same however many others are made. InputError where nobody is asked for.
    """
    if n_patients < 1:
        raise InputError(f"A study of {n_patients} patients has no eyes: ask for 1 or more.")
    made = [_patient(seed, number, burden) for number in range(n_patients)]
    eyes = pd.DataFrame([row for rows, _ in made for row in rows])
    lesions = [row for _, rows in made for row in rows]
    columns = ["eye_id", "kind", "x", "y", "diameter", "contrast"]
    return Study(eyes, pd.DataFrame(lesions, columns=columns))


def render(study: Study, rows: Sequence[int] | None = None, size: int = SIZE) -> np.ndarray:
    """Photographs (n, size, size, 3) uint8 of the eyes in these places of ``study.eyes``, or all.

    The same eye gives the same picture in every batch. A size below 512 is its mean over squares,
    as a smaller file would be; InputError unless it divides 512.
    """
    if size < 1 or SIZE % size:
        raise InputError(f"A picture of {size} pixels: choose a divisor of {SIZE}, as 128 or 256.")
    eyes = study.eyes if rows is None else study.eyes.iloc[list(rows)]
    of_eye = dict(tuple(study.lesions.groupby("eye_id")))
    pictures = [
        smaller(_photograph(eye, of_eye.get(eye.eye_id)), size) for eye in eyes.itertuples()
    ]
    return np.stack(pictures)


def smaller(picture: np.ndarray, size: int) -> np.ndarray:
    """The picture (…, 512, 512, 3) as means over squares: (…, size, size, 3) uint8."""
    *before, n, _, channels = picture.shape
    k = n // size
    squares = picture.reshape(*before, size, k, size, k, channels).mean(axis=(-4, -2))
    return np.rint(squares).astype(np.uint8)


# --- a patient ------------------------------------------------------------------------------------


def _patient(seed: int, number: int, burden: float) -> tuple[list[dict], list[tuple]]:
    """The rows of both eyes and of their lesions."""
    rng = np.random.default_rng([seed, number])
    own = burden + rng.normal()
    distance = np.clip(rng.normal(DISC_FOVEA, DISC_FOVEA_SD), 3.9, 5.3)
    shared = {
        "seed": seed,
        "patient_id": f"R{seed}-{number:04d}",
        "disc_mm": distance / RATIO * rng.normal(1, 0.05),
        "red": rng.normal(196, 14),
        "green": rng.normal(0.42, 0.035),
        "blue": rng.normal(0.21, 0.03),
    }
    others = {DRUSE: rng.random() < WITH_DRUSEN, PIGMENT: rng.random() < WITH_PIGMENT}
    eyes, lesions = [], []
    for k, side in enumerate(SIDES):
        nasal = 1 if side == "right" else -1
        eye = {"eye_id": f"{shared['patient_id']}-{side}", "side": side, "key": 2 * number + k}
        eye |= shared | {
            "disc_x": nasal * distance,
            "disc_y": rng.normal(-0.35, 0.15),
            "off_x": rng.normal(0, 0.08),
            "off_y": rng.normal(0, 0.08),
            "blur": rng.uniform(0.018, 0.032),
        }
        eyes.append(eye)
        lesions += _lesions(eye, own + rng.normal(0, BETWEEN_EYES), others, rng)
    return eyes, lesions


def _lesions(eye: dict, burden: float, others: dict, rng: np.random.Generator) -> list[tuple]:
    n = {
        kind: min(rng.poisson(np.exp(start + slope * burden)), most)
        for kind, (start, slope, most) in RATES.items()
    }
    places = {kind: _places(n[kind], rng) for kind in (MICROANEURYSM, HAEMORRHAGE)}
    middles = _places(n["exudate clusters"], rng, within=3.5)
    places[EXUDATE] = np.concatenate(
        [np.empty((0, 2)), *(middle + _cluster(rng) for middle in middles)]
    )
    places[DRUSE] = _places(rng.integers(4, 22) if others[DRUSE] else 0, rng, within=3)
    places[PIGMENT] = _places(rng.integers(1, 5) if others[PIGMENT] else 0, rng)
    return [
        (eye["eye_id"], kind, *place, *form)
        for kind, of_kind in places.items()
        for place, form in zip(_off_the_disc(of_kind, eye), _forms(kind, of_kind, rng), strict=True)
    ]


def _places(n: int, rng: np.random.Generator, within: float = 6.2) -> np.ndarray:
    """(n, 2) places, mm, in a circle around the fovea, denser towards its middle."""
    r, angle = within * rng.random(n) ** 0.6, rng.uniform(0, 2 * np.pi, n)
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)


def _cluster(rng: np.random.Generator) -> np.ndarray:
    n = rng.integers(2, 16)
    return rng.normal(0, 0.35, (n, 2))


def _off_the_disc(places: np.ndarray, eye: dict) -> np.ndarray:
    """What would lie on the disc is moved straight out to three quarters of a diameter from it."""
    disc = np.array([eye["disc_x"], eye["disc_y"]])
    away = places - disc
    r = np.linalg.norm(away, axis=1, keepdims=True)
    least = 0.75 * eye["disc_mm"]
    return np.where(r < least, disc + away / np.maximum(r, 1e-9) * least, places)


def _forms(kind: str, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 2): diameter in mm and contrast."""
    of = np.array(FORMS[kind])
    values = of[:, 0] * np.exp(rng.normal(0, SPREAD, (len(places), 2)))
    return np.clip(values, of[:, 1], of[:, 2])


# --- a photograph ---------------------------------------------------------------------------------


def _photograph(eye, lesions: pd.DataFrame | None) -> np.ndarray:
    rng = np.random.default_rng([eye.seed, eye.key, 1])
    light = _background(eye, rng)
    for coverage, contrast in zip(
        fundus_vessels.arteries_and_veins(eye, rng), (0.3, 0.42), strict=True
    ):
        dark = contrast * np.array([0.5, 1.0, 0.8], np.float32)  # arteries, then veins
        light *= 1 - coverage[..., None] * dark
    if lesions is not None:
        for lesion in lesions.itertuples():
            _draw(light, lesion, rng)
    light = _blurred(light, eye.blur * SIZE / WIDTH)
    light += NOISE * rng.standard_normal(light.shape, np.float32)
    x, y = _grid()
    light[np.hypot(x - eye.off_x, y - eye.off_y) >= FIELD / 2] = 3
    return np.clip(light, 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _grid() -> tuple[np.ndarray, np.ndarray]:
    """x and y of every pixel in mm, (1, size) and (size, 1)."""
    line = ((np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE - 0.5) * WIDTH
    return line[None, :], line[:, None]


@lru_cache(maxsize=1)
def _macula() -> tuple[np.ndarray, np.ndarray]:
    """What every eye has alike: how light falls off to the rim, and the macula's darkness in three
    colours, (size, size) and (size, size, 3)."""
    x, y = _grid()
    r2 = x * x + y * y
    dark = np.exp(-r2 / (2 * 0.75**2)) + 0.6 * np.exp(-r2 / 0.13)
    return 1 - 0.22 * r2 / (FIELD / 2) ** 2, 1 - dark[..., None] * np.float32([0.12, 0.26, 0.2])


def _background(eye, rng: np.random.Generator) -> np.ndarray:
    """Retina, macula and disc without vessels: (size, size, 3) float32."""
    x, y = _grid()
    fall, macula = _macula()
    slope = rng.normal(0, 0.008, 2).astype(np.float32)
    shade = fall * (1 + slope[0] * x + slope[1] * y)
    shade = shade * (1 + 0.012 * _smooth(0.12, rng) + 0.018 * _smooth(0.4, rng))
    shade *= 1 + 0.04 * _smooth(1.5, rng)
    beside = np.exp(-((x - eye.disc_x) ** 2 + (y - eye.disc_y) ** 2) / np.float32(8))
    light = shade[..., None] * (eye.red * np.array([1, eye.green, eye.blue])).astype(np.float32)
    light *= macula
    light[..., 1:] *= (1 + 0.2 * beside)[..., None]
    _disc(light, eye)
    return light


def _disc(light: np.ndarray, eye) -> None:
    """The disc and the paler cup in it, in place."""
    rows, columns = (_near(place, eye.disc_mm) for place in (eye.disc_y, eye.disc_x))
    x, y = _grid()
    r = np.hypot((x[:, columns] - eye.disc_x) / 0.93, y[rows] - eye.disc_y)
    patch = light[rows, columns]
    for share, cover, pale in ((1.0, 0.75, (250, 196, 126)), (0.42, 0.6, (255, 232, 180))):
        alpha = cover / (1 + np.exp(np.clip((r - share * eye.disc_mm / 2) / 0.06, -30, 30)))
        patch += alpha[..., None].astype(np.float32) * (np.array(pale, np.float32) - patch)


def _near(place: float, reach: float) -> slice:
    """The pixels within ``reach`` mm of a coordinate."""
    middle, n = round(float(pixel(place))), int(np.ceil(reach / WIDTH * SIZE)) + 3
    return slice(max(middle - n, 0), max(middle + n + 1, 0))


def _smooth(scale: float, rng: np.random.Generator) -> np.ndarray:
    """Noise with an SD of about 0.7 whose grains are ``scale`` mm wide, (size, size) float32."""
    n = round(WIDTH / scale)
    small = Image.fromarray(rng.standard_normal((n, n)).astype(np.float32))
    return np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def _blurred(light: np.ndarray, sigma: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(light, (sigma, sigma, 0), truncate=3)


def _draw(light: np.ndarray, lesion, rng: np.random.Generator) -> None:
    """One lesion into the picture, in place."""
    columns, rows = (_near(place, 1.2 * lesion.diameter) for place in (lesion.x, lesion.y))
    x, y = _grid()
    x, y = x[:, columns] - lesion.x, y[rows] - lesion.y
    cover = lesion.contrast * _shape(x, y, lesion, rng)[..., None]
    patch = light[rows, columns]
    if lesion.kind in DARK:
        patch *= 1 - cover * np.array(DARK[lesion.kind], np.float32)
    else:
        patch += cover * (np.array(PALE[lesion.kind], np.float32) - patch)


def _shape(x: np.ndarray, y: np.ndarray, lesion, rng: np.random.Generator) -> np.ndarray:
    """How much of each pixel is lesion, 0 to 1: round and soft, or with an irregular sharp edge."""
    radius, r = lesion.diameter / 2, np.hypot(x, y)
    if lesion.kind in (DRUSE, PIGMENT):
        return np.exp(-((r / radius) ** 2))
    wave = 0.05 if lesion.kind == MICROANEURYSM else 0.3
    angle, phases = np.arctan2(y, x), rng.uniform(0, 2 * np.pi, 3)
    bumps = sum(np.cos(k * angle + phase) / k for k, phase in zip((2, 3, 5), phases, strict=True))
    edge = (r - radius * (1 + wave * bumps)) / 0.014
    return 1 / (1 + np.exp(np.clip(edge, -30, 30)))
