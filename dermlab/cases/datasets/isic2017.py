"""ISIC 2017, part 3: 2,000 dermoscopic training, 150 validation and 600 test images.

Codella et al., arXiv 1710.05006. Two columns ask two questions, melanoma and seborrheic keratosis;
an image of neither is a benign nevus. How a label was reached is not said.
"""

import pandas as pd

from dermlab.cases import table
from dermlab.cases.datasets import crosswalk, names

NAME = "isic2017"
LICENCE = "CC0"
COLUMNS = {  # the publisher's column -> ours
    "image_id": "image_id",
    "melanoma": "disease",
    "seborrheic_keratosis": "disease",
}
OPTIONAL = {}
CROSSWALK = names.load(NAME)
CLASSES = ["melanoma", "seborrheic_keratosis"]


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that are both, or no 0 and 1."""
    ones = rows[CLASSES].apply(pd.to_numeric, errors="coerce")
    fine = ones.isin([0, 1]).all(axis=1) & (ones.sum(axis=1) <= 1)
    code = ones.eq(1).idxmax(axis=1).where(ones.eq(1).any(axis=1), "neither")
    cases = crosswalk.renamed(rows, COLUMNS) | {
        "disease": code.map(CROSSWALK["node"]),
        "modality": "dermoscopy",
        "dataset": NAME,
    }
    both = (rows["melanoma"] + " and " + rows["seborrheic_keratosis"]).rename(" and ".join(CLASSES))
    problems = [table.wrong(both, fine, "0 or 1, and at most one 1")]
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["image_id"]), *problems])
