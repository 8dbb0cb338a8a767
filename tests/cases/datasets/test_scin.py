"""SCIN's two files as its publisher ships them: real column names and values, made-up rows."""

import pandas as pd
import pytest

from dermlab.cases import sources
from dermlab.cases.datasets import scin
from dermlab.errors import InputError

PARTS = "head_or_neck,arm,palm,back_of_hand,torso_front,torso_back,genitalia_or_groin"
PARTS = f"{PARTS},buttocks,leg,foot_top_or_side,foot_sole,other".split(",")
HEADER = [
    *("case_id", "source", "release", "year", "age_group", "sex_at_birth"),
    *("fitzpatrick_skin_type", *(f"body_parts_{part}" for part in PARTS), "related_category"),
    *(f"image_{k}_path" for k in (1, 2, 3)),
    *(f"image_{k}_shot_type" for k in (1, 2, 3)),
]
COMMON = {"source": "SCIN", "release": "1.0.0", "year": "2023", "age_group": "AGE_UNKNOWN"}
ONE, TWO = "-5669089898008966381", "-7386781159600870002"
CASES = [
    {"case_id": "-1000600354148496558", "sex_at_birth": "FEMALE", "fitzpatrick_skin_type": "FST4"}
    | {"body_parts_leg": "YES", "image_1_shot_type": "CLOSE_UP", "image_2_shot_type": "AT_DISTANCE"}
    | {"image_1_path": f"dataset/images/{ONE}.png", "image_2_path": f"dataset/images/{TWO}.png"},
    {"case_id": "100", "sex_at_birth": "OTHER_OR_UNSPECIFIED"}
    | {"fitzpatrick_skin_type": "NONE_SELECTED", "body_parts_arm": "YES", "body_parts_leg": "YES"}
    | {"image_1_path": "dataset/images/1.png"},
    *({"case_id": f"{k}", "image_1_path": f"dataset/images/{k}.png"} for k in (101, 102, 103, 105)),
    {"case_id": "104"},
    {"case_id": "106", "image_1_path": "dataset/images/1.png"},
]
LABELS = {
    "-1000600354148496558": """{"Kaposi's sarcoma of skin": 0.59, 'Insect Bite': 0.41}""",
    "100": "{'SK/ISK': 1.0}",
    "101": "{'Eczema': 0.5, 'Psoriasis': 0.5}",
    "102": "{}",
    "103": "{'Insect Bite': 0.67, 'Eczema': 0.33}",
    "104": "{'Acne': 1.0}",
    "106": "{'Acne': 1.0}",
    "107": "{'Acne': 1.0}",
}


def write(folder):
    """Both files, as they are published."""
    rows = pd.DataFrame([COMMON | case for case in CASES], columns=HEADER)
    rows.to_csv(folder / "scin_cases.csv", index=False)
    labels = pd.DataFrame({"case_id": list(LABELS), scin.LABEL: list(LABELS.values())})
    labels.insert(1, "dermatologist_gradable_for_skin_condition_1", "YES")
    labels.to_csv(folder / "scin_labels.csv", index=False)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path)
    return tmp_path


def test_a_contribution_is_a_case_a_picture_with_the_condition_that_outweighs_the_others(folder):
    cases, _ = sources.read(folder / "scin_cases.csv")
    assert cases["image_id"].tolist() == [ONE, TWO]
    assert cases["lesion_id"].tolist() == ["-1000600354148496558"] * 2
    assert cases["disease"].tolist() == ["kaposi sarcoma"] * 2
    assert set(cases["label_source"]) == {"dermatologist"} and set(cases["dataset"]) == {"scin"}
    assert set(cases["modality"]) == {"clinical"} and cases["age"].isna().all()
    assert cases[["skin_type", "sex", "site"]].drop_duplicates().to_numpy().tolist() == [
        ["4", "female", "leg"]
    ]


def test_every_other_row_is_set_aside_with_its_reason(folder):
    _, rejected = sources.read(folder / "scin_cases.csv")
    reasons = rejected["reason"].groupby(rejected["case_id"]).first()
    assert set(reasons.index) == {*(f"{k}" for k in range(100, 108))}
    for case in ("101", "102"):
        assert "of which one has more than half" in reasons[case]
    assert "of weighted_skin_condition_label is 'Insect Bite', expected one of" in reasons["103"]
    assert reasons["104"] == "image_1_path is missing, expected a picture"
    assert reasons["105"] == "case_id is '105', expected a case that scin_labels.csv has too"
    assert reasons["107"].startswith("in scin_labels.csv: case_id is '107', expected a case that")
    for case in ("100", "106"):  # one file, two contributions
        assert "is '1', expected an id that no other row has" in reasons[case]


def test_what_is_not_said_is_missing(folder):
    rows = pd.read_csv(folder / "scin_cases.csv", dtype=str)
    rows[rows["case_id"] == "100"].to_csv(folder / "scin_cases.csv", index=False)
    cases, _ = sources.read(folder / "scin_cases.csv")
    assert cases["disease"].tolist() == ["seborrheic keratosis"]
    assert cases[["skin_type", "sex", "site"]].isna().all(axis=None)


def test_both_tables_joined_by_a_user_are_read_too(folder):
    tables = [pd.read_csv(folder / f"scin_{name}.csv", dtype=str) for name in ("cases", "labels")]
    whole = folder / "whole"
    whole.mkdir()
    tables[0].merge(tables[1], on="case_id").to_csv(whole / "scin.csv", index=False)
    assert sources.read(whole / "scin.csv")[0]["image_id"].tolist() == [ONE, TWO]


@pytest.mark.parametrize(
    ("gone", "named", "said"),
    [
        ("scin_labels.csv", "scin_cases.csv", "needs scin_labels.csv in the same folder"),
        ("scin_cases.csv", "scin_labels.csv", "looks like SCIN's labels; name scin_cases.csv"),
    ],
)
def test_one_file_alone_is_one_sentence(folder, gone, named, said):
    (folder / gone).unlink()
    with pytest.raises(InputError, match=said):
        sources.read(folder / named)


def test_labels_without_their_columns_are_refused(folder):
    (folder / "scin_labels.csv").write_text("case_id,label\n100,Acne\n")
    with pytest.raises(InputError, match=f"lacks the column.s. {scin.LABEL} of SCIN's labels"):
        sources.read(folder / "scin_cases.csv")


@pytest.mark.parametrize(
    ("label", "leading"),
    [
        ("{'A': 0.51, 'B': 0.49}", "A"),
        ("{'A': 0.2, 'B': 0.3}", "B"),  # of the weight that is there
        ("{'A': 2e-1}", "A"),
        ("{'A': 1.2.3}", None),
        ("__import__('os')", None),
        ("['A']", None),
        (None, None),
    ],
)
def test_the_leading_condition(label, leading):
    assert scin._leading(label) == leading
