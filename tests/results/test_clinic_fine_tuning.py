"""The shipped fine-tuning experiment: its parts never share a patient, its tables agree."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from dermlab.lessons import results
from results.clinic_fine_tuning import recipe as maker

NAME = "clinic_fine_tuning"


@pytest.fixture(scope="module")
def curves():
    return results.read(NAME, "curves.csv")


@pytest.fixture(scope="module")
def answers():
    return results.read(NAME, "answers.npz")


def test_no_patient_stands_on_two_sides(monkeypatch):
    monkeypatch.setattr(maker, "N_PATIENTS", 120)
    monkeypatch.setattr(maker, "SIZE", 16)
    cases, pixels = maker.one_clinic.__wrapped__(0)
    assert len(cases) == len(pixels)
    assert cases.groupby("patient_id")["fold"].nunique().max() == 1
    assert set(cases["fold"]) == set(range(maker.FOLDS))
    assert set(cases["label"]) <= {0, 1, 2} and (cases["label"] != cases["truth"]).any()


def test_every_network_has_every_clinic_and_epoch(curves):
    assert len(curves) == len(maker.NETWORKS) * len(maker.SEEDS) * maker.EPOCHS
    assert not curves.isna().any(axis=None)
    assert set(curves["network"]) == set(maker.NETWORKS)


def test_the_test_curve_is_what_the_answers_give(curves, answers):
    for i, network in enumerate(answers["networks"]):
        for seed, truth in enumerate(answers["truth"]):
            rows = curves[(curves["network"] == network) & (curves["seed"] == seed)]
            own = [balanced_accuracy_score(truth, a) for a in answers["answer"][i, seed]]
            np.testing.assert_allclose(rows["test"], own, atol=1e-6)


def test_all_classes_are_tested_on_many_patients(answers):
    for truth, patient in zip(answers["truth"], answers["patient"], strict=True):
        assert set(truth) == {0, 1, 2}
        assert len(np.unique(patient)) > 100
