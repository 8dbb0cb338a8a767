"""Points, curves, areas and comparisons against other people's numbers and all pairs by hand."""

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from scipy.stats import norm, t

from dermlab.errors import InputError
from dermlab.evaluation import bootstrap, clustered, intervals, roc
from dermlab.evaluation.intervals import Estimate

Z = norm.ppf(0.975)
no_deadline = settings(deadline=None)  # a first call imports scipy


def bounds(estimate):
    return estimate.low, estimate.high


def truth_and_scores(seed, n=60, n_values=12):
    """Cases of both classes whose scores, of few values, are full of ties."""
    rng = np.random.default_rng(seed)
    positive = np.r_[True, True, False, False, rng.random(n - 4) < 0.4]
    a, b = (rng.integers(n_values, size=n) / n_values + 0.3 * positive for _ in range(2))
    return positive, a, b


def placements_of(positive, score):
    """DeLong's placement values, straight from the definition: every pair is looked at."""
    won = score[positive][:, None] > score[~positive][None, :]
    tied = score[positive][:, None] == score[~positive][None, :]
    pairs = won + 0.5 * tied
    return pairs.mean(axis=1), pairs.mean(axis=0)


def delong_covariance(positive, a, b):
    (a10, a01), (b10, b01) = placements_of(positive, a), placements_of(positive, b)
    return np.cov(a10, b10)[0, 1] / positive.sum() + np.cov(a01, b01)[0, 1] / (~positive).sum()


@st.composite
def cases(draw):
    n = draw(st.integers(4, 40))
    positive = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    positive[:4] = True, True, False, False
    score = draw(st.lists(st.integers(-20, 20), min_size=n, max_size=n))
    return positive, np.array(score, dtype=float)


# --- DeLong against all pairs ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_area_and_variance_are_those_of_all_pairs(seed):
    positive, score, _ = truth_and_scores(seed)
    found = roc.auc_delong(positive, score)
    variance = delong_covariance(positive, score, score)
    assert found.estimate == pytest.approx(placements_of(positive, score)[0].mean(), abs=1e-10)
    assert found.variance == pytest.approx(variance, abs=1e-10)
    half = Z * np.sqrt(variance)
    assert bounds(found) == pytest.approx(
        (found.estimate - half, min(found.estimate + half, 1)), abs=1e-10
    )
    assert found.estimate == pytest.approx(
        sklearn.metrics.roc_auc_score(positive, score), abs=1e-12
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_paired_variance_holds_the_covariance_of_all_pairs(seed):
    positive, a, b = truth_and_scores(seed)
    found = roc.compare_auc(positive, a, b)
    variance = (
        delong_covariance(positive, a, a)
        + delong_covariance(positive, b, b)
        - 2 * delong_covariance(positive, a, b)
    )
    difference = placements_of(positive, a)[0].mean() - placements_of(positive, b)[0].mean()
    assert found.estimate == pytest.approx(difference, abs=1e-10)
    assert found.variance == pytest.approx(variance, abs=1e-10)
    assert found.z == pytest.approx(difference / np.sqrt(variance), abs=1e-8)
    assert found.p_value == pytest.approx(2 * norm.sf(abs(found.z)), abs=1e-12)
    assert bounds(found) == pytest.approx(
        difference + Z * np.sqrt(variance) * np.array([-1, 1]), abs=1e-10
    )


def test_the_logit_interval_is_the_wald_interval_of_the_log_odds():
    positive, score, _ = truth_and_scores(3)
    found = roc.auc_delong(positive, score, interval="logit")
    log_odds = np.log(np.array(bounds(found)) / (1 - np.array(bounds(found))))
    centre = np.log(found.estimate / (1 - found.estimate))
    half = Z * np.sqrt(found.variance) / (found.estimate * (1 - found.estimate))
    assert log_odds == pytest.approx([centre - half, centre + half], abs=1e-10)


@pytest.mark.all
def test_the_logit_interval_covers_where_the_wald_interval_does_not():
    """33 / 97 binormal cases of area 0.96, 3,000 simulations: Wald 89 %, logit-scale 94 %."""
    rng = np.random.default_rng(0)
    positive = np.arange(130) < 33
    scores = rng.normal(size=(3000, 130)) + positive * np.sqrt(2) * norm.ppf(0.96)
    covers = {}
    for kind in ("wald", "logit"):
        found = [roc.auc_delong(positive, score, interval=kind) for score in scores]
        covers[kind] = np.mean([e.low <= 0.96 <= e.high for e in found])
    assert covers["wald"] == pytest.approx(0.886, abs=0.02)
    assert covers["logit"] == pytest.approx(0.942, abs=0.015)


# --- DeLong against pROC's own test values --------------------------------------------------------


@pytest.fixture(scope="module")
def asah(real_data):
    return pd.read_csv(real_data / "asah.csv")


PROC = {  # area, variance, interval
    "wfns": (0.823678861788618, 0.00146991470882363, 0.7485348878, 0.8988228358),
    "ndka": (0.611957994579946, 0.0031908105493913, 0.501244999271703, 0.722670989888189),
    "s100b": (0.7313685637, 0.00266868245717244, 0.6301182117616, 0.8326189156097),
}


@pytest.mark.parametrize("marker", PROC)
def test_asah_areas_variances_and_intervals_are_procs(asah, marker):
    area, variance, low, high = PROC[marker]
    found = roc.auc_delong(asah.outcome == "Poor", asah[marker])
    assert found.estimate == pytest.approx(area, abs=1e-10)
    assert found.variance == pytest.approx(variance, abs=1e-14)
    assert bounds(found) == pytest.approx((low, high), abs=1e-10)


def test_asah_ndka_in_women_is_procs(asah):
    women = asah[asah.gender == "Female"]
    found = roc.auc_delong(women.outcome == "Poor", women.ndka)
    assert found.estimate == pytest.approx(0.6671428571, abs=1e-10)
    assert bounds(found) == pytest.approx((0.5261398281, 0.8081458862), abs=1e-10)


@pytest.mark.parametrize(
    ("a", "b", "z", "p", "low", "high"),
    [
        ("wfns", "s100b", 2.20898359144091, 0.0271757822291882, 0.0104061769564846,
         0.174214419249478),
        ("wfns", "ndka", 2.79777591868904, 0.00514557970691098, 0.0634011709339876,
         0.3600405634833566),
        ("ndka", "s100b", -1.39077002573558, 0.164295175223054, -0.2876917446341914,
         0.0488706064228094),
    ],
)  # fmt: skip
def test_asah_paired_tests_are_procs(asah, a, b, z, p, low, high):
    found = roc.compare_auc(asah.outcome == "Poor", asah[a], asah[b])
    assert found.z == pytest.approx(z, abs=1e-12)
    assert found.p_value == pytest.approx(p, abs=1e-12)
    assert bounds(found) == pytest.approx((low, high), abs=1e-12)


def test_asah_one_sided_p_follows_from_z(asah):
    found = roc.compare_auc(asah.outcome == "Poor", asah.wfns, asah.s100b)
    assert norm.sf(found.z) == pytest.approx(0.0135878911145941, abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "t", "p"),
    [
        ("wfns", "s100b", 1.43490640926908, 0.152825378808796),
        ("wfns", "ndka", 3.10125096778969, 0.00220950791756457),
        ("ndka", "s100b", -1.55995743389685, 0.120192832430845),
    ],
)
def test_asah_unpaired_tests_are_procs(asah, a, b, t, p):
    poor = asah.outcome == "Poor"
    found = roc.compare_auc_unpaired(poor, asah[a], poor, asah[b])
    assert found.z == pytest.approx(t, abs=1e-12)
    assert found.p_value == pytest.approx(p, abs=1e-12)


def test_areas_of_a_published_network_and_a_crowd(real_data):
    lesions = pd.read_csv(real_data / "lesion-size-2020_metadata.csv")
    for score, area in (("adae_score", 0.810), ("crowd_score", 0.703)):
        found = roc.auc_delong(lesions.target, lesions[score])
        assert found.estimate == pytest.approx(area, abs=5e-4)


# --- unpaired against other people's code ---------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_the_unpaired_test_is_welchs(seed):
    """Two means of known variance: statsmodels' Welch test on columns with just these moments."""
    from scipy.stats import ttest_ind_from_stats

    a, b = truth_and_scores(seed, n=50)[:2], truth_and_scores(seed + 100, n=80)[:2]
    found = roc.compare_auc_unpaired(*a, *b)
    one, two = (roc.auc_delong(*side) for side in (a, b))
    theirs = ttest_ind_from_stats(
        one.estimate, np.sqrt(50 * one.variance), 50,
        two.estimate, np.sqrt(80 * two.variance), 80, equal_var=False,
    )  # fmt: skip
    assert found.z == pytest.approx(theirs.statistic, abs=1e-10)
    assert found.p_value == pytest.approx(theirs.pvalue, abs=1e-10)
    half = t.ppf(0.975, found.df) * np.sqrt(one.variance + two.variance)
    assert bounds(found) == pytest.approx(found.estimate + half * np.r_[-1, 1], abs=1e-12)
    assert 49 <= found.df <= 128


# --- properties -----------------------------------------------------------------------------------


@no_deadline
@given(cases())
def test_an_area_sees_only_the_order_of_scores(drawn):
    positive, score = drawn
    assert roc.curve(positive, score).tp.tolist() == roc.curve(positive, score**3).tp.tolist()
    raw, bent = (roc.wins(positive, s) for s in (score, np.arctan(score)))
    assert np.array_equal(raw[0], bent[0]) and np.array_equal(raw[1], bent[1])


@pytest.mark.filterwarnings("ignore:No interval")
@no_deadline
@given(cases())
def test_turning_scores_or_labels_around_gives_the_complement(drawn):
    positive, score = drawn
    straight = roc.auc_delong(positive, score)
    for turned in (
        roc.auc_delong(positive, -score),
        roc.auc_delong(~positive, score),
    ):
        assert turned.estimate == pytest.approx(1 - straight.estimate, abs=1e-12)
        assert turned.variance == pytest.approx(straight.variance, abs=1e-12)
    both = roc.auc_delong(~positive, -score)
    assert both.estimate == pytest.approx(straight.estimate, abs=1e-12)


@pytest.mark.filterwarnings("ignore:No interval")
@no_deadline
@given(cases(), st.sampled_from(["wald", "logit"]))
def test_an_interval_holds_its_estimate_and_stays_in_0_to_1(drawn, interval):
    found = roc.auc_delong(*drawn, interval=interval)
    if found.variance > 0:
        assert 0 <= found.low <= found.estimate <= found.high <= 1
    else:
        assert np.isnan(found.low) and np.isnan(found.high)


# --- the curve ------------------------------------------------------------------------------------


@no_deadline
@given(cases())
def test_the_curve_is_a_staircase_whose_area_is_mann_whitneys(drawn):
    positive, score = drawn
    curve = roc.curve(positive, score)
    assert curve.columns.tolist() == ["threshold", "tp", "fp", "sensitivity", "specificity"]
    assert (curve.tp[0], curve.fp[0]) == (0, 0)
    assert (curve.tp.iloc[-1], curve.fp.iloc[-1]) == (positive.sum(), (~positive).sum())
    assert len(curve) == 1 + len(np.unique(score))
    for row in curve.itertuples():
        assert row.tp == np.sum(positive & (score >= row.threshold))
        assert row.fp == np.sum(~positive & (score >= row.threshold))
    area = np.trapezoid(curve.sensitivity, 1 - curve.specificity)
    assert area == pytest.approx(placements_of(positive, score)[0].mean(), abs=1e-12)


# --- points and shares ----------------------------------------------------------------------------


def as_percent(estimate):
    return tuple(round(100 * x, 1) for x in (estimate.estimate, estimate.low, estimate.high))


def test_abramoff_2016_under_clopper_pearson():
    found = roc.point_from_counts(184, 190, 595, 684, method="clopper-pearson")
    assert as_percent(found.sensitivity) == (96.8, 93.3, 98.8)
    assert as_percent(found.specificity) == (87.0, 84.2, 89.4)
    npv = intervals.proportion(595, 601, method="clopper-pearson")
    assert as_percent(npv) == (99.0, 97.8, 99.6)


@pytest.mark.parametrize(
    ("successes", "n", "published"),
    [
        (90, 107, (84.1, 76.0, 89.8)),  # Winkler 2019: unmarked, specificity
        (49, 107, (45.8, 36.7, 55.2)),  # marked, specificity
        (22, 23, (95.7, 79.0, 99.2)),  # unmarked, sensitivity
        (23, 23, (100.0, 85.7, 100.0)),  # marked, sensitivity
        (38, 40, (95.0, 83.5, 98.6)),  # Haenssle 2020: sensitivity
        (46, 60, (76.7, 64.6, 85.6)),  # specificity
    ],
)
def test_published_wilson_intervals(successes, n, published):
    assert as_percent(intervals.proportion(successes, n)) == published


@no_deadline
@given(st.integers(1, 3000), st.floats(0, 1))
def test_shares_have_statsmodels_intervals(n, share):
    from statsmodels.stats.proportion import proportion_confint

    successes = round(n * share)
    for method, theirs in (("wilson", "wilson"), ("clopper-pearson", "beta")):
        found = intervals.proportion(successes, n, method)
        assert bounds(found) == pytest.approx(
            proportion_confint(successes, n, method=theirs), abs=1e-9
        )
        assert (
            0 <= found.low <= found.estimate + 1e-12 and found.estimate - 1e-12 <= found.high <= 1
        )


@no_deadline
@given(cases())
def test_a_point_counts_what_lies_above_the_threshold(drawn):
    positive, score = drawn
    found = roc.point(positive, (score >= 3).astype(int))
    recall = sklearn.metrics.recall_score
    assert found.sensitivity.estimate == pytest.approx(recall(positive, score >= 3))
    assert found.specificity.estimate == pytest.approx(recall(positive, score >= 3, pos_label=0))


# --- the bootstrap --------------------------------------------------------------------------------


def resampled_areas(positive, scores, groups, n_replicates, seed):
    """The plain loop: draw groups, collect their images, ask scikit-learn; one row a replicate."""
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    rng = np.random.default_rng(seed)
    areas = []
    while len(areas) < n_replicates:
        drawn = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        if len(np.unique(positive[drawn])) == 2:
            areas.append([sklearn.metrics.roc_auc_score(positive[drawn], s[drawn]) for s in scores])
    return np.array(areas)


@pytest.mark.parametrize("cells_at_once", [1, 1000, 2**16])
@pytest.mark.parametrize("n_groups", [25, 200])
def test_each_replicate_is_that_of_a_plain_loop(monkeypatch, cells_at_once, n_groups):
    monkeypatch.setattr(bootstrap, "CELLS_AT_ONCE", cells_at_once)
    positive, a, _ = truth_and_scores(5, n=90)
    groups = np.random.default_rng(1).integers(n_groups, size=90)
    numbers = np.unique(groups, return_inverse=True)[1]
    areas = roc.areas_of_resamples(positive, a, numbers)
    found = intervals.bootstrap(areas, numbers, 300, seed=11)
    expected = resampled_areas(positive, [a], groups, 300, seed=11)[:, 0]
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_interval_is_that_of_a_plain_loop():
    positive, a, b = truth_and_scores(6, n=80)
    groups = np.random.default_rng(2).integers(30, size=80)
    loop = resampled_areas(positive, [a, b], groups, 400, seed=3)

    found = roc.auc_bootstrap(positive, a, groups, n_replicates=400, seed=3)
    assert found.estimate == pytest.approx(sklearn.metrics.roc_auc_score(positive, a), abs=1e-12)
    assert bounds(found) == pytest.approx(np.percentile(loop[:, 0], [2.5, 97.5]), abs=1e-12)
    assert found.variance == pytest.approx(np.var(loop[:, 0], ddof=1), abs=1e-12)

    paired = roc.compare_auc_bootstrap(positive, a, b, groups, n_replicates=400, seed=3)
    difference = loop[:, 0] - loop[:, 1]
    assert bounds(paired) == pytest.approx(np.percentile(difference, [2.5, 97.5]), abs=1e-12)
    assert paired.z == pytest.approx(paired.estimate / np.std(difference, ddof=1), abs=1e-9)


def test_resamples_without_one_class_are_drawn_again_and_counted():
    positive, a, _ = truth_and_scores(7, n=40)
    groups = np.where(positive, 0, np.arange(40))  # all positives are one patient
    loop = resampled_areas(positive, [a], groups, 200, seed=0)[:, 0]
    with pytest.warns(UserWarning, match=r"% of the resamples lacked a class"):
        found = roc.auc_bootstrap(positive, a, groups, n_replicates=200)
    assert bounds(found) == pytest.approx(np.percentile(loop, [2.5, 97.5]), abs=1e-12)


def test_a_seed_repeats_and_another_does_not():
    positive, a, _ = truth_and_scores(8)
    first, again, other = (roc.auc_bootstrap(positive, a, seed=s) for s in (4, 4, 5))
    assert first == again
    assert first != other


def test_row_order_does_not_change_a_clustered_interval():
    positive, a, _ = truth_and_scores(9)
    groups = np.array([f"lesion {k}" for k in np.random.default_rng(0).integers(20, size=60)])
    shuffled = np.random.default_rng(1).permutation(60)
    straight = roc.auc_bootstrap(positive, a, groups)
    mixed = roc.auc_bootstrap(positive[shuffled], a[shuffled], groups[shuffled])
    assert bounds(mixed) == pytest.approx(bounds(straight), abs=1e-12)


def test_three_views_of_a_lesion_are_not_three_lesions():
    rng = np.random.default_rng(0)
    positive = rng.random(300) < 0.4
    score = rng.normal(size=300) + positive
    once = roc.auc_delong(positive, score)
    views = np.repeat(np.arange(300), 3)
    naive = roc.auc_delong(positive[views], score[views])
    by_view = roc.auc_bootstrap(positive[views], score[views], groups=views)
    assert naive.variance == pytest.approx(once.variance / 3, rel=0.01)
    assert by_view.variance == pytest.approx(once.variance, rel=0.1)
    assert by_view.high - by_view.low > 1.5 * (naive.high - naive.low)


def test_a_missing_group_joins_nothing():
    positive, a, _ = truth_and_scores(10)
    none = roc.auc_bootstrap(positive, a, groups=None)
    missing = pd.Series([None] * 60, dtype="str")
    assert roc.auc_bootstrap(positive, a, missing) == none
    assert roc.auc(positive, a, missing) == roc.auc_delong(positive, a, interval="logit")


def test_auc_takes_the_interval_that_fits():
    positive, a, _ = truth_and_scores(11)
    by_view = np.arange(60) // 2
    assert roc.auc(positive, a) == roc.auc_delong(positive, a, interval="logit")
    assert roc.auc(positive, a, np.arange(60)) == roc.auc(positive, a)
    of_views, drawn = (
        roc.auc(positive, a, by_view),
        roc.auc_bootstrap(positive, a, by_view, n_replicates=20_000, interval="logit"),
    )
    assert of_views == clustered.auc(positive, a, by_view)
    assert bounds(of_views) == pytest.approx(bounds(drawn), abs=0.01)


def test_the_bootstraps_logit_interval_is_the_wald_interval_of_the_log_odds():
    positive, a, _ = truth_and_scores(12)
    found = roc.auc_bootstrap(positive, a, np.arange(60) // 3, interval="logit")
    percentile = roc.auc_bootstrap(positive, a, np.arange(60) // 3)
    assert (found.estimate, found.variance) == (percentile.estimate, percentile.variance)
    n_groups = min(len(np.unique(np.arange(60)[side] // 3)) for side in (positive, ~positive))
    half = t.ppf(0.975, n_groups - 1) * np.sqrt(found.variance)
    half /= found.estimate * (1 - found.estimate)
    assert logit(bounds(found)) == pytest.approx(logit(found.estimate) + half * np.r_[-1, 1])


def test_a_share_is_wilsons_by_image_and_bootstrapped_by_group():
    hits = np.random.default_rng(2).random(200) < 0.7
    assert intervals.share(hits) == intervals.proportion(hits.sum(), 200)
    assert intervals.share(hits, groups=np.arange(200)) == intervals.share(hits)

    views = np.repeat(np.arange(200), 4)
    by_view = intervals.share(hits[views], groups=views)
    naive, once = intervals.share(hits[views]), intervals.share(hits)
    assert by_view.estimate == pytest.approx(once.estimate)
    assert by_view.variance == pytest.approx(once.variance, rel=0.1)
    assert by_view.high - by_view.low > 1.7 * (naive.high - naive.low)


@pytest.mark.parametrize("seed", range(3))
def test_a_clustered_point_counts_each_side(seed):
    positive, a, _ = truth_and_scores(seed)
    said = a > 0.5
    by_lesion = roc.point(positive, said, groups=np.arange(60) // 2)
    by_image = roc.point(positive, said)
    for side in ("sensitivity", "specificity"):
        assert getattr(by_lesion, side).estimate == getattr(by_image, side).estimate
        assert getattr(by_lesion, side) != getattr(by_image, side)


# --- where there is no interval -------------------------------------------------------------------

SEPARATED = np.array([0, 0, 0, 1, 1, 1]), np.array([0.1, 0.2, 0.2, 0.7, 0.8, 0.9])


@pytest.mark.parametrize(
    "made",
    [
        lambda: roc.auc_delong(*SEPARATED),
        lambda: roc.auc_delong(*SEPARATED, interval="logit"),
        lambda: roc.auc_delong(SEPARATED[0], np.zeros(6)),
        lambda: roc.auc_delong([1, 0, 0], [0.5, 0.2, 0.9]),
        lambda: roc.auc_bootstrap(*SEPARATED, n_replicates=2),
        lambda: roc.auc_bootstrap([0, 1, 0, 1], [1, 2, 3, 4], groups=["one patient"] * 4),
        lambda: roc.auc_bootstrap(*SEPARATED, n_replicates=2, interval="logit"),
        lambda: roc.auc([0, 0, 1, 1, 0, 1], [1, 3, 2, 4, 5, 6], groups=["one patient"] * 6),
    ],
)
def test_no_interval_is_nan_with_a_warning(made):
    with pytest.warns(UserWarning, match="No interval"):
        found = made()
    assert np.isfinite(found.estimate)
    assert np.isnan(found.low) and np.isnan(found.high)
    assert not found.variance > 0


@pytest.mark.parametrize("compare", [roc.compare_auc, roc.compare_auc_bootstrap])
def test_equal_scores_differ_by_nothing(compare):
    positive, a, _ = truth_and_scores(0)
    with pytest.warns(UserWarning, match="No interval"):
        found = compare(positive, a, np.exp(a))
    assert (found.estimate, found.variance, found.z, found.p_value) == (0, 0, 0, 1)
    assert np.isnan(found.low) and np.isnan(found.high)


def test_perfect_against_inverted_is_the_limit():
    with pytest.warns(UserWarning, match="No interval"):
        found = roc.compare_auc(SEPARATED[0], SEPARATED[1], -SEPARATED[1])
    assert (found.estimate, found.variance, found.z, found.p_value) == (1, 0, np.inf, 0)


@pytest.mark.parametrize(
    ("score_b", "limit"),
    [(SEPARATED[1], (0, 0, 0, 1)), (-SEPARATED[1], (1, 0, np.inf, 0))],
)
def test_unpaired_limits_are_those_of_the_paired_test(score_b, limit):
    with pytest.warns(UserWarning, match="No interval"):
        found = roc.compare_auc_unpaired(*SEPARATED, SEPARATED[0], score_b)
    assert (found.estimate, found.variance, found.z, found.p_value) == limit
    assert np.isnan(found.low) and np.isnan(found.high) and found.df == np.inf


@pytest.mark.filterwarnings("ignore:.*drawn again")
def test_one_patient_with_all_positives_gives_no_clustered_interval():
    positive, a, _ = truth_and_scores(7, n=40)
    with pytest.warns(UserWarning, match="No interval: .*a class stands in a single group"):
        found = roc.auc(positive, a, groups=np.where(positive, 0, np.arange(40)))
    assert np.isnan([found.low, found.high, found.variance]).all()


def test_one_unpaired_case_of_a_class_has_no_test():
    with pytest.warns(UserWarning, match="No interval"):
        found = roc.compare_auc_unpaired([1, 0, 0], [0.5, 0.2, 0.9], [1, 0, 1, 0], [1, 2, 3, 4])
    assert np.isnan(found.z) and np.isnan(found.p_value)


def test_one_case_of_a_class_has_no_test():
    with pytest.warns(UserWarning, match="No interval"):
        found = roc.compare_auc([1, 0, 0], [0.5, 0.2, 0.9], [0.1, 0.2, 0.9])
    assert np.isnan(found.z) and np.isnan(found.p_value)


# --- what comes in --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_positive", "score", "sentence"),
    [
        ([], [], "0 positives among 0 cases"),
        ([1, 1], [0.1, 0.2], "2 positives among 2 cases"),
        ([0, 0], [0.1, 0.2], "0 positives among 2 cases"),
        ([0, 1], [0.1, np.nan], "1 of 2 values of score"),
        ([0, 1], [0.1, np.inf], "1 of 2 values of score"),
        ([0, 1], ["0.1", "high"], "1 of 2 values of score"),
        ([0, np.nan], [0.1, 0.2], "1 of 2 values of is_positive"),
        ([0, 2], [0.1, 0.2], "1 of 2 values of is_positive are neither 0 nor 1"),
        (["benign", "malignant"], [0.1, 0.2], "2 of 2 values of is_positive"),
        ([0, 1, 1], [0.1, 0.2], "3 values of is_positive and 2 values of score"),
    ],
)
@pytest.mark.parametrize("function", [roc.curve, roc.auc, roc.auc_delong,
                                      roc.auc_bootstrap])  # fmt: skip
def test_what_cannot_be_scored_is_said(function, is_positive, score, sentence):
    with pytest.raises(InputError, match=sentence):
        function(is_positive, score)


@pytest.mark.parametrize("compare", [roc.compare_auc, roc.compare_auc_bootstrap])
@pytest.mark.parametrize("score_b", [[0.1], [0.1, np.nan]])
def test_the_second_score_is_checked_too(compare, score_b):
    with pytest.raises(InputError):
        compare([0, 1], [0.1, 0.2], score_b)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: roc.auc_delong([0, 1], [0, 1], interval="walt"), "'walt'"),
        (lambda: intervals.proportion(1, 2, method="normal"), "'normal'"),
        (lambda: intervals.proportion(0, 0), "0 of 0"),
        (lambda: intervals.proportion(3, 2), "3 of 2"),
        (lambda: intervals.proportion(-1, 2), "-1 of 2"),
        (lambda: intervals.proportion(1.5, 2), "1.5 of 2"),
        (lambda: intervals.proportion(np.nan, 2), "nan of 2"),
        (lambda: roc.point_from_counts(0, 0, 5, 10), "0 of 0"),
        (lambda: roc.point([0, 1], [0, 3]), "decision are neither 0 nor 1"),
        (lambda: roc.auc_bootstrap([0, 1], [0, 1], n_replicates=1), "at least 2 replicates"),
        (lambda: roc.auc_bootstrap([0, 1], [0, 1], groups=["a"]), "1 values of groups"),
        (lambda: roc.auc_bootstrap([0, 1], [0, 1], interval="wald"), "'wald'"),
        (lambda: roc.compare_auc_unpaired([0, 1], [0, 1], [1, 1], [0, 1]), "2 positives"),
        (lambda: roc.compare_auc_unpaired([0, 1], [0, np.nan], [0, 1], [0, 1]), "1 of 2"),
        (lambda: intervals.share([0, 2]), "hits are neither 0 nor 1"),
        (lambda: intervals.share([]), "0.0 of 0"),
        (lambda: roc.point([0, 1], [0, 1], groups=["a", "a", "a"]), "3 values of groups"),
    ],
)
def test_bad_input_is_one_sentence(made, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        made()
    assert "\n" not in str(error.value)


def test_truth_may_be_text_numbers_booleans_or_nullable():
    expected = roc.auc_delong([0, 1, 0, 1, 1], [1, 2, 3, 4, 0])
    for truth in (
        ["0", "1", "0", "1", "1"],
        np.array([False, True, False, True, True]),
        pd.Series([False, True, False, True, True], dtype="boolean", index=[9, 8, 7, 6, 5]),
    ):
        assert roc.auc_delong(truth, ["1", "2", "3", "4", "0"]) == expected
    assert isinstance(expected, Estimate)


def test_auc_minus_mean_is_the_difference_of_areas_with_a_bootstrap_over_groups():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 3)
    positive = np.repeat(rng.random(60) < 0.4, 3)
    good, bad, worse = (positive * lift + rng.normal(size=180) for lift in (2, 0.6, 0.2))
    found = roc.auc_minus_mean(positive, good, [bad, worse], groups, n_replicates=400, seed=1)
    areas = [sklearn.metrics.roc_auc_score(positive, score) for score in (good, bad, worse)]
    assert found.estimate == pytest.approx(areas[0] - np.mean(areas[1:]))
    draws = []
    for _ in range(400):
        rows = np.concatenate([np.flatnonzero(groups == g) for g in rng.integers(60, size=60)])
        a, b, c = (
            sklearn.metrics.roc_auc_score(positive[rows], s[rows]) for s in (good, bad, worse)
        )
        draws.append(a - (b + c) / 2)
    np.testing.assert_allclose(
        [found.low, found.high], np.quantile(draws, [0.025, 0.975]), atol=0.03
    )
