"""Where a network starts, how deep it is tuned and on how much: the same grid on two data sets.

After Tajbakhsh et al. 2016 (IEEE TMI 35:1299), who tuned AlexNet layer by layer on four medical
tasks. Here the compact Inception v3 learns malignant or premalignant against the rest, on the
virtual clinic and on HAM10000's pixels. A start is a depth from the shipped weights, or scratch:
random weights with two learning rates and twice the steps, of which the development part chooses.
The smaller training sets lie inside the larger ones; each image is of another lesion.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from results.common import cells, ham10000_pixels
from results.common.result import Inputs, Outputs

SIZES = (50, 200, 800)
LOOK = 150  # steps of 32 between two looks at the development and the test part
DEPTHS = ("head", "mixed8", "mixed5", "all")
SCRATCH = "scratch"
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # C of the regressions on frozen layers
RATES = {SCRATCH: (0.0003, 0.001)}  # else the classroom's
EPOCHS = {SCRATCH: 6}
TUNED, TUNED_EPOCHS = (0.0003,), 3
CLINIC_SEEDS, HAM_SEEDS = 5, 3
FIRST_CLINIC, N_PATIENTS, N_DEVELOPMENT, N_TEST = 700, 1800, 400, 1500
ABOUT = (
    "malignant or premalignant against the rest, 96 px, 50, 200 and 800 lesions, 450 steps of 32 "
    "(from scratch 900, at two learning rates, the better on the development part), tested on "
)


def grid(starts: tuple, seeds: int) -> list[dict]:
    return [
        {"start": start, "rate": rate, "n": n, "seed": seed}
        for seed in range(seeds)
        for n in SIZES
        for start in starts
        for rate in RATES.get(start, TUNED)
    ]


def clinic_grid() -> list[dict]:
    return grid(("all", SCRATCH), CLINIC_SEEDS)


def ham_grid() -> list[dict]:
    return grid((*DEPTHS, SCRATCH), HAM_SEEDS)


def clinic_cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """See `scored`: another clinic for every seed."""
    positive, truth, pixels, train, development, test = _clinic(one["seed"])
    found = scored(one, positive, pixels, train[: one["n"]], development, test)
    return found | {"positive": truth[test], "group": np.arange(len(test))}


def ham_cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """See `scored`: the same test part for every seed, other images to learn from."""
    cases, positive, pixels = ham10000_pixels.data(inputs)
    train, development, test = ham_rows(cases, one["seed"])
    found = scored(one, positive, pixels, train[: one["n"]], development, test)
    group = pd.factorize(cases["lesion_id"])[0][test]
    return found | {"positive": positive[test], "group": group}


def scored(one: dict, positive, pixels, train, development, test) -> cells.Arrays:
    """``development`` (looks,) areas under the curve; ``test`` (looks, images) scores; ``loss``."""
    from dermlab.evaluation import roc
    from dermlab.network import models, training
    from dermlab.network.recipe import Recipe

    epochs, scores = EPOCHS.get(one["start"], TUNED_EPOCHS), []
    fitted = training.fit(
        models.fresh("compact", 2, pixels.shape[1], seed=one["seed"], **_options(one["start"])),
        pixels,
        positive.astype(int),
        train=train,
        development=development,
        watch={"test": test},
        recipe=replace(
            Recipe.classroom(), epochs=epochs, steps_per_epoch=LOOK, learning_rate=one["rate"]
        ),
        seed=one["seed"],
        metric=lambda p, rows: roc.auc_delong(positive[rows], p[:, 1]).estimate,
        on_epoch=lambda _, probabilities: scores.append(probabilities["test"][:, 1]),
    )
    return {
        "loss": fitted.history["loss"].to_numpy(),
        "development": fitted.history["development"].to_numpy(),
        "test": np.array(scores, dtype=np.float32),
    }


def _options(start: str) -> dict:
    return {"weights": "none"} if start == SCRATCH else {"depth": start}


def ham_rows(cases: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows to learn from, of the development part (fold 0) and of the held-out test part.

    The test part is ``dermlab split --test 0.2 --seed 0``'s, which no choice of the shipped
    weights' pretraining looked at.
    """
    from dermlab.cases import splits

    split = splits.with_test_part(cases, test=0.2, n_folds=9, seed=0).set_index("image_id")
    fold = split["fold"].loc[cases["image_id"]].to_numpy()
    order = np.random.default_rng(seed).permutation(np.flatnonzero(fold >= 1))
    train = order[~cases["lesion_id"].iloc[order].duplicated().to_numpy()]
    return train[: max(SIZES)], np.flatnonzero(fold == 0), np.flatnonzero(fold == -1)


@lru_cache(maxsize=1)
def _clinic(seed: int) -> tuple[np.ndarray, ...]:
    """Labels to learn from, truths, pictures, and the rows of the three parts: first photographs
    of lesions, no patient in two parts."""
    from dermlab.cases import clinic, tasks
    from dermlab.network import pictures

    cases = clinic.make(N_PATIENTS, FIRST_CLINIC + seed).drop_duplicates("lesion_id")
    cases = cases.reset_index(drop=True)
    task = tasks.get(ham10000_pixels.TASK)
    sides = [
        (tasks.assign(task, cases[column]) == task.classes[0][0]).to_numpy()
        for column in ("disease", "truth")
    ]
    patients = np.random.default_rng(seed).permutation(cases["patient_id"].unique())
    place = pd.Index(patients).get_indexer(cases["patient_id"])
    order = np.argsort(place, kind="stable")
    ends = np.flatnonzero(np.diff(place[order])) + 1  # a part ends where a patient ends
    first, second = (ends[np.searchsorted(ends, n)] for n in (max(SIZES), _DEVELOPMENT_END))
    pixels = pictures.of_cases(cases, [pictures.CLINIC], ham10000_pixels.SIZE).pixels
    return (*sides, pixels, order[:first], order[first:second], order[second:][:N_TEST])


_DEVELOPMENT_END = max(SIZES) + N_DEVELOPMENT


def outputs(asked: list[dict], found: list[cells.Arrays]) -> Outputs:
    """``curves.csv``: a row a start, rate, n, seed and look: ``steps, loss, development, test``,
    areas under the curve. ``chosen.csv``: a row a start, n and seed: the look, and for scratch the
    rate, with the best development part. ``differences.csv``: the test area of each start less that
    of scratch, both as chosen: mean over the seeds, ``low, high`` by Student's t over them, and
    ``low_images, high_images`` by a bootstrap over the test part's lesions of all seeds' networks.
    """
    from dermlab.evaluation import roc

    curves = pd.concat(
        [
            pd.DataFrame(
                {
                    **one,
                    "steps": LOOK * np.arange(1, len(arrays["development"]) + 1),
                    "loss": arrays["loss"],
                    "development": arrays["development"],
                    "test": [
                        roc.auc_delong(arrays["positive"], score).estimate
                        for score in arrays["test"]
                    ],
                    "cell": number,
                }
            )
            for number, (one, arrays) in enumerate(zip(asked, found, strict=True))
        ],
        ignore_index=True,
    )
    by = ["start", "n", "seed"]
    best = curves.loc[curves.groupby(by)["development"].idxmax()].reset_index(drop=True)
    rows = [
        {"start": start, "n": n} | _against_scratch(start, n, best, found)
        for start in dict.fromkeys(best["start"])
        for n in SIZES
        if start != SCRATCH
    ]
    return {
        "curves.csv": curves.drop(columns="cell"),
        "chosen.csv": best.drop(columns="cell"),
        "differences.csv": pd.DataFrame(rows),
        "networks.csv": cells.table(asked, found),
    }


def _against_scratch(start: str, n: int, best: pd.DataFrame, found: list[cells.Arrays]) -> dict:
    from dermlab.evaluation import intervals

    here = best[best["n"] == n].set_index(["start", "seed"])
    tuned, scratch = here.loc[start], here.loc[SCRATCH]
    gaps = (tuned["test"] - scratch["test"]).to_numpy()
    mean = intervals.student(gaps)
    draws = np.mean([_resampled(tuned.loc[s], scratch.loc[s], found) for s in tuned.index], axis=0)
    low, high = np.quantile(draws, intervals.TAILS)
    return {
        "n_seeds": len(gaps),
        "tuned": tuned["test"].mean(),
        "scratch": scratch["test"].mean(),
        "estimate": mean.estimate,
        "low": mean.low,
        "high": mean.high,
        "low_images": low,
        "high_images": high,
        "ahead": int((gaps > 0).sum()),
    }


def _resampled(tuned: pd.Series, scratch: pd.Series, found: list[cells.Arrays]) -> np.ndarray:
    """The difference of two chosen networks' areas on resamples of the test part's lesions.

    The same draws for every seed whose test part is the same.
    """
    from dermlab.evaluation.intervals import bootstrap, group_numbers
    from dermlab.evaluation.roc import areas_of_resamples

    areas = []
    for row in (tuned, scratch):
        arrays = found[int(row["cell"])]
        numbers = group_numbers(arrays["group"], len(arrays["group"]))
        score = arrays["test"][int(row["steps"]) // LOOK - 1].astype(float)
        areas.append(areas_of_resamples(arrays["positive"].astype(bool), score, numbers))
    return bootstrap(lambda counts: areas[0](counts) - areas[1](counts), numbers, 2000, seed=0)


def frozen(inputs: Inputs) -> pd.DataFrame:
    """What the shipped weights hold before any tuning, learnt from and scored on the same images.

    A logistic regression on the means of a frozen block's maps, no picture turned. A row a depth,
    n and seed: ``strength`` (C), chosen by the development part, ``development, test`` areas.
    """
    from dermlab.interpretation import anatomy
    from dermlab.network import inference, models

    cases, positive, pixels = ham10000_pixels.data(inputs)
    watching = anatomy.watched(models.build("compact", 2, pixels.shape[1], augment=False))
    rows = []
    for seed in range(HAM_SEEDS):
        train, *scored_on = ham_rows(cases, seed)
        used = np.concatenate([train, *scored_on])
        ends = np.cumsum([len(train), len(scored_on[0])])
        for depth, maps in inference.predict(watching, pixels[used]).items():
            parts = [
                (maps[place], positive[used[place]])
                for place in np.split(np.arange(len(used)), ends)
            ]
            rows += [{"depth": depth, "n": n, "seed": seed} | _regressed(n, *parts) for n in SIZES]
    return pd.DataFrame(rows)


def _regressed(n: int, train: tuple, development: tuple, test: tuple) -> dict:
    """Areas of the regression whose strength does best on the development part."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from dermlab.evaluation import roc

    found = []
    for strength in STRENGTHS:
        regression = LogisticRegression(C=strength, max_iter=3000, class_weight="balanced")
        reader = make_pipeline(StandardScaler(), regression).fit(train[0][:n], train[1][:n])
        areas = [
            roc.auc_delong(truth, reader.decision_function(maps)).estimate
            for maps, truth in (development, test)
        ]
        found.append({"strength": strength, "development": areas[0], "test": areas[1]})
    return max(found, key=lambda row: row["development"])
