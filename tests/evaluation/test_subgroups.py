"""Subgroups: each against the others, against plain computations, and what is too few."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import clustered, repeats, roc, subgroups

RNG = np.random.default_rng(0)
N = 400
POSITIVE = RNG.random(N) < 0.4
SKIN = pd.Series(RNG.choice(["1", "3", "6"], N, p=[0.5, 0.4, 0.1]))
SCORE = RNG.normal(POSITIVE * np.where(SKIN == "6", 0.0, 1.5), 1.0)
ALONE = np.arange(N)


def test_a_row_is_the_subgroups_auc_and_welchs_test_against_the_others():
    table = subgroups.areas(POSITIVE, SCORE, {"skin_type": SKIN}, ALONE)["skin_type"]
    row = table.set_index("value").loc["6"]
    here = (SKIN == "6").to_numpy()
    assert row["estimate"] == pytest.approx(roc.auc_delong(POSITIVE[here], SCORE[here]).estimate)
    test = roc.compare_auc_unpaired(POSITIVE[here], SCORE[here], POSITIVE[~here], SCORE[~here])
    assert row["difference"] == pytest.approx(test.estimate)
    assert test.p_value < row["p_value"] < 20 * test.p_value + 0.01  # fewer degrees of freedom
    assert row["difference_high"] < 0 and row["p_holm"] < 0.05
    np.testing.assert_allclose(table["p_holm"], repeats.holm(table["p_value"].to_numpy()))


def test_unknown_values_are_counted_and_stand_on_no_side():
    skin = SKIN.where(np.arange(N) % 4 > 0)
    table = subgroups.areas(POSITIVE, SCORE, {"skin_type": skin}, ALONE)["skin_type"]
    row = table.set_index("value").loc["unknown"]
    assert row["n"] == N / 4 and np.isnan(row["estimate"])
    known = skin.notna().to_numpy()
    same = subgroups.areas(
        POSITIVE[known], SCORE[known], {"s": skin[known].reset_index(drop=True)}, ALONE[known]
    )["s"]
    np.testing.assert_allclose(
        table[table["value"] != "unknown"]["difference"], same["difference"], rtol=1e-9
    )


def test_few_cases_get_a_count_and_no_number():
    odd = pd.Series(np.where(ALONE < 15, "rare", "common"))
    table = subgroups.areas(POSITIVE, SCORE, {"x": odd}, ALONE)["x"].set_index("value")
    assert table.loc["rare", "n"] == 15 and np.isnan(table.loc["rare", "estimate"])
    assert np.isfinite(table.loc["common", "estimate"]) and np.isnan(table.loc["common", "p_holm"])


def test_holm_counts_all_columns_together():
    sex = pd.Series(RNG.choice(["male", "female"], N))
    both = subgroups.areas(POSITIVE, SCORE, {"skin_type": SKIN, "sex": sex}, ALONE)
    together = pd.concat(both.values())
    np.testing.assert_allclose(together["p_holm"], repeats.holm(together["p_value"].to_numpy()))


def test_ages_are_groups_of_years():
    ages = pd.Series(RNG.uniform(0, 79, N))
    table = subgroups.areas(POSITIVE, SCORE, {"age": ages}, ALONE)["age"]
    assert table["value"].tolist() == ["0 to 19", "20 to 39", "40 to 59", "60 to 79"]
    assert table["n"].sum() == N


def test_shares_of_right_answers_are_compared_with_the_effective_number():
    hits, groups = RNG.random(N) < 0.8, ALONE // 2
    table = subgroups.shares(hits, {"skin_type": SKIN}, groups)["skin_type"].set_index("value")
    here = (SKIN == "1").to_numpy()
    expected = clustered.share(hits[here], groups[here])
    assert (table.loc["1", "low"], table.loc["1", "high"]) == (expected.low, expected.high)
    assert table.loc["1", "difference"] == pytest.approx(hits[here].mean() - hits[~here].mean())


def test_a_test_of_equal_subgroups_rejects_in_about_five_percent():
    rejected = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        positive = rng.random(300) < 0.5
        score, part = rng.normal(positive, 1), pd.Series(rng.choice(["a", "b"], 300))
        table = subgroups.areas(positive, score, {"x": part}, np.arange(300) // 2)["x"]
        rejected += table["p_value"].iloc[0] < 0.05
    assert rejected / 200 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_a_column_that_nobody_knows_is_one_sentence():
    with pytest.raises(InputError, match="No table says skin_type"):
        subgroups.of_images(
            ("skin_type",), pd.Index(["a"]), pd.DataFrame({"image_id": ["a"], "sex": ["male"]})
        )
    with pytest.raises(InputError, match="unknown for all"):
        subgroups.areas(POSITIVE, SCORE, {"x": pd.Series([None] * N)}, ALONE)
