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
