"""The blind sorting: its tables from two sortings of a few pictures, counted by hand."""

import pandas as pd
import pytest

from dermlab.course.makers import clinic_sorting as maker


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
