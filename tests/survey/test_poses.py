"""Poses: rotations as SciPy makes them, projections and errors worked out by hand."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dermlab.errors import InputError
from dermlab.survey import poses

BOX = poses.corners([-1, -2, -3], [1, 2, 3])


def test_rotations_are_scipy_s_turn_about_z_then_x_then_y():
    angles = np.random.default_rng(1).uniform(-180, 180, (20, 3))
    given = np.concatenate([np.ones((20, 2)), angles, np.ones((20, 1))], axis=1)
    expected = Rotation.from_euler("ZXY", angles, degrees=True).as_matrix()
    assert poses.rotations(given) == pytest.approx(expected, abs=1e-12)


def test_a_quarter_turn_in_the_plane_takes_x_to_y_and_then_the_body_is_moved():
    (place,) = poses.moved([10, 20, 90, 0, 0, 30], [[1, 0, 0]])
    assert place[0] == pytest.approx([10, 21, 30])


def test_what_lies_nearer_to_the_source_is_larger_on_the_detector():
    at = poses.projected([[7, -14, 0], [7, -14, 200], [7, -14, -300]])
    assert at == pytest.approx(np.array([[10, -20], [14, -28], [7, -14]]))


def test_a_box_has_eight_corners():
    assert len({tuple(corner) for corner in BOX}) == 8
    assert np.abs(BOX).tolist() == [[1, 2, 3]] * 8


def test_a_shift_is_its_own_error_and_depth_counts_in_space_only():
    truth, off = np.zeros((1, 6)), np.array([[3.0, 4, 0, 0, 0, 12]])
    assert poses.mtre(off, truth, BOX) == pytest.approx([13])
    assert poses.mtre_proj(off, truth, BOX) == pytest.approx([5])


def test_a_turn_moves_each_corner_by_twice_the_sine_of_half_the_angle():
    truth, off = np.zeros((1, 6)), np.array([[0, 0, 60.0, 0, 0, 0]])
    assert poses.mtre_proj(off, truth, BOX) == pytest.approx([np.sqrt(5)])  # 2 sin 30° · radius
    about_y = poses.mtre_proj([[0, 0, 0, 0, 90, 0]], truth, [[1, 0, 0], [0, 5, 0]])
    assert about_y == pytest.approx([0.5])  # the first point leaves the plane, the second stays


def test_the_capture_range_worked_out_by_hand():
    initial = np.arange(1, 21)
    succeeded = initial != 20
    assert poses.capture_range(initial, succeeded) == 20  # 19 of 20
    assert poses.capture_range(initial, initial != 10) == 20
    assert poses.capture_range(initial, initial < 15) == 14
    assert poses.capture_range(initial, initial > 1) == 20
    assert poses.capture_range(initial, initial > 2) == 0
    assert poses.capture_range([1, 2, 2], [True, True, False]) == 1  # equal starts count together
    order = np.random.default_rng(0).permutation(20)
    assert poses.capture_range(initial[order], (initial < 15)[order]) == 14


@pytest.mark.parametrize(("initial", "succeeded"), [([], []), ([1, 2], [True])])
def test_a_capture_range_of_nothing_is_refused(initial, succeeded):
    with pytest.raises(InputError, match="initial error"):
        poses.capture_range(initial, succeeded)


def test_draws_stay_within_the_limits_and_repeat_with_the_seed():
    limits = np.array([1, 2, 3, 0, 5, 6])
    first, again = (poses.drawn(limits, 500, np.random.default_rng(3)) for _ in range(2))
    assert (np.abs(first) <= limits).all() and (first == again).all()
    assert np.abs(first).max(axis=0) == pytest.approx(limits, rel=0.02)
