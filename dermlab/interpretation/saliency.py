"""Saliency maps: the pixels on which a network's answer depends, by six methods.

A method takes a function and knows no framework: ``score(images)`` gives for pictures
(n, h, w, 3) in float their values (n,) and the gradients of the values (n, h, w, 3). The room
`scores` makes such functions from a Keras network. Every method returns a map a picture, (n, h, w);
larger is more influence.

The paper's maps (Esteva et al. 2017, the saliency figure) are ``l1`` of the gradient of the loss.
With p the probability of a class and L = -log p its loss, L = log(1 + e^-o) for the log-odds
o = log(p / (1 - p)), so that

    dL/dx = -(1 - p) do/dx :

the gradient of the loss is that of the log-odds, scaled by 1 - p. It fades as the network grows
sure of its answer, while the picture that it draws stays the same. The other methods here explain
the log-odds, which never fade.

SmoothGrad: Smilkov et al. 2017, arXiv 1706.03825. Integrated Gradients: Sundararajan et al. 2017,
arXiv 1703.01365. Grad-CAM: Selvaraju et al. 2017, arXiv 1610.02391. Occlusion: Zeiler and Fergus
2014, arXiv 1311.2901.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from dermlab.errors import InputError
from dermlab.interpretation import scores
from dermlab.interpretation.scores import BATCH, Score

LAYER = "mixed7"  # of Inception v3, the last block with more than 2 x 2 places at 96 pixels: 4 x 4
LAYERS = {"efficientnet_lite0": "block15"}  # likewise in other networks of the course: 3 x 3


def input_gradient(model, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The gradient (n, h, w, 3) of each picture's loss -log p(target), as in the paper's maps.

    ``images``: pixels (n, h, w, 3), 0-255. ``targets``: a class number a picture (n,), or
    bool (n, n_classes) where a target is a group of the network's classes, p being their sum.
    """
    return scores.of_loss(model, targets)(images)[1]


def l1(gradient: np.ndarray) -> np.ndarray:
    """Sum of the absolute values over the channels: (n, h, w, 3) -> (n, h, w)."""
    return np.abs(gradient).sum(axis=-1)


def gradient_map(score: Score, images: np.ndarray) -> np.ndarray:
    """``l1`` of the gradient."""
    return l1(score(images)[1])


def smooth_grad(
    score: Score, images: np.ndarray, *, noise: float = 0.15, n_samples: int = 16, seed: int = 0
) -> np.ndarray:
    """``l1`` of the mean gradient over ``n_samples`` noisy copies of each picture.

    ``noise``: standard deviation as a share of the picture's range (largest - smallest pixel).
    """
    images = np.asarray(images, _floating(images))
    spread = np.ptp(images, axis=(1, 2, 3), keepdims=True) * noise
    rng, total = np.random.default_rng(seed), 0
    for _ in range(n_samples):
        noisy = images + (spread * rng.normal(size=images.shape)).astype(images.dtype)
        total = total + score(noisy)[1]
    return l1(total / n_samples)


def integrated_gradients(
    score: Score,
    images: np.ndarray,
    *,
    baseline: np.ndarray | None = None,
    points: np.ndarray | int = 32,
) -> tuple[np.ndarray, np.ndarray]:
    """Attributions (n, h, w, 3), signed, and the completeness error (n,) of each picture.

    The gradient's mean on the straight way from ``baseline`` to the picture, times the difference.
    ``baseline``: broadcast to the pictures; each picture's `plain` where it is None. ``points``:
    where on the way the gradient is taken, 0 to 1, all with one weight; a number means the
    midpoints of so many equal parts. The error: how far the attributions' sum is from the change
    of the value from baseline to picture, as a share of that change.
    """
    images = np.asarray(images, _floating(images))
    baseline = plain(images) if baseline is None else np.asarray(baseline, images.dtype)
    baseline = np.broadcast_to(baseline, images.shape)
    if np.ndim(points) == 0:
        points = (np.arange(points) + 0.5) / points
    total = sum(score(baseline + images.dtype.type(at) * (images - baseline))[1] for at in points)
    given = total / len(points) * (images - baseline)
    change = score(images)[0] - score(np.ascontiguousarray(baseline))[0]
    missed = given.sum(axis=(1, 2, 3), dtype=float) - change
    return given, np.abs(missed) / np.maximum(np.abs(change), 1e-12)


def complete_gradients(
    score: Score,
    images: np.ndarray,
    *,
    tolerance: float = 0.01,
    baseline: np.ndarray | None = None,
    first: int = 16,
    most: int = 256,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Integrated Gradients made finer until complete: attributions, errors (n,), gradients taken.

    The way from ``baseline`` to the picture is cut into ``first`` parts. The value at both ends of
    a part is known, so it is known too by how much the trapezoid of its end gradients misses its
    change: the parts that miss most are halved, until every picture's completeness error (as of
    `integrated_gradients`) is at most ``tolerance``, or ``most`` gradients a picture are taken.
    Rectifiers bend the way in a few places only; equal parts spend most gradients elsewhere.
    """
    images = np.asarray(images, _floating(images))
    baseline = plain(images) if baseline is None else np.asarray(baseline, images.dtype)
    way = images - baseline
    n_halved = max(1, BATCH // len(images))  # parts of a picture that are halved at a time
    at = np.tile(np.linspace(0, 1, first + 1)[:, None], len(images))
    value, slope, gradient = _along(score, baseline, way, at)
    gradients = [gradient]  # a list: one array would be copied at every turn
    while True:
        order = np.argsort(at, axis=0)
        x, y, dy = (np.take_along_axis(a, order, axis=0) for a in (at, value, slope))
        width, change = np.diff(x, axis=0), y[-1] - y[0]
        missed = np.diff(y, axis=0) - (dy[1:] + dy[:-1]) / 2 * width
        error = np.abs(missed.sum(axis=0)) / np.maximum(np.abs(change), 1e-12)
        if (error <= tolerance).all() or len(at) + n_halved > most:
            break
        worst = np.argsort(-np.abs(missed), axis=0)[:n_halved]
        middle = np.take_along_axis((x[1:] + x[:-1]) / 2, worst, axis=0)
        new_value, new_slope, gradient = _along(score, baseline, way, middle)
        at = np.concatenate([at, middle])
        value, slope = np.concatenate([value, new_value]), np.concatenate([slope, new_slope])
        gradients.append(gradient)
    weights, each = _trapezoid(width, order), (g for several in gradients for g in several)
    total = sum(w[:, None, None, None] * g for w, g in zip(weights, each, strict=True))
    return (total * way).astype(images.dtype), error, at.size


def _along(score: Score, baseline, way, at: np.ndarray) -> tuple[np.ndarray, ...]:
    """Values, slopes along the way (places, n) and gradients at the places ``at`` (places, n)."""
    images = baseline + at[..., None, None, None].astype(way.dtype) * way
    value, gradient = score(images.reshape(-1, *way.shape[1:]))
    gradient = gradient.reshape(images.shape)
    slope = np.einsum("pnhwc,nhwc->pn", gradient, way, dtype=float)
    return value.reshape(at.shape).astype(float), slope, gradient


def _trapezoid(width: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The weight of every place in the trapezoid rule, in the order in which they were taken."""
    edge = np.zeros((1, width.shape[1]))
    weight = np.empty(order.shape)
    in_order = (np.concatenate([width, edge]) + np.concatenate([edge, width])) / 2
    np.put_along_axis(weight, order, in_order, axis=0)
    return weight


def grad_cam(maps: np.ndarray, gradient: np.ndarray, size: int) -> np.ndarray:
    """Grad-CAM (n, size, size) from a layer's maps (n, a, a, c) and the score's gradient there.

    Channels are weighted by the mean of their gradient and summed, negative sums are 0, and the
    coarse map is enlarged linearly, its edge values held.
    """
    from scipy.ndimage import zoom

    weights = gradient.mean(axis=(1, 2), keepdims=True)
    coarse = np.maximum((weights * maps).sum(axis=-1), 0)
    factor = size / coarse.shape[1]
    return zoom(coarse, (1, factor, factor), order=1, mode="nearest", grid_mode=True)


def grad_cam_at(
    model, images: np.ndarray, targets: np.ndarray, *, layer: str | None = None
) -> np.ndarray:
    """`grad_cam` of the target's log-odds at a layer of the network that has maps.

    ``layer``: of a network of ``models.build`` a block, where it is None its one of `LAYERS`, else
    `LAYER`; InputError names those that can be used.
    """
    from dermlab.network import inference

    layer = layer or LAYERS.get(model.name, LAYER)
    below, score = scores.of_odds_at(model, targets, layer)
    maps = inference.predict(below, np.asarray(images), batch_size=BATCH)
    return grad_cam(maps, score(maps)[1], np.shape(images)[1])


def occlusion(
    value: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    *,
    patch: int = 16,
    stride: int = 8,
    fill: np.ndarray | None = None,
) -> np.ndarray:
    """How much ``value`` falls where a square is covered: (n, h, w), the mean over the squares.

    ``value(images)`` gives (n,); ``fill`` is broadcast to the pictures, each picture's `plain`
    where it is None. Squares of ``patch`` pixels stand every ``stride`` pixels. Signed: negative
    where covering makes the value larger.
    """
    images = np.asarray(images, _floating(images))
    fill = np.broadcast_to(plain(images) if fill is None else fill, images.shape)
    whole, (height, width) = value(images), images.shape[1:3]
    total, covered = np.zeros(images.shape[:3]), np.zeros((height, width))
    for top in range(0, height - patch + 1, stride):
        for left in range(0, width - patch + 1, stride):
            there = np.s_[top : top + patch, left : left + patch]
            hidden = images.copy()
            hidden[:, *there] = fill[:, *there]
            total[:, *there] += (whole - value(hidden))[:, None, None]
            covered[there] += 1
    return total / np.maximum(covered, 1)


# --- several at once ------------------------------------------------------------------------------

METHODS = (
    "input gradient",
    "SmoothGrad",
    "Integrated Gradients",
    "Grad-CAM",
    "occlusion",
)


def maps(
    model, images: np.ndarray, targets: np.ndarray, method: str, *, layer: str | None = None
) -> np.ndarray:
    """The maps (n, h, w), nothing negative, of one of `METHODS`, in any spelling as in `named`.

    ``layer``: of Grad-CAM, for a network of one's own (see `grad_cam_at`).
    """
    method = named(method)
    score = scores.of_odds(model, targets)
    if method == "input gradient":
        return gradient_map(scores.of_loss(model, targets), images)
    if method == "SmoothGrad":
        return smooth_grad(score, images)
    if method == "Integrated Gradients":
        return l1(integrated_gradients(score, images)[0])
    if method == "Grad-CAM":
        return grad_cam_at(model, images, targets, layer=layer)
    return np.maximum(occlusion(scores.odds(model, targets), images), 0)


def maps_by_run(
    places: Sequence[Path], images: np.ndarray, targets: np.ndarray, methods: Sequence[str]
) -> dict[str, np.ndarray]:
    """The `maps` of each of ``methods``, each picture's by the network in its own of ``places``.

    Such as those of the folds: networks of one kind and classes, so that one graph serves all.
    """
    from dermlab.network import inference

    model, made = None, {method: np.empty(images.shape[:3]) for method in methods}
    for place in dict.fromkeys(places):
        model = inference.load_run(place, into=model).model
        rows = np.flatnonzero([each == place for each in places])
        for method, of_all in made.items():
            of_all[rows] = maps(model, images[rows], targets[rows], method)
    return made


def named(method: str) -> str:
    """The one of `METHODS` that is meant: capitals, hyphens and blanks do not count.

    ``grad-cam -> Grad-CAM``, as the command spells it. Raises InputError for another method.
    """
    by_letters = {_letters(name): name for name in METHODS}
    if _letters(method) not in by_letters:
        raise InputError(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
    return by_letters[_letters(method)]


def _letters(name: str) -> str:
    return "".join(letter for letter in str(name).lower() if letter.isalpha())


def plain(images: np.ndarray) -> np.ndarray:
    """Each picture's mean colour, (n, 1, 1, 3): a picture without anything in it."""
    return np.asarray(images, _floating(images)).mean(axis=(1, 2), keepdims=True)


def _floating(images: np.ndarray) -> np.dtype:
    dtype = np.asarray(images).dtype
    return dtype if np.issubdtype(dtype, np.floating) else np.dtype(np.float32)
