"""Tissue of simulated brains, named by patches of one size, of three sizes, and slice by slice.

Every seed draws other training subjects and other initial weights; all five networks of a seed
share its subjects. They are tested on subjects of a *held-out family*: rougher deformations, finer
folds, less contrast, more bias and more noise than any that was learnt from. Learning rate and
sizes were fixed beforehand on subjects 9000-9103, which no result uses, steps by the time they take
(a first version had about a third of them, and scored lower in the same order).

All subjects come from one average anatomy: intervals speak of other deformations and other
trainings, not of other people. What a leak is worth is asked twice. The average itself, parent of
every training subject, is tested beside bent copies of it, which have its folds and its imaging and
differ by shape alone. And the subjects learnt from are imaged anew, with the held-out family's
contrast and noise, beside subjects of their own family that no network has seen.
"""

import time
from functools import lru_cache

import numpy as np
import pandas as pd

from results.common import cells, estimates
from results.common.result import Inputs, Outputs, Result

NAME, VERSION = "survey_brain", 2
SEEDS, N_TRAIN = range(5), 10  # subjects learnt from
THREE, FULL = "three scales", "fully convolutional"
ARMS = {"25 px": (25,), "51 px": (51,), "75 px": (75,), THREE: (25, 51, 75), FULL: None}
STEPS = {True: 5000, False: 3000}  # of 32 patches, of one slice: about the same time
HELD, SAME = "held-out family", "training family"
PARENT, BENT = "their parent", "its bent copies"
SEEN, UNSEEN = "learnt from, imaged anew", "not learnt from"
TESTS = {HELD: range(10), SAME: range(100, 104), PARENT: range(10), BENT: range(10)}
COMPARED = (*((THREE, arm) for arm in list(ARMS)[:3]), (FULL, THREE))
MEAN = "mean of the tissues"
TIMED = 7  # times each way of naming a slice is timed, in turn


def work() -> list[dict]:
    return [{"seed": seed, "arm": arm} for seed in SEEDS for arm in ARMS]


@lru_cache(maxsize=1)
def training(seed: int):
    """Images and labels to learn from, (slices, height, width) each."""
    from dermlab.survey import brains

    made = brains.subjects(learnt_from(seed), brains.TRAINING)
    return flat(made.images), flat(made.labels)


def learnt_from(seed: int) -> range:
    return range(1000 + 100 * seed, 1000 + 100 * seed + N_TRAIN)


def not_learnt_from(seed: int) -> range:
    return range(5000 + 100 * seed, 5000 + 100 * seed + N_TRAIN)


@lru_cache(maxsize=1)
def rescanned(seed: int) -> dict:
    """The seed's own training subjects and as many others of their family, imaged anew."""
    from dermlab.survey import brains

    numbers = {SEEN: learnt_from(seed), UNSEEN: not_learnt_from(seed)}
    return {
        name: brains.rescanned(some, brains.TRAINING, brains.HELD_OUT)
        for name, some in numbers.items()
    }


@lru_cache(maxsize=1)
def tests() -> dict:
    """What is tested on: name → subjects."""
    from dermlab.survey import brains

    bent = {PARENT: None, BENT: brains.TRAINING}
    return {
        HELD: brains.subjects(TESTS[HELD], brains.HELD_OUT),
        SAME: brains.subjects(TESTS[SAME], brains.TRAINING),
    } | {
        name: stacked([brains.parent(k, brains.HELD_OUT, bent=family) for k in TESTS[name]])
        for name, family in bent.items()
    }


def stacked(parts: list):
    """Several sets of subjects as one."""
    return type(parts[0])(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def flat(array: np.ndarray) -> np.ndarray:
    """(subjects, slices, …) → (subjects × slices, …)"""
    return array.reshape(-1, *array.shape[2:])


def network(arm: str, seed: int):
    from dermlab.survey import segmentation

    sizes = ARMS[arm]
    if sizes is None:
        return segmentation.full_network(seed=seed)
    return segmentation.patch_network(sizes, seed=seed)


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """Of each of ``TESTS`` and of `rescanned` ``dice`` and ``distance`` (mm), subjects × tissues;
    ``weights``, how many; ``training_seconds``; ``loss`` of the last tenth; ``maps``, the answers
    to the first test subject's slices."""
    from dermlab.network import backend
    from dermlab.survey import segmentation

    backend.deterministic(one["seed"])
    model = network(one["arm"], one["seed"])
    by_patch = ARMS[one["arm"]] is not None
    fit = segmentation.fit_patches if by_patch else segmentation.fit_full
    images, labels = training(one["seed"])
    started = time.perf_counter()
    losses = fit(model, images, labels, steps=STEPS[by_patch], seed=one["seed"])
    arrays = {
        "training_seconds": np.array(time.perf_counter() - started),
        "loss": losses[-len(losses) // 10 :].mean(),
        "weights": np.array(model.count_params()),
    }
    for name, subjects in (tests() | rescanned(one["seed"])).items():
        answer = segmentation.segment(model, flat(subjects.images)).reshape(subjects.labels.shape)
        scored = segmentation.scores(subjects.labels, answer)
        arrays |= {f"{measure}, {name}": values for measure, values in scored.items()}
        if name == HELD:
            arrays["maps"] = answer[0]
    return arrays


def clock(one: dict, inputs: Inputs) -> cells.Arrays:
    """Seconds a slice of each way to name its pixels, ``TIMED`` times in turn, one a column."""
    from dermlab.survey import brains, segmentation

    image = brains.subjects(range(1), brains.HELD_OUT).images[0, :1]
    rows = np.random.default_rng(0).integers(image.size, size=one["patches"])
    pixels = np.stack(np.unravel_index(rows, image.shape), axis=1)
    three, full = network(THREE, 0), network(FULL, 0)
    share = image.size / len(pixels)
    ways = {
        "patch by patch": lambda: segmentation.by_patches(three, image, pixels),
        "sliding": lambda: segmentation.sliding(three, image),
        FULL: lambda: segmentation.full(full, image),
    }
    taken = {way: np.empty(TIMED) for way in ways}
    for turn in range(-1, TIMED):  # the first compiles and is not kept
        for way, name_pixels in ways.items():
            started = time.perf_counter()
            name_pixels()
            if turn >= 0:
                taken[way][turn] = time.perf_counter() - started
    taken["patch by patch"] *= share
    return taken


# --- tables ---------------------------------------------------------------------------------------


def outputs(inputs: Inputs) -> Outputs:
    """``runs.csv``, a row a seed and arm: weights, loss, mean Dice a test, seconds, device.
    ``means.csv``: of an arm, test, tissue and measure the mean over seeds and subjects, both drawn.
    ``differences.csv``: ``arm`` less ``than`` in Dice, seed by seed. ``leak.csv``: the
    parent less its bent copy with the same contrast, bias and noise, and subjects learnt from less
    others of their family, imaged alike. ``speed.csv``: seconds a slice, and
    how many times as long as the fully convolutional network. ``maps.npz``: answers of the first
    seed's networks to the first held-out subject, slices × height × width.
    """
    asked = work()
    found = cells.run(cell, asked, inputs, name=NAME, version=VERSION)
    timed = cells.run(clock, [{"patches": 2048}], inputs, name=f"{NAME}_speed", version=VERSION)
    scored = by_arm(asked, found)
    return {
        "runs.csv": runs(asked, found),
        "means.csv": means(scored),
        "differences.csv": differences(scored),
        "leak.csv": pd.concat([of_the_parent(scored), of_the_seen(asked, found)]),
        "speed.csv": speed(timed[0]),
        "maps.npz": {
            arm: arrays["maps"]
            for (seed, arm), arrays in zip(map(dict.values, asked), found, strict=True)
            if seed == SEEDS[0]
        },
    }


def by_arm(asked: list[dict], found: list[cells.Arrays]) -> dict[tuple, np.ndarray]:
    """(arm, test, measure, tissue) → values, seeds × subjects; ``MEAN`` is over the tissues."""
    from dermlab.survey.brains import TISSUES

    values = {}
    for one, arrays in zip(asked, found, strict=True):
        for test in TESTS:
            for measure in ("dice", "distance"):
                table = arrays[f"{measure}, {test}"]
                of = dict(zip(TISSUES[1:], table.T, strict=True)) | {MEAN: table.mean(axis=1)}
                for tissue, row in of.items():
                    values.setdefault((one["arm"], test, measure, tissue), []).append(row)
    return {key: np.array(rows) for key, rows in values.items()}


def runs(asked: list[dict], found: list[cells.Arrays]) -> pd.DataFrame:
    """A row a network: see `outputs`."""
    table = cells.table(asked, found)
    for name in ("weights", "loss", "training_seconds"):
        table[name] = [arrays[name].item() for arrays in found]
    for test in TESTS:
        table[f"dice, {test}"] = [arrays[f"dice, {test}"].mean() for arrays in found]
    return table


def means(scored: dict[tuple, np.ndarray]) -> pd.DataFrame:
    """``arm, test, measure, tissue, n_seeds, n_subjects, estimate, low, high``.

    A subject in which a network found nothing of a tissue in any slice that has it has no distance:
    it counts for none of the seeds, and ``n_subjects`` says how many are left.
    """
    rows = []
    for (arm, test, measure, tissue), values in scored.items():
        about = {"arm": arm, "test": test, "measure": measure, "tissue": tissue}
        rows.append(about | interval(values))
    return pd.DataFrame(rows)


def differences(scored: dict[tuple, np.ndarray]) -> pd.DataFrame:
    """``arm, than, test, tissue, n_seeds, n_subjects, estimate, low, high``: Dice, arm − than."""
    rows = []
    for arm, than in COMPARED:
        for _, test, measure, tissue in (key for key in scored if key[0] == arm):
            if measure == "dice":
                a, b = (scored[name, test, measure, tissue] for name in (arm, than))
                about = {"arm": arm, "than": than, "test": test, "tissue": tissue}
                rows.append(about | interval(a - b))
    return pd.DataFrame(rows)


def of_the_parent(scored: dict[tuple, np.ndarray]) -> pd.DataFrame:
    """``test, than, arm, tissue, n_seeds, n_subjects, estimate, low, high``: Dice, parent − copy of
    the same number."""
    rows = []
    for arm, test, measure, tissue in scored:
        if (test, measure) == (PARENT, "dice"):
            gain = scored[arm, PARENT, measure, tissue] - scored[arm, BENT, measure, tissue]
            about = {"test": PARENT, "than": BENT, "arm": arm, "tissue": tissue}
            rows.append(about | interval(gain))
    return pd.DataFrame(rows)


def of_the_seen(asked: list[dict], found: list[cells.Arrays]) -> pd.DataFrame:
    """As `of_the_parent`: subjects learnt from − others. A seed has subjects of its own: its mean
    difference is one observation."""
    from dermlab.evaluation import intervals
    from dermlab.survey.brains import TISSUES

    rows = []
    for arm in ARMS:
        of_arm = [arrays for one, arrays in zip(asked, found, strict=True) if one["arm"] == arm]
        gains = np.array(
            [a[f"dice, {SEEN}"].mean(axis=0) - a[f"dice, {UNSEEN}"].mean(axis=0) for a in of_arm]
        )
        columns = dict(zip(TISSUES[1:], gains.T, strict=True)) | {MEAN: gains.mean(axis=1)}
        about = {"test": SEEN, "than": UNSEEN, "arm": arm}
        for tissue, values in columns.items():
            counts = {"tissue": tissue, "n_seeds": len(values), "n_subjects": N_TRAIN}
            rows.append(about | counts | estimates.row(intervals.student(values)))
    return pd.DataFrame(rows)


def interval(values: np.ndarray) -> dict[str, float]:
    """Mean of values, seeds × subjects, for other seeds and other subjects of the kind."""
    from dermlab.evaluation import repeats

    whole = values[:, np.isfinite(values).all(axis=0)]
    about = {"n_seeds": len(whole), "n_subjects": whole.shape[1]}
    if whole.shape[1] < 2:
        return about | dict.fromkeys(("estimate", "low", "high"), np.nan)
    return about | estimates.row(repeats.mean(whole).mean)


def speed(taken: cells.Arrays) -> pd.DataFrame:
    """``way, seconds, low, high, times, device``: the middle, least and most of the times taken."""
    ways = [way for way in taken if way not in ("seconds", "device")]
    middle = {way: float(np.median(taken[way])) for way in ways}
    rows = [
        {
            "way": way,
            "seconds_a_slice": middle[way],
            "low": taken[way].min(),
            "high": taken[way].max(),
            "times": middle[way] / middle[FULL],
            "device": str(taken["device"]),
        }
        for way in ways
    ]
    return pd.DataFrame(rows)


RESULT = Result(
    outputs,
    "Six tissues of simulated brains, deformed from the one average MNI152: networks that see "
    "patches of 25, 51 or 75 pixels, all three, or the whole slice, each trained on "
    f"{N_TRAIN} subjects of 4 axial slices, {len(SEEDS)} seeds; tested on {len(TESTS[HELD])} "
    f"subjects of a held-out family of deformations, contrast and noise, {len(TESTS[SAME])} of the "
    "training family and, to show what a leak is worth, on the average itself beside bent copies "
    "and on subjects learnt from beside others. Speed is measured in the same run. One anatomy: "
    "the intervals speak of deformations, not of people.",
    kind="simulated",
    seed=0,
    minutes=60,
    reads=(),
)
