"""Skin types: the same lesions on other skin, measures worked out by hand, a training in small."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dermlab.figures import shift
from dermlab.lessons import results
from dermlab.network import training
from dermlab.network.recipe import Recipe
from results.clinic_skin_types import recipe as maker
from results.common import short_trainings

MALIGNANT = np.array([True, True, False, False])


def by_hand(move=0.0):
    return {
        "malignant": MALIGNANT,
        "on_dark": np.array(3),
        maker.LIGHT: np.array([0.9, 0.6, 0.7, 0.1]),  # three of four pairs are right
        maker.DARK: np.array([0.4, 0.3 + move, 0.35, 0.2]),  # as many; all called benign
        "seconds": np.array(2.0),
        "device": np.array("none"),
    }


# --- by hand --------------------------------------------------------------------------------------


def test_a_network_s_measures_worked_out_by_hand():
    row = maker.scores(by_hand())
    assert row["auc_light"] == row["auc_dark"] == 0.75 and row["gap"] == 0
    assert (row["sensitivity_light"], row["specificity_light"]) == (1, 0.5)
    assert (row["sensitivity_dark"], row["specificity_dark"]) == (0, 1)
    moved = maker.scores(by_hand(0.3))
    assert moved["auc_dark"] == 1 and moved["gap"] == -0.25 and moved["sensitivity_dark"] == 0.5


def test_means_and_differences_are_student_s_over_clinics(monkeypatch):
    moves = np.random.default_rng(5).choice([0.0, 0.06, 0.3], len(maker.work()))
    arrays = [by_hand(move) for move in moves]
    monkeypatch.setattr(maker.cells, "run", lambda *_, **__: arrays)
    tables = maker.outputs({})
    assert tables["networks.csv"]["on_dark"].eq(3).all()
    assert len(tables["networks.csv"]) == len(moves)
    gaps = np.array([maker.scores(found)["gap"] for found in arrays]).reshape(len(maker.SEEDS), -1)
    wide = dict(zip(maker.TRAININGS, gaps.T, strict=True))
    means = tables["means.csv"].set_index(["training", "measure"])
    differences = tables["differences.csv"].set_index(["training", "than", "measure"])
    checked = [(wide[name], means.loc[(name, "gap")]) for name in maker.TRAININGS]
    checked += [(wide[a] - wide[b], differences.loc[(a, b, "gap")]) for a, b in maker.COMPARED]
    for values, found in checked:
        bounds = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        expected = [values.mean(), *bounds]
        assert found[["estimate", "low", "high"]].tolist() == pytest.approx(expected)


def test_the_pairs_of_types_are_seen_equally_often_by_repeating_the_rare_ones():
    cases = pd.DataFrame(
        {"skin_type": list("1122334456"), "malignant": [True, False] * 5}, index=range(10)
    )
    groups = maker.pairs_of_types(cases)
    assert groups.tolist() == [1, 0, 1, 0, 3, 2, 3, 2, 5, 4]
    order = training.epoch_order(np.arange(10), groups, Recipe.classroom(), seed=0, epoch=1)
    two_passes = pd.Series(groups[order[:24]]).value_counts()
    assert two_passes.to_dict() == dict.fromkeys(range(6), 4)


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


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_same_lesions_are_seen_on_other_skin(small, part):
    plain = maker.lesions(0, part, None).drop(columns="skin_type")
    for types in (*maker.TRAININGS.values(), *maker.TESTS.values()):
        found = maker.lesions(0, part, types)
        pd.testing.assert_frame_equal(found.drop(columns="skin_type"), plain)
        wanted = types or dict.fromkeys(range(1, 7))
        assert set(found["skin_type"].astype(int)) <= set(wanted)


def test_a_training_in_small(small):
    """The same photographs repeated otherwise, or the lesions on other skin: other networks."""
    arrays = {
        name: maker.cell({"seed": 1, "training": name}, {}) for name in (*maker.TRAININGS, "mix")
    }
    for name, found in arrays.items():
        assert found[maker.LIGHT].shape == found["malignant"].shape == (20,)
        if name != maker.MIX:
            assert np.abs(found[maker.DARK] - arrays[maker.MIX][maker.DARK]).max() > 1e-4
    assert arrays[maker.ONLY]["on_dark"] == 0
    assert arrays[maker.MIX]["on_dark"] == arrays[maker.REPEATED]["on_dark"]
    assert arrays[maker.COLLECTED]["on_dark"] > arrays[maker.MIX]["on_dark"]


# --- what is shipped ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    names = ("networks", "means", "differences")
    return {name: results.read("clinic_skin_types", f"{name}.csv") for name in names}


def test_every_clinic_has_every_training(shipped):
    asked = pd.DataFrame(maker.work())
    pd.testing.assert_frame_equal(shipped["networks"][["seed", "training"]], asked)
    assert len(maker.SEEDS) >= 5


def test_the_means_and_differences_are_those_of_the_networks(shipped):
    for name in ("means", "differences"):
        again = getattr(maker, name)(shipped["networks"])
        pd.testing.assert_frame_equal(shipped[name], again, rtol=1e-4, atol=1e-6)


def test_only_the_network_of_light_skin_has_seen_no_dark_skin(shipped):
    wide = shipped["networks"].pivot(index="seed", columns="training", values="on_dark")
    assert (wide[maker.ONLY] == 0).all() and (wide[maker.MIX] == wide[maker.REPEATED]).all()
    assert (wide[maker.COLLECTED] > 1.8 * wide[maker.MIX]).all() and (wide[maker.MIX] > 50).all()


def test_the_description_says_that_it_shows_no_size():
    assert "no size" in maker.RESULT.about and "simulator's optics" in maker.RESULT.about


def test_the_figure_draws_the_shipped_means(shipped):
    drawn = shift.skin_types(shipped["means"])
    at = shipped["means"].set_index(["training", "measure"])["estimate"]
    said = f"{at[maker.ONLY, 'auc_light']:.2f} and {at[maker.ONLY, 'auc_dark']:.2f} after training"
    assert said in drawn.figure.get_suptitle()
    assert set(shift.SKINS) == set(maker.TRAININGS)
    plt.close(drawn.figure)


@pytest.mark.all
def test_one_network_is_made_again(shipped):
    again = maker.scores(maker.cell({"seed": 0, "training": maker.ONLY}, {}))
    row = shipped["networks"].query("seed == 0 and training == @maker.ONLY").iloc[0]
    for name in ("auc_light", "auc_dark"):
        assert again[name] == pytest.approx(row[name], abs=0.03)
