"""Shipped results: what takes long, made once, with a manifest of how and from what.

``results/NAME/`` of the checkout holds ``recipe.py``, CSV and npz files (no pickle) and
``manifest.json``; ``make results NAME=…`` makes one again (``results/make.py``). ``read`` verifies
what it reads.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd

import dermlab
from dermlab import files
from dermlab.errors import InputError

FOLDER = Path(dermlab.__file__).parents[1] / "results"
MANIFEST = "manifest.json"


def names() -> list[str]:
    """The shipped results, in alphabetical order; InputError outside a checkout."""
    if not FOLDER.is_dir():
        raise InputError(
            f"There is no folder {FOLDER}: shipped results stand in the repository, so "
            "clone it and install dermlab from there (make env)."
        )
    return sorted(path.parent.name for path in FOLDER.glob("[!.]*/recipe.py"))


def read(name: str, file: str) -> pd.DataFrame | dict[str, np.ndarray]:
    """A file of a shipped result: a table from CSV, a dict of arrays from npz.

    Raises InputError where there is no such result or file, and where the file is missing or is
    not, by its SHA-256, the one that the manifest describes.
    """
    outputs = manifest(name)["outputs"]
    if file not in outputs:
        raise InputError(f"The result {name} has no file {file!r}; it has {', '.join(outputs)}.")
    path = FOLDER / name / file
    if wrong := difference(path, outputs[file]):
        raise InputError(f"{name}/{file} {wrong}: {cure(name)}.")
    if path.suffix == ".csv":
        return pd.read_csv(path)
    return files.read_npz(path, cure=cure(name))


def manifest(name: str) -> dict:
    """How a result was made: the content of its ``manifest.json``; InputError as `read`."""
    if name not in names():
        raise InputError(f"No result is called {name!r}; there are {', '.join(names())}.")
    try:
        content = json.loads((FOLDER / name / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{name}/{MANIFEST} is missing: {cure(name)}.") from error
    except files.UNREADABLE:
        content = None
    if not isinstance(content, dict) or not {"inputs", "outputs"} <= content.keys():
        raise InputError(f"{name}/{MANIFEST} is damaged: {cure(name)}.")
    return content


def checksum(path: Path) -> str:
    """SHA-256 (hex); of text with plain line ends, since git may write others on Windows."""
    content = path.read_bytes()
    if path.suffix in (".csv", ".py"):
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()


def difference(path: Path, expected: str) -> str | None:
    """What is wrong with a file, as the end of a sentence; None if it is the manifest's."""
    if not path.is_file():
        return "is missing"
    return None if checksum(path) == expected else "is not the one that the manifest describes"


def cure(name: str) -> str:
    """What to do about a damaged result, as the end of a sentence."""
    return f"get it from the repository again, or re-make it with `make results NAME={name}`"
