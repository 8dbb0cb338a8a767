"""Segmentation of brains: the tables worked out by hand, a training in small, what is shipped."""

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import intervals, repeats
from dermlab.lessons import results
from dermlab.survey.brains import TISSUES
from results.survey_brain import recipe as maker

N = len(TISSUES) - 1


def by_hand(arm, seed):
    """Dice of an arm: .5, more for larger patches, a seed's and a subject's share; a leak of .1."""
    level = 0.5 + 0.05 * list(maker.ARMS).index(arm)
    arrays = {name: np.array(1.0) for name in ("loss", "weights", "training_seconds", "seconds")}
    arrays |= {"device": np.array("none"), "maps": np.zeros((4, 2, 2), np.uint8)}
    again = dict.fromkeys((maker.SEEN, maker.UNSEEN), range(maker.N_TRAIN))
    for test, numbers in (maker.TESTS | again).items():
        subject = 0.002 * np.arange(len(numbers))[:, None]
        leak = 0.1 * (test == maker.PARENT) + (0.2 + 0.01 * seed) * (test == maker.SEEN)
        arrays[f"dice, {test}"] = level + leak + 0.01 * seed + subject + 0.001 * np.arange(N)
        arrays[f"distance, {test}"] = 2 + subject + np.zeros(N)
    return arrays


@pytest.fixture
def tables(monkeypatch):
    def run(work, asked, *_, **__):
        if work is maker.clock:
            ways = {"patch by patch": 8.0, "sliding": 0.4, maker.FULL: 0.1}
            times = {way: np.full(maker.TIMED, value) for way, value in ways.items()}
            return [times | {"seconds": np.array(1.0), "device": np.array("none")}]
        return [by_hand(one["arm"], one["seed"]) for one in asked]

    monkeypatch.setattr(maker.cells, "run", run)
    return maker.outputs({})


def test_differences_by_hand(tables):
    table = tables["differences.csv"].set_index(["arm", "than", "test", "tissue"])
    row = table.loc[(maker.THREE, "25 px", maker.HELD, "cortex")]
    assert row["estimate"] == pytest.approx(0.15)
    assert table.loc[(maker.FULL, maker.THREE, maker.SAME, maker.MEAN), "estimate"] == (
        pytest.approx(0.05)
    )
    assert len(table) == len(maker.COMPARED) * len(maker.TESTS) * (N + 1)


def test_means_are_those_of_repeats_over_seeds_and_subjects(tables):
    values = np.array([by_hand("51 px", seed)[f"dice, {maker.HELD}"] for seed in maker.SEEDS])
    expected = repeats.mean(values.mean(axis=2)).mean
    table = tables["means.csv"].set_index(["arm", "test", "measure", "tissue"])
    row = table.loc[("51 px", maker.HELD, "dice", maker.MEAN)]
    assert row[["estimate", "low", "high"]].tolist() == pytest.approx(
        [expected.estimate, expected.low, expected.high]
    )
    assert row["n_seeds"] == len(maker.SEEDS) and row["n_subjects"] == len(maker.TESTS[maker.HELD])


def test_the_leak_and_the_speed_by_hand(tables):
    leak = tables["leak.csv"].set_index(["test", "than", "arm", "tissue"]).sort_index()
    assert np.allclose(leak.loc[(maker.PARENT, maker.BENT), "estimate"], 0.1)
    seen = leak.loc[(maker.SEEN, maker.UNSEEN)]
    expected = intervals.student([0.2 + 0.01 * seed for seed in maker.SEEDS])
    assert np.allclose(seen["estimate"], 0.22) and np.allclose(seen["low"], expected.low)
    speed = tables["speed.csv"].set_index("way")["times"]
    assert speed.to_dict() == pytest.approx({"patch by patch": 80, "sliding": 4, maker.FULL: 1})


def test_a_subject_without_a_distance_counts_for_no_seed():
    values = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]])
    found = maker.interval(values)
    assert found["n_subjects"] == 2 and found["estimate"] == 2.5
    assert np.isnan(maker.interval(values[:, 2:])["estimate"])


def test_test_subjects_are_learnt_from_by_nobody():
    learnt = {number for seed in maker.SEEDS for number in maker.learnt_from(seed)}
    assert len(learnt) == len(maker.SEEDS) * maker.N_TRAIN
    tested = {number for numbers in maker.TESTS.values() for number in numbers}
    others = {number for seed in maker.SEEDS for number in maker.not_learnt_from(seed)}
    assert len(others) == len(learnt) and not learnt & (tested | others)


def test_a_training_in_small(monkeypatch):
    from dermlab.survey import brains

    monkeypatch.setattr(maker, "N_TRAIN", 1)
    monkeypatch.setattr(maker, "STEPS", {True: 2, False: 2})
    monkeypatch.setattr(maker, "TESTS", {maker.HELD: range(1), maker.PARENT: range(1)})
    monkeypatch.setattr(brains, "SLICES", (8,))
    monkeypatch.setattr(maker, "training", maker.training.__wrapped__)
    monkeypatch.setattr(maker, "rescanned", maker.rescanned.__wrapped__)

    def small_tests():
        return {
            maker.HELD: brains.subjects(range(1), brains.HELD_OUT),
            maker.PARENT: brains.parent(0, brains.HELD_OUT),
        }

    monkeypatch.setattr(maker, "tests", small_tests)
    for arm in ("25 px", maker.FULL):
        arrays = maker.cell({"seed": 1, "arm": arm}, {})
        assert arrays["maps"].shape == (1, brains.HEIGHT, brains.WIDTH)
        for test in (maker.HELD, maker.PARENT, maker.SEEN, maker.UNSEEN):
            assert arrays[f"dice, {test}"].shape == (1, N)
    timed = maker.clock({"patches": 8}, {})
    assert set(timed) == {"patch by patch", "sliding", maker.FULL}
    assert all((seconds > 0).all() for seconds in timed.values())


# --- what is shipped ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    names = ("runs", "means", "differences", "leak", "speed")
    return {name: results.read("survey_brain", f"{name}.csv") for name in names}


def test_every_seed_has_every_network(shipped):
    asked = pd.DataFrame(maker.work())
    pd.testing.assert_frame_equal(shipped["runs"][["seed", "arm"]], asked)
    assert len(maker.SEEDS) >= 5


def test_the_mean_dice_is_that_of_the_runs(shipped):
    means = shipped["means"].query("measure == 'dice'").set_index(["test", "tissue", "arm"])
    for test in maker.TESTS:
        of_runs = shipped["runs"].groupby("arm")[f"dice, {test}"].mean()
        for arm, value in of_runs.items():
            assert means.loc[(test, maker.MEAN, arm), "estimate"] == pytest.approx(value, abs=1e-5)


def test_the_differences_are_those_of_the_means(shipped):
    means = shipped["means"].query("measure == 'dice'")
    means = means.set_index(["arm", "test", "tissue"])["estimate"]
    for row in shipped["differences"].itertuples():
        pair = [means[name, row.test, row.tissue] for name in (row.arm, row.than)]
        assert row.estimate == pytest.approx(pair[0] - pair[1], abs=1e-5)
