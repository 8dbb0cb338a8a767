"""ISIC 2016: 900 dermoscopic training and 379 test images, benign or malignant.

Gutman et al., arXiv 1605.01397. The publisher's file has no header: an image and `benign` or
`malignant` a line, in the test part 0.0 or 1.0. How a label was reached is not said.
"""

import re

import pandas as pd

from dermlab.cases.datasets import crosswalk, names

NAME = "isic2016"
LICENCE = "CC0"
COLUMNS = {"image_id": "image_id", "benign_malignant": "disease"}  # ours: the file names none
OPTIONAL = {}
CROSSWALK = names.load(NAME)
_ROW = re.compile(r"\s*ISIC_\d{7}\s*,\s*(benign|malignant|[01](\.0)?)\s*")


def headless(line: str) -> list[str] | None:
    """The names of the columns where a file's first line is a row of this data set."""
    return list(COLUMNS) if _ROW.fullmatch(line) else None


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped."""
    codes = rows["benign_malignant"].replace({"0": "0.0", "1": "1.0"})
    disease, unmapped = crosswalk.to_nodes(codes, CROSSWALK)
    cases = crosswalk.renamed(rows, COLUMNS) | {
        "disease": disease,
        "modality": "dermoscopy",
        "dataset": NAME,
    }
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["image_id"]), unmapped])
