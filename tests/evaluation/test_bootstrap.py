"""The bootstrap where its statistic is seldom or never defined, and where groups are very many."""

import time

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import clustered, intervals, multiclass, operating, roc, verification


def classes_of_two(n_classes):
    truth = np.repeat([f"class {k:02d}" for k in range(n_classes)], 2)
    scores = np.random.default_rng(0).random((len(truth), n_classes))
    return truth, scores, list(dict.fromkeys(truth))


NEVER_DEFINED = {
    "no positive decision": lambda: operating.predictive_values(
        [1, 1, 0, 0], [0, 0, 0, 0], 0.1, groups=[1, 1, 2, 2]
    ),
    "no negative decision": lambda: operating.predictive_values(
        [1, 1, 0, 0], [1, 1, 1, 1], 0.1, groups=[1, 1, 2, 2]
    ),
    "no case has the disease": lambda: verification.begg_greenes(
        [1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]
    ),
    "all cases have the disease": lambda: verification.begg_greenes(
        [1, 0, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1]
    ),
}


@pytest.mark.parametrize("case", NEVER_DEFINED)
def test_a_statistic_without_a_value_on_the_sample_is_refused(case):
    with pytest.raises(InputError, match="not defined on these cases"):
        NEVER_DEFINED[case]()


def test_a_statistic_that_resamples_hardly_ever_define_is_refused_soon():
    start = time.process_time()
    with pytest.raises(InputError, match=r"'class 00' \(in 2 groups\) stands in too few groups"):
        multiclass.hand_till(*classes_of_two(25))
    assert time.process_time() - start < 20


def test_one_group_of_each_class_among_many_is_refused():
    """A resample holds both of two lesions among 20 in 41 % of draws, all of ten classes never."""
    truth, scores, classes = classes_of_two(10)
    with pytest.raises(InputError, match=r"\(in 1 group\) stands in too few groups"):
        multiclass.hand_till(truth, scores, classes, groups=np.repeat(range(10), 2))


def test_what_is_defined_on_some_resamples_is_still_drawn_again():
    positive = [1, 0, 0, 0, 0, 0]
    with pytest.warns(UserWarning, match="were drawn again"):
        found = roc.auc_bootstrap(positive, [3, 1, 2, 4, 0, 1], n_replicates=200)
    assert 0 <= found.low < found.high <= 1


def test_sums_are_resampled_as_the_groups_themselves(monkeypatch):
    rng = np.random.default_rng(1)
    of_group = rng.integers(0, 3, size=(400, 2)).astype(float) + [0, 1]

    def ratio(sums):
        return sums[:, 0] / sums[:, 1]

    one_by_one = intervals.bootstrap_of_sums(ratio, of_group, 4000, seed=0)
    expected = intervals.bootstrap(lambda c: ratio(c @ of_group), np.arange(400), 4000, seed=0)
    np.testing.assert_array_equal(one_by_one, expected)
    monkeypatch.setattr(intervals, "MANY_GROUPS", 100)
    by_kind = intervals.bootstrap_of_sums(ratio, of_group, 4000, seed=0)
    assert by_kind.mean() == pytest.approx(expected.mean(), abs=4 * expected.std() / 4000**0.5)
    assert by_kind.std() == pytest.approx(expected.std(), rel=0.05)
    np.testing.assert_allclose(
        np.quantile(by_kind, [0.025, 0.975]), np.quantile(expected, [0.025, 0.975]), rtol=0.01
    )


@pytest.mark.parametrize("n_classes", [2, 9])
def test_a_balanced_accuracy_of_very_many_groups_is_quick(n_classes):
    rng = np.random.default_rng(0)
    n = 150_000
    groups = rng.integers(100_000, size=n)
    truth = rng.integers(n_classes, size=100_000)[groups]
    answer = np.where(rng.random(n) < 0.7, truth, rng.integers(n_classes, size=n))
    start = time.process_time()
    found = multiclass.balanced_accuracy(truth, answer, range(n_classes), groups)
    assert time.process_time() - start < 20
    assert found.low < 0.7 + 0.3 / n_classes < found.high


def test_the_closed_form_of_many_groups_agrees_with_the_bootstrap():
    rng = np.random.default_rng(2)
    groups = rng.integers(3000, size=5000)
    positive = (rng.random(3000) < 0.3)[groups]
    score = rng.normal(size=3000)[groups] + rng.normal(size=5000) + positive
    closed, drawn = clustered.auc(positive, score, groups), roc.auc(positive, score, groups)
    assert closed.estimate == pytest.approx(drawn.estimate, abs=1e-12)
    assert closed.high - closed.low == pytest.approx(drawn.high - drawn.low, rel=0.06)
