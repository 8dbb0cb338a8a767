"""ISIC 2024 (SLICE-3D): 401,059 crops from total-body photographs of 1,042 patients.

Kurtansky et al., Scientific Data 11:884 (2024). A crop shows one lesion; the malignant ones are
confirmed by histopathology, most others were never biopsied: there `label_source` is missing.
"""

import pandas as pd

from dermlab.cases import table
from dermlab.cases.datasets import crosswalk, names

NAME = "isic2024"
LICENCE = "CC BY-NC 4.0"
COLUMNS = {  # the publisher's column -> ours
    "isic_id": "image_id",
    "patient_id": "patient_id",
    "target": "disease",
    "iddx_1": "disease",
    "age_approx": "age",
    "sex": "sex",
    "anatom_site_general": "site",
}
LEVELS = [f"iddx_{level}" for level in range(1, 6)]
OPTIONAL = {
    "lesion_id": "lesion_id",
    "attribution": "source",
    **dict.fromkeys(LEVELS[1:], "disease"),
}
CROSSWALK = names.load("isic_archive")


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped or contradict themselves."""
    disease, unmapped = crosswalk.deepest(rows, LEVELS, CROSSWALK)
    malignant = rows["iddx_1"] == "Malignant"
    cases = crosswalk.renamed(rows, COLUMNS | OPTIONAL) | {
        "disease": disease,
        "label_source": pd.Series("biopsy", index=rows.index).where(malignant),
        "modality": "clinical",
        "dataset": NAME,
    }
    agrees = rows["target"] == malignant.map({True: "1", False: "0"})
    said = table.wrong(rows["target"], agrees | disease.isna(), "1 where iddx_1 is Malignant, or 0")
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["isic_id"]), unmapped, said])
