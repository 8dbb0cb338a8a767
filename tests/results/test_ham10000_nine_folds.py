"""Nine folds on HAM10000: the shipped rows give the shipped areas, counted here otherwise."""

import warnings

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


# --- a tiny study, by hand ------------------------------------------------------------------------

N = 27  # a melanoma, a biopsied nevus and one that was followed up in each of the nine folds
MELANOMA, FOLLOWED = np.arange(N) < 9, np.arange(N) >= 18
FOLD = np.arange(N) % 9
NAMES = sorted({name for sides in maker.QUESTIONS.values() for side in sides for name in side})


@pytest.fixture(scope="module")
def tables():
    """Melanomas at 0.6; biopsied nevi at 0.7 in the first four folds, else 0.3; the others 0.1.

    Of a melanoma nine tenths of the probability lie on a class that the question leaves out.
    """
    score = np.where(MELANOMA, 0.6, np.where(FOLLOWED, 0.1, np.where(FOLD < 4, 0.7, 0.3)))
    share = np.where(MELANOMA, 0.1, 1.0)
    p = pd.DataFrame(0.0, range(N), NAMES)
    p["malignant melanoma"], p["melanocytic nevi"] = share * score, share * (1 - score)
    p["dermatofibroma"] = 1 - share
    cases = pd.DataFrame(
        {
            "disease": np.where(MELANOMA, "malignant melanoma", "melanocytic nevi"),
            "label_source": np.where(FOLLOWED, "follow_up", "biopsy"),
            "lesion_id": [f"L{i:02}" for i in range(N)],
            "age": 45.0,
            "sex": "female",
            "site": "back",
            "source": np.where(FOLLOWED, "Vienna", "Sydney"),
        }
    )
    found = [
        {
            "rows": np.flatnonzero(k == FOLD),
            "probabilities": p[k == FOLD].to_numpy(),
            "classes": np.array(NAMES),
            "development": np.array([0.1, 0.2 + k / 100, 0.15]),
            "best_epoch": np.array([2]),
            "seconds": np.array(1.0),
            "device": np.array("none"),
        }
        for k in range(9)
    ]
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fold's two or three images have no interval
        patch.setattr(maker, "data", lambda inputs: (cases, None, None))
        patch.setattr(maker.cells, "run", lambda *_, **__: found)
        patch.setattr(maker, "FEWEST", 9)
        return maker.nine_folds({})


def test_areas_are_of_the_renormalised_answers_pooled_and_by_fold(tables):
    areas = tables["areas.csv"].set_index(["task", "cases"]).loc["melanoma-vs-nevus"]
    everyone, biopsied = areas.loc[maker.ALL], areas.loc[maker.BIOPSIED]
    assert (everyone["n_images"], biopsied["n_images"]) == (27, 18)
    assert everyone["auc"] == pytest.approx(14 / 18)  # four nevi of 18 lie above every melanoma
    assert biopsied["auc"] == pytest.approx(5 / 9)
    assert everyone["low"] < everyone["auc"] < everyone["high"]
    assert everyone["mean_of_folds"] == pytest.approx((4 * 0.5 + 5 * 1) / 9)
    # four folds lie 5/18 below their mean and five 4/18 above it
    assert everyone["sd_of_folds"] == pytest.approx(np.sqrt((4 * 25 + 5 * 16) / 18**2 / 8))


def test_by_how_much_biopsied_cases_are_harder_is_above_zero(tables):
    mix = tables["mix.csv"].set_index("task").loc["melanoma-vs-nevus"]
    assert mix["difference"] == pytest.approx(14 / 18 - 5 / 9)
    assert 0 < mix["low"] < mix["difference"] < mix["high"]


def test_a_subgroup_has_the_area_of_its_own_cases(tables):
    parts = tables["subgroups.csv"].set_index(["task", "column", "value"])
    same = parts.loc[("melanoma-vs-nevus", "age", "40-59")]
    assert (same["n_images"], same["n_positive"]) == (18, 9)
    assert same["auc"] == pytest.approx(5 / 9) and same["low"] < same["auc"] < same["high"]
    assert ("malignant", "source", "Vienna") not in parts.index  # no melanoma there


def test_a_network_is_told_with_what_its_best_epoch_reached(tables):
    networks = tables["networks.csv"]
    assert networks["best_epoch"].tolist() == [2] * 9
    assert networks["development"].tolist() == pytest.approx([0.2 + k / 100 for k in range(9)])
