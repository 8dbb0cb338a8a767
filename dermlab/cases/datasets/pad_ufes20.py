"""PAD-UFES-20: 2,298 smartphone images of 1,373 patients of a free clinic in Espírito Santo.

Pacheco et al., Data in Brief 32:106221 (2020), doi 10.1016/j.dib.2020.106221. All cancers are
biopsied; the publisher says of the others that they may have a clinical diagnosis by consensus of
a group of dermatologists.
"""

import pandas as pd

from dermlab.cases import ids
from dermlab.cases.datasets import crosswalk, names

NAME = "pad_ufes20"
LICENCE = "CC BY 4.0"
COLUMNS = {  # the publisher's column -> ours
    "img_id": "image_id",
    "lesion_id": "lesion_id",
    "patient_id": "patient_id",
    "diagnostic": "disease",
    "fitspatrick": "skin_type",
}
OPTIONAL = {"biopsed": "label_source", "age": "age", "gender": "sex", "region": "site"}
CROSSWALK = names.load(NAME)
LABEL_SOURCES = {"True": "biopsy", "False": "consensus"}


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped.

    `lesion_id` becomes `patient_id` + "_" + `lesion_id`: a number of the publisher's may belong to
    several patients; it is missing where one of the two is. `image_id` is the file's name, `.png`
    and all. What the extract with skin types leaves out (biopsy, age, sex, place) is missing.
    """
    full = rows.reindex(columns=[*COLUMNS, *OPTIONAL])
    disease, unmapped = crosswalk.to_nodes(rows["diagnostic"], CROSSWALK)
    label_source, unknown = crosswalk.to_label_sources(
        full["biopsed"], LABEL_SOURCES, "True or False"
    )
    cases = crosswalk.renamed(full, COLUMNS | OPTIONAL) | {
        "lesion_id": ids.normal(rows["patient_id"]) + "_" + ids.known(rows["lesion_id"]),
        "disease": disease,
        "label_source": label_source,
        "modality": "clinical",
        "sex": full["gender"].astype("str").str.lower(),
        "site": full["region"].astype("str").str.lower(),
        "dataset": NAME,
    }
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["img_id"]), unmapped, unknown])
