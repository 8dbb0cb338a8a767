"""Finished runs of ``dermlab train`` beside the paper: what was learnt, from what, and how.

A run is read from its files, without starting the backend.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dermlab.cases import sources, tasks
from dermlab.lessons.report import scores
from dermlab.lessons.report.row import NONE, Row, mark, source_of, value_of
from dermlab.network import plans, runs
from dermlab.network.recipe import PROVENANCE
from dermlab.network.runs import Finished
from dermlab.text import listing, number, plural

METHODS = "Esteva 2017: Methods"
ORIGINS = {
    "stated": f"{METHODS}: {{}}",
    "2016 code": "the authors' public code of 2016: {}",
    "ours": "what the package takes for the paper's: {}",
}
ALREADY = {
    "shipped": "everyday photographs and patterns (shipped weights)",
    "imagenet": "ImageNet",
    "none": "nothing: random weights",
}


def sections(folders: Sequence[str | Path], cases: str | None = None) -> dict[str, list[Row]]:
    """The rows of each run under its folder's name; of the scores too where ``cases`` are given.

    InputError for a folder without a finished run, for cases without a scored fold, and for cases
    that lack a predicted image.
    """
    done = [runs.finished(folder) for folder in folders]
    table = None if cases is None else sources.read_cases(cases)
    found = {}
    for run in done:
        found[f"{run.folder}: what was learnt"] = _about(run)
        if table is not None:
            found[f"{run.folder}: how good its answers are"] = scores.rows(run, table, cases)
    return found


def learning_curves(folders: Sequence[str | Path]) -> dict[str, tuple[bytes, str]]:
    """Each run's learning curve as PNG, and its alt text, by the run's folder."""
    import matplotlib.pyplot as plt

    from dermlab.figures import runs as figures
    from dermlab.figures import style

    style.use()
    drawn = {}
    for run in map(runs.finished, folders):
        names = [f"fold {fold}" for fold in run.networks["fold"]]
        best = dict(zip(names, run.networks["best_epoch"], strict=True))
        histories = dict(zip(names, run.histories, strict=True))
        fig = figures.curves(histories, best, _judge(run))
        alt = f"Learning curve of {run.folder}: {_told(run)}"
        drawn[str(run.folder)] = style.png(fig), alt
        plt.close(fig)
    return drawn


# --- what was learnt ------------------------------------------------------------------------------


def _about(run: Finished) -> list[Row]:
    kind = mark(run.datasets)
    asked, networks = run.settings, run.networks
    images = {part: _range(networks[part]) for part in ("training", "development")}
    several = "" if len(networks) == 1 else f" in each of {len(networks)} networks"
    start = ALREADY.get(asked["weights"], asked["weights"])
    rows = [
        (
            "What the network learns",
            plural(value_of("training_classes"), "training class", "training classes"),
            _learnt(run),
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
            f"{asked['kind'].replace('_', ' ')}, {asked['size']} pixels",
            source_of("input_pixels"),
        ),
        (
            "What it had learnt before",
            f"about {value_of('pretraining_images'):,} images of ImageNet",
            start,
            source_of("pretraining_images"),
        ),
        *_recipe(run),
        ("The epoch that was kept", NONE, _told(run), f"{run.folder}: history.csv"),
    ]
    return [Row(name, printed, here, kind, source) for name, printed, here, source in rows]


def _learnt(run: Finished) -> str:
    names = [entry["name"] for entry in run.settings["classes"]]
    if run.settings["direct"]:
        return f"the task {run.settings['task']} itself: {listing(names, 9)}"
    return f"{plural(len(names), 'training class', 'training classes')}: {listing(names, 4)}"


def _recipe(run: Finished) -> list[tuple[str, str, str, str]]:
    """A line a field of the recipe that is not the paper's; one line where all are."""
    changed = run.recipe.changed()
    if not changed:
        return [("Recipe", "as in its Methods", "the same in every field", METHODS)]
    lines = []
    for field, (own, paper) in changed.items():
        origin, why = PROVENANCE[field]
        printed = "not stated" if origin == "ours" else _value(paper)
        source = ORIGINS[origin].format(why)
        lines.append((f"Recipe: {field.replace('_', ' ')}", printed, _value(own), source))
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


def _judge(run: Finished) -> str:
    """What the development part was judged by: ``"nine-way, mean accuracy of the classes"``."""
    task = run.settings["task"]
    return f"{task}, {plans.metric_name(tasks.get(task))}"


def _told(run: Finished) -> str:
    """The best epoch and what it reached; of several networks all epochs, mean and SD."""
    last, rows = max(map(len, run.histories)), run.networks
    what = f"{_judge(run)} on the development part"
    if len(rows) == 1:
        return f"epoch {rows['best_epoch'][0]} of {last}: {what} {number(float(rows['best'][0]))}"
    epochs = listing(rows["best_epoch"].tolist(), len(rows))
    spread = f"{number(rows['best'].mean())} ± {number(rows['best'].std())}"
    return f"epochs {epochs} of {last}: {what} {spread} (mean ± SD of {len(rows)} networks)"
