"""What takes long is made once: ``load_or_make``, keyed by the content of its inputs.

An entry is one ``.npz`` file without pickle. What comes back is always read from the file, so that
the first call and the hundredth return the same thing.
"""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock
from platformdirs import user_cache_path

from dermlab import files, locks
from dermlab.errors import InputError

VARIABLE = "DERMLAB_CACHE"


def load_or_make(
    make: Callable[[], Any],
    *,
    inputs: dict[str, Any],
    version: int,
    name: str,
    within: Path | str | None = None,
) -> Any:
    """What ``make()`` returns, from the cache if the same was made before.

    Parameters
    ----------
    make : called without arguments where there is no readable entry. It returns an array, a
        DataFrame (columns of numbers, truth values or ``str``), a dict of arrays, or a value that
        JSON can hold; tuples come back as lists.
    inputs : everything the result depends on: values that JSON can hold, arrays and DataFrames
        (they count by content and dtype). A file is given by its checksum, never by its path.
    version : raised by hand whenever ``make`` changes what it would return.
    name : the entry's readable name, a part of its file name.
    within : the folder; default ``$DERMLAB_CACHE``, else the cache folder of the user.

    Two processes that ask for one entry make it once: the second waits. An entry that cannot be
    read is made again, with one line on stderr.
    """
    path = folder(within) / f"{name}-{key(inputs, version)}.npz"
    with lock(path):
        if path.exists():
            try:
                return _load(path)
            except files.UNREADABLE as error:
                print(f"cache: {path.name} is damaged and made again ({error})", file=sys.stderr)
        _save(path, make())
        return _load(path)


def key(inputs: dict[str, Any], version: int) -> str:
    """SHA-256 (hex) of the canonical JSON of ``inputs`` and ``version``."""
    canonical = {"inputs": _canonical(inputs), "version": version}
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """The same value from what JSON can hold; arrays and tables become their checksums."""
    if isinstance(value, np.ndarray):
        _check_storable(value.dtype, "an array")
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return {"__array__": [value.dtype.str, list(value.shape), content]}
    if isinstance(value, pd.DataFrame):
        columns = {str(name): _column(value[name]) for name in value}
        return {"__table__": [*_canonical(columns).items(), _canonical(_column(value.index))]}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {name: _canonical(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"A cache key cannot hold {value!r}: give a file by its checksum.")


def _save(path: Path, value: Any) -> None:
    """Write ``value``: a description in JSON, which holds all text, and the arrays it counts."""
    arrays: list[np.ndarray] = []

    def put(part: np.ndarray | list) -> dict:
        if isinstance(part, list):
            return {"text": part}
        _check_storable(part.dtype, "an array")
        arrays.append(part)
        return {"array": len(arrays) - 1}

    if isinstance(value, np.ndarray):
        form = {"kind": "array", "values": put(value)}
    elif isinstance(value, pd.DataFrame):
        plain = value.index.equals(pd.RangeIndex(len(value))) and value.index.name is None
        index = None if plain else [value.index.name, put(_column(value.index))]
        columns = [[name, put(_column(value[name]))] for name in value]
        form = {"kind": "table", "columns": columns, "index": index}
    elif isinstance(value, dict) and all(isinstance(p, np.ndarray) for p in value.values()):
        form = {"kind": "arrays", "values": {name: put(part) for name, part in value.items()}}
    else:
        form = {"kind": "json", "value": value}
    members = {f"array{number}": array for number, array in enumerate(arrays)}
    files.write_npz(path, {"form": np.array(json.dumps(form))} | members)


def _load(path: Path) -> Any:
    entry = files.read_npz(path, cure="delete it")
    form = json.loads(str(entry["form"]))

    def get(part: dict) -> Any:
        if "text" in part:
            return pd.array(part["text"], dtype="str")
        return entry[f"array{part['array']}"]

    if form["kind"] == "json":
        return form["value"]
    if form["kind"] == "array":
        return get(form["values"])
    if form["kind"] == "arrays":
        return {name: get(part) for name, part in form["values"].items()}
    table = pd.DataFrame({name: get(part) for name, part in form["columns"]})
    if form["index"]:
        table.index = pd.Index(get(form["index"][1]), name=form["index"][0])
    return table


def _column(column: pd.Series | pd.Index) -> np.ndarray | list:
    """A column as an array, or as a list of text where a missing cell is None."""
    if isinstance(column.dtype, pd.StringDtype):
        return [None if pd.isna(cell) else cell for cell in column]
    _check_storable(column.dtype, f"column {column.name!r}")
    return column.to_numpy()


def _check_storable(dtype: Any, what: str) -> None:
    if not isinstance(dtype, np.dtype) or dtype.kind not in "biufcSU":
        raise TypeError(f"The cache holds no {dtype}, as in {what}: numbers, truth values, text.")


def folder(within: Path | str | None = None) -> Path:
    """Where entries stand: ``within``, else ``$DERMLAB_CACHE``, else the user's cache folder."""
    named = within or os.environ.get(VARIABLE)
    return Path(named) if named else user_cache_path("dermlab", appauthor=False)


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """The lock of the entry at ``path``, held until the with statement ends; others wait."""
    held = FileLock(path.with_suffix(".lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held.acquire()
    except OSError as error:
        raise InputError(
            f"The cache cannot be written to {path.parent} ({error.strerror}): "
            f"let {VARIABLE} name a folder that can."
        ) from error
    try:
        yield
    finally:
        locks.let_go(held)
