"""What a saliency map explains: a network's loss, class or log-odds as a function of the picture.

A score takes pictures (n, h, w, 3) in float and gives their values (n,) and the gradients of the
values (n, h, w, 3). A target is a class number, or a group of the network's classes, p being the
sum of their probabilities.
"""

import weakref
from collections.abc import Callable
from functools import partial

import numpy as np

from dermlab.errors import InputError

Score = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

BATCH = 32
_logit_models: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_halves: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def of_loss(model, targets: np.ndarray) -> Score:
    """The cross-entropy -log p(target)."""
    return _score(_logits(model), targets, _loss)


def of_class(model, targets: np.ndarray) -> Score:
    """The target's number before the softmax, its logit; of a group log Σ exp."""
    return _score(_logits(model), targets, _class)


def of_odds(model, targets: np.ndarray) -> Score:
    """The log-odds log(p / (1 - p)) of the target."""
    return _score(_logits(model), targets, _odds)


def of_odds_at(model, targets: np.ndarray, layer: str) -> tuple[object, Score]:
    """The network up to the maps of ``layer``, and the log-odds of the target as their score."""
    from dermlab.network import graph

    logits = _logits(model)
    halves = _halves.setdefault(logits, {})
    if layer not in halves:
        halves[layer] = graph.divide(logits, layer)
    below, above = halves[layer]
    return below, _score(above, targets, _odds)


def odds(model, targets: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The log-odds of the target without a gradient, quicker than `of_odds`: for occlusion."""
    from dermlab.network import inference

    logits = _logits(model)
    inside = _membership(targets, logits.output.shape[-1])

    def value(images: np.ndarray) -> np.ndarray:
        logits_ = inference.predict(logits, images, batch_size=2 * BATCH).astype(float)
        of_each = np.tile(inside, (len(images) // len(inside), 1))

        def log_sum(members):
            return np.logaddexp.reduce(np.where(members, logits_, -np.inf), axis=1)

        return log_sum(of_each) - log_sum(~of_each)

    return value


def groups(classes, task) -> np.ndarray:
    """Which of a network's classes belong to each class of a task: bool (task's, network's).

    ``classes``: a table with ``diseases``, a tuple of nodes a row; ``task``: of ``cases.tasks``. A
    row of it is a target: the paper's nine classes for a network of training classes.
    """
    inside = [[nodes.issuperset(held) for held in classes["diseases"]] for _, nodes in task.classes]
    return np.array(inside, dtype=bool)


def _score(logits, targets: np.ndarray, read: Callable) -> Score:
    """``read`` of the network's logits, in batches of few sizes, since each needs a graph."""
    from dermlab.network import backend

    inside = _membership(targets, logits.output.shape[-1])

    def score(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        images = np.asarray(images, logits.inputs[0].dtype)
        if len(images) % len(inside):
            raise InputError(
                f"There are {len(images)} pictures and {len(inside)} targets: give each its target."
            )
        of_each = np.tile(inside, (len(images) // len(inside), 1)).astype(images.dtype)
        return _in_batches(partial(backend.gradient_through, logits, read), images, of_each)

    return score


def _in_batches(function: Callable, images: np.ndarray, inside: np.ndarray) -> tuple:
    size = BATCH if len(images) > BATCH // 2 else len(images)
    batches = []
    for start in range(0, len(images), size):
        rows = np.resize(np.arange(start, min(start + size, len(images))), size)
        arrays = function(images[rows], inside[rows])
        batches.append([array[: len(images) - start] for array in arrays])
    return tuple(np.concatenate(arrays) for arrays in zip(*batches, strict=True))


def _logits(model):
    """The network up to the numbers that its softmax reads, on the same weights; made once."""
    from dermlab.network import graph

    if model not in _logit_models:
        _logit_models[model] = graph.logits(model)
    return _logit_models[model]


def _membership(targets: np.ndarray, n_classes: int) -> np.ndarray:
    """Which classes are the target of each picture, (n, n_classes) bool."""
    targets = np.asarray(targets)
    if targets.ndim == 1 and np.issubdtype(targets.dtype, np.integer):
        if targets.size and not {*targets} <= {*range(n_classes)}:
            raise InputError(
                f"The network has the classes 0 to {n_classes - 1}: {targets} are not."
            )
        return np.eye(n_classes, dtype=bool)[targets]
    if targets.dtype != bool or targets.ndim != 2 or targets.shape[1] != n_classes:
        raise InputError(
            f"Targets are class numbers (n,) or truth values (n, {n_classes}); these are "
            f"{targets.dtype} {targets.shape}."
        )
    if (targets.all(axis=1) | ~targets.any(axis=1)).any():
        raise InputError("A target that holds all of the network's classes, or none, has no map.")
    return targets


def _log_sum(logits, inside):
    """log of the sum of exp over the classes ``inside`` (1 or 0)."""
    from dermlab.network.backend import keras

    return keras.ops.logsumexp(logits + (inside - 1) * 1e9, axis=-1)


def _loss(logits, inside):
    return _log_sum(logits, inside * 0 + 1) - _log_sum(logits, inside)


def _class(logits, inside):
    return _log_sum(logits, inside)


def _odds(logits, inside):
    return _log_sum(logits, inside) - _log_sum(logits, 1 - inside)
