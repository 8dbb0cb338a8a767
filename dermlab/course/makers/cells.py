"""Long results in cells: each is made once and kept, in as many processes as are asked for.

A cell is a dict of plain values that says which network to train. What came of it is kept in the
cache under the cell, the inputs' checksums and a version: a killed run goes on where it stopped.
``DERMLAB_JOBS`` is how many processes work at a time (1 where it is unset).
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from dermlab import cache
from dermlab.course.makers.result import Inputs, checksum
from dermlab.errors import InputError

JOBS = "DERMLAB_JOBS"
Arrays = dict[str, np.ndarray]
Work = Callable[[dict, Inputs], Arrays]


def run(
    work: Work, cells: Sequence[dict], inputs: Inputs, *, name: str, version: int = 1
) -> list[Arrays]:
    """``work(cell, inputs)`` for every cell, in the order of ``cells``.

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


def _one(work: Work, inputs: Inputs, keys: dict, name: str, version: int, cell: dict) -> Arrays:
    found = cache.load_or_make(
        lambda: work(cell, inputs),
        inputs={"cell": cell, "files": keys},
        version=version,
        name=name,
    )
    print(f"{name}: {', '.join(f'{k} {v}' for k, v in cell.items())}", file=sys.stderr, flush=True)
    return found


def _jobs() -> int:
    text = os.environ.get(JOBS) or "1"
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"{JOBS} is a number of processes of at least 1, not {text!r}.")
    return int(text)
