"""PAD-UFES-20: the publisher's full layout, and the extract with skin types."""

import pandas as pd

from dermlab.cases import sources

FULL = (
    "patient_id,lesion_id,smoke,drink,background_father,background_mother,age,pesticide,gender,"
    "skin_cancer_history,cancer_history,has_piped_water,has_sewage_system,fitspatrick,region,"
    "diameter_1,diameter_2,diagnostic,itch,grew,hurt,changed,bleed,elevation,img_id,biopsed"
)
EXTRACT = (
    "img_id,patient_id,lesion_id,diagnostic,fitspatrick,diameter_1,diameter_2,itch,grew,hurt,"
    "changed,bleed,elevation"
)


def full_row(patient, lesion, diagnostic, *, age=55, gender="FEMALE", skin="3.0", biopsed="True"):
    image = f"{patient}_{lesion}_939.png"
    return (
        f"{patient},{lesion},False,False,POMERANIA,POMERANIA,{age},False,{gender},True,True,True,"
        f"True,{skin},NECK,6.0,5.0,{diagnostic},True,True,False,True,True,True,{image},{biopsed}"
    )


def read(folder, header, *rows):
    path = folder / "metadata.csv"
    path.write_text("\n".join([header, *rows]))
    return sources.read(path)


def test_the_full_layout(tmp_path):
    cases, rejected = read(
        tmp_path,
        FULL,
        full_row("PAT_46", "881", "BCC"),
        full_row("PAT_47", "881", "ACK", biopsed="False", gender="MALE"),
        full_row("PAT_48", "1", "SCC", age="", gender="", skin="", biopsed=""),
    )
    assert rejected.empty
    assert cases["image_id"].tolist()[0] == "PAT_46_881_939.png"
    assert cases["lesion_id"].tolist() == ["PAT_46_881", "PAT_47_881", "PAT_48_1"]
    assert cases["disease"].tolist() == [
        "basal cell carcinoma",
        "actinic keratosis",
        "squamous cell carcinoma",
    ]
    assert cases["label_source"].tolist()[:2] == ["biopsy", "consensus"]
    assert cases["sex"].tolist()[:2] == ["female", "male"]
    assert cases["skin_type"].tolist()[:2] == ["3", "3"]
    assert set(cases["site"]) == {"neck"}
    assert cases["age"].iloc[0] == 55
    unknown = ["label_source", "age", "sex", "skin_type"]
    assert cases[unknown].iloc[2].isna().all()


def test_bad_rows_are_rejected_under_the_publishers_names(tmp_path):
    cases, rejected = read(
        tmp_path,
        FULL,
        full_row("PAT_1", "1", "BOD"),
        full_row("PAT_2", "1", "NEV", age="old", gender="X"),
        full_row("PAT_3", "1", "NEV", biopsed="yes"),
        full_row("PAT_4", "1", "NEV", skin="9.0"),
        full_row("PAT_5", "1", "NEV"),
    )
    assert cases["patient_id"].tolist() == ["PAT_5"]
    starts = ["diagnostic is 'BOD'", "age is 'old'", "biopsed is 'yes'", "fitspatrick is '9.0'"]
    assert [r.startswith(s) for r, s in zip(rejected["reason"], starts, strict=True)] == [True] * 4
    assert "gender is 'x'" in rejected["reason"].iloc[1]


def test_the_extract_lacks_what_it_lacks(tmp_path):
    row = "PAT_46_881_939.png,PAT_46,881,SEK,3.0,6.0,5.0,True,True,False,True,True,True"
    cases, rejected = read(tmp_path, EXTRACT, row)
    assert rejected.empty
    assert cases[["label_source", "age", "sex", "site"]].isna().all(axis=None)
    assert cases["disease"].tolist() == ["seborrheic keratosis"]


def test_the_published_extract(real_data):
    path = real_data / "pad_ufes20_fitzpatrick_subset_1494.csv"
    raw = pd.read_csv(path)
    cases = sources.read_cases(path)
    assert len(cases) == 1_494
    assert cases["patient_id"].nunique() == 794
    assert cases["lesion_id"].nunique() == raw.groupby(["patient_id", "lesion_id"]).ngroups == 1_179
    assert cases.groupby("lesion_id")["patient_id"].nunique().max() == 1
    assert cases["skin_type"].astype(int).tolist() == raw["fitspatrick"].tolist()
