"""Detectors of lesions in a photograph of the retina: blobs first, then what each of them is.

A blob is dark, or pale, in every direction; a vessel is dark across and not along. The two second
derivatives say so: at a dark blob both are large, on a vessel the smaller is about 0. Blobs are
*candidates*; a classifier of their measurements, which has learnt from lesions that are known,
gives each the probability of being a microaneurysm, a haemorrhage or an exudate. Abramoff's system
had convolutional networks in this place. Sizes are millimetres on the retina.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.survey import fundus
from dermlab.survey.fundus import EXUDATE, HAEMORRHAGE, MICROANEURYSM

MM = fundus.WIDTH / fundus.SIZE  # a pixel of the phantom
SCALES = (0.045, 0.09, 0.16)  # mm: SD of the smoothing before a blob is measured
AROUND, RIM, APART = 0.9, 0.35, 0.13  # mm: the background's width; kept off; between two candidates
LEAST, MOST = 0.012, 80  # of a blob's strength; candidates an eye and kind
DARK, BRIGHT = "dark", "bright"
KINDS = {DARK: (MICROANEURYSM, HAEMORRHAGE), BRIGHT: (EXUDATE,)}
MEASURES = (
    *(f"{name}_{k}" for name in ("smaller", "larger", "contrast") for k in range(len(SCALES))),
    "red",
    "blue",
    "to_disc",
    "to_fovea",
)
COLUMNS = ["x", "y", "strength", *MEASURES]
REACH = 0.1  # mm: a candidate within this, or within a lesion, is that lesion


# --- blobs ----------------------------------------------------------------------------------------


def contrast(channel: np.ndarray, lit: np.ndarray, mm: float) -> np.ndarray:
    """How much brighter than its surroundings each pixel is, as a share: (h, w) float32.

    ``channel``: (h, w); ``lit``: where the retina is; ``mm``: the width of a pixel.
    """
    from scipy.ndimage import uniform_filter

    values = np.where(lit, channel, channel[lit].mean()).astype(np.float32)
    size, around = max(3, round(AROUND / mm)), values
    for _ in range(2):
        around = uniform_filter(around, size, mode="nearest")
    return np.where(lit, values / np.maximum(around, 1) - 1, 0)


def curvatures(values: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The smaller and the larger second derivative at each pixel, and the smoothed values.

    ``sigma``: of the smoothing, in pixels; derivatives are for a step of ``sigma``, so that a blob
    of twice the size has the same at twice the scale. All (h, w).
    """
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(values, sigma, mode="nearest", truncate=3)
    padded = np.pad(smooth, 1, mode="edge")
    xx = padded[1:-1, 2:] + padded[1:-1, :-2] - 2 * smooth
    yy = padded[2:, 1:-1] + padded[:-2, 1:-1] - 2 * smooth
    xy = (padded[2:, 2:] + padded[:-2, :-2] - padded[2:, :-2] - padded[:-2, 2:]) / 4
    middle, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    return sigma**2 * (middle - apart), sigma**2 * (middle + apart), smooth


def blobs(values: np.ndarray, allowed: np.ndarray, mm: float) -> tuple[np.ndarray, np.ndarray]:
    """The strongest dark blobs: rows and columns (n, 2), and (n, 1 + 9) measurements.

    Strength is the smaller curvature times its share of the larger, at the scale where that is
    largest: 0 on a vessel. ``values``: a contrast, its sign turned where pale blobs are sought. At
    most ``MOST``, the strongest first.
    """
    from scipy.ndimage import maximum_filter

    maps = [curvatures(values, max(scale / mm, 0.7)) for scale in SCALES]
    round_ones = [np.maximum(a, 0) ** 2 / np.maximum(b, 1e-6) for a, b, _ in maps]
    strength = np.where(allowed, np.max(round_ones, axis=0), 0)
    peak = strength == maximum_filter(strength, size=2 * round(APART / mm) + 1)
    places = np.argwhere(peak & (strength >= LEAST))
    places = places[np.argsort(-strength[tuple(places.T)], kind="stable")[:MOST]]
    at = tuple(places.T)
    measured = [strength[at], *(maps[k][part][at] for part in range(3) for k in range(len(maps)))]
    return places, np.stack(measured, axis=1)


# --- an eye ---------------------------------------------------------------------------------------


def candidates(picture: np.ndarray, mm: float = MM) -> dict[str, np.ndarray]:
    """Dark and bright candidates of one photograph (h, w, 3) uint8: (n, 2 + 14) each, `COLUMNS`.

    ``x, y`` are mm from the picture's middle. Nothing within `RIM` of the dark surround or on the
    disc is one. InputError where no retina is lit.
    """
    lit = lit_field(picture)
    red, green, blue = (contrast(picture[..., k], lit, mm) for k in range(3))
    inside = _shrunk(lit, RIM / mm)
    disc, fovea = landmarks(picture, mm)
    rows, columns = np.indices(lit.shape)
    off_disc = np.hypot(*(_mm((columns, rows), lit.shape, mm) - disc[:, None, None])) > 1.25
    found = {}
    for kind, sign in ((DARK, 1), (BRIGHT, -1)):
        places, measured = blobs(sign * green, inside & off_disc, mm)
        xy = _mm(places.T[::-1], lit.shape, mm)
        away = [np.hypot(*(xy - mark[:, None])) for mark in (disc, fovea)]
        others = [_near_mean(channel, places, mm) for channel in (sign * red, sign * blue)]
        found[kind] = np.stack([*xy, *measured.T, *others, *away], axis=1).astype(np.float32)
    return found


def lit_field(picture: np.ndarray) -> np.ndarray:
    """Where the retina is, and not the black around it: (h, w). InputError where it is nowhere."""
    lit = picture[..., 0] > 40
    if lit.mean() < 0.05:
        raise InputError("The picture is dark: it has no field of a retina's photograph.")
    return lit


def landmarks(picture: np.ndarray, mm: float = MM) -> tuple[np.ndarray, np.ndarray]:
    """Where disc and fovea are, (2,) mm each from the picture's middle.

    The disc is the brightest place of 1 mm. The fovea is the darkest within 1 mm of where it is
    expected, at the disc's height 4.76 mm towards the middle (`fundus.DISC_FOVEA`).
    """
    from scipy.ndimage import uniform_filter

    k = max(1, round(0.11 / mm))  # means of squares: neither needs more
    h, w = (n // k for n in picture.shape[:2])
    green = picture[: h * k, : w * k, 1].reshape(h, k, w, k).mean(axis=(1, 3))
    inside = _shrunk(green > 20, 0.5 / (mm * k))
    smooth = uniform_filter(green, max(1, round(1 / (mm * k))))
    rows, columns = np.indices((h, w))
    xy = _mm((columns, rows), (h, w), mm * k)
    disc = xy[:, *np.unravel_index(np.where(inside, smooth, -1).argmax(), (h, w))]
    expected = disc - [np.sign(disc[0]) * fundus.DISC_FOVEA, -0.35]
    near = inside & (np.hypot(*(xy - expected[:, None, None])) < 1)
    fovea = xy[:, *np.unravel_index(np.where(near, smooth, 999).argmin(), (h, w))]
    return disc, fovea if near.any() else expected


def _mm(pixels, shape: tuple[int, int], mm: float) -> np.ndarray:
    """(2, …) places (x, y) in pixels as mm from the middle."""
    middle = [(shape[1] - 1) / 2, (shape[0] - 1) / 2]
    return np.stack([(np.asarray(p) - m) * mm for p, m in zip(pixels, middle, strict=True)])


def _shrunk(field: np.ndarray, pixels: float) -> np.ndarray:
    """The field without what is within so many pixels of its edge, along rows and columns."""
    from scipy.ndimage import minimum_filter

    return minimum_filter(field, size=2 * max(1, round(pixels)) + 1, mode="constant")


def _near_mean(channel: np.ndarray, places: np.ndarray, mm: float) -> np.ndarray:
    """The mean of a contrast in the square of 0.1 mm at each place, (n,)."""
    k = max(0, round(0.05 / mm))
    padded = np.pad(channel, k, mode="edge")
    squares = [padded[r : r + 2 * k + 1, c : c + 2 * k + 1].mean() for r, c in places]
    return np.array(squares, dtype=float)


# --- a study --------------------------------------------------------------------------------------


def of_study(study: fundus.Study, see: Callable | None = None) -> dict[str, pd.DataFrame]:
    """The candidates of every eye of a study, one picture in memory at a time.

    Two tables, dark and bright: ``eye_id``, `COLUMNS`. ``see(number, picture)`` is called with each
    photograph, for what else wants it.
    """
    tables = {kind: [] for kind in KINDS}
    for number, eye in enumerate(study.eyes["eye_id"]):
        picture = fundus.render(study, [number])[0]
        for kind, values in candidates(picture).items():
            table = pd.DataFrame(values, columns=COLUMNS)
            table.insert(0, "eye_id", eye)
            tables[kind].append(table)
        if see:
            see(number, picture)
    return {kind: pd.concat(of, ignore_index=True) for kind, of in tables.items()}


def match(table: pd.DataFrame, lesions: pd.DataFrame, kind: str) -> pd.DataFrame:
    """What each candidate is, and which lesion it found.

    ``table`` with ``truth``, one of ``KINDS[kind]`` or "other", and ``lesion``, the row of
    ``lesions`` or -1: the nearest lesion of those kinds within `REACH` or its own radius.
    """
    wanted = lesions[lesions["kind"].isin(KINDS[kind])]
    of_eye = dict(tuple(wanted.groupby("eye_id")))
    truth, lesion = np.full(len(table), "other", object), np.full(len(table), -1)
    for eye, rows in table.groupby("eye_id").indices.items():
        if eye not in of_eye:
            continue
        known = of_eye[eye]
        away = _away(table.iloc[rows], known)
        hit = away.min(axis=1) <= 0
        nearest = away.argmin(axis=1)[hit]
        truth[rows[hit]] = known["kind"].to_numpy()[nearest]
        lesion[rows[hit]] = known.index.to_numpy()[nearest]
    return table.assign(truth=truth, lesion=lesion)


def _away(table: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    """How far each candidate is from the reach of each lesion, mm: (candidates, lesions)."""
    steps = [table[axis].to_numpy()[:, None] - known[axis].to_numpy() for axis in ("x", "y")]
    return np.hypot(*steps) - np.maximum(REACH, known["diameter"].to_numpy() / 2)


def detected(answers: dict[str, pd.DataFrame], lesions: pd.DataFrame, least: float = 0.5):
    """Which lesions have a candidate in reach that is a lesion of their colour: (n,) bool.

    That is one whose probabilities of `KINDS` add up to ``least`` or more.
    """
    found = np.zeros(len(lesions), bool)
    for kind, table in answers.items():
        sure = table[table[list(KINDS[kind])].sum(axis=1) >= least]
        rows = dict(tuple(sure.groupby("eye_id")))
        for eye, places in lesions.groupby("eye_id").indices.items():
            if eye in rows:
                known = lesions.iloc[places]
                away = _away(rows[eye], known).min(axis=0)
                found[places] |= (away <= 0) & known["kind"].isin(KINDS[kind]).to_numpy()
    return found


@dataclass(frozen=True)
class Detectors:
    """Two fitted classifiers of candidates, dark and bright; made by `learn`."""

    classifiers: dict

    def probabilities(self, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """``eye_id, x, y, to_fovea`` of every candidate and its probability of each kind."""
        return {
            kind: _answers(table, self.classifiers[kind].predict_proba(_measures(table)), kind)
            for kind, table in tables.items()
        }


def learn(
    tables: dict[str, pd.DataFrame], lesions: pd.DataFrame, patients: pd.Series, *, seed: int
) -> tuple[Detectors, dict[str, pd.DataFrame]]:
    """Detectors taught with a study's lesions, and their answers on these same eyes.

    The answers come from five folds over patients, or a later step would learn from eyes whose
    lesions are known by heart. ``patients``: patient_id by eye_id.
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict

    classifiers, answers = {}, {}
    for kind, table in tables.items():
        truth = match(table, lesions, kind)["truth"].map(_number(kind)).to_numpy(int)
        groups = table["eye_id"].map(patients).to_numpy()
        fitted = _classifier(seed)
        folded = cross_val_predict(
            fitted, _measures(table), truth, groups=groups, cv=GroupKFold(5), method="predict_proba"
        )
        answers[kind] = _answers(table, folded, kind)
        classifiers[kind] = fitted.fit(_measures(table), truth)
    return Detectors(classifiers), answers


def _classifier(seed: int):
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=80, max_leaf_nodes=15, learning_rate=0.08, random_state=seed
    )


def _number(kind: str) -> dict[str, int]:
    return {name: k for k, name in enumerate(("other", *KINDS[kind]))}


def _measures(table: pd.DataFrame) -> np.ndarray:
    return table[["strength", *MEASURES]].to_numpy()


def _answers(table: pd.DataFrame, shares: np.ndarray, kind: str) -> pd.DataFrame:
    named = dict(zip(KINDS[kind], shares.T[1:], strict=True))
    return table[["eye_id", "x", "y", "to_fovea"]].assign(**named)
