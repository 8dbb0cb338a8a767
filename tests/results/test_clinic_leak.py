"""The leak in the clinic: folds, the paired difference, and a cell made again."""

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import clinic
from dermlab.lessons import results
from results.clinic_leak import recipe as maker


@pytest.fixture(scope="module")
def table():
    return results.read("clinic_leak", "accuracies.csv")


@pytest.mark.filterwarnings("ignore:.*fewer groups than")
def test_one_scheme_tears_patients_and_the_other_does_not():
    cases = clinic.make(120, 3)
    for scheme in (maker.RANDOM, maker.WHOLE):
        fold = maker.folds(cases, scheme, 3)
        torn = (pd.Series(fold).groupby(cases["patient_id"]).nunique() > 1).sum()
        assert (torn > 20) if scheme == maker.RANDOM else (torn == 0)
        assert set(fold) == set(range(maker.N_FOLDS))


def test_the_difference_is_that_of_the_classes_mean_accuracies():
    rng = np.random.default_rng(0)
    truth = np.repeat(["a", "b", "c"], [60, 30, 10])
    answers = pd.DataFrame(
        {
            "patient": np.arange(100) // 2,
            "label": truth,
            maker.RANDOM: np.where(rng.random(100) < 0.8, truth, "a"),
            maker.WHOLE: np.where(rng.random(100) < 0.5, truth, "a"),
        }
    )
    found = maker.compared(answers, "label")
    for scheme, key in ((maker.RANDOM, "accuracy_random"), (maker.WHOLE, "accuracy_whole")):
        right = answers[scheme] == answers["label"]
        assert found[key] == pytest.approx(right.groupby(truth).mean().mean())
    assert found["difference"] == pytest.approx(found["accuracy_random"] - found["accuracy_whole"])
    assert found["low"] < found["difference"] < found["high"]
    assert (found["n_images"], found["n_patients"]) == (100, 50)


def test_the_shipped_leak_is_positive_over_all_clinics(table):
    together = table[table["clinic"] == "all"]
    assert len(table) == 4 * 2 * (len(maker.CLINICS) + 1)
    assert (together["low"] > 0).all()
    np.testing.assert_allclose(
        table["difference"], table["accuracy_random"] - table["accuracy_whole"], atol=1e-6
    )
    each = table[table["clinic"] != "all"].groupby(["classifier", "steps", "scored_by"])
    assert (each["n_images"].sum() == together["n_images"].iloc[0]).all()


@pytest.mark.all
def test_a_clinic_made_again_scores_the_same_within_tolerance(table):
    """The nearest neighbour of one clinic, all folds, from rendering to the two accuracies."""
    seed = maker.CLINICS[0]
    asked = [c for c in maker.asked() if (c["clinic"], c["classifier"]) == (seed, maker.NEAREST)]
    found = [maker.cell(one, {}) for one in asked]
    answers = maker._answers(
        clinic.make(maker.N_PATIENTS, seed), seed, maker.NEAREST, 0, asked, found
    )
    again = maker.compared(answers, "label")
    shipped = table[(table["clinic"] == str(seed)) & (table["classifier"] == maker.NEAREST)]
    shipped = shipped[shipped["scored_by"] == "label"].iloc[0]
    for key in ("accuracy_random", "accuracy_whole"):
        assert again[key] == pytest.approx(shipped[key], abs=0.01)


def test_each_look_is_answered_by_the_networks_of_its_folds(monkeypatch):
    fold = {maker.RANDOM: np.array([0, 1, 2, 0]), maker.WHOLE: np.array([0, 0, 1, 2])}
    monkeypatch.setattr(maker, "CLINICS", (1,))
    monkeypatch.setattr(maker, "folds", lambda cases, scheme, seed: fold[scheme])
    monkeypatch.setattr(maker, "nine_way", lambda diseases: diseases.to_numpy(object))
    cases = pd.DataFrame(
        {"patient_id": list("pqrs"), "disease": list("aabb"), "truth": list("abbb")}
    )
    found = []
    for one in maker.asked():
        n = (fold[one["scheme"]] == one["fold"]).sum()
        answer = np.zeros((3, n), int)  # "a" at first, "b" from the second look on
        answer[1:] = one["scheme"] == maker.RANDOM
        found.append({"answer": answer, "classes": np.array(["a", "b"])})
    for look, expected in enumerate(("aaaa", "bbbb", "bbbb")):
        table = maker._answers(cases, 1, maker.NETWORK, look, maker.asked(), found)
        assert "".join(table[maker.RANDOM]) == expected and "".join(table[maker.WHOLE]) == "aaaa"
        assert table["label"].tolist() == list("aabb") and table["truth"].tolist() == list("abbb")
