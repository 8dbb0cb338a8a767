"""The shipped fine-tuning experiment: its parts never share a patient, its tables agree."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from dermlab.lessons import results
from dermlab.network import models, training
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


def test_each_part_is_scored_by_its_own_answers_and_truth(monkeypatch):
    """Four images a fold: fold 0 is the development part, 1 and 2 are tested, the rest is learnt.

    The answers of the development part are right on (1, 0) of its classes' labels, those of the
    test part on (1, 3/4) of its classes' truths.
    """
    fold = np.repeat(np.arange(6), 4)
    label = np.where(fold == 0, [0, 0, 0, 1] * 6, np.where(fold < 3, 0, 2))
    truth = np.where(fold == 2, 1, label)
    answer = np.array([0] * 4 + [0] * 4 + [1, 1, 1, 0] + [2] * 12)
    cases = pd.DataFrame(
        {"label": label, "truth": truth, "fold": fold, "patient_id": np.arange(24)}
    )
    judged = []

    def fit(model, pixels, labels, *, train, development, watch, metric, on_epoch, **_):
        assert set(fold[train]) == {3, 4, 5}
        parts = {"development": development, **watch}
        probabilities = {name: np.eye(3)[answer[rows]] for name, rows in parts.items()}
        row = {name: metric(probabilities[name], rows) for name, rows in parts.items()}
        judged.append(row["development"])
        on_epoch(row, probabilities)
        return SimpleNamespace(history=pd.DataFrame([{"loss": 0.5} | row]))

    monkeypatch.setattr(maker, "one_clinic", lambda seed: (cases, None))
    monkeypatch.setattr(maker, "N_WATCHED", 5)
    monkeypatch.setattr(models, "fresh", lambda *_, **__: None)
    monkeypatch.setattr(training, "fit", fit)
    found = maker.one_network({"network": "all layers", "seed": 0}, {})
    assert judged == [0.5] and found["development"].tolist() == [0.5]
    assert found["test"].tolist() == [pytest.approx((1 + 3 / 4) / 2)]
    assert found["training"].tolist() == [1] and found["training_loss"] == pytest.approx(
        0, abs=1e-6
    )
    assert found["truth"].tolist() == [0] * 4 + [1] * 4
    assert found["answer"].tolist() == [answer[4:12].tolist()]
