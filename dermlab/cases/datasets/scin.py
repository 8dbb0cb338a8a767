"""SCIN: photographs that people who searched Google for their skin gave, 5,033 contributions.

Ward et al., *Crowdsourcing Dermatology Images with Google Search Ads*, arXiv 2402.18545 (2024).
`scin_cases.csv` has a row a contribution with up to three pictures, `scin_labels.csv` beside it up
to three dermatologists' differential diagnoses, joined by the publisher into weights that sum to 1.
A case gets the condition that has more than half of the weight; where none has, or where it is no
node of the tree, the row is set aside.
"""

import re
from pathlib import Path, PurePosixPath

import pandas as pd

from dermlab.cases import ids, table
from dermlab.cases.datasets import crosswalk, names
from dermlab.errors import InputError

NAME = "scin"
LICENCE = "SCIN Data Use License"
FILE, LABELS = "scin_cases.csv", "scin_labels.csv"
LABEL = "weighted_skin_condition_label"
PICTURES = [f"image_{k}_path" for k in (1, 2, 3)]
COLUMNS = {"case_id": "lesion_id", **dict.fromkeys(PICTURES, "image_id")}  # theirs -> ours
PARTS = [
    f"body_parts_{part}"
    for part in (
        *("head_or_neck", "arm", "palm", "back_of_hand", "torso_front", "torso_back"),
        *("genitalia_or_groin", "buttocks", "leg", "foot_top_or_side", "foot_sole", "other"),
    )
]
OPTIONAL = {
    "fitzpatrick_skin_type": "skin_type",
    "sex_at_birth": "sex",
    **dict.fromkeys(PARTS, "site"),
    LABEL: "disease",
}
CROSSWALK = names.load(NAME)
SEXES = {"FEMALE": "female", "MALE": "male"}
MAJORITY = 0.5  # a condition with more of the weight is the case's
_WEIGHT = r"""(?:'([^']*)'|"([^"]*)"): ([0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)"""
_WEIGHTS = re.compile(rf"\{{{_WEIGHT}(?:, {_WEIGHT})*\}}")


def labels_beside(path: Path) -> list[Path]:
    """The file of labels in the folder of `path`, if it is there."""
    paired = [path.name.replace("cases", "labels"), LABELS]
    there = [path.with_name(name) for name in paired if name != path.name]
    return [file for file in there if file.is_file()][:1]


def join(rows: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The contributions with their label, and the rows of both files without a partner.

    A table that has the labels already is taken as it is. InputError where there are none.
    """
    if LABEL in rows:
        return rows, rows.iloc[:0].assign(reason=pd.Series(dtype="str"))
    file = next(iter(labels_beside(path)), None)
    if file is None:
        raise InputError(f"{path} needs {LABELS} in the same folder, and there is none.")
    labels, unreadable = table.read_csv(file)
    absent = [column for column in ("case_id", LABEL) if column not in labels]
    if absent:
        raise InputError(f"{file} lacks the column(s) {', '.join(absent)} of SCIN's labels.")
    rows, labels = (t.assign(case_id=ids.normal(t["case_id"])) for t in (rows, labels))
    twice = table.set_aside(labels, crosswalk.repeated(labels["case_id"]))
    damaged = pd.concat([unreadable, twice])
    damaged["reason"] = f"in {file.name}: " + damaged["reason"]
    labels = labels.drop(index=twice.index)
    joined, odd = crosswalk.paired(rows, path, labels, file, "case_id", [LABEL])
    return joined, pd.concat([odd, damaged])


def to_cases(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A case a picture, and the rows that cannot be mapped.

    `image_id` is the picture's file without ending, `lesion_id` the contribution. The skin type is
    the contributor's own answer; ages are published as ranges and are missing here; the place is
    given where only one is named.
    """
    named, unsure = _majority(rows[LABEL])
    disease, unknown = crosswalk.to_nodes(named, CROSSWALK)
    pictures = rows[PICTURES].stack().dropna().astype("str")
    images = pictures.map(lambda file: PurePosixPath(file).stem)
    flat = images.droplevel(1).rename("image_1_path to image_3_path")
    none = ~rows.index.isin(flat.index)
    without = table.wrong(rows[PICTURES[0]], pd.Series(~none, rows.index), "a picture")
    problems = [unsure, unknown[named.notna()], without, crosswalk.repeated(flat)]
    facts = {
        "lesion_id": rows["case_id"],
        "disease": disease,
        "label_source": "dermatologist",
        "modality": "clinical",
        "skin_type": _optional(rows, "fitzpatrick_skin_type").str.extract(r"^FST([1-6])$")[0],
        "sex": _optional(rows, "sex_at_birth").map(SEXES),
        "site": _site(rows),
        "dataset": NAME,
    }
    whole, rejected = crosswalk.keep(rows, facts, problems)
    flat = flat[flat.index.isin(whole.index)]
    return whole.loc[flat.index].assign(image_id=flat), rejected


def _majority(labels: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The condition with more than half of each row's weight, and the sentences about others."""
    named = labels.map(_leading).astype("str")
    expected = "weights of conditions of which one has more than half, as in {'Eczema': 0.75, …}"
    return named.rename(f"the condition of {LABEL}"), table.wrong(labels, named.notna(), expected)


def _leading(label: str | float) -> str | None:
    """``"{'Eczema': 0.75, 'Psoriasis': 0.25}" -> "Eczema"``; None where nothing leads so far."""
    if not isinstance(label, str) or not _WEIGHTS.fullmatch(label):
        return None
    weights = {one or other: float(weight) for one, other, weight in re.findall(_WEIGHT, label)}
    name = max(weights, key=weights.get)
    return name if weights[name] > MAJORITY * sum(weights.values()) else None


def _site(rows: pd.DataFrame) -> pd.Series:
    """The one part of the body that is named; missing where none is, or several."""
    said = rows.reindex(columns=PARTS).apply(lambda part: part.astype("str").str.upper() == "YES")
    words = pd.Series({part: part.removeprefix("body_parts_").replace("_", " ") for part in PARTS})
    return said.idxmax(axis=1).map(words).where(said.sum(axis=1) == 1)


def _optional(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows.reindex(columns=[column])[column].astype("str")
