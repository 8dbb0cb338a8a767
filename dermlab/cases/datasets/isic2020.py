"""ISIC 2020: 33,126 dermoscopic images of 2,056 patients, 584 of them melanomas.

Rotemberg et al., Scientific Data 8:34 (2021), doi 10.1038/s41597-021-00815-z. The melanomas are
confirmed by histopathology; how each benign label was reached is not in the table, so there
`label_source` is missing.
"""

import pandas as pd

from dermlab.cases import table
from dermlab.cases.datasets import crosswalk

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
CROSSWALK = crosswalk.load(NAME)


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped or contradict themselves.

    The one malignant diagnosis is melanoma: `benign_malignant` and `target` must agree with that.
    """
    disease, unmapped = crosswalk.to_nodes(rows["diagnosis"], CROSSWALK)
    melanoma = rows["diagnosis"] == "melanoma"
    cases = {
        "image_id": rows["image_name"],
        "lesion_id": rows.get("lesion_id", pd.NA),
        "patient_id": rows["patient_id"],
        "disease": disease,
        "label_source": pd.Series("biopsy", index=rows.index).where(melanoma),
        "modality": "dermoscopy",
        "age": rows["age_approx"],
        "sex": rows["sex"],
        "site": rows["anatom_site_general_challenge"],
        "dataset": NAME,
    }
    problems = [
        crosswalk.repeated(rows["image_name"]),
        unmapped,
        table.wrong(
            rows["benign_malignant"],
            (rows["benign_malignant"] == melanoma.map({True: "malignant", False: "benign"}))
            | disease.isna(),
            "malignant for a melanoma and benign for the rest",
        ),
        table.wrong(
            rows["target"],
            (rows["target"] == melanoma.map({True: "1", False: "0"})) | disease.isna(),
            "1 for a melanoma and 0 for the rest",
        ),
    ]
    return crosswalk.keep(rows, cases, problems)
