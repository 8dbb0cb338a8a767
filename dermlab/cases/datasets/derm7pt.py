"""Derm7pt: 1,011 lesions, each with a clinical and a dermoscopic image, from an atlas.

Kawahara et al., IEEE Journal of Biomedical and Health Informatics 23:538 (2019). `meta.csv` names
both images by folder and file, as below `images/`. How a diagnosis was reached is not in the table.
"""

import os

import pandas as pd

from dermlab.cases.datasets import crosswalk, names

NAME = "derm7pt"
LICENCE = "research use, as agreed at derm.cs.sfu.ca"
COLUMNS = {  # the publisher's column -> ours
    "clinic": "image_id",
    "derm": "image_id",
    "case_num": "lesion_id",
    "diagnosis": "disease",
    "seven_point_score": "disease",  # nobody else's table has it
}
OPTIONAL = {"sex": "sex", "location": "site"}
CROSSWALK = names.load(NAME)
IMAGES = {"clinic": "clinical", "derm": "dermoscopy"}


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two cases a row, and the rows that cannot be mapped.

    `image_id` is folder and file without ending (`NEL/NEL025`), which finds the picture below
    `images`; `lesion_id` is the case. A row whose image is named twice is set aside whole.
    """
    disease, unmapped = crosswalk.to_nodes(rows["diagnosis"], CROSSWALK)
    problems = [crosswalk.repeated(rows[column]) for column in IMAGES]
    facts = crosswalk.renamed(rows, OPTIONAL) | {
        "lesion_id": rows["case_num"],
        "disease": disease,
        "dataset": NAME,
    }
    whole, rejected = crosswalk.keep(rows, facts, [*problems, unmapped])
    both = [
        whole.assign(image_id=_without_ending(rows.loc[whole.index, column]), modality=modality)
        for column, modality in IMAGES.items()
    ]
    return pd.concat(both).sort_index(kind="stable"), rejected


def _without_ending(files: pd.Series) -> pd.Series:
    return files.map(lambda file: os.path.splitext(file)[0], na_action="ignore").astype("str")
