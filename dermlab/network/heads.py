"""A head set by logistic regression on the frozen features, from which tuning then goes on.

A random head sends random gradients into weights that already see well, and with a few hundred
pictures the first steps can spoil more than the rest mends. A network whose head is the regression
*is* the regression: tuning can only be kept where the development part says that it is better.
"""

import warnings
from collections.abc import Callable

import numpy as np

from dermlab.network import inference
from dermlab.network.backend import keras
from dermlab.network.models import HEAD

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)  # C of the regression; the smallest shrinks most
ABSENT = -30.0  # the logit of a class without a picture to learn from


def by_regression(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    train: np.ndarray,
    development: np.ndarray,
    metric: Callable[[np.ndarray, np.ndarray], float],
    groups: np.ndarray | None = None,
) -> float:
    """Set the head of ``model`` by regression on its frozen features; what ``metric`` then says.

    images, labels, train, development, metric : as of `training.fit`. The penalty is the one of
        `PENALTIES` that the development part prefers; at equal values the stronger.
    groups : (n,) each group of the training rows weighs the same in sum; None: each row does.

    The features are standardised for the regression, and the standardisation is folded into the
    head's weights, so that the network's own answers are the regression's.
    """
    rows = np.concatenate([train, development])
    features = inference.features(model, images, rows=rows).astype(float)
    mean, spread = features[: len(train)].mean(axis=0), features[: len(train)].std(axis=0)
    spread[spread == 0] = 1
    seen, judged = np.split((features - mean) / spread, [len(train)])
    learnt, n_classes = labels[train], model.output_shape[-1]
    weights = None if groups is None else _even(np.asarray(groups)[train])
    heads = [_regression(seen, learnt, weights, penalty, n_classes) for penalty in PENALTIES]
    scores = [
        float(metric(_softmax(judged @ kernel + bias), development)) for kernel, bias in heads
    ]
    best = int(np.argmax(scores))
    kernel = heads[best][0] / spread[:, None]
    model.get_layer(HEAD).set_weights([kernel, heads[best][1] - mean @ kernel])
    return scores[best]


def _regression(
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None,
    penalty: float,
    n_classes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (units, n_classes) and bias of a softmax; the logit of an absent class is ABSENT."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():  # not quite at its minimum it is a head like any other
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LogisticRegression(C=penalty, max_iter=500).fit(features, labels, weights)
    if len(fitted.classes_) == 2:  # one logit for two classes: half of it for, half against
        signs = np.array([-0.5, 0.5])
        of_class, shifts = signs[:, None] * fitted.coef_, signs * fitted.intercept_
    else:
        of_class, shifts = fitted.coef_, fitted.intercept_
    kernel, bias = np.zeros((features.shape[1], n_classes)), np.full(n_classes, ABSENT)
    kernel[:, fitted.classes_], bias[fitted.classes_] = of_class.T, shifts
    return kernel, bias


def _even(groups: np.ndarray) -> np.ndarray:
    """A weight a row, 1 on average, with the same sum for every group."""
    _, number, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return len(groups) / (len(counts) * counts[number])


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
