"""Rows of the report on finished runs of ``dermlab train``: what was learnt, and how well.

A run is read from its files, without starting the backend. It is scored as ``dermlab score`` does,
over all cases and over the biopsied alone; where a task cannot be read out, the reason stands in
the place of the score.
"""

import warnings
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dermlab.cases import sources, tasks
from dermlab.errors import InputError
from dermlab.evaluation import columns, predictions, scores, truth
from dermlab.lessons import report
from dermlab.lessons.report import NONE, Row, source_of, value_of
from dermlab.network import kinds, plans, run_folder, runs
from dermlab.network.recipe import PROVENANCE
from dermlab.network.runs import Finished
from dermlab.text import interval, listing, number, percent, plural

METHODS = "Esteva 2017: Methods"
ORIGINS = {
    "stated": f"{METHODS}: {{}}",
    "2016 code": "the authors' public code of 2016: {}",
    "ours": "what the package takes for the paper's: {}",
}
WEIGHTS = {
    "shipped": "everyday photographs and patterns (shipped weights)",
    "imagenet": "ImageNet",
    "none": "nothing: random weights",
}
BIOPSY = "biopsy"
LABELS = {None: "all cases", BIOPSY: "biopsied cases alone"}
AREAS = {  # the paper's binary tasks, all on biopsied cases
    "carcinoma-vs-keratosis": {"clinical": "carcinoma_auc"},
    "melanoma-vs-nevus": {"clinical": "melanoma_auc", "dermoscopy": "melanoma_dermoscopy_auc"},
}
OPENING = (
    f"<p>Finished runs of <code>dermlab train</code> beside {report.PAPER}. Another network, other "
    "images, other labels: the two columns are set side by side to be compared line by line, not "
    "to be equal. The mark says what stands behind the value <em>Here</em>:</p>"
)
Line = tuple[str, str, str, str]  # name, published, here, source


def of_runs(folders: Sequence[Path | str], cases: str | None = None) -> tuple[dict, str]:
    """The rows of finished runs under their headings, and the page that shows them.

    With ``cases`` (any SOURCE) the runs' predictions are scored. InputError as `sections`.
    """
    parts = sections(folders, cases)
    kinds = {row.kind: report.KINDS[row.kind] for rows in parts.values() for row in rows}
    tables = "".join(
        f"<h2>{report.escape(heading)}</h2>\n{report.section(rows)}"
        for heading, rows in parts.items()
    )
    curves = "".join(map(_curve, map(runs.finished, folders)))
    body = f"{OPENING}\n{report.marks(kinds)}\n{tables}\n<h2>How the training went</h2>\n{curves}"
    return parts, report.page("The paper and these runs", body)


def sections(folders: Sequence[str | Path], cases: str | None = None) -> dict[str, list[Row]]:
    """The rows of each run under its folder's name; of the scores too where ``cases`` are given.

    InputError for a folder without a finished run, for cases without a scored fold, and for cases
    that lack a predicted image.
    """
    done = [runs.finished(folder) for folder in folders]
    tree = run_folder.given_tree(done[0].settings)
    table = None if cases is None else sources.read_cases(cases, tree=tree)
    parts = {}
    for run in done:
        kind = report.mark(run.datasets)
        parts[f"{run.folder}: what was learnt"] = _rows(_about(run), kind)
        if table is not None:
            answers = _answers(run, table, cases)
            kind = report.mark([*run.datasets, *answers.cases["dataset"].unique()])
            parts[f"{run.folder}: how good its answers are"] = _rows(_scores(answers), kind)
    return parts


def _rows(lines: Sequence[Line], kind: str) -> list[Row]:
    return [Row(name, beside, here, kind, source) for name, beside, here, source in lines]


def _curve(run: Finished) -> str:
    """The run's learning curve as a picture inside the page, with its alt text."""
    import matplotlib.pyplot as plt

    from dermlab.figures import runs as figures
    from dermlab.figures import style

    style.use()
    names = [f"fold {fold}" for fold in run.networks["fold"]]
    best = dict(zip(names, run.networks["best_epoch"], strict=True))
    histories = dict(zip(names, run.histories, strict=True))
    fig = figures.curves(histories, best, _metric(run)).figure
    png = b64encode(style.png(fig)).decode()
    plt.close(fig)
    alt = report.escape(f"Learning curve of {run.folder}: {_best_epoch(run)}")
    return f'<p><img src="data:image/png;base64,{png}" alt="{alt}"></p>\n'


# --- what was learnt ------------------------------------------------------------------------------


def _about(run: Finished) -> list[Line]:
    settings, networks = run.settings, run.networks
    images = {part: _range(networks[part]) for part in ("training", "development")}
    several = "" if len(networks) == 1 else f" in each of {len(networks)} networks"
    return [
        (
            "What the network learns",
            plural(value_of("training_classes"), "training class", "training classes"),
            _classes(run),
            source_of("training_classes"),
        ),
        (
            "Images for the weights and for choosing the epoch",
            number(value_of("training_images")),
            f"{images['training']} and {images['development']}{several}; "
            f"data: {listing(run.datasets)}",
            source_of("training_images"),
        ),
        (
            "The network and its input",
            f"Inception v3, {value_of('input_pixels')} pixels",
            f"{settings['kind'].replace('_', ' ')}, {settings['size']} pixels",
            source_of("input_pixels"),
        ),
        (
            "What it had learnt before",
            f"about {value_of('pretraining_images'):,} images of ImageNet",
            _start(settings["kind"], settings["weights"]),
            source_of("pretraining_images"),
        ),
        *_recipe(run),
        ("The epoch that was kept", NONE, _best_epoch(run), f"{run.folder}: history.csv"),
    ]


def _start(kind: str, weights: str) -> str:
    start = WEIGHTS.get(weights, weights)
    if kinds.begins_by_regression(kind, weights):
        start += "; epoch 0 is a regression on its frozen features"
    return start


def _classes(run: Finished) -> str:
    names = [entry["name"] for entry in run.settings["classes"]]
    if run.settings["direct"]:
        return f"the task {run.settings['task']} itself: {listing(names, 9)}"
    return f"{plural(len(names), 'training class', 'training classes')}: {listing(names, 4)}"


def _recipe(run: Finished) -> list[Line]:
    """A line for each field of the recipe that is not the paper's; one line where all are."""
    changed = run.recipe.changed()
    if not changed:
        return [("Recipe", "as in its Methods", "the same in every field", METHODS)]
    lines = []
    for field, (value, paper) in changed.items():
        origin, why = PROVENANCE[field]
        beside = "not stated" if origin == "ours" else _value(paper)
        name = f"Recipe: {field.replace('_', ' ')}"
        lines.append((name, beside, _value(value), ORIGINS[origin].format(why)))
    return lines


def _value(value: object) -> str:
    """A field of the recipe in words: ``0.0003``, ``yes``, ``none``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(counts: pd.Series) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _metric(run: Finished) -> str:
    """What the development part was judged by: ``"nine-way, mean accuracy of the classes"``."""
    task = run.settings["task"]
    return f"{task}, {plans.metric_name(tasks.get(task, tree=_tree(run)))}"


def _tree(run: Finished) -> pd.DataFrame:
    """The tree whose nodes the network learnt."""
    return run_folder.tree_of(run.settings)


def _best_epoch(run: Finished) -> str:
    """The best epoch and what it reached; of several networks all epochs, mean and SD."""
    last, rows = max(history["epoch"].max() for history in run.histories), run.networks
    what = f"{_metric(run)} on the development part"
    if len(rows) == 1:
        return f"epoch {rows['best_epoch'][0]} of {last}: {what} {number(float(rows['best'][0]))}"
    epochs = listing(rows["best_epoch"].tolist(), len(rows))
    spread = f"{number(rows['best'].mean())} ± {number(rows['best'].std())}"
    return f"epochs {epochs} of {last}: {what} {spread} (mean ± SD of {len(rows)} networks)"


# --- how good its answers are ---------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """A run's predictions and what is known of their images."""

    path: str
    table: pd.DataFrame  # image_id and a probability a class
    classes: pd.DataFrame  # name, diseases
    cases: pd.DataFrame  # of the predicted images
    folds: list[pd.Series]  # the images of each network, where there are several
    direct: str | None  # the task that was learnt itself, if one was
    tree: pd.DataFrame  # whose nodes the classes hold


def _answers(run: Finished, cases: pd.DataFrame, name: str) -> Answers:
    """InputError where the run scored no fold, and where a predicted image has no case."""
    path = run.folder / runs.PREDICTIONS
    if not path.is_file():
        raise InputError(
            f"{run.folder} scored no fold, so that --cases {name} has nothing to judge: leave it "
            "out, or train with --fold or --all-folds."
        )
    table, sidecar = predictions.read(path)
    predicted = cases[cases["image_id"].isin(table["image_id"])]
    absent = table.loc[~table["image_id"].isin(predicted["image_id"]), "image_id"].tolist()
    if absent:
        raise InputError(
            f"{plural(len(absent), 'image')} of {path} stand in no row of {name} "
            f"({listing(absent)}): name the cases that the run was trained on."
        )
    places = runs.folders(run.folder, run.settings["folds"])
    folds = [predictions.read(place / runs.PREDICTIONS)[0]["image_id"] for place in places]
    classes = columns.classes_of(table, sidecar, tree := _tree(run))
    several = folds if len(folds) > 1 else []
    return Answers(str(path), table, classes, predicted, several, sidecar.get("task"), tree)


def _scores(answers: Answers) -> list[Line]:
    """The lines of every task, or of the one that was learnt and the names of the others."""
    every = tasks.askable(answers.tree)
    names = every if answers.direct is None else (answers.direct,)
    asked = [tasks.get(name, tree=answers.tree) for name in names]
    lines = [line for task in asked for line in _task(task, answers)]
    others = [name for name in every if name != answers.direct]
    if answers.direct is not None and others:
        here = f"not possible: the network learnt the task {answers.direct} itself"
        lines.append((f"The tasks {listing(others, len(others))}", NONE, here, answers.path))
    return lines


def _task(task: tasks.Task, answers: Answers) -> list[Line]:
    """The task over all cases and over the biopsied alone; one line where it cannot be read out."""
    binary = len(task.classes) == 2
    title = f"{task.name}, {'area under the curve' if binary else 'mean accuracy of the classes'}"
    beside = {label: _published(task, label, answers) for label in LABELS}
    try:
        answer = predictions.read_out(answers.table, answers.classes, task)
    except InputError as reason:
        value, source = beside[BIOPSY if binary else None]
        return [(title, value, _because(reason), f"{source}{answers.path}")]
    lines = []
    for label, which in LABELS.items():
        value, source = beside[label]
        try:
            here, how = _score(answer, answers, task, label)
        except InputError as reason:
            here, how = _because(reason), ""
        lines.append((f"{title}, {which}", value, here, f"{source}{answers.path}{how}"))
    return lines


def _score(
    answer: pd.DataFrame, answers: Answers, task: tasks.Task, label: str | None
) -> tuple[str, str]:
    """The score in words, and how it was made; InputError where a side has no such case."""
    not_used: dict[str, int] = {}
    used = truth.usable(truth.with_ids(answers.cases, None), task, label, not_used)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No interval")  # its dashes stand in the row
        score = scores.score_answers(answer, used, task, not_used)
    how = f": interval over {score['clustered_by'].replace('_id', 's')}"
    counts = plural(score["n"], "image")
    if "auc" in score:
        bounds = {key: score["auc"][key] for key in ("estimate", "low", "high")}
        here = f"{interval(**bounds)}, {counts}, {score['n_positive']:,} of them {task.positive}"
        return here, how
    low, mean, high = (_percent(score["balanced_accuracy"][x]) for x in ("low", "estimate", "high"))
    by_fold = _by_fold(answer, used["class"], answers.folds)
    by_image = _percent(score["accuracy"]["estimate"])
    return (
        f"{mean} ({low} to {high}){by_fold}, {counts}; by chance {percent(1 / len(task.classes))}",
        f"{how}; {by_image} where every image counts the same",
    )


def _by_fold(answer: pd.DataFrame, truth: pd.Series, folds: list[pd.Series]) -> str:
    """The folds' mean and SD, as the paper has it; each the mean of the classes that occur."""
    if not folds:
        return ""
    named = answer.set_index("image_id").drop(columns="empty").idxmax(axis=1)
    means = []
    for images in folds:
        true = truth[truth.index.isin(images)]
        means.append((named.loc[true.index] == true).groupby(true).mean().mean())
    spread = pd.Series(means)
    return f"; {100 * spread.mean():.1f} ± {100 * spread.std():.1f} % over {len(folds)} folds"


def _percent(share: float | None) -> str:
    return NONE if share is None else percent(share)


def _because(reason: InputError) -> str:
    """The error's sentence without its advice, which follows the semicolon."""
    sentence = str(reason).split(";")[0].rstrip(".")
    return f"not possible: {sentence[0].lower()}{sentence[1:]}"


def _published(task: tasks.Task, label: str | None, answers: Answers) -> tuple[str, str]:
    """What the paper has for this task and these labels, and its source with ``"; "`` after it.

    The paper's accuracies rest on dermatologists' labels, its areas on biopsied cases alone.
    """
    if task.name in ("three-way", "nine-way") and label is None:
        learnt = "cnn_pa" if answers.direct is None else "cnn"
        key = f"{learnt}_{task.name.replace('-', '')}"
        return f"{report.printed(key)} (mean ± SD of nine folds)", f"{source_of(key)}; "
    keys = AREAS.get(task.name, {}) if label == BIOPSY else {}
    if not keys:
        return NONE, ""
    of_task = answers.cases[tasks.assign(task, answers.cases["disease"]).notna()]
    seen = [way for way in keys if way in set(of_task["modality"].dropna())] or list(keys)
    values = [f"{report.printed(keys[way])} ({way})" for way in seen]
    return listing(values), f"{source_of(keys[seen[0]])}; "
