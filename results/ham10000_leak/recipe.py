"""When a leak bites: random folds against folds that keep lesions whole, on HAM10000's pixels."""

from dataclasses import replace

import numpy as np
import pandas as pd

from results.common import cells
from results.common.ham10000_pixels import READS, SIZE, data
from results.common.result import OF_HAM10000, Inputs, Outputs, Result

STEPS = 300  # in one "epoch": what lies between two looks at the scored images
SCHEMES = ("random", "lesions kept whole")
LEAK_FOLDS, LEAK_SEED = 3, 0
LOOKS = {True: (1, 4, 10), False: (1, 4)}  # with and without augmentation: after 300, 1,200, ...


def _train(
    inputs: Inputs,
    train: np.ndarray,
    scored: np.ndarray,
    *,
    augment: bool,
    epochs: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Fine-tune on ``train``; the loss (epochs,) and the scores (epochs, n_scored) on the way.

    Nothing is chosen by the scored images: they are only watched, after every ``STEPS`` steps.
    """
    from dermlab.network import models, training
    from dermlab.network.recipe import Recipe

    _, positive, pixels = data(inputs)
    recipe = replace(Recipe.classroom(), epochs=epochs, steps_per_epoch=STEPS)
    scores = []
    fitted = training.fit(
        models.fresh("compact", 2, SIZE, seed=seed, augment=augment),
        pixels,
        positive.astype(int),
        train=train,
        watch={"scored": scored},
        recipe=recipe,
        seed=seed,
        on_epoch=lambda _, probabilities: scores.append(probabilities["scored"][:, 1]),
    )
    return fitted.history["loss"].to_numpy(), np.array(scores)


def leak_cells() -> list[dict]:
    networks = [
        {
            "classifier": "network",
            "augment": augment,
            "scheme": scheme,
            "seed": LEAK_SEED,
            "fold": fold,
        }
        for augment in LOOKS
        for fold in range(LEAK_FOLDS)
        for scheme in SCHEMES
    ]
    nearest = [
        {"classifier": "nearest neighbour", "scheme": scheme, "seed": LEAK_SEED}
        for scheme in SCHEMES
    ]
    return networks + nearest


def leak_folds(cases: pd.DataFrame, scheme: str, seed: int) -> np.ndarray:
    """(n,) folds, each holding the diseases alike under both schemes."""
    from sklearn.model_selection import StratifiedKFold

    from dermlab.cases import splits

    if scheme != "random":
        split = splits.group_folds(cases, LEAK_FOLDS, seed=seed)
        return split.set_index("image_id")["fold"].loc[cases["image_id"]].to_numpy()
    fold = np.empty(len(cases), dtype=int)
    cut = StratifiedKFold(LEAK_FOLDS, shuffle=True, random_state=seed)
    for k, (_, rows) in enumerate(cut.split(cases, cases["disease"])):
        fold[rows] = k
    return fold


def leak_cell(cell: dict, inputs: Inputs) -> cells.Arrays:
    """``score``: (looks, n of the fold) of a network, (n of all) of the nearest neighbour."""
    cases, positive, pixels = data(inputs)
    fold = leak_folds(cases, cell["scheme"], cell["seed"])
    if cell["classifier"] != "network":
        return {"score": _nearest_neighbour(pixels, positive, fold)}
    train, scored = (np.flatnonzero(fold != cell["fold"]), np.flatnonzero(fold == cell["fold"]))
    augment, looks = cell["augment"], LOOKS[cell["augment"]]
    loss, score = _train(
        inputs, train, scored, augment=augment, epochs=looks[-1], seed=cell["seed"]
    )
    return {"loss": loss, "score": score[[look - 1 for look in looks]].astype(np.float32)}


def _nearest_neighbour(pixels: np.ndarray, positive: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """How much nearer the nearest malignant training image is than the nearest other one.

    Cosine distance between the last hidden layers of the shipped network, which has seen no skin.
    """
    from dermlab.network import inference, models

    features = inference.features(models.build("compact", 2, SIZE), pixels)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    score = np.empty(len(positive))
    for k in range(LEAK_FOLDS):
        here, away = fold == k, fold != k
        nearest = [
            (features[here] @ features[away & side].T).max(axis=1) for side in (positive, ~positive)
        ]
        score[here] = nearest[0] - nearest[1]
    return score


def leak(inputs: Inputs) -> Outputs:
    """The same images scored by networks that had, or had not, seen their lesion.

    ``areas.csv``: for each classifier, after so many steps, the area under the curve of its
    out-of-fold scores under random folds and under folds that keep lesions whole, and their
    difference, on all images and on those whose lesion has a photograph in training under the
    random folds. Scores become ranks within their fold before the three are pooled, so that no
    network's scale is compared with another's. Intervals: bootstrap over lesions, the same draw for
    both schemes; they leave out that another training would give another network.
    ``networks.csv``: seconds and device.
    """
    cases, positive, _ = data(inputs)
    asked = leak_cells()
    found = cells.run(leak_cell, asked, inputs, name="ham10000_leak")
    folds = {scheme: leak_folds(cases, scheme, LEAK_SEED) for scheme in SCHEMES}
    lesion = cases["lesion_id"].to_numpy()
    parts = {"all": np.full(len(cases), True), "with a sibling": _sibling(lesion, folds["random"])}
    rows = []
    for about, scores in _pooled(asked, found, folds):
        for which, part in parts.items():
            areas = _compared_areas(positive[part], [score[part] for score in scores], lesion[part])
            rows.append(about | {"images": which} | areas)
    networks = cells.table(asked, found)
    return {"areas.csv": pd.DataFrame(rows), "networks.csv": networks}


def _sibling(lesion: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Whether another photograph of the image's lesion stands in another fold."""
    of_lesion = pd.Series(fold).groupby(lesion)
    return (of_lesion.transform("nunique") > 1).to_numpy()


def _pooled(asked: list[dict], found: list[cells.Arrays], folds: dict):
    """A classifier after so many steps, and its scores of all images under each scheme."""
    n = len(folds["random"])
    for augment, looks in LOOKS.items():
        for i, look in enumerate(looks):
            scores = {scheme: np.empty(n) for scheme in SCHEMES}
            for cell, arrays in zip(asked, found, strict=True):
                if cell.get("augment") == augment:
                    here = folds[cell["scheme"]] == cell["fold"]
                    scores[cell["scheme"]][here] = _ranks(arrays["score"][i])
            turned = "with" if augment else "without"
            yield (
                {"classifier": f"network, {turned} augmentation", "steps": look * STEPS},
                [scores[scheme] for scheme in SCHEMES],
            )
    nearest = {
        cell["scheme"]: arrays["score"]
        for cell, arrays in zip(asked, found, strict=True)
        if cell["classifier"] == "nearest neighbour"
    }
    for scheme, score in nearest.items():
        for k in range(LEAK_FOLDS):
            here = folds[scheme] == k
            score[here] = _ranks(score[here])
    yield (
        {"classifier": "nearest neighbour, features that saw no skin", "steps": 0},
        [nearest[scheme] for scheme in SCHEMES],
    )


def _ranks(score: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return rankdata(score) / len(score)


def _compared_areas(positive: np.ndarray, scores: list[np.ndarray], lesion: np.ndarray) -> dict:
    from dermlab.evaluation import roc

    areas = [roc.auc_delong(positive, score).estimate for score in scores]
    test = roc.compare_auc_bootstrap(positive, *scores, lesion, seed=LEAK_SEED)
    return {
        "n_images": len(positive),
        "n_positive": int(positive.sum()),
        "n_lesions": len(np.unique(lesion)),
        "auc_random": areas[0],
        "auc_whole": areas[1],
        "difference": test.estimate,
        "low": test.low,
        "high": test.high,
    }


RESULT = Result(
    leak,
    "The compact network on HAM10000's pixels (malignant or premalignant against the rest, "
    "96 px, shipped weights, classroom's recipe), three random folds against three that keep "
    "lesions whole, the same images; after 300 to 3,000 steps with augmentation, 300 and 1,200 "
    "without, and a nearest neighbour on features of the shipped network; one seed. Pictures "
    f"and labels: {OF_HAM10000}.",
    kind="measured here",
    seed=LEAK_SEED,
    minutes=180,
    reads=READS,
)
