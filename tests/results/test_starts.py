"""Starts and depths: the grid, parts that share no lesion, and the differences by another way."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from dermlab.cases import clinic
from dermlab.lessons import results
from results import make
from results.common import ham10000_pixels
from results.common import starts as maker
from results.ham10000_end_to_end import recipe as ham10000_end_to_end

GRIDS = {"clinic_starts": maker.clinic_grid, "ham10000_starts": maker.ham_grid}
CARD = (Path(__file__).parents[2] / "data_cards" / "weights.md").read_text(encoding="utf-8")
each = pytest.mark.parametrize("name", GRIDS)


@pytest.fixture(scope="module")
def inputs(real_data):
    reads = make.recipe("ham10000_starts").reads
    return {key: real_data / key.removeprefix("DERMLAB_DATA/") for key in reads}


@pytest.fixture(scope="module")
def parts(inputs):
    """The cases, and for each seed the rows of the three parts."""
    cases, positive, _ = ham10000_pixels.data(inputs)
    return cases, positive, [maker.ham_rows(cases, seed) for seed in range(maker.HAM_SEEDS)]


# --- the grid -------------------------------------------------------------------------------------


@each
def test_every_network_of_the_grid_has_its_curve_and_scratch_had_more_of_both(name):
    curves = results.read(name, "curves.csv")
    keys = ["start", "rate", "n", "seed"]
    looks = curves.groupby(keys)["steps"].apply(list).reset_index()
    asked = pd.DataFrame(GRIDS[name]())
    pd.testing.assert_frame_equal(
        looks[keys].sort_values(keys, ignore_index=True), asked.sort_values(keys, ignore_index=True)
    )
    for row in looks.itertuples():
        last = 900 if row.start == maker.SCRATCH else 450
        assert row.steps == list(range(150, last + 1, 150))
    rates = asked.groupby("start")["rate"].nunique()
    assert rates[maker.SCRATCH] == 2 and (rates.drop(maker.SCRATCH) == 1).all()
    assert curves["loss"].between(0, 2).all()
    assert curves[["development", "test"]].stack().between(0.4, 1).all()


def test_both_grids_compare_on_the_same_sizes_with_three_seeds_or_more():
    for grid, seeds in ((maker.clinic_grid, 5), (maker.ham_grid, 3)):
        table = pd.DataFrame(grid())
        assert set(table["n"]) == {50, 200, 800} and table["seed"].nunique() == seeds


# --- who is in which part -------------------------------------------------------------------------


def test_no_lesion_stands_in_two_parts_and_each_is_learnt_from_once(parts):
    cases, _, of_seeds = parts
    for train, development, test in of_seeds:
        assert len(train) == max(maker.SIZES)
        assert cases["lesion_id"].iloc[train].is_unique
        sides = [set(cases["lesion_id"].iloc[rows]) for rows in (train, development, test)]
        assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


def test_seeds_differ_in_what_is_learnt_from_and_share_the_test(parts):
    _, _, ((first, *rest), (second, *others), _) = parts
    assert len(set(first) & set(second)) < 0.5 * len(first)
    for mine, yours in zip(rest, others, strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_the_test_part_is_the_one_that_pretraining_never_looked_at(parts, inputs):
    """Its data card names the split; lesson 2's network is tested on the same lesions."""
    cases, _, ((_, _, test), *_) = parts
    split = ham10000_end_to_end.split(inputs).set_index("image_id")["fold"]
    assert set(cases["image_id"].iloc[test]) == set(split.index[split == -1])
    assert len(test) == 2003 and "`split --test 0.2 --seed 0`) were not looked at" in CARD


def test_small_sets_hold_few_malignant_lesions(parts):
    """What notebook deeper/02 says of the sets of 50."""
    _, positive, of_seeds = parts
    counts = [[int(positive[train[:n]].sum()) for n in maker.SIZES] for train, _, _ in of_seeds]
    assert [row[0] for row in counts] == [13, 14, 4]
    assert all(0.15 < row[-1] / max(maker.SIZES) < 0.25 for row in counts)


def test_a_cell_learns_from_the_first_of_the_largest_set(monkeypatch):
    """Nested sizes: each asks for the beginning of one order."""
    asked = []

    def spy(one, positive, pixels, train, development, test):
        asked.append(train)
        return {"test": np.zeros((1, len(test)))}

    order = np.arange(1000)[::-1]
    monkeypatch.setattr(maker, "scored", spy)
    monkeypatch.setattr(
        maker.ham10000_pixels,
        "data",
        lambda inputs: (pd.DataFrame({"lesion_id": range(2000)}), np.arange(2000) % 5 == 0, None),
    )
    monkeypatch.setattr(
        maker, "ham_rows", lambda cases, seed: (order[:800], order[800:900], order[900:])
    )
    for n in maker.SIZES:
        found = maker.ham_cell({"start": "all", "rate": 3e-4, "n": n, "seed": 0}, {})
        np.testing.assert_array_equal(found["positive"], order[900:] % 5 == 0)
    for small, large in pairwise(asked):
        np.testing.assert_array_equal(small, large[: len(small)])
    assert [len(train) for train in asked] == list(maker.SIZES)


def test_no_patient_of_the_clinic_stands_in_two_parts(monkeypatch):
    monkeypatch.setattr(maker, "N_PATIENTS", 150)
    monkeypatch.setattr(maker, "SIZES", (10, 60))
    monkeypatch.setattr(maker, "_DEVELOPMENT_END", 100)
    monkeypatch.setattr(maker.ham10000_pixels, "SIZE", 16)
    labels, truth, pixels, *rows = maker._clinic.__wrapped__(1)
    cases = clinic.make(150, maker.FIRST_CLINIC + 1).drop_duplicates("lesion_id")
    assert len(labels) == len(truth) == len(pixels) == len(cases)
    patients = [set(cases["patient_id"].iloc[part]) for part in rows]
    assert not (patients[0] & patients[1] or patients[0] & patients[2] or patients[1] & patients[2])
    assert len(rows[0]) >= 60 and min(map(len, rows)) > 20
    assert (labels != truth).any() and (labels == truth).mean() > 0.9


# --- the tables -----------------------------------------------------------------------------------


def of_curves(curves):
    """The choice by the development part and the paired differences, in plain loops."""
    picked = {}
    for row in curves.itertuples():
        key = row.start, row.n, row.seed
        if key not in picked or row.development > picked[key].development:
            picked[key] = row
    found = {}
    for start, n in {(start, n) for start, n, _ in picked if start != maker.SCRATCH}:
        seeds = sorted(seed for s, m, seed in picked if (s, m) == (start, n))
        gaps = [picked[start, n, s].test - picked[maker.SCRATCH, n, s].test for s in seeds]
        low, high = stats.ttest_1samp(gaps, 0).confidence_interval(0.95)
        found[start, n] = np.mean(gaps), low, high, sum(gap > 0 for gap in gaps), len(gaps)
    return found


@each
def test_the_differences_are_those_of_the_curves(name):
    shipped = results.read(name, "differences.csv").set_index(["start", "n"])
    own = of_curves(results.read(name, "curves.csv"))
    assert set(own) == set(shipped.index)
    for key, expected in own.items():
        columns = ["estimate", "low", "high", "ahead", "n_seeds"]
        np.testing.assert_allclose(shipped.loc[key, columns].astype(float), expected, atol=1e-6)
        e = shipped.loc[key]
        assert e["low_images"] < e["estimate"] < e["high_images"]
        assert e["tuned"] - e["scratch"] == pytest.approx(e["estimate"], abs=1e-6)


def test_the_weights_card_prints_the_differences():
    for row in results.read("ham10000_starts", "differences.csv").to_dict("records"):
        cells = "| {start} | {n} | {tuned:.3f} | {scratch:.3f} | {estimate:.3f} | {low:.3f} to "
        cells += "{high:.3f} | {low_images:.3f} to {high_images:.3f} |"
        assert cells.format_map(row) in CARD
    for row in results.read("clinic_starts", "differences.csv").to_dict("records"):
        assert "{estimate:.3f} ({low:.3f} to {high:.3f})".format_map(row) in CARD


def made_up(seeds=2, lesions=90, images=140, signal=1.0):
    """Cells of a small grid whose tuned networks see the truth better than scratch does."""
    rng = np.random.default_rng(0)
    group = np.sort(rng.integers(0, lesions, images))
    positive = rng.random(lesions)[group] < 0.35
    asked = maker.grid(("all", maker.SCRATCH), seeds)
    found = []
    for one in asked:
        looks = 6 if one["start"] == maker.SCRATCH else 3
        of_lesion = rng.normal(size=(looks, lesions))[:, group]
        strength = signal * (1.6 if one["start"] == "all" else 1.0)
        score = strength * positive + of_lesion + 0.3 * rng.normal(size=(looks, images))
        found.append(
            {
                "loss": np.linspace(1, 0.5, looks),
                "development": rng.random(looks),
                "test": score.astype(np.float32),
                "positive": positive,
                "group": group,
                "seconds": np.array(1.0),
                "device": np.array("none"),
            }
        )
    return asked, found


def test_the_interval_over_lesions_is_that_of_drawing_whole_lesions():
    """scikit-learn's areas on 800 redraws of lesions, the same lesions for both networks."""
    asked, found = made_up()
    tables = maker.outputs(asked, found)
    areas = [
        roc_auc_score(arrays["positive"], score) for arrays in found for score in arrays["test"]
    ]
    np.testing.assert_allclose(tables["curves.csv"]["test"], areas, atol=1e-6)
    chosen = tables["chosen.csv"].query("n == 200").set_index(["start", "seed"])
    of_cell = {tuple(one.values()): arrays for one, arrays in zip(asked, found, strict=True)}
    group, positive = found[0]["group"], found[0]["positive"]

    def area(start, seed, rows):
        row = chosen.loc[start, seed]
        arrays = of_cell[start, row["rate"], 200, seed]
        return roc_auc_score(positive[rows], arrays["test"][int(row["steps"]) // 150 - 1][rows])

    rng, draws = np.random.default_rng(1), []
    members = [np.flatnonzero(group == g) for g in np.unique(group)]
    for _ in range(800):
        rows = np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
        gaps = [area("all", s, rows) - area(maker.SCRATCH, s, rows) for s in (0, 1)]
        draws.append(np.mean(gaps))
    shipped = tables["differences.csv"].set_index("n").loc[200]
    own = np.quantile(draws, [0.025, 0.975])
    np.testing.assert_allclose(shipped[["low_images", "high_images"]].astype(float), own, atol=0.02)


# --- the frozen layers ----------------------------------------------------------------------------


def test_the_frozen_table_is_whole_and_more_lesions_help_at_every_depth():
    table = results.read("ham10000_starts", "frozen.csv")
    assert len(table) == 7 * len(maker.SIZES) * maker.HAM_SEEDS
    assert set(table["strength"]) <= set(maker.STRENGTHS)
    mean = table.pivot_table(index="depth", columns="n", values="test")
    assert (mean[50] < mean[200]).all() and (mean[200] < mean[800]).all()


def test_a_regression_is_chosen_by_the_development_part_alone():
    rng = np.random.default_rng(0)
    truth = rng.random(900) < 0.3
    maps = rng.normal(size=(900, 40)) + 0.4 * truth[:, None] * (np.arange(40) < 3)
    train, development, test = ((maps[i::3], truth[i::3]) for i in range(3))
    found = maker._regressed(200, train, development, test)
    upside_down = maker._regressed(200, train, development, (test[0], ~test[1]))
    assert found["test"] > 0.6 and upside_down["test"] == pytest.approx(1 - found["test"])
    assert found["strength"] == upside_down["strength"]
    again = maker._regressed(200, (train[0][:200], train[1][:200]), development, test)
    assert found == again


@pytest.mark.all
def test_a_frozen_row_made_again_is_the_shipped_one(inputs, monkeypatch):
    monkeypatch.setattr(maker, "HAM_SEEDS", 1)
    again = maker.frozen(inputs)
    shipped = results.read("ham10000_starts", "frozen.csv").query("seed == 0")
    np.testing.assert_allclose(again["test"], shipped["test"], atol=0.005)


@pytest.mark.all
def test_the_first_look_of_a_network_made_again_is_the_shipped_one(inputs, monkeypatch):
    """The head alone, 50 lesions; another processor rounds differently."""
    monkeypatch.setattr(maker, "TUNED_EPOCHS", 1)
    again = maker.ham_cell({"start": "head", "rate": 0.0003, "n": 50, "seed": 0}, inputs)
    first = results.read("ham10000_starts", "curves.csv").iloc[0]
    assert (first["start"], first["n"], first["seed"], first["steps"]) == ("head", 50, 0, 150)
    assert again["loss"][0] == pytest.approx(first["loss"], abs=0.03)
    assert again["development"][0] == pytest.approx(first["development"], abs=0.03)


@pytest.mark.filterwarnings("ignore:No interval", "ignore:.*resamples lacked")
def test_a_start_that_is_better_than_scratch_is_ahead_by_a_positive_number():
    """Chosen by the development part: the first look, though another one tests better."""
    quarter, half, three_quarters = [1, 3, 2, 4], [1, 4, 2, 3], [2, 4, 1, 3]
    chosen = {
        "all": [three_quarters, three_quarters, half],
        maker.SCRATCH: [quarter, half, half],
    }
    asked, found = maker.grid(tuple(chosen), 3), []
    for one in asked:
        looks = 6 if one["start"] == maker.SCRATCH else 3
        test = np.tile(np.array([3, 4, 1, 2], np.float32), (looks, 1))  # an area of 1
        test[0] = chosen[one["start"]][one["seed"]]
        about = {"positive": np.array([True, True, False, False]), "group": np.arange(4)}
        about |= {"seconds": np.array(1.0), "device": np.array("none")}
        development = np.array([0.8] + [0.7] * (looks - 2) + [0.8])  # the first of two as good
        found.append(about | {"loss": np.ones(looks), "development": development, "test": test})
    tables = maker.outputs(asked, found)
    assert set(tables["chosen.csv"]["steps"]) == {maker.LOOK}
    half_width = 4.302653 * 0.25 / np.sqrt(3)  # Student's t with two degrees of freedom
    for row in tables["differences.csv"].itertuples():
        assert (row.tuned, row.scratch) == pytest.approx((2 / 3, 5 / 12))
        assert row.estimate == pytest.approx(0.25)  # of 1/2, 1/4 and 0
        assert (row.low, row.high) == pytest.approx((0.25 - half_width, 0.25 + half_width))
        assert row.low_images <= row.estimate <= row.high_images
        assert (row.n_seeds, row.ahead) == (3, 2)
