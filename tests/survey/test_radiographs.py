"""Radiographs: chords worked out by hand, the two renderers held against each other."""

import numpy as np
import pytest

from dermlab.survey import poses, radiographs
from dermlab.survey.radiographs import Part

INF = np.inf
BALL = Part("metal", 1.0, (((0, 0, 0), (10, 10, 10)),))
X, Y, Z = np.eye(3)


def chord(part, origin, direction):
    return part.chords(np.array([origin], float), np.array([direction], float))[0]


def test_chords_of_a_ball_a_cylinder_and_a_cut_worked_out_by_hand():
    assert chord(BALL, [-50, 0, 0], X) == pytest.approx(20)
    assert chord(BALL, [-50, 6, 0], X) == pytest.approx(16)
    assert chord(BALL, [-50, 11, 0], X) == 0
    rod = Part("metal", 1.0, (((0, 0, 0), (3, INF, 3)),), ((tuple(Y), 8.0), (tuple(-Y), 2.0)))
    assert chord(rod, [0, -50, 0], Y) == pytest.approx(10)  # along its axis: between the cuts
    assert chord(rod, [4, -50, 0], Y) == 0
    assert chord(rod, [-50, 5, 0], X) == pytest.approx(6)
    assert chord(rod, [-50, 9, 0], X) == 0
    half = Part("metal", 1.0, BALL.quadrics, ((tuple(X), 4.0),))
    assert chord(half, [-50, 0, 0], X) == pytest.approx(14)


def test_a_chord_is_what_counting_points_along_the_ray_gives():
    rng = np.random.default_rng(2)
    for part in radiographs.implant():
        origins, ends = rng.uniform(-20, 20, (2, 8, 3)) + np.array([[[0, 0, -200]], [[0, 0, 200]]])
        along = (ends - origins) / np.linalg.norm(ends - origins, axis=1, keepdims=True)
        steps = np.arange(0, 420, 0.05)
        counted = part.inside(origins[:, None] + steps[:, None] * along[:, None]).sum(axis=1)
        assert part.chords(origins, along) == pytest.approx(0.05 * counted, abs=0.11)


def test_the_drr_of_a_ball_has_its_chords_in_the_place_where_it_is():
    dense = radiographs.volume([BALL], reach=20, voxel=1.0, fine=4)
    mass = dense.sum() / 0.165
    assert mass == pytest.approx(4 / 3 * np.pi * 10**3, rel=0.01)  # one voxel is 1 mm³
    pose = np.array([[7.0, -14, 0, 0, 0, 0]])
    centre = poses.projected([[[7.0, -14, 0]]])[0]
    places = np.array([[centre[0], centre[0] + [10 * 10 / 7, 0], centre[0] + [40, 0]]])
    found = radiographs.cast(dense, pose, places, reach=20, voxel=1.0, step=0.5)[0] / 0.165
    assert found[0] == pytest.approx(20, abs=0.3)
    assert found[1] < 6 and found[2] == 0  # at its edge, and beside it


def test_both_renderers_agree_where_physics_is_left_out():
    dense = radiographs.volume(radiographs.implant(), fine=2)
    pose = np.array([3.0, -2, 5, 6, -8, 4])
    exact = radiographs.lengths(pose, None, radiographs.grid().reshape(-1, 2))["metal"] * 0.165
    cast = radiographs.drr(dense, pose).ravel()
    assert cast.sum() == pytest.approx(exact.sum(), rel=0.01)
    assert np.corrcoef(cast, exact)[0, 1] > 0.98
    mirrored = np.flip(cast.reshape(96, 96), axis=1).ravel()
    assert np.corrcoef(mirrored, exact)[0, 1] < 0.9


def test_drrs_do_not_depend_on_their_batch(monkeypatch):
    dense = radiographs.volume([BALL], reach=20, voxel=2.0, fine=2)
    rng = np.random.default_rng(4)
    many, places = poses.drawn([5, 5, 90, 20, 20, 9], 7, rng), rng.uniform(-30, 30, (7, 11, 2))
    whole = radiographs.cast(dense, many, places)
    monkeypatch.setattr(radiographs, "AT_ONCE", 1)
    assert (radiographs.cast(dense, many, places) == whole).all()
    assert (radiographs.cast(dense, many[3:4], places[3:4]) == whole[3:4]).all()


def test_a_radiograph_is_noisy_hardened_and_repeats_with_the_seed():
    pose, rng = np.zeros(6), np.random.default_rng
    leg = radiographs.leg(rng(1))
    first, again, other = (radiographs.radiograph(pose, leg, rng(seed)) for seed in (5, 5, 6))
    assert (first == again).all() and not (first == other).all()
    path = radiographs.lengths(pose, leg, radiographs.grid().reshape(-1, 2))
    at_80 = sum(path[m] * radiographs.ATTENUATION[m][1] for m in path).reshape(96, 96)
    thick = path["metal"].reshape(96, 96) > 40
    assert thick.any() and (first[thick] < at_80[thick]).all()  # hardened, and veiled


def test_the_implant_fills_its_box():
    line = np.arange(-40, 40, 0.5) + 0.25
    grid = np.stack(np.meshgrid(line, line, line[::4], indexing="ij"), -1)
    full = sum(part.weight * part.inside(grid) for part in radiographs.implant())
    assert set(np.unique(full)) <= {0.0, 1.0}  # no part overlaps, no cavity is taken away twice
    places = grid[full > 0]
    assert places.min(axis=0) == pytest.approx(radiographs.LOW, abs=2.5)
    assert places.max(axis=0) == pytest.approx(radiographs.HIGH, abs=2.5)
    assert abs(radiographs.SIZE - 99.5) < 0.1
