import numpy as np
import pytest

from dermlab.network import augmentation
from dermlab.network.backend import keras

VARIANTS = np.arange(720)
OUTSIDE = -1000.0


def resample(pictures, angles, flips, **options):
    return keras.ops.convert_to_numpy(augmentation.resample(pictures, angles, flips, **options))


@pytest.mark.parametrize("size", [2, 7, 16, 75])
def test_no_variant_ever_reads_outside_the_picture(size):
    white = np.ones((720, size, size, 1), "float32")
    found = resample(white, VARIANTS % 360, VARIANTS // 360, fill_value=OUTSIDE)
    assert found.min() > 0.999 and found.max() < 1.001


def test_the_square_is_the_largest_one(monkeypatch):
    """One per cent more and the sentinel shows, at all but the four right angles."""
    exact = augmentation.transforms

    def wider(angles, flips, size):
        grown = np.array(keras.ops.convert_to_numpy(exact(angles, flips, size)))
        for shift, first in ((2, 0), (5, 3)):
            reach = grown[:, first] + grown[:, first + 1]
            grown[:, shift] -= 0.01 * (size - 1) / 2 * reach
            grown[:, first : first + 2] *= 1.01
        return grown

    monkeypatch.setattr(augmentation, "transforms", wider)
    white = np.ones((360, 76, 76, 1), "float32")
    found = resample(white, np.arange(360), np.zeros(360), fill_value=OUTSIDE)
    assert (found.min(axis=(1, 2, 3)) < 0).all()


def test_right_angles_and_flip_are_exact():
    pictures = np.random.default_rng(0).random((4, 9, 9, 3)).astype("float32")
    turned = resample(pictures, np.array([0, 90, 180, 270]), np.zeros(4))
    flipped = resample(pictures, np.zeros(4), np.ones(4))
    for i in range(4):
        np.testing.assert_allclose(turned[i], np.rot90(pictures[i], i), atol=1e-4)
        np.testing.assert_allclose(flipped[i], pictures[i, ::-1], atol=1e-4)


@pytest.mark.parametrize(("angle", "flip"), [(30, 0), (45, 0), (45, 1), (200, 0), (313, 1)])
def test_against_a_picture_written_as_a_formula(angle, flip):
    """A linear ramp is interpolated without error: every output pixel is known in closed form."""
    size = 33
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    ramp = (2 * x + 5 * y)[None, :, :, None].astype("float32")
    turn = np.deg2rad(angle)
    scale = 1 / (abs(np.sin(turn)) + abs(np.cos(turn)))
    y_up = -y if flip else y
    source_x = scale * (np.cos(turn) * x - np.sin(turn) * y_up)
    source_y = scale * (np.sin(turn) * x + np.cos(turn) * y_up)
    found = resample(ramp, np.array([angle]), np.array([flip]))[0, :, :, 0]
    np.testing.assert_allclose(found, 2 * source_x + 5 * source_y, atol=1e-3)


def test_identity_while_predicting_and_seeded_while_training():
    pictures = np.random.default_rng(1).integers(0, 256, (6, 20, 20, 3)).astype("float32")
    layer = augmentation.TurnAndFlip(7)
    np.testing.assert_array_equal(layer(pictures), pictures)
    first, second = layer(pictures, training=True), layer(pictures, training=True)
    assert not np.allclose(first, second)
    again = augmentation.TurnAndFlip(7)
    np.testing.assert_array_equal(again(pictures, training=True), first)
    other = augmentation.TurnAndFlip(8)
    assert not np.allclose(other(pictures, training=True), first)


def test_all_720_variants_are_drawn_about_equally(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        augmentation, "resample", lambda pictures, angles, flips: drawn.append((angles, flips))
    )
    layer = augmentation.TurnAndFlip(0)
    layer(np.zeros((72_000, 1, 1, 1), "float32"), training=True)
    angles, flips = (keras.ops.convert_to_numpy(part) for part in drawn[0])
    counts = np.bincount(angles + 360 * flips, minlength=720)
    assert len(counts) == 720
    chi_square = ((counts - 100) ** 2 / 100).sum()  # 719 degrees of freedom: 719 ± 38
    assert 719 - 5 * 38 < chi_square < 719 + 5 * 38
