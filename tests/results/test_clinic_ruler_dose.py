"""The ruler by dose: who gets one, scores worked out by hand, a training in small, the rows."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dermlab.cases.clinic import test_sets
from dermlab.figures import dose
from dermlab.lessons import results
from results.clinic_ruler_dose import recipe as maker

MALIGNANT = np.array([True, True, False, False])
WITHOUT = np.array([0.6, 0.4, 0.3, 0.6])  # one of either side is right
RULED = np.array([0.9, 0.8, 0.7, 0.7])  # whatever has a ruler is called malignant


# --- by hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize("association", maker.ASSOCIATIONS)
def test_half_of_the_photographs_have_a_ruler_whatever_the_association(association):
    malignant = np.tile([True, False], 20)
    shown = maker.with_ruler(malignant, association)
    assert shown.sum() == 20 and shown[malignant].sum() == 20 * association


def test_a_stronger_association_moves_rulers_one_way_only():
    malignant = np.random.default_rng(0).random(200) < 0.5
    for weak, strong in zip(maker.ASSOCIATIONS, maker.ASSOCIATIONS[1:], strict=False):
        before, after = (maker.with_ruler(malignant, a) for a in (weak, strong))
        assert (after >= before)[malignant].all() and (after <= before)[~malignant].all()
        assert (after != before).any()


def test_balanced_accuracy_weighs_the_photographs_with_and_without_rulers():
    """Sensitivity ½ without and 1 with rulers, specificity ½ and 0."""
    for association, expected in (
        (0.5, (0.75 + 0.25) / 2),
        (0.9, (0.95 + 0.45) / 2),
        (0.1, (0.55 + 0.05) / 2),
        (1.0, (1 + 0.5) / 2),
    ):
        found = maker.balanced_accuracy(MALIGNANT, WITHOUT, RULED, association)
        assert found == pytest.approx(expected)


def test_balanced_accuracy_is_that_of_photographs_mixed_one_by_one():
    rng = np.random.default_rng(1)
    malignant = np.repeat([True, False], 40)
    pair = np.repeat(rng.random((2, 8)), 10, axis=1)  # ten copies of each lesion
    for association in (0.1, 0.5, 0.9):
        shown = np.zeros(80, bool)
        for start in range(0, 80, 10):  # of each lesion's copies the share that is due
            share = association if malignant[start] else 1 - association
            shown[start : start + round(10 * share)] = True
        right = (np.where(shown, pair[1], pair[0]) >= 0.5) == malignant
        expected = (right[malignant].mean() + right[~malignant].mean()) / 2
        found = maker.balanced_accuracy(malignant, *pair, association)
        assert found == pytest.approx(expected)


def by_hand(shift=0.0):
    return {
        "malignant": MALIGNANT,
        "without": WITHOUT,
        "ruled": RULED,
        "loss": np.array(0.4),
        "features": np.array([0.6, 0.9]),
        "tsne": np.array([0.55, 0.95 - shift]),
        "energy": np.array([0.3, 0.5]),
        "share": np.array([0.1, 0.1]),
        "seconds": np.array(2.0),
        "device": np.array("none"),
    }


def test_a_run_s_row_worked_out_by_hand():
    row = maker.scores(by_hand(), 0.9)
    assert row["as_trained"] == pytest.approx(0.7) and row["swapped"] == pytest.approx(0.3)
    assert row["independent"] == pytest.approx(0.5) and row["gap"] == pytest.approx(0.4)
    assert row["auc_without"] == pytest.approx(2.5 / 4)  # .6 beats .3 and ties .6; .4 beats .3
    assert row["auc_with"] == 1
    assert row["changed"] == 0.5  # the second and the third lesion
    seen = maker.seen(by_hand())
    assert (seen["features_malignant"], seen["tsne_ruler"]) == (0.6, 0.95)
    assert seen["energy"] == pytest.approx(0.4) and seen["times"] == pytest.approx(4)


def test_means_have_student_s_interval_over_clinics_and_rise_clinic_by_clinic(monkeypatch):
    shifts = np.random.default_rng(2).random(len(maker.work())) / 10
    arrays = [by_hand(shift) for shift in shifts]
    monkeypatch.setattr(maker.cells, "run", lambda *_, **__: arrays)
    tables = maker.outputs({})
    assert [len(tables[f"{name}.csv"]) for name in ("runs", "looks", "networks")] == [20] * 3
    wide = 0.95 - shifts.reshape(len(maker.SEEDS), -1)
    row = tables["means.csv"].set_index(["measure", "association"]).loc[("tsne_ruler", 0.9)]
    for values, names in (
        (wide[:, 2], ("estimate", "low", "high")),
        (wide[:, 2] - wide[:, 0], ("rise", "rise_low", "rise_high")),
    ):
        bounds = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert row[list(names)].tolist() == pytest.approx([values.mean(), *bounds])


# --- photographs and a training -------------------------------------------------------------------


def test_the_lesions_are_the_clinic_s_half_of_them_malignant():
    cases = maker.lesions(0)
    assert len(cases) == 2 * maker.N_OF_EACH and cases["lesion_id"].is_unique
    assert test_sets.is_malignant(cases).sum() == maker.N_OF_EACH
    test = test_sets.with_rulers("none", 0)
    assert not set(cases["patient_id"]) & set(test["patient_id"])


def test_a_lesion_is_photographed_twice_and_only_one_has_the_ruler():
    pair = maker.photographed(test_sets.with_rulers("none", 0).iloc[:6])
    change = np.abs(pair.ruled.astype(int) - pair.without).mean(axis=-1)
    for each, mask in zip(change, pair.ruler, strict=True):
        assert 0.05 < mask.mean() < 0.2
        assert each[mask].mean() > 5 * each[~mask].mean()  # the exposure answers a little


def test_a_training_in_small(monkeypatch):
    """A network of few steps on few lesions: every measure is there, and rulers alone differ."""
    monkeypatch.setattr(maker, "SIZE", 64)
    monkeypatch.setattr(maker, "N_PATIENTS", 150)
    monkeypatch.setattr(maker, "N_OF_EACH", 8)
    monkeypatch.setattr(maker, "STEPS", 12)
    monkeypatch.setattr(maker, "N_MAPS", 4)
    whole = test_sets.with_rulers("none", 3)
    few = whole.iloc[test_sets.in_turn(test_sets.is_malignant(whole), 40)]
    monkeypatch.setattr(test_sets, "with_rulers", lambda way, seed: few)
    arrays = [maker.cell({"seed": 3, "association": a}, {}) for a in (1.0, 0.5, 1.0)]
    assert arrays[0]["malignant"].tolist() == test_sets.is_malignant(few).tolist()
    for name in ("without", "ruled", "energy"):
        np.testing.assert_array_equal(arrays[0][name], arrays[2][name])  # the same start again
        assert np.abs(arrays[0][name] - arrays[1][name]).max() > 1e-3
    for each in arrays:
        assert each["energy"].shape == each["share"].shape == (4,)
        assert np.shape(each["features"]) == np.shape(each["tsne"]) == (2,)
    pull = [(each["ruled"] - each["without"]).mean() for each in arrays[:2]]
    assert pull[0] > pull[1]


# --- what is shipped ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    names = ("runs", "looks", "means")
    return {name: results.read("clinic_ruler_dose", f"{name}.csv") for name in names}


def test_every_clinic_has_every_dose(shipped):
    asked = pd.DataFrame(maker.work())
    for name in ("runs", "looks"):
        pd.testing.assert_frame_equal(shipped[name][["seed", "association"]], asked)


def test_the_means_are_those_of_the_rows(shipped):
    both = shipped["runs"].merge(shipped["looks"], on=["seed", "association"])
    pd.testing.assert_frame_equal(shipped["means"], maker.means(both), rtol=1e-4, atol=1e-6)


def test_the_figure_draws_the_shipped_means(shipped):
    drawn = dose.rulers(shipped["means"])
    at = shipped["means"].set_index(["measure", "association"])["estimate"]
    assert f"{at['swapped', 1.0]:.2f} with them swapped" in drawn.figure.get_suptitle()
    plt.close(drawn.figure)


def test_without_association_the_three_tests_are_one(shipped):
    at_half = shipped["runs"].query("association == 0.5")
    for name in ("as_trained", "swapped"):
        assert at_half[name].to_numpy() == pytest.approx(at_half["independent"].to_numpy())


def test_independent_rulers_lie_halfway_between_as_trained_and_swapped(shipped):
    runs = shipped["runs"]
    halfway = (runs["as_trained"] + runs["swapped"]) / 2
    assert halfway.to_numpy() == pytest.approx(runs["independent"].to_numpy(), abs=1e-6)
