"""What ImageNet's weights are worth on real skin: how deep they are tuned, and on how many lesions.

EfficientNet-Lite0 learns malignant or premalignant against the rest on HAM10000, one photograph a
lesion. Every arm has the same learning rates to choose from, the same development part and the
same patience; only the initial weights and the depth differ.
"""

from dataclasses import replace

import numpy as np

from results.common import cells, ham10000_lesions
from results.common.ham10000_lesions import SIZES, Lesions
from results.common.result import Inputs

NAME, KIND, SIZE = "ham10000_imagenet", "efficientnet_lite0", 96
SCRATCH = "scratch"
ARMS = ("all", SCRATCH, "block11", "head", "block5")  # what is tuned, and all from random weights
RATES = (0.0003, 0.001)
SEEDS, SEEDS_OF_ALL = 5, 3
EVERY, PATIENCE, MOST = 50, 3, 8  # steps between two evaluations; evaluations
MOST_OF_ALL, EVERY_OF_ALL = 8, 150  # with all lesions
ARMS_OF_ALL = ("block11", "all", SCRATCH)


def first_cells() -> list[dict]:
    """Both rates on the first seed, which chooses."""
    return [
        {"arm": arm, "rate": rate, "n": n, "seed": 0}
        for arm in ARMS
        for n in SIZES
        for rate in RATES
    ]


def more_cells(rates: dict[tuple[str, int], float]) -> list[dict]:
    """The other seeds with the rate that the first one chose."""
    return [
        {"arm": arm, "rate": rates[arm, n], "n": n, "seed": seed}
        for seed in range(1, SEEDS)
        for arm in ARMS
        for n in SIZES
    ]


def all_cells(rates: dict[tuple[str, int], float]) -> list[dict]:
    """All lesions, with the rate that 800 lesions chose."""
    return [
        {"arm": arm, "rate": rates[arm, max(SIZES)], "n": 0, "seed": seed}
        for seed in range(SEEDS_OF_ALL)
        for arm in ARMS_OF_ALL
    ]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``development``: an AUC an evaluation; ``test``: scores at the best one; ``loss``."""
    return tuned(one, ham10000_lesions.lesions(inputs, SIZE))


def tuned(one: dict, lesions: Lesions) -> cells.Arrays:
    from dermlab.evaluation import roc
    from dermlab.network import inference, models, training
    from dermlab.network.recipe import Recipe

    positive = lesions.positive
    parts = ham10000_lesions.draw(positive, one["seed"], one["n"] or None)
    from_random = one["arm"] == SCRATCH
    options = {"weights": "none"} if from_random else {"depth": one["arm"]}
    model = models.fresh(KIND, 2, lesions.pixels.shape[1], seed=one["seed"], **options)
    recipe = replace(
        Recipe.classroom(),
        learning_rate=one["rate"],
        epochs=MOST if one["n"] else MOST_OF_ALL,
        steps_per_epoch=EVERY if one["n"] else EVERY_OF_ALL,
        patience=PATIENCE,
    )
    fitted = training.fit(
        model,
        lesions.pixels,
        positive.astype(int),
        train=parts.train,
        development=parts.development,
        recipe=recipe,
        seed=one["seed"],
        metric=lambda p, rows: roc.area(*roc.wins(positive[rows], p[:, 1].astype(float))),
    )
    scores = inference.predict(model, lesions.pixels, rows=parts.test)[:, 1]
    return {
        "loss": fitted.history["loss"].to_numpy(),
        "development": fitted.history["development"].to_numpy(),
        "test": scores.astype(np.float32),
    }


def chosen_rates(first: list[dict], found: list[cells.Arrays]) -> dict[tuple[str, int], float]:
    """(arm, n) -> the rate with the best development part on the first seed."""
    best = {}
    for one, arrays in zip(first, found, strict=True):
        key, value = (one["arm"], one["n"]), arrays["development"].max()
        best[key] = max(best.get(key, (-1.0, 0.0)), (value, one["rate"]))
    return {key: rate for key, (_, rate) in best.items()}
