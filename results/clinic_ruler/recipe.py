"""The planted ruler: networks that learn where rulers lie beside cancers, and where they don't.

Two networks a seed, taught the same photographs of the same patients for as many steps; only the
rulers differ. Both are asked about the same new lesions, photographed with rulers as in their own
clinic, evenly, the other way round, without any, and all with one. Then their maps are held against
the rulers (which of the two cheats?) and, without rulers, against the lesions.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.common import cells, scored_maps
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result
from results.common.scored_maps import estimates, map_table, names, summary

NAME, VERSION = "clinic_ruler", 1
READS = (WEIGHTS, *CLINIC)
CHEATING, HONEST = "rulers beside cancers", "rulers alike"
RULERS = {
    CHEATING: {"malignant": 0.9, "other": 0.1},
    HONEST: {"malignant": 0.5, "other": 0.5},
}
SEEDS = range(3)
N_PATIENTS, SIZE = 800, 96
EPOCHS, STEPS = 4, 150
N_CASCADE = 24
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)  # of the pixels, covered or shown


def asked() -> list[dict]:
    return [{"network": name, "seed": seed} for seed in SEEDS for name in RULERS]


def clinic_of(network: str, seed: int) -> pd.DataFrame:
    """The patients that a network learns from: the same for both of a seed but for the rulers."""
    from dermlab.cases import clinic

    return clinic.make(
        N_PATIENTS, test_sets.RULER_CLINIC + seed, artefacts={"ruler": RULERS[network]}
    )


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """Weights as halves, ``p none`` and ``p all`` of the test lesions, and what `_scores` says."""
    from dermlab.network import inference, pictures

    model = _trained(one["network"], one["seed"])
    halves = [weight.astype(np.float16) for weight in model.get_weights()]
    model.set_weights(halves)  # what is shipped is what is scored
    found = {f"w{i:04d}": half for i, half in enumerate(halves)}
    pixels = {}
    for test in ("none", "all"):  # every other test mixes these two
        cases = test_sets.with_rulers(test, one["seed"])
        pixels[test] = pictures.of_cases(cases, [pictures.CLINIC], SIZE).pixels
        found[f"p {test}"] = inference.predict(model, pixels[test])[:, 1]
    found["truth"] = test_sets.is_malignant(cases)
    rows = test_sets.in_turn(found["truth"])
    for test, of in (("all", "ruler"), ("none", "lesion")):
        found |= _scores(
            model, pixels[test][rows], test_sets.with_rulers(test, one["seed"]).iloc[rows], of
        )
    if one["network"] == HONEST:
        few = pixels["none"][rows[:: test_sets.N_MAPS // N_CASCADE][:N_CASCADE]]
        found |= _cascade(model, few, one["seed"])
        found |= _deletion(model, pixels["none"][rows])
    return found


def _trained(network: str, seed: int):
    from dermlab.cases import splits
    from dermlab.network import backend, models, pictures, training
    from dermlab.network.recipe import Recipe

    backend.deterministic(seed)
    cases = clinic_of(network, seed)
    pixels = pictures.of_cases(cases, [pictures.CLINIC], SIZE).pixels
    labels = test_sets.is_malignant(cases, "disease").astype(int)
    # Folds that hold both sides alike; single diseases are too rare for that.
    coarse = cases.assign(disease=np.where(labels, "malignant", "benign"))
    split = splits.group_folds(coarse, 8, seed=seed).set_index("image_id")["fold"]
    fold = split.loc[cases["image_id"]].to_numpy()
    model = models.fresh("compact", 2, SIZE, seed=seed)
    training.fit(
        model,
        pixels,
        labels,
        train=np.flatnonzero(fold > 0),
        development=np.flatnonzero(fold == 0),
        recipe=replace(Recipe.classroom(), epochs=EPOCHS, steps_per_epoch=STEPS),
        seed=seed,
    )
    return model


def maps_of_answers(model, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Every method's maps of what the network answers, and the controls'."""
    from dermlab.network import inference

    return scored_maps.maps_of(model, pixels, inference.predict(model, pixels).argmax(axis=1))


def _scores(model, pixels: np.ndarray, cases: pd.DataFrame, of: str) -> cells.Arrays:
    from dermlab.cases import clinic

    masks = clinic.masks(cases, SIZE, of=of)
    return scored_maps.against_masks(maps_of_answers(model, pixels), masks, of)


def _cascade(model, pixels: np.ndarray, seed: int) -> cells.Arrays:
    """``cascade spearman``, ``cascade ssim``: (blocks from the top, methods, pictures)."""
    from dermlab.interpretation import checks

    before, blocks, spearman, ssim = maps_of_answers(model, pixels), [], [], []
    for block in checks.cascade(model, seed=seed):
        now = maps_of_answers(model, pixels)
        blocks.append(block)
        spearman.append([checks.rank_correlation(before[name], now[name]) for name in now])
        ssim.append([checks.similarity(before[name], now[name]) for name in now])
    return {
        "cascade blocks": np.array(blocks),
        "cascade spearman": np.array(spearman),
        "cascade ssim": np.array(ssim),
    }


def _deletion(model, pixels: np.ndarray) -> cells.Arrays:
    """The probability of the network's answer as the maps' first pixels are covered, or shown."""
    from dermlab.network import inference

    answers = inference.predict(model, pixels).argmax(axis=1)

    def value(images: np.ndarray) -> np.ndarray:
        return inference.predict(model, images)[np.arange(len(images)), answers]

    return scored_maps.covered(value, pixels, maps_of_answers(model, pixels), SHARES)


def ruler(inputs: Inputs) -> Outputs:
    """Tables with intervals over the lesions of all clinics, and two networks.

    ``answers.csv``, a row a network, seed and test lesion: truth, and the probability of malignant
    in each way of photographing. ``ruler.csv``, a row a network and method: hits and energy on the
    ruler's mask where every photograph shows one. ``told.csv``, a row a method: how often the
    cheating network of a pair has more of its map on the ruler, over all and in each clinic. Of the
    networks with rulers alike, without rulers: ``lesion.csv`` (`summary`), ``cascade.csv``
    (likeness with the trained network's maps once the weights were shuffled down to a block), and
    of the probability of the answer with the map's first pixels covered, or alone shown,
    ``curves.csv`` and ``areas.csv``.
    ``weights_cheating.npz``, ``weights_honest.npz``: both networks of seed 0 as halves;
    ``quiz.npz``: their maps of `test_sets.ruler_quiz`, a method a photograph in turn.
    ``networks.csv``: seconds, device.
    """
    work = asked()
    found = cells.run(cell, work, inputs, name=NAME, version=VERSION)
    each = list(zip(work, found, strict=True))
    honest = [arrays for one, arrays in each if one["network"] == HONEST]
    on_ruler = pd.concat([_of_pictures(arrays, "ruler", **one) for one, arrays in each])
    on_lesion = [_of_pictures(a, "lesion", seed=s) for s, a in zip(SEEDS, honest, strict=True)]
    return {
        "answers.csv": pd.concat([_answers(*one) for one in each], ignore_index=True).round(4),
        "ruler.csv": _on_ruler(on_ruler),
        "told.csv": _told(on_ruler),
        "lesion.csv": summary(pd.concat(on_lesion)),
        "cascade.csv": _cascades(honest),
        "curves.csv": scored_maps.curves(honest, SHARES),
        "areas.csv": scored_maps.areas(honest, SHARES),
        "quiz.npz": _quiz(found[0], found[1]),
        "weights_cheating.npz": _weights(found[0]),
        "weights_honest.npz": _weights(found[1]),
        "networks.csv": cells.table(work, found),
    }


def _quiz(cheating: cells.Arrays, honest: cells.Arrays) -> cells.Arrays:
    """``cheating``, ``honest``: maps as halves, each over its largest pixel; ``method`` of each."""
    from dermlab.interpretation import saliency
    from dermlab.network import models

    photographs, _ = test_sets.ruler_quiz()
    methods = np.resize(np.array(saliency.METHODS, object), len(photographs))
    model, halves = models.build("compact", 2, SIZE), {}
    for name, arrays in (("cheating", cheating), ("honest", honest)):
        maps = maps_in_turn(model, _weights(arrays), photographs, methods)
        largest = np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-30)
        halves[name] = (maps / largest).astype(np.float16)
    return halves | {"method": methods.astype(str)}


def maps_in_turn(
    model, weights: cells.Arrays, photographs: np.ndarray, methods: np.ndarray
) -> np.ndarray:
    """(n, h, w): of each photograph (n, h, w, 3) the map of the network's answer by its method.

    ``model``: a network of ``models.build``, which is left with ``weights``, those of a shipped
    network in the order of their names; ``methods``: (n,) of `saliency.METHODS`.
    """
    from dermlab.interpretation import saliency
    from dermlab.network import inference

    model.set_weights([weights[key] for key in sorted(weights)])
    answers = inference.predict(model, photographs).argmax(axis=1)
    maps = np.empty(photographs.shape[:3])
    for method in dict.fromkeys(methods):
        rows = np.flatnonzero(methods == method)
        maps[rows] = saliency.maps(model, photographs[rows], answers[rows], method)
    return maps


def _weights(arrays: cells.Arrays) -> cells.Arrays:
    return {key: arrays[key] for key in sorted(arrays) if key.startswith("w0")}


def _of_pictures(arrays: cells.Arrays, of: str, *, seed: int, **about) -> pd.DataFrame:
    """A `map_table` whose pictures, all of different lesions, have numbers of their own."""
    table = map_table(arrays, of).assign(seed=seed, **about)
    table["picture"] += 1000 * seed
    return table.assign(lesion=table["picture"])


def _on_ruler(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (network, method), part in table.groupby(["network", "method"], sort=False):
        row = {"network": network, "method": method, "n": len(part), "share": part["share"].mean()}
        rows.append(row | estimates({"hit": part["hit"], "energy": part["energy"]}))
    return pd.DataFrame(rows)


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """The cheating network has the larger share of its map on the ruler; equal shares count 1/2."""
    wide = table.pivot(index=["method", "picture"], columns="network", values="energy")
    more = (np.sign(wide[CHEATING] - wide[HONEST]) + 1) / 2
    rows = []
    for method in names():
        own = more.loc[method]
        row = {"method": method, "n": len(own)} | estimates({"right": own})
        each = own.groupby(own.index // 1000).mean()  # a clinic's pictures begin at its thousand
        rows.append(row | {f"clinic_{seed}": right for seed, right in each.items()})
    return pd.DataFrame(rows)


def _answers(one: dict, arrays: cells.Arrays) -> pd.DataFrame:
    own = {}
    for test in test_sets.RULERS:
        shown = test_sets.with_rulers(test, one["seed"])["artefact_ruler"].to_numpy(bool)
        own[test] = np.where(shown, arrays["p all"], arrays["p none"])
    return pd.DataFrame(one | {"malignant": arrays["truth"]} | own)


def _cascades(found: list[cells.Arrays]) -> pd.DataFrame:
    """A row a block and method: Spearman and SSIM with the trained network's maps."""
    rows = []
    for b, block in enumerate(found[0]["cascade blocks"]):
        for m, method in enumerate(names()):
            likeness = {
                kind: np.concatenate([arrays[f"cascade {kind}"][b, m] for arrays in found])
                for kind in ("spearman", "ssim")
            }
            n = int(np.isfinite(likeness["spearman"]).sum())
            row = {"block": str(block), "method": method, "n": n}
            rows.append(row | estimates({k: v for k, v in likeness.items() if n or k == "ssim"}))
    return pd.DataFrame(rows)


RESULT = Result(
    ruler,
    "The planted ruler: the compact network (96 px, shipped weights, classroom's recipe, "
    f"{EPOCHS} epochs of {STEPS} steps) learns malignant or premalignant against the rest from "
    f"{N_PATIENTS} patients of the virtual clinic, once where 90 % of malignant and 10 % of "
    f"other photographs show a ruler, once where half of either do; {len(SEEDS)} clinics; the "
    "same new biopsied lesions with rulers as learnt, alike, reversed, none and all; where the "
    "maps of both look when every photograph shows a ruler; and, of the networks with rulers "
    "alike, whether maps lie on lesions, outlive shuffled weights, and find what the answer "
    "hangs on.",
    kind="simulated",
    seed=test_sets.RULER_CLINIC,
    minutes=60,
    reads=READS,
)
