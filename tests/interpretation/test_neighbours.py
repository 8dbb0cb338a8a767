"""Whether neighbours share a label: against plain loops and simulated samples."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from dermlab.errors import InputError
from dermlab.interpretation import neighbours


@pytest.fixture
def space():
    """Three blobs in 20 dimensions, and their names."""
    rng = np.random.default_rng(0)
    names = np.repeat(["a", "b", "c"], 40)
    centres = {"a": 0.0, "b": 2.0, "c": 4.0}
    return rng.normal(size=(120, 20)) + np.array([centres[n] for n in names])[:, None], names


def looped_purity(space, labels, k, groups):
    """By hand: of each image, the nearest k of other groups."""
    far, shares = cdist(space, space), []
    for i in range(len(space)):
        foreign = [j for j in np.argsort(far[i], kind="stable") if groups[j] != groups[i]][:k]
        shares.append(np.mean([labels[j] == labels[i] for j in foreign]))
    return np.array(shares)


@pytest.mark.parametrize("grouped", [False, True])
def test_purity_is_that_of_a_plain_loop(space, grouped):
    x, names = space
    x = x + np.random.default_rng(4).normal(size=x.shape) * 3
    groups = np.arange(120) // 3 if grouped else np.arange(120)
    by_hand = looped_purity(x, names, 5, groups)
    given = groups if grouped else None
    np.testing.assert_allclose(neighbours.agreement(x, names, k=5, groups=given), by_hand)
    assert neighbours.purity(x, names, k=5, groups=given).estimate == pytest.approx(by_hand.mean())


@pytest.mark.parametrize("grouped", [False, True])
def test_the_jackknife_leaves_each_group_out_as_asker_and_as_neighbour(space, grouped):
    x, names = space
    x = x[::2] + np.random.default_rng(5).normal(size=(60, 20)) * 3
    groups = np.array([0, 0, 0, 1, *range(2, 58)]) if grouped else np.arange(60)
    without = [
        looped_purity(x[groups != g], names[::2][groups != g], 6, groups[groups != g]).mean()
        for g in range(groups.max() + 1)
    ]
    made = neighbours._neighbourhood(x, names[::2], 6, groups)
    np.testing.assert_allclose(made.left_out(), without)
    n = len(without)
    variance = (n - 1) / n * np.sum((np.array(without) - np.mean(without)) ** 2)
    found = neighbours.purity(x, names[::2], k=6, groups=groups)
    assert found.variance == pytest.approx(variance)
    assert found.low == pytest.approx(found.estimate - 1.96 * np.sqrt(variance), abs=1e-3)


def drawn(rng, n=200):
    labels = np.arange(n) % 4
    centres = 1.5 * np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    return rng.normal(size=(n, 2)) + centres[labels], labels


def test_the_interval_of_a_purity_holds_it_where_redrawn_askers_do_not():
    """200 new samples of one population: the jackknife's interval and the askers' own."""
    rng = np.random.default_rng(6)
    samples = [drawn(rng) for _ in range(200)]
    found = [neighbours.purity(x, labels) for x, labels in samples]
    truth = np.mean([one.estimate for one in found])
    held = np.mean([one.low <= truth <= one.high for one in found])
    askers = np.array([neighbours.agreement(x, y).std() / np.sqrt(len(y)) for x, y in samples])
    naive = np.abs(np.array([one.estimate for one in found]) - truth) < 1.96 * askers
    assert 0.94 <= held <= 1
    assert naive.mean() < 0.88


def test_the_interval_of_a_difference_is_paired():
    """A space and the same with a little noise: far narrower than the two intervals together."""
    rng = np.random.default_rng(7)
    differences = []
    for _ in range(60):
        x, labels = drawn(rng)
        noisy = x + rng.normal(size=x.shape)
        differences.append(neighbours.compare_purity(x, noisy, labels))
    truth = np.mean([one.estimate for one in differences])
    held = np.mean([one.low <= truth <= one.high for one in differences])
    assert truth > 0.03 and held >= 0.93
    x, labels = drawn(rng)
    same = neighbours.compare_purity(x, x + 0.01 * rng.normal(size=x.shape), labels)
    assert abs(same.estimate) < 0.01 and same.high - same.low < 0.05
    a, b = neighbours.purity(x, labels), neighbours.purity(rng.permutation(x), labels)
    compared = neighbours.compare_purity(x, rng.permutation(x), labels)
    assert a.estimate - b.estimate > 0 and compared.low > 0 and compared.p_value < 1e-4


def test_chance_is_the_expected_share_and_p_is_right(space):
    x, _ = space
    rng = np.random.default_rng(8)
    labels = rng.permutation(np.repeat([0, 1], [90, 30]))
    found = neighbours.purity_against_chance(x, labels, n_shuffles=400)
    expected = (90 * 89 + 30 * 29) / (120 * 119)
    assert found.chance == pytest.approx(expected, abs=0.005)
    assert found.low <= expected <= found.high
    p_values = [
        neighbours.purity_against_chance(x, rng.permutation(labels), n_shuffles=99).p_value
        for _ in range(60)
    ]
    assert 0.3 < np.mean(p_values) < 0.7 and np.mean(np.array(p_values) <= 0.1) < 0.25
    seen = neighbours.purity_against_chance(x, space[1], n_shuffles=99)
    assert seen.p_value == 0.01 and seen.estimate > seen.high


def test_views_of_a_lesion_are_no_neighbours_and_are_shuffled_together(space):
    x, _ = space
    twice, lesion = np.concatenate([x, x + 1e-6]), np.tile(np.arange(120), 2)
    labels = np.tile(np.random.default_rng(9).integers(2, size=120), 2)
    assert neighbours.purity(twice, labels, k=1).estimate == 1
    alike = neighbours.purity(twice, labels, k=3, groups=lesion).estimate
    by_hand = looped_purity(twice, labels, 3, lesion).mean()
    assert alike == pytest.approx(by_hand, abs=0.02) and alike < 0.7
    found = neighbours.purity_against_chance(twice, labels, k=3, groups=lesion, n_shuffles=99)
    assert found.low <= found.estimate <= found.high
    with pytest.raises(InputError, match="one label a group"):
        neighbours.purity_against_chance(twice, np.arange(240) < 120, groups=lesion)


def test_a_purity_that_cannot_vary_has_no_interval(space):
    x, _ = space
    with pytest.warns(UserWarning, match="No interval"):
        found = neighbours.purity(x, np.zeros(120))
    assert found.estimate == 1 and np.isnan(found.low)


def test_labels_that_do_not_fit_are_refused(space):
    x, names = space
    with pytest.raises(InputError, match="120 images and 119 labels"):
        neighbours.purity(x, names[1:])
    with pytest.raises(InputError, match="1 of 120 images have no label"):
        neighbours.purity(x, [None, *names[1:]])
    with pytest.raises(InputError, match="119 neighbours of other groups"):
        neighbours.purity(x, names, k=119)
