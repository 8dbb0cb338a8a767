"""ISIC 2018, task 3: HAM10000's 10,015 images under the challenge's column a class.

Codella et al., arXiv 1902.03368. The same images and labels as HAM10000's own table, which tells
their lesions too: where lesions must stay whole, read that one.
"""

import pandas as pd

from dermlab.cases.datasets import crosswalk, names

NAME = "isic2018"
LICENCE = "CC BY-NC 4.0"
CROSSWALK = names.load(NAME)
COLUMNS = {"image": "image_id", **dict.fromkeys(CROSSWALK.index, "disease")}
OPTIONAL = {}


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped: not one 1 among zeros."""
    disease, not_one = crosswalk.one_hot(rows, CROSSWALK)
    cases = {
        "image_id": rows["image"],
        "disease": disease,
        "modality": "dermoscopy",
        "dataset": NAME,
    }
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["image"]), not_one])
