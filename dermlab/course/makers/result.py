"""What a shipped result is, and where its inputs lie."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

Inputs = Mapping[str, Path]
Outputs = dict[str, pd.DataFrame | dict[str, np.ndarray]]

VARIABLE = "DERMLAB_DATA"
REAL, SHIPPED = f"{VARIABLE}/", "dermlab/data/"
HAM10000 = f"{REAL}HAM10000_metadata_with_dataset.csv"
MAPPING = (f"{SHIPPED}crosswalks/ham10000.csv", f"{SHIPPED}taxonomy/tree.csv")
OF_HAM10000 = (
    "HAM10000's published table (Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018; "
    "CC BY-NC 4.0)"
)


@dataclass(frozen=True)
class Result:
    """A shipped result: its maker, what it says, and what it was made from.

    ``kind`` is the mark of its numbers (*measured here*, *simulated*), ``minutes`` a rough time on
    two cores. ``reads`` names the files it is made from: ``dermlab/data/…`` of the package,
    ``DERMLAB_DATA/…`` of the folder that this variable names; the maker gets their paths by name.
    """

    make: Callable[[Inputs], Outputs]
    about: str
    kind: str
    seed: int
    minutes: float
    reads: tuple[str, ...]


def checksum(path: Path) -> str:
    """SHA-256 (hex); of a CSV with plain line ends, since git may write others on Windows."""
    content = path.read_bytes()
    if path.suffix == ".csv":
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()
