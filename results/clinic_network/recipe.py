"""The classroom's trained network: fine classes learnt in clinic A, tasks read out in clinic B.

The paper's two stages at classroom size: training classes with dermatologists' labels, then
read-outs on biopsied lesions of another clinic, with the paper's counts.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.clinic_colours import recipe as clinic_colours
from results.common import cells
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result

SEED, N_PATIENTS, STEPS, EPOCHS = 0, 3000, 250, 12
SEEDS = range(5)  # the first one's network is shipped, the others measure how hard the clinic is
READS = (WEIGHTS, *CLINIC)


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``w0000`` …: the weights as halves; ``classes``; ``p NAME``: each test's probabilities."""
    from dermlab.cases import clinic, splits
    from dermlab.lessons import profiles
    from dermlab.network import backend, inference, pictures, plans, runs

    backend.deterministic(one["seed"])
    profile = profiles.get("classroom")
    cases = clinic.make(N_PATIENTS, one["seed"])
    plan = plans.make(
        cases,
        splits.group_folds(cases, profile.folds, seed=one["seed"]),
        max_class_size=profile.boundary(len(cases)),
    )
    recipe = replace(profile.recipe, steps_per_epoch=STEPS, epochs=EPOCHS)
    setup = runs.Setup(profile.model, profile.size, profile.weights, recipe, one["seed"])
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        trained = runs.train(plan, [pictures.CLINIC], run, folds=[None], setup=setup)
        model = inference.load_run(run).model
    halves = [weight.astype(np.float16) for weight in model.get_weights()]
    model.set_weights(halves)  # what is shipped is what is scored
    found = {f"w{i:04d}": half for i, half in enumerate(halves)}
    for name in (*test_sets.TESTS, test_sets.BALANCED, test_sets.NATURAL):
        pixels = pictures.of_cases(test_sets.named(name), [pictures.CLINIC], profile.size).pixels
        found[f"p {name}"] = inference.predict(model, pixels)
    return found | {
        "classes": np.array(list(plan.classes["name"])),
        "diseases": np.array(["|".join(nodes) for nodes in plan.classes["diseases"]]),
        "best_epoch": trained["best_epoch"].to_numpy(),
        "development": trained["best"].to_numpy(),
    }


def _against_colours(found: cells.Arrays, classes: pd.DataFrame) -> pd.DataFrame:
    """Nine-way accuracy of the network and of a regression on colours, taught the same patients."""
    from dermlab.cases import clinic
    from dermlab.network import inference, models, pictures

    model = models.build("compact", len(classes), clinic_colours.SIZE, weights="none")
    model.set_weights([found[key] for key in sorted(found) if key.startswith("w0")])
    cases, rows = clinic.make(N_PATIENTS, SEED), []
    for lesions, test in (
        ("as they come, clinic A", test_sets.as_they_come("clinic A")),
        ("as they come, clinic B", test_sets.as_they_come("clinic B")),
        ("biopsied, clinic B", test_sets.named("nine-way")),
    ):
        pixels = pictures.of_cases(test, [pictures.CLINIC], clinic_colours.SIZE).pixels
        sides = _read_out("nine-way", inference.predict(model, pixels), classes)
        answers = {
            "truth": clinic_colours.nine_way(test["truth"]).to_numpy(object),
            "network": sides.idxmax(axis=1).to_numpy(object),
            "colours": clinic_colours.by_colours(cases, test),
        }
        rows.append({"lesions": lesions} | clinic_colours.compared(pd.DataFrame(answers)))
    return pd.DataFrame(rows)


def network(inputs: Inputs) -> Outputs:
    """``weights.npz``: the network's arrays in the model's order, for ``models.build("compact",
    len(classes), 96, weights="none")``. ``classes.csv``: its outputs, ``name`` and ``diseases``
    (joined by |). ``tests.csv``: each read-out on biopsied lesions of clinic B; AUC for two
    classes, the mean of the classes' accuracies for more, by chance beside it. ``colours.csv``: its
    nine-way accuracy beside that of a regression on colour histograms, taught the same patients.
    ``difficulty.csv``: the same tests and two of lesions as they come, over five networks taught
    other patients: ``mean``, and ``low, high`` of Student's 95 % interval over them. ``seeds.csv``:
    each network's. ``networks.csv``: best epoch, its development value, seconds, device.
    """
    asked = [{"seed": seed} for seed in SEEDS]
    made = cells.run(cell, asked, inputs, name="clinic_network", version=2)
    classes = [
        pd.DataFrame({"name": found["classes"], "diseases": found["diseases"]}) for found in made
    ]
    networks = cells.table(asked, made)
    for name in ("best_epoch", "development"):
        networks[name] = np.concatenate([found[name] for found in made])
    seeds = pd.DataFrame(
        [
            {"seed": seed} | row
            for seed, found, outputs in zip(SEEDS, made, classes, strict=True)
            for row in _difficulty(found, outputs)
        ]
    )
    found, outputs = made[0], classes[0]
    return {
        "weights.npz": {key: found[key] for key in found if key.startswith("w0")},
        "classes.csv": outputs,
        "tests.csv": pd.DataFrame([_scored(name, found, outputs) for name in test_sets.TESTS]),
        "colours.csv": _against_colours(found, outputs),
        "difficulty.csv": over_seeds(seeds),
        "seeds.csv": seeds,
        "networks.csv": networks,
    }


def _difficulty(found: cells.Arrays, classes: pd.DataFrame) -> list[dict]:
    """One network's scores: ``test, measure, value, chance``."""
    from dermlab.cases import tasks
    from dermlab.evaluation import multiclass

    rows = []
    for name in test_sets.TESTS:
        row = _scored(name, found, classes)
        rows.append({**row, "value": row["estimate"]})
    for name in (test_sets.BALANCED, test_sets.NATURAL):
        for task in ("three-way", "nine-way"):
            sides = _read_out(task, found[f"p {name}"], classes)
            names = list(sides)
            truth = tasks.assign(tasks.get(task), test_sets.named(name)["truth"]).to_numpy(object)
            answer = sides.idxmax(axis=1).to_numpy(object)
            about = {"test": name.replace("nine-way", task), "n": len(truth)}
            mean = multiclass.balanced_accuracy(truth, answer, names).estimate
            rows.append(about | {"measure": "accuracy", "value": mean, "chance": 1 / len(names)})
            if name == test_sets.NATURAL:
                majority = pd.Series(truth).value_counts(normalize=True).iloc[0]
                share = float((truth == answer).mean())
                rows.append(about | {"measure": "share right", "value": share, "chance": majority})
    return [{key: row[key] for key in ("test", "n", "measure", "value", "chance")} for row in rows]


def over_seeds(seeds: pd.DataFrame) -> pd.DataFrame:
    """``test, measure, n, chance, n_seeds, mean, low, high``, in the order of ``seeds``.

    ``chance`` of a share right is the majority rule's.
    """
    from dermlab.evaluation import intervals

    rows, by = [], ["test", "measure", "n", "chance"]
    for key, of_test in seeds.groupby(by, sort=False):
        mean = intervals.student(of_test["value"])
        rows.append((*key, len(of_test), mean.estimate, mean.low, mean.high))
    return pd.DataFrame(rows, columns=[*by, "n_seeds", "mean", "low", "high"])


def _read_out(task: str, probabilities: np.ndarray, classes: pd.DataFrame) -> pd.DataFrame:
    """The task's classes of the network's probabilities, a column each."""
    from dermlab.cases import tasks

    outputs = classes.assign(diseases=classes["diseases"].str.split("|").map(tuple))
    return tasks.read_out(probabilities, outputs, task)


def _scored(name: str, found: cells.Arrays, classes: pd.DataFrame) -> dict:
    from dermlab.cases import tasks
    from dermlab.evaluation import multiclass, roc

    task = test_sets.TESTS[name][0]
    sides = _read_out(task, found[f"p {name}"], classes)
    names = list(sides)
    truth = tasks.assign(tasks.get(task), test_sets.named(name)["truth"]).to_numpy(object)
    if len(names) == 2:
        area = roc.auc(truth == names[0], sides[names[0]])
        about, chance = {"measure": "AUC"}, 0.5
    else:
        answer = sides.idxmax(axis=1).to_numpy(object)
        area = multiclass.balanced_accuracy(truth, answer, names)
        about, chance = {"measure": "accuracy"}, 1 / len(names)
    row = {"estimate": area.estimate, "low": area.low, "high": area.high, "chance": chance}
    return {"test": name, "n": len(truth)} | about | row


RESULT = Result(
    network,
    "The classroom's network: the compact Inception v3 (96 px, shipped weights, classroom's "
    "recipe, 12 epochs of 250 steps) taught the training classes of 3,000 patients of the "
    "virtual clinic A by the labels of their images (dermatologists', or a biopsy's), best on "
    "the development fold; read out on biopsied lesions of clinic B, the three binary tests "
    "with the paper's counts; four more, taught other patients, for how hard the clinic is.",
    kind="simulated",
    seed=SEED,
    minutes=60,
    reads=READS,
)
