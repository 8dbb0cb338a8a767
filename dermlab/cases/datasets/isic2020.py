"""ISIC 2020: 33,126 dermoscopic images of 2,056 patients, 584 of them melanomas.

Rotemberg et al., Scientific Data 8:34 (2021), doi 10.1038/s41597-021-00815-z. The melanomas are
confirmed by histopathology; how each benign label was reached is not in the table, so there
`label_source` is missing.
"""

import pandas as pd

from dermlab.cases import table
from dermlab.cases.datasets import crosswalk, names

NAME = "isic2020"
LICENCE = "CC BY-NC 4.0"
COLUMNS = {  # the publisher's column -> ours
    "image_name": "image_id",
    "patient_id": "patient_id",
    "diagnosis": "disease",
    "benign_malignant": "disease",
    "target": "disease",
    "age_approx": "age",
    "sex": "sex",
    "anatom_site_general_challenge": "site",
}
OPTIONAL = {"lesion_id": "lesion_id"}  # in the publisher's second version of the table
CROSSWALK = names.load(NAME)


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped or contradict themselves.

    The one malignant diagnosis is melanoma: `benign_malignant` and `target` must agree with that.
    """
    disease, unmapped = crosswalk.to_nodes(rows["diagnosis"], CROSSWALK)
    melanoma = rows["diagnosis"] == "melanoma"
    cases = crosswalk.renamed(rows, COLUMNS | OPTIONAL) | {
        "disease": disease,
        "label_source": pd.Series("biopsy", index=rows.index).where(melanoma),
        "modality": "dermoscopy",
        "dataset": NAME,
    }
    problems = [crosswalk.repeated(rows["image_name"]), unmapped]
    for column, yes, no in (("benign_malignant", "malignant", "benign"), ("target", "1", "0")):
        agrees = rows[column] == melanoma.map({True: yes, False: no})
        expected = f"{yes} for a melanoma and {no} for the rest"
        problems.append(table.wrong(rows[column], agrees | disease.isna(), expected))
    return crosswalk.keep(rows, cases, problems)
