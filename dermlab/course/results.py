"""Shipped results: what takes long, made once, with a manifest of how and from what.

``dermlab/data/results/NAME/`` holds CSV and npz files (no pickle) and ``manifest.json``: command,
seed, versions, minutes, and the SHA-256 of every input and output. ``read`` verifies what it reads;
``make`` re-makes a result from its maker in ``makers``; ``problems`` holds manifests against files.
Only ``make`` and ``problems`` look for real data, in the folder that DERMLAB_DATA names.
"""

import json
import os
import platform
import shutil
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

import dermlab
from dermlab.course import makers
from dermlab.course.makers.result import checksum
from dermlab.errors import InputError
from dermlab.text import listing, plural

PACKAGE = Path(dermlab.__file__).parent
FOLDER = PACKAGE / "data" / "results"
MANIFEST = "manifest.json"
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn")


def names() -> list[str]:
    """The shipped results."""
    return list(makers.RESULTS)


def read(name: str, file: str) -> pd.DataFrame | dict[str, np.ndarray]:
    """A file of a shipped result: a table from CSV, a dict of arrays from npz.

    Raises InputError where there is no such result or file, and where the file is missing or is
    not, by its SHA-256, the one that the manifest describes.
    """
    outputs = manifest(name)["outputs"]
    if file not in outputs:
        raise InputError(f"The result {name} has no file {file!r}; it has {', '.join(outputs)}.")
    path = FOLDER / name / file
    if wrong := _difference(path, outputs[file]):
        raise InputError(f"{name}/{file} {wrong}: {_cure(name)}.")
    if path.suffix == ".csv":
        return pd.read_csv(path)
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def manifest(name: str) -> dict:
    """How a result was made: the content of its ``manifest.json``."""
    _known(name)
    try:
        found = json.loads((FOLDER / name / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{name}/{MANIFEST} is missing: {_cure(name)}.") from error
    except ValueError:
        found = None
    if not isinstance(found, dict) or not {"inputs", "outputs"} <= found.keys():
        raise InputError(f"{name}/{MANIFEST} is damaged: {_cure(name)}.")
    return found


def make(name: str) -> dict:
    """Re-make a result and return its manifest.

    All files are written beside the earlier result, which gives way only when they are complete: a
    run that fails or is killed leaves it as it was. Raises InputError where an input is missing.
    """
    result = _known(name)
    inputs = _inputs(result)
    if missing := [key for key in result.reads if key not in inputs]:
        raise InputError(
            f"The result {name} is made from {listing(missing)}, which is not there: let the "
            f"environment variable {makers.VARIABLE} name the folder that holds it."
        )
    started = time.monotonic()
    outputs = result.make(inputs)
    part = FOLDER / f".{name}.part"
    shutil.rmtree(part, ignore_errors=True)  # what a killed run has left
    part.mkdir(parents=True)
    for file, content in outputs.items():
        _write(part / file, content)
    found = {
        **_described(name),
        "versions": _versions(),
        "minutes": round(_seconds(outputs, time.monotonic() - started) / 60, 3),
        "inputs": {key: checksum(path) for key, path in inputs.items()},
        "outputs": {file: checksum(part / file) for file in outputs},
    }
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (part / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    _put_in_place(part, FOLDER / name)
    return found


def problems(name: str) -> list[str]:
    """What does not fit between a result's manifest, its maker and the files: a sentence each.

    Outputs and inputs from the package are always held against the manifest; real data only where
    DERMLAB_DATA names a folder that has the file.
    """
    result = _known(name)
    try:
        found = manifest(name)
    except InputError as error:
        return [str(error)]
    told = []
    stated = {**found, "inputs": set(found["inputs"])}
    expected = {**_described(name), "inputs": set(result.reads)}
    if stale := [what for what in expected if stated.get(what) != expected[what]]:
        told.append(f"{name}: its maker has other {listing(stale)} than {MANIFEST}: {_cure(name)}.")
    for file, expected_sum in found["outputs"].items():
        if wrong := _difference(FOLDER / name / file, expected_sum):
            told.append(f"{name}/{file} {wrong}: {_cure(name)}.")
    for key, path in _inputs(result).items():
        if key in found["inputs"] and (wrong := _difference(path, found["inputs"][key])):
            told.append(f"{name} was made from another {key}: it {wrong}; {_cure(name)}.")
    surplus = {path.name for path in (FOLDER / name).iterdir()} - {*found["outputs"], MANIFEST}
    if surplus:
        told.append(f"{name} holds {listing(sorted(surplus))}, which {MANIFEST} does not name.")
    return told


def run(wanted: Sequence[str]) -> None:
    """Re-make the results ``wanted``, or list all of them with their rough times."""
    for name in wanted:
        _known(name)
    for name in wanted:
        found = make(name)
        files = plural(len(found["outputs"]), "file")
        print(f"made {name}: {files} in {found['minutes']} min", flush=True)
    if not wanted:
        print("make results NAME=…  makes a shipped result again:\n")
        for name, result in makers.RESULTS.items():
            data = [key for key in result.reads if _is_real(key)]
            needs = f", reads {listing(data)}" if data else ""
            print(f"  {name:<26}about {result.minutes} min{needs}")


# --- the files ------------------------------------------------------------------------------------


def _known(name: str) -> makers.Result:
    if name not in makers.RESULTS:
        raise InputError(f"No result is called {name!r}; there are {', '.join(names())}.")
    return makers.RESULTS[name]


def _cure(name: str) -> str:
    return f"get it from the repository again, or re-make it with `make results NAME={name}`"


def _described(name: str) -> dict:
    result = _known(name)
    command = f"make results NAME={name}"
    own = {"about": result.about, "kind": result.kind, "command": command, "seed": result.seed}
    return {"name": name, **own}


def _seconds(outputs: makers.Outputs, elapsed: float) -> float:
    """How long it took; of a result in cells, what its cells took, whenever they were made."""
    tables = [table for table in outputs.values() if isinstance(table, pd.DataFrame)]
    of_cells = sum(table["seconds"].sum() for table in tables if "seconds" in table)
    return float(max(elapsed, of_cells))


def _is_real(key: str) -> bool:
    return key.startswith(makers.REAL)


def _inputs(result: makers.Result) -> dict[str, Path]:
    """The files that a result is made from, by name; real data only as far as they are there."""
    folder = os.environ.get(makers.VARIABLE)
    paths = {}
    for key in result.reads:
        if not _is_real(key):
            paths[key] = PACKAGE.parent / key
        elif folder and Path(folder, key.removeprefix(makers.REAL)).is_file():
            paths[key] = Path(folder, key.removeprefix(makers.REAL))
    return paths


def _write(path: Path, content: pd.DataFrame | dict[str, np.ndarray]) -> None:
    """A table as CSV with seven significant digits, a dict of arrays as npz."""
    if isinstance(content, pd.DataFrame):
        content.to_csv(path, index=False, float_format="%.7g", lineterminator="\n")
        return
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **content)


def _put_in_place(part: Path, place: Path) -> None:
    """Move the whole folder at once; the earlier one is deleted last."""
    earlier = place.with_name(f".{place.name}.earlier")
    shutil.rmtree(earlier, ignore_errors=True)
    if place.exists():
        place.rename(earlier)
    part.rename(place)
    shutil.rmtree(earlier, ignore_errors=True)


def _difference(path: Path, expected: str) -> str | None:
    """What is wrong with a file, as the end of a sentence; None if it is the manifest's."""
    if not path.is_file():
        return "is missing"
    return None if checksum(path) == expected else "is not the one that the manifest describes"


def _versions() -> dict[str, str]:
    own = {"python": platform.python_version(), "dermlab": dermlab.__version__}
    return own | {library: version(library) for library in LIBRARIES}
