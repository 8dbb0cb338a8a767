"""Nine folds on HAM10000 with ImageNet weights: each image answered by a network new to its lesion.

The folds are those of ``ham10000_nine_folds``, so that both networks answer the same images.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from results.common import cells
from results.common.ham10000_pixels import PIXELS, data
from results.common.result import OF_HAM10000, Inputs, Outputs, Result

NAME, KIND, SIZE, DEPTH = "ham10000_imagenet_folds", "efficientnet_lite0", 128, "block11"
N_FOLDS, SEED = 9, 0
RATES = (0.0003, 0.001)
EVERY, TRIED, MOST = 150, 2, 8  # steps between two evaluations; evaluations of a rate, and in all


def asked() -> list[dict]:
    return [{"fold": fold, "seed": SEED} for fold in range(N_FOLDS)]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``probabilities`` of the scored fold's ``rows``.

    Both rates are tried for 300 steps, and the better on the development fold trains on.
    """
    from dermlab.network import inference, plans

    cases, _, pixels = data(inputs, SIZE)
    plan = plan_of(cases)
    parts = plans.parts(plan, one["fold"])
    tried = [fit(plan, pixels, parts, rate, TRIED, one["seed"])[1].best for rate in RATES]
    rate = RATES[int(np.argmax(tried))]
    model, fitted = fit(plan, pixels, parts, rate, MOST, one["seed"])
    return {
        "rows": parts.scored,
        "probabilities": inference.predict(model, pixels, rows=parts.scored),
        "classes": np.array(list(plan.classes["name"])),
        "tried": np.array(tried),
        "rate": np.array(rate),
        "development": fitted.history["development"].to_numpy(),
        "best_epoch": np.array(fitted.best_epoch),
    }


def plan_of(cases: pd.DataFrame):
    """Classes and folds of ``ham10000_nine_folds``, judged by malignant against the rest."""
    from dermlab.cases import splits
    from dermlab.lessons import profiles
    from dermlab.network import plans

    split = splits.group_folds(cases, N_FOLDS, seed=0)
    boundary = profiles.get("laptop").boundary(len(cases))
    return plans.make(cases, split, task="malignant", max_class_size=boundary)


def fit(plan, pixels: np.ndarray, parts, rate: float, epochs: int, seed: int):
    """The network and its `training.Fitted` after so many evaluations."""
    from dermlab.network import models, plans, training
    from dermlab.network.recipe import Recipe

    model = models.fresh(KIND, len(plan.classes), pixels.shape[1], seed=seed, depth=DEPTH)
    recipe = replace(Recipe.classroom(), learning_rate=rate, epochs=epochs, steps_per_epoch=EVERY)
    fitted = training.fit(
        model,
        pixels,
        plan.labels,
        train=parts.train,
        development=parts.development,
        groups=plan.categories,
        metric=plans.development_metric(plan),
        recipe=recipe,
        seed=seed,
    )
    return model, fitted
