"""Is the clinic only its colours? A network against a regression on colour histograms.

Both learn the nine classes from the same patients of clinic A and are asked about the same biopsied
lesions of clinic B, another camera and other patients, as many of each class.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.common import cells
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result

SEEDS, N_PATIENTS, N_OF_EACH = (41, 42, 43), 1000, 40
SIZE, BINS, STEPS = 96, 8, 150
TASK = "nine-way"
READS = (WEIGHTS, *CLINIC)


def asked() -> list[dict]:
    return [{"classifier": name, "seed": s} for s in SEEDS for name in ("colours", "network")]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``answer``: the class names given to the test set's lesions."""
    from dermlab.cases import clinic

    cases, test = (
        clinic.make(N_PATIENTS, one["seed"]),
        test_sets.of_each_class(N_OF_EACH, one["seed"]),
    )
    learn = by_colours if one["classifier"] == "colours" else _network
    return {"answer": np.array(learn(cases, test, one["seed"]), dtype=str)}


def nine_way(diseases: pd.Series) -> pd.Series:
    from dermlab.cases import tasks

    return tasks.assign(tasks.get(TASK), diseases)


def by_colours(cases: pd.DataFrame, test: pd.DataFrame, seed: int = 0) -> np.ndarray:
    """The class names that a regression on colour histograms, learnt from ``cases``, gives."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from dermlab.network import pictures

    regression = LogisticRegression(C=0.01, max_iter=2000, class_weight="balanced")
    x, unseen = (
        histograms(pictures.of_cases(part, [pictures.CLINIC], SIZE).pixels)
        for part in (cases, test)
    )
    known = nine_way(cases["disease"]).notna().to_numpy()
    model = make_pipeline(StandardScaler(), regression)
    return model.fit(x[known], nine_way(cases["disease"])[known]).predict(unseen)


def histograms(pixels: np.ndarray) -> np.ndarray:
    """(n, 24 + 512) shares of a picture's pixels: a histogram a channel, and one of all three."""
    bins = (pixels // (256 // BINS)).reshape(len(pixels), -1, 3).astype(int)
    joint = bins @ np.array([BINS**2, BINS, 1])
    parts = [np.stack([np.bincount(row, minlength=BINS**3) for row in joint])]
    parts += [
        np.stack([np.bincount(row, minlength=BINS) for row in bins[..., k]]) for k in range(3)
    ]
    return np.concatenate(parts, axis=1) / bins.shape[1]


def _network(cases: pd.DataFrame, test: pd.DataFrame, seed: int) -> np.ndarray:
    """The commands' way: ``train --task nine-way --direct``, then ``predict``."""
    from dermlab.cases import splits
    from dermlab.lessons import profiles
    from dermlab.network import backend, pictures, plans, runs

    backend.deterministic(seed)
    profile = profiles.get("classroom")
    recipe = replace(profile.recipe, steps_per_epoch=STEPS)
    by_class = cases.assign(disease=nine_way(cases["disease"]).fillna("none").astype("str"))
    split = splits.group_folds(by_class, profile.folds, seed=seed)
    plan = plans.make(cases, split, task=TASK, direct=True)
    setup = runs.Setup(profile.model, profile.size, profile.weights, recipe, seed)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        runs.train(plan, [pictures.CLINIC], run, folds=[None], setup=setup)
        found, _ = runs.predict(lambda size: pictures.of_cases(test, [pictures.CLINIC], size), run)
    return found.set_index("image_id").loc[test["image_id"]].idxmax(axis=1).to_numpy()


def colours(inputs: Inputs) -> Outputs:
    """``accuracies.csv``: nine-way accuracy of both, and by how much the network is ahead.

    A row a clinic, with the interval over its test lesions, and one over all.
    ``networks.csv``: seconds and device.
    """
    cells_asked = asked()
    found = cells.run(cell, cells_asked, inputs, name="clinic_colours", version=2)
    parts = []
    for seed in SEEDS:
        truth = nine_way(test_sets.of_each_class(N_OF_EACH, seed)["truth"]).to_numpy(object)
        answers = {
            one["classifier"]: arrays["answer"]
            for one, arrays in zip(cells_asked, found, strict=True)
            if one["seed"] == seed
        }
        parts.append(pd.DataFrame({"clinic": seed, "truth": truth} | answers))
    together = pd.concat(parts, ignore_index=True)
    rows = [
        {"clinic": name} | compared(part)
        for name, part in [*zip(SEEDS, parts, strict=True), ("all", together)]
    ]
    return {"accuracies.csv": pd.DataFrame(rows), "networks.csv": cells.table(cells_asked, found)}


def compared(part: pd.DataFrame) -> dict:
    """Both accuracies (classes of one size), and by how much the network is ahead.

    ``part``: truth, network, colours; a row a lesion, one a patient.
    """
    from dermlab.evaluation import multiclass

    classes = sorted(set(part["truth"]))
    ahead = multiclass.compare_balanced_accuracy(
        part["truth"], part["network"], part["colours"], classes
    )
    return {
        "n": len(part),
        "network": (part["network"] == part["truth"]).mean(),
        "colours": (part["colours"] == part["truth"]).mean(),
        "ahead": ahead.estimate,
        "low": ahead.low,
        "high": ahead.high,
    }


RESULT = Result(
    colours,
    "The virtual clinic, nine-way: the compact network (shipped weights, classroom's recipe, 8 "
    "epochs of 150 steps, trained on the nine classes directly) against a logistic regression "
    "on colour histograms, learnt from the same 1,000 patients of clinic A and asked about the "
    "same 360 biopsied lesions of clinic B, 40 of each class; three pairs of clinics.",
    kind="simulated",
    seed=SEEDS[0],
    minutes=15,
    reads=READS,
)
