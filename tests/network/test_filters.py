"""Filters: orientation against gratings shown one by one, patches against their definition."""

import numpy as np
import pytest
from scipy import signal

from dermlab.errors import InputError
from dermlab.network import filters


def grating(angle: float, frequency: float, side: int = 9, phase: float = 0.3) -> np.ndarray:
    y, x = np.indices((side, side)) - side // 2
    return np.cos(2 * np.pi * frequency * (np.cos(angle) * x + np.sin(angle) * y) + phase)


def test_a_grating_is_oriented_and_a_spot_is_not():
    y, x = np.indices((9, 9)) - 4.0
    spot = np.exp(-(x**2 + y**2) / 4)
    plaid = grating(0, 0.25) + grating(np.pi / 2, 0.25)
    found = filters.selectivity(np.stack([grating(0.4, 0.25), spot, plaid]))
    assert found[0] > 0.8 and found[1] < 0.02 and found[2] < 0.2


def test_direction_size_and_mean_of_a_filter_do_not_count():
    window = np.outer(*[np.hanning(11)] * 2)
    turned = np.stack([window * grating(a, 0.2, 11) for a in np.linspace(0, np.pi, 13)])
    found = filters.selectivity(turned)
    assert np.ptp(found) < 0.05
    np.testing.assert_allclose(filters.selectivity(-7 * turned + 3), found, atol=1e-9)


def test_it_is_the_answer_to_gratings_shown_one_by_one():
    """The definition itself, by brute force and without a Fourier transform."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(5, 5))
    kernel -= kernel.mean()
    step = np.arange(-filters.GRID // 2, filters.GRID // 2) / filters.GRID
    total, turned = 0.0, 0.0
    for fy in step:
        for fx in step:
            radius = np.hypot(fx, fy)
            if 0 < radius < 0.5:
                y, x = np.indices((5, 5))
                wave = 2 * np.pi * (fx * x + fy * y)
                power = (kernel * np.cos(wave)).sum() ** 2 + (kernel * np.sin(wave)).sum() ** 2
                total += power
                turned += power * np.exp(2j * np.arctan2(fy, fx))
    assert filters.selectivity(kernel[None])[0] == pytest.approx(abs(turned) / total, abs=1e-9)


def test_a_flat_filter_has_no_direction_and_a_single_one_is_refused():
    assert filters.selectivity(np.ones((2, 3, 3))).tolist() == [0, 0]
    with pytest.raises(InputError, match="filters are an array"):
        filters.selectivity(np.ones((3, 3)))


def test_patches_are_standardised_squares_and_never_flat():
    rng = np.random.default_rng(1)
    photograph = np.zeros((40, 60, 3))
    photograph[:, 30:] = rng.uniform(0, 255, (40, 30, 3))  # the left half is flat
    found = filters.patches(photograph, 200, 6, seed=3)
    assert found.shape == (200, 6, 6)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), 0, atol=1e-9)
    np.testing.assert_allclose(found.std(axis=(1, 2)), 1, atol=1e-9)
    np.testing.assert_array_equal(found, filters.patches(photograph, 200, 6, seed=3))


@pytest.mark.parametrize(
    ("photograph", "sentence"),
    [(np.zeros((5, 5, 3)), "no squares of 6"), (np.full((20, 20, 3), 9), "almost flat")],
)
def test_a_photograph_without_patterns_is_refused(photograph, sentence):
    with pytest.raises(InputError, match=sentence):
        filters.patches(photograph, 10, 6)


def test_answers_are_scipys_correlation():
    rng = np.random.default_rng(2)
    picture, kernels = rng.normal(size=(20, 30)), rng.normal(size=(3, 5, 5))
    expected = [signal.correlate2d(picture, kernel, mode="valid") for kernel in kernels]
    np.testing.assert_allclose(filters.answers(picture, kernels), expected, atol=1e-9)


def test_a_dictionary_of_stripes_is_oriented_and_one_of_noise_is_not():
    rng = np.random.default_rng(3)
    stripes = np.stack([
        grating(a, f, 6, p)
        for a, f, p in zip(*(rng.uniform(low, high, 800) for low, high in
                             ((0, np.pi), (0.1, 0.3), (0, 6.3))), strict=True)
    ])  # fmt: skip
    noise = rng.normal(size=stripes.shape)
    oriented, plain = (filters.selectivity(filters.dictionary(x, 16)) for x in (stripes, noise))
    assert np.median(oriented) > np.median(plain) + 0.2
