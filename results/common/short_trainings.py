"""The upper part of the compact network, taught in so many steps whether a lesion is malignant.

It starts from the shipped weights, which have seen no skin. The blocks below see each photograph
once and once mirrored: no other augmentation. The steps were fixed on a clinic that no result uses
(seed 1299), and no part of the data chooses among them.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

SIZE, BELOW, DEPTH = 96, "mixed2", "mixed3"  # pixels; what stays as it is, what trains and above
STEPS = 300  # of 32 photographs
ABOUT = (
    "the compact network from the shipped weights (96 px, blocks mixed3 and above trained for "
    f"{STEPS} steps of 32 with the classroom's recipe, nothing chosen) learns malignant or not by "
    "the truth"
)


@lru_cache(maxsize=1)
def lower():
    """The blocks that stay as they are: pictures → maps."""
    from dermlab.network import models

    whole = models.fresh("compact", 2, SIZE, seed=0, depth=DEPTH, augment=False)
    return models.divide(whole, BELOW)[0]


def maps(cases: pd.DataFrame, *, mirrored: bool = False) -> np.ndarray:
    """What the lower blocks make of the clinic's photographs, (n, …).

    ``mirrored``: (2 n, …), of the photographs and then of their mirror images.
    """
    from dermlab.cases import clinic
    from dermlab.network import inference

    pixels = clinic.render(cases, SIZE)
    if mirrored:
        pixels = np.concatenate([pixels, pixels[:, :, ::-1]])
    return inference.predict(lower(), pixels)


def taught(learnt: pd.DataFrame, *, seed: int, groups: np.ndarray | None = None):
    """The upper blocks, having learnt ``malignant`` of these photographs of the clinic.

    ``groups`` (n,) are seen equally often: the malignant and the others where it is None. The
    same seed gives the same network under ``backend.deterministic``.
    """
    from dermlab.network import training
    from dermlab.network.recipe import Recipe

    both = maps(learnt, mirrored=True)
    above = _upper(seed)
    training.fit(
        above,
        both,
        np.tile(learnt["malignant"].to_numpy(int), 2),
        train=np.arange(len(both)),
        recipe=replace(Recipe.classroom(), epochs=1, steps_per_epoch=STEPS),
        seed=seed,
        groups=None if groups is None else np.tile(groups, 2),
    )
    return above


def _upper(seed: int):
    """The blocks that train, with the weights that they start from; compiled once."""
    from dermlab.network import models

    whole = models.fresh("compact", 2, SIZE, seed=seed, depth=DEPTH, augment=False)
    return _divided(whole)


@lru_cache(maxsize=1)
def _divided(whole):
    from dermlab.network import models

    return models.divide(whole, BELOW)[1]


def probability(above, of_test: np.ndarray) -> np.ndarray:
    """The probability of malignant, (n,), from maps (n, …)."""
    from dermlab.network import inference

    return inference.predict(above, of_test)[:, 1]


def over_clinics(values: np.ndarray) -> dict[str, float]:
    """``estimate, low, high``: the mean of the clinics (n,) and Student's 95 % interval."""
    from dermlab.evaluation import intervals

    mean = intervals.student(values)
    return {"estimate": mean.estimate, "low": mean.low, "high": mean.high}
