"""2D/3D registration by regression: the paper's method in small, ingredients left out, a search.

The same radiographs and starts for every way and seed; they are made by another renderer than the
pairs that are learnt from (`dermlab.survey.radiographs`). A seed draws legs and pairs to learn
from, initial weights and the order of learning. Nothing is chosen by a result: sizes, limits and
epochs were set on other radiographs (seed 99).

Every way learns from as many pairs in all. Without partitioning that is a network a stage with four
times the pairs, without hierarchy a network a zone with three times. What the number of pairs is
worth is asked of each way with an eighth of them.
"""

import time
from functools import lru_cache

import numpy as np
import pandas as pd

from dermlab.evaluation import intervals, repeats
from dermlab.survey import poses, radiographs, registration, residuals
from results.common import cells, estimates
from results.common.result import Inputs, Outputs, Result

NAME, VERSION = "survey_registration", 2
SEEDS = range(5)
TEST_SEED, N_RADIOGRAPHS, N_STARTS = 1600, 60, 3
N_PAIRS, EPOCHS, N_LEGS = 2000, 8, 12  # pairs a zone and stage; legs behind them
N_FEWER = 250  # pairs of the same ways, to see what more of them are worth
ITERATIONS = {"PEHL": 6}
FEW = 3  # iterations of the other ways, and those that everything is compared at
N_TIMED = 5  # registrations a seed, one by one, beside as many searches
SEARCH, PEHL = "search", "PEHL"
THRESHOLD = poses.SUCCESS * radiographs.SIZE  # mm
N_REPLICATES = 2000


def work() -> list[dict]:
    each = [{"seed": seed, "way": way} for seed in SEEDS for way in residuals.WAYS]
    return [*each, {"seed": 0, "way": SEARCH}]


def fewer() -> list[dict]:
    """The same ways with fewer pairs."""
    return [one | {"pairs": N_FEWER} for one in work() if one["way"] != SEARCH]


@lru_cache(maxsize=1)
def test() -> registration.Cases:
    return registration.cases(N_RADIOGRAPHS, N_STARTS, TEST_SEED)


@lru_cache(maxsize=1)
def learnt(seed: int, way: residuals.Way, n: int) -> dict:
    """The pairs of a way, ``n`` a zone and stage, whichever model learns from them."""
    behind = residuals.backgrounds(N_LEGS, np.random.default_rng([seed, 1]))
    return registration.to_learn(way, n, behind, seed)


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``projected``, ``space``: mTREproj and mTRE (mm) after 0, 1, … iterations × cases. Of the
    paper's way also ``seconds_network`` and ``seconds_search``, a case each, and of seed 0 the
    weights of its networks."""
    cases = test()
    if one["way"] == SEARCH:
        found = [registration.optimised(*case) for case in zip(*cases[:2], strict=True)]
        path = np.stack([cases.starts, [pose for pose, _ in found]])
        return errors(path, cases) | {"drrs": np.array([n for _, n in found])}
    way = residuals.WAYS[one["way"]]
    shown = residuals.Way(way.local, way.zones, way.stages)
    pairs = learnt(one["seed"], shown, one.get("pairs", N_PAIRS))
    models = registration.trained(way, pairs, seed=one["seed"], epochs=EPOCHS)
    iterations = ITERATIONS.get(one["way"], FEW)
    path = registration.register(way, models, cases.images, cases.starts, iterations=iterations)
    if one["way"] != PEHL or "pairs" in one:
        return errors(path, cases)
    kept = named(models) if one["seed"] == 0 else {}
    return errors(path, cases) | timed(way, models, cases) | kept


def errors(path: np.ndarray, cases: registration.Cases) -> cells.Arrays:
    measures = {"projected": poses.mtre_proj, "space": poses.mtre}
    return {
        name: np.stack([measure(each, cases.truth, registration.LANDMARKS) for each in path])
        for name, measure in measures.items()
    }


def timed(way, models, cases: registration.Cases) -> cells.Arrays:
    """Seconds of a registration of three iterations, and of a search, case by case in turns."""
    ways = {
        "seconds_network": lambda image, start: registration.register(
            way, models, image[None], start[None], iterations=FEW
        ),
        "seconds_search": registration.optimised,
    }
    taken = {name: [] for name in ways}
    for k in range(0, N_TIMED * N_STARTS, N_STARTS):
        for name, run in ways.items():
            started = time.perf_counter()
            run(cases.images[k], cases.starts[k])
            taken[name].append(time.perf_counter() - started)
    return {name: np.array(seconds) for name, seconds in taken.items()}


def named(models: dict) -> cells.Arrays:
    """The networks' weights as arrays of half precision, by zone, stage and place."""
    return {
        f"weights/{zone}/{stage}/{k}": array.astype(np.float16)
        for (zone, stage), weights in models.items()
        for k, array in enumerate(weights)
    }


def packed(found: cells.Arrays) -> cells.Arrays:
    """The weights of `named` under the names that `registration.unpacked` reads."""
    return {
        key.removeprefix("weights/").replace("/", "|"): value
        for key, value in found.items()
        if key.startswith("weights/")
    }


# --- tables ---------------------------------------------------------------------------------------


def outputs(inputs: Inputs) -> Outputs:
    """``success.csv``, a row a way and iteration; ``differences.csv``; ``pairs.csv``, what more
    pairs are worth; ``capture.csv``;
    ``accuracy.csv``, a row a way and measure; ``speed.csv``, a row a seed, and ``ratio.csv``;
    ``registrations.csv``, a row a seed, way and case; ``networks.csv``; ``models.npz``.
    """
    asked = work()
    arrays = cells.run(cell, asked, inputs, name=NAME, version=VERSION)
    by_way = grouped(asked, arrays)
    less = grouped(fewer(), cells.run(cell, fewer(), inputs, name=NAME, version=VERSION))
    groups = np.repeat(np.arange(N_RADIOGRAPHS), N_STARTS)
    last = {way: np.stack([at(f, "projected") for f in found]) for way, found in by_way.items()}
    won = {way: values < THRESHOLD for way, values in last.items()}
    initial = by_way[SEARCH][0]["projected"][0]
    speed = speeds(by_way[PEHL])
    return {
        "success.csv": success(by_way, groups),
        "differences.csv": differences(won, groups),
        "pairs.csv": more_pairs(won, less, groups),
        "capture.csv": captures(initial, won, groups),
        "accuracy.csv": accuracy(by_way),
        "speed.csv": speed,
        "ratio.csv": pd.DataFrame([estimates.row(intervals.student(speed["ratio"]))]),
        "registrations.csv": registrations(asked, arrays, groups),
        "networks.csv": cells.table(asked, arrays),
        "models.npz": packed(by_way[PEHL][0]),
    }


def grouped(asked: list[dict], arrays: list[cells.Arrays]) -> dict[str, list[cells.Arrays]]:
    """Way → what its seeds gave, in their order."""
    by_way = {}
    for one, found in zip(asked, arrays, strict=True):
        by_way.setdefault(one["way"], []).append(found)
    return by_way


def at(found: cells.Arrays, measure: str, iteration: int = FEW) -> np.ndarray:
    """The errors after so many iterations; a search has its end only."""
    return found[measure][min(iteration, len(found[measure]) - 1)]


def over_both(values: np.ndarray, groups: np.ndarray, least: float = -1) -> dict[str, float]:
    """The mean of seeds × cases with its interval; of one row (a search) over cases alone.

    Bounds are cut at ``least``, 0 for shares and −1 for their differences, and at 1.
    """
    values = np.asarray(values, float)
    if len(values) == 1:
        return estimates.row(intervals.mean(values[0], groups), least, 1)
    return estimates.row(repeats.mean(values, groups).mean, least, 1)


def success(by_way: dict, groups: np.ndarray) -> pd.DataFrame:
    rows = []
    for way, found in by_way.items():
        for iteration in range(1, len(found[0]["projected"])):
            won = np.stack([at(f, "projected", iteration) for f in found]) < THRESHOLD
            row = {"way": way, "iteration": iteration, "n_seeds": len(won)}
            rows.append(row | over_both(won, groups, least=0))
    return pd.DataFrame(rows)


def differences(won: dict[str, np.ndarray], groups: np.ndarray) -> pd.DataFrame:
    """Success: each way without an ingredient less the paper's, and the paper's less a search."""
    rows = [
        {"way": way, "than": PEHL} | estimates.row(repeats.compare(won[way], won[PEHL], groups))
        for way in residuals.WAYS
        if way != PEHL
    ]
    gain = won[PEHL].astype(float) - won[SEARCH]
    return pd.DataFrame([*rows, {"way": PEHL, "than": SEARCH} | over_both(gain, groups)])


def more_pairs(won: dict[str, np.ndarray], less: dict, groups: np.ndarray) -> pd.DataFrame:
    """``way, fewer, gain, low, high``: success with an eighth of the pairs, and what all of them
    add, seed by seed."""
    rows = []
    for way, found in less.items():
        before = np.stack([at(f, "projected") for f in found]) < THRESHOLD
        gain = over_both(won[way].astype(float) - before, groups)
        row = {"way": way, "fewer": before.mean(), "gain": gain["estimate"]}
        rows.append(row | {"low": gain["low"], "high": gain["high"]})
    return pd.DataFrame(rows)


def captures(initial: np.ndarray, won: dict[str, np.ndarray], groups) -> pd.DataFrame:
    """The capture range of the pooled seeds (mm), and percentiles over redrawn seeds × radiographs;
    ``largest``: the largest initial error tested."""
    rng = np.random.default_rng(TEST_SEED)
    places = np.arange(len(groups)).reshape(-1, N_STARTS)
    rows = []
    for way, each in won.items():
        again = []
        for _ in range(N_REPLICATES):
            seeds = rng.integers(len(each), size=len(each))
            cases = places[rng.integers(len(places), size=len(places))].ravel()
            again.append(captured(initial[cases], each[seeds][:, cases]))
        low, high = np.quantile(again, intervals.TAILS)
        estimate = captured(initial, each)
        row = {"way": way, "estimate": estimate, "low": low, "high": high}
        rows.append(row | {"largest": initial.max()})
    return pd.DataFrame(rows)


def captured(initial: np.ndarray, won: np.ndarray) -> float:
    return poses.capture_range(np.tile(initial, len(won)), won.ravel())


def accuracy(by_way: dict) -> pd.DataFrame:
    """The median mTREproj and mTRE (mm) of a seed's cases: mean over seeds, lowest and highest."""
    rows = []
    for way, found in by_way.items():
        for measure in ("projected", "space"):
            medians = [float(np.median(at(f, measure))) for f in found]
            row = {"way": way, "measure": measure, "median": np.mean(medians)}
            rows.append(row | {"lowest": min(medians), "highest": max(medians)})
    return pd.DataFrame(rows)


def speeds(found: list[cells.Arrays]) -> pd.DataFrame:
    """A row a seed: median seconds of a registration and of a search, and their ratio."""
    rows = []
    for seed, each in zip(SEEDS, found, strict=True):
        network, search = (np.median(each[f"seconds_{way}"]) for way in ("network", "search"))
        rows.append({"seed": seed, "network": network, "search": search, "ratio": search / network})
    return pd.DataFrame(rows)


def registrations(asked: list[dict], arrays: list, groups: np.ndarray) -> pd.DataFrame:
    tables = [
        pd.DataFrame(
            one
            | {"case": np.arange(len(groups)), "radiograph": groups}
            | {"initial": found["projected"][0]}
            | {measure: at(found, measure) for measure in ("projected", "space")}
        )
        for one, found in zip(asked, arrays, strict=True)
    ]
    return pd.concat(tables)


RESULT = Result(
    outputs,
    f"Registration of a simulated knee implant, 2D/3D: {len(SEEDS)} seeds of small networks after "
    f"Miao et al. 2016 (four zones, three stages, {N_PAIRS:,} pairs each, {EPOCHS} epochs; with "
    f"{N_FEWER} to compare), the same without networks (a forest), local residuals, hierarchy or "
    "partitioning, and Powell's search on gradient correlation; tested on the same "
    f"{N_RADIOGRAPHS} radiographs of another renderer with {N_STARTS} starts each. Success: "
    f"mTREproj below {THRESHOLD:.1f} mm.",
    kind="simulated",
    seed=TEST_SEED,
    minutes=60,
    reads=(),
)
