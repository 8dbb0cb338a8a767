"""DermaMNIST: HAM10000's 10,015 images as arrays of 28 to 224 pixels in one `.npz`.

Yang et al., Scientific Data 10:41 (2023), part of MedMNIST; DermaMNIST-C and -E are its corrected
divisions (Abhishek et al., Scientific Data 12:196, 2025). Neither ids nor lesions are in the file:
in the first version photographs of one lesion stand in several parts. The images come with it:
name it to `--images` too.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import files
from dermlab.cases.datasets import crosswalk, names
from dermlab.errors import InputError

NAME = "dermamnist"
LICENCE = "CC BY-NC 4.0"
CROSSWALK = names.load(NAME)
PARTS = {"train": "train", "val": "validation", "test": "test"}
CURE = "take another copy of the file"


def read_rows(path: Path) -> pd.DataFrame:
    """`image_id`, `label` and `part` of every image, its place in the file as `row`.

    Raises InputError for a file that is not DermaMNIST's by its name and its arrays.
    """
    labels = {part: _labels(path, part) for part in PARTS}
    rows = pd.DataFrame(
        {
            "image_id": [
                image_id(path, part, i) for part in PARTS for i in range(len(labels[part]))
            ],
            "label": np.concatenate(list(labels.values())).astype(str),
            "part": [PARTS[part] for part in PARTS for _ in labels[part]],
        },
        dtype="str",
    )
    rows.index = pd.RangeIndex(1, len(rows) + 1, name="row")
    return rows


def image_id(path: Path, part: str, place: int) -> str:
    """What an image is called that has no name: alike in every size of one version."""
    version = re.sub(r"_\d+$", "", path.stem.lower())
    return f"{version}_{part}_{place:04d}"


def images(path: Path) -> dict[str, np.ndarray]:
    """The pictures by `image_id`: each (size, size, 3) uint8.

    Raises InputError as `read_rows` does, and for pictures that are no such arrays.
    """
    found = {}
    for part in PARTS:
        pixels = _array(path, f"{part}_images")
        if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[-1] != 3:
            raise InputError(
                f"{path} holds {part}_images of shape {pixels.shape} and type {pixels.dtype}; "
                f"DermaMNIST's are colour pictures of bytes: {CURE}."
            )
        found |= {image_id(path, part, i): picture for i, picture in enumerate(pixels)}
    return found


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The images as cases, and those whose label is none of the seven."""
    disease, unmapped = crosswalk.to_nodes(rows["label"], CROSSWALK)
    facts = {"disease": disease, "modality": "dermoscopy", "dataset": NAME}
    cases = {"image_id": rows["image_id"], "part": rows["part"]} | facts
    return crosswalk.keep(rows, cases, [unmapped])


def _labels(path: Path, part: str) -> np.ndarray:
    labels = _array(path, f"{part}_labels")
    if labels.ndim != 2 or labels.shape[1] != 1:
        raise InputError(f"{path} holds {part}_labels of shape {labels.shape}, not one a row.")
    return labels[:, 0]


def _array(path: Path, name: str) -> np.ndarray:
    if not path.stem.lower().startswith(NAME):
        raise InputError(
            f"{path} is an .npz, of which {NAME}.npz and its sizes are read (its labels are "
            "numbers, which mean other things in MedMNIST's other files): keep the publisher's "
            "name, or save pictures and a table."
        )
    with files.reading(path, cure=CURE), np.load(path, allow_pickle=False) as file:
        if name not in file.files:
            raise ValueError(f"it has no array {name}")
        return file[name]
