"""Rows of the report on finished runs of ``dermlab train``: what was learnt, and how well.

A run is read from its files, without starting the backend. It is scored as ``dermlab score`` does,
over all cases and over the biopsied alone; where a task cannot be read out, the reason stands in
the place of the score.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dermlab.cases import own, sources, tasks
from dermlab.errors import InputError
from dermlab.evaluation import judged, predictions, scores
from dermlab.lessons import report, run_answers, run_pictures
from dermlab.lessons.report import NONE, Row, source_of, value_of
from dermlab.lessons.run_answers import BIOPSY, LABELS, Answers
from dermlab.network import kinds, run_folder
from dermlab.network.recipe import PROVENANCE
from dermlab.network.run_folder import Finished
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
Judged = tuple[Finished, Answers | None]  # a run, and its answers where cases are given


def of_runs(
    folders: Sequence[Path | str], cases: str | None = None, images: Sequence[str] = ()
) -> tuple[dict, str]:
    """The rows of finished runs under their headings, and the page that shows them with pictures.

    With ``cases`` (any SOURCE) the runs' predictions are scored; with ``images`` (folders, zips or
    ``clinic``) the worst mistakes are shown too. InputError as `sections`, and for a picture that
    is missing or cannot be read.
    """
    judged = _judged(folders, cases)
    parts = _sections(judged)
    kinds = {row.kind: report.KINDS[row.kind] for rows in parts.values() for row in rows}
    tables = "".join(
        f"<h2>{report.escape(heading)}</h2>\n{report.section(rows)}"
        for heading, rows in parts.items()
    )
    pictures = "".join(run_pictures.section(run, answers, images) for run, answers in judged)
    body = f"{OPENING}\n{report.marks(kinds)}\n{tables}\n{pictures}"
    return parts, report.page("The paper and these runs", body)


def sections(folders: Sequence[str | Path], cases: str | None = None) -> dict[str, list[Row]]:
    """The rows of each run under its folder's name; of the scores too where ``cases`` are given.

    InputError for a folder without a finished run, for cases without a scored fold, and for cases
    that lack a predicted image.
    """
    return _sections(_judged(folders, cases))


def _judged(folders: Sequence[str | Path], cases: str | None) -> list[Judged]:
    """Each run with its answers on ``cases``; None where there are no cases."""
    done = [run_folder.finished(folder) for folder in folders]
    if cases is None:
        return [(run, None) for run in done]
    tree = run_folder.given_tree(done[0].settings)
    table = sources.read_cases(cases, tree=tree)
    return [(run, run_answers.of_run(run, table, cases)) for run in done]


def _sections(judged: Sequence[Judged]) -> dict[str, list[Row]]:
    parts = {}
    for run, answers in judged:
        kind = report.mark(run.datasets)
        parts[f"{run.folder}: what was learnt"] = _rows(_about(run), kind)
        if answers is not None:
            kind = report.mark([*run.datasets, *answers.cases["dataset"].unique()])
            parts[f"{run.folder}: how good its answers are"] = _rows(_scores(answers), kind)
    return parts


def _rows(lines: Sequence[Line], kind: str) -> list[Row]:
    return [Row(name, beside, here, kind, source) for name, beside, here, source in lines]


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
        (
            "The epoch that was kept",
            NONE,
            run_answers.best_epoch(run),
            f"{run.folder}: history.csv",
        ),
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


# --- how good its answers are ---------------------------------------------------------------------


def _scores(answers: Answers) -> list[Line]:
    """The lines of every task, or of the one that was learnt and the names of the others."""
    lines = [line for task in run_answers.asked(answers) for line in _task(task, answers)]
    others = [name for name in answers.task_names if name != answers.direct]
    if answers.direct is not None and others:
        here = f"not possible: the network learnt the task {answers.direct} itself"
        lines.append((f"The tasks {listing(others, len(others))}", NONE, here, answers.path))
    return lines


def _task(task: tasks.Task, answers: Answers) -> list[Line]:
    """The task over all cases and over the biopsied alone; one line where it cannot be read out."""
    binary = len(task.classes) == 2
    title = f"{task.name}, {'area under the curve' if binary else 'mean accuracy of the classes'}"
    labels = {None: LABELS[None]} if own.is_flat(answers.tree) else LABELS
    beside = {label: _published(task, label, answers) for label in labels}
    try:
        predictions.read_out(answers.table, answers.classes, task)
    except InputError as reason:
        value, source = beside[BIOPSY if binary and BIOPSY in beside else None]
        return [(title, value, run_answers.because(reason), f"{source}{answers.path}")]
    lines = []
    for label, which in labels.items():
        value, source = beside[label]
        try:
            here, how = _score(run_answers.matched(answers, task, label), answers)
        except InputError as reason:
            here, how = run_answers.because(reason), ""
        lines.append((f"{title}, {which}", value, here, f"{source}{answers.path}{how}"))
    return lines


def _score(matched: judged.Matched, answers: Answers) -> tuple[str, str]:
    """The score in words, and how it was made."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No interval")  # its dashes stand in the row
        score = scores.score_answers(*matched)
    how = f": interval over {score['clustered_by'].replace('_id', 's')}"
    counts, task = plural(score["n"], "image"), matched.question
    if "auc" in score:
        bounds = {key: score["auc"][key] for key in ("estimate", "low", "high")}
        here = f"{interval(**bounds)}, {counts}, {score['n_positive']:,} of them {task.positive}"
        return here, how
    low, mean, high = (_percent(score["balanced_accuracy"][x]) for x in ("low", "estimate", "high"))
    by_fold = _by_fold(matched.answer, matched.used["class"], answers.folds)
    by_image = _percent(score["accuracy"]["estimate"])
    return (
        f"{mean} ({low} to {high}){by_fold}, {counts}; by chance {percent(1 / len(task.classes))}",
        f"{how}; {by_image} where every image counts the same",
    )


def _by_fold(answer: pd.DataFrame, truth: pd.Series, folds: list[pd.Series]) -> str:
    """The folds' mean and SD, as the paper has it; each the mean of the classes that occur."""
    if not folds:
        return ""
    named = predictions.most_probable(answer)
    means = []
    for images in folds:
        true = truth[truth.index.isin(images)]
        means.append((named.loc[true.index] == true).groupby(true).mean().mean())
    spread = pd.Series(means)
    return f"; {100 * spread.mean():.1f} ± {100 * spread.std():.1f} % over {len(folds)} folds"


def _percent(share: float | None) -> str:
    return NONE if share is None else percent(share)


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
