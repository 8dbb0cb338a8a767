"""Nine folds of the clinic: what is learnt, what is shipped, and the numbers counted otherwise."""

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import tasks, taxonomy
from dermlab.cases.clinic import test_sets
from dermlab.lessons import results
from results.clinic_nine_folds import recipe as maker

NAME = "clinic_nine_folds"


@pytest.fixture(scope="module")
def cases():
    return maker.cases()


@pytest.fixture(scope="module")
def shipped():
    return results.read(NAME, "predictions.npz")


def test_folds_keep_patients_whole_and_hold_every_class(cases):
    assert cases.groupby("patient_id")["fold"].nunique().max() == 1
    counts = pd.crosstab(maker.names(maker.NINE, cases["disease"]), cases["fold"])
    assert counts.shape == (9, 9) and counts.to_numpy().min() >= 4


def test_the_new_patients_stand_in_no_fold(cases):
    new = test_sets.new_patients()
    assert new["patient_id"].is_unique
    assert not set(new["patient_id"]) & set(cases["patient_id"])
    assert pd.Series(maker.names(maker.NINE, new["disease"])).value_counts().max() == maker.N_NEW


def test_three_of_nine_is_the_sum_of_each_branch():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(9), 5)
    found = maker.three_of_nine(probabilities)
    above = taxonomy.ancestor_at(taxonomy.load_tree(), "three-way")
    nine, three = maker.classes(maker.NINE), maker.classes(maker.THREE)
    by_hand = pd.DataFrame(probabilities, columns=nine).T.groupby(lambda n: above[n]).sum().T
    np.testing.assert_allclose(found, by_hand[three])


def test_every_image_is_answered_by_the_network_of_its_fold(cases, shipped):
    np.testing.assert_array_equal(shipped["fold"], cases["fold"])
    nine = np.array(maker.classes(maker.NINE))
    np.testing.assert_array_equal(nine[shipped["label"]], maker.names(maker.NINE, cases["disease"]))
    np.testing.assert_array_equal(nine[shipped["truth"]], maker.names(maker.NINE, cases["truth"]))
    for scheme in maker.SCHEMES:
        np.testing.assert_allclose(shipped[f"p {scheme}"].astype(float).sum(axis=1), 1, atol=5e-3)


def test_the_tables_follow_from_the_rows(shipped):
    folds = results.read(NAME, "folds.csv")
    three = {name: i for i, (_, nodes) in enumerate(tasks.get(maker.THREE).classes)
             for name in nodes}  # fmt: skip
    to_three = np.array([three[name] for name in shipped["classes"]])
    for row in folds.itertuples():
        here = shipped["fold"] == row.fold
        p = shipped[f"p {row.scheme}"][here].astype(float)
        truth = shipped[row.scored_by][here]
        if row.task == maker.THREE:
            truth = to_three[truth]
            if p.shape[1] == 9:
                p = np.stack([p[:, to_three == k].sum(axis=1) for k in range(3)], axis=1)
        right = p.argmax(axis=1) == truth
        mean = np.mean([right[truth == k].mean() for k in np.unique(truth)])
        assert (row.accuracy, row.natural) == (pytest.approx(mean), pytest.approx(right.mean()))
    means = folds.groupby(["scheme", "task", "scored_by"])["accuracy"].agg(["mean", "std"])
    table = results.read(NAME, "accuracies.csv").set_index(["scheme", "task", "scored_by"])
    np.testing.assert_allclose(table["mean"], means.loc[table.index, "mean"], atol=1e-6)
    np.testing.assert_allclose(table["sd"], means.loc[table.index, "std"], atol=1e-6)
    assert ((table["low"] < table["pooled"]) & (table["pooled"] < table["high"])).all()


def test_the_chosen_epoch_is_the_development_folds(shipped):
    looks = results.read(NAME, "peeking.csv")
    folds = results.read(NAME, "folds.csv").query("scored_by == 'label'")
    told = folds.set_index(["scheme", "task", "fold"])["accuracy"]
    for (scheme, fold, task), rows in looks.groupby(["scheme", "fold", "task"]):
        (chosen,) = rows[rows["chosen"]].itertuples()
        own = maker.SCHEMES[scheme] or maker.NINE
        if task == own:
            assert chosen.development == rows["development"].max()
        assert chosen.test == pytest.approx(told[scheme, task, fold], abs=0.01)  # shipped as halves
    assert len(looks) == 9 * maker.EPOCHS * (2 + 2 + 1)


# --- a tiny study, by hand ------------------------------------------------------------------------

CLASS, FOLD = np.arange(27) // 3, np.arange(27) % 3  # an image of each class in each of three folds
FINE_RIGHT = np.array([9, 6, 3])[FOLD] > CLASS
NINE_RIGHT = np.array([6, 6, 0])[FOLD] > CLASS


@pytest.fixture
def tiny(monkeypatch):
    """Fine classes: 9, 6 and 3 of nine right in the three folds; nine classes 6, 6 and 0.

    Six patients have the 18 images on which fine classes are right, three the other nine.
    """
    nine = np.array(maker.classes(maker.NINE))
    patient = np.empty(27, int)
    patient[FINE_RIGHT], patient[~FINE_RIGHT] = np.arange(18) % 6, 6 + np.arange(9) % 3
    table = pd.DataFrame({"disease": nine[CLASS], "truth": nine[CLASS], "fold": FOLD})
    table = table.assign(patient_id=patient, label_source="biopsy")
    three = pd.Series(maker.names(maker.THREE, table["disease"])).map(
        maker.classes(maker.THREE).index
    )
    answers = {
        "fine classes": np.eye(9)[np.where(FINE_RIGHT, CLASS, (CLASS + 1) % 9)],
        "nine classes": np.eye(9)[np.where(NINE_RIGHT, CLASS, (CLASS + 1) % 9)],
        "three classes": np.eye(3)[three],
    }
    curves = {f"{part} {maker.THREE}": np.array([0.1, 0.3, 0.2]) for part in maker.PARTS}
    monkeypatch.setattr(maker, "N_FOLDS", 3)
    monkeypatch.setattr(maker, "cases", lambda: table)
    found = [
        curves
        | {
            "rows": np.flatnonzero(one["fold"] == FOLD),
            "probabilities": answers[one["scheme"]][one["fold"] == FOLD],
            "loss": np.ones(3),
            "best_epoch": np.array(2),
            "n_outputs": np.array(answers[one["scheme"]].shape[1]),
            "seconds": np.array(1.0),
            "device": np.array("none"),
        }
        for one in maker.asked()
    ]
    monkeypatch.setattr(maker.cells, "run", lambda *_, **__: found)
    tables = maker.nine_folds({})
    keys = ["task", "scored_by"]
    return {
        "accuracies": tables["accuracies.csv"].set_index(["scheme", *keys]),
        "differences": tables["differences.csv"].set_index(["against", *keys]),
        "peeking": tables["peeking.csv"],
    }


@pytest.mark.filterwarnings("ignore:No interval")
def test_accuracies_are_of_the_folds_and_of_all_images_with_intervals_over_patients(tiny):
    fine = tiny["accuracies"].loc[("fine classes", maker.NINE, "label")]
    assert (fine["mean"], fine["sd"]) == pytest.approx((2 / 3, 1 / 3))  # of 1, 2/3 and 1/3
    assert fine["pooled"] == pytest.approx(18 / 27)
    assert fine["low"] < fine["pooled"] < fine["high"]
    assert fine["natural"] == pytest.approx(18 / 27)
    # three images a patient, all alike: Wilson's interval of six patients of nine, or near it
    assert fine["natural_low"] == pytest.approx(0.354, abs=0.02)
    assert fine["natural_high"] == pytest.approx(0.879, abs=0.02)


@pytest.mark.filterwarnings("ignore:No interval")
def test_fine_classes_that_are_ahead_gain_a_positive_number(tiny):
    row = tiny["differences"].loc[("nine classes", maker.NINE, "label")]
    assert row["mean"] == pytest.approx(2 / 9)  # of 1/3, 0 and 1/3
    assert row["sd"] == pytest.approx(np.sqrt((1 + 1 + 4) / 81 / 2))
    assert row["folds_ahead"] == 2
    assert row["pooled"] == pytest.approx(6 / 27)
    assert 0 < row["low"] < row["pooled"] < row["high"]


@pytest.mark.filterwarnings("ignore:No interval")
def test_the_chosen_epoch_counts_from_one(tiny):
    chosen = tiny["peeking"][tiny["peeking"]["chosen"]]
    assert set(chosen["epoch"]) == {2} and set(chosen["development"]) == {0.3}
    assert len(chosen) == len(tiny["peeking"]) / 3
