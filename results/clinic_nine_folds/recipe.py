"""Extended Data Table 2 on the virtual clinic: nine folds of whole patients, three ways to teach.

As in the paper: the labels are those of the images (here a dermatologist's, or a biopsy's where
there was one), every network is scored on the ninth of the patients that it has not seen, and an
accuracy is the mean of the classes' own accuracies. The networks of a fold see the same images in
the same batches; they differ in the classes that they are taught.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.common import cells
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result

SEED, N_PATIENTS, N_FOLDS = 80, 2000, 9
SIZE, EPOCHS, STEPS = 96, 20, 50
SCHEMES = {  # what a network is taught: the task learnt directly, None for training classes
    "nine classes": "nine-way",
    "fine classes": None,
    "three classes": "three-way",
}
THREE, NINE = TASKS = ("three-way", "nine-way")
PARTS = ("development", "test", "new")
N_NEW = 80  # images of each of the nine classes, from patients of no fold
READS = (WEIGHTS, *CLINIC)


def asked() -> list[dict]:
    return [{"scheme": scheme, "fold": fold} for scheme in SCHEMES for fold in range(N_FOLDS)]


def cases() -> pd.DataFrame:
    """The photographs of 2,000 patients of clinic A, with ``fold``."""
    from dermlab.cases import clinic, splits

    table = clinic.make(N_PATIENTS, SEED)
    by_category = table.assign(disease=names(NINE, table["disease"]))  # 114 diseases are too many
    split = splits.group_folds(by_category, N_FOLDS, seed=0).set_index("image_id")["fold"]
    return table.assign(fold=split.loc[table["image_id"]].to_numpy())


def names(task: str, diseases: pd.Series) -> np.ndarray:
    """(n,) the class of the task that each disease lies in."""
    from dermlab.cases import tasks

    return tasks.assign(tasks.get(task), diseases).to_numpy(object)


def classes(task: str) -> list[str]:
    from dermlab.cases import tasks

    return [name for name, _ in tasks.get(task).classes]


def three_of_nine(probabilities: np.ndarray) -> np.ndarray:
    """(n, 9) → (n, 3); nine classes lie in three as whole branches of the tree."""
    from dermlab.cases import tasks

    outputs = pd.DataFrame(tasks.get(NINE).classes, columns=["name", "diseases"])
    return tasks.read_out(probabilities, outputs, THREE).to_numpy()


# --- a network ------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _pictures() -> tuple[pd.DataFrame, np.ndarray]:
    """The cases and, after them, the new ones (fold -1); their pixels."""
    from dermlab.network import pictures

    table = pd.concat([cases(), test_sets.new_patients(N_NEW).assign(fold=-1)], ignore_index=True)
    return table, pictures.of_cases(table, [pictures.CLINIC], SIZE).pixels


def _plan(table: pd.DataFrame, scheme: str):
    """What is learnt, from the folds alone."""
    from dermlab.lessons import profiles
    from dermlab.network import plans

    of_folds = table[table["fold"] >= 0]
    task = SCHEMES[scheme]
    boundary = profiles.get("classroom").boundary(len(of_folds))
    split = of_folds[["image_id", "fold"]]
    return plans.make(of_folds, split, task=task, direct=task is not None, max_class_size=boundary)


def cell(one: dict, inputs: Inputs, *, epochs: int = EPOCHS, steps: int = STEPS) -> cells.Arrays:
    """One network of a fold, scored after every epoch.

    ``rows``: the fold's images, as rows of `cases`; ``probabilities``: of the task it was taught
    (nine classes where it was taught fine ones), from its best epoch on the development part.
    ``PART TASK``: the mean of the classes' accuracies after each epoch, on the development fold,
    on the fold that is scored, and on the new patients.
    """
    from dermlab.cases import tasks
    from dermlab.evaluation.multiclass import mean_class_accuracy
    from dermlab.network import backend, models, plans, training
    from dermlab.network.recipe import Recipe

    backend.deterministic(0)
    table, pixels = _pictures()
    plan, fold = _plan(table, one["scheme"]), table["fold"].to_numpy()
    task = SCHEMES[one["scheme"]] or NINE
    roles = plans.roles(fold, one["fold"])
    rows = dict(zip(PARTS, (*roles[1:], np.flatnonzero(fold == -1)), strict=True))
    labels = {name: names(name, table["disease"]) for name in TASKS}
    epochs_scored = []

    def accuracy(answer: np.ndarray, rows: np.ndarray, name: str) -> float:
        """Mean of the classes' accuracies in a task, of probabilities of ``task``."""
        values = answer if name == task else three_of_nine(answer)
        right = np.array(classes(name), dtype=object)[values.argmax(axis=1)]
        return mean_class_accuracy(labels[name][rows], right)

    def keep(_, probabilities: dict[str, np.ndarray]) -> None:
        answer = {
            part: tasks.read_out(p, plan.classes, task).to_numpy()
            for part, p in probabilities.items()
        }
        row = {"probabilities": answer["test"].astype(np.float16)}
        for name in (task, THREE):
            row |= {f"{part} {name}": accuracy(answer[part], rows[part], name) for part in PARTS}
        epochs_scored.append(row)

    fitted = training.fit(
        models.fresh("compact", len(plan.classes), SIZE, seed=0),
        pixels,
        plan.labels,
        train=roles.train,
        development=rows["development"],
        watch={"test": rows["test"], "new": rows["new"]},
        recipe=replace(Recipe.classroom(), epochs=epochs, steps_per_epoch=steps),
        groups=plan.categories,
        metric=lambda p, rows: accuracy(
            tasks.read_out(p, plan.classes, task).to_numpy(), rows, task
        ),
        on_epoch=keep,
    )
    keys = [key for key in epochs_scored[0] if " " in key]
    curves = {key: np.array([row[key] for row in epochs_scored]) for key in keys}
    return curves | {
        "rows": roles.scored,
        "probabilities": epochs_scored[fitted.best_epoch - 1]["probabilities"],
        "best_epoch": np.array(fitted.best_epoch),
        "n_outputs": np.array(len(plan.classes)),
        "loss": fitted.history["loss"].to_numpy(),
    }


# --- the tables -----------------------------------------------------------------------------------


def nine_folds(inputs: Inputs) -> Outputs:
    """Twenty-seven networks on one clinic, three a fold, and what they say.

    ``folds.csv``, a row a scheme, task, kind of truth and fold: ``accuracy`` (the mean of the
    classes') and ``natural`` (over all images). ``scored_by``: ``label``, as in the paper, or
    ``truth``, which only a simulated clinic knows. ``accuracies.csv``: their means and standard
    deviations, and the accuracy of all folds' images together with its interval over patients.
    ``differences.csv``: fine classes against each other scheme, on the same images and resampled
    patients. ``peeking.csv``: after each epoch the accuracies on development fold, scored fold and
    new patients. ``predictions.npz``, a row an image: ``fold``, ``patient``, ``label`` and
    ``truth`` (numbers of ``classes``) and ``p SCHEME``, the probabilities. ``networks.csv``:
    outputs, best epoch, seconds, device.
    """
    work = asked()
    found = cells.run(cell, work, inputs, name="clinic_nine_folds")
    table, probabilities = cases(), _probabilities(work, found)
    folds = pd.DataFrame(_fold_rows(table, probabilities))
    networks = cells.table(work, found)
    for key in ("n_outputs", "best_epoch"):
        networks[key] = [int(arrays[key]) for arrays in found]
    return {
        "folds.csv": folds,
        "accuracies.csv": _accuracies(table, probabilities, folds),
        "differences.csv": _differences(table, probabilities, folds),
        "peeking.csv": _peeking(work, found),
        "predictions.npz": _shipped(table, probabilities),
        "networks.csv": networks,
    }


def _probabilities(work: list[dict], found: list[cells.Arrays]) -> dict[str, np.ndarray]:
    """Each scheme's probabilities of all images, from the network that had not seen the patient."""
    together = {}
    for scheme in dict.fromkeys(one["scheme"] for one in work):
        own = [arrays for one, arrays in zip(work, found, strict=True) if one["scheme"] == scheme]
        rows = np.concatenate([arrays["rows"] for arrays in own])
        values = np.concatenate([arrays["probabilities"] for arrays in own])
        together[scheme] = values[np.argsort(rows)]
    return together


def answers(probabilities: np.ndarray, task: str) -> np.ndarray | None:
    """(n,) the answered classes; None where three columns are asked for nine classes."""
    own = THREE if probabilities.shape[1] == 3 else NINE
    if own != task:
        if own == THREE:
            return None
        probabilities = three_of_nine(probabilities)
    return np.array(classes(task), dtype=object)[probabilities.argmax(axis=1)]


def _asked_of(table: pd.DataFrame, probabilities: dict[str, np.ndarray]):
    """What can be scored: scheme, task, by what, the right classes, the answers."""
    for task in TASKS:
        truths = {by: names(task, table[of]) for by, of in (("label", "disease"), ("truth",) * 2)}
        for scheme, values in probabilities.items():
            said = answers(values, task)
            if said is not None:
                for by, right in truths.items():
                    yield {"scheme": scheme, "task": task, "scored_by": by}, right, said


def _fold_rows(table: pd.DataFrame, probabilities: dict[str, np.ndarray]) -> list[dict]:
    from dermlab.evaluation.multiclass import mean_class_accuracy

    rows = []
    for about, right, said in _asked_of(table, probabilities):
        for fold, own in table.groupby("fold").indices.items():
            natural = float((right[own] == said[own]).mean())
            shares = mean_class_accuracy(right[own], said[own]), natural
            row = {"fold": fold, "n_images": len(own), "accuracy": shares[0], "natural": shares[1]}
            rows.append(about | row)
    return rows


def _accuracies(table, probabilities, folds: pd.DataFrame) -> pd.DataFrame:
    from dermlab.evaluation import multiclass

    rows = []
    for about, right, said in _asked_of(table, probabilities):
        own = folds[(folds[list(about)] == pd.Series(about)).all(axis=1)]
        pooled = multiclass.balanced_accuracy(
            right, said, classes(about["task"]), table["patient_id"]
        )
        natural = multiclass.accuracy(right, said, table["patient_id"])
        rows.append(
            about
            | {"n_images": len(said), "mean": own["accuracy"].mean(), "sd": own["accuracy"].std()}
            | {"pooled": pooled.estimate, "low": pooled.low, "high": pooled.high}
            | {"natural": natural.estimate, "natural_low": natural.low}
            | {"natural_high": natural.high}
        )
    return pd.DataFrame(rows)


def _differences(table, probabilities, folds: pd.DataFrame) -> pd.DataFrame:
    """Fine classes less each other scheme: fold by fold, and pooled on the same patients."""
    from dermlab.evaluation import multiclass

    said = {(about["scheme"], about["task"]): s for about, _, s in _asked_of(table, probabilities)}
    rows = []
    for about, right, other in _asked_of(table, probabilities):
        if about["scheme"] == "fine classes":
            continue
        test = multiclass.compare_balanced_accuracy(
            right, said["fine classes", about["task"]], other, classes(about["task"]),
            table["patient_id"],
        )  # fmt: skip
        of = folds.set_index(["scheme", "task", "scored_by"])["accuracy"]
        rest = about["task"], about["scored_by"]
        gains = (
            of.loc[("fine classes", *rest)].to_numpy() - of.loc[tuple(about.values())].to_numpy()
        )
        rows.append(
            {"against": about["scheme"], "task": about["task"], "scored_by": about["scored_by"]}
            | {"mean": gains.mean(), "sd": gains.std(ddof=1), "folds_ahead": int((gains > 0).sum())}
            | {"pooled": test.estimate, "low": test.low, "high": test.high}
        )
    return pd.DataFrame(rows)


def _peeking(work: list[dict], found: list[cells.Arrays]) -> pd.DataFrame:
    """A row a network, task and epoch; ``chosen``: the epoch that the development fold chooses."""
    tables = []
    for one, arrays in zip(work, found, strict=True):
        n = len(arrays["loss"])
        for task in TASKS:
            if f"test {task}" in arrays:
                parts = {part: arrays[f"{part} {task}"] for part in PARTS}
                epochs = {"epoch": np.arange(1, n + 1), "loss": arrays["loss"]}
                chosen = {"chosen": epochs["epoch"] == int(arrays["best_epoch"])}
                tables.append(pd.DataFrame({**one, "task": task, **epochs, **parts, **chosen}))
    return pd.concat(tables, ignore_index=True)


def _shipped(table: pd.DataFrame, probabilities: dict[str, np.ndarray]) -> cells.Arrays:
    nine = classes(NINE)
    numbers = {by: pd.Categorical(names(NINE, table[of]), nine).codes for by, of in
               (("label", "disease"), ("truth", "truth"))}  # fmt: skip
    return {
        "classes": np.array(nine),
        "three_classes": np.array(classes(THREE)),
        "fold": table["fold"].to_numpy(np.int8),
        "patient": pd.factorize(table["patient_id"])[0].astype(np.int16),
        "by_biopsy": (table["label_source"] == "biopsy").to_numpy(),
        **{by: codes.astype(np.int8) for by, codes in numbers.items()},
        **{f"p {scheme}": values for scheme, values in probabilities.items()},
    }


RESULT = Result(
    nine_folds,
    "Nine folds of whole patients of the virtual clinic A (2,000 patients), three networks a "
    "fold: the compact Inception v3 (96 px, shipped weights, classroom's recipe, 20 epochs of "
    "50 steps of 32, best on the next fold) taught nine classes, the training classes of the "
    "partitioning algorithm (at most 100 images), or three; the same images and batches; "
    "scored on the fold that is left, by the images' labels and by the truth.",
    kind="simulated",
    seed=SEED,
    minutes=60,
    reads=READS,
)
