"""How much of a ruler a network learns: the same lesions, rulers ever more often beside cancers.

EfficientNet-Lite0 learns malignant or premalignant against the rest from 600 lesions of a simulated
clinic. Half of all photographs show a ruler in every training; what differs is how often it lies
beside a malignant lesion: the *association*, the share of malignant photographs with a ruler and
of other photographs without one. At .5 the ruler says nothing, at 1 everything.

Every lesion is drawn with and without a ruler. So no test has to draw who gets one: the balanced
accuracy of any mixture is that of the two sets of photographs, weighted. The steps were fixed
before any result was seen, and no part of the data chooses among them. The blocks below the one
that trains see each photograph once, and once mirrored: no other augmentation.
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.common import cells
from results.common.result import CLINIC, Inputs, Outputs, Result

NAME, VERSION = "clinic_ruler_dose", 1
KIND, SIZE, BELOW, DEPTH = "efficientnet_lite0", 96, "block10", "block11"
ASSOCIATIONS = (0.5, 0.75, 0.9, 1.0)
SEEDS = range(5)  # clinics; the tests of the first three are those of clinic_ruler
N_PATIENTS, N_OF_EACH = 3000, 300  # lesions to learn from, a side
STEPS = 100  # of 32 photographs
N_MAPS = 100  # saliency maps a network


def work() -> list[dict]:
    return [{"seed": seed, "association": dose} for seed in SEEDS for dose in ASSOCIATIONS]


class Photographs(NamedTuple):
    """Lesions photographed twice: who is malignant, pixels without and with a ruler, its mask."""

    malignant: np.ndarray
    without: np.ndarray
    ruled: np.ndarray
    ruler: np.ndarray


def lesions(seed: int) -> pd.DataFrame:
    """What a network learns from: first photographs of lesions of clinic A, 300 of either side."""
    from dermlab.cases import clinic

    cases = clinic.make(N_PATIENTS, test_sets.RULER_CLINIC + seed)
    first = cases[(cases["view"] == 1) & (cases["modality"] == "clinical")]
    sides = [first[test_sets.is_malignant(first) == side].head(N_OF_EACH) for side in (True, False)]
    return pd.concat(sides)


def photographed(cases: pd.DataFrame) -> Photographs:
    """Each of ``cases`` without a ruler and with one, all else the same."""
    from dermlab.cases import clinic
    from dermlab.network import pictures

    ways = [cases.assign(artefact_ruler=shown) for shown in (False, True)]
    pixels = [pictures.of_cases(way, [pictures.CLINIC], SIZE).pixels for way in ways]
    masks = clinic.masks(ways[1], SIZE, of="ruler")
    return Photographs(test_sets.is_malignant(cases), *pixels, masks)


def with_ruler(malignant: np.ndarray, association: float) -> np.ndarray:
    """Which photographs show a ruler, (n,) bool: of each side exactly the share that is due.

    The first of the malignant, the first of the others: a stronger association gives more of the
    malignant a ruler, takes some away from the others, and changes nothing else.
    """
    shown = np.zeros(len(malignant), bool)
    for side, share in ((True, association), (False, 1 - association)):
        rows = np.flatnonzero(malignant == side)
        shown[rows[: round(share * len(rows))]] = True
    return shown


# --- a training -----------------------------------------------------------------------------------


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """Of the test lesions ``malignant``, and ``without`` and ``ruled``: the probability of
    malignant in the photograph without and with a ruler; ``loss`` of training; and `looks`."""
    from dermlab.network import backend, inference, models

    seed = one["seed"]
    backend.deterministic(seed)
    whole = models.fresh(KIND, 2, SIZE, seed=seed, depth=DEPTH, augment=False)
    below, above = halves(whole)
    loss = train(above, *maps_to_learn_from(seed, below), one)
    test, maps = maps_to_test(seed, below)
    without, ruled = (inference.predict(above, each)[:, 1] for each in maps)
    arrays = {"malignant": test.malignant, "without": without, "ruled": ruled, "loss": loss}
    return arrays | looks(whole, above, test, maps)


@lru_cache(maxsize=1)
def halves(whole) -> tuple:
    """The network below and above the maps that are computed once a photograph."""
    from dermlab.network import models

    return models.divide(whole, BELOW)


@lru_cache(maxsize=1)
def maps_to_learn_from(seed: int, below) -> tuple[np.ndarray, np.ndarray]:
    """Who is malignant (n,), and maps (2, 2, n, 6, 6, 112): as it is or mirrored, without or with
    a ruler."""
    from dermlab.network import inference

    learnt = photographed(lesions(seed))
    pixels = np.stack([learnt.without, learnt.ruled])
    pixels = np.stack([pixels, pixels[:, :, :, ::-1]]).reshape(-1, SIZE, SIZE, 3)
    maps = inference.predict(below, pixels)
    return learnt.malignant, maps.reshape(2, 2, -1, *maps.shape[1:])


@lru_cache(maxsize=1)
def maps_to_test(seed: int, below) -> tuple[Photographs, list[np.ndarray]]:
    """The biopsied lesions of `test_sets.with_rulers`, and their maps without and with rulers."""
    from dermlab.network import inference

    test = photographed(test_sets.with_rulers("none", seed))
    return test, [inference.predict(below, each) for each in (test.without, test.ruled)]


def train(above, malignant: np.ndarray, maps: np.ndarray, one: dict) -> float:
    """Train the upper half in place; the mean loss of its steps."""
    from dermlab.network import training
    from dermlab.network.recipe import Recipe

    shown = with_ruler(malignant, one["association"]).astype(int)
    chosen = maps[:, shown, np.arange(len(shown))]  # (as it is or mirrored, lesions, …)
    fitted = training.fit(
        above,
        chosen.reshape(-1, *maps.shape[3:]),
        np.tile(malignant, 2).astype(int),
        train=np.arange(2 * len(malignant)),
        recipe=replace(Recipe.classroom(), epochs=1, steps_per_epoch=STEPS),
        seed=one["seed"],
    )
    return float(fitted.history["loss"].iloc[-1])


def looks(whole, above, test: Photographs, maps: list[np.ndarray]) -> cells.Arrays:
    """What t-SNE and saliency would show.

    ``features``, ``tsne``: (2,) how many of a photograph's ten nearest are as malignant, and how
    many are as ruled, as it is, where half of either side show a ruler (by chance .5); ``energy``
    (pictures,) of the input gradient inside the ruler's mask, where all show one, and ``share``,
    the mask's of the picture.
    """
    from dermlab.interpretation import checks, embedding, neighbours, saliency
    from dermlab.network import inference

    shown = with_ruler(test.malignant, 0.5)
    features = inference.features(above, np.where(shown[:, None, None, None], maps[1], maps[0]))
    spaces = {"features": features, "tsne": embedding.tsne(features)}
    near = {
        name: [neighbours.agreement(space, label).mean() for label in (test.malignant, shown)]
        for name, space in spaces.items()
    }
    rows = test_sets.in_turn(test.malignant, N_MAPS)
    answers = inference.predict(above, maps[1][rows]).argmax(axis=1)
    gradients = saliency.maps(whole, test.ruled[rows], answers, "input gradient")
    masks = test.ruler[rows]
    return near | {"energy": checks.energy(gradients, masks), "share": masks.mean(axis=(1, 2))}


# --- tables ---------------------------------------------------------------------------------------


def outputs(inputs: Inputs) -> Outputs:
    """``runs.csv`` and ``looks.csv``, a row a clinic and association: see `scores`, `seen`.

    ``means.csv``, a row an association and measure of both: mean over the clinics with Student's
    interval, and its difference from the same clinic's network at .5, with the same.
    ``networks.csv``: seconds, device.
    """
    asked = work()
    arrays = cells.run(cell, asked, inputs, name=NAME, version=VERSION)
    each = list(zip(asked, arrays, strict=True))
    runs = pd.DataFrame([one | scores(a, one["association"]) for one, a in each])
    looked = pd.DataFrame([one | seen(a) for one, a in each])
    return {
        "runs.csv": runs,
        "looks.csv": looked,
        "means.csv": means(runs.merge(looked, on=["seed", "association"])),
        "networks.csv": cells.table(asked, arrays),
    }


def scores(arrays: cells.Arrays, association: float) -> dict[str, float]:
    """Balanced accuracies at .5 and AUCs of one network on the test lesions.

    ``as_trained``, ``independent``, ``swapped``: malignant photographs have a ruler as often as in
    training, half the time, and as often as the others had in training; ``gap``: the first minus
    the last. ``auc_without``, ``auc_with``: of all lesions without, and of all with rulers.
    ``changed``: the share of lesions that a ruler alone classifies otherwise; ``loss`` in training.
    """
    from dermlab.evaluation import roc

    malignant = arrays["malignant"].astype(bool)
    pair = [arrays[name].astype(float) for name in ("without", "ruled")]
    accuracies = {
        "as_trained": balanced_accuracy(malignant, *pair, association),
        "independent": balanced_accuracy(malignant, *pair, 0.5),
        "swapped": balanced_accuracy(malignant, *pair, 1 - association),
    }
    areas = [roc.area(*roc.wins(malignant, score)) for score in pair]
    return accuracies | {
        "gap": accuracies["as_trained"] - accuracies["swapped"],
        "auc_without": areas[0],
        "auc_with": areas[1],
        "changed": float(((pair[0] >= 0.5) != (pair[1] >= 0.5)).mean()),
        "loss": float(arrays["loss"]),
    }


def balanced_accuracy(
    malignant: np.ndarray, without: np.ndarray, ruled: np.ndarray, association: float
) -> float:
    """The mean of sensitivity and specificity at .5 that is expected of a mixture of photographs.

    A malignant lesion has a ruler with the chance ``association``, another one with 1 minus it.
    """
    rates = []
    for side, share in ((True, association), (False, 1 - association)):
        right = [((p >= 0.5) == side)[malignant == side].mean() for p in (without, ruled)]
        rates.append((1 - share) * right[0] + share * right[1])
    return float(np.mean(rates))


def seen(arrays: cells.Arrays) -> dict[str, float]:
    """Shares of neighbours alike, and of the saliency on the ruler, of one network (`looks`).

    ``…_malignant``, ``…_ruler``: in the features and on their t-SNE map. ``energy``: the mean share
    of the map on the ruler; ``area``: of the picture that is ruler; ``times``: the first over the
    second.
    """
    near = {
        f"{space}_{label}": float(arrays[space][i])
        for space in ("features", "tsne")
        for i, label in enumerate(("malignant", "ruler"))
    }
    energy, area = float(arrays["energy"].mean()), float(arrays["share"].mean())
    return near | {"energy": energy, "area": area, "times": energy / area}


def means(table: pd.DataFrame) -> pd.DataFrame:
    """A row an association and measure: ``estimate, low, high``, and what it is above that at .5,
    clinic by clinic: ``rise, rise_low, rise_high``."""
    from dermlab.evaluation import intervals

    rows = []
    for measure in table.columns.drop(["seed", "association"]):
        wide = table.pivot(index="seed", columns="association", values=measure)
        for dose in wide:
            mean, rise = (intervals.student(v) for v in (wide[dose], wide[dose] - wide.iloc[:, 0]))
            row = {"association": dose, "measure": measure, "n_clinics": len(wide)}
            row |= {"estimate": mean.estimate, "low": mean.low, "high": mean.high}
            rises = {"rise": rise.estimate, "rise_low": rise.low, "rise_high": rise.high}
            rows.append(row | rises)
    return pd.DataFrame(rows)


RESULT = Result(
    outputs,
    "The planted ruler by dose: EfficientNet-Lite0 from ImageNet's weights (96 px, blocks 11 and "
    f"above trained for {STEPS} steps of 32 with the classroom's recipe, nothing chosen) learns "
    f"malignant or premalignant against the rest from {N_OF_EACH} lesions of either side of a "
    "simulated clinic, half of all photographs with a ruler, which 50, 75, 90 or 100 % of the "
    "malignant ones and the complement of the others show; "
    f"{len(SEEDS)} clinics; the same biopsied test lesions with and without rulers; whether "
    "neighbours in the features and on a t-SNE map share the ruler, and how much of the input "
    "gradient lies on it.",
    kind="simulated",
    seed=test_sets.RULER_CLINIC,
    minutes=10,
    reads=CLINIC,
)
