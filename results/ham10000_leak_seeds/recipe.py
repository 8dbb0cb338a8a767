"""Random folds against folds that keep lesions whole, five times over, with ImageNet's weights.

The rows are shipped, so that every printed number can be computed again.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from results.common import cells
from results.common.ham10000_pixels import PIXELS, data
from results.common.result import OF_HAM10000, Inputs, Outputs, Result
from results.ham10000_leak.recipe import LEAK_FOLDS, SCHEMES, leak_folds

NAME, KIND, SIZE, DEPTH = "ham10000_leak_seeds", "efficientnet_lite0", 96, "block11"
SEEDS, RATE, STEPS, EVALUATIONS = 5, 0.0003, 300, 2  # steps between two evaluations
PARTS = ("all", "of a lesion with several photographs")


def asked() -> list[dict]:
    return [
        {"seed": seed, "fold": fold, "scheme": scheme}
        for seed in range(SEEDS)
        for fold in range(LEAK_FOLDS)
        for scheme in SCHEMES
    ]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``score`` (evaluations, images of the fold) and ``loss`` (evaluations,).

    The scored fold chooses nothing: it is only scored on the way.
    """
    from dermlab.network import models, training
    from dermlab.network.recipe import Recipe

    cases, positive, pixels = data(inputs, SIZE)
    fold = leak_folds(cases, one["scheme"], one["seed"])
    scores = []
    fitted = training.fit(
        models.fresh(KIND, 2, SIZE, seed=one["seed"], augment=False, depth=DEPTH),
        pixels,
        positive.astype(int),
        train=np.flatnonzero(fold != one["fold"]),
        watch={"scored": np.flatnonzero(fold == one["fold"])},
        recipe=replace(
            Recipe.classroom(), learning_rate=RATE, epochs=EVALUATIONS, steps_per_epoch=STEPS
        ),
        seed=one["seed"],
        on_epoch=lambda _, probabilities: scores.append(probabilities["scored"][:, 1]),
    )
    return {"score": np.array(scores, np.float32), "loss": fitted.history["loss"].to_numpy()}


def seeds(inputs: Inputs) -> Outputs:
    """The same images scored by networks that had, or had not, seen their lesion; five repeats.

    ``rows.npz``: a row an image, in random order and without its id: ``positive``, ``lesion``
    (numbered anew), ``rank`` (schemes, seeds, evaluations, images): the score's rank within its
    fold, as a share of the fold, so that no network's scale is compared with another's.
    ``areas.csv``: what `compared` makes of them. ``networks.csv``: seconds and device.
    """
    cases, positive, _ = data(inputs, SIZE)
    wanted = asked()
    found = cells.run(cell, wanted, {name: inputs[name] for name in PIXELS}, name=NAME)
    order = np.random.default_rng(0).permutation(len(cases))
    rows = {
        "schemes": np.array(SCHEMES),
        "positive": positive[order],
        "lesion": pd.factorize(cases["lesion_id"].to_numpy()[order])[0].astype(np.int16),
        "rank": ranks(cases, wanted, found)[..., order],
    }
    return {
        "rows.npz": rows,
        "areas.csv": compared(rows),
        "networks.csv": cells.table(wanted, found),
    }


def ranks(cases: pd.DataFrame, wanted: list[dict], found: list[cells.Arrays]) -> np.ndarray:
    """(schemes, seeds, evaluations, images) ranks within the fold, above 0 to 1."""
    from scipy.stats import rankdata

    shape = (len(SCHEMES), SEEDS, EVALUATIONS, len(cases))
    table = np.full(shape, np.nan, np.float32)
    for one, arrays in zip(wanted, found, strict=True):
        here = leak_folds(cases, one["scheme"], one["seed"]) == one["fold"]
        within = rankdata(arrays["score"], axis=1) / here.sum()
        table[SCHEMES.index(one["scheme"]), one["seed"]][:, here] = within
    return table


def compared(rows: cells.Arrays) -> pd.DataFrame:
    """``steps, images, n_images, n_positive, n_lesions``, and the two AUCs and their difference.

    ``auc_random, auc_whole, difference, low, high, p_value``: for other trainings on other folds
    and other lesions (seeds × lesions); ``p_holm``: over the rows of this table.
    """
    from dermlab.evaluation import repeats

    positive, lesion = rows["positive"], rows["lesion"]
    several = np.bincount(lesion)[lesion] > 1
    found = []
    for evaluation in range(rows["rank"].shape[2]):
        for name, part in zip(PARTS, (np.full(len(lesion), True), several), strict=True):
            random, whole = rows["rank"][:, :, evaluation, part].astype(float)
            each = [
                repeats.auc(positive[part], scores, lesion[part]).mean.estimate
                for scores in (random, whole)
            ]
            test = repeats.compare_auc(positive[part], random, whole, lesion[part])
            about = {"steps": STEPS * (evaluation + 1), "images": name, "n_images": int(part.sum())}
            about |= {"n_positive": int(positive[part].sum())}
            about |= {"n_lesions": len(np.unique(lesion[part])), "n_seeds": len(random)}
            bounds = {"difference": test.estimate, "low": test.low, "high": test.high}
            areas = dict(zip(("auc_random", "auc_whole"), each, strict=True))
            found.append(about | areas | bounds | {"p_value": test.p_value})
    table = pd.DataFrame(found)
    return table.assign(p_holm=repeats.holm(table["p_value"]))


RESULT = Result(
    seeds,
    "EfficientNet-Lite0 from ImageNet's weights (96 px, blocks 11 to 15 and the head tuned, "
    f"without augmentation, rate {RATE}, {STEPS} and {STEPS * EVALUATIONS} steps of 32) on "
    "HAM10000, malignant or premalignant against the rest: "
    f"{LEAK_FOLDS} random folds against {LEAK_FOLDS} that keep lesions whole, the same images; "
    f"{SEEDS} seeds, each with other folds, heads and batches. Pictures and labels: {OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=60,
    reads=PIXELS,
)
