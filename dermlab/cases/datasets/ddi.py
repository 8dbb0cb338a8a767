"""DDI: 656 clinical images of 570 patients of Stanford's clinics, chosen over all skin tones.

Daneshjou et al., Science Advances 8:eabq6147 (2022). Every lesion has been biopsied. The table's
first column has no name. No patient is named in it, so `patient_id` is missing.
"""

import pandas as pd

from dermlab.cases import table, taxonomy
from dermlab.cases.datasets import crosswalk, names

NAME = "ddi"
LICENCE = "Stanford's research use agreement"
COLUMNS = {  # the publisher's column -> ours
    "DDI_file": "image_id",
    "skin_tone": "skin_type",
    "malignant": "disease",
    "disease": "disease",
}
OPTIONAL = {}
CROSSWALK = names.load(NAME)
TONES = {"12": "1-2", "34": "3-4", "56": "5-6"}


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped or contradict themselves.

    `malignant` must agree with the disease; actinic keratosis, which is premalignant, may be
    either. `image_id` is the file's name, `.png` and all.
    """
    disease, unmapped = crosswalk.to_nodes(rows["disease"], CROSSWALK)
    is_malignant = disease.isin(taxonomy.descendants(taxonomy.load_tree(), "malignant"))
    said = rows["malignant"].str.casefold()
    agrees = said == is_malignant.map({True: "true", False: "false"})
    agrees |= disease.isna() | ((disease == "actinic keratosis") & said.isin(["true", "false"]))
    cases = crosswalk.renamed(rows, COLUMNS) | {
        "disease": disease,
        "label_source": "biopsy",
        "modality": "clinical",
        "skin_type": rows["skin_tone"].replace(TONES),
        "dataset": NAME,
    }
    contradicts = table.wrong(rows["malignant"], agrees, "True for a malignant disease, or False")
    problems = [crosswalk.repeated(rows["DDI_file"]), unmapped, contradicts]
    return crosswalk.keep(rows, cases, problems)
