"""HAM10000's table without a pixel, on tables small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from dermlab.course.makers import ham10000_tables as maker


@pytest.mark.filterwarnings("ignore:No interval", "ignore:.*resamples lacked")
def test_what_tells_of_the_disease_has_an_area_above_a_half():
    """In each fold a malignant image of the kind x, and two others of the kinds x and y."""
    cases = pd.DataFrame(
        {
            "positive": [True, False, False] * maker.N_FOLDS,
            "kind": list("xxy") * maker.N_FOLDS,
            "fold": np.repeat(range(maker.N_FOLDS), 3),
            "group_id": np.arange(3 * maker.N_FOLDS),
        }
    )
    found = maker._area(cases, ["kind"])
    assert found["auc"] == pytest.approx(3 / 4)  # a tie with x, a win over y
    assert found["mean_of_folds"] == pytest.approx(3 / 4)
    assert found["low"] < found["auc"] < found["high"]
    assert (found["n_images"], found["n_positive"], found["n_lesions"]) == (27, 9, 27)


def test_straddling_is_counted_among_lesions_and_among_tested_images():
    lesion, fold = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    assert maker._found(lesion, fold, np.array([1])) == (1, pytest.approx(1 / 3))
    assert maker._found(lesion, fold, np.array([0, 1])) == (1, pytest.approx(2 / 5))


def test_what_is_expected_of_a_lesion_with_two_photographs():
    """Four images, two in each part: both photographs fall into a given part once in six times."""
    lesions, share = maker._expected(pd.Series({1: 2, 2: 1}), np.array([2, 2]), np.array([1]))
    assert lesions == pytest.approx(1 - 2 / 6)
    assert share == pytest.approx(2 * (1 / 2 - 1 / 6) / 2)


def test_a_summary_has_the_central_95_percent_of_its_splits():
    found = [(k, k / 10) for k in range(5)]
    lesions, images = maker._summary("s", "random", (2.5, 0.25), found).to_dict("records")
    assert (lesions["expected"], lesions["mean"], lesions["n_seeds"]) == (2.5, 2, 5)
    assert (lesions["low"], lesions["high"]) == pytest.approx((0.1, 3.9))
    assert (images["expected"], images["mean"]) == (0.25, pytest.approx(0.2))
    assert (images["low"], images["high"]) == pytest.approx((0.01, 0.39))
