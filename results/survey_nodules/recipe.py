"""Simulated lung nodules, found with features of a network that has never seen a CT.

The same candidates are scored by the candidate detector itself, by a linear machine on ImageNet
features, by the same machine on features of untrained weights, by a forest on measurements made for
nodules, and by ImageNet features and measurements together. A seed is 20 scans to learn from, which
no other seed has, and the random weights; all are tested on the same 40 scans.
"""

import numpy as np
import pandas as pd

from dermlab import cache
from results.common import cells, estimates
from results.common.result import Inputs, Outputs, Result

NAME, VERSION = "survey_nodules", 1
SEEDS, N_TRAIN, N_TEST = 5, 20, 40
FIRST_TEST, FIRST_TRAIN = 0, 1000  # seeds of scans; a seed's training scans begin at its thousand
RESAMPLES = 2000
LESSON_TRAIN, LESSON_TEST = 16, 10  # scans of the first seed that the lesson gets
OWN, IMAGENET, UNTRAINED, MADE = "detector's own", "ImageNet", "untrained", "measurements"
BOTH, UNTRAINED_BOTH = "ImageNet + measurements", "untrained + measurements"
ARMS = (OWN, IMAGENET, UNTRAINED, MADE, BOTH, UNTRAINED_BOTH)
COMPARED = (
    (IMAGENET, OWN),
    (IMAGENET, UNTRAINED),
    (MADE, OWN),
    (MADE, IMAGENET),
    (BOTH, IMAGENET),
    (BOTH, MADE),
    (BOTH, UNTRAINED_BOTH),
)
GRID = np.geomspace(1 / 16, 16, 33)  # false positives a scan, of the curves


def scans(first: int, n: int) -> cells.Arrays:
    """``n`` simulated scans from the seed ``first`` on: their candidates, nodules and patches."""
    return cache.load_or_make(
        lambda: _scans(first, n),
        inputs={"first": first, "n": n},
        version=VERSION,
        name=f"{NAME}_scans",
    )


def _scans(first: int, n: int) -> cells.Arrays:
    from dermlab.survey import detection, froc, lungs

    tables, nodules, cuts, measured = [], [], [], []
    for number in range(n):
        scan = lungs.scan(first + number)
        own = detection.candidates(scan.hu).assign(scan=number)
        places = own[["z", "y", "x"]].to_numpy()
        tables.append(own)
        nodules.append(scan.nodules.assign(scan=number, noise=scan.noise))
        cuts.append(detection.patches(scan.hu, places))
        measured.append(detection.measurements(scan.hu, places))
    own, truth = (pd.concat(rows, ignore_index=True) for rows in (tables, nodules))
    truth["scan"] = truth["scan"].astype(int)
    return {
        "scan": own["scan"].to_numpy(),
        "own": own["score"].to_numpy(),
        "marked": froc.match(own, truth),
        "cuts": np.concatenate(cuts),
        "measured": np.concatenate(measured),
        "nodule_scan": truth["scan"].to_numpy(),
        "diameter": truth["diameter"].to_numpy(),
        "kind": truth["kind"].to_numpy(dtype="U12"),
        "ground_glass": truth["ground_glass"].to_numpy(dtype=bool),
        "noise": truth["noise"].to_numpy(),
    }


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """A seed: the test candidates' score by every arm, and the C that each machine chose."""
    from dermlab.survey import detection

    seed = one["seed"]
    train, test = scans(FIRST_TRAIN * (seed + 1), one["n_train"]), scans(FIRST_TEST, one["n_test"])
    is_nodule, of = train["marked"] >= 0, train["scan"]
    learnt, scores, chosen = {}, {OWN: test["own"]}, {}
    for arm, weights in ((IMAGENET, None), (UNTRAINED, seed)):
        described = [_features(weights, part, train) for part in (train, test)]
        learnt[arm], scores[arm], chosen[arm] = detection.svm(
            described[0], is_nodule, of, described[1]
        )
    learnt[MADE], scores[MADE] = detection.forest(
        train["measured"], is_nodule, of, test["measured"], seed=seed
    )
    for arm, first in ((BOTH, IMAGENET), (UNTRAINED_BOTH, UNTRAINED)):
        pair = [[side[first], side[MADE]] for side in (learnt, scores)]
        scores[arm] = detection.combined(pair[0], is_nodule, pair[1])
    return scores | {f"{arm}|C": np.array(value) for arm, value in chosen.items()}


def _features(weights: int | None, part: cells.Arrays, settling: cells.Arrays) -> np.ndarray:
    """The last features of the cuts; an untrained network settles on 200 training candidates."""
    from dermlab.survey import detection

    def described() -> np.ndarray:
        flat = settling["cuts"].reshape(-1, detection.PATCH, detection.PATCH)
        some = detection.enlarged(flat[:: max(1, len(flat) // 200)], detection.ZOOM)
        net = detection.network(weights, settle_on=some)
        return detection.describe(net, part["cuts"])

    if weights is not None:
        return described()
    return cache.load_or_make(
        described, inputs={"cuts": part["cuts"]}, version=VERSION, name=f"{NAME}_features"
    )


# --- tables ---------------------------------------------------------------------------------------


def nodules(inputs: Inputs) -> Outputs:
    """The result's tables.

    ``means.csv``: a row an arm: the mean sensitivity at the seven rates (``score``) with its
    interval over seeds and scans, and the sensitivities at each rate, means over the seeds.
    ``differences.csv``: ``arm`` − ``control`` in that score. ``curves.csv``: a row an arm, seed and
    rate of a grid. ``nodules.csv``: a row a test nodule: whether it is among the candidates, and
    the share of seeds that mark it at one false positive a scan, by arm. ``seeds.csv``: a row a
    seed: training nodules and candidates, C, seconds, device. ``lesson.npz``: the
    candidates and patches of a few scans.
    """
    asked = [{"seed": seed, "n_train": N_TRAIN, "n_test": N_TEST} for seed in range(SEEDS)]
    found = cells.run(cell, asked, inputs, name=NAME, version=VERSION)
    return tables(asked, found)


def tables(asked: list[dict], found: list[cells.Arrays]) -> Outputs:
    n_test = asked[0]["n_test"]
    test = scans(FIRST_TEST, n_test)
    curves = {arm: [_curve(arrays[arm], test, n_test) for arrays in found] for arm in ARMS}
    draws = np.random.default_rng(0).multinomial(n_test, np.full(n_test, 1 / n_test), RESAMPLES)
    resampled = {arm: _resampled([one[arm] for one in found], test, draws) for arm in ARMS}
    return {
        "means.csv": means(curves, resampled, n_test),
        "differences.csv": differences(curves, resampled, n_test),
        "curves.csv": pd.concat(
            pd.DataFrame({"arm": arm, "seed": seed, "rate": GRID, "sensitivity": one.at(GRID)})
            for arm in ARMS
            for seed, one in enumerate(curves[arm])
        ),
        "nodules.csv": each_nodule(found, curves, test),
        "seeds.csv": seeds(asked, found),
        "lesson.npz": lesson(asked[0]),
    }


def lesson(first: dict) -> cells.Arrays:
    """What the lesson learns from and tests on: a few scans of the first seed."""
    parts = {
        "train": (scans(FIRST_TRAIN, first["n_train"]), LESSON_TRAIN),
        "test": (scans(FIRST_TEST, first["n_test"]), LESSON_TEST),
    }
    kept = {}
    for name, (part, n) in parts.items():
        own = part["scan"] < n
        kept |= {f"{name}_{key}": part[key][own] for key in ("scan", "own", "marked", "cuts")}
        kept[f"{name}_nodules"] = np.array((part["nodule_scan"] < n).sum())
        kept[f"{name}_scans"] = np.array(min(n, int(first[f"n_{name}"])))
    return kept


def _curve(scores: np.ndarray, test: cells.Arrays, n_scans: int):
    from dermlab.survey import froc

    n_nodules = len(test["nodule_scan"])
    return froc.froc(scores, test["marked"], n_nodules=n_nodules, n_scans=n_scans)


def _resampled(of_seeds: list[np.ndarray], test: cells.Arrays, draws: np.ndarray) -> np.ndarray:
    """The score of every seed on every draw of the scans: (draws, seeds)."""
    from dermlab.survey import froc

    marks = pd.DataFrame({name: test[name] for name in ("scan", "marked")})
    truth = pd.DataFrame({"scan": test["nodule_scan"]})
    return np.column_stack([froc.resampled_scores(marks, truth, s, draws) for s in of_seeds])


def means(curves: dict, resampled: dict, n_scans: int) -> pd.DataFrame:
    from dermlab.evaluation import repeats
    from dermlab.survey import froc

    rows = []
    for arm, of_seeds in curves.items():
        each = [one.score for one in of_seeds]
        mean = repeats.statistic(each, resampled[arm], n_scans).mean
        row = {"arm": arm, "score": mean.estimate, "low": mean.low, "high": mean.high}
        row |= {"lowest_seed": min(each), "highest_seed": max(each)}
        at = np.mean([one.at() for one in of_seeds], axis=0)
        rows.append(
            row | {f"at_{rate:g}": value for rate, value in zip(froc.RATES, at, strict=True)}
        )
    return pd.DataFrame(rows)


def differences(curves: dict, resampled: dict, n_scans: int) -> pd.DataFrame:
    from dermlab.evaluation import repeats

    rows = []
    for arm, control in COMPARED:
        each = [[one.score for one in curves[name]] for name in (arm, control)]
        test = repeats.compare_statistic(*each, resampled[arm], resampled[control], n_scans)
        about = {"arm": arm, "control": control}
        rows.append(about | estimates.row(test) | {"p_value": test.p_value})
    table = pd.DataFrame(rows)
    return table.assign(p_holm=repeats.holm(table["p_value"]))


def each_nodule(found: list[cells.Arrays], curves: dict, test: cells.Arrays) -> pd.DataFrame:
    numbers = np.arange(len(test["nodule_scan"]))
    columns = ("diameter", "kind", "ground_glass", "noise")
    table = pd.DataFrame({"scan": test["nodule_scan"]} | {name: test[name] for name in columns})
    table["is_candidate"] = np.isin(numbers, test["marked"]).astype(int)
    for arm in ARMS:
        marked = [
            np.isin(numbers, test["marked"][arrays[arm] >= _threshold(one)])
            for arrays, one in zip(found, curves[arm], strict=True)
        ]
        table[arm] = np.mean(marked, axis=0)
    return table


def _threshold(curve, rate: float = 1.0) -> float:
    """The loosest threshold with at most ``rate`` false positives a scan."""
    fits = curve.false_positives <= rate + 1e-9
    return curve.threshold[fits][-1] if fits.any() else np.inf


def seeds(asked: list[dict], found: list[cells.Arrays]) -> pd.DataFrame:
    about = []
    for one in asked:
        train = scans(FIRST_TRAIN * (one["seed"] + 1), one["n_train"])
        about.append(
            {
                "nodules": len(train["nodule_scan"]),
                "candidates": len(train["scan"]),
                "on_a_nodule": int((train["marked"] >= 0).sum()),
            }
        )
    chosen = [
        {f"C, {arm}": float(arrays[f"{arm}|C"]) for arm in (IMAGENET, UNTRAINED)}
        for arrays in found
    ]
    return pd.concat([cells.table(asked, found), pd.DataFrame(about), pd.DataFrame(chosen)], axis=1)


RESULT = Result(
    nodules,
    f"Nodules in {N_TEST} simulated chest CTs: the candidates of a blob filter scored by the "
    "filter, by a linear support vector machine on EfficientNet-Lite0's last features of axial, "
    "coronal and sagittal patches (ImageNet's weights, or untrained ones), by a forest on 18 "
    f"measurements, and by two of these together. {SEEDS} seeds, each with {N_TRAIN} other scans "
    "to learn from; every choice is made on those. Sensitivity at 1/8 to 8 false positives a "
    "scan; intervals for other seeds and other scans.",
    kind="simulated",
    seed=FIRST_TEST,
    minutes=15,
    reads=(),
)
