"""Fitzpatrick17k's table."""

import pandas as pd

from dermlab.cases import sources, taxonomy
from dermlab.cases.datasets import fitzpatrick17k

HEADER = "md5hash,fitzpatrick_scale,fitzpatrick_centaur,label,nine_partition_label,url"


def read(folder, *rows):
    path = folder / "fitzpatrick17k.csv"
    path.write_text("\n".join([HEADER, *rows]))
    return sources.read(path)


def test_every_column_is_mapped(tmp_path):
    cases, rejected = read(
        tmp_path,
        "aa,3,4,drug induced pigmentary changes,inflammatory,https://x.org/a.jpg",
        "bb,-1,-1,malignant melanoma,malignant melanoma,",
    )
    assert rejected.empty
    assert cases["image_id"].tolist() == ["aa", "bb"]
    assert cases["disease"].tolist() == ["drug induced pigmentary changes", "malignant melanoma"]
    assert cases["skin_type"].tolist()[0] == "3"
    assert pd.isna(cases["skin_type"].iloc[1])
    assert set(cases["modality"]) == {"clinical"}
    assert cases[["path", "label_source", "lesion_id", "patient_id"]].isna().all(axis=None)


def test_bad_rows_are_rejected(tmp_path):
    cases, rejected = read(
        tmp_path,
        "aa,7,4,acne,inflammatory,",
        "bb,0,4,acne,inflammatory,",
        "cc,2,4,no such thing,inflammatory,",
        "dd,2,4,acne,inflammatory,",
    )
    assert cases["image_id"].tolist() == ["dd"]
    assert rejected["reason"].str.split(" is ").str[0].tolist() == [
        "fitzpatrick_scale",
        "fitzpatrick_scale",
        "label",
    ]
    assert rejected["fitzpatrick_scale"].tolist() == ["7", "0", "2"]


def test_the_published_table(real_data):
    path = real_data / "fitzpatrick17k.csv"
    raw = pd.read_csv(path)
    cases = sources.read_cases(path)
    assert len(cases) == 16_577
    assert cases["disease"].nunique() == 114
    assert cases["skin_type"].isna().sum() == 565
    assert cases["skin_type"].value_counts().loc["6"] == (raw["fitzpatrick_scale"] == 6).sum()
    assert set(fitzpatrick17k.CROSSWALK.index) == set(raw["label"])


def test_the_tree_agrees_with_both_published_partitions(real_data):
    raw = pd.read_csv(real_data / "fitzpatrick17k.csv")
    cases = sources.read_cases(real_data / "fitzpatrick17k.csv")
    tree = taxonomy.load_tree()
    for level, column in {"nine-way": "nine_partition", "three-way": "three_partition"}.items():
        above = cases["disease"].map(taxonomy.ancestor_at(tree, level))
        assert (above.to_numpy() == raw[f"{column}_label"].to_numpy()).all()
