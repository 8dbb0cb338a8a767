"""HAM10000's metadata, and the ISIC 2018 test part in the same layout."""

import pandas as pd
import pytest

from dermlab.cases import sources

HEADER = "lesion_id,image_id,dx,dx_type,age,sex,localization"
ROWS = [
    "HAM_1,ISIC_1,mel,histo,80.0,male,scalp",
    "HAM_1,ISIC_2,mel,histo,80.0,male,scalp",
    "HAM_2,ISIC_3,nv,follow_up,,unknown,unknown",
    "HAM_3,ISIC_4,vasc,consensus,0.0,female,acral",
    "HAM_4,ISIC_5,bkl,confocal,5.0,female,",
]


def read(folder, *, site=""):
    path = folder / "HAM10000_metadata.csv"
    header = HEADER + (",dataset" if site else "")
    path.write_text("\n".join([header, *(row + (f",{site}" if site else "") for row in ROWS)]))
    return sources.read_cases(path).set_index("image_id")


def test_every_column_is_mapped(tmp_path):
    cases = read(tmp_path)
    assert cases["disease"].tolist() == [
        *["malignant melanoma"] * 2,
        "melanocytic nevi",
        "benign dermal",
        "benign epidermal",
    ]
    sources_of_labels = ["biopsy", "biopsy", "follow_up", "consensus", "confocal"]
    assert cases["label_source"].tolist() == sources_of_labels
    assert cases["lesion_id"].nunique() == 4
    assert cases["patient_id"].isna().all()
    assert set(cases["modality"]) == {"dermoscopy"}
    assert set(cases["dataset"]) == {"ham10000"}
    assert cases["age"].tolist()[:1] + cases["age"].tolist()[3:] == [80, 0, 5]
    assert cases.loc["ISIC_3", ["age", "sex", "site"]].isna().all()
    assert pd.isna(cases.loc["ISIC_5", "site"])
    assert cases["source"].isna().all()


def test_the_table_with_the_site_of_origin(tmp_path):
    cases = read(tmp_path, site="rosendahl")
    assert set(cases["source"]) == {"rosendahl"}
    assert set(cases["dataset"]) == {"ham10000"}


@pytest.mark.parametrize("name", ["HAM10000_metadata.csv", "HAM10000_metadata_with_dataset.csv"])
def test_the_published_table(real_data, name):
    raw = pd.read_csv(real_data / name)
    cases = sources.read_cases(real_data / name)
    assert len(cases) == 10_015
    assert cases["lesion_id"].nunique() == 7_470
    assert cases["disease"].value_counts().to_dict() == {
        "melanocytic nevi": 6_705,
        "malignant melanoma": 1_113,
        "benign epidermal": 1_099,
        "basal cell carcinoma": 514,
        "malignant epidermal": 327,
        "benign dermal": 142,
        "dermatofibroma": 115,
    }
    counts = {"biopsy": 5_340, "follow_up": 3_704, "consensus": 902, "confocal": 69}
    assert cases["label_source"].value_counts().to_dict() == counts
    assert cases["age"].isna().sum() == raw["age"].isna().sum()
    assert cases["age"].sum() == raw["age"].sum()
    assert cases["sex"].isna().sum() == (raw["sex"] == "unknown").sum()
    assert cases["source"].nunique() == (4 if "dataset" in raw else 0)


def test_the_published_test_part(real_data):
    cases = sources.read_cases(real_data / "ISIC2018_Task3_Test_GroundTruth.csv")
    assert len(cases) == 1_512
    assert cases["lesion_id"].nunique() == 1_223
    assert cases[["age", "sex", "site", "source"]].isna().all(axis=1).sum() == 1
    assert cases["source"].isna().sum() == 1
