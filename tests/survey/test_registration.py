"""Registration: residuals that follow the pose, models by hand, answers that are right."""

import numpy as np
import pytest

from dermlab.survey import poses, radiographs, registration, residuals
from dermlab.survey.residuals import WAYS, Way


@pytest.fixture(scope="module", autouse=True)
def coarse():
    """A coarser volume of the implant, for speed."""
    dense = radiographs.volume(radiographs.implant(), fine=2)
    with pytest.MonkeyPatch.context() as patch:
        for room in (residuals, registration):
            patch.setattr(room, "body", lambda: dense)
        yield


def drawn(n, seed=0):
    return poses.drawn(residuals.PLACES, n, np.random.default_rng(seed))


# --- what is looked at ----------------------------------------------------------------------------


def test_zones_are_quarters_of_the_window():
    views = np.zeros((6, 6))
    views[:, 3:5] = [[-9, -1], [-1, 1], [1, -1], [1, 9], [-40, -40], [40, 40]]
    assert residuals.zone_of(views).tolist() == [0, 1, 2, 3, 0, 3]
    assert residuals.middle_of(1)[3:5].tolist() == [-5, 5]
    assert residuals.zone_of(np.stack([residuals.middle_of(z) for z in range(4)])).tolist() == [
        *range(4)
    ]


def test_patches_lie_on_their_points_and_turn_and_grow_with_the_pose():
    points = np.array([[0.0, 0, 0], [10, 0, 0]])
    at = residuals.patches(np.array([[0, 0, 0, 0, 0, 0], [7, 0, 90, 0, 0, 200.0]]), points)
    at = at.reshape(2, 2, residuals.SIDE, residuals.SIDE, 2)
    centres = at.mean(axis=(2, 3))
    assert centres[0] == pytest.approx(np.array([[0, 0], [100 / 7, 0]]))
    assert centres[1] == pytest.approx(np.array([[14, 0], [14, 20]]))  # turned, and twice as large
    rightwards = at[:, 0, 0, 1] - at[:, 0, 0, 0]
    assert rightwards[0] == pytest.approx([1.5 / 0.7, 0])
    assert rightwards[1] == pytest.approx([0, 3.0])


def test_pictures_are_sampled_where_the_detector_is():
    places = radiographs.grid()
    image = places[..., 0] + 100 * places[..., 1]
    asked = np.array([[[0.0, 0], [7.5, -3], [-20.3, 31.1]]])
    found = residuals.sampled(image[None], asked)[0]
    assert found == pytest.approx([0, 7.5 - 300, -20.3 + 3110])


def test_a_local_residual_hardly_depends_on_the_place_in_the_picture():
    """The same offset from two estimates that differ by place, angle and depth only."""
    way, estimates = Way(), np.array([[0, 0, 0, 8, -8, 0], [7, -6, 14, 8, -8, 15.0]])
    offsets = np.tile([1.2, -0.8, 2.0, 4, -5, 0], (2, 1))
    shown = []
    for one in (way, Way(local=False)):
        truth = residuals.corrected(one, estimates, offsets)
        places = residuals.looked_at(one, estimates, int(residuals.zone_of(estimates)[0]))
        seen = residuals.veiled(radiographs.cast(residuals.body(), truth, places))
        shown.append(np.corrcoef(residuals.residual(seen, estimates, places))[0, 1])
    assert shown[0] > 0.9 > 0.6 > shown[1]


def test_no_offset_leaves_no_residual():
    estimates = drawn(2)
    places = residuals.tiles(estimates)
    seen = residuals.veiled(radiographs.cast(residuals.body(), estimates, places))
    assert np.abs(residuals.residual(3 * seen + 1, estimates, places)).max() < 1e-3


def test_x_and_y_of_a_local_answer_are_along_the_turned_patch():
    estimate = np.array([[1.0, 2, 90, 0, 0, 0]])
    offset = np.array([[3.0, 0, 5, 0, 0, 0]])
    assert residuals.corrected(Way(), estimate, offset)[0, :3] == pytest.approx([1, 5, 95])
    assert residuals.corrected(Way(local=False), estimate, offset)[0, :3] == pytest.approx(
        [4, 2, 95]
    )


def test_the_anchors_lie_on_the_implant():
    points = residuals.anchors(3)
    assert points.shape == (residuals.PATCHES, 3)
    at = poses.projected(poses.moved(residuals.middle_of(3), points))[0]
    gaps = np.linalg.norm(at[:, None] - at[None], axis=2)[np.triu_indices(len(at), 1)]
    assert gaps.min() > 19
    assert (np.abs(points) < 40).all()


# --- models ---------------------------------------------------------------------------------------


def test_blocks_are_means_and_their_differences():
    one = np.zeros((1, residuals.PATCHES, 12, 12), np.float32)
    one[0, 2, 4:8, 8:12] = 5.0
    found = registration.blocks(one.reshape(1, -1))[0]
    n = residuals.PATCHES
    means = found[: 9 * n].reshape(n, 3, 3)
    assert means[2, 1, 2] == 5 and np.count_nonzero(means) == 1
    rows = found[9 * n : 15 * n].reshape(n, 2, 3)
    assert rows[2, :, 2].tolist() == [5, -5]
    assert found[15 * n :].reshape(n, 3, 2)[2, 1].tolist() == [0, 5]


def test_only_keeps_the_columns_of_a_stage():
    assert residuals.only(np.ones((2, 6)), (3, 4)).tolist() == [[0, 0, 0, 1, 1, 0]] * 2


def test_every_way_learns_from_as_many_pairs(monkeypatch):
    counted = []
    monkeypatch.setattr(registration, "pairs", lambda *given: counted.append(given[3]))
    totals = []
    for way in WAYS.values():
        counted.clear()
        registration.to_learn(way, 10, np.zeros((1, 96, 96)), 0)
        totals.append((len(counted), sum(counted)))
    assert totals == [(12, 120), (12, 120), (12, 120), (4, 120), (3, 120)]


def test_pairs_repeat_with_the_seed_and_lie_within_their_limits():
    behind = np.zeros((2, 96, 96))
    first, again = (residuals.pairs(Way(), 1, "depth", 4, behind, 7) for _ in range(2))
    assert (first[0] == again[0]).all() and (first[1] == again[1]).all()
    assert first[0].shape == (4 * residuals.LOOKS, 864) and np.abs(first[1]).max() <= 1


def test_a_way_whose_answers_are_right_arrives_whatever_is_left_out(monkeypatch):
    """Answers made from the truth: turns, zones and stages must put them in the right place."""
    truth, starts = drawn(6, 1), drawn(6, 2)
    images = np.zeros((6, 96, 96))
    images[:, 0, :6] = truth

    def right(way, model, stage, images, estimates):
        offsets = images[:, 0, :6] - estimates
        if way.local:
            c, s = np.cos(np.radians(estimates[:, 2])), np.sin(np.radians(estimates[:, 2]))
            x, y = offsets[:, 0].copy(), offsets[:, 1].copy()
            offsets[:, 0], offsets[:, 1] = c * x + s * y, c * y - s * x
        return residuals.corrected(way, estimates, residuals.only(offsets, way.steps()[stage]))

    monkeypatch.setattr(registration, "improved", right)
    for way in WAYS.values():
        models = dict.fromkeys(way.models())
        path = registration.register(way, models, images, starts, iterations=1)
        assert path[0] == pytest.approx(starts) and path[1] == pytest.approx(truth)


def test_a_search_stays_at_the_truth_of_a_picture_of_its_own_model():
    (truth,) = drawn(1, 4)
    image = residuals.veiled(radiographs.drr(residuals.body(), truth))
    pose, drrs = registration.optimised(image, truth)
    error = poses.mtre_proj([pose], [truth], registration.LANDMARKS)
    assert error < 0.2 and drrs > 20


def test_the_similarity_is_the_mean_correlation_of_the_gradients():
    a, b = np.random.default_rng(3).normal(size=(2, 9, 9))
    pairs = zip(np.gradient(a), np.gradient(b), strict=True)
    expected = np.mean([np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in pairs])
    assert registration.similarity(a, b) == pytest.approx(expected, abs=1e-4)
    assert registration.similarity(a, 3 * a + 1) == pytest.approx(1, abs=1e-4)
    assert registration.similarity(a, np.ones((9, 9))) == 0


def test_cases_repeat_and_start_inside_the_window():
    first, again = (registration.cases(2, 3, seed=5) for _ in range(2))
    assert (first.images == again.images).all() and (first.starts == again.starts).all()
    alike = [[(a == b).all() for b in first.images] for a in first.images]
    of_one = np.repeat([0, 1], 3)  # three starts each, in order
    assert np.array_equal(alike, of_one[:, None] == of_one)
    assert len(np.unique(first.starts, axis=0)) == 6 and len(np.unique(first.truth, axis=0)) == 2
    assert (np.abs(first.starts[:, 3:5]) <= residuals.WINDOW).all()
    assert (np.abs(first.starts - first.truth) <= residuals.CAPTURE).all()


# --- a training -----------------------------------------------------------------------------------


def test_a_network_by_numpy_answers_as_keras_does():
    model = registration.network()
    shown = np.random.default_rng(0).normal(size=(5, 864)).astype(np.float32)
    expected = model.predict(shown, verbose=0)
    assert registration.answers(model.get_weights(), shown) == pytest.approx(expected, abs=1e-5)


def test_a_training_repeats_and_learns():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(256, 864)).astype(np.float32)
    y = np.repeat(x[:, :144].mean(axis=1, keepdims=True) * 10, 6, axis=1).astype(np.float32)
    learnt = {(0, "depth"): (x, y), (1, "depth"): (x, y)}
    first, again = (registration.trained(Way(), learnt, seed=1, epochs=15) for _ in range(2))
    for key in learnt:
        assert all((a == b).all() for a, b in zip(first[key], again[key], strict=True))
    said = registration.answers(first[0, "depth"], x)
    assert np.corrcoef(said[:, 5], y[:, 5])[0, 1] > 0.5
    assert np.abs(said[:, 0]).max() < np.abs(said[:, 5]).max() / 2  # left alone
