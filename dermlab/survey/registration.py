"""2D/3D registration by regression, after Miao, Wang and Liao (IEEE TMI 2016;35(5):1352), in small.

A radiograph is compared with a DRR at the present estimate of the pose (`residuals`), and a network
answers by how much the estimate is off; a few such iterations are a registration. `optimised` is
the older way: a search for the pose whose DRR is most similar.

Reduced: convolutions shared by the patches, 14,000 weights a network (paper: 660,500), and some
thousand pairs to learn from (25,000).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dermlab.survey import poses as rigid
from dermlab.survey import radiographs
from dermlab.survey.residuals import (
    CAPTURE,
    HALVES,
    LIMITS,
    PATCHES,
    PLACES,
    SIDE,
    WINDOW,
    Way,
    body,
    corrected,
    looked_at,
    only,
    pairs,
    residual,
    sampled,
    standardised,
    veiled,
    zone_of,
)

BATCH = 64
RATE = 2e-3  # of learning, at first; it falls to 0 along a cosine
LANDMARKS = rigid.corners(radiographs.LOW, radiographs.HIGH)


class Cases(NamedTuple):
    """Registrations to be done: radiographs (n, rows, columns), starts and true poses (n, 6)."""

    images: np.ndarray
    starts: np.ndarray
    truth: np.ndarray


def cases(n: int, starts: int, seed: int) -> Cases:
    """``n`` radiographs, each of another leg and pose, with so many starts each.

    A start is off by at most a share of ``CAPTURE``, and that share is drawn evenly from 0 to 1.
    Truth and starts lie in the window of views.
    """
    rng = np.random.default_rng(seed)
    truth = rigid.drawn(PLACES, n, rng)
    images = np.stack([radiographs.radiograph(t, radiographs.leg(rng), rng) for t in truth])
    which = np.repeat(np.arange(n), starts)
    return Cases(images[which], np.array([_start(truth[k], rng) for k in which]), truth[which])


def _start(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    while True:
        start = truth + rigid.drawn(np.array(CAPTURE) * rng.uniform(), 1, rng)[0]
        if np.abs(start[3:5]).max() < WINDOW:
            return start


# --- models ---------------------------------------------------------------------------------------


def network(steps: int = 1):
    """The untrained Keras network: PATCHES · SIDE² residuals → six offsets; compiled for a training
    of so many steps."""
    from dermlab.network.backend import keras

    layers, reshape = keras.layers, keras.ops.reshape
    whole = keras.Input((PATCHES * SIDE**2,))
    x = reshape(whole, (-1, SIDE, SIDE, 1))
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(24, activation="relu")(reshape(x, (-1, (SIDE // 4) ** 2 * 16)))
    x = layers.Dense(64, activation="relu")(reshape(x, (-1, PATCHES * 24)))
    model = keras.Model(whole, layers.Dense(6)(x))
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    model.compile(keras.optimizers.Adam(rate), "mse")
    return model


def answers(weights: list[np.ndarray], residuals: np.ndarray) -> np.ndarray:
    """What the network with these weights says, (n, 6), by NumPy alone: quick for a single case."""
    x = residuals.reshape(-1, SIDE, SIDE, 1)
    for kernel, bias in (weights[0:2], weights[2:4]):
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        flat = windows.transpose(0, 1, 2, 4, 5, 3).reshape(*x.shape[:3], -1)
        x = np.maximum(flat @ kernel.reshape(-1, kernel.shape[-1]) + bias, 0)
        n, rows, columns, filters = x.shape
        x = x.reshape(n, rows // 2, 2, columns // 2, 2, filters).max(axis=(2, 4))
    x = np.maximum(x.reshape(len(x), -1) @ weights[4] + weights[5], 0)
    x = np.maximum(x.reshape(len(residuals), -1) @ weights[6] + weights[7], 0)
    return x @ weights[8] + weights[9]


def blocks(residuals: np.ndarray) -> np.ndarray:
    """Haar-like features, (n, features): means of 4 × 4 blocks, and differences of neighbours."""
    side = SIDE // 4
    x = residuals.reshape(-1, PATCHES, side, 4, side, 4).mean(axis=(3, 5))
    parts = [x, np.diff(x, axis=2), np.diff(x, axis=3)]
    return np.concatenate([part.reshape(len(x), -1) for part in parts], axis=1)


def forest(residuals: np.ndarray, targets: np.ndarray, seed: int):
    """A forest of regression trees on `blocks`: the paper's comparison without a network."""
    from sklearn.ensemble import ExtraTreesRegressor

    trees = ExtraTreesRegressor(60, min_samples_leaf=3, max_features=0.4, random_state=seed)
    return trees.fit(blocks(residuals), targets)


def answer(model, residuals: np.ndarray) -> np.ndarray:
    """What a model says, (n, 6): the weights of a network, or a forest."""
    if isinstance(model, list):
        return answers(model, residuals)
    return model.predict(blocks(residuals))


def to_learn(way: Way, n: int, behind: np.ndarray, seed: int) -> dict[tuple[int, str], tuple]:
    """The pairs of each model of a way; every way gets as many in all as one with all ingredients:
    ``n`` for each zone and stage."""
    times = (1 if way.zones else HALVES**2) * (1 if way.stages else len(rigid.GROUPS))
    seeds = np.random.default_rng(seed).integers(2**31, size=len(way.models()))
    return {
        (zone, stage): pairs(way, zone if way.zones else None, stage, n * times, behind, one)
        for (zone, stage), one in zip(way.models(), seeds, strict=True)
    }


def trained(way: Way, learnt: Mapping, *, seed: int, epochs: int) -> dict[tuple[int, str], object]:
    """The models of a way: networks (their weights; batches of 64) or forests."""
    from dermlab.network.backend import keras

    if not way.network:
        steps = way.steps()
        return {key: forest(x, only(y, steps[key[1]]), seed) for key, (x, y) in learnt.items()}
    keras.utils.set_random_seed(seed)
    n = len(next(iter(learnt.values()))[0])
    model, models = network(epochs * -(-n // BATCH)), {}
    model.optimizer.build(model.trainable_variables)
    slots = [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables]
    for key, (x, y) in learnt.items():
        model.set_weights(network().get_weights())
        for variable, value in zip(model.optimizer.variables, slots, strict=True):
            variable.assign(value)
        targets = only(y, way.steps()[key[1]])
        model.fit(x, targets, batch_size=BATCH, epochs=epochs, verbose=0)
        models[key] = model.get_weights()
    return models


def unpacked(arrays: Mapping[str, np.ndarray]) -> dict[tuple[int, str], list[np.ndarray]]:
    """Networks from arrays that are named by zone, stage and place: ``"0|depth|3"``."""
    models = {}
    for name in sorted(arrays, key=lambda name: int(name.rpartition("|")[2])):
        zone, stage, _ = name.split("|")
        models.setdefault((int(zone), stage), []).append(arrays[name].astype(np.float32))
    return models


# --- registration ---------------------------------------------------------------------------------


def improved(way: Way, model, stage: str, images: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """Estimates (n, 6) of one zone after one answer of its model for one stage."""
    places = looked_at(way, poses, int(zone_of(poses[:1])[0]))
    said = answer(model, residual(sampled(images, places), poses, places))
    return corrected(way, poses, only(said * np.array(LIMITS[stage]), way.steps()[stage]))


def register(
    way: Way, models: Mapping, images: np.ndarray, starts: np.ndarray, *, iterations: int = 3
) -> np.ndarray:
    """The estimates after 0, 1, … iterations, (iterations + 1, n, 6), of radiographs (n, …)."""
    path = [np.array(starts, float)]
    for _ in range(iterations):
        poses = path[-1].copy()
        for stage in way.steps():
            zones = zone_of(poses)
            for zone in np.unique(zones):
                rows, model = zones == zone, models[int(zone) if way.zones else 0, stage]
                poses[rows] = improved(way, model, stage, images[rows], poses[rows])
        path.append(poses)
    return np.stack(path)


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Gradient correlation of two pictures: the mean correlation of their gradients, down and
    across; 0 where a picture is even."""
    slopes = [standardised(np.stack(np.gradient(each)).reshape(2, -1)) for each in (a, b)]
    return float((slopes[0] * slopes[1]).mean())


def optimised(image: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, int]:
    """The pose that a search finds from ``start``, and how many DRRs it took.

    Powell's method on `similarity` to the veiled DRR, at 32 × 32 places 3 mm apart around it.
    """
    from scipy.optimize import minimize

    middle = rigid.projected(rigid.moved(start, np.zeros((1, 3))))[0, 0]
    places = radiographs.grid(32, 3.0).reshape(1, -1, 2) + middle
    seen = sampled(image[None], places).reshape(32, 32)
    units = np.array(CAPTURE)

    def cost(offset):
        cast = veiled(radiographs.cast(body(), start[None] + offset * units, places))
        return -similarity(cast.reshape(32, 32), seen)

    options = {"direc": np.eye(6) * 0.3, "xtol": 1e-3, "ftol": 1e-4}
    found = minimize(cost, np.zeros(6), method="Powell", options=options)
    return start + found.x * units, int(found.nfev)
