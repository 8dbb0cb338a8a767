"""The leak in the clinic: random folds against folds that keep patients whole, same images.

The upper third of the shipped network (above mixed7) and a new head learn nine classes from
pictures that are not augmented: enough to memorise, and quick, since the maps below are computed
once. The clinic knows the truth, so that the same answers are scored by it as well as by the label.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from results.common import cells
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result

CLINICS, N_PATIENTS, N_FOLDS = (31, 32, 33), 500, 3
SIZE, BLOCK, STEPS, LOOKS = 96, "mixed7", 150, (1, 3, 6)
RANDOM, WHOLE = "random", "patients kept whole"
NETWORK, NEAREST = "network", "nearest neighbour"


def asked() -> list[dict]:
    return [
        {"classifier": classifier, "clinic": clinic, "scheme": scheme, "fold": fold}
        for clinic in CLINICS
        for classifier in (NEAREST, NETWORK)
        for scheme in (RANDOM, WHOLE)
        for fold in range(N_FOLDS)
    ]


def folds(cases: pd.DataFrame, scheme: str, seed: int) -> np.ndarray:
    """(n,) folds: images dealt at random, or whole patients."""
    from dermlab.cases import splits

    if scheme == RANDOM:
        return np.random.default_rng(seed).permutation(np.arange(len(cases)) % N_FOLDS)
    by_category = cases.assign(disease=nine_way(cases["disease"]))  # 114 diseases are too many
    split = splits.group_folds(by_category, N_FOLDS, seed=seed).set_index("image_id")
    return split["fold"].loc[cases["image_id"]].to_numpy()


def nine_way(diseases: pd.Series) -> np.ndarray:
    from dermlab.cases import taxonomy

    return diseases.map(taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way")).to_numpy(object)


@lru_cache(maxsize=1)
def _clinic(seed: int):
    """The cases, and of their pictures the last hidden layer and the maps of mixed7."""
    from dermlab.cases import clinic
    from dermlab.network import inference

    model, below, _ = _networks()
    cases = clinic.make(N_PATIENTS, seed)
    pixels = clinic.render(cases, SIZE)
    hidden = inference.features(model, pixels)
    hidden /= np.linalg.norm(hidden, axis=1, keepdims=True)
    return cases, hidden, inference.predict(below, pixels)


@lru_cache(maxsize=1)
def _networks():
    """The network, its lower and its upper part, and the upper part's weights."""
    from dermlab.network import models

    model = models.build("compact", 9, SIZE, augment=False)
    below, above = models.divide(model, BLOCK)
    return model, below, (above, above.get_weights())


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``answer``: the class numbers of the fold's images, (looks, n)."""
    cases, hidden, maps = _clinic(one["clinic"])
    classes, label = np.unique(nine_way(cases["disease"]), return_inverse=True)
    here = folds(cases, one["scheme"], one["clinic"]) == one["fold"]
    if one["classifier"] == NEAREST:
        nearest = (hidden[here] @ hidden[~here].T).argmax(axis=1)
        return {"answer": label[~here][nearest][None], "classes": classes.astype(str)}
    answer = _train(maps, label, np.flatnonzero(~here), np.flatnonzero(here), one["clinic"])
    return {"answer": answer, "classes": classes.astype(str)}


def _train(maps, label, train, scored, seed: int) -> np.ndarray:
    from dermlab.network import training
    from dermlab.network.recipe import Recipe

    above, start = _networks()[2]
    above.set_weights(start)
    answers = []
    training.fit(
        above,
        maps,
        label,
        train=train,
        watch={"scored": scored},
        recipe=replace(Recipe.classroom(), epochs=LOOKS[-1], steps_per_epoch=STEPS),
        seed=seed,
        on_epoch=lambda _, p: answers.append(p["scored"].argmax(axis=1)),
    )
    return np.array([answers[look - 1] for look in LOOKS])


def leak(inputs: Inputs) -> Outputs:
    """``accuracies.csv``: the mean of the nine classes' accuracies under both kinds of folds.

    Scored by the label that the folds were learnt from, and by the truth; the difference with the
    95 % interval of a bootstrap over patients, the same images on both sides; by clinic and over
    all. ``networks.csv``: seconds and device.
    """
    from dermlab.cases import clinic

    cells_asked = asked()
    found = cells.run(cell, cells_asked, inputs, name="clinic_leak", version=2)
    tables = {seed: clinic.make(N_PATIENTS, seed) for seed in CLINICS}
    rows = []
    for classifier, looks in ((NEAREST, (0,)), (NETWORK, LOOKS)):
        for i, look in enumerate(looks):
            parts = [
                _answers(tables[seed], seed, classifier, i, cells_asked, found) for seed in CLINICS
            ]
            together = pd.concat(parts, ignore_index=True)
            for seed, part in [*zip(CLINICS, parts, strict=True), ("all", together)]:
                for by in ("label", "truth"):
                    about = {"classifier": classifier, "steps": look * STEPS, "clinic": seed}
                    rows.append(about | {"scored_by": by} | compared(part, by))
    networks = cells.table(cells_asked, found)
    return {"accuracies.csv": pd.DataFrame(rows), "networks.csv": networks}


def _answers(cases, seed: int, classifier: str, look: int, cells_asked, found) -> pd.DataFrame:
    """A row an image: patient, label, truth, and the answer under each kind of folds."""
    table = pd.DataFrame(
        {
            "patient": cases["patient_id"],
            "label": nine_way(cases["disease"]),
            "truth": nine_way(cases["truth"]),
        }
    )
    for one, arrays in zip(cells_asked, found, strict=True):
        if (one["clinic"], one["classifier"]) == (seed, classifier):
            here = folds(cases, one["scheme"], seed) == one["fold"]
            table.loc[here, one["scheme"]] = arrays["classes"][arrays["answer"][look]]
    return table


def compared(table: pd.DataFrame, by: str) -> dict[str, float]:
    """Both accuracies (the mean of the classes') of a table of `_answers`, and their difference."""
    from dermlab.evaluation import multiclass

    classes = sorted(set(table[by]))
    found = [table[scheme].to_numpy() for scheme in (RANDOM, WHOLE)]
    shares = [
        multiclass.balanced_accuracy(table[by], answer, classes, n_replicates=2).estimate
        for answer in found
    ]
    test = multiclass.compare_balanced_accuracy(table[by], *found, classes, table["patient"])
    return {
        "n_images": len(table),
        "n_patients": table["patient"].nunique(),
        "accuracy_random": shares[0],
        "accuracy_whole": shares[1],
        "difference": test.estimate,
        "low": test.low,
        "high": test.high,
    }


RESULT = Result(
    leak,
    "The virtual clinic, nine-way, three clinics of 500 patients: images dealt to three folds "
    "at random against folds that keep patients whole, the same images; the upper third of the "
    "shipped network (above mixed7) fine-tuned without augmentation, after 150, 450 and 900 "
    "steps, and a nearest neighbour on the frozen last hidden layer.",
    kind="simulated",
    seed=CLINICS[0],
    minutes=8,
    reads=(WEIGHTS, *CLINIC),
)
