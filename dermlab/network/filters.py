"""Filters: small squares of weights, the patches that they are learnt from, how oriented they are.

A filter answers most where the picture looks like it. To which gratings it answers is its power
spectrum; *orientation selectivity* says how far that answer depends on the grating's direction.
"""

import numpy as np

from dermlab.errors import InputError

GRID = 32  # frequencies a side at which a spectrum is read


def patches(photograph: np.ndarray, n: int, side: int, *, seed: int = 0) -> np.ndarray:
    """``n`` random grey squares (n, side, side) of a photograph (h, w, 3), 0-255.

    Each less its mean and divided by its standard deviation: what is left is the pattern. Squares
    that are almost flat (a deviation below 2 of 255, as in a sky) are drawn again.
    """
    grey = np.asarray(photograph, float).mean(axis=-1)
    if min(grey.shape) < side:
        raise InputError(f"a photograph of {grey.shape} pixels has no squares of {side}")
    windows = np.lib.stride_tricks.sliding_window_view(grey, (side, side))
    rng, found = np.random.default_rng(seed), np.empty((0, side, side))
    for _ in range(1000):
        rows, columns = (rng.integers(extent, size=n) for extent in windows.shape[:2])
        drawn = windows[rows, columns]
        spread = drawn.std(axis=(1, 2), keepdims=True)
        drawn = (drawn - drawn.mean(axis=(1, 2), keepdims=True)) / np.maximum(spread, 1e-9)
        found = np.concatenate([found, drawn[spread[:, 0, 0] >= 2]])
        if len(found) >= n:
            return found[:n]
    raise InputError("this photograph is almost flat everywhere: it holds no pattern to learn from")


def selectivity(filters: np.ndarray) -> np.ndarray:
    """How oriented filters (n, side, side) are, (n,): 0 in no direction, 1 in one alone.

    The length of the mean of exp(2iθ), each grating of direction θ weighted by the square of the
    filter's answer: one minus the circular variance, as used for neurons of the visual cortex
    (Ringach, Shapley, Hawken, Journal of Neuroscience 22:5639, 2002), with squared answers. Only
    frequencies inside the circle that fits into the square of all frequencies count, so that the
    diagonals are not favoured; the mean of the filter does not count.
    """
    filters = np.asarray(filters, float)
    if filters.ndim != 3:
        raise InputError(f"filters are an array (n, side, side), not {filters.shape}")
    filters = filters - filters.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.fft2(filters, (GRID, GRID))) ** 2
    y, x = np.meshgrid(*[np.fft.fftfreq(GRID)] * 2, indexing="ij")
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    power = power * ((radius > 0) & (radius < 0.5))
    total = power.sum(axis=(1, 2))
    mean = np.abs((power * np.exp(2j * angle)).sum(axis=(1, 2)))
    return np.divide(mean, total, out=np.zeros(len(filters)), where=total > 1e-12)


def answers(picture: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """What filters (n, side, side) answer at every place of a grey picture (h, w): (n, h', w').

    Only places at which the whole filter fits into the picture; the filter is laid on as it is
    (a correlation, as every "convolution" of a network).
    """
    side = filters.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(picture, float), (side, side))
    return np.einsum("hwij,nij->nhw", windows, filters, optimize=True)


def dictionary(examples: np.ndarray, n: int = 64, *, seed: int = 0) -> np.ndarray:
    """``n`` elements (n, side, side) whose sparse sums rebuild the examples (m, side, side).

    Scikit-learn's MiniBatchDictionaryLearning (Mairal et al., ICML 2009), without any label; on one
    thread, since its matrices are small and threads that wait for each other cost ten times more.
    """
    from sklearn.decomposition import MiniBatchDictionaryLearning
    from threadpoolctl import threadpool_limits

    options = {"batch_size": 100, "max_iter": 3, "fit_algorithm": "cd", "random_state": seed}
    with threadpool_limits(1):
        learner = MiniBatchDictionaryLearning(n, alpha=1, **options)
        elements = learner.fit(examples.reshape(len(examples), -1)).components_
    return elements.reshape(n, *examples.shape[1:])
