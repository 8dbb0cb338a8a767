"""The clinic's look, kept: a contact sheet a modality, a row a partition, a column a skin type.

A change of look is a decision. Look at the new sheets, then keep them:

    python tests/cases/clinic/contact_sheets.py

`test_contact_sheets` compares what the code draws now with what is kept, picture by picture.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from dermlab.cases import clinic, taxonomy

KEPT = Path(__file__).with_suffix("")
SIZE, SEED = 60, 2017
SKIN_TYPES = ("1", "2", "3", "4", "5", "6")
MODALITIES = ("clinical", "dermoscopy")


def cases(modality: str) -> pd.DataFrame:
    """54 lesions: six of each partition in the order of its name, on skin types I to VI."""
    found = clinic.test_set("nine-way", *[6] * 9, seed=SEED, modality=modality)
    nine = found["truth"].map(taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way"))
    found = found.assign(partition=nine).sort_values(["partition", "image_id"])
    return found.assign(skin_type=list(SKIN_TYPES) * 9).reset_index(drop=True)


def draw(modality: str) -> np.ndarray:
    """The pictures, uint8 (9, 6, size, size, 3)."""
    return clinic.render(cases(modality), SIZE).reshape(9, len(SKIN_TYPES), SIZE, SIZE, 3)


def sheet(pictures: np.ndarray) -> np.ndarray:
    """Pictures (rows, columns, size, size, 3) as one picture."""
    rows, columns = pictures.shape[:2]
    return pictures.transpose(0, 2, 1, 3, 4).reshape(rows * SIZE, columns * SIZE, 3)


def kept(modality: str) -> np.ndarray:
    """The pictures of the kept sheet, uint8 (9, 6, size, size, 3)."""
    flat = np.asarray(Image.open(KEPT / f"{modality}.png"))
    return flat.reshape(9, SIZE, len(SKIN_TYPES), SIZE, 3).transpose(0, 2, 1, 3, 4)


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for name in MODALITIES:
        Image.fromarray(sheet(draw(name))).save(KEPT / f"{name}.png", optimize=True)
        print(KEPT / f"{name}.png")
