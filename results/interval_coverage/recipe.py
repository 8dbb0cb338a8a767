"""How often a 95 % interval of an area holds the true area: thousands of simulated studies.

Every study draws binormal scores whose true area is known: benign N(0, 1), malignant N(d, 1) with
d = √2 Φ⁻¹(area), so that a random malignant image outscores a random benign one with just that
chance. In clustered cells the images of a lesion (and the lesions of a patient) share a part of
the variance; each image by itself has the same distribution, so the true area is the same.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.common import cells
from results.common.result import Inputs, Outputs, Result

NAME = "interval_coverage"
SEED = 20170202
N_STUDIES = 2000
VERSION = 2
KINDS = (
    "DeLong", "DeLong, logit scale", "bootstrap, percentile", "bootstrap, logit scale",
    "Obuchowski, logit scale",
)  # fmt: skip


@dataclass(frozen=True)
class Design:
    """A cell: lesions of each side, the true area, and what of the variance images share.

    A lesion has 1 to ``views`` images, evenly. ``per_patient``: as many lesions a patient on
    average, malignant and benign mixed; None: every lesion is its own patient.
    """

    n_malignant: int
    n_benign: int
    area: float
    views: int = 1
    of_lesion: float = 0.0
    per_patient: float | None = None
    of_patient: float = 0.0


DESIGNS = {
    "carcinoma, clinical: 65 / 70": Design(65, 70, 0.96),
    "melanoma, clinical: 33 / 97": Design(33, 97, 0.96),
    "melanoma, dermoscopic: 71 / 40": Design(71, 40, 0.91),
    "large: 200 / 200": Design(200, 200, 0.96),
    "lesions with views: 65 / 70": Design(65, 70, 0.96, 4, 0.8),
    "lesions with views: 33 / 97": Design(33, 97, 0.96, 4, 0.8),
    "lesions with views: 71 / 40": Design(71, 40, 0.91, 4, 0.8),
    "lesions with views: 200 / 200": Design(200, 200, 0.96, 4, 0.8),
    "patients with lesions: 60 / 120": Design(60, 120, 0.91, 2, 0.4, 2.0, 0.4),
    "few: 12 / 20": Design(12, 20, 0.91),
}


def study(design: Design, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One simulated study: truth, score and group of each image."""
    from scipy.stats import norm

    n = design.n_malignant + design.n_benign
    n_patients = n if design.per_patient is None else round(n / design.per_patient)
    patient = np.arange(n) if design.per_patient is None else rng.integers(n_patients, size=n)
    lesion = np.repeat(np.arange(n), rng.integers(1, design.views + 1, size=n))
    own = 1 - design.of_lesion - design.of_patient
    score = np.sqrt(own) * rng.normal(size=len(lesion))
    score += np.sqrt(design.of_lesion) * rng.normal(size=n)[lesion]
    score += np.sqrt(design.of_patient) * rng.normal(size=n_patients)[patient[lesion]]
    positive = lesion < design.n_malignant
    return positive, score + np.sqrt(2) * norm.ppf(design.area) * positive, patient[lesion]


def covered(cell: dict, inputs: Inputs | None = None) -> cells.Arrays:
    """Of one cell: the bounds of each interval in each study, studies × kinds × 2.

    ``cell``: ``design``, a name of `DESIGNS`, and ``n_studies``.
    """
    from dermlab.evaluation import clustered, roc

    design = DESIGNS[cell["design"]]
    rng = np.random.default_rng([SEED, list(DESIGNS).index(cell["design"])])
    bounds = np.empty((cell["n_studies"], len(KINDS), 2))
    for k in range(cell["n_studies"]):
        drawn = study(design, rng)
        with warnings.catch_warnings():  # a perfect study has no interval: counted below
            warnings.simplefilter("ignore", UserWarning)
            found = [
                roc.auc_delong(*drawn[:2]),
                roc.auc_delong(*drawn[:2], interval="logit"),
                *(roc.auc_bootstrap(*drawn, seed=k, interval=kind)
                  for kind in ("percentile", "logit")),
                clustered.auc(*drawn),
            ]  # fmt: skip
        bounds[k] = [(estimate.low, estimate.high) for estimate in found]
    return {"bounds": bounds}


def default(design: Design) -> str:
    """The kind of interval that ``roc.auc`` takes here."""
    return "Obuchowski, logit scale" if design.views > 1 else "DeLong, logit scale"


def row(name: str, kind: str, bounds: np.ndarray) -> dict:
    """How often the bounds of one kind (studies × 2) hold the true area of a cell.

    Bounds that a study cannot give hold nothing. ``above`` and ``below`` are the shares of studies
    whose interval lies wholly above or below the truth. ``default``: what ``roc.auc`` gives.
    """
    from dermlab.evaluation import intervals

    design = DESIGNS[name]
    low, high = bounds.T
    found = intervals.share((low <= design.area) & (design.area <= high))
    return {
        "cell": name,
        "malignant": design.n_malignant,
        "benign": design.n_benign,
        "area": design.area,
        "views": design.views,
        "interval": kind,
        "default": kind == default(design),
        "studies": len(bounds),
        "coverage": found.estimate,
        "low": found.low,
        "high": found.high,
        "above": float((low > design.area).mean()),
        "below": float((high < design.area).mean()),
        "width": float(np.nanmean(high - low)),
        "without_interval": int(np.isnan(low).sum()),
    }


def coverage(inputs: Inputs) -> Outputs:
    """``coverage.csv``: a row a cell and kind, with Wilson's 95 % interval of the coverage."""
    asked = [{"design": name, "n_studies": N_STUDIES} for name in DESIGNS]
    found = cells.run(covered, asked, inputs, name=NAME, version=VERSION)
    rows = [
        row(cell["design"], kind, arrays["bounds"][:, k])
        for cell, arrays in zip(asked, found, strict=True)
        for k, kind in enumerate(KINDS)
    ]
    return {"coverage.csv": pd.DataFrame(rows)}


RESULT = Result(
    coverage,
    f"How often the 95 % intervals of an area hold the true area: {N_STUDIES:,} simulated "
    "studies a cell, binormal scores of known area, at the paper's sizes and at a few and many "
    "cases; with single images, with several views of a lesion (1 to 4, 80 % of the variance "
    "shared), and with patients of several lesions. DeLong's interval as Wald (clipped) and on "
    "the logit scale, the bootstrap over groups as percentile and on the logit scale (t with "
    "the rarer class's groups less one), 2,000 replicates each, and Obuchowski's variance over "
    "groups on the logit scale, with the same t; `default` marks what roc.auc gives. "
    "An interval that a study cannot give counts as not holding.",
    kind="simulated",
    seed=SEED,
    minutes=12,
    reads=(),
)
