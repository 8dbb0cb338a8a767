"""Shares of trainings × cases, and estimates as columns of a table."""

import numpy as np
import pytest

from dermlab.evaluation import repeats
from dermlab.evaluation.intervals import Estimate
from results.common import estimates

SAID = np.array([[True, False, True, True], [True, False, False, True]])


def bounds(found):
    return found["low"], found["high"]


def test_bounds_are_cut_where_it_is_asked():
    wide = Estimate(0.9, -0.2, 1.3)
    assert estimates.row(wide) == {"estimate": 0.9, "low": -0.2, "high": 1.3}
    assert bounds(estimates.row(wide, 0, 1)) == (0, 1)


@pytest.mark.parametrize("groups", [None, np.array([0, 0, 1, 2])])
def test_a_share_is_that_of_repeats_cut_at_0_and_1(groups):
    of = repeats.mean(SAID.astype(float), groups).mean
    found = estimates.share(SAID, groups)
    assert found["estimate"] == of.estimate == 5 / 8
    assert bounds(found) == (max(of.low, 0), min(of.high, 1))


def test_where_all_agree_the_interval_is_the_exact_one_of_cases_or_of_groups():
    """All of n: from the n-th root of 0.025 (Clopper and Pearson)."""
    for said, low, high in ((True, 0.025, 1), (False, 0, 0.025)):
        for groups, n in ((None, 4), (np.array([5, 5, 5, 9]), 2)):
            found = estimates.share(np.full((2, 4), said), groups)
            end = 0.025 ** (1 / n)
            assert found["estimate"] == said
            assert bounds(found) == pytest.approx((end, high) if said else (low, 1 - end))


def test_a_single_case_or_group_in_doubt_has_no_interval_and_nobody_no_share():
    for said, groups in ((SAID[:, :1] & [[1], [0]], None), (SAID, np.zeros(4))):
        found = estimates.share(said.astype(bool), groups)
        assert found["estimate"] == said.mean() and np.isnan(bounds(found)).all()
    assert np.isnan(list(estimates.share(SAID[:, :0]).values())).all()
