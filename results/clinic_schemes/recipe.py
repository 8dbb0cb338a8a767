"""When do finer classes help? Four ways to name the same pictures, in worlds of other looks.

A world is how the variance of looks is shared out over the levels of the disease tree, fixed before
any network was trained. In each, one network a scheme learns the same pictures in the same batches
from the same weights below its head: three classes, nine classes, the training classes of the
partition algorithm, and a placebo, those same classes dealt out at random within each of the nine:
as many outputs, nothing finer to learn. Scored as the paper scores: the mean of the classes'
accuracies, on as many test lesions of each of the nine classes, by the truth.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from results.common import cells
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result

WORLDS = {  # shares of look variance: three-way, nine-way, family, leaf; weight of described signs
    "described": ((0.1, 0.2, 0.35, 0.35), 1.0),  # the clinic as it is
    "inherited": ((0.3, 0.3, 0.2, 0.2), 0.0),
    "leaves": ((0.0, 0.0, 0.0, 1.0), 0.0),
}
SCHEMES = ("three classes", "nine classes", "fine classes", "placebo")
FINE = SCHEMES[2]
SEEDS, FIRST_CLINIC = range(8), 800
N_PATIENTS, SIZE, BOUNDARY = 1300, 96, 100
N_TEST = 450  # lesions of each of the nine
BATCH, RATE, LOOK, EPOCHS = 64, 0.0006, 100, 3
TASKS = ("three-way", "nine-way")


def asked() -> list[dict]:
    return [{"world": world, "seed": seed} for world in WORLDS for seed in SEEDS]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``accuracy`` (schemes, looks, tasks), NaN for nine-way from three classes; ``n_classes``."""
    from dermlab.cases import clinic
    from dermlab.network import pictures

    shares, weight = WORLDS[one["world"]]
    cases = clinic.make(
        N_PATIENTS, FIRST_CLINIC + one["seed"], shares=shares, described_weight=weight
    )
    test = test_part(one["world"], one["seed"])
    pixels = pictures.of_cases(pd.concat([cases, test]), [pictures.CLINIC], SIZE).pixels
    truth = nine(test["truth"])
    accuracy = []
    for scheme in SCHEMES:
        classes, labels = named(scheme, cases, one["seed"])
        accuracy.append(_trained(scheme, classes, labels, nine(cases["disease"]), truth, pixels,
                                 one["seed"]))  # fmt: skip
    return {"accuracy": np.array(accuracy), "n_classes": np.array(len(fine_classes()))}


def nine(diseases: pd.Series) -> np.ndarray:
    """The number of each disease's partition, in the order of `partitions`."""
    from dermlab.cases import taxonomy

    ancestor = diseases.map(taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way"))
    return ancestor.map({name: i for i, name in enumerate(partitions())}).to_numpy()


@lru_cache(maxsize=1)
def partitions() -> tuple[str, ...]:
    from dermlab.cases import tasks

    return tuple(name for name, _ in tasks.get("nine-way").classes)


@lru_cache(maxsize=1)
def fine_classes() -> pd.DataFrame:
    """The training classes of the clinic's prevalence: the same in every clinic and world."""
    from dermlab.cases import clinic, taxonomy

    tree = taxonomy.load_tree()
    images = (clinic.prevalence(tree) * 2.7 * N_PATIENTS).round()  # 2.7 photographs a patient
    counted = tree.assign(n=tree["child"].map(images).fillna(0).astype(int))
    return taxonomy.training_classes(counted, BOUNDARY)


def named(scheme: str, cases: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The partition of each class of a scheme (-1: three-way classes), and the images' classes."""
    partition = nine(cases["disease"])
    if scheme == "three classes":
        return np.array([-1, -1, -1]), three()[partition]
    if scheme == "nine classes":
        return np.arange(len(partitions())), partition
    classes = fine_classes()
    of = {node: i for i, nodes in enumerate(classes["diseases"]) for node in nodes}
    labels = cases["disease"].map(of).to_numpy().copy()
    if scheme == "placebo":
        rng = np.random.default_rng([seed, 1])
        for part in range(len(partitions())):
            here = np.flatnonzero(partition == part)
            labels[here] = rng.permutation(labels[here])
    return nine(classes["diseases"].str[0]), labels


def three() -> np.ndarray:
    """The three-way class of each of the nine, as numbers."""
    from dermlab.cases import tasks, taxonomy

    names = [name for name, _ in tasks.get("three-way").classes]
    above = taxonomy.ancestor_at(taxonomy.load_tree(), "three-way")
    return np.array([names.index(above[name]) for name in partitions()])


@lru_cache(maxsize=1)
def test_part(world: str, seed: int) -> pd.DataFrame:
    """``N_TEST`` lesions of each of the nine by the truth, first photographs of other patients."""
    from dermlab.cases import clinic

    shares, weight = WORLDS[world]
    chosen, first = [], 10_000 * (1 + seed)
    counts = np.zeros(len(partitions()), int)
    while counts.min() < N_TEST:
        more = clinic.make(8000, first, shares=shares, described_weight=weight)
        more = more.drop_duplicates("lesion_id")
        more["partition"], first = nine(more["truth"]), first + 1
        wanted = more["partition"].map(pd.Series(N_TEST - counts))
        more = more[more.groupby("partition").cumcount() < wanted]
        chosen.append(more)
        counts += np.bincount(more["partition"], minlength=len(counts))
    return pd.concat(chosen, ignore_index=True)


def _trained(scheme, classes, labels, groups, truth, pixels, seed: int) -> np.ndarray:
    """Accuracies (looks, tasks) of one network."""
    from dermlab.network import models, training
    from dermlab.network.recipe import Recipe

    scores = []
    training.fit(
        models.fresh("compact", len(classes), SIZE, seed=seed),
        pixels,
        np.concatenate([labels, np.zeros(len(truth), int)]),
        train=np.arange(len(labels)),
        watch={"test": np.arange(len(labels), len(pixels))},
        recipe=replace(
            Recipe.classroom(),
            batch_size=BATCH,
            learning_rate=RATE,
            steps_per_epoch=LOOK,
            epochs=EPOCHS,
        ),
        seed=seed,
        groups=np.concatenate([groups, np.zeros(len(truth), int)]),
        on_epoch=lambda _, p: scores.append(accuracies(scheme, p["test"], classes, truth)),
    )
    return np.array(scores)


def accuracies(scheme: str, probabilities: np.ndarray, classes, truth) -> list[float]:
    """Mean class accuracy, three-way and nine-way.

    All nine classes are equally frequent in training and in the test part; a class of the
    three-way answer is as frequent in both as it has partitions, so its probability is divided by
    that number before the largest wins.
    """
    from dermlab.evaluation.multiclass import mean_class_accuracy

    n = len(partitions())
    if scheme == "three classes":
        sides, by_nine = probabilities, None
    else:
        by_nine = probabilities @ np.eye(n)[classes]
        sides = by_nine @ np.eye(3)[three()]
    answer = (sides / np.bincount(three())).argmax(axis=1)
    of_three = mean_class_accuracy(three()[truth], answer)
    if by_nine is None:
        return [of_three, np.nan]
    return [of_three, mean_class_accuracy(truth, by_nine.argmax(axis=1))]


def schemes(inputs: Inputs) -> Outputs:
    """``curves.csv``: a row a world, scheme, seed and look: ``steps`` (of 64), ``three_way``,
    ``nine_way``. ``differences.csv``: fine classes less each other scheme, the mean over the paired
    seeds with Student's 95 % interval, by world, task and steps. ``worlds.csv``: the shares of look
    variance. ``networks.csv``: seconds and device.
    """
    work = asked()
    found = cells.run(cell, work, inputs, name="clinic_schemes")
    curves = pd.DataFrame(
        [
            {
                **one,
                "scheme": scheme,
                "steps": LOOK * (look + 1),
                "three_way": arrays["accuracy"][i, look, 0],
                "nine_way": arrays["accuracy"][i, look, 1],
            }
            for one, arrays in zip(work, found, strict=True)
            for i, scheme in enumerate(SCHEMES)
            for look in range(EPOCHS)
        ]
    )
    levels = ("three_way", "nine_way", "family", "leaf")
    worlds = [
        {"world": world, **dict(zip(levels, shares, strict=True)), "described_weight": weight}
        for world, (shares, weight) in WORLDS.items()
    ]
    return {
        "curves.csv": curves,
        "differences.csv": differences(curves),
        "worlds.csv": pd.DataFrame(worlds),
        "networks.csv": cells.table(work, found).assign(n_classes=int(found[0]["n_classes"])),
    }


def differences(curves: pd.DataFrame) -> pd.DataFrame:
    """Fine classes less each other scheme: columns ``world, task, versus, steps, n_seeds, fine,
    other, estimate, low, high, ahead``."""
    from dermlab.evaluation import intervals

    rows = []
    for (world, steps), part in curves.groupby(["world", "steps"], sort=False):
        for task in ("three_way", "nine_way"):
            wide = part.pivot(index="seed", columns="scheme", values=task)
            for versus in SCHEMES:
                gaps = (wide[FINE] - wide[versus]).dropna()
                if versus == FINE or gaps.empty:
                    continue
                mean = intervals.student(gaps)
                rows.append(
                    {
                        "world": world,
                        "task": task.replace("_", "-"),
                        "versus": versus,
                        "steps": steps,
                        "n_seeds": len(gaps),
                        "fine": wide[FINE].mean(),
                        "other": wide[versus].mean(),
                        "estimate": mean.estimate,
                        "low": mean.low,
                        "high": mean.high,
                        "ahead": int((gaps > 0).sum()),
                    }
                )
    return pd.DataFrame(rows)


RESULT = Result(
    schemes,
    "Three classes, nine classes, the partition algorithm's classes and a placebo of as many: "
    "the compact network on the same pictures of the virtual clinic (1,300 patients), in three "
    "worlds that share out the variance of looks otherwise over the levels of the disease "
    "tree; eight clinics a world, 300 steps of 64, 4,050 test lesions each.",
    kind="simulated",
    seed=FIRST_CLINIC,
    minutes=400,
    reads=(WEIGHTS, *CLINIC),
)
