"""The clinic, sorted blind: counted here with a loop."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from results.clinic_blind_sorting import recipe as maker

SHIPPED = results.FOLDER / "clinic_blind_sorting"


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(SHIPPED / "answers.csv")


def test_the_confusion_matrix_is_the_one_that_a_loop_counts(answers):
    shipped = results.read("clinic_blind_sorting", "confusion.csv").set_index("truth")
    assert list(shipped.index) == list(shipped.columns) and len(shipped) == 9
    counts = {(truth, answer): 0 for truth in shipped.index for answer in shipped.columns}
    for truth, answer in zip(answers["nine"], answers["answer"], strict=True):
        counts[truth, answer] += 1
    assert shipped.stack().to_dict() == counts
    assert (shipped.sum(axis=1) == 5).all()


def test_three_in_four_were_right_with_wilsons_interval(answers):
    (row,) = results.read("clinic_blind_sorting", "accuracy.csv").to_dict("records")
    right, n, z = int((answers["nine"] == answers["answer"]).sum()), 45, 1.959964
    assert (row["right"], row["n"]) == (right, n) == (33, 45)
    middle = (right + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(right * (n - right) / n + z**2 / 4)
    assert row["low"] == pytest.approx(middle - half, abs=1e-6)
    assert row["high"] == pytest.approx(middle + half, abs=1e-6)
    assert row["accuracy"] >= 0.6 and row["chance"] == pytest.approx(1 / 9)
    described = results.read("clinic_blind_sorting", "partitions.csv")
    assert described["right"].sum() == right and described["description"].str.len().min() > 100


def test_a_second_sorting_was_worse_and_both_are_told():
    again = pd.read_csv(SHIPPED / "answers_again.csv")
    second, both = results.read("clinic_blind_sorting", "again.csv").to_dict("records")
    right = int((again["nine"] == again["answer"]).sum())
    assert (second["right"], second["n"]) == (right, 45) == (26, 45)
    assert (both["right"], both["n"]) == (33 + right, 90) and both["low"] > 0.5


def test_the_pictures_are_still_those_that_were_sorted(answers):
    """Another clinic under the same seed would need another sorting."""
    from dermlab.cases import clinic, taxonomy

    seed = results.manifest("clinic_blind_sorting")["seed"]
    cases = clinic.make(9000, seed).set_index("image_id").loc[answers["image_id"]]
    nine = cases["truth"].map(taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way"))
    assert nine.to_list() == answers["nine"].to_list()
    assert (cases["modality"] == "clinical").all() and (cases["view"] == 1).all()
    assert cases["patient_id"].is_unique and cases["skin_type"].nunique() == 6


def test_the_manifest_says_who_sorted_and_how_the_pictures_were_drawn():
    about = results.manifest("clinic_blind_sorting")["about"]
    said = ("single fresh reviewer", "not a person", "unknown to the reviewer", "seed 9002")
    for words in (*said, "five of each"):
        assert words in about


# --- a tiny study, by hand ------------------------------------------------------------------------


@pytest.fixture
def tables(tmp_path):
    sheets = {
        maker.ANSWERS: pd.DataFrame({"nine": list("aaab"), "answer": list("aabb")}),
        maker.AGAIN: pd.DataFrame({"nine": list("ab"), "answer": list("ba")}),
        maker.DESCRIPTIONS: pd.DataFrame({"nine": list("ab"), "description": ["red", "blue"]}),
    }
    inputs = {name: tmp_path / f"{i}.csv" for i, name in enumerate(sheets)}
    for name, sheet in sheets.items():
        sheet.to_csv(inputs[name], index=False)
    return maker.blind_sorting(inputs)


def test_each_partition_has_its_pictures_and_its_right_answers(tables):
    confusion = tables["confusion.csv"].set_index("truth")
    assert confusion.loc["a"].tolist() == [2, 1] and confusion.loc["b"].tolist() == [0, 1]
    assert tables["partitions.csv"][["nine", "n", "right"]].to_numpy().tolist() == [
        ["a", 3, 2],
        ["b", 1, 1],
    ]


def test_right_answers_have_wilsons_interval(tables):
    (first,) = tables["accuracy.csv"].to_dict("records")
    assert (first["right"], first["n"], first["accuracy"], first["chance"]) == (3, 4, 0.75, 0.5)
    assert (first["low"], first["high"]) == pytest.approx((0.3006, 0.9544), abs=1e-4)
    second, both = tables["again.csv"].to_dict("records")
    assert (second["sorting"], second["right"], second["n"]) == ("second", 0, 2)
    assert (both["sorting"], both["right"], both["n"], both["accuracy"]) == ("both", 3, 6, 0.5)
    assert both["low"] < 0.5 < both["high"]
