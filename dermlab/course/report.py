"""The report: what is published beside what the shipped tables give here, row by row.

A row is ``name, published, here, kind, source``. ``kind`` says what stands behind the value here:
*published* (computed from numbers that the authors or others published), *measured here* (from a
public data set), *simulated* or *calibrated*. Nothing is typed in but the published values, which
stand with their sources in ``data/published.csv``.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from dermlab.course import report_page
from dermlab.text import interval, number, percent

PUBLISHED, MEASURED = report_page.PUBLISHED, report_page.MEASURED
SIMULATED = "simulated"
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
COUNTED = "counted from its published table"
NONE = "–"


@dataclass(frozen=True)
class Row:
    """One line of the report; ``published`` and ``here`` are texts, ``–`` where there is none."""

    name: str
    published: str
    here: str
    kind: str
    source: str


def sections() -> dict[str, list[Row]]:
    """The rows of the report under their headings, computed from the shipped tables."""
    return {
        "Nine classes: two dermatologists on 180 images": [*_nineway_rows(), *_kappa_rows()],
        "Biopsy or reassure: the dermatologists as points": [*_reader_rows(), *_image_rows()],
        "A 2016 network of the authors, not the published one, on the large tests": _area_rows(),
        "Taxonomy and totals": [*_taxonomy_rows(), _total_row()],
        "Leaks of HAM10000, and the clinic at sight": [
            *_repeat_rows(),
            *_without_pixels_rows(),
            _blind_sorting_row(),
        ],
    }


def accuracies() -> pd.DataFrame:
    """Extended Data Table 2 as bars: ``who, task, accuracy, low, high``, all shares.

    The bounds of a dermatologist are a 95 % interval for 180 images, computed here; those of a
    network are the published ± 1 SD over nine folds.
    """
    from dermlab.evaluation import metrics

    who = {**READERS, "cnn": "CNN taught these classes", "cnn_pa": "CNN taught fine classes"}
    rows = []
    for task in ("three-way", "nine-way"):
        for key, name in who.items():
            share = _value(f"{key}_{task.replace('-', '')}") / 100
            if key in READERS:
                bounds = metrics.proportion(round(180 * share), 180)
                low, high = bounds.low, bounds.high
            else:
                sd = _value(f"{key}_{task.replace('-', '')}_sd") / 100
                low, high = share - sd, share + sd
            rows.append((name, task, share, low, high))
    return pd.DataFrame(rows, columns=["who", "task", "accuracy", "low", "high"])


def confusions() -> dict[str, pd.DataFrame]:
    """Each dermatologist's nine-way confusion matrix: counts, a row a true class of 20 images."""
    from dermlab.evaluation import metrics, readers

    answers = readers.esteva_nineway_answers()
    return {
        name: metrics.confusion(answers["truth"], answers[column], _nine_classes())
        for column, name in READERS.items()
    }


def write(folder: Path | str) -> list[Path]:
    """Write ``report.html`` and ``report.json`` into ``folder``; returns their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts, matrices = sections(), confusions()
    found = {"rows": [asdict(row) for rows in parts.values() for row in rows]}
    found["confusion"] = {
        name: {"classes": list(counts.columns), "counts": counts.to_numpy().tolist()}
        for name, counts in matrices.items()
    }
    return [
        _write_whole(folder / "report.html", report_page.page(parts, matrices)),
        _write_whole(folder / "report.json", json.dumps(found, indent=1, ensure_ascii=False)),
    ]


def _write_whole(path: Path, text: str) -> Path:
    """Written beside and moved, so that an interrupted run leaves the earlier report."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text + "\n", encoding="utf-8")
    return beside.replace(path)


# --- the rows -------------------------------------------------------------------------------------


@cache
def published() -> pd.DataFrame:
    """The published values by key: name, value, unit, source, confidence.

    ``confidence``: R (read in the primary source), R2 (as quoted in a secondary text), L (as
    printed in the lecture), computed (arithmetic on those).
    """
    with (files("dermlab") / "data" / "published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, index_col="key")


def _value(key: str) -> int | float:
    """A published value: a whole number where the publisher printed one."""
    value, unit = published().loc[key, ["value", "unit"]]
    return float(value) if unit == "%" else int(value)


def _source(key: str) -> str:
    return published().loc[key, "source"]


def _nine_classes() -> list[str]:
    from dermlab.cases import tasks

    return [name for name, _ in tasks.get("nine-way").classes]


def _nineway_rows() -> list[Row]:
    from dermlab.evaluation import metrics, readers

    answers = readers.esteva_nineway_answers()
    found = []
    for column, name in READERS.items():
        right = int((answers["truth"] == answers[column]).sum())
        share = metrics.accuracy(answers["truth"], answers[column])
        bounds = f"95 % interval {percent(share.low)} to {percent(share.high)}"
        found.append(
            Row(
                f"{name}, nine-way accuracy",
                f"{_value(f'{column}_nineway')} %",
                f"{percent(share.estimate)} ({right} of {len(answers)}; {bounds})",
                PUBLISHED,
                f"{_source(f'{column}_nineway')}; {ANSWERS}",
            )
        )
    return found


def _kappa_rows() -> list[Row]:
    from dermlab.evaluation import metrics, readers

    answers = readers.esteva_nineway_answers().rename(columns=READERS)
    pairs = [("truth", name) for name in READERS.values()] + [tuple(READERS.values())]
    found = []
    for a, b in pairs:
        kappa = metrics.kappa(answers[a], answers[b])
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
        source = f"{_source(key)}; {POINTS}"
        found.append(
            Row(
                f"Dermatologists in the test, {title}",
                number(_value(key)),
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
        legend = [_value(f"{task}_malignant"), _value(f"{task}_benign")]
        counted = [int(sizes.loc[task, column]) for column in ("n_pos", "n_neg")]
        note = "" if legend == counted else "; the two disagree, unexplained"
        found.append(
            Row(
                f"Images in the test, {title}",
                f"{legend[0]} malignant, {legend[1]} benign",
                f"{counted[0]} malignant, {counted[1]} benign",
                PUBLISHED,
                f"{_source(f'{task}_malignant')}; {POINTS}{note}",
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


def _taxonomy_rows() -> list[Row]:
    from dermlab.cases import taxonomy

    tree = taxonomy.load_tree()
    with (files("dermlab") / "data" / "taxonomy" / "fitzpatrick17k_counts.csv").open() as file:
        conditions = pd.read_csv(file)
    boundary = 1000
    classes = taxonomy.training_classes(tree, boundary)
    return [
        Row(
            f"Training classes at N = {boundary:,}",
            number(_value("training_classes")),
            f"{number(len(classes))} on Fitzpatrick17k",
            MEASURED,
            f"{_source('training_classes')}; not comparable: another tree, an eighth of the images",
        ),
        Row(
            "Images of Fitzpatrick17k in the shipped tree",
            number(_value("fitzpatrick17k_images")),
            number(int(tree["n"].sum())),
            MEASURED,
            f"{_source('fitzpatrick17k_images')}; {COUNTED}",
        ),
        Row(
            "Conditions of Fitzpatrick17k in the shipped table",
            number(_value("fitzpatrick17k_conditions")),
            f"{number(len(conditions))}, with {number(int(conditions['n'].sum()))} images",
            MEASURED,
            f"{_source('fitzpatrick17k_conditions')}; {COUNTED}",
        ),
    ]


def _total_row() -> Row:
    parts = [_value("training_images"), _value("test_images")]
    total, printed = sum(parts), _value("images")
    added = " + ".join(map(number, parts))
    return Row(
        "All images of the paper",
        number(printed),
        f"{added} = {number(total)}: {number(printed - total)} short",
        PUBLISHED,
        f"{_source('images')}; {_source('training_images')}; {_source('test_images')}",
    )


def _repeat_rows() -> list[Row]:
    from dermlab.course import results

    table = results.read("ham10000_repeats", "straddling.csv")
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
        found.append(Row(name, NONE, here, MEASURED, _shipped("ham10000_repeats")))
    return found


def _without_pixels_rows() -> list[Row]:
    """Each leak alone for one task, and all of them for both; on biopsied cases beside it."""
    from dermlab.course import results

    areas = results.read("ham10000_without_pixels", "areas.csv")
    alone = (areas["task"] == "malignant") & (areas["cases"] == "all")
    found = []
    for row in areas[alone | (areas["seen"] == "all of them")].to_dict("records"):
        name = f"Area under the curve without a pixel, {row['task']}, {row['cases']} cases"
        here = f"{interval(row['auc'], row['low'], row['high'])}, {row['n_images']:,} images"
        source = _shipped("ham10000_without_pixels")
        found.append(Row(f"{name}, from {row['seen']}", NONE, here, MEASURED, source))
    return found


def _blind_sorting_row() -> Row:
    from dermlab.course import results

    (row,) = results.read("clinic_blind_sorting", "accuracy.csv").to_dict("records")
    bounds = f"95 % interval {percent(row['low'])} to {percent(row['high'])}"
    right = f"{row['right']} of {row['n']}; {bounds}; by chance {percent(row['chance'])}"
    return Row(
        "Pictures of the virtual clinic sorted right by nine written descriptions",
        NONE,
        f"{percent(row['accuracy'])} ({right})",
        SIMULATED,
        f"{_shipped('clinic_blind_sorting')}: sorted once, by one reviewer (a program)",
    )


def _shipped(name: str) -> str:
    return f"shipped result {name}"
