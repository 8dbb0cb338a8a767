"""The bootstrap over groups against plain loops; how areas use it is tested with the metrics."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import intervals


def test_each_replicate_is_a_draw_of_whole_groups():
    rng = np.random.default_rng(3)
    values, groups = rng.normal(size=50), rng.integers(12, size=50)
    sums, n = np.bincount(groups, values), np.bincount(groups)
    found = intervals.bootstrap(lambda c: c @ sums / (c @ n), groups, 100, seed=9)
    again = np.random.default_rng(9)
    for replicate in found:
        drawn = again.integers(12, size=12)
        pooled = np.concatenate([values[groups == group] for group in drawn])
        assert replicate == pytest.approx(pooled.mean())


def test_undefined_replicates_are_drawn_again_with_a_warning():
    def odd(counts):
        return np.where(counts[:, 0] > 0, counts[:, 0], np.nan)

    with pytest.warns(UserWarning, match="were drawn again"):
        found = intervals.bootstrap(odd, np.arange(5), 300, seed=0)
    assert len(found) == 300
    assert (found > 0).all()


def test_groups_are_numbered_in_sorted_order_and_the_missing_stand_alone():
    groups = pd.Series(["b", None, "a", "b", None], dtype="str")
    assert intervals.group_numbers(groups, 5).tolist() == [1, 2, 0, 1, 3]
    assert intervals.group_numbers(None, 3).tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="5 values of groups and 4 of the images"):
        intervals.group_numbers(groups, 4)


@pytest.mark.parametrize(
    ("groups", "repeat"), [(None, False), ([1, 2], False), ([1, 1], True), ([None, None], False)]
)
def test_whether_groups_repeat(groups, repeat):
    assert intervals.repeat(groups) is repeat


def test_percentiles_are_numpys_and_none_where_nothing_varies():
    replicates = np.random.default_rng(0).normal(size=1000)
    low, high, variance = intervals.percentiles(replicates)
    assert (low, high) == pytest.approx(tuple(np.percentile(replicates, [2.5, 97.5])))
    assert variance == pytest.approx(np.var(replicates, ddof=1))
    with pytest.warns(UserWarning, match="No interval: every resample"):
        assert np.isnan(intervals.percentiles(np.ones(9))[:2]).all()
