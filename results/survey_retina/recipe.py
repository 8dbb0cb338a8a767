"""Referable retinopathy in a phantom: detectors of lesions, networks end to end, colour statistics.

Five training studies, each of other patients and with its own initial weights and random numbers,
and one test study of as many patients as Messidor-2 has. Whatever is chosen (a regression's
strength, a network's checkpoint, the threshold) is chosen on a training study's last patients.
"""

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd

from dermlab.evaluation import repeats
from dermlab.survey import classification, detectors, fundus
from results.common import cells, estimates
from results.common.result import WEIGHTS, Inputs, Outputs, Result

NAME, VERSION = "survey_retina", 1
SEEDS = (0, 1, 2, 3, 4)
N_TEST, TEST_SEED = 874, 2016  # Messidor-2's patients; the paper's year
N_LEARN, N_DEVELOP, FIRST_SEED = 180, 60, 100
BURDEN = 0.35  # of the training studies, so that about half of their patients are referable
SMALL, LARGE = 128, 256  # px
DETECTORS, COLOUR, TWIN = "lesion detectors", "colour statistics", "compact network, 128 px"
FROZEN = {SMALL: "frozen ImageNet layer, 128 px", LARGE: "frozen ImageNet layer, 256 px"}
ARMS = (DETECTORS, *FROZEN.values(), TWIN, COLOUR)
EVERY, MOST = 40, 6  # steps of 32 between two evaluations of the compact network; evaluations
BINS = {  # of lesions: edges of the diameter in mm, and of the contrast
    fundus.MICROANEURYSM: ((0.04, 0.06, 0.08, 0.1, 0.126), (0.06, 0.2, 0.3, 0.4, 0.601)),
    fundus.HAEMORRHAGE: ((0.13, 0.16, 0.22, 0.3, 0.801), (0.1, 0.3, 0.42, 0.55, 0.751)),
    fundus.EXUDATE: ((0.05, 0.09, 0.12, 0.16, 0.351), (0.1, 0.3, 0.45, 0.6, 0.901)),
}


def study(seed: int | None) -> fundus.Study:
    """The training study of a seed; the test study where it is None."""
    if seed is None:
        return fundus.make(N_TEST, TEST_SEED)
    return fundus.make(N_LEARN + N_DEVELOP, FIRST_SEED + seed, burden=BURDEN)


def reference(seed: int | None, of: fundus.Study) -> pd.DataFrame:
    """The adjudicated grades of a study's eyes."""
    return classification.adjudicated(of, seed=TEST_SEED if seed is None else FIRST_SEED + seed)


# --- what is computed of every eye ----------------------------------------------------------------


def eyes_cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``dark``, ``bright``: candidates, the eye's number before them; ``colours``; ``small``: the
    photographs at 128 px; ``frozen_128``, ``frozen_256``: the ImageNet network's last layer."""
    from dermlab.network import inference, models

    of = study(one["study"])
    nets = {size: models.build("efficientnet_lite0", 2, size, augment=False) for size in FROZEN}
    small, frozen, waiting = [], {size: [] for size in FROZEN}, []

    def see(number: int, picture: np.ndarray) -> None:
        small.append(fundus.smaller(picture, SMALL))
        waiting.append(fundus.smaller(picture, LARGE))
        if len(waiting) == 64 or number + 1 == len(of.eyes):
            batches = {SMALL: small[-len(waiting) :], LARGE: waiting}
            for size, net in nets.items():
                frozen[size].append(inference.features(net, np.stack(batches[size])))
            waiting.clear()

    tables = detectors.of_study(of, see)
    number = pd.Series(range(len(of.eyes)), of.eyes["eye_id"])
    rows = {
        kind: table.assign(eye_id=table["eye_id"].map(number)).to_numpy(np.float32)
        for kind, table in tables.items()
    }
    layers = {f"frozen_{size}": np.concatenate(parts) for size, parts in frozen.items()}
    pictures = np.stack(small)
    return rows | layers | {"small": pictures, "colours": classification.colours(pictures)}


@lru_cache(maxsize=2)
def _eyes(seed: int | None) -> cells.Arrays:
    return cells.run(eyes_cell, [{"study": seed}], {}, name=f"{NAME}_eyes", version=VERSION)[0]


def _candidates(of: fundus.Study, arrays: cells.Arrays) -> dict[str, pd.DataFrame]:
    ids, tables = of.eyes["eye_id"].to_numpy(), {}
    for kind in detectors.KINDS:
        table = pd.DataFrame(arrays[kind], columns=["eye_id", *detectors.COLUMNS])
        tables[kind] = table.assign(eye_id=ids[table["eye_id"].to_numpy(int)])
    return tables


# --- a training -----------------------------------------------------------------------------------


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``development``, ``test``: scores of patients in sorted order; ``threshold``; ``chosen``: the
    strength or evaluation, and its AUC on the development patients. Of the detectors also
    ``learnt`` and ``tested``, their features of every eye, and ``found``, a bool a test lesion."""
    seed, arm = one["seed"], one["arm"]
    of, test, mine = study(seed), study(None), _eyes(seed)
    referable = reference(seed, of)["referable"].to_numpy()
    more = {}
    if arm == DETECTORS:
        learnt, tested, found = _detected(seed, of, test, mine)
        more = {"learnt": learnt, "tested": tested, "found": found}
    elif arm == COLOUR:
        learnt, tested = mine["colours"], _eyes(None)["colours"]
    elif arm == TWIN:
        return _scored(of, test, referable, *_taught(seed, of, mine, referable))
    else:
        layer = {name: f"frozen_{size}" for size, name in FROZEN.items()}[arm]
        learnt, tested = mine[layer], _eyes(None)[layer]
    return _scored(of, test, referable, *_regressed(of, referable, learnt, tested)) | more


def learners(of: fundus.Study) -> np.ndarray:
    """Whether an eye is learnt from; the last patients' are for development: (n,) bool."""
    return of.eyes["patient_id"].rank(method="dense").to_numpy() <= N_LEARN


def _detected(seed, of, test, mine) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    tables = _candidates(of, mine)
    taught = of.eyes.loc[learners(of), "eye_id"]
    patients = of.eyes.set_index("eye_id")["patient_id"]
    own = {kind: table[table["eye_id"].isin(taught)] for kind, table in tables.items()}
    own = {kind: table.reset_index(drop=True) for kind, table in own.items()}
    fitted, answers = detectors.learn(own, of.lesions, patients, seed=seed)
    others = {kind: table[~table["eye_id"].isin(taught)] for kind, table in tables.items()}
    fresh = fitted.probabilities(others)
    both = {kind: pd.concat([answers[kind], fresh[kind]]) for kind in tables}
    of_test = fitted.probabilities(_candidates(test, _eyes(None)))
    found = detectors.detected(of_test, test.lesions)
    rows = [classification.features(s.eyes, a) for s, a in ((of, both), (test, of_test))]
    return rows[0].to_numpy(), rows[1].to_numpy(), found


def _regressed(of, referable, learnt, tested) -> tuple:
    """Scores of the development eyes and of the test eyes; the strength, its development AUC."""
    taught = learners(of)
    others, patients = learnt[~taught], of.eyes.loc[~taught, "patient_id"]
    model, strength, value = classification.chosen(
        learnt[taught],
        referable[taught],
        others,
        lambda score: classification.area(referable[~taught], score, patients),
    )
    return model.decision_function(others), model.decision_function(tested), strength, value


def _taught(seed, of, mine, referable) -> tuple:
    """The same of the compact network: all of it trains, from the shipped weights."""
    from dermlab.network import backend, inference, models, training
    from dermlab.network.recipe import Recipe

    backend.deterministic(seed)
    model = models.fresh("compact", 2, SMALL, seed=seed)
    recipe = replace(Recipe.classroom(), epochs=MOST, steps_per_epoch=EVERY, patience=MOST)
    taught, patients = learners(of), of.eyes["patient_id"].to_numpy()
    fitted = training.fit(
        model,
        mine["small"],
        referable.astype(int),
        train=np.flatnonzero(taught),
        development=np.flatnonzero(~taught),
        recipe=recipe,
        seed=seed,
        metric=lambda p, rows: classification.area(referable[rows], p[:, 1], patients[rows]),
    )
    value = fitted.history["development"]
    score = inference.predict(model, mine["small"], rows=np.flatnonzero(~taught))[:, 1]
    tested = inference.predict(model, _eyes(None)["small"])[:, 1]
    return score, tested, int(value.argmax()) + 1, float(value.max())


def _scored(of, test, referable, score, tested, chosen, value) -> cells.Arrays:
    others = ~learners(of)
    patients = of.eyes.loc[others, "patient_id"].to_numpy()
    development = classification.worse(score, patients).to_numpy()
    positive = classification.worse(referable[others], patients).to_numpy().astype(bool)
    return {
        "development": development,
        "test": classification.worse(tested, test.eyes["patient_id"]).to_numpy(),
        "threshold": np.array(classification.threshold(positive, development)),
        "chosen": np.array([chosen, value]),
    }


# --- tables ---------------------------------------------------------------------------------------


def outputs(inputs: Inputs) -> Outputs:
    """``patients.csv``, a row a test patient: adjudicated and true grade, the lesions that make
    them referable. ``trainings.csv``, a row an arm and seed: what was chosen, the 2 × 2 at the
    threshold, seconds. ``means.csv``: AUC, sensitivity and specificity of an arm against the
    adjudicated and the true grade; ``differences.csv``: an arm's AUC less that of colour
    statistics; ``grades.csv``: the share called referable, by adjudicated grade; ``lesions.csv``:
    the share of lesions found, by kind, size and contrast. Intervals over trainings and patients.
    ``missed.csv``: patients whom the detectors missed. ``scores.npz``: all scores. ``eyes.npz``:
    the detectors' features and the adjudicated grades of every eye, seed 0.
    """
    asked = [{"seed": seed, "arm": arm} for seed in SEEDS for arm in ARMS]
    found = cells.run(cell, asked, inputs, name=NAME, version=VERSION)
    by_arm = {
        arm: [arrays for one, arrays in zip(asked, found, strict=True) if one["arm"] == arm]
        for arm in ARMS
    }
    test = study(None)
    patients = patient_table(test)
    scores = {arm: np.stack([a["test"] for a in of]) for arm, of in by_arm.items()}
    limits = {arm: np.array([float(a["threshold"]) for a in of]) for arm, of in by_arm.items()}
    called = {arm: scores[arm] >= limits[arm][:, None] for arm in ARMS}
    kept = {f"score|{arm}": rows.astype(np.float32) for arm, rows in scores.items()}
    kept |= {f"threshold|{arm}": rows for arm, rows in limits.items()}
    return {
        "patients.csv": patients,
        "trainings.csv": trainings(asked, found, called, patients),
        "means.csv": means(scores, called, patients),
        "differences.csv": differences(scores, patients),
        "grades.csv": by_grade(called, patients),
        "lesions.csv": by_lesion(np.stack([a["found"] for a in by_arm[DETECTORS]]), test),
        "missed.csv": missed(called[DETECTORS], patients),
        "scores.npz": kept,
        "eyes.npz": eye_features(by_arm[DETECTORS][0], test),
    }


def patient_table(test: fundus.Study) -> pd.DataFrame:
    """`patient_id` in sorted order; see `outputs`."""
    truth = classification.grade(test.eyes, test.lesions)
    both = reference(None, test)[["grade", "oedema", "referable"]].join(truth.add_prefix("true_"))
    table = classification.of_patients(test.eyes, both)
    more = test.lesions[test.lesions["kind"].isin([fundus.HAEMORRHAGE, fundus.EXUDATE])]
    patients = more["eye_id"].map(test.eyes.set_index("eye_id")["patient_id"])
    table["lesions"] = more.groupby(patients).size().reindex(table.index, fill_value=0)
    table["largest"] = more.groupby(patients)["diameter"].max()
    table["plainest"] = (more["contrast"] * more["diameter"]).groupby(patients).max()
    return table.rename_axis("patient_id").reset_index()


def trainings(asked, found, called, patients) -> pd.DataFrame:
    table = cells.table(asked, found)
    table["chosen"], table["development"] = np.stack([a["chosen"] for a in found]).T
    positive = patients["referable"].to_numpy()
    said = np.stack([called[one["arm"]][SEEDS.index(one["seed"])] for one in asked])
    counts = {"tp": said & positive, "fn": ~said & positive}
    counts |= {"fp": said & ~positive, "tn": ~said & ~positive}
    return table.assign(**{name: who.sum(axis=1) for name, who in counts.items()})


def means(scores: dict, called: dict, patients: pd.DataFrame) -> pd.DataFrame:
    """``arm, reference, measure, n_seeds, n_patients, estimate, low, high``."""
    rows = []
    for name, column in (("adjudicated", "referable"), ("truth", "true_referable")):
        positive = patients[column].to_numpy()
        for arm in scores:
            measured = {
                "auc": (repeats.auc(positive, scores[arm]), len(positive)),
                "sensitivity": (repeats.mean(called[arm][:, positive]), positive.sum()),
                "specificity": (repeats.mean(~called[arm][:, ~positive]), (~positive).sum()),
            }
            for measure, (of, n) in measured.items():
                about = {"arm": arm, "reference": name, "measure": measure}
                about |= {"n_seeds": len(of.each), "n_patients": n}
                rows.append(about | estimates.row(of.mean, 0, 1))
    return pd.DataFrame(rows)


def differences(scores: dict, patients: pd.DataFrame) -> pd.DataFrame:
    """``arm, control, n_seeds, estimate, low, high, p_value``: arm − control, AUC."""
    positive, rows = patients["referable"].to_numpy(), []
    for arm in ARMS:
        if arm != COLOUR:
            of = repeats.compare_auc(positive, scores[arm], scores[COLOUR])
            about = {"arm": arm, "control": COLOUR, "n_seeds": len(SEEDS)}
            rows.append(about | estimates.row(of, -1, 1) | {"p_value": of.p_value})
    return pd.DataFrame(rows)


def by_grade(called: dict, patients: pd.DataFrame) -> pd.DataFrame:
    """``arm, group, n, estimate, low, high``: the share called referable."""
    oedema, grade = patients["oedema"], patients["grade"]
    groups = {
        "none": grade.eq(0),
        "mild": grade.eq(1),
        "moderate, no oedema": grade.eq(2) & ~oedema,
        "moderate, oedema": grade.eq(2) & oedema,
        "severe": grade.eq(3),
    }
    rows = [
        {"arm": arm, "group": name, "n": int(who.sum())} | estimates.share(said[:, who.to_numpy()])
        for arm, said in called.items()
        for name, who in groups.items()
    ]
    return pd.DataFrame(rows)


def by_lesion(found: np.ndarray, test: fundus.Study) -> pd.DataFrame:
    """``kind, by, from, to, n, estimate, low, high``; ``found``: seeds × lesions."""
    lesions = test.lesions
    patient = lesions["eye_id"].map(test.eyes.set_index("eye_id")["patient_id"]).to_numpy()
    rows = []
    for kind, edges in BINS.items():
        for by, bounds in zip(("diameter", "contrast"), edges, strict=True):
            for low, high in pairwise(bounds):
                who = lesions["kind"].eq(kind) & lesions[by].ge(low) & lesions[by].lt(high)
                about = {"kind": kind, "by": by, "from": low, "to": high, "n": int(who.sum())}
                rows.append(about | estimates.share(found[:, who.to_numpy()], patient[who]))
    return pd.DataFrame(rows)


def missed(called: np.ndarray, patients: pd.DataFrame) -> pd.DataFrame:
    """A row a training and referable patient whom it missed: ``seed`` and the patient's columns."""
    positive = patients["referable"].to_numpy()
    rows = [
        patients[positive & ~said].assign(seed=seed)
        for seed, said in zip(SEEDS, called, strict=True)
    ]
    return pd.concat(rows, ignore_index=True)


def eye_features(arrays: cells.Arrays, test: fundus.Study) -> dict[str, np.ndarray]:
    """Of the first seed: features and adjudicated grades of every eye, learnt from and tested."""
    of = study(SEEDS[0])
    table = {"learnt": arrays["learnt"].astype(np.float32), "taught": learners(of)}
    table["tested"] = arrays["tested"].astype(np.float32)
    for name, seed, s in (("learnt", SEEDS[0], of), ("tested", None, test)):
        table[f"{name}_referable"] = reference(seed, s)["referable"].to_numpy()
        table[f"{name}_patient"] = s.eyes["patient_id"].factorize()[0].astype(np.int16)
    return table


RESULT = Result(
    outputs,
    f"Referable diabetic retinopathy in a simulated retina: {len(SEEDS)} trainings, each on "
    f"{N_LEARN} other patients ({N_DEVELOP} more choose strength, checkpoint and threshold), "
    f"tested on the same {N_TEST} patients by the grade that three simulated graders agree on. "
    "Detectors of lesions that feed a regression; a regression on the frozen last layer of "
    f"EfficientNet-Lite0 at "
    f"{SMALL} and {LARGE} px; the compact network trained at {SMALL} px; a regression on colour "
    "statistics. Phantom, grades and detectors share one generator and the networks see smaller "
    "pictures: nothing here says which kind of system is better on people.",
    kind="simulated",
    seed=TEST_SEED,
    minutes=25,
    reads=(WEIGHTS,),
)
