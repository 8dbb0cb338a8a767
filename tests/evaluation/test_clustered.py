"""Clustered proportions and areas: worked by hand, by loops, and against DeLong and Wilson."""

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import clustered, roc
from dermlab.evaluation.intervals import proportion


@pytest.fixture
def views():
    """Scores of 30 lesions with 1 to 4 views, ties among them, three lesions with both classes."""
    rng = np.random.default_rng(8)
    lesion = np.repeat(np.arange(30), rng.integers(1, 5, size=30))
    positive = (lesion < 12) | ((lesion >= 27) & (rng.random(len(lesion)) < 0.5))
    scores = rng.normal(size=(2, 30))[:, lesion] + rng.normal(size=(2, len(lesion))) + positive
    return positive, np.round(scores, 1), lesion


# --- proportions ----------------------------------------------------------------------------------


def test_without_repeats_it_is_wilsons_interval():
    hits = np.arange(40) < 31
    for groups in (None, np.arange(40)):
        found, plain = clustered.share(hits, groups), proportion(31, 40)
        assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=1e-12)


def test_a_design_effect_worked_by_hand():
    """Lesions of 2 images: 11 11 11 00. p = 3/4; all alike within a lesion: correlation 1.

    Of 2 misses the weight is 2/3, so correlation 2/3 + 1/6 = 5/6, design effect 1 + 5/6. Totals:
    4/3 · (3 · .5² + 1.5²) / (8 · 3/16) = 8/3, the larger: 8 / (8/3) = 3 effective images.
    """
    hits, groups = [1, 1, 1, 1, 1, 1, 0, 0], [1, 1, 2, 2, 3, 3, 4, 4]
    assert clustered.effective_number(hits, groups) == pytest.approx(3)


def test_images_that_differ_within_a_lesion_count_nearly_in_full():
    """10 10 10 10: correlation 0, weight 4/5, so 1/10 is left; design effect 1.1."""
    hits, groups = [1, 0] * 4, np.repeat(range(4), 2)
    assert clustered.effective_number(hits, groups) == pytest.approx(8 / 1.1)


def test_the_totals_are_the_variance_of_statsmodels_clustered_regression():
    """Where they are the larger design effect: p (1 − p) / number is the sandwich variance."""
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(1)
    groups = np.repeat(range(25), rng.integers(1, 9, size=25))
    hits = (rng.random(25) < 0.6)[groups].astype(float)
    fit = sm.OLS(hits, np.ones(len(hits))).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    variance = 25 / 24 * fit.cov_params()[0, 0]
    assert clustered.share(hits, groups).variance == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize("hit", [0, 1])
def test_at_0_or_100_percent_the_bound_is_that_of_the_groups(hit):
    found = clustered.share([hit] * 30, np.repeat(range(12), [2, 3] * 6))
    plain = proportion(12 * hit, 12)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=1e-12)
    assert found.variance == 0


def test_one_group_is_one_image():
    assert clustered.effective_number([1, 0, 1, 1], ["a"] * 4) == 1
    assert clustered.share([1, 0, 1, 1], ["a"] * 4).high - 0.9 > 0


def test_missing_groups_stand_alone_and_order_does_not_matter():
    hits, groups = np.array([1, 0, 1, 1, 0, 1]), np.array(["a", "a", None, "b", "b", None], object)
    found = clustered.share(hits, groups)
    assert found == clustered.share(hits[::-1], groups[::-1])
    assert found == clustered.share(hits, ["a", "a", "c", "b", "b", "d"])


@pytest.mark.parametrize("hits", [[], [0.5, 1], [1, np.nan]])
def test_what_is_no_share_is_refused(hits):
    with pytest.raises(InputError):
        clustered.share(hits, list(range(len(hits))))


# --- areas ----------------------------------------------------------------------------------------


def by_loops(positive, scores, lesion):
    """Obuchowski's S10, S01 and S11 written out, pair by pair."""
    scores_a, scores_b = scores
    pos, neg = np.flatnonzero(positive), np.flatnonzero(~positive)

    def placements(score):
        kernel = (score[pos][:, None] > score[neg]) + 0.5 * (score[pos][:, None] == score[neg])
        return kernel.mean(axis=1), kernel.mean(axis=0), kernel.mean()

    of = [placements(score) for score in (scores_a, scores_b)]
    ids = np.unique(lesion)
    sums = np.zeros((2, 2, len(ids)))  # score, side, lesion
    for k, (v10, v01, auc) in enumerate(of):
        for i, one in enumerate(ids):
            sums[k, 0, i] = sum(
                v - auc for v, image in zip(v10, pos, strict=True) if lesion[image] == one
            )
            sums[k, 1, i] = sum(
                v - auc for v, image in zip(v01, neg, strict=True) if lesion[image] == one
            )
    m, n, i10 = len(pos), len(neg), len(set(lesion[pos]))
    i01, i = len(set(lesion[neg])), len(ids)
    covariance = np.empty((2, 2))
    for a in (0, 1):
        for b in (0, 1):
            s10 = i10 / ((i10 - 1) * m) * sum(sums[a, 0] * sums[b, 0])
            s01 = i01 / ((i01 - 1) * n) * sum(sums[a, 1] * sums[b, 1])
            s11 = i / (i - 1) * (sum(sums[a, 0] * sums[b, 1]) + sum(sums[b, 0] * sums[a, 1])) / 2
            covariance[a, b] = s10 / m + s01 / n + 2 * s11 / (m * n)
    return np.array([found[2] for found in of]), covariance


def test_the_covariances_are_those_of_loops_over_all_pairs(views):
    areas, covariance = clustered.auc_covariance(*views)
    expected = by_loops(*views)
    assert areas == pytest.approx(expected[0], abs=1e-12)
    assert covariance == pytest.approx(expected[1], abs=1e-12)


def test_one_image_a_group_is_delong(views):
    positive, (a, b), _ = views
    alone = np.arange(len(positive))
    plain, found = roc.auc_delong(positive, a), clustered.auc(positive, a, alone)
    assert found.variance == pytest.approx(plain.variance, rel=1e-10)
    plain, found = roc.compare_auc(positive, a, b), clustered.compare_auc(positive, a, b, alone)
    assert found.variance == pytest.approx(plain.variance, rel=1e-10)
    assert found.z == pytest.approx(plain.z, rel=1e-10)


def test_every_image_twice_is_as_sure_as_once(views):
    positive, (a, b), _ = views
    twice = np.tile(np.arange(len(positive)), 2)
    once = clustered.compare_auc(positive, a, b)
    doubled = clustered.compare_auc(*(np.tile(x, 2) for x in (positive, a, b)), twice)
    assert doubled.variance == pytest.approx(once.variance, rel=1e-10)
    assert doubled.p_value == pytest.approx(once.p_value, rel=1e-10)


def test_interval_and_test_agree_and_the_difference_has_a_sign(views):
    positive, (a, b), lesion = views
    found, back = (clustered.compare_auc(positive, *pair, lesion) for pair in ((a, b), (b, a)))
    assert (found.low > 0 or found.high < 0) == (found.p_value < 0.05)
    assert (found.estimate, found.low) == pytest.approx((-back.estimate, -back.high))


def test_no_variance_gives_no_bounds_and_a_warning():
    positive, groups = [1, 1, 1, 0, 0, 0], [1, 1, 2, 3, 3, 4]
    with pytest.warns(UserWarning, match="zero, or a class stands"):
        assert np.isnan(clustered.auc(positive, [3, 4, 5, 0, 1, 2], groups).low)
    with pytest.warns(UserWarning, match="zero, or a class stands"):
        assert np.isnan(clustered.auc(positive, [3, 1, 5, 0, 2, 2], [1, 1, 1, 3, 3, 4]).low)
    with pytest.warns(UserWarning, match="zero or unknown"):
        same = clustered.compare_auc(positive, [3, 1, 5, 0, 2, 2], [3, 1, 5, 0, 2, 2], groups)
    assert (same.z, same.p_value) == (0, 1)


def test_a_million_images_take_seconds():
    rng = np.random.default_rng(0)
    positive = rng.random(10**6) < 0.1
    found = clustered.auc(positive, rng.normal(size=10**6) + positive, np.arange(10**6) // 3)
    assert found.low < 0.7602 < found.high  # Φ(1/√2)
