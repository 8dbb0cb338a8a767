"""Fitzpatrick17k-C: 11,394 images of Fitzpatrick17k without its duplicates and wrong pictures.

Abhishek et al., Scientific Data 12:196 (2025), doi 10.5281/zenodo.11101337. The images keep their
ids; `partition` is the cleaners' division.
"""

import pandas as pd

from dermlab.cases.datasets import fitzpatrick17k

NAME = "fitzpatrick17k_c"
LICENCE = fitzpatrick17k.LICENCE
COLUMNS = {  # the publisher's column -> ours
    "md5hash": "image_id",
    "label": "disease",
    "fitzpatrick": "skin_type",
    "partition": "part",
}
OPTIONAL = {}
CROSSWALK = fitzpatrick17k.CROSSWALK
PARTS = {"train": "train", "valid": "validation", "val": "validation", "test": "test"}


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The list's rows as cases of Fitzpatrick17k, and those that cannot be mapped."""
    as_published = rows.rename(columns={"fitzpatrick": "fitzpatrick_scale"})
    cases, rejected = fitzpatrick17k.to_cases(as_published)
    part = rows["partition"].str.casefold().map(PARTS)
    rejected = rejected.rename(columns={"fitzpatrick_scale": "fitzpatrick"})
    return cases.assign(part=part.loc[cases.index], dataset=NAME), rejected
