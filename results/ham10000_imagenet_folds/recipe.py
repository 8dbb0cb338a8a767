"""Nine folds on HAM10000 with ImageNet weights: each image answered by a network new to its lesion.

The folds are those of ``ham10000_nine_folds``, so that both networks answer the same images.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from results.common import cells
from results.common.ham10000_pixels import PIXELS, data
from results.common.result import OF_HAM10000, Inputs, Outputs, Result
from results.ham10000_nine_folds.recipe import (
    ALL,
    BIOPSIED,
    N_FOLDS,
    QUESTIONS,
    ROWS,
    answers_of,
    areas_of,
    question_of,
    rows_of,
    shipped_rows,
    subgroups_of,
    without_ids,
)

NAME, KIND, SIZE, DEPTH = "ham10000_imagenet_folds", "efficientnet_lite0", 128, "block11"
SEED, WITHIN = 0, "within source"
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


def folds(inputs: Inputs) -> Outputs:
    """Out-of-fold answers of nine networks for every image of HAM10000.

    ``predictions.npz``, ``areas.csv``, ``mix.csv``, ``subgroups.csv``: as ``ham10000_nine_folds``
    (the rows in the same order). ``against_compact.csv``: each question's AUC beside that of the
    compact network on the same images, paired, over lesions: on all, on the biopsied, and within
    source (only images of one clinic and camera are compared). ``networks.csv``: the rate that the
    development fold chose, the best evaluation, its AUC there, seconds and device.
    """
    cases, _, _ = data(inputs, SIZE)
    wanted = asked()
    found = cells.run(cell, wanted, {name: inputs[name] for name in PIXELS}, name=NAME)
    answers = answers_of(cases, wanted, found)
    cases = cases.assign(biopsied=cases["label_source"] == "biopsy")
    areas, mix = zip(*(areas_of(cases, answers, question) for question in QUESTIONS), strict=True)
    rows = without_ids(cases, answers, list(found[0]["classes"]))
    return {
        "predictions.npz": rows,
        "areas.csv": pd.DataFrame([row for rows in areas for row in rows]),
        "mix.csv": pd.DataFrame(mix),
        "subgroups.csv": subgroups_of(cases, answers),
        "against_compact.csv": against_compact(rows_of(rows), shipped_rows(inputs[ROWS])),
        "networks.csv": networks(wanted, found),
    }


def networks(wanted: list[dict], found: list[cells.Arrays]) -> pd.DataFrame:
    chosen = [
        {
            "rate": float(arrays["rate"]),
            "steps": EVERY * int(arrays["best_epoch"]),
            "development": float(arrays["development"].max()),
        }
        for arrays in found
    ]
    return cells.table(wanted, found).assign(**pd.DataFrame(chosen))


def against_compact(here: tuple, compact: tuple) -> pd.DataFrame:
    """``task, cases, n_images, n_positive, auc, compact, difference, low, high, p_value``.

    ``here``, ``compact``: cases and answers of the same images in the same order.
    """
    cases, answers = here
    if not cases.equals(compact[0]):
        raise ValueError("the compact network's rows are of other images, or in another order")
    rows = []
    for question in QUESTIONS:
        asked_about, positive, score = question_of(cases, answers, question)
        other = question_of(*compact, question)[2]
        parts = {ALL: asked_about, BIOPSIED: asked_about & cases["biopsied"].to_numpy(bool)}
        for which, part in (*parts.items(), (WITHIN, asked_about)):
            strata = cases["source"][part] if which == WITHIN else np.zeros(part.sum())
            counts = {"n_images": int(part.sum()), "n_positive": int(positive[part].sum())}
            scores, lesion = np.stack([score, other])[:, part], cases["lesion_id"][part]
            compared = paired(positive[part], scores, lesion, pd.factorize(strata)[0])
            rows.append({"task": question, "cases": which} | counts | compared)
    return pd.DataFrame(rows)


def paired(positive, scores: np.ndarray, lesion, strata: np.ndarray) -> dict[str, float]:
    """Two AUCs of the same images and their difference, with an interval over lesions."""
    from dermlab.evaluation import clustered, intervals

    numbers = intervals.group_numbers(lesion, len(positive))
    areas, covariance, df = clustered.stratified_covariance(positive, scores, numbers, strata)
    contrast = np.array([1.0, -1.0])
    test = intervals.tested(float(contrast @ areas), float(contrast @ covariance @ contrast), df)
    bounds = {"low": test.low, "high": test.high, "p_value": test.p_value}
    return {"auc": areas[0], "compact": areas[1], "difference": test.estimate} | bounds


RESULT = Result(
    folds,
    "Nine folds that keep lesions whole: EfficientNet-Lite0 from ImageNet's weights (128 px, blocks"
    " 11 to 15 and the head tuned, the rate chosen by 300 steps on the development fold, then up "
    f"to {EVERY * MOST:,} steps, best on the development fold) on the training classes of "
    "HAM10000, every image answered once; one seed. Beside it the compact network of "
    f"ham10000_nine_folds on the same images. Pictures and labels: {OF_HAM10000}.",
    kind="measured here",
    seed=SEED,
    minutes=60,
    reads=(*PIXELS, ROWS),
)
