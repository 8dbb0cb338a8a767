"""Frozen layers on real lesions: is what lies in them worth more for having seen everyday pictures?

A regression on the mean of the maps at seven depths of the compact network that nobody has taught
skin: with the shipped weights, with random ones, and with the shipped ones shuffled.
"""

import numpy as np
import pandas as pd

from results.common import cells
from results.common import ham10000_pixels as ham
from results.common.result import OF_HAM10000, Inputs, Outputs, Result

NAME = "ham10000_frozen"
SEED, N_LESIONS, N_FOLDS, N_SETTLE = 0, 4000, 5, 256
SEEDS = (0, 1, 2)
LOADED, CONTROLS = "shipped", ("random", "shuffled")
PENALTY = 0.1  # C of every regression, fixed beforehand


def asked() -> list[dict]:
    return [{"weights": LOADED, "seed": 0}] + [
        {"weights": name, "seed": seed} for name in CONTROLS for seed in SEEDS
    ]


def lesions(inputs: Inputs) -> np.ndarray:
    """Row numbers of one photograph of each of ``N_LESIONS`` lesions drawn at random."""
    first = ham.data(inputs)[0].drop_duplicates("lesion_id").index.to_numpy()
    return np.sort(np.random.default_rng(SEED).permutation(first)[:N_LESIONS])


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """Depth -> out-of-fold scores of the lesions."""
    from dermlab.interpretation import anatomy
    from dermlab.network import backend, inference, models

    backend.deterministic(SEED)
    rows = lesions(inputs)
    pixels, positive = ham.data(inputs)[2][rows], ham.data(inputs)[1][rows]
    net = models.build(
        "compact", 2, ham.SIZE, weights="shipped", batch_norm="updating", augment=False
    )
    if one["weights"] != LOADED:
        seed = one["seed"]
        make = {
            "random": lambda: anatomy.random_weights(net, 100 + seed),
            "shuffled": lambda: anatomy.shuffled(net.get_weights(), seed),
        }
        net.set_weights(make[one["weights"]]())
        anatomy.settle(net, pixels[:: N_LESIONS // N_SETTLE].astype("float32"))
    found = inference.predict(anatomy.watched(net), pixels)
    return {depth: out_of_fold(features, positive) for depth, features in found.items()}


def out_of_fold(features: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Scores (n,) of regressions that have not seen the lesion."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(C=PENALTY, max_iter=1000, class_weight="balanced")
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED)
    model = make_pipeline(StandardScaler(), regression)
    return cross_val_predict(model, features, positive, cv=folds, method="decision_function")


def frozen(inputs: Inputs) -> Outputs:
    """``areas.csv``: weights, seed, depth, auc, low, high. ``differences.csv``: depth, control,
    estimate, low, high: the shipped weights' area less the mean area of the control's three seeds,
    bootstrap over lesions. ``networks.csv``: seconds, device.
    """
    from dermlab.evaluation import roc

    wanted = asked()
    found = cells.run(cell, wanted, inputs, name=NAME)
    positive = ham.data(inputs)[1][lesions(inputs)]
    depths = [key for key in found[0] if key not in ("seconds", "device")]
    areas = [
        one | {"depth": depth} | _area(roc.auc_delong(positive, arrays[depth]))
        for one, arrays in zip(wanted, found, strict=True)
        for depth in depths
    ]
    by_name = {
        name: [a for one, a in zip(wanted, found, strict=True) if one["weights"] == name]
        for name in (LOADED, *CONTROLS)
    }
    differences = [
        {"depth": depth, "control": name} | ahead(positive, by_name, name, depth)
        for name in CONTROLS
        for depth in depths
    ]
    return {
        "areas.csv": pd.DataFrame(areas),
        "differences.csv": pd.DataFrame(differences),
        "networks.csv": cells.table(wanted, found),
    }


def _area(area) -> dict:
    return {"auc": area.estimate, "low": area.low, "high": area.high}


def ahead(positive: np.ndarray, by_name: dict, control: str, depth: str) -> dict:
    from dermlab.evaluation import roc

    found = roc.auc_minus_mean(
        positive, by_name[LOADED][0][depth], [arrays[depth] for arrays in by_name[control]]
    )
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


RESULT = Result(
    frozen,
    "What lies in the frozen layers of the compact network, for malignant or premalignant "
    f"against the rest on {N_LESIONS:,} lesions of HAM10000 (one photograph each, 96 px): "
    "logistic regression (C 0.1) on the mean of the maps at seven depths, scored out of five "
    "folds of lesions; with the shipped weights, with random ones (three seeds) and with the "
    "shipped ones shuffled within each kernel (three seeds), BatchNorm's statistics of the "
    "latter two measured on 256 of the lesions without their labels. Pictures and labels: "
    f"{OF_HAM10000}.",
    kind="measured here",
    seed=SEED,
    minutes=5,
    reads=ham.READS,
)
