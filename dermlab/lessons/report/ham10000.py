"""HAM10000's shipped results: its leaks, and networks trained on its pixels."""

import math

from dermlab.lessons import results
from dermlab.lessons.report.row import MEASURED, NONE, Row, shipped, source_of, value_of
from dermlab.text import interval, number, percent

REPEATS, WITHOUT_PIXELS = "ham10000_repeats", "ham10000_without_pixels"
LEAK, NINE_FOLDS, END_TO_END = "ham10000_leak", "ham10000_nine_folds", "ham10000_end_to_end"
CALIBRATION = "ham10000_calibration"
DERMOSCOPY = "melanoma_dermoscopy_auc"  # the paper's task that is nearest: biopsied, dermoscopy


def sections() -> dict[str, list[Row]]:
    return {
        "Leaks of HAM10000": [*_repeat_rows(), *_without_pixels_rows(), *_leak_rows()],
        "A small network on HAM10000's pixels, nine folds that keep lesions whole": [
            *_fold_rows(),
            *_subgroup_rows(),
        ],
        "Do the nine networks' probabilities mean what they say?": _calibration_rows(),
        "HAM10000 end to end on two cores, beside simple rivals": _rival_rows(),
    }


def _repeat_rows() -> list[Row]:
    table = results.read(REPEATS, "straddling.csv")
    wholes, randoms = (table[table["split"] == way] for way in ("lesions kept whole", "random"))
    names = {
        "lesions": "Lesions on several sides of a random split",
        "test_images": "Test images whose lesion is also in training, random split",
    }
    found = []
    for row, whole in zip(randoms.to_dict("records"), wholes["mean"], strict=True):
        write = percent if row["quantity"] == "test_images" else lambda n: number(round(n))
        spread = f"95 % of {row['n_seeds']} splits {write(row['low'])} to {write(row['high'])}"
        here = f"{write(row['mean'])} ({spread}); {write(whole)} with lesions kept whole"
        name = f"{names[row['quantity']]}, {row['scheme']}"
        found.append(Row(name, NONE, here, MEASURED, shipped(REPEATS)))
    return found


def _without_pixels_rows() -> list[Row]:
    """Each leak alone for one task, and all of them for both; on biopsied cases beside it."""
    areas = results.read(WITHOUT_PIXELS, "areas.csv")
    alone = (areas["task"] == "malignant") & (areas["cases"] == "all")
    found = []
    for row in areas[alone | (areas["seen"] == "all of them")].to_dict("records"):
        name = f"Area under the curve without a pixel, {row['task']}, {row['cases']} cases"
        here = f"{interval(row['auc'], row['low'], row['high'])}, {row['n_images']:,} images"
        source = shipped(WITHOUT_PIXELS)
        found.append(Row(f"{name}, from {row['seen']}", NONE, here, MEASURED, source))
    return found


def _leak_rows() -> list[Row]:
    """What seeing another photograph of the same lesion in training is worth to a classifier."""
    found = []
    for row in results.read(LEAK, "areas.csv").to_dict("records"):
        after = f" after {row['steps']:,} steps" if row["steps"] else ""
        name = f"Area gained by random folds, {row['classifier']}{after}, images: {row['images']}"
        areas = f"{number(row['auc_random'])} instead of {number(row['auc_whole'])}"
        here = f"{interval(row['difference'], row['low'], row['high'])}: {areas}"
        counts = f"{row['n_images']:,} images"
        found.append(Row(name, NONE, f"{here}, {counts}", MEASURED, shipped(LEAK)))
    return found


def _fold_rows() -> list[Row]:
    """Each question on all its cases, and on the biopsied, which is what the paper asks."""
    found = []
    for row in results.read(NINE_FOLDS, "areas.csv").to_dict("records"):
        if (row["task"], row["cases"]) == ("melanoma-vs-nevus", "biopsied"):
            printed = number(value_of(DERMOSCOPY), 2)
            sources = f"{source_of(DERMOSCOPY)} (other images); {shipped(NINE_FOLDS)}"
            found.append(_fold_area(row, published=printed, source=sources))
        else:
            found.append(_fold_area(row))
    return found


def _subgroup_rows() -> list[Row]:
    """The same areas by age, sex, body site and source, where each side has 30 images."""
    rows = results.read(NINE_FOLDS, "subgroups.csv").to_dict("records")
    return [_fold_area(row, f", {row['column']} {row['value']}") for row in rows]


def _fold_area(
    row: dict, group: str = "", *, published: str = NONE, source: str = shipped(NINE_FOLDS)
) -> Row:
    counts = f"{row['n_images']:,} images, {row['n_positive']:,} of them positive"
    name = f"Area under the curve, {row['task']}, {row['cases']} cases{group}"
    here = f"{interval(row['auc'], row['low'], row['high'])}, {counts}"
    return Row(name, published, here, MEASURED, source)


def _calibration_rows() -> list[Row]:
    """Mean probability less share of positives, calibration error and Brier score, in words."""
    found = []
    for row in results.read(CALIBRATION, "calibration.csv").to_dict("records"):
        gap, brier = (
            interval(row[key], row[f"{key}_low"], row[f"{key}_high"]) for key in ("gap", "brier")
        )
        perfect = f"at most {number(row['if_perfect_high'])} in 95 % if calibrated"
        here = (
            f"mean probability less share of positives {gap}; expected calibration error "
            f"{number(row['ece'])} ({perfect}); Brier score {brier}"
        )
        name = f"Calibration {row['probability']}, {row['task']}, {row['cases']} cases"
        found.append(Row(name, NONE, here, MEASURED, shipped(CALIBRATION)))
    return found


def _rival_rows() -> list[Row]:
    """The network's area on the test part, and by how much it is ahead of each rival."""
    found = []
    for row in results.read(END_TO_END, "areas.csv").to_dict("records"):
        area = interval(row["auc"], row["low"], row["high"])
        ahead = interval(row["network_ahead"], row["ahead_low"], row["ahead_high"])
        is_rival = not math.isnan(row["network_ahead"])
        name = f"Area under the curve, malignant, {row['cases']} cases, {row['classifier']}"
        rest = f"; the network is ahead by {ahead}" if is_rival else ""
        here = f"{area}, {row['n_images']:,} images{rest}"
        found.append(Row(name, NONE, here, MEASURED, shipped(END_TO_END)))
    return found
