"""Photographs that a curator would take out: blurry ones, and those taken from too far away.

Esteva et al. 2017 (Methods) removed blurry and far-away images from their test and validation sets
and trained on them all the same. How blurry and how far is ours. What a wide field shows here is
skin: no clothes, no room.
"""

import numpy as np
import pandas as pd

from dermlab.errors import InputError

COLUMNS = BLUR, DISTANCE = ("blur", "distance")
DRAWN = ("blurry", "blur", "distant", "distance")  # whether and how much
BLURS = (0.02, 0.05)  # standard deviation of a blurry photograph's focus, share of its width
DISTANCES = (2.5, 6.0)  # of a distant one, times what the lesion's size asks for


def check_share(name: str, share: float) -> None:
    """InputError where ``share``, the option ``name``, is no share."""
    if not 0 <= share <= 1:
        raise InputError(f"{name} is a share of the photographs from 0 to 1, not {share}.")


def with_quality(
    cases: pd.DataFrame, uniform: dict[str, np.ndarray], *, blurry: float, distant: float
) -> pd.DataFrame:
    """Columns ``blur`` and ``distance``: 0 and 1 but for the shares ``blurry`` and ``distant``.

    ``uniform``: for each of `DRAWN` a number a photograph, (n,). A dermatoscope touches the skin:
    its photographs are never distant.
    """
    clinical = (cases["modality"] == "clinical").to_numpy()
    blur = np.where(uniform["blurry"] < blurry, _between(BLURS, uniform["blur"]), 0.0)
    far = (uniform["distant"] < distant) & clinical
    distance = np.where(far, _between(DISTANCES, uniform["distance"]), 1.0)
    return cases.assign(**{BLUR: blur.round(4), DISTANCE: distance.round(4)})


def _between(ends: tuple[float, float], uniform: np.ndarray) -> np.ndarray:
    """From the first end to the second, evenly in proportions."""
    low, high = ends
    return low * (high / low) ** uniform
