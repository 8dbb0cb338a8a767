"""Maps and how far to trust them: against scikit-learn, scipy and plain loops."""

import numpy as np
import pytest
from scipy.spatial import procrustes
from scipy.spatial.distance import cdist

from dermlab.errors import InputError
from dermlab.interpretation import embedding, neighbours


@pytest.fixture
def space():
    """Three blobs in 20 dimensions, and their names."""
    rng = np.random.default_rng(0)
    names = np.repeat(["a", "b", "c"], 40)
    centres = {"a": 0.0, "b": 2.0, "c": 4.0}
    return rng.normal(size=(120, 20)) + np.array([centres[n] for n in names])[:, None], names


# --- maps -----------------------------------------------------------------------------------------


def test_tsne_is_scikit_learns_on_principal_components(space):
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    x, _ = space
    components = PCA(20, random_state=0).fit_transform(x)
    theirs = TSNE(perplexity=20, init="pca", random_state=3).fit_transform(components)
    ours = embedding.tsne(x, perplexity=20, seed=3)
    assert ours.shape == (120, 2)
    trusted = [embedding.trustworthiness(x, made) for made in (ours, theirs)]
    assert trusted[0] == pytest.approx(trusted[1], abs=0.02)
    assert embedding.align(ours, theirs).disparity < 0.2


def test_a_map_does_not_depend_on_the_unit_of_the_features(space):
    x, names = space
    for factor in (1e-4, 1e3):
        made = embedding.tsne(factor * x)
        assert neighbours.agreement(made, names).mean() > 0.95


def test_from_principal_components_the_seed_decides_nothing_from_random_it_does(space):
    x, _ = space
    one = embedding.tsne(x, seed=0)
    assert embedding.align(embedding.tsne(x, seed=1), one).disparity < 1e-6
    anywhere = [embedding.tsne(x, seed=seed, start="random") for seed in (0, 1)]
    assert embedding.align(*anywhere).disparity > 1e-4
    np.testing.assert_allclose(embedding.tsne(x, seed=0), one)


def test_umap_keeps_blobs_apart(space):
    x, names = space
    made = embedding.umap(x)
    assert made.shape == (120, 2) and neighbours.agreement(made, names).mean() > 0.95


def test_what_no_map_can_be_made_of_is_refused(space):
    x, _ = space
    with pytest.raises(InputError, match="A perplexity of 120 does not fit 120 images"):
        embedding.tsne(x, perplexity=120)
    with pytest.raises(InputError, match="starts from 'pca' or 'random', not 'spectral'"):
        embedding.tsne(x, start="spectral")
    with pytest.raises(InputError, match="120 neighbours do not fit 120 images"):
        embedding.umap(x, neighbours=120)
    with pytest.raises(InputError, match="nothing to map"):
        embedding.tsne(np.ones((10, 4)))
    with pytest.raises(InputError, match="no finite numbers"):
        embedding.tsne(np.where(x > 3, np.nan, x))
    for make in (embedding.tsne, embedding.umap):
        for two in (np.ones((2, 4)), x[:2], x[:1]):
            with pytest.raises(InputError, match="at least three"):
                make(two)
        for one in (x[:, :1], x[:40, 2:3], np.arange(50.0)[:, None]):
            with pytest.raises(InputError, match="these images have one feature each"):
                make(one)
        with pytest.raises(InputError, match="A space has a row an image"):
            make(x[:, 0])


def test_pictures_are_laid_out_in_rows():
    pictures = np.random.default_rng(1).integers(0, 255, (30, 4, 4, 3), dtype=np.uint8)
    rows = embedding.checked(pictures)
    assert rows.shape == (30, 48) and rows.dtype.kind == "f"
    np.testing.assert_array_equal(rows[7], pictures[7].ravel())


# --- alignment ------------------------------------------------------------------------------------


def test_alignment_agrees_with_scipy_and_undoes_a_move():
    rng = np.random.default_rng(2)
    onto, other = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    assert embedding.align(other, onto).disparity == pytest.approx(procrustes(onto, other)[2])
    turn = np.array([[0.6, -0.8], [-0.8, -0.6]])  # turned and mirrored
    found = embedding.align(3 * onto @ turn + [5, -7], onto)
    np.testing.assert_allclose(found.map, onto, atol=1e-9)
    assert found.disparity == pytest.approx(0, abs=1e-9)


def test_maps_that_do_not_fit_are_not_aligned():
    with pytest.raises(InputError, match="cannot be laid onto"):
        embedding.align(np.zeros((4, 2)), np.zeros((5, 2)))
    with pytest.raises(InputError, match="in one place"):
        embedding.align(np.ones((4, 2)), np.eye(4)[:, :2])


# --- is the map true to the space? ----------------------------------------------------------------


def looped_trustworthiness(space, shown, k):
    """Venna and Kaski's formula, as printed."""
    n = len(space)
    far, near = cdist(space, space), cdist(shown, shown)
    rank = np.argsort(np.argsort(far, axis=1), axis=1)  # the image itself has rank 0
    cost = 0
    for i in range(n):
        on_map = np.argsort(near[i])[1 : k + 1]
        cost += sum(max(0, rank[i, j] - k) for j in on_map)
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * cost


def test_trustworthiness_and_continuity_are_the_printed_formula(space):
    x, _ = space
    shown = x[:, :2]
    assert embedding.trustworthiness(x, shown, k=7) == pytest.approx(
        looped_trustworthiness(x, shown, 7)
    )
    assert embedding.continuity(x, shown, k=7) == pytest.approx(looped_trustworthiness(shown, x, 7))
    assert embedding.trustworthiness(x, x) == 1
    noise = np.random.default_rng(0).normal(size=(120, 2))
    assert embedding.trustworthiness(x, noise) < embedding.trustworthiness(x, shown)
    with pytest.raises(InputError, match="do not fit"):
        embedding.trustworthiness(x, shown, k=60)


def test_folding_costs_trust_and_tearing_costs_continuity():
    """A line laid double mixes strangers; a circle cut open parts neighbours."""
    t = np.linspace(0, 1, 100)
    line = np.stack([t, 0 * t], axis=1)
    folded = np.stack([np.abs(t - 0.5), 0 * t], axis=1)
    assert embedding.trustworthiness(line, folded) < embedding.continuity(line, folded) - 0.1
    angle = 2 * np.pi * np.arange(100) / 100
    circle, cut = np.stack([np.cos(angle), np.sin(angle)], axis=1), np.stack([angle, 0 * angle], 1)
    assert embedding.continuity(circle, cut) < embedding.trustworthiness(circle, cut)


def test_spreads_are_the_planted_ones():
    rng = np.random.default_rng(3)
    wide = {"a": 1.0, "b": 5.0}
    names = np.repeat(["a", "b"], 4000)
    x = rng.normal(size=(8000, 2)) * np.array([wide[n] for n in names])[:, None]
    x[names == "b"] += [30, 40]
    width, apart = embedding.spreads(x, names)
    assert width["a"] == pytest.approx(np.sqrt(2), rel=0.03)
    assert width["b"] == pytest.approx(5 * np.sqrt(2), rel=0.03)
    assert apart.loc["a", "b"] == pytest.approx(50, rel=0.02) and apart.loc["a", "a"] == 0


# --- what no map shows ----------------------------------------------------------------------------


def test_a_probe_finds_a_plane_and_what_no_neighbour_tells():
    """A side hidden in one of 50 dimensions: a plane finds it, neighbours hardly do."""
    rng = np.random.default_rng(10)
    side = np.arange(400) % 2
    x = rng.normal(size=(400, 50)) * 3
    x[:, 7] = rng.normal(size=400) + 2.5 * side
    plane, near = embedding.probe(x, side), neighbours.neighbour_area(x, side)
    assert plane.low > 0.85 and near.estimate < plane.low - 0.1
    nothing = embedding.probe(x, rng.permutation(side))
    assert nothing.low < 0.5 < nothing.high


def test_a_probe_scores_no_image_by_another_of_its_group():
    """Twins with random labels: without groups they would give each other away."""
    rng = np.random.default_rng(11)
    x, side = rng.normal(size=(100, 200)), rng.integers(2, size=100)
    twice, sides, pair = np.concatenate([x, x]), np.tile(side, 2), np.tile(np.arange(100), 2)
    assert embedding.probe(twice, sides).estimate > 0.8
    honest = embedding.probe(twice, sides, groups=pair)
    assert honest.low < 0.5 < honest.high or honest.estimate < 0.5
