"""How often `parity` claims that a network is as good as readers, at the margin and within it.

A case has a difficulty, partly its lesion's; every reader, and the network, sees it through noise
of their own and answers by a threshold of their own: a reader's sensitivity and specificity are
Φ(z), z normal over readers. The network's true rate is set to the opponent's true rate minus the
margin (a claim of non-inferiority is then wrong, at its worst place), equal to it (a claim is
right: power), or plus the margin (a claim of equivalence is wrong). Areas: the binormal scores of
``clustered_proportions``.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from results.clustered_proportions.recipe import AREA_B, scores
from results.common.result import Inputs, Outputs, Result

SEED = 20251129
N_STUDIES = 2000
MARGIN = 0.10
NOMINAL = 0.025
Z_READERS, SD_READERS = (1.175, 0.77), 0.4  # mean 88 and 78 % on the z scale; the paper's spread
POSITIVE = 0.4  # of the cases
SHARED_READERS, SHARED_NETWORK = 0.4, 0.3  # of the variance: the case's own difficulty
OF_LESION = 0.8  # of that difficulty
RATES = ("sensitivity", "specificity")
SHIFTS = {"-margin": -MARGIN, "0": 0.0, "+margin": MARGIN}


@dataclass(frozen=True)
class Design:
    """A study: readers, and cases; with ``views`` above 1 the cases are lesions of 1 to so many."""

    n_readers: int
    n_cases: int
    views: int = 1


DESIGNS = [
    *(Design(readers, cases) for readers in (5, 10, 25) for cases in (60, 130, 300)),
    Design(10, 130, 4),
]
AREAS = [(33, 97, 0.90), (65, 70, 0.90)]  # lesions, and the first network's area


@dataclass(frozen=True)
class Study:
    """What the cases look like to each reader and to the network: latent, before a threshold."""

    positive: np.ndarray
    lesion: np.ndarray
    z: np.ndarray  # 2 × readers: of sensitivity, of specificity
    readers: np.ndarray  # readers × cases, below z is right
    network: np.ndarray

    def decisions(self, z_network: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
        """The network's and the readers' decisions, with the network's true rates Φ(z)."""
        side = np.where(self.positive, 0, 1)
        right = self.network < np.array(z_network)[side]
        readers_right = self.readers < self.z.T[:, side]
        return right == self.positive, readers_right == self.positive


def study(design: Design, rng: np.random.Generator) -> Study:
    """One simulated study."""
    size = rng.integers(1, design.views + 1, size=design.n_cases)
    lesion = np.repeat(np.arange(design.n_cases), size)
    positive = lesion < round(POSITIVE * design.n_cases)
    case = np.sqrt(OF_LESION) * rng.normal(size=design.n_cases)[lesion]
    case += np.sqrt(1 - OF_LESION) * rng.normal(size=len(lesion))
    noise = rng.normal(size=(design.n_readers + 1, len(lesion)))
    z = np.array(Z_READERS)[:, None] + SD_READERS * rng.normal(size=(2, design.n_readers))
    readers = np.sqrt(SHARED_READERS) * case + np.sqrt(1 - SHARED_READERS) * noise[1:]
    network = np.sqrt(SHARED_NETWORK) * case + np.sqrt(1 - SHARED_NETWORK) * noise[0]
    return Study(positive, lesion, z, readers, network)


def true_rates(opponent: str) -> np.ndarray:
    """The opponent's true sensitivity and specificity; the one reader is at the mean of z."""
    from scipy.stats import norm

    inside = np.sqrt(1 + SD_READERS**2) if opponent == "mean" else 1.0  # the curve is concave
    return norm.cdf(np.array(Z_READERS) / inside)


def cell(design: Design, n_studies: int) -> list[dict]:
    """A row an opponent, rate, true difference and kind of claim: the share of studies with it."""
    from scipy.stats import norm

    from dermlab.evaluation import parity

    rng = np.random.default_rng([SEED, DESIGNS.index(design)])
    claims = {}
    for _ in range(n_studies):
        several = study(design, rng)
        typical = np.array(Z_READERS)[:, None]  # one fixed reader, who has room for the margin
        one = replace(several, z=typical, readers=several.readers[:1])
        for opponent in ("z-mean", "mean", "reader"):
            drawn, truth = one if opponent == "reader" else several, true_rates(opponent)
            for at, shift in SHIFTS.items():
                network, readers = drawn.decisions(norm.ppf(truth + shift))
                given = drawn.positive, network
                if opponent == "reader":
                    row = parity.each_reader(*given, readers, MARGIN, groups=drawn.lesion)
                    low = [row[f"{rate}_low"][0] > -MARGIN for rate in RATES]
                    within = [low[k] and row[f"{r}_high"][0] < MARGIN for k, r in enumerate(RATES)]
                else:
                    both = parity.compare(
                        *given, readers, MARGIN, opponent=opponent, groups=drawn.lesion
                    )
                    low = [getattr(both, rate).non_inferior for rate in RATES]
                    within = [getattr(both, rate).equivalent for rate in RATES]
                for kind, made in (("non-inferiority", low), ("equivalence", within)):
                    for name, value in zip((*RATES, "both"), (*made, all(made)), strict=True):
                        claims.setdefault((opponent, at, kind, name), []).append(value)
    named = {"readers": design.n_readers, "cases": design.n_cases, "views": design.views}
    return [
        named | share(dict(zip(("opponent", "at", "claim", "rate"), key, strict=True)), values)
        for key, values in claims.items()
        if not (key[0] == "mean" and key[2] == "equivalence")  # not offered
    ]


def area_cell(n_malignant: int, n_benign: int, area: float, n_studies: int) -> list[dict]:
    """The same of two areas: the second is ``AREA_B``, the first lies beside it by the margin.

    Above ``area`` the margin is half as wide, since 0.10 has no room there.
    """
    from dermlab.evaluation import parity

    rng = np.random.default_rng([SEED, 1, n_malignant])
    claims = {}
    for _ in range(n_studies):
        for at, shift in SHIFTS.items():
            true = area + shift * (
                0.5 if shift > 0 else 1.0
            )  # above 0.95 there is no room for 0.10
            positive, (a, b), lesion = scores(n_malignant, n_benign, true, rng)
            margin = abs(true - AREA_B) or MARGIN
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                claim = parity.areas(positive, a, b, margin, groups=lesion)
            for kind, value in (
                ("non-inferiority", claim.non_inferior), ("equivalence", claim.equivalent)
            ):  # fmt: skip
                claims.setdefault((at, kind), []).append(value)
    named = {"malignant": n_malignant, "benign": n_benign, "area_b": AREA_B}
    return [
        named | share(dict(zip(("at", "claim"), key, strict=True)), values)
        for key, values in claims.items()
    ]


def share(named: dict, claimed: list[bool]) -> dict:
    """How often the claim was made, and, where it is wrong, what it may be by chance.

    ``wrong``: whether the claim is false there. ``limit``: 0.025 and two Monte Carlo standard
    errors, above which a wrong claim comes too often.
    """
    at, kind = named["at"], named["claim"]
    wrong = at == "-margin" or (at == "+margin" and kind == "equivalence")
    limit = NOMINAL + 2 * np.sqrt(NOMINAL * (1 - NOMINAL) / len(claimed))
    return named | {
        "studies": len(claimed),
        "claimed": float(np.mean(claimed)),
        "wrong": wrong,
        "limit": limit if wrong else np.nan,
    }


def simulation(inputs: Inputs) -> Outputs:
    """``claims.csv`` of rates and ``areas.csv``: a row a cell and claim."""
    rates = [row for design in DESIGNS for row in cell(design, N_STUDIES)]
    areas = [row for sizes in AREAS for row in area_cell(*sizes, N_STUDIES)]
    return {"claims.csv": pd.DataFrame(rates), "areas.csv": pd.DataFrame(areas)}


RESULT = Result(
    simulation,
    f"How often a network is claimed to be as good as readers: {N_STUDIES:,} simulated studies a "
    f"cell of 5, 10 or 25 readers and 60, 130 or 300 cases (40 % positive), margin {MARGIN:g}, "
    "readers of 88 and 78 % with SD 0.4 on the z scale. `at`: the true difference; where `wrong`, "
    "`claimed` is the error of the first kind (nominal 0.025 a side), else the power. Opponents: "
    "the mean on the z scale, the mean of rates (non-inferiority only), one reader. areas.csv: two "
    "areas, lesions of 1 to 4 views; above 0.90 the margin is half as wide.",
    kind="simulated",
    seed=SEED,
    minutes=12,
    reads=(),
)
