"""The ROC curve of a table of predictions, its band and the readers beside it: ``dermlab roc``."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from dermlab.cases import tasks
from dermlab.evaluation import bands, intervals, judged, merging, readers, roc
from dermlab.evaluation.judged import Matched


class Curve(NamedTuple):
    """A ROC curve and what stands beside it.

    ``rows`` as `roc.curve`; ``band`` as `bands.specificity`; ``points`` of readers, or None.
    """

    question: tasks.Task
    rows: pd.DataFrame
    band: pd.DataFrame
    area: intervals.Estimate
    at_half: roc.Point
    points: pd.DataFrame | None
    n_positive: int
    n_negative: int


def curve(found: Matched, reads: pd.DataFrame | None = None) -> Curve:
    """The ROC curve of what was matched, of two classes; ``reads`` as of `scores.score`."""
    positive, score, groups = judged.positive_and_score(found)
    points, name = None, found.question.name
    if reads is not None:
        points = readers.points_from_reads(reads, pd.Series(positive, found.used.index), task=name)
    return Curve(
        found.question,
        roc.curve(positive, score),
        bands.specificity(positive, score, groups),
        roc.auc(positive, score, groups),
        roc.point(positive, score >= 0.5, groups),
        points,
        int(positive.sum()),
        int((~positive).sum()),
    )


def of_files(
    predictions: str | Path,
    truth: str | Path,
    *,
    task: str,
    cases: str | Path | None = None,
    reads: str | Path | None = None,
    label_source: str | None = None,
    allow_missing: bool = False,
    tree: pd.DataFrame | None = None,
) -> Curve:
    """What `figures.roc.of_curve` draws, of files as `scores.score_files` takes them."""
    files = judged.of_files(predictions, truth, cases, tree)
    found = judged.matched(
        **files, task=task, label_source=label_source, allow_missing=allow_missing
    )
    return curve(found, None if reads is None else merging.read_whole(reads))
