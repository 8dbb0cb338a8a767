"""PH2: 200 dermoscopic images of melanocytic lesions, Hospital Pedro Hispano, Matosinhos.

Mendonça et al., EMBC 2013. `PH2_dataset.txt` divides its columns by bars and explains itself below
the table; the same columns from its spreadsheet are read too.
"""

from pathlib import Path

import pandas as pd

from dermlab.cases.datasets import crosswalk, names
from dermlab.errors import InputError

NAME = "ph2"
LICENCE = "research and education, as agreed with the publisher"
COLUMNS = {  # the publisher's column -> ours
    "Name": "image_id",
    "Histological Diagnosis": "label_source",
    "Clinical Diagnosis": "disease",
}
OPTIONAL = {}
CROSSWALK = names.load(NAME)
FILE = "ph2_dataset.txt"  # in small letters


def read_rows(path: Path) -> pd.DataFrame:
    """The table of `PH2_dataset.txt`, indexed by line; InputError where it has none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    rows = {
        number: [cell.strip() or None for cell in line.strip().strip("|").split("||")]
        for number, line in enumerate(lines, 1)
        if line.startswith("||")
    }
    header, *numbers = rows or {0: []}
    if rows.get(header, [])[:3] != list(COLUMNS) or not numbers:
        raise InputError(
            f"{path} is no table of PH2: no line begins || Name || Histological Diagnosis || "
            "Clinical Diagnosis with rows below it; take the publisher's file."
        )
    cells = [(rows[number] + [None] * 3)[:3] for number in numbers]
    index = pd.Index(numbers, name="row", dtype="int64")
    return pd.DataFrame(cells, columns=list(COLUMNS), index=index, dtype="str")


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publisher's rows as cases, and those that cannot be mapped.

    A lesion with a histological diagnosis is biopsied, the others are a dermatologist's.
    """
    disease, unmapped = crosswalk.to_nodes(rows["Clinical Diagnosis"], CROSSWALK)
    biopsied = rows["Histological Diagnosis"].notna()
    cases = {
        "image_id": rows["Name"],
        "disease": disease,
        "label_source": biopsied.map({True: "biopsy", False: "dermatologist"}),
        "modality": "dermoscopy",
        "dataset": NAME,
    }
    return crosswalk.keep(rows, cases, [crosswalk.repeated(rows["Name"]), unmapped])
