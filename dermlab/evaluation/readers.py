"""The dermatologists as points: the paper's own, and those of any reads.

The paper's readers and answers are small tables of facts, transcribed from the authors' public
analysis code of 2016; ``dermlab/data/esteva2017/README.md`` has source and caveats. The networks
in those tables are 2016 networks of the authors, not the published one. Readers' names were
removed and nobody may look them up.

A *points* table has a row a reader and question: ``task, question, reader, tp, n_pos, tn, n_neg,
sensitivity, specificity``; the questions are ``diagnosis`` (malignant or benign?) and ``action``
(biopsy or treat, or reassure?).
"""

import warnings
from importlib.resources import files

import numpy as np
import pandas as pd

from dermlab.cases import ids
from dermlab.errors import InputError
from dermlab.evaluation import inputs
from dermlab.text import listing, plural

TASKS = ("carcinoma", "melanoma", "melanoma_dermoscopy")


def with_rates(points: pd.DataFrame) -> pd.DataFrame:
    """Counts ``tp, n_pos, tn, n_neg`` with the rates that they make: a *points* table.

    Raises InputError for counts below 0, and for more hits than cases.
    """
    for hits, n in (("tp", "n_pos"), ("tn", "n_neg")):
        right, cases = inputs.floats(points[hits], hits), inputs.floats(points[n], n)
        if (right < 0).any() or (right > cases).any():
            raise InputError(
                f"Some {hits} are below 0 or more than {n}: no share is made of these."
            )
    return points.assign(
        sensitivity=points["tp"] / points["n_pos"], specificity=points["tn"] / points["n_neg"]
    )


def points_from_reads(reads: pd.DataFrame, is_positive: pd.Series, *, task: str) -> pd.DataFrame:
    """*Points* of a class: ``reads`` against ``is_positive`` (image_id → bool), question "action".

    Reads made for another task are not used, nor those of images without a truth, which are warned
    of with their count, as is a truth that is missing. Raises InputError for a truth or decision
    that is not 0 or 1, and for ids that meet those of the other table but for case or a picture's
    ending.
    """
    if "task" in reads:
        reads = reads[reads["task"].isna() | (reads["task"] == task)]
    reads, is_positive = checked(reads), truths(is_positive)
    known = reads["image_id"].isin(is_positive.index)
    ids.refuse_alike(reads["image_id"][~known], is_positive.index, "the reads")
    _warn_of_strangers(reads["image_id"][~known])
    reads = reads[known]
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


def _warn_of_strangers(images: pd.Series) -> None:
    if len(images):
        warnings.warn(
            f"{plural(len(images), 'read')} of {plural(images.nunique(), 'image')} without a truth "
            f"here ({listing(list(images.unique()))}) are not used.",
            stacklevel=3,
        )


def checked(reads: pd.DataFrame) -> pd.DataFrame:
    """Reads with ids by their rule, decisions 0 or 1, and confidences 1 to 5 or missing.

    Raises InputError for anything else, and for a read without a reader or an image.
    """
    absent = [name for name in ("reader_id", "image_id", "decision") if name not in reads]
    if absent:
        raise InputError(f"The reads lack the column(s) {listing(absent)}.")
    reads = reads.assign(
        reader_id=_reader_ids(reads["reader_id"]),
        image_id=ids.normal(reads["image_id"]),
        decision=inputs.zero_one(reads["decision"], "decision").astype(int),
    )
    n_lacking = int(reads[["reader_id", "image_id"]].isna().any(axis=1).sum())
    if n_lacking:
        raise InputError(f"{plural(n_lacking, 'read')} without a reader or an image.")
    if "confidence" in reads:
        size = reads["confidence"].replace("", np.nan).astype(object)
        size[size.isna()] = np.nan
        given = inputs.floats(size.dropna(), "confidence")
        if not np.isin(given, (1, 2, 3, 4, 5)).all():
            raise InputError("Some confidences are not 1, 2, 3, 4, 5 or missing.")
        reads = reads.assign(confidence=pd.to_numeric(size).astype(float))
    return reads


def _reader_ids(readers: pd.Series) -> pd.Series:
    """Readers' ids by the rule, but that initials as N. A. are no unknown reader."""
    return ids.normal(readers).fillna(readers.astype("str").str.strip().replace("", np.nan))


def truths(is_positive: pd.Series) -> pd.Series:
    """Truth by image_id as booleans; a missing one is left out, with a warning."""
    if not isinstance(is_positive, pd.Series):
        raise InputError(
            "The truth is a Series here, image_id → 0 or 1: give its index the images' ids."
        )
    is_positive = is_positive.set_axis(pd.Index(ids.normal(is_positive.index)))
    if is_positive.index.hasnans or not is_positive.index.is_unique:
        raise InputError("The images of is_positive are missing or there more than once.")
    return inputs.known_zero_one(is_positive, "is_positive")


def mean_reader(points: pd.DataFrame) -> pd.DataFrame:
    """Mean and SD (n − 1) over readers, a row a task and question: the paper's green crosses.

    A reader without a case of a class has no rate there: InputError.
    """
    for rate in ("sensitivity", "specificity"):
        inputs.shares(points[rate], rate)
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
