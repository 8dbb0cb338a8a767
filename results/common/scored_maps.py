"""Maps of many pictures as scores: what the recipes of saliency results share.

A cell's arrays are (maps, pictures, …), the maps in the order of `names`: the methods, then two
controls that know no network. Tables have intervals over pictures or lesions.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from results.common import cells

CONTROLS, RANDOM = ("edge detector", "centred Gaussian"), "random order"
AT_A_TIME = 100  # pictures: occlusion and SmoothGrad hold many copies


def names() -> tuple[str, ...]:
    """The maps in the order of the arrays: the methods, then the controls."""
    from dermlab.interpretation import saliency

    return (*saliency.METHODS, *CONTROLS)


# --- arrays of a cell -----------------------------------------------------------------------------


def maps_of(model, pixels: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Every method's maps (n, h, w) of the log-odds of ``targets``, and the controls'."""
    from dermlab.interpretation import checks, saliency

    found = {}
    for method in saliency.METHODS:
        parts = np.array_split(np.arange(len(pixels)), max(1, len(pixels) // AT_A_TIME))
        found[method] = np.concatenate(
            [saliency.maps(model, pixels[rows], targets[rows], method) for rows in parts]
        )
    controls = checks.edges(pixels), checks.gaussian(len(pixels), pixels.shape[1])
    return found | dict(zip(CONTROLS, controls, strict=True))


def against_masks(maps: dict[str, np.ndarray], masks: np.ndarray, of: str) -> cells.Arrays:
    """``OF hits``, ``OF energy`` (maps, pictures) and ``OF share`` (pictures)."""
    from dermlab.interpretation import checks

    return {
        f"{of} hits": np.array([checks.hits(each, masks) for each in maps.values()]),
        f"{of} energy": np.array([checks.energy(each, masks) for each in maps.values()]),
        f"{of} share": masks.mean(axis=(1, 2)),
    }


def covered(
    value: Callable[[np.ndarray], np.ndarray],
    pixels: np.ndarray,
    maps: dict[str, np.ndarray],
    shares: Sequence[float],
    seed: int = 0,
) -> cells.Arrays:
    """``deletion``, ``insertion`` (maps and a random order, pictures, shares) and ``whole``."""
    from dermlab.interpretation import checks

    maps = maps | {RANDOM: np.random.default_rng(seed).random(maps[CONTROLS[0]].shape)}
    return {
        name: np.array([checks.covered(value, pixels, m, shares, insert=i) for m in maps.values()])
        for name, i in (("deletion", False), ("insertion", True))
    } | {"whole": value(pixels.astype(np.float32))}


# --- tables ---------------------------------------------------------------------------------------


def estimates(values: dict[str, np.ndarray], groups=None) -> dict[str, float]:
    """Means with intervals: ``NAME``, ``NAME_low``, ``NAME_high``.

    A picture without a value (a map that is the same everywhere has no rank correlation) is left
    out.
    """
    from dermlab.evaluation import intervals

    row = {}
    for name, each in values.items():
        known = np.isfinite(np.asarray(each, float))
        of_known = None if groups is None else np.asarray(groups)[known]
        result = intervals.mean(np.asarray(each)[known], of_known)
        row |= {name: result.estimate, f"{name}_low": result.low, f"{name}_high": result.high}
    return row


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
    """A row a method of a `map_table` with ``lesion``: hits and energy, and how far both are ahead
    of the centred Gaussian's, with intervals over lesions; ``share``: the mask's of the picture.
    """
    rows, wide = [], table.pivot(index="picture", columns="method", values=["hit", "energy"])
    lesion = table.drop_duplicates("picture").set_index("picture")["lesion"].loc[wide.index]
    share = table.drop_duplicates("picture")["share"].mean()
    for method in table["method"].unique():
        measured = {what: wide[what, method] for what in ("hit", "energy")}
        if method != CONTROLS[1]:
            for what in ("hit", "energy"):
                measured[f"{what}_ahead"] = wide[what, method] - wide[what, CONTROLS[1]]
        row = {"method": method, "n": len(wide), "n_lesions": lesion.nunique(), "share": share}
        rows.append(row | estimates(measured, lesion))
    return pd.DataFrame(rows)


def curves(found: Sequence[cells.Arrays], shares: Sequence[float]) -> pd.DataFrame:
    """A row a kind, map and share: the mean of the answer's probability."""
    rows = []
    for kind in ("deletion", "insertion"):
        at, of_map = _covered(found, kind, shares)
        for method, values in of_map.items():
            for share, column in zip(at, values.T, strict=True):
                row = {"kind": kind, "method": method, "share": share, "n": len(column)}
                rows.append(row | estimates({"p": column}))
    return pd.DataFrame(rows)


def areas(found: Sequence[cells.Arrays], shares: Sequence[float]) -> pd.DataFrame:
    """A row a kind and map: the area, and how far it is better than the centred Gaussian's and than
    a random order's (smaller in a deletion, larger in an insertion)."""
    from dermlab.interpretation import checks

    rows = []
    for kind, better in (("deletion", -1), ("insertion", 1)):
        at, of_map = _covered(found, kind, shares)
        area = {method: checks.area(values, at) for method, values in of_map.items()}
        for method, own in area.items():
            ahead = {
                name: better * (own - area[rival])
                for name, rival in (("ahead_gaussian", CONTROLS[1]), ("ahead_random", RANDOM))
                if method != rival
            }
            row = {"kind": kind, "method": method, "n": len(own)}
            rows.append(row | estimates({"area": own} | ahead))
    return pd.DataFrame(rows)


def _covered(found: Sequence[cells.Arrays], kind: str, shares: Sequence[float]) -> tuple:
    """The shares, and a curve a picture (n, shares) of each map; the whole picture is a point too.

    Nothing covered is the whole picture, and so is everything shown.
    """
    whole = np.concatenate([arrays["whole"] for arrays in found])[:, None]
    of_map, deletes = {}, kind == "deletion"
    for m, method in enumerate((*names(), RANDOM)):
        part = np.concatenate([arrays[kind][m] for arrays in found])
        of_map[method] = np.hstack([whole, part] if deletes else [part, whole])
    return ((0.0, *shares) if deletes else (*shares, 1.0)), of_map
