"""Calibration of HAM10000's nine folds: the shipped rows give the shipped errors."""

import numpy as np
import pytest

from dermlab.lessons import results
from results.ham10000_calibration import recipe as maker


@pytest.fixture(scope="module")
def rows():
    return results.read("ham10000_nine_folds", "predictions.npz")


def scored(rows, question, biopsied):
    """Truth and score of a question, from the arrays alone."""
    disease = rows["diseases"][rows["disease"]]
    sides = [np.isin(rows["classes"], list(names)) for names in maker.QUESTIONS[question]]
    positive, negative = (np.isin(disease, list(names)) for names in maker.QUESTIONS[question])
    asked = (positive | negative) & (rows["biopsied"] | (not biopsied))
    p = rows["probabilities"].astype(float)
    score = p[:, sides[0]].sum(axis=1) / p[:, sides[0] | sides[1]].sum(axis=1)
    return asked, positive, score


@pytest.fixture(scope="module")
def calibrations():
    table = results.read("ham10000_calibration", "calibration.csv")
    return table.set_index(["task", "cases", "probability"])


@pytest.mark.parametrize("question", maker.QUESTIONS)
@pytest.mark.parametrize("cases", [maker.ALL, maker.BIOPSIED])
def test_the_calibration_follows_from_the_rows(rows, calibrations, question, cases):
    asked, positive, score = scored(rows, question, cases == maker.BIOPSIED)
    truth, p = positive[asked].astype(float), score[asked]
    row = calibrations.loc[question, cases, maker.GIVEN]
    assert row["brier"] == pytest.approx(np.mean((p - truth) ** 2), abs=1e-3)
    assert row["gap"] == pytest.approx(p.mean() - truth.mean(), abs=1e-3)
    bins = np.clip(np.ceil(p * 15).astype(int) - 1, 0, 14)
    gaps = [abs((p - truth)[bins == k].sum()) for k in range(15)]
    assert row["ece"] == pytest.approx(sum(gaps) / len(p), abs=2e-3)
    assert row["gap_low"] < row["gap"] < row["gap_high"]


def test_a_shift_repairs_what_a_temperature_cannot(calibrations):
    """The training evened out benign and malignant, which the cases are not."""
    given, softened, shifted = (calibrations.xs(way, level="probability") for way in maker.WAYS)
    assert (given["gap_low"] > 0.1).all() and (softened["gap_low"] > 0.1).all()
    assert (shifted["gap_low"] < 0.01).all() and (shifted["ece"] < given["ece"] / 4).all()
    assert (shifted["saved_low"] > 0).all()
    assert (shifted["ece"] > shifted["if_perfect"]).all()  # better, and not perfect


def test_a_fold_is_recalibrated_by_its_development_fold_alone():
    rng = np.random.default_rng(0)
    fold, logit = np.arange(2700) % 9, rng.normal(0, 2, 2700)
    truth = rng.random(2700) < 1 / (1 + np.exp(-(logit / 2 - 1)))
    score = 1 / (1 + np.exp(-logit))
    ways, temperature = maker.recalibrated(truth, score, fold)
    assert 1.2 < temperature < 5
    other = truth.copy()
    other[fold == 4] = rng.permutation(other[fold == 4])
    again, _ = maker.recalibrated(other, score, fold)
    for way in maker.WAYS[1:]:
        changed = ~np.isclose(ways[way], again[way], atol=1e-9)
        assert set(fold[changed]) == {3}
    known = 1 / (1 + np.exp(-(logit / 2 - 1)))
    assert np.abs(ways[maker.SHIFTED] - known).mean() < 0.05


def test_a_probability_too_high_makes_a_gap_above_zero_and_a_better_one_saves():
    truth, lesion = np.array([True, False, False, False]), np.arange(4)
    probability, given = np.array([0.9, 0.1, 0.1, 0.7]), np.full(4, 0.5)
    found = maker._measured(truth, probability, given, lesion)
    assert found["gap"] == pytest.approx((1.8 - 1) / 4)
    assert found["brier"] == pytest.approx((3 * 0.01 + 0.49) / 4)
    assert found["saved"] == pytest.approx(0.25 - 0.13)
    for name in ("gap", "brier", "saved"):
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"]
