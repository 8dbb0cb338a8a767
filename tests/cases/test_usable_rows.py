"""How many images of each public table a task can use: what its boundaries and mixtures cost.

Each number is a sum of counts of the publisher's own codes.
"""

import pandas as pd
import pytest

from dermlab.cases import sources, tasks, taxonomy

USABLE = {  # first class, second class, ...; nine-way in the task's order; then not used
    ("ham10000", "three-way"): (8_061, 1_954, 0, 0),
    ("ham10000", "nine-way"): (0, 257, 0, 1_099, 841, 0, 0, 6_705, 1_113, 0),
    ("ham10000", "malignant"): (1_954, 8_061, 0),
    ("ham10000", "carcinoma-vs-keratosis"): (514, 0, 9_501),
    ("ham10000", "melanoma-vs-nevus"): (1_113, 6_705, 2_197),
    ("isic2018 test", "three-way"): (1_205, 307, 0, 0),
    ("isic2018 test", "nine-way"): (0, 79, 0, 217, 136, 0, 0, 909, 171, 0),
    ("isic2018 test", "malignant"): (307, 1_205, 0),
    ("isic2018 test", "carcinoma-vs-keratosis"): (93, 0, 1_419),
    ("isic2018 test", "melanoma-vs-nevus"): (171, 909, 432),
    ("fitzpatrick17k", "three-way"): (2_234, 2_263, 12_080, 0),
    ("fitzpatrick17k", "nine-way"): (182, 1_067, 156, 931, 1_352, 1_194, 10_886, 236, 573, 0),
    ("fitzpatrick17k", "malignant"): (2_263, 14_314, 0),
    ("fitzpatrick17k", "carcinoma-vs-keratosis"): (1_177, 69, 15_331),
    ("fitzpatrick17k", "melanoma-vs-nevus"): (573, 236, 15_768),
    ("pad_ufes20", "three-way"): (122, 1_372, 0, 0),
    ("pad_ufes20", "nine-way"): (0, 0, 0, 47, 1_320, 0, 0, 75, 52, 0),
    ("pad_ufes20", "malignant"): (1_372, 122, 0),
    ("pad_ufes20", "carcinoma-vs-keratosis"): (1_037, 47, 410),
    ("pad_ufes20", "melanoma-vs-nevus"): (52, 75, 1_367),
    ("isic2019", "three-way"): (15_991, 9_340, 0, 0),
    ("isic2019", "nine-way"): (0, 492, 0, 2_624, 4_818, 0, 0, 12_875, 4_522, 0),
    ("isic2019", "malignant"): (9_340, 15_991, 0),
    ("isic2019", "carcinoma-vs-keratosis"): (3_951, 0, 21_380),
    ("isic2019", "melanoma-vs-nevus"): (4_522, 12_875, 7_934),
    ("isic2020", "three-way"): (32_542, 584, 0, 0),
    ("isic2020", "nine-way"): (0, 0, 0, 179, 0, 0, 0, 5_239, 584, 27_124),
    ("isic2020", "malignant"): (584, 32_542, 0),
    ("isic2020", "carcinoma-vs-keratosis"): (0, 135, 32_991),
    ("isic2020", "melanoma-vs-nevus"): (584, 5_193, 27_349),
}


@pytest.fixture(scope="module")
def cases(public_tables):
    tree = taxonomy.load_tree()
    names = {name for name, _ in USABLE}
    return {name: sources.read_cases(public_tables[name], tree=tree) for name in names}


@pytest.mark.parametrize(("name", "task"), USABLE)
def test_usable_rows(cases, name, task):
    found = tasks.usable(tasks.get(task), cases[name])
    assert tuple(found) == USABLE[name, task]
    assert found.sum() == len(cases[name])


def test_ham10000_melanoma_against_nevus_from_the_publishers_codes(cases, public_tables):
    raw = pd.read_csv(public_tables["ham10000"])
    codes = raw["dx"].isin(["mel", "nv"])
    biopsied = raw["dx_type"] == "histo"
    assert codes.sum() == 7_818
    assert (codes & biopsied).sum() == 3_611
    ham = cases["ham10000"]
    task = tasks.get("melanoma-vs-nevus")
    assert tasks.usable(task, ham).drop("not used").sum() == 7_818
    proven = tasks.usable(task, ham[ham["label_source"] == "biopsy"])
    assert proven.drop("not used").tolist() == [1_113, 2_498]


def test_isic2020_has_a_biopsy_proven_side_only(cases):
    isic = cases["isic2020"]
    proven = isic[isic["label_source"] == "biopsy"]
    assert tuple(tasks.usable(tasks.get("melanoma-vs-nevus"), proven)) == (584, 0, 0)


def test_the_paper_s_nine_are_counted_in_this_order():
    assert [name for name, _ in tasks.get("nine-way").classes] == [
        "malignant cutaneous lymphoma",
        "benign dermal",
        "malignant dermal",
        "benign epidermal",
        "malignant epidermal",
        "genodermatoses",
        "inflammatory",
        "benign melanocyte",
        "malignant melanoma",
    ]
