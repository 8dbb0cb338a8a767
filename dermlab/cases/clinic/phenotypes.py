"""What a disease looks like: graded signs, part described, part inherited down the disease tree.

A look is a vector of grades, one a sign (data/clinic/signs.csv), on the scale of clinical scores:
0 absent, 1 slight, 2 moderate, 3 marked, 4 extreme. It has two parts.

Described: data/clinic/phenotypes.csv grades the signs that dermatology names, for the nine
partitions and for some families and diseases; a node inherits what it does not grade itself.

Drawn: a normal vector at each of four levels of the tree, one a node, drawn from the node's name.
A disease's drawn part is the sum over its ancestors, weighted so that the levels' variances stand
in the proportion ``shares``. The shares are fixed beforehand: they decide how much a disease tells
about its siblings, hence whether training on finer classes can pay.
"""

import zlib
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd

from dermlab.cases import taxonomy
from dermlab.errors import InputError

LEVELS = ("three-way", "nine-way", "family", "leaf")
SHARES = (0.1, 0.2, 0.35, 0.35)
LOOK_SPREAD = 0.95  # standard deviation of the drawn part, in grades
LESION_SPREAD = 0.95  # of a lesion about its disease's look
_STEEPNESS = 1.5


@lru_cache(maxsize=1)
def signs() -> pd.DataFrame:
    """The signs: index ``sign``; ``low, high, scale, vary, suspicion, meaning, source``."""
    return _table("signs").set_index("sign")


@lru_cache(maxsize=1)
def partitions() -> pd.DataFrame:
    """What is stated of each of the nine partitions: errors, ages, sites; index ``partition``."""
    return _table("partitions").set_index("partition")


@lru_cache(maxsize=1)
def look_alikes() -> pd.DataFrame:
    """Which disease is taken for which: ``disease, taken_for, source``."""
    return _table("look_alikes")


def described(tree: pd.DataFrame) -> pd.DataFrame:
    """The described grades of every node, (nodes, signs): its own, else its nearest ancestor's."""
    graded = _table("phenotypes").pivot(index="node", columns="sign", values="grade")
    graded = graded.reindex(index=tree["child"], columns=signs().index)
    parent = tree.set_index("child")["parent"]
    for node in taxonomy.descendants(tree, taxonomy.ROOT)[1:]:  # parents come first
        graded.loc[node] = graded.loc[node].fillna(graded.loc[parent[node]])
    return graded


def looks(
    tree: pd.DataFrame | None = None, *, shares=SHARES, described_weight: float = 1.0
) -> pd.DataFrame:
    """The look of every disease that carries images: grades, (diseases, signs).

    ``shares``: the variance drawn at each of `LEVELS`, summing to 1. ``described_weight`` scales
    how far the described grades stand from the tree's mean look: 0 leaves the drawn part alone.
    InputError where the shares are not four parts of 1.
    """
    tree = taxonomy.load_tree() if tree is None else tree
    shares = np.asarray(shares, float)
    if shares.shape != (len(LEVELS),) or (shares < 0).any() or abs(shares.sum() - 1) > 1e-6:
        raise InputError(
            f"shares are {len(LEVELS)} parts of 1, for {', '.join(LEVELS)}; not {tuple(shares)}."
        )
    names = list(tree.loc[tree["n"] > 0, "child"])
    grades = described(tree).loc[names]
    drawn = np.zeros(grades.shape)
    for level, share in zip(LEVELS, shares, strict=True):
        ancestor = taxonomy.ancestor_at(tree, level).reindex(names)
        ancestor = ancestor.fillna(pd.Series(names, names)) if level != "leaf" else names
        drawn += np.sqrt(share) * np.stack([_own_vector(level, node) for node in ancestor])
    mean = grades.mean()
    return mean + described_weight * (grades - mean) + LOOK_SPREAD * drawn * spread()


def spread() -> np.ndarray:
    """How much each sign takes part in what is drawn, (signs,)."""
    return signs()["vary"].to_numpy()


def values(grades: np.ndarray) -> dict[str, float]:
    """One lesion's grades (signs,) as the quantities that are drawn, by the sign's own scale."""
    share = 1 / (1 + np.exp(-_STEEPNESS * (np.asarray(grades, float) - 2)))
    low, high, logarithmic = _scales()
    value = low + (high - low) * share
    value = np.where(logarithmic, np.exp(value), np.maximum(value, 0))
    return dict(zip(signs().index, value.tolist(), strict=True))


def suspicion(grades: np.ndarray) -> np.ndarray:
    """How much grades (n, signs) look like cancer: a weighted sum of grades, (n,)."""
    return (np.asarray(grades) - 1) @ signs()["suspicion"].to_numpy()


@lru_cache(maxsize=1)
def _scales() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each sign's value at either end, and whether those are logarithms of it."""
    logarithmic = (signs()["scale"] == "log").to_numpy()
    ends = [signs()[name].to_numpy(float).copy() for name in ("low", "high")]
    for end in ends:
        end[logarithmic] = np.log(end[logarithmic])
    return *ends, logarithmic


def _own_vector(level: str, node: str) -> np.ndarray:
    """A node's own standard normal vector, a function of its name alone."""
    seed = zlib.crc32(f"{level}/{node}".encode())
    return np.random.default_rng(seed).standard_normal(len(signs()))


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(str(files("dermlab") / "data" / "clinic" / f"{name}.csv"))
