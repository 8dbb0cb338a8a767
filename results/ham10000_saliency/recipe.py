"""Saliency maps on real photographs, held against the outlines that an expert checked.

The compact network learns HAM10000 (malignant or premalignant against the rest); its maps of test
lesions are scored against Tschandl's masks. Numbers are shipped, pictures are not.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from results.clinic_ruler import recipe as clinic_ruler
from results.common import cells, scored_maps
from results.common import ham10000_pixels as ham
from results.common.result import OF_HAM10000, REAL, Inputs, Outputs, Result
from results.ham10000_end_to_end.recipe import split

NAME, VERSION = "ham10000_saliency", 1
MASKS = f"{REAL}ham10000_masks_600x450.zip"
READS = (*ham.READS, MASKS)
SEED, EPOCHS, STEPS, N_MAPS = 0, 10, 150, 800


def asked() -> list[dict]:
    return [{"seed": SEED}]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``score`` of every test image; ``rows`` of the cases whose maps were scored, and
    what `scored_maps.against_masks` says of them."""
    from dermlab.network import backend, inference, models, pictures, training
    from dermlab.network.recipe import Recipe

    backend.deterministic(one["seed"])
    cases, positive, pixels = ham.data(inputs)
    fold = split(inputs).set_index("image_id")["fold"].loc[cases["image_id"]].to_numpy()
    model = models.fresh("compact", 2, ham.SIZE, seed=one["seed"])
    training.fit(
        model,
        pixels,
        positive.astype(int),
        train=np.flatnonzero(fold > 0),
        development=np.flatnonzero(fold == 0),
        recipe=replace(Recipe.classroom(), epochs=EPOCHS, steps_per_epoch=STEPS),
        seed=one["seed"],
    )
    test = np.flatnonzero(fold == -1)
    rng = np.random.default_rng(one["seed"])
    rows = np.sort(rng.permutation(test)[:N_MAPS])
    ids = [f"{name}_segmentation" for name in cases["image_id"].iloc[rows]]
    masks = pictures.load(ids, [inputs[MASKS]], ham.SIZE).pixels[..., 0] >= 128
    maps = clinic_ruler.maps_of_answers(model, pixels[rows])
    return {
        "score": inference.predict(model, pixels, rows=test)[:, 1],
        "rows": rows,
    } | scored_maps.against_masks(maps, masks, "lesion")


def saliency_scores(inputs: Inputs) -> Outputs:
    """``lesions.csv``: a row a method: the pointing game and the map's share in the lesion, beside
    the lesion's share of the picture, intervals clustered by lesion; and by how much each is ahead
    of the centred Gaussian. ``area.csv``: the network's own AUC. ``networks.csv``."""
    from dermlab.evaluation import roc

    work = asked()
    (arrays,) = found = cells.run(cell, work, inputs, name=NAME, version=VERSION)
    cases, positive, _ = ham.data(inputs)
    fold = split(inputs).set_index("image_id")["fold"].loc[cases["image_id"]].to_numpy()
    test, lesion = fold == -1, cases["lesion_id"].to_numpy()
    area = roc.auc(positive[test], arrays["score"], lesion[test])
    table = scored_maps.map_table(arrays, "lesion")
    table["lesion"] = lesion[arrays["rows"]][table["picture"]]
    about = {"n_images": int(test.sum()), "n_positive": int(positive[test].sum())}
    row = {"auc": area.estimate, "low": area.low, "high": area.high}
    return {
        "lesions.csv": scored_maps.summary(table),
        "area.csv": pd.DataFrame([about | row]),
        "networks.csv": cells.table(work, found),
    }


RESULT = Result(
    saliency_scores,
    "Saliency maps of the compact network (96 px, shipped weights, classroom's recipe, 10 "
    "epochs of 150 steps; malignant or premalignant against the rest) on 800 test images of "
    "HAM10000, none of whose lesions it had learnt, against Tschandl's lesion masks: the "
    "pointing game and the share of the map inside, intervals over lesions; one seed. Pictures "
    f"and labels: {OF_HAM10000}; masks by Tschandl (CC BY-NC 4.0).",
    kind="measured here",
    seed=SEED,
    minutes=20,
    reads=READS,
)
