"""The dermatologists of the paper, and a network of its authors from the year before."""

import pandas as pd

from dermlab.lessons.report.row import (
    NONE,
    PUBLISHED,
    Matrix,
    Row,
    nine_classes,
    source_of,
    value_of,
)
from dermlab.text import interval, number, percent

TASKS = {
    "carcinoma": "carcinoma",
    "melanoma": "melanoma",
    "melanoma_dermoscopy": "melanoma (dermoscopy)",
}
QUESTIONS = {"action": "biopsy or reassure?", "diagnosis": "malignant or benign?"}
READERS = {"dermatologist_1": "Dermatologist 1", "dermatologist_2": "Dermatologist 2"}
ANSWERS = "the authors' public analysis code: answers"
POINTS = "the authors' public analysis code: counts"
CURVES = "the authors' public code of 2016; printed without the strip before the first point"


def sections() -> dict[str, list[Row]]:
    return {
        "Nine classes: two dermatologists on 180 images": [*_nineway_rows(), *_kappa_rows()],
        "Biopsy or reassure: the dermatologists as points": [*_reader_rows(), *_image_rows()],
        "A 2016 network of the authors, not the published one, on the large tests": _area_rows(),
    }


def accuracies() -> pd.DataFrame:
    """Extended Data Table 2 as bars: ``who, task, accuracy, low, high``, all shares.

    The bounds of a dermatologist are a 95 % interval for 180 images, computed here; those of a
    network are the published ± 1 SD over nine folds.
    """
    from dermlab.evaluation import intervals

    who = {**READERS, "cnn": "CNN taught these classes", "cnn_pa": "CNN taught fine classes"}
    rows = []
    for task in ("three-way", "nine-way"):
        for key, name in who.items():
            share = value_of(f"{key}_{task.replace('-', '')}") / 100
            if key in READERS:
                bounds = intervals.proportion(round(180 * share), 180)
                low, high = bounds.low, bounds.high
            else:
                sd = value_of(f"{key}_{task.replace('-', '')}_sd") / 100
                low, high = share - sd, share + sd
            rows.append((name, task, share, low, high))
    return pd.DataFrame(rows, columns=["who", "task", "accuracy", "low", "high"])


def confusions() -> dict[str, Matrix]:
    """Each dermatologist's nine-way confusion matrix, 20 images a true class."""
    from dermlab.evaluation import multiclass, readers

    answers = readers.esteva_nineway_answers()
    return {
        name: Matrix(
            multiclass.confusion(answers["truth"], answers[column], nine_classes()), PUBLISHED
        )
        for column, name in READERS.items()
    }


def _nineway_rows() -> list[Row]:
    from dermlab.evaluation import multiclass, readers

    answers = readers.esteva_nineway_answers()
    found = []
    for column, name in READERS.items():
        right = int((answers["truth"] == answers[column]).sum())
        share = multiclass.accuracy(answers["truth"], answers[column])
        bounds = f"95 % interval {percent(share.low)} to {percent(share.high)}"
        found.append(
            Row(
                f"{name}, nine-way accuracy",
                f"{value_of(f'{column}_nineway')} %",
                f"{percent(share.estimate)} ({right} of {len(answers)}; {bounds})",
                PUBLISHED,
                f"{source_of(f'{column}_nineway')}; {ANSWERS}",
            )
        )
    return found


def _kappa_rows() -> list[Row]:
    from dermlab.evaluation import multiclass, readers

    answers = readers.esteva_nineway_answers().rename(columns=READERS)
    pairs = [("truth", name) for name in READERS.values()] + [tuple(READERS.values())]
    found = []
    for a, b in pairs:
        kappa = multiclass.kappa(answers[a], answers[b])
        name = f"{b} with the truth" if a == "truth" else f"{a} with {b}"
        text = interval(kappa.estimate, kappa.low, kappa.high)
        found.append(Row(f"Nine-way kappa, {name}", NONE, text, PUBLISHED, ANSWERS))
    return found


def _reader_rows() -> list[Row]:
    from dermlab.evaluation import readers

    points = readers.esteva_points()
    found = []
    for task, title in TASKS.items():
        n = points.loc[points["task"] == task, "reader"].nunique()
        key = f"{task}_readers"
        source = f"{source_of(key)}; {POINTS}"
        found.append(
            Row(
                f"Dermatologists in the test, {title}",
                number(value_of(key)),
                number(n),
                PUBLISHED,
                source,
            )
        )
    for mean in readers.mean_reader(points).to_dict("records"):
        rates = [
            f"{100 * mean[f'{rate}_mean']:.1f} ± {100 * mean[f'{rate}_sd']:.1f}"
            for rate in ("sensitivity", "specificity")
        ]
        asked = f"{TASKS[mean['task']]}, “{QUESTIONS[mean['question']]}”"
        name = f"Their sensitivity / specificity, mean ± SD, {asked}"
        here = f"{rates[0]} / {rates[1]} %"
        drawn = mean["question"] == "action"  # Fig. 3 asks this one only
        printed = "drawn, not printed" if drawn else NONE
        source = f"Esteva 2017: Fig. 3; {POINTS}" if drawn else POINTS
        found.append(Row(name, printed, here, PUBLISHED, source))
    return found


def _image_rows() -> list[Row]:
    """Malignant and benign images of each test: one task disagrees with the paper's legend."""
    from dermlab.evaluation import readers

    sizes = readers.esteva_points().drop_duplicates("task").set_index("task")
    found = []
    for task, title in TASKS.items():
        legend = [value_of(f"{task}_malignant"), value_of(f"{task}_benign")]
        counted = [int(sizes.loc[task, column]) for column in ("n_pos", "n_neg")]
        note = "" if legend == counted else "; the two disagree, unexplained"
        found.append(
            Row(
                f"Images in the test, {title}",
                f"{legend[0]} malignant, {legend[1]} benign",
                f"{counted[0]} malignant, {counted[1]} benign",
                PUBLISHED,
                f"{source_of(f'{task}_malignant')}; {POINTS}{note}",
            )
        )
    return found


def _area_rows() -> list[Row]:
    from dermlab.evaluation import readers

    printed = readers.esteva_large_tests().set_index(["task", "step"])
    found = []
    for (task, step), curve in readers.esteva_curves().groupby(["task", "step"]):
        test = printed.loc[(task, step)]
        found.append(
            Row(
                f"Area under its curve, {TASKS[task]}, step {step:,}",
                number(float(test["auc_printed"])),
                f"{number(readers.curve_area(curve))} "
                f"({test['n_pos']:,} malignant, {test['n_neg']:,} benign)",
                PUBLISHED,
                CURVES,
            )
        )
    return found
