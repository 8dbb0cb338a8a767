"""Noise, spots and strokes: their closed-form pixel averages against brute force."""

import numpy as np
import pytest

from dermlab.cases.clinic import fields

FINE = 12


def blocks(picture):
    n = len(picture) // FINE
    return picture.reshape(n, FINE, n, FINE).mean((1, 3))


def both(draw, size=24, **view):
    coarse = draw(fields.grid(size, width=10.0, **view))
    return coarse, blocks(draw(fields.grid(size * FINE, width=10.0, **view)))


def test_noise_on_large_pixels_is_the_average_over_small_ones():
    def draw(where):
        return fields.noise(np.random.default_rng(1), where, longest=5, shortest=0.4)

    coarse, averaged = both(draw, tilt=0.8, turn=0.7)
    assert np.abs(coarse - averaged).max() < 0.01
    assert np.abs(coarse).max() > 0.5


def test_noise_has_mean_0_and_variance_1_and_keeps_to_its_wavelengths():
    where = fields.grid(256, width=60.0)
    drawn = [
        fields.noise(np.random.default_rng(seed), where, longest=6, shortest=3, waves=64)
        for seed in range(12)
    ]
    assert abs(np.mean(drawn)) < 0.05
    assert np.var(drawn) == pytest.approx(1, abs=0.1)
    power = np.abs(np.fft.fft2(drawn[0])) ** 2
    along = np.fft.fftfreq(256, 60 / 256)
    wavelength = 1 / np.maximum(np.hypot(along[:, None], along[None, :]), 1e-9)
    inside = (wavelength < 6.6) & (wavelength > 2.7)
    assert power[inside].sum() / power[1:].sum() > 0.9


def test_noise_turns_with_the_view():
    """A quarter turn of the view is a quarter turn of the picture."""
    upright, turned = (
        fields.noise(
            np.random.default_rng(3), fields.grid(32, width=8.0, turn=turn), longest=4, shortest=1
        )
        for turn in (0.0, np.pi / 2)
    )
    assert np.abs(turned - np.rot90(upright, -1)).max() < 1e-3


def test_spots_against_gaussians_written_out():
    points, radius = np.array([[0.0, 0.0], [2.0, -1.5]]), np.array([1.0, 0.6])
    where = fields.grid(480, width=10.0)
    x, y = np.meshgrid(where.x, where.y)
    expected = sum(
        w * 0.5 ** (((x - px) ** 2 + (y - py) ** 2) / r**2)
        for (px, py), r, w in zip(points, radius, (1.0, 2.0), strict=True)
    )
    assert np.abs(fields.spots(points, radius, np.array([1.0, 2.0]), where) - expected).max() < 2e-3


def test_spots_smaller_than_a_pixel_keep_their_light():
    points = np.random.default_rng(0).uniform(-4, 4, (200, 2))
    coarse, averaged = both(lambda where: fields.spots(points, 0.15, 1.0, where))
    assert coarse.sum() == pytest.approx(averaged.sum(), rel=0.02)


def test_distance_is_radius_units_from_one_disc_and_discs_merge():
    where = fields.grid(200, width=10.0)
    x, y = np.meshgrid(where.x, where.y)
    rho = fields.distance(np.array([[1.0, 0.0]]), np.array([2.0]), 1.0, where, steep=3.0)
    near = np.hypot(x - 1, y) < 3
    assert np.abs(rho - np.hypot(x - 1, y) / 2)[near].max() < 0.05
    pair = np.array([[-1.05, 0.0], [1.05, 0.0]])
    middle = fields.distance(pair, np.ones(2), 1.0, where)[100, 100]
    assert middle < 1 < np.hypot(1.05, 0)


def test_strokes_are_about_one_on_the_line_and_nothing_off_it():
    line = np.stack([np.linspace(-4, 4, 80), np.zeros(80)], 1)[None]
    where = fields.grid(200, width=10.0)
    drawn = fields.strokes(line, 0.4, where)
    assert drawn[100, 60:140] == pytest.approx(1, abs=0.08)
    assert drawn[120:, :].max() < 0.01


def test_step_and_slopes():
    value = np.linspace(-2, 2, 41)
    stepped = fields.step(value, 0.5)
    assert stepped[value <= -0.5].max() == 0
    assert stepped[value >= 0.5].min() == 1
    assert np.all(np.diff(stepped) >= 0)
    where = fields.grid(50, width=10.0, tilt=0.5)
    x, y = np.meshgrid(where.x, where.y)
    along, down = fields.slopes(3 * x - 2 * y, where)
    assert np.allclose(along, 3)
    assert np.allclose(down, -2)
