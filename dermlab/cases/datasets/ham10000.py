"""HAM10000: 10,015 dermoscopic images of 7,470 pigmented lesions, Vienna and Queensland.

Tschandl, Rosendahl, Kittler: Scientific Data 5:180161 (2018), doi 10.1038/sdata.2018.161. The
ground truth of the ISIC 2018 test part has the same layout.
"""

import pandas as pd

from dermlab.cases.datasets import crosswalk, names

NAME = "ham10000"
LICENCE = "CC BY-NC 4.0"
COLUMNS = {  # the publisher's column -> ours
    "image_id": "image_id",
    "lesion_id": "lesion_id",
    "dx": "disease",
    "dx_type": "label_source",
    "age": "age",
    "sex": "sex",
    "localization": "site",
}
OPTIONAL = {"dataset": "source"}  # the clinic and camera: in one of the two published tables
CROSSWALK = names.load(NAME)
LABEL_SOURCES = {
    "histo": "biopsy",
    "follow_up": "follow_up",
    "consensus": "consensus",
    "confocal": "confocal",
}


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped.

    "unknown" is missing. No patient is named, so `patient_id` is missing throughout.
    """
    disease, unmapped = crosswalk.to_nodes(rows["dx"], CROSSWALK)
    label_source, unknown = crosswalk.to_label_sources(
        rows["dx_type"], LABEL_SOURCES, f"one of {', '.join(LABEL_SOURCES)}"
    )
    cases = crosswalk.renamed(rows, COLUMNS | OPTIONAL) | {
        "disease": disease,
        "label_source": label_source,
        "modality": "dermoscopy",
        "sex": _known(rows["sex"]),
        "site": _known(rows["localization"]),
        "dataset": NAME,
    }
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["image_id"]), unmapped, unknown])


def _known(values: pd.Series) -> pd.Series:
    return values.mask(values == "unknown")
