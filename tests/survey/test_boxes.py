"""Boxes: by hand, pixel by pixel, against TensorFlow's suppression and scikit-learn's precision."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from dermlab.errors import InputError
from dermlab.survey import boxes

SQUARES = np.array([[0, 0, 10, 10], [0, 5, 10, 15], [20, 20, 30, 30], [1, 1, 9, 9]], float)


def random_boxes(rng, n):
    corner = rng.integers(0, 30, (n, 2))
    return np.hstack([corner, corner + rng.integers(1, 20, (n, 2))]).astype(float)


def test_overlap_by_hand():
    """Half of each: 50 / 150. Inside: 64 / 100. Apart: 0."""
    assert boxes.iou(SQUARES[:1], SQUARES)[0] == pytest.approx([1, 50 / 150, 0, 0.64])


def test_overlap_counts_pixels():
    rng = np.random.default_rng(0)
    some = random_boxes(rng, 12)

    def mask(box):
        canvas = np.zeros((60, 60), bool)
        top, left, bottom, right = box.astype(int)
        canvas[top:bottom, left:right] = True
        return canvas

    masks = [mask(box) for box in some]
    counted = [[(a & b).sum() / (a | b).sum() for b in masks] for a in masks]
    assert boxes.iou(some, some) == pytest.approx(np.array(counted))


def test_empty_boxes_are_refused():
    with pytest.raises(InputError, match="bottom > top"):
        boxes.iou(np.array([[0, 0, 0, 5.0]]), SQUARES)
    assert boxes.iou(np.empty((0, 4)), SQUARES).shape == (0, 4)


def test_suppression_by_hand():
    """Overlaps: 1/3 of the first two, .64 of first and fourth, 32 / 132 of second and fourth."""
    assert boxes.suppress(SQUARES, [0.9, 0.8, 0.1, 0.95]).tolist() == [3, 1, 2]
    assert boxes.suppress(SQUARES, [0.9, 0.8, 0.1, 0.95], 0.2).tolist() == [3, 2]
    assert boxes.suppress(SQUARES, [0.9, 0.8, 0.1, 0.5], 0.2).tolist() == [0, 2]


@pytest.mark.parametrize("overlap", [0.2, 0.5, 0.8])
def test_suppression_is_tensorflows(overlap):
    tensorflow = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(int(100 * overlap))
    some, scores = random_boxes(rng, 80), rng.permutation(80) / 80
    other = tensorflow.image.non_max_suppression(some, scores, 80, iou_threshold=overlap)
    assert boxes.suppress(some, scores, overlap).tolist() == other.numpy().tolist()


def test_a_second_box_on_one_mole_is_a_false_positive():
    truth = SQUARES[[0, 2]]
    assert boxes.hits(SQUARES[[0, 3, 1]], [0.5, 0.9, 0.3], truth).tolist() == [False, True, False]
    assert boxes.hits(SQUARES, [1, 1, 1, 0.5], truth).tolist() == [True, False, True, False]
    assert not boxes.hits(SQUARES, [1, 1, 1, 1], np.empty((0, 4))).any()


def test_average_precision_by_hand():
    """Hit, miss, hit of four true boxes: (1 + 2/3) / 4; the envelope leaves both."""
    is_hit, scores = [False, True, True], [0.5, 0.9, 0.1]
    assert boxes.average_precision(is_hit, scores, 4) == pytest.approx((1 + 2 / 3) / 4)
    # miss, hit, hit: 1/2 and 2/3; under the envelope both 2/3
    assert boxes.average_precision([0, 1, 1], [3, 2, 1], 2) == pytest.approx((1 / 2 + 2 / 3) / 2)
    found = boxes.average_precision([0, 1, 1], [3, 2, 1], 2, envelope=True)
    assert found == pytest.approx(2 / 3)
    with pytest.raises(InputError, match="true box"):
        boxes.average_precision([], [], 0)


def test_average_precision_is_scikit_learns_where_every_true_box_is_proposed():
    rng = np.random.default_rng(3)
    for _ in range(20):
        is_hit, scores = rng.random(40) < 0.3, rng.random(40)
        if is_hit.any():
            found = boxes.average_precision(is_hit, scores, int(is_hit.sum()))
            assert found == pytest.approx(average_precision_score(is_hit, scores))


def test_a_back_is_the_same_for_the_same_seed_and_boxes_hold_its_moles():
    picture, truth = boxes.back(1)
    assert picture.shape == (*boxes.SHAPE, 3) and picture.dtype == np.uint8
    assert (picture == boxes.back(1)[0]).all() and (picture != boxes.back(2)[0]).any()
    assert len(truth) == boxes.MOLES
    for top, left, bottom, right in np.rint(truth).astype(int):
        inside = picture[top + 1 : bottom, left + 1 : right, 1].mean()
        around = picture[max(0, top - 6) : bottom + 6, max(0, left - 6) : right + 6, 1].mean()
        assert inside < around


def test_suppression_raises_the_average_precision_of_proposals():
    picture, truth = boxes.back(1)
    proposed, scores = boxes.propose(picture)
    kept = boxes.suppress(proposed, scores)

    def precision(rows):
        is_hit = boxes.hits(proposed[rows], scores[rows], truth)
        return boxes.average_precision(is_hit, scores[rows], len(truth))

    everything = np.arange(len(scores))
    assert len(kept) < len(everything) and precision(kept) > precision(everything)
