"""Intervals over trainings, from tables small enough for the hand."""

import pandas as pd
import pytest

from results.clinic_trainings import recipe as clinic
from results.ham10000_trainings import recipe as ham10000


def test_differences_have_students_interval_over_the_trainings():
    """1, 2, 3: mean 2, variance of the mean 1/3, t with 2 degrees of freedom 4.3027."""
    found = ham10000.over_trainings([1, 2, 3])
    assert (found["n"], found["mean"]) == (3, 2)
    assert found["low"] == pytest.approx(2 - 4.30265 / 3**0.5, abs=1e-4)
    assert found["high"] == pytest.approx(2 + 4.30265 / 3**0.5, abs=1e-4)


def test_the_shipped_weights_that_are_better_gain_and_scratch_is_taken_off(tmp_path):
    areas = pd.DataFrame(
        {
            "weights": ["shipped", "random", "random"],
            "seed": [0, 0, 1],
            "depth": "stem",
            "auc": [0.9, 0.7, 0.6],
        }
    )
    chosen = pd.DataFrame(
        {
            "start": ["all", "all", "scratch", "scratch"],
            "n": 50,
            "seed": [0, 1, 0, 1],
            "test": [0.8, 0.9, 0.7, 0.6],
        }
    )
    inputs = {ham10000.FROZEN: tmp_path / "areas.csv", ham10000.TUNED: tmp_path / "chosen.csv"}
    areas.to_csv(inputs[ham10000.FROZEN], index=False)
    chosen.to_csv(inputs[ham10000.TUNED], index=False)
    tables = ham10000.trainings(inputs)
    (frozen,), (tuned,) = (tables[name].to_dict("records") for name in ("frozen.csv", "tuned.csv"))
    assert frozen["mean"] == pytest.approx(0.25) and frozen["n"] == 2
    assert tuned["mean"] == pytest.approx(0.2) and tuned["lesions"] == 50
    assert tuned["p_holm"] == pytest.approx(tuned["p_value"])


def test_what_reversed_rulers_cost_is_the_mean_over_both_sides():
    """Of four malignant lesions one turns wrong, of the other one none: an eighth."""
    answers = pd.DataFrame(
        {
            "seed": 0,
            "malignant": [True] * 4 + [False],
            "as learnt": [0.9, 0.9, 0.9, 0.9, 0.1],
            "reversed": [0.9, 0.9, 0.9, 0.1, 0.1],
        }
    )
    assert clinic.lost(answers).tolist() == [0.125]
