"""Regressions on frozen layers of EfficientNet-Lite0, trained on ImageNet or not at all."""

import numpy as np
import pandas as pd

from results.common import cells, ham10000_lesions
from results.common.ham10000_lesions import SIZES, Lesions
from results.common.result import Inputs

NAME, KIND, SIZE = "ham10000_frozen_layers", "efficientnet_lite0", 128
TRAINED, WEIGHTS = "imagenet", ("imagenet", "untrained", "untrained, settled")
SEEDS, ALL, N_SETTLE = 5, 0, 256
STAGES = ("stem_relu", "block0", "block2", "block4", "block7", "block10", "block14", "block15")
TOP = "top"  # the last layer, after the last convolution
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # C of a regression, chosen by the development part
NAMED = {TRAINED: "regression"} | {name: f"regression, {name}" for name in WEIGHTS[1:]}


def asked() -> list[dict]:
    return [{"weights": name, "seed": seed} for seed in range(SEEDS) for name in WEIGHTS]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``layer|n`` -> scores of the test lesions; ``layer|n|chosen`` -> C, its development AUC."""
    lesions = ham10000_lesions.lesions(inputs, SIZE)
    features = _features(one, lesions)
    found = {}
    for layer, values in features.items():
        for n in (*SIZES, ALL) if layer == TOP else SIZES:
            score, chosen = regressed(values, lesions.positive, one["seed"], n)
            found |= {f"{layer}|{n}": score, f"{layer}|{n}|chosen": chosen}
    return found


def _features(one: dict, lesions: Lesions) -> dict[str, np.ndarray]:
    from dermlab.interpretation import anatomy
    from dermlab.network import inference, models

    is_trained = one["weights"] == TRAINED
    options = {} if is_trained else {"weights": "none"}
    net = models.build(KIND, 2, SIZE, seed=one["seed"], augment=False, **options)
    if one["weights"] == WEIGHTS[2]:
        anatomy.settle(net, lesions.pixels[:: len(lesions.pixels) // N_SETTLE].astype("float32"))
    return inference.predict(_pooled(net), lesions.pixels)


def _pooled(net):
    """Pixels in; out, layer -> the means of its maps (n, channels)."""
    from dermlab.network import models
    from dermlab.network.backend import keras

    pool = keras.layers.GlobalAveragePooling2D
    maps = {name: pool()(net.get_layer(name).output) for name in STAGES}
    return keras.Model(net.input, maps | {TOP: net.get_layer(models.FEATURES).output})


def regressed(
    features: np.ndarray, positive: np.ndarray, seed: int, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of the test lesions; C with the best development part, and its AUC there."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from dermlab.evaluation import roc

    parts, best = ham10000_lesions.draw(positive, seed, n or None), (-1.0, 0.0, None)
    for strength in STRENGTHS:
        regression = LogisticRegression(C=strength, max_iter=3000, class_weight="balanced")
        fitted = make_pipeline(StandardScaler(), regression)
        fitted.fit(features[parts.train], positive[parts.train])
        score = fitted.decision_function(features[parts.development])
        area = roc.area(*roc.wins(positive[parts.development], score))
        best = max(best, (area, strength, fitted), key=lambda found: found[0])
    area, strength, fitted = best
    return fitted.decision_function(features[parts.test]), np.array([strength, area])


def colours(pixels: np.ndarray) -> np.ndarray:
    """Mean and SD of red, green and blue of each picture (n, 6)."""
    flat = pixels.reshape(len(pixels), -1, 3).astype(np.float32)
    return np.concatenate([flat.mean(axis=1), flat.std(axis=1)], axis=1)


def sources(cases: pd.DataFrame) -> np.ndarray:
    """A column a source (n, sources)."""
    return pd.get_dummies(cases["source"].astype(str), dtype=float).to_numpy()


def regressions(inputs: Inputs) -> tuple[pd.DataFrame, dict[tuple[str, int], np.ndarray]]:
    """The table ``weights, layer, n, seed, strength, development`` with the test AUCs; and
    (arm, n) -> scores, seeds × test lesions, of the last layer, of colour and of source."""
    lesions = ham10000_lesions.lesions(inputs, SIZE)
    wanted = asked()
    found = cells.run(cell, wanted, inputs, name=NAME)
    test = ham10000_lesions.draw(lesions.positive, 0, None).test
    rows, scores = [], {}
    for one, arrays in zip(wanted, found, strict=True):
        for key in (key for key in arrays if key.endswith("|chosen")):
            layer, n = key.split("|")[:2]
            score = arrays[f"{layer}|{n}"]
            strength, development = arrays[key]
            about = one | {"layer": layer.removesuffix("_relu"), "n": int(n)}
            about |= {"strength": strength, "development": development}
            rows.append(about | ham10000_lesions.areas(lesions, test, score))
            if layer == TOP:
                scores.setdefault((NAMED[one["weights"]], int(n)), []).append(score)
    for arm, values in (("colour", colours(lesions.pixels)), ("source", sources(lesions.cases))):
        for n in (*SIZES, ALL):
            scores[arm, n] = [
                regressed(values, lesions.positive, seed, n)[0] for seed in range(SEEDS)
            ]
    return pd.DataFrame(rows), {key: np.array(of) for key, of in scores.items()}
