"""Photographs put back into the test: areas worked out by hand, the rows, a training in small."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from dermlab.figures import shift
from dermlab.lessons import results
from results.clinic_quality import recipe as maker
from results.common import short_trainings

MALIGNANT = np.array([True, True, False, False])


def by_hand(move=0.0):
    """Curated: all pairs right. Blurry: a half. Distant: none, but for ``move``."""
    return {
        "malignant": MALIGNANT,
        "curated": np.array([0.9, 0.8, 0.2, 0.1]),
        "blurry": np.array([0.5, 0.5, 0.5, 0.5]),
        "distant": np.array([0.1 + move, 0.2, 0.8, 0.9]),
        "seconds": np.array(2.0),
        "device": np.array("none"),
    }


# --- by hand --------------------------------------------------------------------------------------


def test_an_area_of_one_kind_is_that_of_the_curve():
    found = by_hand(0.75)
    for name, expected in (("curated", 1.0), ("blurry", 0.5), ("distant", 0.25)):
        assert maker.area(MALIGNANT, found, {name: 1}) == pytest.approx(expected)
        assert roc_auc_score(MALIGNANT, found[name]) == pytest.approx(expected)


def test_an_area_of_a_mixture_worked_out_by_hand():
    """Half curated, half distant: pairs within a kind are all right or all wrong; a curated
    malignant one stands above the distant others but for a tie, .8 and .8, and .8 below .9."""
    weights = {"curated": 0.5, "distant": 0.5}
    curated_above_distant = (1 + 0.5 + 0.5 + 0) / 4  # .9 > .8, .9 = .9, .8 = .8, .8 < .9
    distant_above_curated = (0 + 0.5 + 0.5 + 1) / 4  # .1 < .2, .1 = .1, .2 = .2, .2 > .1
    expected = (1 + 0 + curated_above_distant + distant_above_curated) / 4
    assert maker.area(MALIGNANT, by_hand(), weights) == pytest.approx(expected)


def test_a_mixture_is_the_mean_of_photographs_drawn_by_lot():
    rng = np.random.default_rng(3)
    malignant = np.arange(200) < 80
    found = {
        name: rng.normal(spread * malignant, 1)
        for name, spread in (("curated", 2.0), ("blurry", 1.0), ("distant", 0.2))
    }
    weights = {"curated": 0.6, "blurry": 0.2, "distant": 0.2}
    stacked = np.stack([found[name] for name in weights])
    drawn = []
    for _ in range(400):
        way = rng.choice(3, 200, p=list(weights.values()))
        drawn.append(roc_auc_score(malignant, stacked[way, np.arange(200)]))
    error = np.std(drawn) / np.sqrt(len(drawn))
    assert maker.area(malignant, found, weights) == pytest.approx(np.mean(drawn), abs=4 * error)


def test_a_network_s_rows_name_every_test_and_share():
    rows = pd.DataFrame(maker.areas(by_hand()))
    assert rows["test"].tolist() == [*maker.TESTS, *[maker.MIXED] * len(maker.SHARES)]
    assert rows["share"].tolist() == [0, 1, 1, *maker.SHARES]
    assert rows["auc"].iloc[:3].tolist() == [1, 0.5, 0]
    assert rows["auc"].iloc[3:].is_monotonic_decreasing


def test_means_falls_and_gains_are_student_s_over_clinics(monkeypatch):
    moves = np.linspace(0, 0.9, len(maker.work()))
    arrays = [by_hand(move) for move in moves]
    monkeypatch.setattr(maker.cells, "run", lambda *_, **__: arrays)
    tables = maker.outputs({})
    n_tests = len(maker.TESTS) + len(maker.SHARES)
    lengths = {name: len(tables[f"{name}.csv"]) for name in ("areas", "means", "gains", "networks")}
    assert lengths == {
        "areas": len(moves) * n_tests,
        "means": 2 * n_tests,
        "gains": n_tests,
        "networks": len(moves),
    }
    distant = np.array([maker.area(MALIGNANT, found, {"distant": 1}) for found in arrays])
    curated, taken = distant.reshape(-1, 2).T
    means = tables["means.csv"].set_index(["training", "test", "share"])
    row = means.loc[("as taken", "distant", 1.0)]
    gain = tables["gains.csv"].set_index("test").loc["distant"]
    for values, found in (
        (taken, row[["estimate", "low", "high"]]),
        (1 - taken, row[["fall", "fall_low", "fall_high"]]),
        (taken - curated, gain[["estimate", "low", "high"]]),
    ):
        bounds = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert found.tolist() == pytest.approx([values.mean(), *bounds])


# --- photographs and a training -------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(maker, "N_PATIENTS", 400)
    monkeypatch.setattr(maker, "N_TRAIN", 12)
    monkeypatch.setattr(maker, "N_TEST", 10)
    monkeypatch.setattr(short_trainings, "STEPS", 6)
    maker._tests.cache_clear()
    yield
    maker._tests.cache_clear()


def test_the_same_lesions_are_photographed_in_every_way(small):
    ways = {name: maker.lesions(0, "test", **options) for name, options in maker.TESTS.items()}
    plain = ways["curated"]
    assert plain["malignant"].sum() == 10 and len(plain) == 20
    for name, cases in ways.items():
        pd.testing.assert_frame_equal(cases[plain.columns], plain)
        assert ("blur" in cases) == (name != "curated")
    assert (ways["blurry"]["blur"] > 0).all() and (ways["blurry"]["distance"] == 1).all()
    assert (ways["distant"]["blur"] == 0).all() and (ways["distant"]["distance"] > 2).all()


def test_no_patient_is_learnt_from_and_tested(small):
    learnt = maker.lesions(0, "train", **maker.TRAININGS["as taken"])
    test = maker.lesions(0, "test")
    assert not set(learnt["patient_id"]) & set(test["patient_id"])
    assert len(learnt) == 24 and (learnt["blur"] > 0).any() and (learnt["distance"] > 1).any()


def test_a_training_in_small(small):
    """Both trainings start alike and are answers to the same photographs; the same one again."""
    arrays = [
        maker.cell({"seed": 1, "training": t}, {}) for t in ("curated", "as taken", "curated")
    ]
    for name in maker.TESTS:
        np.testing.assert_array_equal(arrays[0][name], arrays[2][name])
        assert np.abs(arrays[0][name] - arrays[1][name]).max() > 1e-4
        assert arrays[0][name].shape == arrays[0]["malignant"].shape == (20,)
    assert np.abs(arrays[0]["curated"] - arrays[0]["distant"]).max() > 1e-3


# --- what is shipped ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    return {n: results.read("clinic_quality", f"{n}.csv") for n in ("areas", "means", "gains")}


def test_every_clinic_has_both_trainings_and_every_test(shipped):
    counts = shipped["areas"].groupby(["seed", "training"]).size()
    assert list(counts.index) == sorted((one["seed"], one["training"]) for one in maker.work())
    assert set(counts) == {len(maker.TESTS) + len(maker.SHARES)}
    assert len(maker.SEEDS) >= 5


def test_the_means_and_gains_are_those_of_the_areas(shipped):
    for name in ("means", "gains"):
        again = getattr(maker, name)(shipped["areas"])
        pd.testing.assert_frame_equal(shipped[name], again, rtol=1e-4, atol=1e-6)


def test_the_figure_draws_the_shipped_means(shipped):
    drawn = shift.quality(shipped["means"])
    at = shipped["means"].set_index(["training", "test", "share"])["estimate"]
    most = max(maker.SHARES)
    for name in maker.TRAININGS:
        lost = at[name, "curated", 0.0] - at[name, "mixed", most]
        assert f"{lost:.2f} (" in drawn.figure.get_suptitle()
    plt.close(drawn.figure)


@pytest.mark.all
def test_one_network_is_made_again(shipped):
    one = {"seed": 0, "training": "as taken"}
    again = pd.DataFrame(maker.areas(maker.cell(one, {})))
    rows = shipped["areas"].query("seed == 0 and training == 'as taken'")
    assert again["test"].tolist() == rows["test"].tolist()
    assert again["auc"].to_numpy() == pytest.approx(rows["auc"].to_numpy(), abs=0.03)
