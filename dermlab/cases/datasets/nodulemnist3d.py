"""NoduleMNIST3D: nodules from LIDC's CT scans as cubes of 28 to 64 voxels in one `.npz`.

Yang et al., Scientific Data 10:41 (2023), part of MedMNIST. Each cube holds one nodule, benign or
malignant as radiologists rated it; whole scans, and so false positives, are not in it. It serves
classification, not detection: `dermlab fetch nodulemnist3d`.
"""

from pathlib import Path

import numpy as np

from dermlab import files
from dermlab.errors import InputError

NAME = "nodulemnist3d"
LICENCE = "CC BY 4.0"
PARTS = {"train": "train", "val": "validation", "test": "test"}
CURE = "take another copy of the file"


def cubes(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each part's nodules, (n, size, size, size) uint8, and which are malignant, (n,) bool.

    Raises InputError for a file that is not NoduleMNIST3D's by its arrays.
    """
    return {name: (_voxels(path, part), _malignant(path, part)) for part, name in PARTS.items()}


def _voxels(path: Path, part: str) -> np.ndarray:
    found = _array(path, f"{part}_images")
    if found.dtype != np.uint8 or found.ndim != 4 or len(set(found.shape[1:])) > 1:
        raise InputError(
            f"{path} holds {part}_images of shape {found.shape} and type {found.dtype}; "
            f"NoduleMNIST3D's are grey cubes of bytes: {CURE}."
        )
    return found


def _malignant(path: Path, part: str) -> np.ndarray:
    found, n = _array(path, f"{part}_labels"), len(_array(path, f"{part}_images"))
    if found.shape != (n, 1) or not np.isin(found, (0, 1)).all():
        raise InputError(
            f"{path} holds {part}_labels of shape {found.shape}, not a 0 or 1 for each of {n} "
            f"cubes: {CURE}."
        )
    return found[:, 0] == 1


def _array(path: Path, name: str) -> np.ndarray:
    with files.reading(path, cure=CURE), np.load(path, allow_pickle=False) as file:
        if name not in file.files:
            raise ValueError(f"it has no array {name}")
        return file[name]
