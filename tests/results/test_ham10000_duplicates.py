"""Near-duplicates of HAM10000: what is shipped fits itself and the publisher's table."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from results.ham10000_duplicates import recipe as maker

NAME = "ham10000_duplicates"


@pytest.fixture(scope="module")
def curves():
    return results.read(NAME, "precision_recall.csv")


def test_precision_and_recall_are_shares_of_their_counts(curves):
    found = curves[curves["pairs"] > 0]
    assert (found["precision"] - found["siblings"] / found["pairs"]).abs().max() < 1e-6
    assert (found["recall"] - found["siblings"] / found["sibling_pairs"]).abs().max() < 1e-6
    assert curves.loc[curves["pairs"] == 0, "precision"].isna().all()


def test_a_larger_threshold_finds_more(curves):
    names = [name for name in ("feature", "size", "half", "part", "images") if name in curves]
    for _, curve in curves.groupby(names):
        ordered = curve.sort_values("threshold")
        assert ordered["pairs"].is_monotonic_increasing
        assert ordered["siblings"].is_monotonic_increasing


def test_the_sibling_pairs_are_counted_in_the_publishers_table(curves, real_data):
    table = pd.read_csv(real_data / "HAM10000_metadata_with_dataset.csv")
    photographs = table["lesion_id"].value_counts()
    assert curves["sibling_pairs"].max() == (photographs * (photographs - 1) // 2).sum()


def test_the_chosen_threshold_keeps_its_precision_on_the_half_that_chose_it():
    chosen = results.read(NAME, "chosen.csv")
    of_choosing = [column for column in chosen if column.startswith("precision")]
    assert of_choosing and (chosen[of_choosing[0]] >= maker.PRECISION).all()


def test_a_threshold_is_the_largest_that_keeps_precision_on_the_half_that_chooses():
    """Lesions A and B choose, C reports; pairs by distance, one of them across A and B."""
    cases = pd.DataFrame({"lesion_id": list("AABBCC")})
    chooses = cases["lesion_id"].isin(["A", "B"]).to_numpy()
    parts = {"chooses": chooses, "reports": ~chooses, "all": np.full(6, True)}
    pairs = [(0, 1, 0.0), (3, 4, 0.01), (2, 3, 0.02), (4, 5, 0.02), (0, 2, 0.03)]
    a, b, distance = (np.array(column) for column in zip(*pairs, strict=True))
    curve = maker._curve(cases, parts, {"a": a, "b": b, "distance": distance}, 0.03)
    choice = maker._chosen(curve)
    assert choice == 0.02
    at = curve.set_index(["half", "threshold"])[["pairs", "siblings", "precision", "recall"]]
    assert at.loc[("chooses", 0.0)].tolist() == [1, 1, 1, 1 / 2]
    assert at.loc[("chooses", 0.01)].tolist() == [
        1,
        1,
        1,
        1 / 2,
    ]  # a pair across halves is neither's
    assert at.loc[("chooses", 0.02)].tolist() == [2, 2, 1, 1]
    assert at.loc[("chooses", 0.03)].tolist() == pytest.approx([3, 2, 2 / 3, 1])
    assert at.loc[("all", 0.03)].tolist() == pytest.approx([5, 3, 3 / 5, 1])
    found = maker._at(curve, choice)
    assert (found["pairs_reports"], found["recall_reports"], found["pairs_all"]) == (1, 1, 4)
    none = curve.assign(precision=0.5)
    assert maker._chosen(none) == 0
