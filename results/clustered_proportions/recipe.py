"""How often 95 % intervals of clustered data hold the truth: proportions, areas, differences.

*Proportions*: every lesion has a chance of its own to be called right, drawn from a beta
distribution whose mean is the true share and whose intra-class correlation is the stated one; each
of its 1 to 4 views is right with that chance. Two further kinds of cell try what views do not:
patients with a geometric number of images, mean 5, and lesions of which the often photographed are
the harder ones.

*Areas*: binormal scores of two networks. Views share ``OF_LESION`` of the variance, the networks
``OF_NETWORKS`` of it; each image by itself is normal, so that the true areas are those stated.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.common.result import Inputs, Outputs, Result

SEED = 20251128
N_STUDIES = 2000
N_REPLICATES = 1000  # of each bootstrap
VALID = 0.93  # an interval that covers less is no rival
OF_LESION, OF_NETWORKS = 0.8, 0.5
HARDER = (1.0, 0.5, 0.0, -0.8)  # added to the log-odds of a lesion with 1, 2, 3, 4 views


@dataclass(frozen=True)
class Proportion:
    """A cell: lesions (or patients), the true share, and the correlation of two images of one."""

    n_groups: int
    share: float
    correlation: float
    sizes: str = "views"  # 1 to 4 evenly; "patients": geometric; "harder": the share falls with n


PROPORTIONS = [
    *(Proportion(n, p, r) for n in (12, 33, 65) for p in (0.5, 0.8, 0.95) for r in (0.3, 0.8)),
    Proportion(6, 0.8, 0.3),
    *(Proportion(33, p, 0.3, kind) for p in (0.8, 0.95) for kind in ("patients", "harder")),
]
AREAS = [(12, 20, 0.90), (33, 97, 0.90), (33, 97, 0.96), (65, 70, 0.96)]
AREA_B = 0.90  # of the second network


# --- proportions ----------------------------------------------------------------------------------


def proportions(
    design: Proportion, n_studies: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Images that are right and images, studies × groups, and the true share of an image."""
    shape = n_studies, design.n_groups
    if design.sizes == "patients":
        size = np.minimum(rng.geometric(0.2, size=shape), 40)
    else:
        size = rng.integers(1, 5, size=shape)
    chance, truth = np.full(shape, design.share), design.share
    if design.sizes == "harder":
        by_size = 1 / (1 + np.exp(-np.log(truth / (1 - truth)) - np.array(HARDER)))
        chance, truth = by_size[size - 1], float(by_size @ [1, 2, 3, 4] / 10)
    precision = (1 - design.correlation) / design.correlation
    of_group = rng.beta(chance * precision, (1 - chance) * precision)
    return rng.binomial(size, of_group), size, truth


def wilson(p: np.ndarray, n: np.ndarray, z: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's bounds of shares ``p`` of ``n``, which need not be whole."""
    centre, scale = p + z**2 / (2 * n), 1 + z**2 / n
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.clip((centre - half) / scale, 0, 1), np.clip((centre + half) / scale, 0, 1)


def clopper_pearson(p: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Clopper and Pearson's bounds of shares ``p`` of ``n``, which need not be whole."""
    from scipy.special import betaincinv

    hits, misses, least = p * n, (1 - p) * n, 1e-9
    low = np.where(hits < least, 0, betaincinv(np.maximum(hits, least), misses + 1, 0.025))
    high = np.where(misses < least, 1, betaincinv(hits + 1, np.maximum(misses, least), 0.975))
    return low, high


def rivals(right: np.ndarray, size: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Bounds by name, each a value a study; where all images agree, on the number of groups."""
    from scipy.special import expit, logit
    from scipy.stats import t

    n, n_groups = size.sum(axis=1), size.shape[1]
    p, z, t_groups = right.sum(axis=1) / n, 1.959963984540054, t.ppf(0.975, n_groups - 1)
    alike = (p == 0) | (p == 1)
    spread = np.sum((right - p[:, None] * size) ** 2, axis=1) * n_groups / (n_groups - 1) / n**2
    with np.errstate(all="ignore"):
        effective = np.where(alike | (spread == 0), n_groups, p * (1 - p) / spread)
        korn = np.minimum(n, effective * (t.ppf(0.975, n - 1) / t_groups) ** 2)
        half = t_groups * np.sqrt(spread) / (p * (1 - p))
        on_groups = wilson(p, np.full(len(p), float(n_groups)), z)
        bounds = expit(logit(p) - half), expit(logit(p) + half)
        of_logit = tuple(np.where(alike, *pair) for pair in zip(on_groups, bounds, strict=True))
    return {
        "Wilson, images independent": wilson(p, n, z),
        "Wilson, plain design effect": wilson(p, effective, z),
        "Wilson, design effect, t": wilson(p, effective, t_groups),
        "Wilson, correlation by ANOVA": wilson(p, n / _anova(right, size), z),
        "Clopper-Pearson, effective number": clopper_pearson(p, effective),
        "Korn-Graubard": clopper_pearson(p, korn),
        "logit, sandwich (GEE), t": of_logit,
        "Wilson, number of groups": on_groups,
        "Wilson, mean of groups": wilson(
            (right / size).mean(axis=1), on_groups[0] * 0 + n_groups, z
        ),
    }


def _anova(right: np.ndarray, size: np.ndarray) -> np.ndarray:
    """The design effect by the correlation of analysis of variance, 1 where all images agree."""
    n, n_groups = size.sum(axis=1), size.shape[1]
    p, of_group = (right.sum(axis=1) / n)[:, None], right / size
    between = np.sum(size * (of_group - p) ** 2, axis=1) / (n_groups - 1)
    within = np.sum(right * (1 - of_group), axis=1) / np.maximum(n - n_groups, 1)
    typical = (n - np.sum(size**2, axis=1) / n) / (n_groups - 1)
    total = between + (typical - 1) * within
    correlation = np.divide(between - within, total, out=np.ones(len(n)), where=total > 0)
    return 1 + np.clip(correlation, 0, 1) * (np.sum(size**2, axis=1) / n - 1)


def one_by_one(right: np.ndarray, size: np.ndarray) -> dict[str, np.ndarray]:
    """What is called study by study: ``clustered.share``, and the bootstrap over groups."""
    from dermlab.evaluation import clustered

    rng = np.random.default_rng(SEED)
    n_groups = size.shape[1]
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), N_REPLICATES).T
    names = "clustered.share", "cluster bootstrap, percentile"
    bounds = {name: np.full((2, len(right)), np.nan) for name in names}
    for k, (hits, images) in enumerate(zip(right, size, strict=True)):
        order = np.arange(images.sum()) - np.repeat(np.cumsum(images) - images, images)
        estimate = clustered.share(
            order < np.repeat(hits, images), np.repeat(range(n_groups), images)
        )
        bounds[names[0]][:, k] = estimate.low, estimate.high
        if 0 < hits.sum() < images.sum():  # else the bootstrap has no interval
            replicates = (hits @ drawn) / (images @ drawn)
            bounds[names[1]][:, k] = np.quantile(replicates, (0.025, 0.975))
    return bounds


def proportion_cell(design: Proportion, n_studies: int) -> list[dict]:
    """A row an interval, with its width over that of the narrowest rival that covers enough."""
    rng = np.random.default_rng([SEED, PROPORTIONS.index(design)])
    right, size, truth = proportions(design, n_studies, rng)
    named = {
        "groups": design.n_groups,
        "sizes": design.sizes,
        "share": round(truth, 4),
        "correlation": design.correlation,
    }
    bounds = one_by_one(right, size) | rivals(right, size)
    rows = [named | row(kind, *pair, truth) for kind, pair in bounds.items()]
    enough = [r["width"] for r in rows[1:] if r["coverage"] >= VALID]
    return [r | {"width_ratio": r["width"] / min(enough) if enough else np.nan} for r in rows]


def row(kind: str, low: np.ndarray, high: np.ndarray, truth: float) -> dict:
    """How often bounds (a value a study) hold the truth; NaN bounds hold nothing.

    ``above`` and ``below``: the share of studies whose interval lies wholly above or below it.
    """
    held = (low <= truth + 1e-9) & (truth - 1e-9 <= high)
    return {
        "interval": kind,
        "studies": len(low),
        "coverage": float(held.mean()),
        "above": float((low > truth + 1e-9).mean()),
        "below": float((high < truth - 1e-9).mean()),
        "width": float(np.nanmean(high - low)),
        "without_interval": int(np.isnan(low).sum()),
    }


# --- areas ----------------------------------------------------------------------------------------


def scores(
    n_malignant: int, n_benign: int, area: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, the scores of two networks (2 × images), and the lesion of each image."""
    from scipy.stats import norm

    n = n_malignant + n_benign
    lesion = np.repeat(np.arange(n), rng.integers(1, 5, size=n))

    def noise(size: int) -> np.ndarray:
        common, alone = rng.normal(size=size), rng.normal(size=(2, size))
        return np.sqrt(OF_NETWORKS) * common + np.sqrt(1 - OF_NETWORKS) * alone

    score = np.sqrt(OF_LESION) * noise(n)[:, lesion] + np.sqrt(1 - OF_LESION) * noise(len(lesion))
    positive = lesion < n_malignant
    return positive, score + np.sqrt(2) * norm.ppf([[area], [AREA_B]]) * positive, lesion


def area_cell(n_malignant: int, n_benign: int, area: float, n_studies: int) -> list[dict]:
    """A row an interval, of the first network's area and of the difference of the two."""
    from dermlab.evaluation import clustered, roc

    rng = np.random.default_rng([SEED, 1, n_malignant, round(100 * area)])
    bounds = {}
    for k in range(n_studies):
        positive, (a, b), lesion = scores(n_malignant, n_benign, area, rng)
        drawn = {"groups": lesion, "n_replicates": N_REPLICATES, "seed": k}
        with warnings.catch_warnings():  # a perfect study has no interval: counted
            warnings.simplefilter("ignore", UserWarning)
            estimates = {
                ("area", "Obuchowski, logit scale, t"): clustered.auc(positive, a, lesion),
                ("area", "bootstrap, logit scale, t"): roc.auc_bootstrap(
                    positive, a, **drawn, interval="logit"
                ),
                ("area", "DeLong, images independent"): roc.auc_delong(positive, a, "logit"),
                ("difference", "Obuchowski, t"): clustered.compare_auc(positive, a, b, lesion),
                ("difference", "bootstrap, percentile"): roc.compare_auc_bootstrap(
                    positive, a, b, **drawn
                ),
                ("difference", "DeLong, images independent"): roc.compare_auc(positive, a, b),
            }
        for kind, estimate in estimates.items():
            bounds.setdefault(kind, []).append((estimate.low, estimate.high))
    named = {"malignant": n_malignant, "benign": n_benign, "area": area, "area_b": AREA_B}
    truth = {"area": area, "difference": area - AREA_B}
    return [
        named | {"of": of} | row(kind, *np.array(pairs).T, truth[of])
        for (of, kind), pairs in bounds.items()
    ]


def coverage(inputs: Inputs) -> Outputs:
    """``coverage.csv`` and ``areas.csv``: a row a cell and interval."""
    shares = [r for design in PROPORTIONS for r in proportion_cell(design, N_STUDIES)]
    areas = [r for cell in AREAS for r in area_cell(*cell, N_STUDIES)]
    return {"coverage.csv": pd.DataFrame(shares), "areas.csv": pd.DataFrame(areas)}


RESULT = Result(
    coverage,
    f"How often 95 % intervals of clustered data hold the truth: {N_STUDIES:,} simulated studies "
    "a cell. coverage.csv: a share of images, 12, 33 or 65 lesions of 1 to 4 views, true shares "
    ".5, .8, .95, correlations within a lesion .3 and .8 (beta-binomial), and a few harder cells; "
    "`width_ratio` is the mean width over that of the narrowest rival that covers 93 %. areas.csv: "
    "an area and the difference of two (the second is 0.90), lesions of 1 to 4 views that share "
    "80 % of the variance, by Obuchowski's closed form and by the bootstrap over lesions "
    f"({N_REPLICATES:,} replicates). An interval that a study cannot give counts as not holding.",
    kind="simulated",
    seed=SEED,
    minutes=10,
    reads=(),
)
