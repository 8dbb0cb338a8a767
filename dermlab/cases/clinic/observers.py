"""Simulated dermatologists: noisy observers of a lesion's signs, each with their own threshold.

A reader grades the signs of a photograph with a noise of their own, weighs the grades against the
textbook (data/clinic/phenotypes.csv: the grades that dermatology describes, never what the clinic
drew for a disease, and never the truth), and so comes to the log-odds of "malignant or
premalignant" against all other diseases at the clinic's prevalence. Above the reader's threshold
the answer is: biopsy or treat. The log-odds take the signs as independent, do not allow for the
reader's own noise and are far too sure of themselves; only their order matters.

Readers agree because they look at the same lesions: an atypical one misleads them all. They differ
by their noise in grading, by how careful a grader each is, and by where each draws the line.

**Calibrated.** `NOISE` and `THRESHOLD` were set once, for clinical and for dermoscopic photographs,
so that the readers' mean sensitivity and specificity lie near those of the paper's dermatologists
(question "biopsy or treat?": 94.9 / 71.3, 94.8 / 75.4 and 85.1 / 71.2 %) on test sets of the
paper's counts with the seeds 900 to 919, which no notebook uses. The two clinical tasks share their
two numbers. On the seeds 950 to 969 the means are 95.4 / 71.0, 94.4 / 72.5 and 87.1 / 71.9 %. The
mean level of these readers is therefore no finding. `SKILL_SPREAD`, `THRESHOLD_SPREAD` and `SURE`
are round numbers that were not tuned: how far the readers lie apart, and how much they agree, is
what comes out.
"""

import zlib

import numpy as np
import pandas as pd

from dermlab.cases import tasks, taxonomy
from dermlab.cases.clinic import patients, phenotypes, records
from dermlab.errors import InputError

NOISE = {"clinical": 1.3, "dermoscopy": 3.0}  # of a grade, in units of the sign's spread
THRESHOLD = {"clinical": -0.62, "dermoscopy": -0.8}  # mean, in units of UNIT
UNIT = 10.0  # log-odds: about what lesions of one class vary by
UNSEEN = ("globules", "streaks", "dotted")  # by the naked eye, in a clinical photograph
SKILL_SPREAD = 0.2  # standard deviation of the logarithm of a reader's noise about NOISE
THRESHOLD_SPREAD = 0.5  # standard deviation of the readers' thresholds, in UNIT
SURE = (0.2, 0.5, 1.0, 1.5)  # from how far off the threshold the confidence is 2, 3, 4, 5
TEXT = ("reader_id", "image_id", "quiz_id", "task", "read_at", "kind")
COLUMNS = (*TEXT[:4], "decision", "confidence", "seconds", *TEXT[4:])


def reads(
    cases: pd.DataFrame,
    *,
    n_readers: int = 21,
    seed: int = 0,
    task: str = "malignant",
    quiz_id: str | None = None,
) -> pd.DataFrame:
    """What ``n_readers`` simulated dermatologists decide on ``cases``: a row a reader and image.

    The columns of a table of reads, ``reader_id, image_id, quiz_id, task, decision`` (1: biopsy or
    treat, 0: reassure), ``confidence`` (1-5), ``seconds`` and ``read_at`` (missing: nobody sat
    there), and ``kind``, which is "calibrated" in every row.

    ``cases`` are the clinic's (the signs are in no other table). The question is always the same,
    ``task`` is written into the table and says what the reads are scored for: two classes, the
    first of them malignant. A reader's answer to an image depends on ``seed``, reader and image
    alone: not on which others there are. InputError for cases without signs, for another task and
    for fewer than one reader.
    """
    score = evidence(cases, n_readers=n_readers, seed=seed)
    _refuse_another_question(task)
    beyond = score.to_numpy() - thresholds(cases, n_readers, seed)
    return pd.DataFrame(
        {
            "reader_id": np.repeat(score.index.to_numpy(object), len(cases)),
            "image_id": np.tile(cases["image_id"].to_numpy(object), n_readers),
            "quiz_id": quiz_id,
            "task": task,
            "decision": (beyond >= 0).astype(int).ravel(),
            "confidence": 1.0 + np.searchsorted(SURE, np.abs(beyond).ravel(), side="right"),
            "seconds": np.nan,
            "read_at": None,
            "kind": "calibrated",
        },
        columns=list(COLUMNS),
    ).astype(dict.fromkeys(TEXT, "str"))


def evidence(cases: pd.DataFrame, *, n_readers: int, seed: int) -> pd.DataFrame:
    """How malignant each image looks to each reader, readers × images, in `UNIT` of log-odds.

    InputError for fewer than one reader and for cases without signs.
    """
    if n_readers < 1:
        raise InputError(f"A study needs at least one reader, not {n_readers}.")
    textbook, variance, side = _textbook()
    noise = _by_modality(NOISE, cases) * np.exp(SKILL_SPREAD * _traits(n_readers, seed)[:, :1])
    streams = [np.random.default_rng([seed, zlib.crc32(i.encode())]) for i in cases["image_id"]]
    drawn = np.stack([rng.standard_normal((n_readers, len(variance))) for rng in streams], axis=1)
    seen = _grades(cases) + noise[:, :, None] * phenotypes.spread() * drawn
    precise = _visible(cases) / variance
    evidence = [_log_odds(grades, precise, textbook, side) for grades in seen]
    names = [f"sim-{reader:02d}" for reader in range(1, n_readers + 1)]
    return pd.DataFrame(np.array(evidence) / UNIT, names, cases["image_id"].to_numpy())


def thresholds(cases: pd.DataFrame, n_readers: int, seed: int) -> np.ndarray:
    """Where each reader draws the line, readers × images: by reader and by kind of photograph.

    In `UNIT` of log-odds, as `evidence`.
    """
    return _by_modality(THRESHOLD, cases) + THRESHOLD_SPREAD * _traits(n_readers, seed)[:, 1:]


def _textbook() -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Described grades (diseases, signs), variance about them (signs,), and each disease's side.

    The sides: ``prior`` (log prevalence) and ``malignant``, a row a disease.
    """
    tree = taxonomy.load_tree()
    prevalence = patients.prevalence(tree)
    malignant = dict(tasks.get("malignant", tree=tree).classes)["malignant"]
    side = {"prior": np.log(prevalence), "malignant": prevalence.index.isin(malignant)}
    about = phenotypes.LESION_SPREAD**2 + phenotypes.LOOK_SPREAD**2
    described = phenotypes.described(tree).loc[prevalence.index]
    return described, about * phenotypes.spread() ** 2, pd.DataFrame(side, prevalence.index)


def _visible(cases: pd.DataFrame) -> np.ndarray:
    """Whether a sign can be seen in a photograph, 0 or 1, (n, signs)."""
    hidden = phenotypes.signs().index.isin(UNSEEN)
    return 1.0 - hidden * (cases["modality"] == "clinical").to_numpy()[:, None]


def _log_odds(seen, precise, textbook: pd.DataFrame, side: pd.DataFrame) -> np.ndarray:
    """Log-odds of "malignant", (n,): normal signs (n, signs) about the textbook's grades."""
    grades = textbook.to_numpy()
    # −½ Σ (seen − grade)² × precision, without the part that all diseases share
    likely = (seen * precise) @ grades.T - precise @ (grades**2).T / 2 + side["prior"].to_numpy()
    ill = side["malignant"].to_numpy()
    groups = (np.logaddexp.reduce(likely[:, which], axis=1) for which in (ill, ~ill))
    return np.subtract(*groups)


def _traits(n_readers: int, seed: int) -> np.ndarray:
    """Two standard normal traits a reader, (n_readers, 2): noise in grading, and threshold."""
    rng = np.random.default_rng([seed, zlib.crc32(b"readers")])
    return rng.standard_normal((n_readers, 2))


def _grades(cases: pd.DataFrame) -> np.ndarray:
    names = [records.SIGN + sign for sign in phenotypes.signs().index]
    missing = [name for name in names if name not in cases]
    if missing:
        raise InputError(
            f"The simulated readers see signs, and these cases have no column {missing[0]}: "
            "they read cases of the virtual clinic alone."
        )
    return cases[names].to_numpy(float)


def _by_modality(value: dict[str, float], cases: pd.DataFrame) -> np.ndarray:
    """The value that belongs to each photograph's modality, (1, n)."""
    return cases["modality"].map(value).to_numpy(float)[None, :]


def _refuse_another_question(task: str) -> None:
    malignant = dict(tasks.get("malignant").classes)["malignant"]
    classes = tasks.get(task).classes
    if len(classes) != 2 or not classes[0][1] <= malignant:
        raise InputError(
            f"The simulated readers are asked 'biopsy or treat, or reassure?'; the task '{task}' "
            "does not have two classes of which the first is malignant."
        )
