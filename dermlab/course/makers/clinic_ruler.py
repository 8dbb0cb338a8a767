"""The planted ruler: networks that learn where rulers lie beside cancers, and where they don't.

Two networks a seed, taught the same photographs of the same patients for as many steps; only the
rulers differ. Both are asked about the same new lesions, photographed with rulers as in their own
clinic, evenly, the other way round, without any, and all with one. Then their maps are held against
the rulers (which of the two cheats?) and, without rulers, against the lesions.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from dermlab.course.makers import cells
from dermlab.course.makers.result import SHIPPED, Inputs, Outputs

NAME, VERSION = "clinic_ruler", 1
READS = (
    f"{SHIPPED}weights/compact_mixed.npz",
    *(f"{SHIPPED}clinic/{name}.csv" for name in ("partitions", "phenotypes", "signs")),
    f"{SHIPPED}clinic/look_alikes.csv",
    f"{SHIPPED}taxonomy/tree.csv",
    f"{SHIPPED}tasks.csv",
)
CHEATING, HONEST = "rulers beside cancers", "rulers alike"
RULERS = {
    CHEATING: {"malignant": 0.9, "other": 0.1},
    HONEST: {"malignant": 0.5, "other": 0.5},
}
TESTS = {  # the same lesions each time
    "as learnt": {"malignant": 0.9, "other": 0.1},
    "alike": {"malignant": 0.5, "other": 0.5},
    "reversed": {"malignant": 0.1, "other": 0.9},
    "none": {"malignant": 0.0, "other": 0.0},
    "all": {"malignant": 1.0, "other": 1.0},
}
SEEDS = range(3)
FIRST_CLINIC, N_PATIENTS, SIZE, TASK = 900, 800, 96, "malignant"
EPOCHS, STEPS = 4, 150
N_TEST, N_MAPS, N_CASCADE = (200, 200), 200, 24
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
CONTROLS = ("edge detector", "centred Gaussian")


def asked() -> list[dict]:
    return [{"network": name, "seed": seed} for seed in SEEDS for name in RULERS]


def clinic_of(network: str, seed: int) -> pd.DataFrame:
    """The patients that a network learns from: the same for both of a seed but for the rulers."""
    from dermlab.cases import clinic

    return clinic.make(N_PATIENTS, FIRST_CLINIC + seed, artefacts={"ruler": RULERS[network]})


def test_cases(test: str, seed: int) -> pd.DataFrame:
    """New biopsied lesions, one a patient, first half malignant or premalignant once sorted."""
    from dermlab.cases import clinic

    rulers = {"ruler": TESTS[test]}
    return clinic.test_set(
        TASK, *N_TEST, seed=FIRST_CLINIC + seed, source="clinic A", artefacts=rulers
    )


def is_malignant(cases: pd.DataFrame, column: str = "truth") -> np.ndarray:
    from dermlab.cases import tasks

    return (tasks.assign(tasks.get(TASK), cases[column]) == TASK).to_numpy()


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """Weights as halves, ``p none`` and ``p all`` of the test lesions, and what `_scores` says."""
    from dermlab.network import gallery, inference

    model = _trained(one["network"], one["seed"])
    halves = [weight.astype(np.float16) for weight in model.get_weights()]
    model.set_weights(halves)  # what is shipped is what is scored
    found = {f"w{i:04d}": half for i, half in enumerate(halves)}
    pictures = {}
    for test in ("none", "all"):  # every other test mixes these two
        cases = test_cases(test, one["seed"])
        pictures[test] = gallery.pictures(cases, [gallery.CLINIC], SIZE).pixels
        found[f"p {test}"] = inference.predict(model, pictures[test])[:, 1]
    found["truth"] = is_malignant(cases)
    rows = looked_at(found["truth"])
    for test, of in (("all", "ruler"), ("none", "lesion")):
        found |= _scores(model, pictures[test][rows], test_cases(test, one["seed"]).iloc[rows], of)
    if one["network"] == HONEST:
        few = pictures["none"][rows[:: N_MAPS // N_CASCADE][:N_CASCADE]]
        found |= _cascade(model, few, one["seed"])
        found |= _deletion(model, pictures["none"][rows])
    return found


def looked_at(truth: np.ndarray) -> np.ndarray:
    """The test lesions whose maps are made: as many malignant as other ones, in turn."""
    sides = [np.flatnonzero(truth == side)[: N_MAPS // 2] for side in (True, False)]
    return np.stack(sides, axis=1).ravel()


def _trained(network: str, seed: int):
    from dermlab.cases import splits
    from dermlab.network import backend, gallery, training
    from dermlab.network.recipe import Recipe

    backend.deterministic(seed)
    cases = clinic_of(network, seed)
    pixels = gallery.pictures(cases, [gallery.CLINIC], SIZE).pixels
    labels = is_malignant(cases, "disease").astype(int)
    # Folds that hold both sides alike; single diseases are too rare for that.
    coarse = cases.assign(disease=np.where(labels, "malignant", "benign"))
    split = splits.group_folds(coarse, 8, seed=seed).set_index("image_id")["fold"]
    fold = split.loc[cases["image_id"]].to_numpy()
    model = fresh_network(seed)
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


def fresh_network(seed: int, *, augment: bool = True):
    """The network before its training; one a process, whose compiled steps serve every cell."""
    from dermlab.network import models

    model = _compiled(augment)
    fresh = models.build("compact", 2, SIZE, augment=augment, seed=seed)
    model.set_weights(fresh.get_weights())
    return model


@lru_cache(maxsize=2)
def _compiled(augment: bool):
    from dermlab.network import models

    return models.build("compact", 2, SIZE, augment=augment)


def maps_of_answers(model, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Every method's maps of what the network answers, and the controls'."""
    from dermlab.interpretation import checks, saliency
    from dermlab.network import inference

    answers = inference.predict(model, pixels).argmax(axis=1)
    found = {}
    for method in saliency.METHODS:
        parts = np.array_split(np.arange(len(pixels)), max(1, len(pixels) // 100))
        found[method] = np.concatenate(
            [saliency.maps(model, pixels[rows], answers[rows], method) for rows in parts]
        )
    controls = (checks.edges(pixels), checks.gaussian(len(pixels), SIZE))
    return found | dict(zip(CONTROLS, controls, strict=True))


def _scores(model, pixels: np.ndarray, cases: pd.DataFrame, of: str) -> cells.Arrays:
    """``OF hits``, ``OF energy`` (methods and controls, pictures) and ``OF share`` (pictures)."""
    from dermlab.cases import clinic
    from dermlab.interpretation import checks

    masks, maps = clinic.masks(cases, SIZE, of=of), maps_of_answers(model, pixels)
    return {
        f"{of} hits": np.array([checks.hits(each, masks) for each in maps.values()]),
        f"{of} energy": np.array([checks.energy(each, masks) for each in maps.values()]),
        f"{of} share": masks.mean(axis=(1, 2)),
    }


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
    """``deletion`` and ``insertion``: the probability of the network's answer, (methods and
    controls, pictures, shares)."""
    from dermlab.interpretation import checks
    from dermlab.network import inference

    answers = inference.predict(model, pixels).argmax(axis=1)

    def value(images: np.ndarray) -> np.ndarray:
        return inference.predict(model, images)[np.arange(len(images)), answers]

    maps = maps_of_answers(model, pixels)
    maps["random order"] = np.random.default_rng(0).random(maps[CONTROLS[0]].shape)
    return {
        name: np.array([checks.covered(value, pixels, m, SHARES, insert=i) for m in maps.values()])
        for name, i in (("deletion", False), ("insertion", True))
    } | {"whole": value(pixels.astype(np.float32))}


def names() -> tuple[str, ...]:
    """The maps in the order of the arrays: the methods, then the controls."""
    from dermlab.interpretation import saliency

    return (*saliency.METHODS, *CONTROLS)


def ruler(inputs: Inputs) -> Outputs:
    """``answers.csv``, a row a network, seed and test lesion: truth, and the probability of
    malignant in each way of photographing. ``maps.csv``, a row a network, seed, mask, method and
    picture: whether the map's peak lies inside the mask, which share of the map does, and the
    mask's share of the picture. Of the networks with rulers alike ``cascade.csv``: Spearman and
    SSIM with the trained network's map once the weights were shuffled down to a block, means over
    pictures; and ``curves.csv``: the probability of the answer with shares of the pixels covered
    (deletion) or alone shown (insertion), a row a picture. ``weights.npz``: both networks of seed 0
    as halves, ``0 w…`` the one with rulers beside cancers. ``networks.csv``: seconds, device.
    """
    work = asked()
    found = cells.run(cell, work, inputs, name=NAME, version=VERSION)
    tables = {"answers": [], "maps": [], "cascade": [], "curves": []}
    for one, arrays in zip(work, found, strict=True):
        tables["answers"].append(_answers(one, arrays))
        for of in ("ruler", "lesion"):
            tables["maps"].append(map_table(arrays, of).assign(mask=of, **one))
        if one["network"] == HONEST:
            tables["cascade"].append(_likeness(arrays).assign(seed=one["seed"]))
            tables["curves"].append(_curves(arrays).assign(seed=one["seed"]))
    halves = {
        f"{i} {key}": arrays[key]
        for i, arrays in enumerate(found[: len(RULERS)])
        for key in sorted(arrays)
        if key.startswith("w0")
    }
    made = {f"{name}.csv": pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    return made | {"weights.npz": halves, "networks.csv": cells.table(work, found)}


def _answers(one: dict, arrays: cells.Arrays) -> pd.DataFrame:
    own = {}
    for test in TESTS:
        shown = test_cases(test, one["seed"])["artefact_ruler"].to_numpy(bool)
        own[test] = np.where(shown, arrays["p all"], arrays["p none"])
    return pd.DataFrame(one | {"malignant": arrays["truth"]} | own)


def _likeness(arrays: cells.Arrays) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [arrays["cascade blocks"], names()], names=["block", "method"]
    )
    columns = {c: arrays[f"cascade {c}"].mean(axis=2).ravel() for c in ("spearman", "ssim")}
    return pd.DataFrame(columns, index=index).reset_index()


def _curves(arrays: cells.Arrays) -> pd.DataFrame:
    rows = []
    for kind in ("deletion", "insertion"):
        for method, values in zip((*names(), "random order"), arrays[kind], strict=True):
            about = {"kind": kind, "method": method, "picture": np.arange(len(values))}
            columns = {f"{share:g}": values[:, j] for j, share in enumerate(SHARES)}
            rows.append(pd.DataFrame(about | {"whole": arrays["whole"]} | columns))
    return pd.concat(rows, ignore_index=True)


def map_table(arrays: cells.Arrays, of: str) -> pd.DataFrame:
    """A row a method and picture: ``hit``, ``energy`` inside the mask, ``share`` of the picture."""
    tables = [
        pd.DataFrame(
            {
                "method": name,
                "picture": np.arange(len(arrays[f"{of} share"])),
                "hit": arrays[f"{of} hits"][i],
                "energy": arrays[f"{of} energy"][i],
                "share": arrays[f"{of} share"],
            }
        )
        for i, name in enumerate(names())
    ]
    return pd.concat(tables, ignore_index=True)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """A row a method of a `map_table` with ``lesion``: the hits, the energy and the energy over the
    mask's share, and how far hits and energy are ahead of the centred Gaussian's; with intervals.
    """
    from dermlab.interpretation import checks

    rows, wide = [], table.pivot(index="picture", columns="method", values=["hit", "energy"])
    lesion = table.drop_duplicates("picture").set_index("picture")["lesion"].loc[wide.index]
    share = table.drop_duplicates("picture")["share"].mean()
    for method in table["method"].unique():
        row = {"method": method, "n": len(wide), "n_lesions": lesion.nunique(), "share": share}
        for what in ("hit", "energy"):
            own = wide[what, method]
            measured = {what: own, f"{what}_ahead": own - wide[what, CONTROLS[1]]}
            if method == CONTROLS[1]:
                del measured[f"{what}_ahead"]
            for name, values in measured.items():
                found = checks.mean(values, lesion)
                row |= {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}
        rows.append(row)
    return pd.DataFrame(rows)
