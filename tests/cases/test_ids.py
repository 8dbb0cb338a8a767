"""One rule for ids, on every reader and in memory."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermlab.cases import duplicates, ids, sources, splits, table
from dermlab.cases.datasets import pad_ufes20
from dermlab.errors import InputError

NODES = {"acne", "rosacea"}
WORDS = ["", " ", "-", "NULL", "null", "N/A", "n/a", "NA", "nan", "NaN", "none", "None", "UNK"]
WORDS += ["unk", "unknown", "Unknown", " UNKNOWN ", "<NA>"]


def cases(**columns):
    n = len(next(iter(columns.values())))
    rows = {"image_id": [f"i{k}" for k in range(n)], "disease": "acne", "dataset": "d"}
    return pd.DataFrame(rows | columns)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, "1", 1.0, " 1 ", "1.0"], ["1"] * 5),
        (["007", "7", "7.0"], ["007", "7", "7"]),
        (["1.5", "v1.0", "00.0", "1.00"], ["1.5", "v1.0", "00.0", "1.00"]),
        (np.array([3.0, np.nan, 4.0]), ["3", None, "4"]),
        (pd.array([3, None], dtype="Int64"), ["3", None]),
        (np.array([2, 10]), ["2", "10"]),
        (pd.Categorical(["a ", "unknown"]), ["a", None]),
        (np.ma.masked_array([1, 2], [False, True]), ["1", None]),
        ([b"x", None, pd.NA], ["x", None, None]),
        ([], []),
    ],
)
def test_one_id_whatever_a_spreadsheet_or_a_float_column_made_of_it(values, texts):
    got = ids.normal(values)
    assert got.dtype == "str"
    assert [None if text != text else text for text in got] == texts


@pytest.mark.parametrize("word", WORDS)
def test_text_that_means_unknown_is_unknown_and_joins_nothing(word):
    assert ids.normal([word]).isna().all()
    with pytest.warns(UserWarning, match=r"patient_id is .* in 2 of 3 rows, which is taken"):
        groups = splits.groups(cases(patient_id=[word, word, "p"]))
    assert groups.nunique() == 3


@given(st.text())
def test_the_rule_applied_twice_is_the_rule(text):
    once = ids.normal([text])
    assert once.equals(ids.normal(once))


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_whole_number_is_one_id_in_any_dress(n):
    assert ids.normal([n, str(n), f" {n}", np.int64(n)]).nunique() == 1
    assert n < 0 or ids.normal([n, float(n), f"{n}.0"]).nunique() == 1


def test_a_float_that_may_stand_for_several_numbers_is_refused():
    with pytest.raises(InputError, match="too large to stand for one whole number"):
        ids.normal([2.0**53])
    with pytest.raises(InputError, match="these are lists"):
        ids.normal([["a"], ["b"]])


BAD = ["=cmd|' /C calc'!A0", "+1+2", "-2+3", "@sum", "a\x07b", "a\u202eb", "a\u200bb", "x" * 201]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("column", ["image_id", "lesion_id", "patient_id"])
def test_an_id_that_a_spreadsheet_would_run_or_hide_is_set_aside(bad, column):
    good, rejected = table.check(cases(**{column: ["fine", bad]}), nodes=NODES)
    assert len(good) == len(rejected) == 1
    assert f"{column} is" in rejected["reason"].iloc[0]


@pytest.mark.parametrize("bad", BAD)
def test_they_are_refused_in_memory_in_one_line(bad):
    with pytest.raises(InputError, match="1 id of the cases cannot be used") as error:
        splits.groups(cases(image_id=["fine", bad]))
    assert str(error.value).isascii() and "\n" not in str(error.value)


def test_real_ids_are_fine():
    real = ["ISIC_0027419", "PAT_46_881_939.png", "5e82a45bc5d78bd24ae9202d194423f8", "-5", "+3",
            "Ärzte Köln 3", "皮膚_1", "a-b", "a=b", None]  # fmt: skip
    assert ids.fine(ids.normal(real)).all()


def test_the_check_counts_the_unknown_and_refuses_an_image_without_a_name():
    with pytest.warns(UserWarning, match="lesion_id is 'UNK' in 1 of 3 rows"):
        good, rejected = table.check(
            cases(image_id=["a", "nan", 3.0], lesion_id=["UNK", "l", "l"]), nodes=NODES
        )
    assert good["image_id"].tolist() == ["a", "3"]
    assert good["lesion_id"].isna().tolist() == [True, False]
    assert rejected["reason"].tolist() == [
        "image_id is missing, expected an id that no other row has"
    ]


def test_one_id_in_two_dresses_is_there_twice():
    good, rejected = table.check(cases(image_id=["1", 1.0, "01"]), nodes=NODES)
    assert good["image_id"].tolist() == ["01"] and len(rejected) == 2


def test_ids_that_differ_by_case_or_a_picture_s_ending_are_named():
    same = ["ISIC_1", "isic_1", "ISIC_1.jpg"]
    assert ids.alike([*same, "ISIC_2", "ISIC_1.txt"]) == same
    for named in (lambda c: table.check(c, nodes=NODES), splits.groups):
        with pytest.warns(UserWarning, match=r"ISIC_1, isic_1, ISIC_1\.jpg"):
            named(cases(image_id=[*same, "x"]))
    assert ids.alike(["PAT_1.png", "PAT_2.png"]) == []
    assert ids.alike(["STRASSE", "straße"]) == ["STRASSE", "straße"]


@pytest.mark.parametrize("patients", [[1, "1", 2, "2"], [1.0, "1", 2, 2.0], ["1.0", 1, " 2", "2"]])
def test_one_patient_meets_himself(patients):
    c = cases(patient_id=pd.Series(patients, dtype=object))
    assert splits.groups(c).tolist() == ["i0", "i0", "i2", "i2"]
    apart = pd.DataFrame({"image_id": c["image_id"], "fold": [0, 1, 0, 1]})
    assert splits.leaks(c, apart)["patients"] == {"straddling": 2, "missing": 0, "n": 4}


def test_an_unknown_patient_is_no_leak_but_a_missing_id():
    c = cases(patient_id=["unknown", "unknown", "p"], lesion_id=["", "None", "n/a"])
    apart = pd.DataFrame({"image_id": c["image_id"], "fold": [0, 1, 0]})
    with pytest.warns(UserWarning, match="taken as unknown"):
        result = splits.leaks(c, apart)
    assert result["patients"] == {"straddling": 0, "missing": 2, "n": 3}
    assert result["lesions"] is None


@pytest.mark.parametrize("pairs", [[1, 3], ["1", "3"], [1.0, 3.0]])
def test_pairs_and_splits_of_numbers_meet_cases_of_numbers(pairs):
    c = cases(image_id=[1, 2, 3])
    edges = pd.DataFrame({"image_id_a": pairs[:1], "image_id_b": pairs[1:], "distance": [0.0]})
    assert splits.groups(c, pairs=edges).tolist() == ["1", "2", "1"]
    fold = pd.DataFrame({"image_id": ["3", "2", "1"], "fold": [0, 0, 1]})
    assert splits.leaks(c, fold, pairs=edges)["pairs"]["straddling"] == 1
    assert duplicates.across(edges, c.assign(lesion_id=["a", "b", "c"])) == 1


def test_pairs_by_another_case_are_named_not_lost():
    edges = pd.DataFrame({"image_id_a": ["I0.jpg"], "image_id_b": ["i1"]})
    with pytest.raises(InputError, match=r"only by case .* I0\.jpg for i0; write them alike"):
        splits.groups(cases(patient_id=["p", "q"]), pairs=edges)


def test_near_pairs_of_numbers_are_pairs_of_ids():
    pairs = duplicates.near_pairs(np.zeros((2, 3)), [1.0, 2.0])
    assert pairs[["image_id_a", "image_id_b"]].to_numpy().tolist() == [["1", "2"]]
    with pytest.raises(InputError, match="1 image without an image_id"):
        duplicates.near_pairs(np.zeros((2, 3)), ["a", "unknown"])


def test_a_missing_disease_is_a_sentence():
    with pytest.raises(InputError, match="1 row of the cases without a disease"):
        splits.group_folds(cases(disease=["acne", None, "acne"]), 2)
    with pytest.raises(InputError, match="no column 'disease'"):
        splits.group_folds(pd.DataFrame({"image_id": ["a", "b"]}), 2)


def test_a_publisher_s_unknown_patient_gives_no_lesion():
    rows = pd.DataFrame(
        {"img_id": list("abc"), "patient_id": ["NA", "NA", "P1"], "lesion_id": ["1", "1", "2.0"],
         "diagnostic": "NEV", "fitspatrick": None}
    )  # fmt: skip
    good, _ = pad_ufes20.to_cases(rows)
    assert good["lesion_id"].isna().tolist() == [True, True, False]
    assert good["lesion_id"].iloc[2] == "P1_2"


def test_files_are_read_by_the_rule(tmp_path):
    file = tmp_path / "cases.csv"
    file.write_text(
        "image_id,disease,dataset,patient_id\n1.0,acne,d, p \n2,acne,d,-\n3,acne,d,N/A\n"
    )
    with pytest.warns(UserWarning, match="patient_id is '-', 'N/A' in 2 of 3 rows"):
        got = sources.read_cases(file)
    assert got["image_id"].tolist() == ["1", "2", "3"]
    assert got["patient_id"].isna().tolist() == [False, True, True]


def test_names_of_files_are_ids_too(tmp_path):
    for name in ("acne/007.jpg", "acne/7.0.jpg", "acne/=x.jpg", "acne/unknown.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    good, rejected = sources.read(tmp_path)
    assert good["image_id"].tolist() == ["007", "7"] and len(rejected) == 2
    with pytest.raises(InputError, match=r"called as if unknown .unknown.: rename"):
        sources.unlabelled(tmp_path)


def test_a_million_ids_take_seconds():
    import time

    start = time.perf_counter()
    ids.normal(pd.Series(np.arange(10**6)).astype("str"))
    assert time.perf_counter() - start < 20


HARMLESS = ["-1.5", "+3", "-1e-5", "-", "+", "a=b", "back -> front", None, "12", ""]
FORMULAS = ["=1+1", "-cmd|' /C calc'!A0", "+A1", "@SUM(A1)", "＝1", "- see note", "--"]


def test_other_text_that_a_spreadsheet_would_run_is_found():
    cells = pd.Series(HARMLESS + FORMULAS, dtype=object)
    assert ids.harmless(cells).tolist() == [True] * len(HARMLESS) + [False] * len(FORMULAS)


@pytest.mark.parametrize("column", ["site", "source", "path", "remark"])
def test_a_formula_in_any_text_is_bad_input(column):
    cases = pd.DataFrame({"image_id": ["a", "b"], "disease": "x", "dataset": "made"})
    cases[column] = ["=HYPERLINK(A1)", "back"]
    good, rejected = table.check(cases, nodes={"x"})
    assert good["image_id"].tolist() == ["b"]
    assert rejected["reason"].tolist() == [
        f"{column} is '=HYPERLINK(A1)', expected {ids.EXPECTED_TEXT}"
    ]
