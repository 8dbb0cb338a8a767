"""Makes shipped results: ``python -m results.make NAME…``; without a name it lists them.

A result is a folder with ``recipe.py``, whose ``RESULT`` says how it is made and from which files.
``make`` writes its tables and ``manifest.json``: command, seed, versions, minutes, the SHA-256 of
every input and output, and the source that it ran with. ``problems`` holds manifests against files:
other inputs, tables or outputs fail the tests; source that changed since is listed, no more.
Only here is real data looked for, in the folder that DERMLAB_DATA names.
"""

import ast
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

import dermlab
from dermlab import files
from dermlab.errors import InputError
from dermlab.lessons import results
from dermlab.lessons.results import MANIFEST, checksum, cure, difference
from dermlab.text import listing, plural
from results.common.result import REAL, VARIABLE, Outputs, Result

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn")


def recipe(name: str) -> Result:
    """How the result ``name`` is made; InputError where there is none."""
    if name not in results.names():
        raise InputError(f"No result is called {name!r}; there are {', '.join(results.names())}.")
    return import_module(f"results.{name}.recipe").RESULT


def make(name: str) -> dict:
    """Re-make a result and return its manifest.

    All files are written beside the earlier result, which gives way only when they are complete: a
    run that fails or is killed leaves it as it was. Raises InputError where an input is missing.
    """
    result = recipe(name)
    given = inputs(result)
    if missing := [key for key in result.reads if key not in given]:
        raise InputError(
            f"The result {name} is made from {listing(missing)}, which is not there: let the "
            f"environment variable {VARIABLE} name the folder that holds it."
        )
    started = time.monotonic()
    outputs = result.make(given)
    part = _beside(name)
    for file, content in outputs.items():
        _write(part / file, content)
    manifest = {
        **_described(name),
        "versions": _versions(),
        "minutes": round(_seconds(outputs, time.monotonic() - started) / 60, 3),
        "inputs": {key: checksum(path) for key, path in given.items()},
        "outputs": {file: checksum(part / file) for file in outputs},
        "source_is": "as it ran",
        "source": sources(name),
    }
    files.write_json(part / MANIFEST, manifest)
    files.replace_folder(part, results.FOLDER / name)
    return manifest


def problems(name: str) -> list[str]:
    """What does not fit between a result's manifest, its recipe and the files: a sentence each.

    Outputs and inputs from the checkout are always held against the manifest; real data only where
    DERMLAB_DATA names a folder that has the file.
    """
    result = recipe(name)
    try:
        manifest = results.manifest(name)
    except InputError as error:
        return [str(error)]
    sentences = []
    stated = {**manifest, "inputs": set(manifest["inputs"])}
    expected = {**_described(name), "inputs": set(result.reads)}
    if stale := [what for what in expected if stated.get(what) != expected[what]]:
        sentences.append(
            f"{name}: its recipe has other {listing(stale)} than {MANIFEST}: {cure(name)}."
        )
    for file, expected_sum in manifest["outputs"].items():
        if wrong := difference(results.FOLDER / name / file, expected_sum):
            sentences.append(f"{name}/{file} {wrong}: {cure(name)}.")
    for key, path in inputs(result).items():
        if key in manifest["inputs"] and (wrong := difference(path, manifest["inputs"][key])):
            sentences.append(f"{name} was made from another {key}: it {wrong}; {cure(name)}.")
    known = {*manifest["outputs"], MANIFEST, "recipe.py", "__pycache__"}
    known |= {Path(key).name for key in result.reads if key.startswith(f"results/{name}/")}
    if surplus := {path.name for path in (results.FOLDER / name).iterdir()} - known:
        sentences.append(
            f"{name} holds {listing(sorted(surplus))}, which {MANIFEST} does not name."
        )
    return sentences


def changed(name: str) -> list[str]:
    """The source files that are not what the result was made with; the result may still stand."""
    before, now = results.manifest(name).get("source", {}), sources(name)
    return sorted(file for file in {*before, *now} if before.get(file) != now.get(file))


def sources(name: str) -> dict[str, str]:
    """The recipe and every file of ours that it imports, however deep: path → SHA-256."""
    waiting, seen = [results.FOLDER / name / "recipe.py"], {}
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen[path] = checksum(path)
            waiting += _imported(path)
    named = {_name(path): digest for path, digest in seen.items()}
    return dict(sorted(named.items()))


def inputs(result: Result) -> dict[str, Path]:
    """The files that a result is made from, by name; real data only as far as they are there."""
    folder = os.environ.get(VARIABLE)
    paths = {}
    for key in result.reads:
        if not key.startswith(REAL):
            paths[key] = ROOT / key
        elif folder and Path(folder, key.removeprefix(REAL)).is_file():
            paths[key] = Path(folder, key.removeprefix(REAL))
    return paths


def run(wanted: Sequence[str]) -> None:
    """Re-make the results ``wanted``, or list all: rough times, real data, source changed since."""
    for earlier in results.FOLDER.glob(".*.earlier"):  # of a run that was killed
        files.heal_folder(earlier.with_name(earlier.name[1:].removesuffix(".earlier")))
    for name in wanted:
        recipe(name)
    for name in wanted:
        manifest = make(name)
        n_files = plural(len(manifest["outputs"]), "file")
        print(f"made {name}: {n_files} in {manifest['minutes']} min", flush=True)
    if not wanted:
        print("make results NAME=…  makes a shipped result again:\n")
        for name in results.names():
            print(_line(name))


def _line(name: str) -> str:
    result = recipe(name)
    data = [key for key in result.reads if key.startswith(REAL)]
    needs = f", reads {listing(data)}" if data else ""
    since = changed(name)
    source = f"; source changed since: {listing(since, 3)}" if since else ""
    return f"  {name:<26}about {result.minutes} min{needs}{source}"


# --- source ---------------------------------------------------------------------------------------


def _imported(path: Path) -> Iterator[Path]:
    """The files of dermlab and results that a file's import statements name, at any depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            dotted = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in dotted:
            if name.partition(".")[0] in ("dermlab", "results"):
                yield from _files(name)


def _files(dotted: str) -> list[Path]:
    place = ROOT.joinpath(*dotted.split("."))
    return [p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()]


def _name(path: Path) -> str:
    """The path from the root of the checkout."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()


# --- the files ------------------------------------------------------------------------------------


def _described(name: str) -> dict:
    result = recipe(name)
    command = f"make results NAME={name}"
    own = {"about": result.about, "kind": result.kind, "command": command, "seed": result.seed}
    return {"name": name, **own}


def _seconds(outputs: Outputs, elapsed: float) -> float:
    """How long it took; of a result in cells, what its cells took, whenever they were made."""
    tables = [table for table in outputs.values() if isinstance(table, pd.DataFrame)]
    of_cells = sum(table["seconds"].sum() for table in tables if "seconds" in table)
    return float(max(elapsed, of_cells))


def _write(path: Path, content: pd.DataFrame | dict[str, np.ndarray]) -> None:
    """A table as CSV with seven significant digits, a dict of arrays as npz."""
    if isinstance(content, pd.DataFrame):
        text = content.to_csv(index=False, float_format="%.7g", lineterminator="\n")
        files.write(path, text)
        return
    files.write_npz(path, content, compress=True)


def _beside(name: str) -> Path:
    """A new folder beside the result's, with what of the result is no output: its recipe."""
    part, place = results.FOLDER / f".{name}.part", results.FOLDER / name
    shutil.rmtree(part, ignore_errors=True)  # what a killed run has left
    part.mkdir()
    try:
        outputs = results.manifest(name)["outputs"]
    except InputError:  # made for the first time, or damaged
        outputs = [path.name for path in place.iterdir() if path.suffix in (".csv", ".npz")]
    kept = {Path(key).name for key in recipe(name).reads if key.startswith(f"results/{name}/")}
    for path in place.iterdir():
        if path.is_file() and (path.name in kept or path.name not in {*outputs, MANIFEST}):
            shutil.copy2(path, part)
    return part


def _versions() -> dict[str, str]:
    own = {"python": platform.python_version(), "dermlab": dermlab.__version__}
    return own | {library: version(library) for library in LIBRARIES}


if __name__ == "__main__":
    from dermlab.cli import console

    sys.exit(console.run(lambda: run(sys.argv[1:])))
