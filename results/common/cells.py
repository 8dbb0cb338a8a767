"""Long results in cells: each is made once and kept, in as many processes as are asked for.

A cell is a dict of plain values that says which network to train. What came of it is kept in the
cache under the cell, the inputs' checksums and a version: a killed run goes on where it stopped.
``DERMLAB_JOBS`` is how many processes work at a time (1 where it is unset).
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

from dermlab import cache
from dermlab.errors import InputError
from dermlab.lessons.results import checksum
from results.common.result import Inputs

JOBS = "DERMLAB_JOBS"
Arrays = dict[str, np.ndarray]
Work = Callable[[dict, Inputs], Arrays]


def run(
    work: Work, cells: Sequence[dict], inputs: Inputs, *, name: str, version: int = 1
) -> list[Arrays]:
    """``work(cell, inputs)`` for every cell, in the order of ``cells``.

    Beside what ``work`` returns, each has ``seconds`` (how long it took) and ``device`` (on what).
    ``work`` is a function of a module, so that another process can find it. ``version`` is raised
    whenever the same cell would give other arrays.
    """
    keys = {key: checksum(path) for key, path in inputs.items()}
    one = partial(_one, work, inputs, keys, name, version)
    jobs = _jobs()
    if jobs == 1:
        return [one(cell) for cell in cells]
    spawn = multiprocessing.get_context("spawn")  # a forked backend would hang
    with ProcessPoolExecutor(jobs, mp_context=spawn) as pool:
        return list(pool.map(one, cells))


def table(cells: Sequence[dict], found: Sequence[Arrays]) -> pd.DataFrame:
    """A row a cell: its values, ``seconds`` and ``device``."""
    rows = [
        cell | {"seconds": float(arrays["seconds"]), "device": str(arrays["device"])}
        for cell, arrays in zip(cells, found, strict=True)
    ]
    return pd.DataFrame(rows)


def _one(work: Work, inputs: Inputs, keys: dict, name: str, version: int, cell: dict) -> Arrays:
    asked = {"cell": cell, "files": keys}
    return cache.load_or_make(
        partial(_timed, work, inputs, name, cell), inputs=asked, version=version, name=name
    )


def _timed(work: Work, inputs: Inputs, name: str, cell: dict) -> Arrays:
    from dermlab.network import backend

    started = time.perf_counter()
    found = {key: np.asarray(value) for key, value in work(cell, inputs).items()}
    seconds = time.perf_counter() - started
    about = backend.describe()
    device = f"{about['devices'][0]}, {about['backend']} {about['backend_version']}"
    what = ", ".join(f"{key} {value}" for key, value in cell.items())
    print(f"{name}: {what}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return found | {"seconds": np.array(round(seconds, 1)), "device": np.array(device)}


def _jobs() -> int:
    text = os.environ.get(JOBS) or "1"
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"{JOBS} is a number of processes of at least 1, not {text!r}.")
    return int(text)
