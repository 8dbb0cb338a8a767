"""The dermatologists as points: the paper's own, and those of any reads.

The paper's readers and answers are small tables of facts, transcribed from the authors' public
analysis code of 2016; ``dermlab/data/esteva2017/README.md`` has source and caveats. The networks
in those tables are 2016 networks of the authors, not the published one. Readers' names were
removed and nobody may look them up.

A *points* table has a row a reader and question: ``task, question, reader, tp, n_pos, tn, n_neg,
sensitivity, specificity``; the questions are ``diagnosis`` (malignant or benign?) and ``action``
(biopsy or treat, or reassure?).
"""

from importlib.resources import files

import numpy as np
import pandas as pd

TASKS = ("carcinoma", "melanoma", "melanoma_dermoscopy")


def with_rates(points: pd.DataFrame) -> pd.DataFrame:
    """Counts ``tp, n_pos, tn, n_neg`` with the rates that they make: a *points* table."""
    return points.assign(
        sensitivity=points["tp"] / points["n_pos"], specificity=points["tn"] / points["n_neg"]
    )


def points_from_reads(reads: pd.DataFrame, is_positive: pd.Series, *, task: str) -> pd.DataFrame:
    """*Points* of a class: ``reads`` against ``is_positive`` (image_id → bool), question "action".

    Reads of images without a truth, or made for another task, are not used.
    """
    if "task" in reads:
        reads = reads[reads["task"].isna() | (reads["task"] == task)]
    reads = reads[reads["image_id"].isin(is_positive.index)]
    truth = is_positive.loc[reads["image_id"]].to_numpy(bool)
    yes = reads["decision"].to_numpy(int) == 1
    counts = pd.DataFrame(
        {"tp": truth & yes, "n_pos": truth, "tn": ~truth & ~yes, "n_neg": ~truth},
        index=reads["reader_id"].rename("reader"),
    ).astype(int)
    points = counts.groupby("reader").sum().reset_index()
    points.insert(0, "question", "action")
    points.insert(0, "task", task)
    return with_rates(points)


def mean_reader(points: pd.DataFrame) -> pd.DataFrame:
    """Mean and SD (n − 1) over readers, a row a task and question: the paper's green crosses."""
    rates = points.groupby(["task", "question"])[["sensitivity", "specificity"]]
    table = rates.agg(["mean", "std"])
    table.columns = [f"{rate}_{'sd' if stat == 'std' else stat}" for rate, stat in table.columns]
    table.insert(0, "n_readers", rates.size())
    return table.reset_index()


def intervals(points: pd.DataFrame) -> pd.DataFrame:
    """``points`` with Wilson's 95 % bounds of each rate: ``sensitivity_low``, ``…_high``, ...

    They say how far the point of *this* reader could have fallen on other images of the kind.
    """
    from dermlab.evaluation.intervals import proportion

    points = points.copy()
    for rate, hits, n in (("sensitivity", "tp", "n_pos"), ("specificity", "tn", "n_neg")):
        pairs = zip(points[hits], points[n], strict=True)
        bounds = [proportion(k, total) for k, total in pairs]
        points[f"{rate}_low"] = [bound.low for bound in bounds]
        points[f"{rate}_high"] = [bound.high for bound in bounds]
    return points


# --- the paper's own ------------------------------------------------------------------------


def _shipped(name: str) -> pd.DataFrame:
    with (files("dermlab") / "data" / "esteva2017" / name).open(encoding="utf-8") as file:
        return pd.read_csv(file)


def esteva_points() -> pd.DataFrame:
    """The paper's 25, 22 and 21 dermatologists, two questions each: 136 rows of *points*.

    The melanoma task has 46 malignant and 93 benign images here where the paper's legend says
    33 and 97; the other two tasks have the legend's counts.
    """
    return with_rates(_shipped("reader_points.csv"))


def esteva_nineway_answers() -> pd.DataFrame:
    """Truth and two dermatologists' answers on 180 images, 20 of each of the nine classes.

    Columns ``case, truth, dermatologist_1, dermatologist_2``; Extended Data Table 2 follows.
    """
    return _shipped("nineway_180_answers.csv")


def esteva_large_tests() -> pd.DataFrame:
    """Counts, printed areas and best points of 2016 networks on the three large tests."""
    return with_rates(_shipped("network_large_tests_2016.csv"))


def esteva_curves() -> pd.DataFrame:
    """Curves of a 2016 network on the large tests, a row a true positive, from (0, 0) to the end.

    Columns ``task, network, step, tp, fp, n_pos, n_neg, sensitivity, specificity``. A curve is a
    staircase: before a row's true positive come all its false positives. So draw it as steps and
    take its area with `curve_area`; straight lines between the rows overstate it.
    """
    rows = _shipped("network_curves_2016.csv")
    keys = ["task", "network", "step", "n_pos", "n_neg"]
    curves = rows.merge(esteva_large_tests()[keys], on=["task", "step"], validate="many_to_one")
    ends = curves[keys].drop_duplicates()
    start, finish = ends.assign(tp=0, fp=0), ends.assign(tp=ends["n_pos"], fp=ends["n_neg"])
    curves = pd.concat([start, curves, finish]).sort_values(["task", "step", "tp", "fp"])
    columns = ["task", "network", "step", "tp", "fp", "n_pos", "n_neg"]
    return curves[columns].assign(
        sensitivity=curves["tp"] / curves["n_pos"], specificity=1 - curves["fp"] / curves["n_neg"]
    ).reset_index(drop=True)  # fmt: skip


def curve_area(curve: pd.DataFrame) -> float:
    """Area under one staircase of `esteva_curves`: 1 − mean false positives / negatives.

    Each new true positive adds a strip one positive wide and as high as the specificity reached.
    """
    strips = np.diff(curve["tp"]) * (curve["n_neg"] - curve["fp"]).to_numpy()[1:]
    return float(strips.sum() / (curve["n_pos"].iloc[0] * curve["n_neg"].iloc[0]))


def esteva_network_points() -> pd.DataFrame:
    """Two 2016 networks at threshold 0.5 on the carcinoma readers' own 135 images, as *points*."""
    return with_rates(_shipped("network_points_135_2016.csv"))


def esteva_category_counts() -> pd.DataFrame:
    """Images of the nine categories in 2016: ``category, train, validation``."""
    return _shipped("category_counts_2016.csv")


def esteva_class_sizes() -> pd.DataFrame:
    """Sizes of 740 training classes of 2016: ``category, class_index, n_images``."""
    return _shipped("training_class_sizes_740_2016.csv")
