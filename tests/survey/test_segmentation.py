"""Patches, whole slices, and scores: against hand-computed cases and other libraries."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.distance import dice as scipy_dissimilarity
from skimage.metrics import hausdorff_distance
from skimage.segmentation import find_boundaries
from sklearn.metrics import f1_score

from dermlab.survey import segmentation


def masks(seed, shape=(1, 40, 30)):
    from scipy import ndimage

    noise = np.random.default_rng(seed).normal(size=shape)
    return ndimage.gaussian_filter(noise, (0, 3, 3)) > 0.02


# --- scores ---------------------------------------------------------------------------------------


def square(top, left, side=4, shape=(1, 12, 12)):
    mask = np.zeros(shape, bool)
    mask[:, top : top + side, left : left + side] = True
    return mask


def test_dice_by_hand():
    assert segmentation.dice(square(2, 2), square(2, 2)) == 1
    assert segmentation.dice(square(2, 2), square(2, 4)) == 0.5  # 8 of 16 and 16
    assert segmentation.dice(square(2, 2), square(7, 7)) == 0
    assert segmentation.dice(square(2, 2), square(2, 2, 2)) == 2 * 4 / (16 + 4)
    empty = np.zeros((1, 12, 12), bool)
    assert np.isnan(segmentation.dice(empty, empty)) and segmentation.dice(empty, square(0, 0)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_dice_is_that_of_two_libraries(seed):
    one, other = masks(seed), masks(seed + 50)
    value = segmentation.dice(one, other)
    assert value == pytest.approx(f1_score(one.ravel(), other.ravel()))
    assert value == pytest.approx(1 - scipy_dissimilarity(one.ravel(), other.ravel()))


def test_surface_distance_by_hand():
    one = square(2, 2)
    assert segmentation.surface_distance(one, one) == 0
    point, far = square(0, 0, 1), square(3, 4, 1)
    assert segmentation.surface_distance(point, far) == 5  # 3-4-5
    assert segmentation.surface_distance(point, far, mm=2.0) == 10
    # a pixel inside a square of three: its border's eight pixels lie 1 or √2 away, itself 1
    expected = (1 + 4 * 1 + 4 * np.sqrt(2)) / 9
    centre, ring = square(4, 4, 1), square(3, 3, 3)
    assert segmentation.surface_distance(centre, ring) == pytest.approx(expected)
    assert segmentation.surface_distance(ring, centre) == pytest.approx(expected)


def test_a_slice_without_one_of_the_masks_has_no_distance():
    two = np.concatenate([square(2, 2), square(2, 2)])
    half = np.concatenate([square(2, 3), np.zeros((1, 12, 12), bool)])
    assert segmentation.surface_distance(two, half) == segmentation.surface_distance(
        square(2, 2), square(2, 3)
    )
    assert np.isnan(segmentation.surface_distance(two, np.zeros_like(two)))


@pytest.mark.parametrize("seed", range(4))
def test_borders_and_distances_are_those_of_libraries(seed):
    one, other = masks(seed), masks(seed + 50)
    inner = [
        find_boundaries(np.pad(m[0], 1), connectivity=1, mode="inner")[1:-1, 1:-1]
        for m in (one, other)
    ]
    assert np.array_equal(segmentation._border(one)[0], inner[0])
    points = [np.argwhere(mask) for mask in inner]
    both = [cKDTree(points[1 - k]).query(points[k])[0] for k in (0, 1)]
    expected = np.concatenate(both)
    assert segmentation.surface_distance(one, other) == pytest.approx(expected.mean())
    assert max(map(np.max, both)) == pytest.approx(hausdorff_distance(*inner))


def test_scores_have_a_row_a_subject_and_a_column_a_tissue():
    truth = np.zeros((2, 1, 12, 12), np.uint8)
    truth[0, square(2, 2)] = 3
    answer = truth.copy()
    answer[0, square(2, 2)[:, ::-1]] = 3
    scored = segmentation.scores(truth, answer)
    assert scored["dice"].shape == scored["distance"].shape == (2, 6)
    assert scored["dice"][0, 2] < 1 and np.isnan(scored["dice"][1]).all()


# --- patches --------------------------------------------------------------------------------------


def test_a_patch_is_the_square_around_its_pixel():
    image = np.arange(2 * 6 * 5, dtype=np.float32).reshape(2, 6, 5)
    pixels = np.array([[1, 2, 2], [0, 0, 0]])
    found = segmentation.patches(image, pixels, 3)
    assert found.shape == (2, 3, 3, 1)
    assert np.array_equal(found[0, ..., 0], image[1, 1:4, 1:4])
    assert found[1, 1, 1, 0] == 0 and np.array_equal(found[1, 1:, 1:, 0], image[0, :2, :2])
    assert not found[1, 0].any() and not found[1, :, 0].any()  # outside lies zero


def test_every_tissue_is_drawn_as_often():
    labels = np.zeros((2, 30, 30), np.uint8)
    labels[0, :3, :3], labels[1, 5, 5] = 4, 6
    pixels = segmentation.balanced_pixels(labels, 90, np.random.default_rng(0))
    assert np.bincount(labels[tuple(pixels.T)]).tolist() == [30, 0, 0, 0, 30, 0, 30]


@pytest.mark.parametrize("sizes", [(25,), (51,), (25, 51, 75)])
def test_sliding_gives_what_patches_give(sizes):
    """The whole slice at once, and one patch at a time: the same numbers, at corners too."""
    model = segmentation.patch_network(sizes, seed=1)
    images = np.random.default_rng(0).random((1, 45, 38)).astype(np.float32)
    pixels = np.array([[0, 0, 0], [0, 44, 37], [0, 20, 11], [0, 3, 30]])
    one = segmentation.by_patches(model, images, pixels)
    whole = segmentation.sliding(model, images)
    assert whole.shape == (1, 45, 38, 7)
    assert np.allclose(one, whole[tuple(pixels.T)], atol=1e-5)
    assert np.ptp(whole[..., 0]) > 1e-4  # it is no constant that agrees


def test_the_branches_are_the_paper_s():
    model = segmentation.patch_network((25, 51, 75), seed=0)
    assert segmentation.sizes_of(model) == [25, 51, 75]
    for size, kernels in {25: (5, 3, 3), 51: (7, 5, 3), 75: (9, 7, 5)}.items():
        layers = [model.get_layer(f"conv{size}_{number}") for number in range(3)]
        assert tuple(layer.kernel_size[0] for layer in layers) == kernels
        assert [layer.filters * 3 for layer in layers] == [24, 36, 48]  # a third; 36 for 32


# --- training -------------------------------------------------------------------------------------


def bright_square(n=2, size=32):
    labels = np.zeros((n, size, size), np.uint8)
    labels[:, 8:20, 10:24] = 3
    return labels.astype(np.float32) / 3, labels


@pytest.mark.parametrize("kind", ["patches", "full"])
def test_a_network_learns_what_can_be_seen_and_repeats_itself(kind):
    from dermlab.network import backend

    def trained():
        backend.deterministic(3)
        if kind == "full":
            model = segmentation.full_network(seed=3)
            losses = segmentation.fit_full(model, images, labels, steps=25)
        else:
            model = segmentation.patch_network((25,), seed=3)
            losses = segmentation.fit_patches(model, images, labels, steps=25, batch=32)
        return losses, segmentation.segment(model, images)

    images, labels = bright_square()
    losses, answer = trained()
    assert losses[-5:].mean() < losses[:5].mean()
    assert answer.shape == labels.shape and answer.dtype == np.uint8
    again, _ = trained()
    assert np.array_equal(losses, again)
