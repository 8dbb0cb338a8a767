"""Fitzpatrick17k: 16,577 clinical images of 114 conditions with skin types, from two atlases.

Groh et al., CVPR Workshops 2021, arXiv 2104.09957. A label is the atlas's caption. The publisher
does not say how the atlases' authors reached a diagnosis, so `label_source` is missing.
"""

import pandas as pd

from dermlab.cases.datasets import crosswalk, names

NAME = "fitzpatrick17k"
LICENCE = "CC BY-NC-SA 3.0"
COLUMNS = {  # the publisher's column -> ours
    "md5hash": "image_id",
    "label": "disease",
    "fitzpatrick_scale": "skin_type",
}
OPTIONAL = {}
CROSSWALK = names.load(NAME)


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped.

    A skin type of -1 is the publisher's "unknown": missing. Addresses of images are not paths of
    files and are left behind.
    """
    disease, unmapped = crosswalk.to_nodes(rows["label"], CROSSWALK)
    skin_type = rows["fitzpatrick_scale"]
    cases = crosswalk.renamed(rows, COLUMNS) | {
        "disease": disease,
        "modality": "clinical",
        "skin_type": skin_type.mask(skin_type == "-1"),
        "dataset": NAME,
    }
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["md5hash"]), unmapped])
