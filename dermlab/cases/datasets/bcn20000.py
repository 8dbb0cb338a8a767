"""BCN20000: 18,946 dermoscopic images of 5,583 lesions, Hospital Clínic Barcelona.

Hernández-Pérez et al., Scientific Data 11:641 (2024). ISIC 2019 holds 12,413 of them under other
names. How each label was reached is not in the table, so `label_source` is missing.
"""

import pandas as pd

from dermlab.cases.datasets import crosswalk, names

NAME = "bcn20000"
LICENCE = "CC BY-NC 4.0"
COLUMNS = {  # the publisher's column -> ours
    "bcn_filename": "image_id",
    "diagnosis": "disease",
    "lesion_id": "lesion_id",
    "age_approx": "age",
    "sex": "sex",
    "anatom_site_general": "site",
}
OPTIONAL = {"split": "part"}
CROSSWALK = names.load(NAME)


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped.

    `image_id` is the file's name, `.jpg` and all; `part` the publisher's train or test.
    """
    disease, unmapped = crosswalk.to_nodes(rows["diagnosis"], CROSSWALK)
    cases = crosswalk.renamed(rows, COLUMNS | OPTIONAL) | {
        "disease": disease,
        "modality": "dermoscopy",
        "dataset": NAME,
    }
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["bcn_filename"]), unmapped])
