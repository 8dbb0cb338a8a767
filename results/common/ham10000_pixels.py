"""HAM10000's real pixels for the recipes: cases, labels and pictures, read once a process."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from results.common.result import HAM10000, MAPPING, REAL, TASKS, WEIGHTS, Inputs

PICTURES = f"{REAL}ham10000_200x150.zip"
PIXELS = (HAM10000, PICTURES, *MAPPING, TASKS)  # of networks with other weights
READS = (*PIXELS, WEIGHTS)
SIZE, TASK = 96, "malignant"


def data(inputs: Inputs, size: int = SIZE) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The cases sorted by image_id, whether each is malignant or premalignant, their pixels.

    Pixels: (10015, size, size, 3) uint8, the central squares of the 200 × 150 pictures.
    """
    return _data(inputs[HAM10000], inputs[PICTURES], size)


@lru_cache(maxsize=1)
def _data(table: Path, archive: Path, size: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The cases sorted by image_id, whether each is malignant, and their pixels."""
    from dermlab.cases import sources, tasks
    from dermlab.network import pictures

    cases = sources.read_cases(table).sort_values("image_id", ignore_index=True)
    side = tasks.assign(tasks.get(TASK), cases["disease"])
    pixels = pictures.load(cases["image_id"].tolist(), [archive], size).pixels
    return cases, (side == TASK).to_numpy(), pixels
