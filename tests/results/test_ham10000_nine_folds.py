"""Nine folds on HAM10000: the shipped rows give the shipped areas, counted here otherwise."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from dermlab.lessons import results
from results.ham10000_nine_folds import recipe as maker

NAME = "ham10000_nine_folds"


@pytest.fixture(scope="module")
def rows():
    return results.read(NAME, "predictions.npz")


@pytest.fixture(scope="module")
def areas():
    return results.read(NAME, "areas.csv").set_index(["task", "cases"])


def scored(rows, question, biopsied):
    """Truth and score of a question, from the arrays alone."""
    disease = rows["diseases"][rows["disease"]]
    sides = [np.isin(rows["classes"], list(names)) for names in maker.QUESTIONS[question]]
    positive, negative = (np.isin(disease, list(names)) for names in maker.QUESTIONS[question])
    asked = (positive | negative) & (rows["biopsied"] | (not biopsied))
    p = rows["probabilities"].astype(float)
    score = p[:, sides[0]].sum(axis=1) / p[:, sides[0] | sides[1]].sum(axis=1)
    return asked, positive, score


def test_every_image_is_answered_once_and_lesions_stay_whole(rows):
    assert len(rows["disease"]) == 10_015 and len(np.unique(rows["lesion"])) == 7_470
    assert set(np.unique(rows["fold"])) == set(range(9))
    assert pd.Series(rows["fold"]).groupby(rows["lesion"]).nunique().max() == 1
    np.testing.assert_allclose(rows["probabilities"].sum(axis=1), 1, atol=5e-3)


@pytest.mark.parametrize("question", maker.QUESTIONS)
@pytest.mark.parametrize("cases", [maker.ALL, maker.BIOPSIED])
def test_the_areas_follow_from_the_rows(rows, areas, question, cases):
    asked, positive, score = scored(rows, question, cases == maker.BIOPSIED)
    row = areas.loc[question, cases]
    assert (asked.sum(), (positive & asked).sum()) == (row["n_images"], row["n_positive"])
    assert len(np.unique(rows["lesion"][asked])) == row["n_lesions"]
    area = roc_auc_score(positive[asked], score[asked])
    assert area == pytest.approx(row["auc"], abs=2e-3)  # probabilities are shipped as halves
    assert row["low"] < area < row["high"]
    of_folds = [
        roc_auc_score(positive[here], score[here])
        for k in range(9)
        for here in [asked & (rows["fold"] == k)]
    ]
    assert np.mean(of_folds) == pytest.approx(row["mean_of_folds"], abs=2e-3)


def test_who_gets_biopsied_changes_the_answer(areas):
    mix = results.read(NAME, "mix.csv").set_index("task")
    for question in maker.QUESTIONS:
        fall = areas.loc[(question, maker.ALL), "auc"] - areas.loc[(question, "biopsied"), "auc"]
        row = mix.loc[question]
        assert row["difference"] == pytest.approx(fall, abs=1e-6)
        assert 0 < row["low"] < fall < row["high"]


def test_subgroups_are_parts_of_the_whole(areas):
    parts = results.read(NAME, "subgroups.csv")
    assert set(parts["column"]) == set(maker.SUBGROUPS)
    fewest = np.minimum(parts["n_positive"], parts["n_images"] - parts["n_positive"])
    assert (fewest >= maker.FEWEST).all()
    for (task, cases, _), part in parts.groupby(["task", "cases", "column"]):
        assert part["n_images"].sum() <= areas.loc[(task, cases), "n_images"]


def test_the_best_epoch_is_within_the_recipe():
    networks = results.read(NAME, "networks.csv")
    assert list(networks["fold"]) == list(range(9))
    assert networks["best_epoch"].between(1, 8).all()
    assert networks["development"].between(1 / 7, 1).all()
