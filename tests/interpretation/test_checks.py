"""The tests of maps: against scikit-image and scipy, and on cases whose answer is known."""

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.interpretation import checks


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_similarity_is_the_printed_formula(rng):
    """Wang et al. 2004, equation 13, on maps that hold one window of 7 pixels."""
    a, b = rng.random((2, 3, 7, 7)) ** 3
    c1, c2, printed = 0.01**2, 0.03**2, []
    for x, y in zip(a, b, strict=True):
        x, y = ((z.ravel() - z.min()) / np.ptp(z) for z in (x, y))
        (xx, xy), (_, yy) = np.cov(x, y)
        above = (2 * x.mean() * y.mean() + c1) * (2 * xy + c2)
        printed.append(above / ((x.mean() ** 2 + y.mean() ** 2 + c1) * (xx + yy + c2)))
    np.testing.assert_allclose(checks.similarity(a, b), printed, rtol=1e-9)
    np.testing.assert_allclose(checks.similarity(a, 5 * a + 2), 1, atol=1e-9)


def test_rank_correlation_is_scipy_s(rng):
    from scipy.stats import spearmanr

    a, b = rng.integers(0, 20, (2, 3, 9, 9)).astype(float)
    theirs = [spearmanr(x.ravel(), y.ravel())[0] for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(checks.rank_correlation(a, b), theirs)
    assert np.isnan(checks.rank_correlation(a, np.ones_like(a))).all()


def test_hits_and_energy(rng):
    masks = np.zeros((3, 8, 8), bool)
    masks[:, 2:5, 2:5] = True
    maps = np.zeros((3, 8, 8))
    maps[0, 3, 3], maps[1, 7, 7] = 2, 1
    maps[1, 3, 3] = 0.5
    np.testing.assert_allclose(checks.hits(maps, masks), [1, 0, 9 / 64])
    np.testing.assert_allclose(checks.energy(maps, masks), [1, 1 / 3, 9 / 64])
    with pytest.raises(InputError, match="do not fit"):
        checks.hits(maps, masks[:2])


def test_controls_know_only_the_picture(rng):
    images = np.zeros((1, 20, 20, 3))
    images[:, :, 10:] = 200
    found = checks.edges(images)[0]
    assert set(np.argwhere(found > 0)[:, 1]) == {9, 10}
    bell = checks.gaussian(2, 21)
    assert np.unravel_index(bell[0].argmax(), (21, 21)) == (10, 10)


def test_edges_of_a_picture_are_its_own_whatever_lies_beside_it(rng):
    images = rng.uniform(0, 255, (3, 12, 12, 3))
    images[1] = 100
    found = checks.edges(images)
    assert (found[1] == 0).all()
    np.testing.assert_array_equal(found[2], checks.edges(images[2:])[0])


def test_covering_takes_the_map_s_first_pixels(rng):
    images = rng.uniform(0, 255, (3, 10, 10, 3)).astype(np.float32)
    maps = rng.random((3, 10, 10))
    top = maps >= np.sort(maps.reshape(3, -1))[:, -20][:, None, None]
    empty = images.mean(axis=(1, 2), keepdims=True)

    def changed(pictures):
        return (pictures != images).any(axis=3)

    seen = []
    checks.covered(lambda x: seen.append(changed(x)) or np.zeros(3), images, maps, [0.2])
    checks.covered(
        lambda x: seen.append(changed(x)) or np.zeros(3), images, maps, [0.2], insert=True
    )
    np.testing.assert_array_equal(seen[0], top)
    np.testing.assert_array_equal(seen[1], ~top)
    values = checks.covered(
        lambda x: np.abs(x - empty).sum((1, 2, 3)), images, maps, [0.0, 0.5, 1.0]
    )
    assert (np.diff(values) < 0).all()
    np.testing.assert_allclose(values[:, 2], 0, atol=1e-3)


def test_deletion_and_insertion_by_hand():
    """Four grey pixels 8, 4, 2, 2 (mean 4); the answer is the first pixel and nothing else."""
    images = np.repeat(np.array([8.0, 4, 2, 2]).reshape(1, 2, 2, 1), 3, axis=3)
    finds, misses = np.array([[[4.0, 3], [2, 1]], [[1.0, 2], [3, 4]]])
    shares = [0, 0.25, 0.5, 0.75, 1]

    def of(whole, insert):
        return checks.covered(lambda x: x[:, 0, 0, 0], images, whole[None], shares, insert=insert)

    assert of(finds, insert=False).tolist() == [[8, 4, 4, 4, 4]]
    assert of(misses, insert=False).tolist() == [[8, 8, 8, 8, 4]]
    assert of(finds, insert=True).tolist() == [[4, 8, 8, 8, 8]]
    assert of(misses, insert=True).tolist() == [[4, 4, 4, 4, 8]]
    assert checks.area(of(finds, insert=False), shares) == pytest.approx(0.25 * 6 + 0.75 * 4)
    assert checks.area(of(misses, insert=False), shares) == pytest.approx(0.75 * 8 + 0.25 * 6)
    # Of a part of the way it is the mean height there.
    assert checks.area(np.array([[1.0, 1.0, 3.0]]), [0.1, 0.2, 0.4]) == pytest.approx(5 / 3)
    with pytest.raises(InputError, match="rise"):
        checks.area(np.ones((2, 3)), [0.2, 0.1, 0.3])
    with pytest.raises(InputError, match="each of 2 shares"):
        checks.area(np.ones((2, 3)), [0.1, 0.3])


def test_a_cascade_shuffles_from_the_top_and_puts_everything_back():
    from dermlab.network import inception, models

    model = models.build("compact", 2, 75, weights="none")
    kept, blocks = model.get_weights(), []
    for block in checks.cascade(model, seed=1):
        blocks.append(block)
        if block == "head":
            changed = [
                not np.array_equal(a, b) for a, b in zip(kept, model.get_weights(), strict=True)
            ]
            assert 1 <= sum(changed) <= 2  # the head's kernel and its bias, which is 0
    assert blocks == ["head", *reversed(inception.BLOCKS), "stem"]
    for before, after in zip(kept, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_shuffling_keeps_a_layer_s_numbers(rng):
    from dermlab.network.backend import keras

    layer = keras.layers.Conv2D(5, 3)
    layer.build((None, 8, 8, 4))
    before = layer.get_weights()[0]
    checks.shuffled(layer, rng)
    after = layer.get_weights()[0]
    assert not np.array_equal(before, after)
    np.testing.assert_array_equal(np.sort(before.ravel()), np.sort(after.ravel()))
    norm = keras.layers.BatchNormalization()
    norm.build((None, 6))
    norm.set_weights([np.arange(6.0), 10 + np.arange(6.0), np.arange(6.0), 20 + np.arange(6.0)])
    checks.shuffled(norm, rng)
    first, *others = norm.get_weights()
    assert first.tolist() != list(range(6))
    for offset, other in zip((10, 0, 20), others, strict=True):
        np.testing.assert_array_equal(other, first + offset)
