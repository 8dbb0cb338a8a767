"""Trained on light skin, tested on dark skin, and what re-balancing recovers, in the clinic.

The same lesions of a simulated clinic are seen on other skin. Four networks a clinic learn the same
lesions on skin types I-II only, on the clinic's mix (types V-VI are 14 % of its patients), on that
mix with the three pairs of types seen equally often (those of V-VI are repeated), and on skin of
which each type is a sixth (more of V-VI is collected). Each is tested on the same new lesions on
types I-II and on types V-VI. All take equal steps.

The gap lies in the simulator's optics: how melanin hides what a lesion adds to light. It shows a
mechanism; of the size of any gap among people it says nothing.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.common import cells, short_trainings
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result

NAME, VERSION = "clinic_skin_types", 1
FIRST_CLINIC, SEEDS = 1400, range(5)
N_PATIENTS, N_TRAIN, N_TEST = 5000, 400, 250  # lesions a side
LIGHT, DARK = "I-II", "V-VI"
ONLY, MIX, REPEATED, COLLECTED = "I-II only", "mix", "mix, repeated", "even"
TRAININGS = {  # the skin types of those who are learnt from: `clinic.make`
    ONLY: {1: 0.5, 2: 0.5},
    MIX: None,
    REPEATED: None,  # and `pairs_of_types` seen equally often
    COLLECTED: dict.fromkeys(range(1, 7), 1 / 6),
}
TESTS = {LIGHT: {1: 0.5, 2: 0.5}, DARK: {5: 0.5, 6: 0.5}}
MEASURES = ("auc_light", "auc_dark", "gap")
COMPARED = ((MIX, ONLY), (REPEATED, MIX), (COLLECTED, MIX), (COLLECTED, ONLY))


def work() -> list[dict]:
    return [{"seed": seed, "training": training} for seed in SEEDS for training in TRAININGS]


def lesions(seed: int, part: str, skin_types: dict | None) -> pd.DataFrame:
    """Equally many malignant and other lesions of a clinic, on skin of these types."""
    counts = {"train": N_TRAIN, "test": N_TEST}
    cases = test_sets.balanced(FIRST_CLINIC + seed, N_PATIENTS, **counts, skin_types=skin_types)
    return cases[cases["part"] == part]


def pairs_of_types(cases: pd.DataFrame) -> np.ndarray:
    """The six groups that are seen equally often, (n,): malignant or not, on I-II, III-IV, V-VI."""
    pair = (cases["skin_type"].to_numpy(int) - 1) // 2
    return 2 * pair + cases["malignant"].to_numpy(int)


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``malignant`` of the test lesions, and of each of ``TESTS`` the probability, (n,) each;
    ``on_dark``: how many of the photographs that were learnt from show types V-VI."""
    from dermlab.network import backend

    backend.deterministic(one["seed"])
    malignant, tests = _tests(one["seed"])
    learnt = lesions(one["seed"], "train", TRAININGS[one["training"]])
    groups = pairs_of_types(learnt) if one["training"] == REPEATED else None
    above = short_trainings.taught(learnt, seed=one["seed"], groups=groups)
    answers = {name: short_trainings.probability(above, maps) for name, maps in tests.items()}
    on_dark = (learnt["skin_type"].to_numpy(int) >= 5).sum()
    return {"malignant": malignant, "on_dark": on_dark} | answers


@lru_cache(maxsize=1)
def _tests(seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Which test lesions are malignant, and the maps of each of ``TESTS``."""
    ways = {name: lesions(seed, "test", skin_types) for name, skin_types in TESTS.items()}
    malignant = ways[LIGHT]["malignant"].to_numpy()
    return malignant, {name: short_trainings.maps(cases) for name, cases in ways.items()}


# --- tables ---------------------------------------------------------------------------------------


def outputs(inputs: Inputs) -> Outputs:
    """``networks.csv``, a row a clinic and training: ``on_dark``, and what `scores` gives; seconds,
    device. ``means.csv``, a row a training and one of ``MEASURES``: mean over the clinics with
    Student's interval. ``differences.csv``, a row such a measure and two of the trainings:
    ``training`` less ``than``, clinic by clinic, with the same.
    """
    asked = work()
    arrays = cells.run(cell, asked, inputs, name=NAME, version=VERSION)
    scored = pd.DataFrame([scores(found) for found in arrays])
    networks = cells.table(asked, arrays)
    networks.insert(2, "on_dark", [int(found["on_dark"]) for found in arrays])
    networks = pd.concat([networks, scored], axis=1)
    return {
        "networks.csv": networks,
        "means.csv": means(networks),
        "differences.csv": differences(networks),
    }


def scores(found: cells.Arrays) -> dict[str, float]:
    """One network's measures on types I-II (``light``) and V-VI (``dark``).

    ``auc_…``; ``gap``: the area on I-II less that on V-VI; ``sensitivity_…``, ``specificity_…``
    at .5, the threshold of its training.
    """
    from dermlab.evaluation import roc

    malignant, row = found["malignant"].astype(bool), {}
    for side, test in (("light", LIGHT), ("dark", DARK)):
        score = found[test].astype(float)
        row[f"auc_{side}"] = roc.area(*roc.wins(malignant, score))
        row[f"sensitivity_{side}"] = float((score >= 0.5)[malignant].mean())
        row[f"specificity_{side}"] = float((score < 0.5)[~malignant].mean())
    return row | {"gap": row["auc_light"] - row["auc_dark"]}


def means(each: pd.DataFrame) -> pd.DataFrame:
    """A row a training and measure: see `outputs`."""
    rows = [
        {"training": training, "measure": measure, "n_clinics": each["seed"].nunique()}
        | short_trainings.over_clinics(each.loc[each["training"] == training, measure])
        for training in TRAININGS
        for measure in MEASURES
    ]
    return pd.DataFrame(rows)


def differences(each: pd.DataFrame) -> pd.DataFrame:
    """A row a pair of ``COMPARED`` and measure: see `outputs`."""
    rows = []
    for measure in MEASURES:
        wide = each.pivot(index="seed", columns="training", values=measure)
        for training, than in COMPARED:
            row = {"training": training, "than": than, "measure": measure}
            rows.append(row | short_trainings.over_clinics(wide[training] - wide[than]))
    return pd.DataFrame(rows)


RESULT = Result(
    outputs,
    f"Skin types in {len(SEEDS)} simulated clinics: {short_trainings.ABOUT} from the same "
    f"{N_TRAIN} lesions of either side on skin types I-II only, on the clinic's mix, on that mix "
    "with the pairs of types seen equally often, and on all six types alike, at equal steps; "
    f"tested on the same {N_TEST} lesions of either side of other patients on types I-II and on "
    "types V-VI. The gap lies in the simulator's optics: it shows a mechanism and no size.",
    kind="simulated",
    seed=FIRST_CLINIC,
    minutes=12,
    reads=(WEIGHTS, *CLINIC),
)
