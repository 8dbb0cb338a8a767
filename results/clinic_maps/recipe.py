"""Where the classroom network's maps lie, and what its answers hang on: 540 lesions of clinic B.

The network that the course ships answers with one of the nine classes; every method's maps of its
answers are held against the lesions' outlines, and their first pixels are covered or shown.
"""

import numpy as np

from dermlab.cases.clinic import test_sets
from results.clinic_network import recipe as clinic_network
from results.common import cells, scored_maps
from results.common.result import RESULTS, Inputs, Outputs, Result

NAME, VERSION = "clinic_maps", 1
NETWORK = tuple(f"{RESULTS}clinic_network/{file}" for file in ("weights.npz", "classes.csv"))
READS = (*clinic_network.READS, *NETWORK)
CLINIC, N_EACH, PARTS, TASK = 60, 60, 9, "nine-way"
SHARES = (0.05, 0.1, 0.2, 0.4, 0.7)  # of the pixels, covered or shown


def asked() -> list[dict]:
    return [{"part": part} for part in range(PARTS)]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """Hits, energy and share of the lesion, deletion and insertion, of every ninth lesion."""
    from dermlab.cases import clinic, tasks
    from dermlab.interpretation import scores
    from dermlab.lessons import networks
    from dermlab.network import inference

    cases = test_sets.of_each_class(N_EACH, CLINIC).iloc[one["part"] :: PARTS]
    run, size = networks.classroom_network(), 96
    pixels, masks = clinic.render(cases, size), clinic.masks(cases, size)
    groups = scores.groups(run.classes, tasks.get(TASK))

    def probabilities(images: np.ndarray) -> np.ndarray:
        return inference.predict(run.model, images).astype(float) @ groups.T

    answers = probabilities(pixels).argmax(axis=1)
    maps = scored_maps.maps_of(run.model, pixels, groups[answers])

    def value(images: np.ndarray) -> np.ndarray:
        return probabilities(images)[np.arange(len(images)), answers]

    found = scored_maps.against_masks(maps, masks, "lesion")
    return found | scored_maps.covered(value, pixels, maps, SHARES, seed=one["part"])


def maps(inputs: Inputs) -> Outputs:
    """``lesion.csv``, a row a map (`scored_maps.summary`); ``curves.csv`` and ``areas.csv`` of the
    probability of the answer with the map's first pixels covered, or alone shown; ``networks.csv``:
    seconds, device. Intervals over lesions; one network."""
    import pandas as pd

    work = asked()
    found = cells.run(cell, work, inputs, name=NAME, version=VERSION)
    tables = []
    for one, arrays in zip(work, found, strict=True):
        table = scored_maps.map_table(arrays, "lesion")
        table["picture"] += 1000 * one["part"]
        tables.append(table.assign(lesion=table["picture"]))
    return {
        "lesion.csv": scored_maps.summary(pd.concat(tables)),
        "curves.csv": scored_maps.curves(found, SHARES),
        "areas.csv": scored_maps.areas(found, SHARES),
        "networks.csv": cells.table(work, found),
    }


RESULT = Result(
    maps,
    "The classroom network's maps of its own answers (one of the nine classes) on "
    f"{9 * N_EACH} biopsied lesions of the virtual clinic B, {N_EACH} of each class: the "
    "pointing game and the share of the map inside the lesion, beside an edge detector and a "
    "centred Gaussian; deletion and insertion, beside these and a random order; one network.",
    kind="simulated",
    seed=CLINIC,
    minutes=8,
    reads=READS,
)
