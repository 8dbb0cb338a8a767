"""Four ways to fine-tune the small network on the virtual clinic, each on several clinics.

A cell is one network. Seeds are whole repeats: another clinic with other patients to learn from, to
stop by and to be tested on, and other random numbers; what differs between networks of one seed is
the way of training alone.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from results.common import cells
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result

READS = (WEIGHTS, *CLINIC)
NETWORKS = {  # options of models.build, all from the shipped weights
    "all layers": {},
    "BatchNorm updating": {"batch_norm": "updating"},
    "no augmentation": {"augment": False},
    "head only": {"depth": "head"},
}
SEEDS = range(3)
FIRST_CLINIC, N_PATIENTS, SIZE = 600, 520, 96
FOLDS = 6  # fold 0 is the development part, 1 and 2 the test part, the rest trains
N_TEST, N_WATCHED = 440, 160  # images: of the test part; of the training part, scored like it
EPOCHS, STEPS = 8, 45
CLASSES = ("benign", "malignant", "non-neoplastic")


def fine_tuning(inputs: Inputs) -> Outputs:
    """Learning curves and test answers of four kinds of networks on three clinics.

    ``curves.csv``, a row a network, seed and epoch (of 45 steps of 32): ``loss`` while training;
    ``training_loss`` and ``training`` (mean accuracy of the three classes) of 160 training images
    as in prediction, nothing turned, stored statistics; ``development`` by the dermatologists'
    labels, which chooses an epoch; ``test`` on new patients by the truth. ``answers.npz``:
    ``answer`` (networks, seeds, epochs, images), ``truth`` and ``patient`` (seeds, images) of the
    test part; classes as numbers in the order of ``classes``. ``cells.csv``: how long each network
    took, and on what.
    """
    work = [{"network": name, "seed": seed} for seed in SEEDS for name in NETWORKS]
    found = cells.run(one_network, work, inputs, name="clinic-fine-tuning", version=1)
    columns = ("loss", "training_loss", "training", "development", "test")
    epochs = np.arange(1, EPOCHS + 1)
    curves = [
        pd.DataFrame({**cell, "epoch": epochs, **{c: arrays[c] for c in columns}})
        for cell, arrays in zip(work, found, strict=True)
    ]
    of = {(cell["network"], cell["seed"]): each for cell, each in zip(work, found, strict=True)}
    first = next(iter(NETWORKS))
    answers = {
        "networks": np.array(list(NETWORKS)),
        "classes": np.array(CLASSES),
        "answer": np.array([[of[name, seed]["answer"] for seed in SEEDS] for name in NETWORKS]),
        "truth": np.array([of[first, seed]["truth"] for seed in SEEDS]),
        "patient": np.array([of[first, seed]["patient"] for seed in SEEDS]),
    }
    return {
        "curves.csv": pd.concat(curves, ignore_index=True),
        "answers.npz": answers,
        "cells.csv": cells.table(work, found),
    }


@lru_cache(maxsize=1)
def one_clinic(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Cases with ``label`` and ``truth`` as class numbers and ``fold``; their pictures."""
    from dermlab.cases import clinic, splits, tasks
    from dermlab.network import pictures

    cases = clinic.make(N_PATIENTS, FIRST_CLINIC + seed)
    cases = cases.sort_values("image_id", ignore_index=True)
    pixels = pictures.of_cases(cases, [pictures.CLINIC], SIZE).pixels
    task = tasks.get("three-way")
    for column, source in (("label", "disease"), ("truth", "truth")):
        cases[column] = tasks.assign(task, cases[source]).map(CLASSES.index)
    # Folds that hold the three classes alike; single diseases are too rare for that.
    coarse = cases.assign(disease=cases["label"].map(dict(enumerate(CLASSES))))
    split = splits.group_folds(coarse, FOLDS, seed=seed).set_index("image_id")
    return cases.assign(fold=split["fold"].loc[cases["image_id"]].to_numpy()), pixels


def one_network(cell: dict, inputs: Inputs) -> cells.Arrays:
    """Fine-tune one network on one clinic; what it answered after every epoch."""
    from dermlab.evaluation.multiclass import mean_class_accuracy
    from dermlab.network import models, training
    from dermlab.network.recipe import Recipe

    seed = cell["seed"]
    cases, pixels = one_clinic(seed)
    label, truth, fold = (cases[name].to_numpy() for name in ("label", "truth", "fold"))
    train, development = np.flatnonzero(fold > 2), np.flatnonzero(fold == 0)
    rng = np.random.default_rng(seed)
    test = np.sort(rng.permutation(np.flatnonzero((fold == 1) | (fold == 2)))[:N_TEST])
    watched = np.sort(rng.permutation(train)[:N_WATCHED])
    judged_by = label.copy()
    judged_by[test] = truth[test]
    losses, answers = [], []

    def keep(_, probabilities: dict[str, np.ndarray]) -> None:
        p = probabilities["training"][np.arange(N_WATCHED), label[watched]]
        losses.append(-np.log(p + 1e-7).mean())
        answers.append(probabilities["test"].argmax(axis=1).astype(np.uint8))

    fitted = training.fit(
        models.fresh("compact", len(CLASSES), SIZE, seed=seed, **NETWORKS[cell["network"]]),
        pixels,
        label,
        train=train,
        development=development,
        watch={"test": test, "training": watched},
        recipe=replace(Recipe.classroom(), epochs=EPOCHS, steps_per_epoch=STEPS),
        seed=seed,
        metric=lambda p, rows: mean_class_accuracy(judged_by[rows], p.argmax(axis=1)),
        on_epoch=keep,
    )
    columns = ("loss", "development", "test", "training")
    curves = {name: fitted.history[name].to_numpy() for name in columns}
    curves |= {"training_loss": np.array(losses), "answer": np.array(answers)}
    patient = pd.factorize(cases["patient_id"])[0][test].astype(np.uint16)
    about = {"truth": truth[test].astype(np.uint8), "patient": patient}
    return curves | about


RESULT = Result(
    fine_tuning,
    "The small network fine-tuned on the virtual clinic (benign, malignant, non-neoplastic) in "
    "four ways: all layers, with BatchNorm's statistics updating, without augmentation, and "
    "its head alone; three clinics of other patients each, training, development and test part "
    "never sharing a patient.",
    kind="simulated",
    seed=FIRST_CLINIC,
    minutes=10,
    reads=READS,
)
