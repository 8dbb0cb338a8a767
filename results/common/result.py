"""What a shipped result is, and where its inputs lie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

Inputs = Mapping[str, Path]
Outputs = dict[str, pd.DataFrame | dict[str, np.ndarray]]

VARIABLE = "DERMLAB_DATA"
REAL, SHIPPED, RESULTS = f"{VARIABLE}/", "dermlab/data/", "results/"
TREE, TASKS = f"{SHIPPED}taxonomy/tree.csv", f"{SHIPPED}tasks.csv"
WEIGHTS = f"{SHIPPED}weights/compact_mixed.npz"
CLINIC = (  # whatever makes patients, draws their lesions and asks a task of them
    *(f"{SHIPPED}clinic/{n}.csv" for n in ("look_alikes", "partitions", "phenotypes", "signs")),
    TREE,
    TASKS,
)
HAM10000 = f"{REAL}HAM10000_metadata_with_dataset.csv"
MAPPING = (f"{SHIPPED}crosswalks/ham10000.csv", TREE)
OF_HAM10000 = (
    "HAM10000's published table (Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018; "
    "CC BY-NC 4.0)"
)


@dataclass(frozen=True)
class Result:
    """A shipped result: its maker, what it says, and what it was made from.

    ``kind`` is the mark of its numbers (*measured here*, *simulated*), ``minutes`` a rough time on
    two cores. ``reads`` names the files it is made from: ``dermlab/data/…`` of the package,
    ``results/…`` of other results, ``DERMLAB_DATA/…`` of the folder that this variable names;
    ``make`` gets their paths by name and returns the output files by name: tables, or dicts of
    arrays.
    """

    make: Callable[[Inputs], Outputs]
    about: str
    kind: str
    seed: int
    minutes: float
    reads: tuple[str, ...]
