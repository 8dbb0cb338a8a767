"""HAM10000's real pixels for the recipes: cases, labels and pictures, read once a process."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from results.common.result import HAM10000, MAPPING, REAL, TASKS, WEIGHTS, Inputs

PICTURES = f"{REAL}ham10000_200x150.zip"
READS = (HAM10000, PICTURES, *MAPPING, TASKS, WEIGHTS)
SIZE, TASK = 96, "malignant"


def data(inputs: Inputs) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The cases sorted by image_id, whether each is malignant or premalignant, their pixels.

    Pixels: (10015, 96, 96, 3) uint8, the central squares of the 200 × 150 pictures.
    """
    return _data(inputs[HAM10000], inputs[PICTURES])


@lru_cache(maxsize=1)
def _data(table: Path, archive: Path) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The cases sorted by image_id, whether each is malignant, and their pixels."""
    from dermlab.cases import sources, tasks
    from dermlab.network import pictures

    cases = sources.read_cases(table).sort_values("image_id", ignore_index=True)
    side = tasks.assign(tasks.get(TASK), cases["disease"])
    pixels = pictures.load(cases["image_id"].tolist(), [archive], SIZE).pixels
    return cases, (side == TASK).to_numpy(), pixels
