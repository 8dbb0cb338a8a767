"""How far near-duplicate search finds HAM10000's repeat photographs of a lesion: which feature,
which distance.

A *sibling* pair is two photographs of one lesion id. Lesions are cut in two halves: thresholds are
chosen on one and reported on the other; pairs with an end in either half count only in the whole.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from results.common import cells
from results.common.ham10000_pixels import PICTURES, WEIGHTS
from results.common.result import HAM10000, MAPPING, OF_HAM10000, Inputs, Outputs, Result

SEED = 0
PRECISION = 0.95  # what a threshold must keep on the half that chooses it
STEP = 0.01  # between two thresholds
SHOWN = 5  # steps between two rows of the shipped table
REACH = {"thumbnails": 0.4, "network": 0.3}  # the largest threshold looked at
CELLS = (
    {"feature": "thumbnails", "size": 8},
    {"feature": "thumbnails", "size": 16},
    {"feature": "network", "size": 96},
)


def duplicates(inputs: Inputs) -> Outputs:
    """Sibling pairs found and missed by each feature.

    ``precision_recall.csv``: for each feature and threshold, on each half of the lesions and on
    all of HAM10000: ``pairs`` found, ``siblings`` among them, ``precision`` (siblings / pairs,
    empty without pairs), ``recall`` (siblings / ``sibling_pairs`` that exist).
    ``chosen.csv``: each feature's largest threshold with a precision of 95 % or more on the half
    that chooses, and what it does on the other half. ``components.csv``: at that threshold, on
    all images, pairs, identical ones, those across two lesion ids, components of two images or
    more, the images in them and the largest; the lesions that a component joins to another.
    """
    from dermlab.cases import duplicates, splits

    cases = _cases(inputs[HAM10000])
    parts = _parts(cases)
    found = cells.run(cell, CELLS, inputs, name="ham10000_duplicates")
    curves, chosen, components = [], [], []
    for about, arrays in zip(CELLS, found, strict=True):
        name = dict(about)
        curve = _curve(cases, parts, arrays, REACH[about["feature"]])
        choice = _chosen(curve)
        curves.append(curve.assign(**name))
        chosen.append(name | _at(curve, choice))
        near = arrays["distance"] <= choice + STEP / 100
        ids = cases["image_id"].to_numpy()
        pairs = pd.DataFrame(
            {
                "image_id_a": ids[arrays["a"][near]],
                "image_id_b": ids[arrays["b"][near]],
                "distance": arrays["distance"][near],
            }
        )
        group = splits.groups(cases, by=(), pairs=pairs)
        sizes = group.value_counts()
        lesions = cases.groupby(group.to_numpy())["lesion_id"].nunique()
        row = {
            "threshold": choice,
            "pairs": len(pairs),
            "identical": int((pairs["distance"] == 0).sum()),
            "across_lesions": duplicates.across(pairs, cases),
            "components": int((sizes > 1).sum()),
            "images": int(sizes[sizes > 1].sum()),
            "largest": int(sizes.max()),
            "joined_lesions": int(lesions[lesions > 1].sum()),
        }
        components.append(name | row)
    curve = pd.concat(curves, ignore_index=True)
    order = ["feature", "size"]
    shown = (curve["threshold"] / STEP).round().astype(int) % SHOWN == 0
    return {
        "precision_recall.csv": curve.loc[shown, order + [c for c in curve if c not in order]],
        "chosen.csv": pd.DataFrame(chosen),
        "components.csv": pd.DataFrame(components),
    }


def cell(about: dict, inputs: Inputs) -> cells.Arrays:
    """The pairs within ``REACH`` of one feature: row numbers ``a`` < ``b``, and ``distance``."""
    from dermlab.cases import duplicates
    from dermlab.network import pictures

    cases, reach = _cases(inputs[HAM10000]), REACH[about["feature"]]
    pixels = pictures.load(cases["image_id"].tolist(), [inputs[PICTURES]], about["size"]).pixels
    network = about["feature"] == "network"
    features = _network(pixels) if network else duplicates.thumbnails(pixels)
    pairs = duplicates.near_pairs(features, np.arange(len(pixels)), threshold=reach)
    ends = pairs[["image_id_a", "image_id_b"]].astype(int).to_numpy().T
    return {"a": ends.min(axis=0), "b": ends.max(axis=0), "distance": pairs["distance"].to_numpy()}


def _network(pixels: np.ndarray) -> np.ndarray:
    """Each unit of the last hidden layer standardised over the collection, then unit length."""
    from dermlab.network import inference, models

    hidden = inference.features(models.build("compact", 2, pixels.shape[1]), pixels)
    standard = (hidden - hidden.mean(axis=0)) / (hidden.std(axis=0) + 1e-6)
    return standard / np.linalg.norm(standard, axis=1, keepdims=True)


@lru_cache(maxsize=1)
def _cases(table: Path) -> pd.DataFrame:
    from dermlab.cases import sources

    return sources.read_cases(table).sort_values("image_id", ignore_index=True)


def _parts(cases: pd.DataFrame) -> dict[str, np.ndarray]:
    """Which images belong to each half of the lesions, and to the whole."""
    lesions = np.sort(cases["lesion_id"].unique())
    first = np.random.default_rng(SEED).permutation(lesions)[: len(lesions) // 2]
    chooses = cases["lesion_id"].isin(first).to_numpy()
    return {"chooses": chooses, "reports": ~chooses, "all": np.ones(len(cases), dtype=bool)}


def _curve(
    cases: pd.DataFrame, parts: dict[str, np.ndarray], arrays: cells.Arrays, reach: float
) -> pd.DataFrame:
    lesion = cases["lesion_id"].to_numpy()
    a, b, distance = arrays["a"], arrays["b"], arrays["distance"]
    rows = []
    for part, inside in parts.items():
        photographs = cases["lesion_id"][inside].value_counts()
        existing = int((photographs * (photographs - 1) // 2).sum())
        here = inside[a] & inside[b]
        for threshold in np.arange(0, reach + STEP / 2, STEP):
            near = here & (distance <= threshold + STEP / 100)  # 0.15 is not exactly 15 × 0.01
            pairs, siblings = int(near.sum()), int((lesion[a[near]] == lesion[b[near]]).sum())
            rows.append(
                {
                    "half": part,
                    "threshold": round(threshold, 6),
                    "pairs": pairs,
                    "siblings": siblings,
                    "sibling_pairs": existing,
                    "precision": siblings / pairs if pairs else np.nan,
                    "recall": siblings / existing,
                }
            )
    return pd.DataFrame(rows)


def _chosen(curve: pd.DataFrame) -> float:
    """The largest threshold with the wanted precision on the half that chooses; 0 if there is
    none."""
    good = (curve["half"] == "chooses") & (curve["precision"] >= PRECISION)
    return float(curve.loc[good, "threshold"].max()) if good.any() else 0.0


def _at(curve: pd.DataFrame, threshold: float) -> dict:
    rows = curve[curve["threshold"] == threshold].set_index("half")
    numbers = ["pairs", "siblings", "sibling_pairs", "precision", "recall"]
    return {"threshold": threshold} | {
        f"{number}_{half}": rows.loc[half, number] for half in rows.index for number in numbers
    }


RESULT = Result(
    duplicates,
    "Photographs of one HAM10000 lesion looked up as near-duplicates, by small thumbnails and "
    "by the last hidden layer of the shipped compact network (pretrained without skin, not "
    "fine-tuned); thresholds chosen on half of the lesions. "
    f"Aggregated from {OF_HAM10000} and its pictures, reduced to 200 × 150 "
    "pixels.",
    kind="measured here",
    seed=SEED,
    minutes=5,
    reads=(HAM10000, PICTURES, *MAPPING, WEIGHTS),
)
