"""Referable diabetic retinopathy: how eyes are graded, and scores of patients from their pictures.

The International Clinical Diabetic Retinopathy scale (Wilkinson et al., Ophthalmology 2003) counts
what is in an eye: none; mild, microaneurysms only; moderate, more than that; severe, more than 20
haemorrhages in each of four quadrants. Signs that the phantom lacks (venous beading, abnormal small
vessels, new vessels) are left out, and with the last the grade "proliferative". Exudate within one
disc diameter of the fovea stands for macular oedema. Referable: moderate or worse, or oedema. Two
eyes a patient: the worse counts, for the grade as for the score.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.survey.fundus import (
    DRUSE,
    EXUDATE,
    HAEMORRHAGE,
    MICROANEURYSM,
    PIGMENT,
    Study,
)

GRADES = ("none", "mild", "moderate", "severe")
MODERATE = GRADES.index("moderate")
MANY = 20  # haemorrhages: more in each quadrant is severe
GRADERS = 3
HALF_SEEN, STEEPNESS = 0.012, 3  # contrast × mm that is seen in half of the cases
MISTAKEN = {PIGMENT: (HAEMORRHAGE, 0.08), DRUSE: (EXUDATE, 0.01)}  # what else is taken for a lesion
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)  # C of a regression, chosen on the development patients
WANTED = 0.95  # of the development patients who are referable, above the threshold
COUNTED = {"dark": (MICROANEURYSM, HAEMORRHAGE), "bright": (EXUDATE,)}


# --- grades ---------------------------------------------------------------------------------------


def grade(eyes: pd.DataFrame, lesions: pd.DataFrame) -> pd.DataFrame:
    """``grade`` (0 to 3, `GRADES`), ``oedema`` and ``referable`` of each eye, by `eye_id`.

    Quadrants lie around the fovea. All ``lesions`` of these eyes count: give those that were seen.
    """
    ids = pd.Index(eyes["eye_id"])
    of = {kind: lesions[lesions["kind"] == kind] for kind in lesions["kind"].unique()}

    def n(kind: str) -> np.ndarray:
        seen = of.get(kind, lesions.iloc[:0])
        return seen.groupby("eye_id").size().reindex(ids, fill_value=0).to_numpy()

    blood = of.get(HAEMORRHAGE, lesions.iloc[:0])
    quadrant = 2 * (blood["x"] > 0) + (blood["y"] > 0)
    in_quadrants = blood.groupby(["eye_id", quadrant]).size().unstack(fill_value=0)
    least = in_quadrants.reindex(index=ids, columns=range(4), fill_value=0).min(axis=1).to_numpy()
    more = (n(HAEMORRHAGE) > 0) | (n(EXUDATE) > 0)
    grades = np.select([least > MANY, more, n(MICROANEURYSM) > 0], [3, 2, 1], 0)
    pale = of.get(EXUDATE, lesions.iloc[:0])
    disc = pale["eye_id"].map(eyes.set_index("eye_id")["disc_mm"])
    near = pale.loc[np.hypot(pale["x"], pale["y"]) <= disc, "eye_id"]
    oedema = ids.isin(near)
    table = {"grade": grades, "oedema": oedema, "referable": (grades >= MODERATE) | oedema}
    return pd.DataFrame(table, index=ids)


def seen(lesions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The lesions as one grader sees them: some are missed, the small and faint ones rather.

    Now and then a spot of pigment is taken for a haemorrhage, or a druse for an exudate.
    """
    plain = lesions["contrast"] * lesions["diameter"]
    found = lesions[rng.random(len(lesions)) < 1 / (1 + (HALF_SEEN / plain) ** STEEPNESS)]
    kinds, chance = found["kind"].copy(), rng.random(len(found))
    for kind, (taken_for, share) in MISTAKEN.items():
        kinds[(found["kind"] == kind) & (chance < share)] = taken_for
    return found.assign(kind=kinds)


def adjudicated(study: Study, *, seed: int) -> pd.DataFrame:
    """What `GRADERS` independent graders agree on: `grade`'s columns, and those of each grader.

    The middle grade of three stands for the discussion of those who differ; of oedema the majority.
    """
    rng = np.random.default_rng([seed, 7])
    reads = [grade(study.eyes, seen(study.lesions, rng)) for _ in range(GRADERS)]
    grades = np.stack([read["grade"] for read in reads])
    table = pd.DataFrame(grades.T, reads[0].index, [f"grader_{k + 1}" for k in range(GRADERS)])
    table.insert(0, "grade", np.median(grades, axis=0).astype(int))
    table.insert(1, "oedema", np.mean([read["oedema"] for read in reads], axis=0) > 0.5)
    table.insert(2, "referable", (table["grade"] >= MODERATE) | table["oedema"])
    return table


def of_patients(eyes: pd.DataFrame, by_eye: pd.DataFrame) -> pd.DataFrame:
    """The worse eye of each patient, column by column: ``by_eye`` is indexed by `eye_id`."""
    patients = eyes.set_index("eye_id")["patient_id"].loc[by_eye.index]
    return by_eye.groupby(patients.to_numpy()).max()


# --- from candidates to a score -------------------------------------------------------------------


def features(
    eyes: pd.DataFrame, answers: dict[str, pd.DataFrame], *, near: float = 1.8
) -> pd.DataFrame:
    """What the detectors say of an eye as a row of numbers, by `eye_id`.

    For each kind of lesion the sum of its candidates' probabilities (log of 1 + it) and the three
    highest; ``near fovea``: the highest of an exudate within ``near`` mm of it. 0 where none is.
    """
    ids, columns = pd.Index(eyes["eye_id"]), {}
    for table, kinds in COUNTED.items():
        rows = answers[table]
        for kind in kinds:
            of_eye = rows.groupby("eye_id")[kind]
            columns[f"{kind}, sum"] = np.log1p(of_eye.sum())
            ranks = of_eye.rank(method="first", ascending=False)
            for k in (1, 2, 3):
                columns[f"{kind}, {k}"] = rows[ranks == k].set_index("eye_id")[kind]
    pale = answers["bright"]
    columns["near fovea"] = pale[pale["to_fovea"] < near].groupby("eye_id")[EXUDATE].max()
    return pd.DataFrame({name: of.reindex(ids) for name, of in columns.items()}).fillna(0.0)


def colours(pictures: np.ndarray) -> np.ndarray:
    """Mean and SD of red, green and blue where the retina is lit: (n, 6), of (n, h, w, 3) uint8."""
    rows = []
    for picture in pictures:
        lit = picture[picture[..., 0] > 40].astype(float)
        rows.append([*lit.mean(axis=0), *lit.std(axis=0)])
    return np.array(rows)


def regression(values: np.ndarray, referable: np.ndarray, strength: float):
    """A logistic regression on standardised columns; both kinds of eyes weigh the same."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = LogisticRegression(C=strength, max_iter=5000, class_weight="balanced")
    return make_pipeline(StandardScaler(), model).fit(values, referable)


def chosen(
    values: np.ndarray,
    referable: np.ndarray,
    others: np.ndarray,
    judge: Callable[[np.ndarray], float],
) -> tuple:
    """The regression whose scores of ``others`` are judged best, its strength, and that judgement.

    All `STRENGTHS` are tried, each taught with ``values``; of equals the first. ``judge``: scores
    (n,) → a number, more is better.
    """
    models = [regression(values, referable, strength) for strength in STRENGTHS]
    values = [judge(model.decision_function(others)) for model in models]
    best = int(np.argmax(values))
    return models[best], STRENGTHS[best], values[best]


def area(referable: np.ndarray, score: np.ndarray, patients: Sequence) -> float:
    """The AUC over patients; of both eyes' grades and scores, an eye each, the worse counts."""
    from dermlab.evaluation import roc

    positive = worse(referable, patients).to_numpy().astype(bool)
    return roc.area(*roc.wins(positive, worse(score, patients).to_numpy()))


def worse(score: np.ndarray, patients: Sequence) -> pd.Series:
    """The higher score of each patient's eyes, by patient in sorted order."""
    return pd.Series(np.asarray(score, float)).groupby(np.asarray(patients)).max()


def threshold(is_referable: np.ndarray, score: np.ndarray, wanted: float = WANTED) -> float:
    """The highest score at or above which at least ``wanted`` of the referable lie.

    InputError where nobody is referable.
    """
    positive = np.sort(np.asarray(score, float)[np.asarray(is_referable, bool)])[::-1]
    if not len(positive):
        raise InputError("No patient is referable: a threshold has nobody to find.")
    return float(positive[int(np.ceil(wanted * len(positive) - 1e-9)) - 1])
