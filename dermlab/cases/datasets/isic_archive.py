"""The ISIC Archive's export of any selection of its images, and the sets that share its columns.

A diagnosis is a path in the archive's hierarchy, `diagnosis_1` (general) to `diagnosis_5` (fine);
an export has the columns that its images use. https://api.isic-archive.com, each image under the
licence that `copyright_license` gives.
"""

import pandas as pd

from dermlab.cases.datasets import crosswalk, names

NAME = "isic_archive"
LICENCE = "CC0, CC BY or CC BY-NC, image by image"
COLUMNS = {"isic_id": "image_id", "diagnosis_1": "disease"}  # the publisher's column -> ours
LEVELS = [f"diagnosis_{level}" for level in range(1, 6)]
OPTIONAL = {
    **dict.fromkeys(LEVELS[1:], "disease"),
    "lesion_id": "lesion_id",
    "patient_id": "patient_id",
    "diagnosis_confirm_type": "label_source",
    "concomitant_biopsy": "label_source",
    "image_type": "modality",
    "fitzpatrick_skin_type": "skin_type",
    "age_approx": "age",
    "sex": "sex",
    "anatom_site_1": "site",
    "anatom_site_general": "site",
    "attribution": "source",
}
CROSSWALK = names.load(NAME)
LABEL_SOURCES = {
    "histopathology": "biopsy",
    "serial imaging showing no change": "follow_up",
    "single image expert consensus": "consensus",
    "confocal microscopy with consensus dermoscopy": "confocal",
}
OF_ONE = "single contributor clinical assessment"  # whose, the archive does not say: no source
MODALITIES = {
    "dermoscopic": "dermoscopy",
    "clinical: close-up": "clinical",
    "clinical: overview": "clinical",
    "TBP tile: close-up": "clinical",
    "TBP tile: overview": "clinical",
}


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The export's rows as cases, and those that cannot be mapped.

    The disease is the deepest diagnosis that the crosswalk knows. A biopsy beside the photograph
    (`concomitant_biopsy`) is the label's source where no other is given. Pictures of other kinds
    (confocal microscopy) have no modality here.
    """
    full = rows.reindex(columns=[*COLUMNS, *OPTIONAL])
    disease, unmapped = crosswalk.deepest(full, LEVELS, CROSSWALK)
    confirmed = full["diagnosis_confirm_type"].mask(full["diagnosis_confirm_type"] == OF_ONE)
    source, unknown = crosswalk.to_label_sources(
        confirmed, LABEL_SOURCES, f"one of {', '.join(LABEL_SOURCES)}"
    )
    biopsied = full["concomitant_biopsy"].astype("str").str.casefold() == "true"
    cases = crosswalk.renamed(full, COLUMNS | OPTIONAL) | {
        "disease": disease,
        "label_source": source.mask(biopsied & full["diagnosis_confirm_type"].isna(), "biopsy"),
        "modality": full["image_type"].map(MODALITIES),
        "site": full["anatom_site_general"].fillna(full["anatom_site_1"]),
        "dataset": NAME,
    }
    problems = [crosswalk.repeated(rows["isic_id"]), unmapped, unknown]
    return crosswalk.keep(rows, cases, problems)
