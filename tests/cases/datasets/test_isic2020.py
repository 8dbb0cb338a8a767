"""ISIC 2020's ground truth, with patients."""

import pandas as pd
import pytest

from dermlab.cases import sources

HEADER = (
    "image_name,patient_id,sex,age_approx,anatom_site_general_challenge,diagnosis,"
    "benign_malignant,target"
)


def row(image, diagnosis, benign_malignant="benign", target="0", age="45"):
    return f"{image},IP_1,male,{age},head/neck,{diagnosis},{benign_malignant},{target}"


def read(folder, *rows, header=HEADER):
    path = folder / "ISIC_2020_Training_GroundTruth.csv"
    path.write_text("\n".join([header, *rows]))
    return sources.read(path)


def test_every_diagnosis_is_mapped(tmp_path):
    nodes = {
        "unknown": "benign",
        "nevus": "melanocytic nevi",
        "seborrheic keratosis": "seborrheic keratosis",
        "lentigo NOS": "lentigo nos",
        "lichenoid keratosis": "lichen planus-like keratosis",
        "solar lentigo": "solar lentigo",
        "cafe-au-lait macule": "cafe-au-lait macule",
        "atypical melanocytic proliferation": "benign melanocyte",
        "melanoma": "malignant melanoma",
    }
    truth = {"melanoma": ("malignant", "1")}
    rows = [row(f"I{k}", d, *truth.get(d, ("benign", "0"))) for k, d in enumerate(nodes)]
    cases, rejected = read(tmp_path, *rows)
    assert rejected.empty
    assert cases["disease"].tolist() == list(nodes.values())
    assert cases["label_source"].iloc[-1] == "biopsy"
    assert cases["label_source"].iloc[:-1].isna().all()
    assert set(cases["patient_id"]) == {"IP_1"}
    assert set(cases["site"]) == {"head/neck"}
    assert cases["lesion_id"].isna().all()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (row("I1", "melanoma", "benign", "1"), "benign_malignant is 'benign', expected malignant"),
        (row("I1", "melanoma", "malignant", "0"), "target is '0', expected 1 for a melanoma"),
        (row("I1", "nevus", "malignant", "0"), "benign_malignant is 'malignant'"),
        (row("I1", "unknown", "malignant", "1"), "benign_malignant is 'malignant'"),
        (row("I1", "nevus", "benign", ""), "target is missing"),
        (row("I1", "mole"), "diagnosis is 'mole', expected one of unknown, nevus"),
        (row("I1", ""), "diagnosis is missing"),
        (row("I1", "nevus", age="x"), "age_approx is 'x'"),
        (row("I0", "nevus"), "image_name is 'I0', expected an id that no other row has"),
    ],
)
def test_a_bad_row_is_rejected(tmp_path, bad, says):
    cases, rejected = read(tmp_path, row("I0", "nevus"), bad)
    assert set(cases["image_id"]) <= {"I0"}
    assert says in rejected.loc[3, "reason"]


def test_a_bad_copy_takes_the_good_one_with_it(tmp_path):
    cases, rejected = read(tmp_path, row("I0", "nevus"), row("I0", "mole"), row("I1", "nevus"))
    assert cases["image_id"].tolist() == ["I1"]
    assert rejected.index.tolist() == [2, 3]


def test_the_second_version_names_lesions(tmp_path):
    cases, _ = read(tmp_path, row("I0", "nevus") + ",IL_7", header=HEADER + ",lesion_id")
    assert cases["lesion_id"].tolist() == ["IL_7"]


def test_the_published_table(real_data):
    path = real_data / "ISIC_2020_Training_GroundTruth.csv"
    raw = pd.read_csv(path)
    cases = sources.read_cases(path)
    assert len(cases) == 33_126
    assert cases["patient_id"].nunique() == 2_056
    assert (cases["disease"] == "malignant melanoma").sum() == raw["target"].sum() == 584
    assert (cases["disease"] == "benign").sum() == 27_124
    assert cases["age"].isna().sum() == raw["age_approx"].isna().sum()
