"""Readers and cases: the printed analysis of Van Dyke's data; slow counts of simulated reads."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from dermlab.errors import InputError
from dermlab.evaluation import mrmc, roc

# --- Van Dyke: 5 readers, 2 ways, 114 cases, as two other programs print it -----------------------

VAN_DYKE = mrmc.Components(
    n_ways=2,
    n_readers=5,
    ms_ways=0.004796171,
    ms_ways_readers=0.0005510306,
    variance=0.0008022883,
    cov1=0.0003466137,
    cov2=0.0003440748,
    cov3=0.0002390284,
)


def test_van_dykes_test_follows_from_its_components():
    found = mrmc.hillis_test(VAN_DYKE, -0.04380032)
    assert 5 / 2 * found.variance == pytest.approx(0.001076263, abs=5e-10)
    assert np.sqrt(found.variance) == pytest.approx(0.02074862, abs=1e-8)
    assert found.df == pytest.approx(15.25967, abs=1e-5)
    assert found.z == pytest.approx(-2.110999, abs=1e-6)
    assert found.z**2 == pytest.approx(4.456319, abs=5e-6)
    assert VAN_DYKE.ms_ways / (5 / 2 * found.variance) == pytest.approx(4.456319, abs=5e-6)
    assert found.p_value == pytest.approx(0.05166569, abs=5e-8)
    assert found.low == pytest.approx(-0.0879594986, abs=5e-8)
    assert found.high == pytest.approx(0.0003588544, abs=5e-8)


def test_van_dykes_numbers_are_those_of_two_means():
    difference = 0.8970370 - 0.9408374
    assert difference == pytest.approx(-0.04380032, abs=1e-7)
    assert 5 * 2 * (difference / 2) ** 2 == pytest.approx(VAN_DYKE.ms_ways, abs=1e-7)


@pytest.mark.parametrize(
    ("area", "se", "df", "low", "high"),
    [
        (0.8970370, 0.03317360, 12.74465, 0.8252236, 0.9688505),
        (0.9408374, 0.02156637, 12.71019, 0.8941378, 0.9875369),
    ],
)
def test_van_dykes_single_areas_follow_from_readers_with_their_spread(area, se, df, low, high):
    """SE and df give back the readers' mean square and cov2; any readers with these fit."""
    spread = 5 * se**2
    of_readers = spread * np.sqrt(4 / df)
    readers = np.array([-2, -1, 0, 1, 2]) * np.sqrt(of_readers / 2.5) + area
    found = mrmc.mean_area(readers, (spread - of_readers) / 5)
    assert np.sqrt(found.variance) == pytest.approx(se, abs=1e-8)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-7)
    half = t.ppf(0.975, df) * se
    assert (found.low, found.high) == pytest.approx((area - half, area + half), abs=1e-10)


def test_van_dykes_cov2_is_the_mean_of_both_ways():
    cov2 = []
    for se, df in ((0.03317360, 12.74465), (0.02156637, 12.71019)):
        cov2.append(se**2 * (1 - np.sqrt(4 / df)))
    assert np.mean(cov2) == pytest.approx(VAN_DYKE.cov2, abs=1e-9)


# --- the whole path, against a count that looks at every pair -------------------------------------


def simulated(seed, n_readers=4, n=50, skill=(1.0, 1.6)):
    """Reads of a reader mix, five-point scales: ways × readers × cases, and the truth."""
    rng = np.random.default_rng(seed)
    positive = np.r_[True, True, False, False, rng.random(n - 4) < 0.4]
    case = rng.normal(size=n)
    reader = rng.normal(scale=0.3, size=n_readers)
    reads = [
        [case + s * positive + r * positive + rng.normal(size=n) for r in reader] for s in skill
    ]
    return positive, np.clip(np.round(np.array(reads)), -2, 3)


def slow(positive, reads):
    """Obuchowski and Rockette by loops, from DeLong's placements of every pair of cases."""
    n_ways, n_readers, _ = reads.shape
    placed = {}
    for i in range(n_ways):
        for j in range(n_readers):
            ill, well = reads[i, j][positive], reads[i, j][~positive]
            pairs = (ill[:, None] > well) + 0.5 * (ill[:, None] == well)
            placed[i, j] = pairs.mean(axis=1), pairs.mean(axis=0)
    area = {key: value[0].mean() for key, value in placed.items()}

    def covariance(a, b):
        (a10, a01), (b10, b01) = placed[a], placed[b]
        return np.cov(a10, b10)[0, 1] / positive.sum() + np.cov(a01, b01)[0, 1] / (~positive).sum()

    sums = {"variance": [], "cov1": [], "cov2": [], "cov3": []}
    for a in placed:
        for b in placed:
            if a == b:
                sums["variance"].append(covariance(a, b))
            elif a[1] == b[1]:
                sums["cov1"].append(covariance(a, b))
            elif a[0] == b[0]:
                sums["cov2"].append(covariance(a, b))
            else:
                sums["cov3"].append(covariance(a, b))
    found = {name: np.mean(values) for name, values in sums.items()}
    of_way = [np.mean([area[i, j] for j in range(n_readers)]) for i in range(n_ways)]
    of_reader = [np.mean([area[i, j] for i in range(n_ways)]) for j in range(n_readers)]
    grand = np.mean(list(area.values()))
    found["ms_ways"] = n_readers * sum((x - grand) ** 2 for x in of_way) / (n_ways - 1)
    rest = sum((area[i, j] - of_way[i] - of_reader[j] + grand) ** 2 for i, j in area)
    found["ms_ways_readers"] = rest / ((n_ways - 1) * (n_readers - 1))
    found["difference"] = of_way[0] - of_way[1]
    return found


@pytest.mark.parametrize("seed", range(10))
def test_the_analysis_is_that_of_slow_loops(seed):
    positive, reads = simulated(seed, n_readers=3 + seed % 3)
    n_readers = reads.shape[1]
    expected = slow(positive, reads)
    found = mrmc.compare(positive, *reads)
    spread = expected["ms_ways_readers"] + max(n_readers * (expected["cov2"] - expected["cov3"]), 0)
    df = spread**2 / (expected["ms_ways_readers"] ** 2 / (n_readers - 1))
    f = expected["ms_ways"] / spread
    assert found.difference.estimate == pytest.approx(expected["difference"], abs=1e-12)
    assert found.difference.variance == pytest.approx(2 * spread / n_readers, abs=1e-12)
    assert found.difference.df == pytest.approx(df, rel=1e-9)
    assert found.difference.z**2 == pytest.approx(f, rel=1e-9)
    assert found.difference.p_value == pytest.approx(2 * t.sf(np.sqrt(f), df), rel=1e-9)
    half = t.ppf(0.975, df) * np.sqrt(2 * spread / n_readers)
    assert found.difference.low == pytest.approx(expected["difference"] - half, abs=1e-12)


@pytest.mark.parametrize(
    ("seed", "skill"), [*((seed, (1.0, 1.6)) for seed in range(5)), (0, (0.5, 1.0, 1.5))]
)
def test_the_components_are_those_of_slow_loops_for_two_ways_and_for_three(seed, skill):
    from dermlab.evaluation.roc import delong_covariance

    positive, reads = simulated(seed, skill=skill)
    n = len(skill)
    areas, covariance = delong_covariance(positive, reads.reshape(4 * n, -1))
    found = mrmc.components(areas.reshape(n, 4), covariance.reshape(n, 4, n, 4))
    expected = slow(positive, reads)
    for name in ("ms_ways", "ms_ways_readers", "variance", "cov1", "cov2", "cov3"):
        assert getattr(found, name) == pytest.approx(expected[name], abs=1e-12), name


def test_the_paired_covariances_agree_with_the_paired_test_of_one_reader():
    """Two readers who read alike: only the cases vary, and DeLong's paired variance remains."""
    positive, reads = simulated(3)
    a, b = (np.stack([way[0], way[0]]) for way in reads)
    paired = roc.compare_auc(positive, a[0], b[0])
    found = mrmc.compare(positive, a, b).difference
    assert found.variance == pytest.approx(paired.variance, abs=1e-12)
    assert found.df == np.inf
    assert found.p_value == pytest.approx(paired.p_value, abs=1e-10)


def test_a_network_alone_is_compared_with_the_readers_mean():
    """The variance is that of the readers' differences from one and the same area."""
    positive, reads = simulated(4)
    network = reads[1, 0]
    found = mrmc.compare(positive, reads[0], mrmc.alone(network, 4))
    differences = [
        roc.auc_delong(positive, row).estimate - roc.auc_delong(positive, network).estimate
        for row in reads[0]
    ]
    assert found.difference.estimate == pytest.approx(np.mean(differences), abs=1e-12)
    assert found.difference.variance > np.var(differences, ddof=1) / 4
    assert found.mean_b.estimate == pytest.approx(roc.auc_delong(positive, network).estimate)
    of_cases = roc.auc_delong(positive, network).variance
    assert found.mean_b.variance == pytest.approx(of_cases, abs=1e-12)


# --- the bootstrap --------------------------------------------------------------------------------


def test_the_bootstrap_draws_readers_and_cases_as_a_plain_loop_does():
    from sklearn.metrics import roc_auc_score

    positive, reads = simulated(5)
    groups = np.random.default_rng(0).integers(30, size=50)
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    cases_rng, readers_rng = np.random.default_rng(8), np.random.default_rng([8, 1])
    weights = readers_rng.multinomial(4, [0.25] * 4, size=60)
    loop = []
    for weight in weights:
        drawn = [members[k] for k in cases_rng.integers(len(members), size=len(members))]
        drawn = np.concatenate(drawn)
        areas = [[roc_auc_score(positive[drawn], row[drawn]) for row in way] for way in reads]
        loop.append(np.average(areas, axis=1, weights=weight))
    loop = np.array(loop)
    found = mrmc.compare_bootstrap(positive, *reads, groups, n_replicates=60, seed=8)
    for estimate, replicates in (
        (found.mean_a, loop[:, 0]),
        (found.mean_b, loop[:, 1]),
        (found.difference, loop[:, 0] - loop[:, 1]),
    ):
        expected = tuple(np.percentile(replicates, [2.5, 97.5]))
        assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-12)
        assert estimate.variance == pytest.approx(np.var(replicates, ddof=1), abs=1e-12)


@pytest.mark.parametrize(
    ("of_way", "noise", "low", "high"), [(1, 0.1, 0.8, 1.25), (0, 1.0, 2.0, 3.5)]
)
def test_the_bootstrap_counts_only_a_single_reads_chance_three_times(of_way, noise, low, high):
    """Ways that see the cases differently, for all readers alike: equal widths. Chance: not."""
    ratio = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        positive = np.arange(200) < 80
        seen = 1.5 * positive + rng.normal(size=200) + of_way * rng.normal(size=(2, 1, 200))
        reads = seen + noise * rng.normal(size=(2, 10, 200))
        by_formula, drawn = (f(positive, *reads) for f in (mrmc.compare, mrmc.compare_bootstrap))
        assert drawn.difference.estimate == pytest.approx(by_formula.difference.estimate, abs=1e-12)
        assert drawn.areas == pytest.approx(by_formula.areas) and drawn.areas.shape == (2, 10)
        ratio.append(drawn.difference.variance / by_formula.difference.variance)
    assert low < np.median(ratio) < high


@pytest.mark.all
def test_the_test_holds_its_size_where_both_ways_are_alike():
    """1,500 studies of 5 readers and 60 cases without a difference: about 5 % are called one."""
    p = [
        mrmc.compare(*((positive, *reads))).difference.p_value
        for positive, reads in (simulated(s, 5, 60, (1.2, 1.2)) for s in range(10_000, 11_500))
    ]
    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.065


# --- the reads ------------------------------------------------------------------------------------


def reads_table(confidence=(3, 5, 1, 2)):
    return pd.DataFrame(
        {
            "reader_id": ["b", "b", "a", "a"],
            "image_id": ["x", "y", "x", "y"],
            "decision": [1, 0, 1, 1],
            "confidence": confidence,
        }
    )


def test_a_rating_is_the_decision_times_the_confidence():
    table = mrmc.ratings(reads_table())
    assert table.index.tolist() == ["a", "b"] and table.columns.tolist() == ["x", "y"]
    assert table.to_numpy().tolist() == [[1, 2], [3, -5]]


def test_one_missing_confidence_leaves_only_decisions():
    table = mrmc.ratings(reads_table((3, None, 1, 2)))
    assert table.to_numpy().tolist() == [[1, 1], [1, -1]]
    assert mrmc.ratings(reads_table().drop(columns="confidence")).equals(table)


@pytest.mark.parametrize("compare", [mrmc.compare, mrmc.compare_bootstrap])
def test_readers_who_only_decide_have_no_area(compare):
    positive, reads = simulated(7)
    decided = np.where(reads[0] > 0, 1, -1)
    for pair, name in (((decided, reads[1]), "ratings_a"), ((reads[1], decided > 0), "ratings_b")):
        with pytest.raises(InputError, match=f"{name} has two values only.*decisions.compare"):
            compare(positive, *pair)
    graded = np.where(np.arange(reads.shape[2]) == 0, 3, decided)
    assert compare(positive, graded, reads[1]).areas.shape == (2, 4)


# --- where there is no interval, and what comes in ------------------------------------------------


@pytest.mark.parametrize("compare", [mrmc.compare, mrmc.compare_bootstrap])
def test_equal_reads_differ_by_nothing(compare):
    positive, reads = simulated(8)
    with pytest.warns(UserWarning, match="No interval"):
        found = compare(positive, reads[0], reads[0]).difference
    assert found.estimate == 0 and found.variance == pytest.approx(0, abs=1e-18)
    assert np.isnan(found.low) and (found.z, found.p_value) == (0, 1)


def test_perfect_readers_have_no_interval():
    perfect = np.tile([1, 2, 3, 4], (3, 1))
    with pytest.warns(UserWarning, match="No interval"):
        found = mrmc.compare([0, 0, 1, 1], perfect, perfect)
    assert found.mean_a.estimate == 1 and np.isnan(found.mean_a.low)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: mrmc.compare([0, 1], [[1, 2]], [[1, 2]]), "two or more readers"),
        (lambda: mrmc.compare([0, 1], np.ones((2, 2)), np.ones((3, 2))), "do not fit"),
        (lambda: mrmc.compare([0, 1], np.ones(2), np.ones(2)), "do not fit"),
        (lambda: mrmc.compare([0, 1], np.ones((2, 2)), np.ones((2, 2))), "two cases of each"),
        (lambda: mrmc.compare([1, 1], np.ones((2, 2)), np.ones((2, 2))), "2 positives among 2"),
        (lambda: mrmc.compare([0, 1, 1], np.ones((2, 2)), np.ones((2, 2))), "3 values"),
        (lambda: mrmc.compare([0, 1], [[1, np.nan]] * 2, np.ones((2, 2))), "1 of 2 values"),
        (lambda: mrmc.ratings(reads_table().iloc[:3]), "1 reader did not read all 2 images .a"),
        (lambda: mrmc.ratings(pd.concat([reads_table()] * 2)), "2 readers read an image twice"),
    ],
)
def test_bad_input_is_one_sentence(made, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        made()
    assert "\n" not in str(error.value)


def test_the_interval_covers_zero_about_as_often_as_its_p_value_says():
    positive, reads = simulated(9)
    found = mrmc.compare(positive, *reads).difference
    assert (found.low <= 0 <= found.high) == (found.p_value >= 0.05)
    assert norm.sf(abs(found.z)) < found.p_value / 2  # t has the heavier tail
