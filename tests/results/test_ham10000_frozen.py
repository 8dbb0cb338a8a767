"""Frozen layers on HAM10000: whole, consistent, and honest about who has seen whom."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dermlab.lessons import results
from results import make
from results.common import ham10000_pixels as ham
from results.ham10000_frozen import recipe as maker

NAME = "ham10000_frozen"


def test_differences_are_the_areas_and_their_intervals_hold_them():
    areas = results.read(NAME, "areas.csv")
    differences = results.read(NAME, "differences.csv")
    mean = areas.groupby(["weights", "depth"])["auc"].mean()
    for row in differences.itertuples():
        expected = mean[maker.LOADED, row.depth] - mean[row.control, row.depth]
        assert row.estimate == pytest.approx(expected, abs=1e-5)
        assert row.low < row.estimate < row.high
    assert len(areas) == 7 * 7 and len(differences) == 2 * 7


def test_scores_come_from_regressions_that_have_not_seen_the_lesion():
    """On features that say nothing an honest score is at chance; one that has seen is above."""
    rng = np.random.default_rng(0)
    noise, positive = rng.normal(size=(400, 60)), rng.random(400) < 0.3
    assert roc_auc_score(positive, maker.out_of_fold(noise, positive)) == pytest.approx(
        0.5, abs=0.1
    )
    told = np.column_stack([noise, positive + rng.normal(0, 0.3, 400)])
    assert roc_auc_score(positive, maker.out_of_fold(told, positive)) > 0.9


def test_each_lesion_has_one_photograph(real_data):
    inputs = {key: real_data / key.removeprefix("DERMLAB_DATA/") for key in make.recipe(NAME).reads}
    rows = maker.lesions(inputs)
    ids = ham.data(inputs)[0]["lesion_id"].iloc[rows]
    assert len(ids) == maker.N_LESIONS == ids.nunique()
