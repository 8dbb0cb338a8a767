"""Candidates on shapes whose answer is known, patches by hand, classifiers that learn by scan."""

import numpy as np
import pytest
from scipy import ndimage

from dermlab.errors import InputError
from dermlab.evaluation import roc
from dermlab.survey import detection, froc, lungs


def ball(shape, centre, radius):
    grid = np.indices(shape)
    distance = np.sqrt(sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True)))
    return np.clip(radius - distance + 0.5, 0, 1)


@pytest.fixture(scope="module")
def scan():
    return lungs.scan(1)


@pytest.fixture(scope="module")
def chest():
    """A box of tissue with a dark cavity; in it a ball, and a tube from wall to wall."""
    hu = np.full((64, 80, 90), -1000.0)
    hu[:, 8:-8, 8:-8] = 40
    hu[6:-6, 16:-16, 16:-16] = -860
    hu += 900 * ball(hu.shape, (32, 40, 30), 3)
    hu[30:34, 16:-16, 60:63] = 40
    return np.rint(ndimage.gaussian_filter(hu, 0.5)).astype(np.int16)


def test_the_mask_is_the_cavity_with_what_lies_in_it(chest):
    box, mask = detection.lung_mask(chest)
    whole = np.zeros(chest.shape, bool)
    whole[box] = mask
    assert whole[32, 40, 30] and whole[12, 30, 40] and not whole[32, 4, 4] and not whole[2, 40, 40]
    assert whole.sum() == pytest.approx(52 * 48 * 58, rel=0.15)


def test_without_a_lung_there_are_no_candidates():
    with pytest.raises(InputError, match="No lung"):
        detection.candidates(np.full((40, 40, 40), 40, np.int16))


def test_a_ball_is_the_best_candidate_and_a_tube_is_worse(chest, monkeypatch):
    monkeypatch.setattr(lungs, "SHAPE", chest.shape)
    found = detection.candidates(chest)
    index = lungs.to_index(found[["z", "y", "x"]].to_numpy())
    assert np.abs(index[0] - (32, 40, 30)).max() <= 1
    assert found["score"].is_monotonic_decreasing
    on_tube = (np.abs(index - (31.5, 0, 61)) < (3, 99, 3))[:, [0, 2]].all(axis=1)
    assert (found["score"][on_tube] < 0.5 * found["score"][0]).all()


def test_eigenvalues_of_a_known_surface():
    """f = −3 z² − 2 y² − x² + 2 x y at its top: −6 along z, and the 2 × 2 block by numpy."""
    z, y, x = np.indices((9, 9, 9)) - 4
    surface = -3.0 * z**2 - 2 * y**2 - x**2 + 2 * x * y
    block = np.linalg.eigvalsh([[-4, 2], [2, -2]])
    expected = sorted([-6, *block], reverse=True)
    found = detection.eigenvalues(surface, np.array([[4, 4, 4]]))
    assert found[0] == pytest.approx(expected)
    z3, z1 = expected[0], expected[2]
    assert detection.dots(surface, np.array([[4, 4, 4]])) == pytest.approx([z3**2 / -z1])


def test_the_dot_filter_is_zero_on_a_tube():
    z, y, x = np.indices((9, 9, 9)) - 4
    tube = -1.0 * z**2 - y**2 + 0 * x
    assert detection.dots(tube, np.array([[4, 4, 4]])) == pytest.approx([0])


def test_candidates_mark_most_nodules(scan):
    found = detection.candidates(scan.hu).assign(scan=0)
    assert len(found) <= 2 * detection.MOST
    marked = froc.match(found, scan.nodules.assign(scan=0))
    assert len(set(marked) - {-1}) >= 0.5 * len(scan.nodules)
    places = found[["z", "y", "x"]].to_numpy()
    gaps = np.linalg.norm(places[:, None] - places, axis=2) + 99 * np.eye(len(found))
    assert gaps.min() >= detection.APART


def test_patches_are_the_three_planes_through_the_place(scan):
    mm = np.array([[0.75, 9.75, 60.75], [-95.0, 0.0, 0.0]])
    cuts = detection.patches(scan.hu, mm)
    z, y, x = np.rint(lungs.to_index(mm[0])).astype(int)
    low, high = detection.WINDOW

    def grey(plane):
        return np.rint(np.clip((plane.astype(float) - low) / (high - low), 0, 1) * 255)

    span = [slice(i - 12, i + 12) for i in (z, y, x)]
    assert (cuts[0, 0] == grey(scan.hu[z, span[1], span[2]])).all()
    assert (cuts[0, 1] == grey(scan.hu[span[0], y, span[2]])).all()
    assert (cuts[0, 2] == grey(scan.hu[span[0], span[1], x])).all()
    assert cuts.shape == (2, 3, 24, 24) and (cuts[1, 1, :8] == 0).all()  # above the volume: air
    large = detection.enlarged(cuts[0], 3)
    assert large.shape == (3, 72, 72, 3) and (large[..., 0] == large[..., 2]).all()


def test_measurements_know_a_ball_from_a_tube():
    hu = np.full(lungs.SHAPE, -860.0)
    hu += 900 * ball(hu.shape, (40, 60, 60), 3)
    hu[78:82, 60:110, 98:102] = 40
    found = detection.measurements(hu, lungs.to_mm(np.array([[40, 60, 60], [80, 85, 100]])))
    names = dict(
        zip(("volume", "axis 1", "axis 2", "axis 3", "face"), found[:, -5:].T, strict=True)
    )
    volume = np.exp(names["volume"][0])
    assert volume == pytest.approx(4 / 3 * np.pi * (3 * lungs.VOXEL) ** 3, rel=0.25)
    assert (
        names["axis 3"][0] / names["axis 1"][0] < 1.1 < 3 < names["axis 3"][1] / names["axis 1"][1]
    )
    assert names["face"][0] == 0 < names["face"][1] and found.shape == (2, 18)


@pytest.fixture(scope="module")
def learnable():
    """Features of which the first two tell nodules apart, 12 scans."""
    rng = np.random.default_rng(0)
    is_nodule, scans = rng.random(360) < 0.15, np.repeat(np.arange(12), 30)
    features = rng.normal(size=(360, 10))
    features[is_nodule, :2] += 2
    return features, is_nodule, scans


@pytest.mark.parametrize("kind", ["svm", "forest"])
def test_a_classifier_scores_training_rows_it_has_not_learnt_from(kind, learnable, monkeypatch):
    features, is_nodule, scans = learnable
    half = scans < 6
    options = {"seed": 0} if kind == "forest" else {}
    monkeypatch.setattr(detection, "TREES", 50)
    given = features[half], is_nodule[half], scans[half], features[~half]
    of_train, of_test = getattr(detection, kind)(*given, **options)[:2]
    assert roc.area(*roc.wins(is_nodule[~half], of_test)) > 0.85
    assert roc.area(*roc.wins(is_nodule[half], of_train)) < 0.999
    shuffled = np.random.default_rng(1).permutation(is_nodule[half])
    of_train = getattr(detection, kind)(given[0], shuffled, *given[2:], **options)[0]
    assert abs(roc.area(*roc.wins(shuffled, of_train)) - 0.5) < 0.2


def test_two_scores_together_beat_one_where_each_knows_a_half():
    rng = np.random.default_rng(2)
    truth = rng.random(2000) < 0.3
    pair = [truth + rng.normal(size=2000) for _ in range(2)]
    learn, check = np.arange(1000), np.arange(1000, 2000)
    both = detection.combined(
        [score[learn] for score in pair], truth[learn], [score[check] for score in pair]
    )
    alone = [roc.area(*roc.wins(truth[check], score[check])) for score in pair]
    assert roc.area(*roc.wins(truth[check], both)) > max(alone) + 0.03
