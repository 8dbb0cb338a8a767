"""Words that people write for ours: what is read as what, and that it is said."""

import csv

import pandas as pd
import pytest

from dermlab.cases import sources, table, taxonomy, words
from dermlab.cases.datasets import names
from dermlab.errors import InputError

TREE = taxonomy.load_tree()
NODES = set(TREE["child"])
HEADER = "image_id,disease,dataset,age,sex,skin_type,site,label_source,modality\n"


def check(**columns):
    n = len(next(iter(columns.values())))
    rows = {"image_id": [f"i{k}" for k in range(n)], "disease": ["acne"] * n, "dataset": ["d"] * n}
    return table.check(pd.DataFrame(rows | columns), nodes=NODES)


def test_words_of_one_meaning_are_read_and_said_once(tmp_path, recwarn):
    path = tmp_path / "cases.csv"
    path.write_text(
        HEADER + "a,acne,d,45,M,III,back,Biopsy,Dermoscopic\n"
        "b,acne,d,NA,Female,4,n/a,,clinical\nc,acne,d,unknown,f,,NA,biopsy,\n"
    )
    cases = sources.read_cases(path, tree=TREE)
    assert cases["sex"].tolist() == ["male", "female", "female"]
    assert cases["age"].isna().tolist() == [False, True, True]
    assert cases["skin_type"].tolist()[:2] == ["3", "4"]
    assert cases["site"].tolist()[0] == "back" and cases["site"].isna().sum() == 2
    assert cases["label_source"].tolist()[::2] == ["biopsy", "biopsy"]
    assert cases["modality"].tolist()[:2] == ["dermoscopy", "clinical"]
    (said,) = [str(w.message) for w in recwarn]
    for part in ("age 'NA' as unknown (1)", "sex 'M' as male (1)", "skin_type 'III' as 3 (1)"):
        assert part in said


@pytest.mark.parametrize("value", ["w", "x", "woman", "1", "TRUE", "malef"])
def test_a_word_of_two_meanings_stays_bad_input(value):
    good, rejected = check(sex=[value, "male"])
    assert len(good) == 1 and f"sex is '{value}'" in rejected["reason"].iloc[0]


def test_our_own_words_are_read_in_silence(recwarn):
    good, rejected = check(sex=["male", None], age=[45.0, None], skin_type=["1-2", "6"])
    assert rejected.empty and good["age"].tolist()[0] == 45 and not recwarn.list


# --- ISIC's words ---------------------------------------------------------------------------------


def test_every_word_has_a_node_and_is_none_itself():
    table_of_words = names.load("isic_words")
    assert set(table_of_words["node"]) <= NODES
    assert table_of_words.index.is_unique and not set(table_of_words.index) & NODES
    assert (table_of_words.index == table_of_words.index.str.casefold()).all()


def test_a_label_in_isics_words_is_its_node_in_a_table_too(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text("image_id,disease,dataset\na,Nevus,d\nb,nevus,d\nc,melanoma,d\n")
    with pytest.warns(UserWarning, match="'Nevus' as melanocytic nevi .1 image.*'nevus' as"):
        cases = sources.read_cases(path, tree=TREE)
    assert cases["disease"].tolist() == ["melanocytic nevi", "melanocytic nevi", "melanoma"]


def test_a_tree_without_the_node_takes_no_word(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text("image_id,disease,dataset\na,nevus,d\n")
    own = pd.DataFrame({"child": ["skin", "mole"], "parent": [None, "skin"], "n": [0, 1]})
    with pytest.raises(InputError, match="disease is 'nevus'"):
        sources.read_cases(path, tree=own)


@pytest.mark.parametrize("crosswalk", ["isic_archive", "isic_words"])
def test_no_name_of_isics_crosses_the_line_to_malignant(real_data, crosswalk):
    """Against ISIC's own hierarchy: what it calls malignant is, and nothing else is."""
    with open(real_data / "taxonomy" / "isic_tree.csv", encoding="utf-8") as file:
        parent = {row["child"].casefold(): row["parent"] for row in csv.DictReader(file)}
    malignant = set(taxonomy.descendants(TREE, "malignant"))
    known = {
        "vascular lesion": "Benign",
        "lichenoid keratosis": "Benign",
        "mucosal melanosis": "Benign",
        "angioma": "Benign",
        "acrochordon": "Benign",
        "angiofibroma or fibrous papule": "Benign",
        "nevus spilus": "Benign",
    }
    for name, node in names.load(crosswalk)["node"].items():
        first = name if name.casefold() in parent else known[name]
        while parent[first.casefold()] and "root" not in parent[first.casefold()]:
            first = parent[first.casefold()]
        expected = first.casefold() == "malignant" or node == "actinic keratosis"
        assert (node in malignant) == expected, name
        assert first.casefold() != "indeterminate" or node in ("root", "actinic keratosis"), name


def test_words_are_loaded_once():
    assert words.isic() is words.isic() and words.isic()["nevus"] == "melanocytic nevi"
