"""What a saliency map explains: a network's loss, class or log-odds as a function of the picture.

A score takes pictures (n, h, w, 3) in float and gives their values (n,) and the gradients of the
values (n, h, w, 3). A target is a class number, or a group of the network's classes, p being the
sum of their probabilities. Any Keras network will do that `graph.head` can read: a single sigmoid
has the classes 0 and 1, and of several sigmoids each class is a question of its own.
"""

import weakref
from collections.abc import Callable
from functools import partial

import numpy as np

from dermlab.errors import InputError

Score = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

BATCH = 32
_heads: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_halves: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def of_loss(model, targets: np.ndarray) -> Score:
    """The cross-entropy -log p(target)."""
    head = _head(model)
    return _score(head.logits, _membership(targets, head), _loss if head.exclusive else _own_loss)


def of_class(model, targets: np.ndarray) -> Score:
    """The target's number before the softmax or sigmoid, its logit; of a group log Σ exp."""
    head = _head(model)
    return _score(head.logits, _membership(targets, head), _class if head.exclusive else _own_odds)


def of_odds(model, targets: np.ndarray) -> Score:
    """The log-odds log(p / (1 - p)) of the target."""
    head = _head(model)
    return _score(head.logits, _membership(targets, head), _odds if head.exclusive else _own_odds)


def of_odds_at(model, targets: np.ndarray, layer: str) -> tuple[object, Score]:
    """The network up to the maps of ``layer``, and the log-odds of the target as their score."""
    from dermlab.network import graph

    head = _head(model)
    halves = _halves.setdefault(head.logits, {})
    if layer not in halves:
        halves[layer] = graph.divide(head.logits, layer)
    below, above = halves[layer]
    inside = _membership(targets, head)
    return below, _score(above, inside, _odds if head.exclusive else _own_odds)


def odds(model, targets: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The log-odds of the target without a gradient, quicker than `of_odds`: for occlusion."""
    from dermlab.network import inference

    head = _head(model)
    inside = _membership(targets, head)

    def value(images: np.ndarray) -> np.ndarray:
        logits = inference.predict(head.logits, images, batch_size=2 * BATCH).astype(float)
        of_each = np.tile(inside, (len(images) // len(inside), 1))

        def log_sum(members):
            return np.logaddexp.reduce(np.where(members, logits, -np.inf), axis=1)

        if not head.exclusive:
            return log_sum(of_each)  # of the one class
        return log_sum(of_each) - log_sum(~of_each)

    return value


def groups(classes, task) -> np.ndarray:
    """Which of a network's classes belong to each class of a task: bool (task's, network's).

    ``classes``: a table with ``diseases``, a tuple of nodes a row; ``task``: of ``cases.tasks``. A
    row of it is a target: the paper's nine classes for a network of training classes.
    """
    inside = [[nodes.issuperset(held) for held in classes["diseases"]] for _, nodes in task.classes]
    return np.array(inside, dtype=bool)


def _score(logits, inside: np.ndarray, read: Callable) -> Score:
    """``read`` of the network's logits, in batches of few sizes, since each needs a graph."""
    from dermlab.network import backend

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


def _head(model):
    """The network up to its logits, on the same weights: a `graph.Head`, made once."""
    from dermlab.network import graph

    if model not in _heads:
        _heads[model] = graph.head(model)
    return _heads[model]


def _membership(targets: np.ndarray, head) -> np.ndarray:
    """Which classes are the target of each picture, (n, n_classes) bool."""
    targets, n_classes = np.asarray(targets), head.logits.output.shape[-1]
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
    if not head.exclusive and (targets.sum(axis=1) != 1).any():
        raise InputError(
            "The network answers each class by a sigmoid of its own: they do not exclude one "
            "another, and a group of them has no probability. Give one class a picture."
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


def _own_odds(logits, inside):
    """Of a class with a sigmoid of its own: its logit."""
    from dermlab.network.backend import keras

    return keras.ops.sum(logits * inside, axis=-1)


def _own_loss(logits, inside):
    from dermlab.network.backend import keras

    return keras.ops.softplus(-_own_odds(logits, inside))
