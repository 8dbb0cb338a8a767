"""Do the maps depend on what was learnt? Networks that learn a few photographs by heart.

Adebayo et al. 2018 (arXiv 1810.03292): one network learns true labels, one shuffled ones. Here a
third learns the true labels from another start: how unlike maps are that should agree.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.clinic_ruler import recipe as clinic_ruler
from results.common import cells
from results.common.result import Inputs, Outputs, Result

NAME, VERSION = "clinic_saliency", 1
READS = clinic_ruler.READS
LEARNT = {"true labels": (True, 0), "true labels again": (True, 1), "shuffled labels": (False, 2)}
N_LEARNT, N_PATIENTS, CLINIC, SIZE = 300, 400, 950, clinic_ruler.SIZE
EPOCHS, STEPS, N_MAPS = 10, 150, 48


def asked() -> list[dict]:
    return [{"labels": name} for name in LEARNT]


def by_heart() -> tuple[pd.DataFrame, np.ndarray]:
    """The photographs to be learnt by heart, as many malignant as other ones; who is malignant."""
    from dermlab.cases import clinic

    cases = clinic.make(N_PATIENTS, CLINIC).drop_duplicates("lesion_id", ignore_index=True)
    malignant = test_sets.is_malignant(cases)
    rows = [np.flatnonzero(malignant == side)[: N_LEARNT // 2] for side in (True, False)]
    chosen = np.sort(np.concatenate(rows))
    return cases.iloc[chosen], malignant[chosen]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``learnt``: the share of its photographs that the network answers as it was taught;
    ``maps``: of new photographs (methods, pictures, 48, 48), means of 2 x 2 pixels as halves."""
    from dermlab.network import backend, inference, models, pictures, training
    from dermlab.network.recipe import Recipe

    truthful, seed = LEARNT[one["labels"]]
    backend.deterministic(seed)
    cases, malignant = by_heart()
    labels = malignant.astype(int)
    if not truthful:
        labels = np.random.default_rng(seed).permutation(labels)
    pixels = pictures.of_cases(cases, [pictures.CLINIC], SIZE).pixels
    model = models.fresh("compact", 2, SIZE, seed=seed, augment=False)
    rows = np.arange(len(cases))
    training.fit(
        model,
        pixels,
        labels,
        train=rows,
        development=rows,
        recipe=replace(Recipe.classroom(), epochs=EPOCHS, steps_per_epoch=STEPS),
        seed=seed,
    )
    new = test_sets.with_rulers("none", 0).iloc[:N_MAPS]
    new = pictures.of_cases(new, [pictures.CLINIC], SIZE).pixels
    of_class = {name: _of_malignant(model, new, name) for name in clinic_ruler.names()[:5]}
    return {
        "learnt": (inference.predict(model, pixels).argmax(axis=1) == labels).mean(),
        "maps": np.array(list(of_class.values())),
    }


def _of_malignant(model, pixels: np.ndarray, method: str) -> np.ndarray:
    """Maps of the log-odds of malignant: the same question to every network."""
    from dermlab.interpretation import saliency

    maps = saliency.maps(model, pixels, np.ones(len(pixels), int), method)
    small = maps.reshape(len(maps), SIZE // 2, 2, SIZE // 2, 2).mean(axis=(2, 4))
    return (small / np.maximum(small.max(axis=(1, 2), keepdims=True), 1e-30)).astype(np.float16)


def by_labels(inputs: Inputs) -> Outputs:
    """``labels.csv``, a row a method, picture and ``pair``: how like the maps of the network that
    learnt the true labels are to those of one that learnt them too, from another start (``again``),
    and of one that learnt shuffled labels (``shuffled``): Spearman and SSIM. ``learnt.csv``: the
    share of its photographs that each answers as it was taught. ``networks.csv``: seconds, device.
    """
    found = cells.run(cell, asked(), inputs, name=NAME, version=VERSION)
    learnt = [float(arrays["learnt"]) for arrays in found]
    return {
        "labels.csv": _labels([arrays["maps"] for arrays in found]),
        "learnt.csv": pd.DataFrame({"labels": list(LEARNT), "learnt": learnt}),
        "networks.csv": cells.table(asked(), found),
    }


def _labels(maps: list[np.ndarray]) -> pd.DataFrame:
    """A row a method, picture and pair of networks with the first: ``again`` or ``shuffled``."""
    from dermlab.interpretation import checks

    first, *others = (each.astype(float) for each in maps)
    rows = []
    for pair, other in zip(("again", "shuffled"), others, strict=True):
        for method, a, b in zip(clinic_ruler.names(), first, other, strict=False):
            measured = {
                "spearman": checks.rank_correlation(a, b),
                "ssim": checks.similarity(a, b),
            }
            about = {"pair": pair, "method": method, "picture": np.arange(len(a))}
            rows.append(pd.DataFrame(about | measured))
    return pd.concat(rows, ignore_index=True)


RESULT = Result(
    by_labels,
    "Do saliency maps depend on what was learnt? Three compact networks (96 px, shipped "
    "weights, no augmentation, 10 epochs of 150 steps) learn the same 300 photographs of the "
    "virtual clinic by heart, malignant or premalignant against the rest: two by their true "
    "labels, one by shuffled ones; how like their maps of 48 new photographs are.",
    kind="simulated",
    seed=CLINIC,
    minutes=10,
    reads=READS,
)
