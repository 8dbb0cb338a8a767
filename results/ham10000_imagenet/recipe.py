"""What ImageNet's weights are worth on real skin: how deep they are tuned, and on how many lesions.

EfficientNet-Lite0 learns malignant or premalignant against the rest on HAM10000, one photograph a
lesion. Every arm has the same learning rates to choose from, the same development part and the
same patience; only the initial weights and the depth differ.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from results.common import cells, frozen_layers, ham10000_lesions
from results.common.ham10000_lesions import N_DEVELOPMENT, N_TEST, SIZES, Lesions
from results.common.ham10000_pixels import PIXELS
from results.common.result import OF_HAM10000, Inputs, Outputs, Result

NAME, KIND, SIZE = "ham10000_imagenet", "efficientnet_lite0", 96
SCRATCH, REGRESSION = "scratch", "regression"
ARMS = ("all", SCRATCH, "block5", "block11", "head")  # what is tuned, or all from random weights
RATES = (0.0001, 0.0003, 0.001)
SEEDS = 5
EVERY, PATIENCE, MOST = 50, 3, 6  # steps between two evaluations; evaluations


def first_cells() -> list[dict]:
    """Every rate on the first seed, which chooses."""
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


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``development``: an AUC an evaluation; ``test``: scores at the best one; ``loss``."""
    return tuned(one, ham10000_lesions.lesions(inputs, SIZE))


def tuned(one: dict, lesions: Lesions, *, every: int = EVERY) -> cells.Arrays:
    """One training, evaluated every ``every`` steps; ``n`` None: on all lesions that are left."""
    from dermlab.evaluation import roc
    from dermlab.network import inference, models, training
    from dermlab.network.recipe import Recipe

    positive = lesions.positive
    parts = ham10000_lesions.draw(positive, one["seed"], one["n"])
    from_random = one["arm"] == SCRATCH
    options = {"weights": "none"} if from_random else {"depth": one["arm"]}
    model = models.fresh(KIND, 2, lesions.pixels.shape[1], seed=one["seed"], **options)
    recipe = replace(
        Recipe.classroom(),
        learning_rate=one["rate"],
        epochs=MOST,
        steps_per_epoch=every,
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


def pretraining(inputs: Inputs) -> Outputs:
    """What each arm reaches on the same 2,000 lesions.

    ``runs.csv``: a row an arm, n (lesions to learn from) and seed: the rate, the steps of the best
    evaluation, its AUC on the development part, the AUCs on the test lesions, seconds, device.
    ``curves.csv``: a row an evaluation. ``frozen.csv``: regressions on the frozen network, a row a
    kind of weights, layer, n (0: all 4,970 lesions) and seed. ``means.csv``: an arm's mean AUC,
    for other lesions and other seeds; ``differences.csv``: of two arms. Both also for the biopsied
    lesions and within source. Regressions on colour and on source alone stand beside them.
    """
    first = first_cells()
    found = cells.run(cell, first, inputs, name=NAME)
    rates = chosen_rates(first, found)
    rest = more_cells(rates)
    found += cells.run(cell, rest, inputs, name=NAME)
    lesions = ham10000_lesions.lesions(inputs, SIZE)
    asked = [*first, *rest]
    kept = [
        (one, arrays)
        for one, arrays in zip(asked, found, strict=True)
        if rates[one["arm"], one["n"]] == one["rate"]
    ]
    frozen, scores = frozen_layers.regressions(inputs)
    scores |= tuned_scores(kept)
    test = ham10000_lesions.draw(lesions.positive, 0, None).test
    return {
        "runs.csv": pd.DataFrame([run_row(one, arrays, lesions, test) for one, arrays in kept]),
        "curves.csv": pd.concat(map(curve, asked, found), ignore_index=True),
        "frozen.csv": frozen,
        "means.csv": means(scores, lesions, test),
        "differences.csv": differences(scores, lesions, test),
    }


def curve(one: dict, arrays: cells.Arrays, *, every: int = EVERY) -> pd.DataFrame:
    """A row an evaluation: ``steps, loss, development``."""
    values = {name: arrays[name] for name in ("loss", "development")}
    return pd.DataFrame({**one, "steps": every * np.arange(1, len(arrays["loss"]) + 1), **values})


def run_row(
    one: dict, arrays: cells.Arrays, lesions: Lesions, test: np.ndarray, *, every: int = EVERY
) -> dict:
    steps = curve(one, arrays, every=every).set_index("steps")["development"].idxmax()
    about = {"steps": steps, "development": arrays["development"].max()}
    timed = {"seconds": float(arrays["seconds"]), "device": str(arrays["device"])}
    return one | about | ham10000_lesions.areas(lesions, test, arrays["test"]) | timed


def tuned_scores(kept: list[tuple[dict, cells.Arrays]]) -> dict[tuple[str, int], np.ndarray]:
    """(arm, n) -> scores, seeds × test lesions."""
    scores = {}
    for one, arrays in kept:
        scores.setdefault((one["arm"], one["n"]), []).append(arrays["test"].astype(float))
    return {key: np.array(rows) for key, rows in scores.items()}


def means(scores: dict, lesions: Lesions, test: np.ndarray) -> pd.DataFrame:
    """``arm, n, cases, n_seeds, auc, low, high``; seeds and lesions are both drawn by chance."""
    from dermlab.evaluation import repeats

    rows = []
    for (arm, n), of_seeds in scores.items():
        for kind, used, strata in ham10000_lesions.kinds(lesions.cases.iloc[test]):
            positive, here = lesions.positive[test][used], of_seeds[:, used]
            mean = repeats.auc(positive, here, strata=strata).mean
            bounds = {"auc": mean.estimate, "low": mean.low, "high": mean.high}
            rows.append({"arm": arm, "n": n, "cases": kind, "n_seeds": len(here)} | bounds)
    return pd.DataFrame(rows)


COMPARED = (  # an arm, and what it is compared with
    *((arm, SCRATCH) for arm in ("all", "block5", "block11", "head", REGRESSION)),
    *(("all", control) for control in ("block5", "block11", "head", REGRESSION)),
    (REGRESSION, f"{REGRESSION}, untrained"),
    (REGRESSION, f"{REGRESSION}, untrained, settled"),
    (REGRESSION, "colour"),
    (REGRESSION, "source"),
)


def differences(
    scores: dict, lesions: Lesions, test: np.ndarray, *, sizes: tuple = SIZES
) -> pd.DataFrame:
    """``arm, control, n, cases, n_seeds, estimate, low, high, p_value``: arm − control."""
    from dermlab.evaluation import repeats

    rows = []
    for arm, control in COMPARED:
        for n in sizes:
            if (arm, n) not in scores or (control, n) not in scores:
                continue
            for kind, used, strata in ham10000_lesions.kinds(lesions.cases.iloc[test]):
                a, b = (scores[name, n][:, used] for name in (arm, control))
                test_of = repeats.compare_auc(lesions.positive[test][used], a, b, strata=strata)
                about = {"arm": arm, "control": control, "n": n, "cases": kind, "n_seeds": len(a)}
                bounds = {"estimate": test_of.estimate, "low": test_of.low, "high": test_of.high}
                rows.append(about | bounds | {"p_value": test_of.p_value})
    return pd.DataFrame(rows)


RESULT = Result(
    pretraining,
    "EfficientNet-Lite0 with ImageNet's weights or random ones on HAM10000, malignant or "
    "premalignant against the rest, one photograph a lesion, 96 px: the head, the last third, two "
    "thirds or all of it tuned, and all from scratch, on 50, 200 and 800 lesions (halves of either "
    "kind, "
    f"{SEEDS} seeds); one grid of three rates, chosen on "
    f"the first seed by {N_DEVELOPMENT} development lesions, and one patience for every arm; "
    f"tested on the same {N_TEST:,} lesions. Beside it regressions on the frozen layers at 128 px, "
    "trained and untrained, on colour and on source alone. Pictures and labels: "
    f"{OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=150,
    reads=PIXELS,
)
