"""The answers: a network's scored against the truth, and the class's files of reads joined."""

from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import OutOption, TaxonomyOption, comma_separated, option
from dermlab.text import interval, number, plural

APART = ("readers", "confusion", "by")  # results with a table of their own
PredictionsArgument = Annotated[
    str, typer.Argument(metavar="PREDICTIONS", help="Probabilities, or an ISIC file.")
]
TruthArgument = Annotated[
    str, typer.Argument(metavar="TRUTH", help="Any SOURCE, or an ISIC one-hot file.")
]
CasesOption = Annotated[str | None, typer.Option(help="Cases that name patients and lesions.")]
LabelOption = Annotated[str | None, typer.Option(help="Score these labels only, as in biopsy.")]
BothOption = Annotated[
    bool, typer.Option("--allow-missing", help="Score the images that both files hold.")
]


def score(
    predictions: PredictionsArgument,
    truth: TruthArgument,
    task: Annotated[
        str, option(help="three-way, nine-way, malignant, ..., A:B, A+B:C, or own (classes).")
    ],
    cases: CasesOption = None,
    reads: Annotated[
        str | None, typer.Option(help="Reads of the same images: the readers as points.")
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(help="With --reads: is the network at most so much worse than their mean?"),
    ] = None,
    by: Annotated[
        str | None, option(help="Subgroups by these columns, as in skin_type,age,sex,site,source.")
    ] = None,
    label_source: LabelOption = None,
    allow_missing: BothOption = False,
    taxonomy: TaxonomyOption = None,
) -> dict:
    """Score PREDICTIONS against TRUTH; intervals are clustered where patients or lesions repeat."""
    from dermlab.cases import own
    from dermlab.evaluation import scores as room

    result = room.score_files(
        predictions,
        truth,
        task=task,
        cases=cases,
        reads=reads,
        margin=margin,
        by=comma_separated(by),
        label_source=label_source,
        allow_missing=allow_missing,
        tree=own.given_tree(taxonomy),
    )
    points = result.get("readers", [])
    shown = {k: value for k, value in result.items() if k not in APART}
    rows = [(k.replace("_", " "), _shown(value)) for k, value in shown.items()]
    text: list = [(f"{predictions} against {truth}", ("what", "value"), rows)]
    if "confusion" in result:
        text.append(_confusion(**result["confusion"]))
    text += [_subgroups(name, rows) for name, rows in result.get("by", {}).items()]
    if points:
        cells = [[_shown(value) for value in point.values()] for point in points]
        text.append(("Readers", points[0], cells))
    return result | {"text": text}


def roc(
    predictions: PredictionsArgument,
    truth: TruthArgument,
    task: Annotated[str, option(help="A task of two sides: malignant, ..., A:B or A+B:C.")],
    out: Annotated[Path, option("--out", help="The PNG to write.")],
    cases: CasesOption = None,
    reads: Annotated[str | None, typer.Option(help="Reads of the same images, as dots.")] = None,
    label_source: LabelOption = None,
    allow_missing: BothOption = False,
    taxonomy: TaxonomyOption = None,
) -> dict:
    """Draw the ROC curve of PREDICTIONS with its band, its point at 0.5, and readers beside it."""
    import matplotlib

    matplotlib.use("Agg")
    from dermlab import files
    from dermlab.cases import own
    from dermlab.evaluation import curves
    from dermlab.figures import roc as figures
    from dermlab.figures import style

    place = console.target(out, predictions, truth, cases, reads)
    asked = {"task": task, "cases": cases, "reads": reads, "label_source": label_source}
    asked["tree"] = own.given_tree(taxonomy)
    curve = curves.of_files(predictions, truth, **asked, allow_missing=allow_missing)
    style.use()
    drawn = figures.of_curve(curve)
    files.write(place, style.png(drawn.figure))
    names = ("estimate", "low", "high")
    result = {"auc": {name: getattr(curve.area, name) for name in names}, "alt": drawn.alt}
    return result | {"out": str(out), "text": [f"{out}: {drawn.alt}"]}


def merge(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="The readers' files.")],
    out: OutOption,
) -> dict:
    """Join the readers' files; damaged ones go to OUT.set-aside.csv, and then the exit is 1.

    A line that is a quiz's text code counts as the reads it stands for.
    """
    import pandas as pd

    from dermlab.evaluation import merging
    from dermlab.lessons import quiz

    place = console.target(out, *files)
    aside = console.target(Path(f"{out}.set-aside.csv"), *files)
    reads, damaged = merging.merge_reads(files, decode=quiz.decoded)
    console.write_tables({place: reads} | ({aside: damaged} if len(damaged) else {}))
    if damaged.empty:
        aside.unlink(missing_ok=True)  # what an earlier merge left there is no longer true
    for (file, reason), rows in damaged.groupby(["file", "reason"], sort=False):
        first, more = rows["row"].iloc[0], len(rows) - 1
        line = "" if pd.isna(first) else f", line {first:.0f}{f' and {more} more' if more else ''}"
        console.note(f"set aside: {file}{line}: {reason}")
    for remark in merging.remarks(files, decode=quiz.decoded):
        console.note(remark)
    result = {
        "reads": len(reads),
        "readers": int(reads["reader_id"].nunique()),
        "files": len(files),
        "set_aside": len(damaged),
    }
    read = f"{plural(len(reads), 'read')} of {plural(result['readers'], 'reader')}"
    kept = f"; {plural(len(damaged), 'row')} in {out}.set-aside.csv" if len(damaged) else ""
    text = [f"{out}: {read} from {plural(len(files), 'file')}{kept}."]
    return result | {"text": text, "finding": len(damaged) > 0}


def _subgroups(name: str, rows: list[dict]) -> tuple:
    """A column's subgroups as a table; dashes where there are too few cases."""
    shown = [
        (
            row["value"],
            f"{row['n']:,}",
            _bounds(row, "estimate", "low", "high"),
            _bounds(row, "difference", "difference_low", "difference_high"),
            "–" if row["p_holm"] is None else number(row["p_holm"]),
        )
        for row in rows
    ]
    columns = (name.replace("_", " "), "images", "here", "minus the others", "p (Holm)")
    return f"By {name.replace('_', ' ')}", columns, shown


def _bounds(row: dict, *names: str) -> str:
    values = [row[name] for name in names]
    return "–" if values[0] is None else interval(*values)


def _confusion(truth: list[str], answer: list[str], counts: list[list[int]]) -> tuple:
    """The matrix as a table: a row a true class, its answers by number."""
    numbers = [str(i) for i in range(len(answer))]
    rows = [
        (f"{answer.index(name)} {name}", *(f"{n:,}" for n in row))
        for name, row in zip(truth, counts, strict=True)
    ]
    return "Rows: the truth; columns: the answer, by the same numbers", ("", *numbers), rows


def _shown(value: object) -> str:
    """A result as a person reads it: an estimate with its bounds, a count, a name."""
    if isinstance(value, dict) and {"estimate", "low", "high"} <= set(value):
        bounds = interval(value["estimate"], value["low"], value["high"])
        return f"{bounds}, {value['method']}" if "method" in value else bounds
    if isinstance(value, dict):
        parts = [f"{name.replace('_', ' ')} {_shown(item)}" for name, item in value.items()]
        return "; ".join(parts)
    return value if isinstance(value, str) else number(value)
