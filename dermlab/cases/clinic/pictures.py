"""Cases in, pictures and masks out: each a pure function of its row and of the size."""

import numpy as np
import pandas as pd

from dermlab.cases.clinic import artefacts, lesions, phenotypes, quality
from dermlab.cases.clinic.fields import grid
from dermlab.cases.clinic.optics import CAMERAS, falloff, photograph
from dermlab.cases.clinic.records import ARTEFACT, SIGN
from dermlab.errors import InputError

NEEDED = ("skin_type", "modality", "source", "lesion_seed", "view_seed", "site")


def render(cases: pd.DataFrame, size: int) -> np.ndarray:
    """The photographs, uint8 (n, size, size, 3), in the order of the rows.

    A row's picture depends on nothing but the row: not on the others, their number or order. At
    another size it is the same picture, averaged over larger or smaller pixels. Columns read from
    a CSV as text will do; without ``blur`` and ``distance`` none is blurry or distant. InputError
    where a column of the clinic is missing.
    """
    pictures = np.empty((len(cases), size, size, 3), np.uint8)
    with _one_thread():
        for i, row in enumerate(_rows(cases)):
            pictures[i] = _photograph(row, size)
    return pictures


def masks(cases: pd.DataFrame, size: int, *, of: str = "lesion") -> np.ndarray:
    """Which pixels are lesion, or one of artefacts.NAMES: bool (n, size, size).

    InputError for another ``of`` and where a column of the clinic is missing.
    """
    if of != "lesion" and of not in artefacts.NAMES:
        raise InputError(f"'{of}' has no mask; there are lesion, {', '.join(artefacts.NAMES)}.")
    shown = np.zeros((len(cases), size, size), bool)
    for i, row in enumerate(_rows(cases)):
        if of == "lesion":
            shown[i] = lesions.mask(row["values"], row["lesion_seed"], _view(row)[0], size)
        elif of in row["artefacts"]:
            shown[i] = artefacts.layer(of, row["view_seed"], size)[1]
    return shown


def _one_thread():
    """The matrices of one picture are small: on a busy machine, threads that wait for each other
    made the same pictures ten times as slow."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "blas")


def _rows(cases: pd.DataFrame):
    """Each row as what the drawing needs, numbers parsed once for the table."""
    signs = [SIGN + name for name in phenotypes.signs().index]
    missing = [name for name in (*NEEDED, *signs) if name not in cases.columns]
    if missing:
        raise InputError(f"These are no cases of the clinic: the column {missing[0]} is missing.")
    grades = cases[signs].to_numpy(float)
    seeds = cases[["lesion_seed", "view_seed"]].astype("int64").to_numpy()
    drawn = {n: _is_true(cases[ARTEFACT + n]) for n in artefacts.NAMES if ARTEFACT + n in cases}
    skin = cases["skin_type"].astype("int64").to_numpy()
    blur = _numbers(cases, quality.BLUR, usual=0.0)
    distance = _numbers(cases, quality.DISTANCE, usual=1.0)
    for i in range(len(cases)):
        yield {
            "values": phenotypes.values(grades[i]),
            "lesion_seed": int(seeds[i, 0]),
            "view_seed": int(seeds[i, 1]),
            "skin_type": int(skin[i]),
            "site": str(cases["site"].iat[i]),
            "dermoscopy": cases["modality"].iat[i] == "dermoscopy",
            "camera": CAMERAS[cases["source"].iat[i]],
            "artefacts": [name for name, shown in drawn.items() if shown[i]],
            "blur": float(blur[i]),
            "distance": float(distance[i]),
        }


def _is_true(column: pd.Series) -> np.ndarray:
    return (column.astype("str") == "True").to_numpy()


def _numbers(cases: pd.DataFrame, name: str, *, usual: float) -> np.ndarray:
    """A column of numbers, (n,): ``usual`` where it is empty or not there."""
    column = cases[name] if name in cases else pd.Series(usual, cases.index)
    return column.astype(float).fillna(usual).to_numpy()


def _view(row: dict) -> tuple[lesions.View, dict]:
    """The view of a photograph and how its lamp and focus were, from its own seed."""
    rng = np.random.default_rng(row["view_seed"])
    turn, high, side = rng.random(3)
    tilt, zoom = 1 - 0.25 * rng.random() ** 2, rng.uniform(0.45, 0.9)
    rise, way = np.deg2rad(34 + 21 * high), 2 * np.pi * side
    lamp = (np.cos(rise) * np.cos(way), np.cos(rise) * np.sin(way), np.sin(rise))
    offset = tuple(rng.normal(0, 0.05, 2))
    room = {
        "gain": float(np.exp(rng.normal(-0.05, 0.16))),
        "tint": np.exp(rng.normal(0, 1, 3) * (0.07, 0.03, 0.11)),
        "blur": float(np.hypot(0.004 * rng.random() ** 2, row["blur"])),
    }
    flat = 1.0 if row["dermoscopy"] else tilt
    taken = (zoom, offset, lamp, row["dermoscopy"], row["distance"])
    return lesions.View(2 * np.pi * turn, flat, *taken), room


def _photograph(row: dict, size: int) -> np.ndarray:
    view, room = _view(row)
    camera = row["camera"]
    picture = lesions.picture(
        row["values"], row["skin_type"], row["lesion_seed"], view, size, row["site"]
    )
    picture *= falloff(grid(size, width=1.0), direction=view.lamp, loss=camera.vignette)
    for name in row["artefacts"]:
        artefacts.paint(picture, name, row["view_seed"], size)
    return photograph(picture, camera, **room)
