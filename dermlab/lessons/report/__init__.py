"""The report: what is published beside what comes out here, row by row, and as one page.

`sections` and `write` are the course's report, computed from the shipped tables: a room beside this
file a subject, each with its ``sections()``; a new row goes there. `of_runs` is the report on
finished runs of ``dermlab train``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from dermlab.lessons.report import (
    clinic,
    dermatologists,
    folds,
    ham10000,
    page,
    runs,
    starts,
    taxonomy,
)
from dermlab.lessons.report.dermatologists import accuracies
from dermlab.lessons.report.row import KINDS, Matrix, Row, published

__all__ = [
    "KINDS",
    "Matrix",
    "Row",
    "accuracies",
    "as_json",
    "confusions",
    "of_course",
    "of_runs",
    "published",
    "sections",
    "write",
    "write_whole",
]

ROOMS = (dermatologists, taxonomy, ham10000, folds, clinic, starts)


def sections() -> dict[str, list[Row]]:
    """The rows of the report under their headings, computed from the shipped tables."""
    return {heading: rows for room in ROOMS for heading, rows in room.sections().items()}


def confusions() -> dict[str, Matrix]:
    """The nine-way confusion matrices: two dermatologists', and that of the blind sorting."""
    return dermatologists.confusions() | clinic.confusions()


def write(folder: Path | str) -> list[Path]:
    """Write ``report.html`` and ``report.json`` into ``folder``; returns their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts, html = of_course()
    matrices = {name: _listed(matrix) for name, matrix in confusions().items()}
    found = as_json(parts) | {"confusion": matrices}
    return [
        write_whole(folder / "report.html", html),
        write_whole(folder / "report.json", json.dumps(found, indent=1, ensure_ascii=False)),
    ]


def of_runs(folders: Sequence[Path | str], cases: str | None = None) -> tuple[dict, str]:
    """The rows of finished runs under their headings, and the page that shows them.

    With ``cases`` (any SOURCE) the runs' predictions are scored. InputError as `runs.sections`.
    """
    parts = runs.sections(folders, cases)
    return parts, page.of_runs(parts, runs.learning_curves(folders))


def of_course() -> tuple[dict, str]:
    """The course's rows under their headings, and its page."""
    parts = sections()
    return parts, page.course(parts, confusions())


def as_json(parts: Mapping[str, list[Row]]) -> dict:
    """``{"rows": [{"name", "published", "here", "kind", "source"}, ...]}``."""
    return {"rows": [asdict(row) for rows in parts.values() for row in rows]}


def write_whole(path: Path, text: str) -> Path:
    """Written beside and moved, so that an interrupted run leaves the earlier report."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text + "\n", encoding="utf-8")
    return beside.replace(path)


def _listed(matrix: Matrix) -> dict:
    counts = matrix.counts
    classes = list(counts.columns)
    return {"classes": classes, "counts": counts.to_numpy().tolist(), "kind": matrix.kind}
