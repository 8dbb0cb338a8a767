"""Light, pigment and camera, each against a property that physics or arithmetic fixes."""

import numpy as np
import pytest

from dermlab.cases.clinic import optics
from dermlab.cases.clinic.fields import grid

NO_LAMP = {"gain": 1.0, "tint": np.ones(3), "blur": 0.0}


def pixel(*amounts):
    return optics.reflectance(*(np.full((1, 1), a, np.float32) for a in amounts))[:, 0, 0]


def test_reflectance_obeys_beer_and_lambert():
    bare, once, twice = pixel(0, 0, 0, 0), pixel(0.4, 0.1, 0, 0), pixel(0.8, 0.2, 0, 0)
    assert bare == pytest.approx(optics.DERMIS, rel=1e-5)
    assert once / bare == pytest.approx(np.sqrt(twice / bare), rel=1e-5)


def test_pigments_have_their_colours():
    melanin, red, violet, yellow = (
        pixel(*(0.5 * np.eye(4)[i])) / pixel(0, 0, 0, 0) for i in range(4)
    )
    assert melanin[0] > melanin[1] > melanin[2]  # brown
    assert red[0] > 2 * 0.5 * (red[1] + red[2]) * 0.7
    assert red[0] > red[1]
    assert red[0] > red[2]
    assert violet[0] < red[0]  # deoxygenated blood also takes red
    assert violet[2] > violet[1]  # and gives back more blue than green
    assert yellow[0] > yellow[1] > yellow[2]


def test_skin_types_darken_from_one_to_six():
    amounts = [optics.SKIN_MELANIN[skin] for skin in range(1, 7)]
    assert np.all(np.diff(amounts) > 0)


def test_light_is_one_on_flat_skin_brighter_towards_the_lamp():
    lamp = np.array([1.0, 0.0, 1.0]) / np.sqrt(2)
    tilt = np.array([[0.0, -0.3, 0.3]])
    diffuse, mirrored = optics.light(tilt, np.zeros((1, 3)), direction=lamp, shine=1.0)
    assert diffuse[0, 0] == pytest.approx(1)
    assert diffuse[0, 1] > 1 > diffuse[0, 2]
    facing = np.tan(np.pi / 8)  # the normal half-way between lamp and eye mirrors most
    best = optics.light(np.array([[-facing]]), np.zeros((1, 1)), direction=lamp, shine=1.0)[1]
    assert best[0, 0] == pytest.approx(1, abs=1e-4)
    assert mirrored.max() < best[0, 0]


def test_cover_mixes_in_place():
    picture = np.full((3, 2, 2), 0.5, np.float32)
    optics.cover(picture, np.array([[0, 1], [0.5, 0]], np.float32), (1.0, 0.0, 0.5))
    assert picture[:, 0, 0] == pytest.approx([0.5, 0.5, 0.5])
    assert picture[:, 0, 1] == pytest.approx([1.0, 0.0, 0.5])
    assert picture[:, 1, 0] == pytest.approx([0.75, 0.25, 0.5])


def test_falloff_darkens_corners_and_brightens_the_lamp_side():
    light = optics.falloff(grid(40, width=1.0), direction=(1.0, 0.0, 1.0), loss=0.2)
    assert light[20, 35] > light[20, 5]
    assert light[0, 20] < light[20, 20]


@pytest.mark.parametrize("camera", optics.CAMERAS.values(), ids=str)
def test_a_brighter_scene_makes_brighter_pixels(camera):
    shades = [
        optics.photograph(np.full((3, 8, 8), level, np.float32), camera, **NO_LAMP).mean()
        for level in (0.02, 0.1, 0.3, 0.6)
    ]
    assert np.all(np.diff(shades) > 5)


def test_cameras_differ_in_white_balance_and_sharpness():
    grey = np.full((3, 32, 32), 0.3, np.float32)
    edge = grey.copy()
    edge[:, :, 16:] = 0.05
    shots = {n: optics.photograph(grey, c, **NO_LAMP) for n, c in optics.CAMERAS.items()}
    ratio = {n: shot[..., 0].mean() / shot[..., 2].mean() for n, shot in shots.items()}
    assert ratio["clinic A"] > 1 > ratio["clinic B"]
    soft = optics.photograph(edge, optics.CAMERAS["clinic A"], **(NO_LAMP | {"blur": 0.05}))
    sharp = optics.photograph(edge, optics.CAMERAS["clinic A"], **NO_LAMP)
    steepest = [np.abs(np.diff(s[16, :, 1].astype(int))).max() for s in (soft, sharp)]
    assert steepest[0] < 0.7 * steepest[1]
