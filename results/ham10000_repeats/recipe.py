"""HAM10000's repeat photographs of a lesion, and what random splits do to them."""

import numpy as np
import pandas as pd

from results.common.result import HAM10000, MAPPING, OF_HAM10000, Inputs, Outputs, Result

SEED = 0
N_FOLDS, TEST_SHARE = 9, 0.2
RANDOM_SEEDS, GROUPED_SEEDS = 200, 3


def repeats(inputs: Inputs) -> Outputs:
    """What random splits do to lesions that were photographed more than once.

    ``photographs.csv``: how many lesions have how many photographs. ``straddling.csv``: for nine
    folds and for a test part of 20 %, random or with lesions kept whole, the ``lesions`` that stand
    on both sides and the ``test_images``, as a share, whose lesion has a sibling in training (of
    nine folds each is tested once): the expected value by counting, and the mean and the central
    95 % of splits with ``n_seeds`` seeds.
    """
    from dermlab.cases import sources

    cases = sources.read_cases(inputs[HAM10000])
    of_lesion = cases["lesion_id"].value_counts().value_counts().sort_index()
    photographs = of_lesion.rename_axis("photographs").rename("lesions").reset_index()
    photographs["images"] = photographs["photographs"] * photographs["lesions"]
    straddling = [*_nine_folds(cases, of_lesion), *_test_part(cases, of_lesion)]
    return {
        "photographs.csv": photographs,
        "straddling.csv": pd.concat(straddling, ignore_index=True),
    }


def _nine_folds(cases: pd.DataFrame, of_lesion: pd.Series) -> list[pd.DataFrame]:
    from dermlab.cases import splits

    sizes = np.array([len(part) for part in np.array_split(np.arange(len(cases)), N_FOLDS)])
    tested = np.arange(N_FOLDS)
    grouped = [splits.group_folds(cases, N_FOLDS, seed=seed) for seed in range(GROUPED_SEEDS)]
    return _compared("nine folds", cases, of_lesion, sizes, tested, grouped)


def _test_part(cases: pd.DataFrame, of_lesion: pd.Series) -> list[pd.DataFrame]:
    from dermlab.cases import splits

    n_test = round(TEST_SHARE * len(cases))
    sizes, tested = np.array([len(cases) - n_test, n_test]), np.array([1])
    grouped = [
        splits.with_test_part(cases, test=TEST_SHARE, n_folds=2, seed=seed).assign(
            fold=lambda split: (split["fold"] == splits.TEST).astype(int)
        )
        for seed in range(GROUPED_SEEDS)
    ]
    return _compared("test part of 20 %", cases, of_lesion, sizes, tested, grouped)


def _compared(
    scheme: str,
    cases: pd.DataFrame,
    of_lesion: pd.Series,
    sizes: np.ndarray,
    tested: np.ndarray,
    grouped: list[pd.DataFrame],
) -> list[pd.DataFrame]:
    """The rows of one scheme: parts of these ``sizes``, of which the ``tested`` are scored."""
    lesion = pd.factorize(cases["lesion_id"])[0]
    parts = np.repeat(np.arange(len(sizes)), sizes)
    random = [np.random.default_rng(seed).permutation(parts) for seed in range(RANDOM_SEEDS)]
    whole = [s.set_index("image_id")["fold"].loc[cases["image_id"]].to_numpy() for s in grouped]
    ways = {
        "random": (_expected(of_lesion, sizes, tested), random),
        "lesions kept whole": ((0.0, 0.0), whole),
    }
    return [
        _summary(scheme, way, expected, [_found(lesion, fold, tested) for fold in folds])
        for way, (expected, folds) in ways.items()
    ]


def _expected(of_lesion: pd.Series, sizes: np.ndarray, tested: np.ndarray) -> tuple[float, float]:
    """Straddling lesions, and the share of test images with a sibling in training, on average.

    The m photographs of a lesion all fall into a part of n_p of n images with the chance
    C(n_p, m) / C(n, m), since a random split is a draw without replacement.
    """
    from scipy.special import comb

    m, lesions = of_lesion.index.to_numpy(), of_lesion.to_numpy()
    within = comb(sizes[:, None], m) / comb(sizes.sum(), m)
    straddling = lesions @ (1 - within.sum(axis=0))
    without_sibling = (lesions * m) @ within[tested].sum(axis=0)
    return float(straddling), float(1 - without_sibling / sizes[tested].sum())


def _found(lesion: np.ndarray, fold: np.ndarray, tested: np.ndarray) -> tuple[int, float]:
    """The same two numbers, counted in one split."""
    parts = pd.Series(fold).groupby(lesion)
    straddles = (parts.transform("min") != parts.transform("max")).to_numpy()
    return len(np.unique(lesion[straddles])), straddles[np.isin(fold, tested)].mean()


def _summary(
    scheme: str, split: str, expected: tuple[float, float], found: list[tuple[float, float]]
) -> pd.DataFrame:
    from dermlab.evaluation.intervals import TAILS

    low, high = np.quantile(found, TAILS, axis=0)
    return pd.DataFrame(
        {
            "scheme": scheme,
            "split": split,
            "quantity": ["lesions", "test_images"],
            "expected": expected,
            "mean": np.mean(found, axis=0),
            "low": low,
            "high": high,
            "n_seeds": len(found),
        }
    )


RESULT = Result(
    repeats,
    "HAM10000's repeat photographs of a lesion, and how many lesions a random split puts on "
    f"both sides. Aggregated from {OF_HAM10000}.",
    kind="measured here",
    seed=SEED,
    minutes=0.5,
    reads=(HAM10000, *MAPPING),
)
