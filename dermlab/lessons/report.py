"""The report: what is published beside what comes out here; the one renderer of its tables.

A *line* of ``site/report.csv`` names a published value and points to a shipped result: its table,
the rows (a pandas query; each row that fits becomes a row of the report), and the columns of the
estimate, its SD or bounds. The line holds no number of ours. ``run_report`` makes the rows of
finished runs; `table`, `section` and `page` show either.
"""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.files import write, writing
from dermlab.lessons import results
from dermlab.text import number, percent, plural

PUBLISHED, MEASURED, SIMULATED = "published", "measured here", "simulated"
KINDS = {
    PUBLISHED: "printed by the authors or others, or computed from numbers that they published",
    MEASURED: "measured here on a public data set",
    SIMULATED: "from the virtual clinic, where every truth is known",
    "calibrated": "simulated and tuned to lie near a published number: no evidence for it",
}
NONE = "–"
CLINIC = "clinic"  # the data set whose pictures are simulated
PAPER = (
    "Esteva et al. 2017, <cite>Dermatologist-level classification of skin cancer with deep neural "
    "networks</cite>, Nature 542:115"
)
OPENING = (
    "Each value under <em>Here</em> is read from a shipped result when this page is made. "
    "The mark says what stands behind it:"
)
MATRICES = "Nine-way answers, counted"
ROWS = "Rows: the truth; columns: the answer, by the same numbers; right ones on the diagonal."
BLIND = (
    "The pictures of the virtual clinic were sorted once, by a program and not a person. How hard "
    "they are was decided by whoever simulated them: nothing follows for skin disease in people."
)
FORMATS = {  # of the report's ``format``: a share or number as text
    "number": number,
    "percent": percent,
    "points": lambda x: number(100 * x, 1),
    "count": lambda x: number(round(x)),
    "one decimal": lambda x: number(x, 1),
}


@dataclass(frozen=True)
class Row:
    """One row of the report; ``published`` and ``here`` are texts, ``–`` where there is none.

    The page folds the rows that are not ``main``.
    """

    name: str
    published: str
    here: str
    kind: str
    source: str
    main: bool = True


@dataclass(frozen=True)
class Matrix:
    """A nine-way confusion matrix: counts, a row a true class, a column an answer."""

    counts: pd.DataFrame
    kind: str


# --- published values -----------------------------------------------------------------------------


@cache
def published() -> pd.DataFrame:
    """The published values by key: name, value, unit, source, confidence.

    ``confidence``: R (read in the primary source), R2 (as quoted in a secondary text), L (as
    printed in the lecture), computed (arithmetic on those).
    """
    with (files("dermlab") / "data" / "published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, index_col="key")


def value_of(key: str) -> int | float:
    """A published value: a whole number where the publisher printed one."""
    value, unit = published().loc[key, ["value", "unit"]]
    return float(value) if unit in ("%", "AUC", "Dice") else int(value)


def source_of(key: str) -> str:
    """Where a published value stands."""
    return published().loc[key, "source"]


def printed(key: str) -> str:
    """A published value as text: ``"48.9 ± 1.9 %"`` where its SD is known, ``"0.91"``, ``"757"``.

    ``"a - b"`` is the difference of two published percentages, in percentage points.
    """
    if " - " in key:
        one, other = map(value_of, key.split(" - "))
        return number(one - other, 1)
    unit = published().loc[key, "unit"]
    if unit != "%":
        return number(value_of(key), 2)
    spread = f" ± {value_of(f'{key}_sd')}" if f"{key}_sd" in published().index else ""
    return f"{value_of(key)}{spread} %"


def accuracies() -> pd.DataFrame:
    """Extended Data Table 2 as bars: ``who, task, accuracy, low, high``, all shares.

    The bounds of a dermatologist are a 95 % interval for 180 images, computed here; those of a
    network are the published ± 1 SD over nine folds.
    """
    from dermlab.evaluation import intervals

    people = {"dermatologist_1": "Dermatologist 1", "dermatologist_2": "Dermatologist 2"}
    networks = {"cnn": "CNN taught these classes", "cnn_pa": "CNN taught fine classes"}
    rows = []
    for task in ("three-way", "nine-way"):
        for who, name in (people | networks).items():
            key = f"{who}_{task.replace('-', '')}"
            share = value_of(key) / 100
            if who in people:
                bounds = intervals.proportion(round(180 * share), 180)
                low, high = bounds.low, bounds.high
            else:
                sd = value_of(f"{key}_sd") / 100
                low, high = share - sd, share + sd
            rows.append((name, task, share, low, high))
    return pd.DataFrame(rows, columns=["who", "task", "accuracy", "low", "high"])


# --- the course's rows ----------------------------------------------------------------------------


def sections(lines: Path | str) -> dict[str, list[Row]]:
    """The rows of the course's report under their headings; ``lines`` is ``report.csv``.

    InputError where a line points to nothing.
    """
    parts: dict[str, list[Row]] = {}
    for line in pd.read_csv(lines, dtype=str, keep_default_na=False).to_dict("records"):
        parts.setdefault(line["section"], []).extend(rows_of(line))
    return parts


def rows_of(line: Mapping[str, str]) -> list[Row]:
    """A row of the report for each row of the shipped table that the line points to."""
    table = results.read(line["result"], line["table"])
    if line["row"]:
        table = table.query(line["row"])
    if table.empty:
        raise InputError(f"The report's line {line['name']!r} fits no row of {line['table']}.")
    return [_row(line, values) for values in table.to_dict("records")]


def _row(line: Mapping[str, str], values: dict) -> Row:
    say = FORMATS[line["format"]]
    texts = {key: _text(value, say) for key, value in values.items()}
    here = texts[line["estimate"]]
    if line["sd"]:
        here = f"{here} ± {texts[line['sd']]}".replace(" % ±", " ±")
    if line["low"]:
        here += f" ({texts[line['low']]} to {texts[line['high']]})"
    if line["note"]:
        here += f", {line['note'].format_map(texts)}"
    beside, keys = _beside(line["published"], texts)
    own = [line["source"]] if line["source"] else []
    sources = [*dict.fromkeys(map(source_of, keys)), *own, f"shipped result {line['result']}"]
    name = line["name"].format_map(texts)
    return Row(name, beside, here, line["kind"], "; ".join(sources), line["main"] == "yes")


def _text(value: object, say) -> str:
    """A cell of a table: counts and words as they are, the rest as the line's format has it."""
    if isinstance(value, str):
        return value.replace("_", " ")
    return number(value) if isinstance(value, int | np.integer) else say(value)


def _beside(key: str, texts: Mapping[str, str]) -> tuple[str, list[str]]:
    """The published value as text, and its keys: ``key`` may be words or a template instead."""
    keys = key.split(" - ")
    if all(each in published().index for each in keys):
        return printed(key), keys
    return key.format_map(texts) or NONE, []


def confusions() -> dict[str, Matrix]:
    """The nine-way confusion matrices: two dermatologists', and that of the blind sorting."""
    answers = results.read("esteva_readers", "confusion.csv")
    readers = {
        name: Matrix(counts.drop(columns="reader").set_index("truth"), PUBLISHED)
        for name, counts in answers.groupby("reader")
    }
    classes = list(answers.columns[2:])
    blind = results.read("clinic_blind_sorting", "confusion.csv").set_index("truth")
    sorting = Matrix(blind.loc[classes, classes], SIMULATED)
    return readers | {"A program, by nine descriptions": sorting}


def mark(datasets: Iterable[str]) -> str:
    """The mark: whatever rests on the virtual clinic is simulated, be it in part."""
    return SIMULATED if CLINIC in set(datasets) else MEASURED


def as_json(parts: Mapping[str, list[Row]], matrices: Mapping[str, Matrix] | None = None) -> dict:
    """``{"rows": [{"name", "published", "here", "kind", "source"}, …]}``, and ``"confusion"``."""
    fields = ("name", "published", "here", "kind", "source")
    rows = [{f: getattr(row, f) for f in fields} for rows in parts.values() for row in rows]
    listed = {
        name: {
            "classes": list(matrix.counts.columns),
            "counts": matrix.counts.to_numpy().tolist(),
            "kind": matrix.kind,
        }
        for name, matrix in (matrices or {}).items()
    }
    return {"rows": rows} | ({"confusion": listed} if listed else {})


def write_whole(path: Path, text: str) -> Path:
    """Written whole or not at all, so that an interrupted run leaves the earlier file."""
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write(path, text + "\n")
    return path


# --- as HTML --------------------------------------------------------------------------------------


def page(title: str, body: str) -> str:
    """A whole HTML page with its style inside: no script, nothing from the net."""
    style = (files("dermlab") / "data" / "report.css").read_text("utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dermlab: {title[0].lower()}{title[1:]}</title>
<style>
body {{ max-width: 56rem; margin: 0 auto; padding: 0.5rem 1rem 3rem; line-height: 1.5;
  font-family: system-ui, "Segoe UI", Roboto, sans-serif; color: #1a1a1a; background: #fff; }}
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>"""


def section(rows: Sequence[Row]) -> str:
    """The main rows as a table, and the rest as one that is folded."""
    main, rest = ([row for row in rows if row.main == yes] for yes in (True, False))
    html_of_main = table(main) if main else ""
    if not rest:
        return html_of_main
    more = plural(len(rest), "more row" if main else "row")
    return f"{html_of_main}<details><summary>{more}</summary>\n{table(rest)}</details>\n"


def table(rows: Sequence[Row]) -> str:
    """The rows as a table of three columns, narrow enough for a phone: source under name."""
    lines = "".join(
        f'<tr><th scope="row">{escape(row.name)}<small>{escape(row.source)}</small></th>'
        f"<td>{escape(row.published)}</td><td>{_here(row)}</td></tr>\n"
        for row in rows
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("What", "Published", "Here"))
    return (
        f'<table class="report">\n<thead><tr>{heads}</tr></thead>\n<tbody>{lines}</tbody></table>\n'
    )


def _here(row: Row) -> str:
    """The value in bold, what is said of it, and the mark."""
    value, comma, note = row.here.partition(", ")
    return f"<b>{escape(value)}</b>{escape(comma + note)} {_mark(row.kind)}"


def marks(kinds: Mapping[str, str]) -> str:
    """What each mark means, as a list."""
    items = "".join(f"<li>{_mark(kind)} {meaning}</li>" for kind, meaning in kinds.items())
    return f'<ul class="marks">{items}</ul>'


def section_of_matrices(matrices: Mapping[str, Matrix]) -> str:
    """The confusion matrices, folded, each a table of counts shaded by their share of the row."""
    tables = "".join(_matrix(name, matrix) for name, matrix in matrices.items())
    opening = f"<p>{ROWS} {BLIND}</p>"
    count = plural(len(matrices), "confusion matrix", "confusion matrices")
    return f"<details><summary>{count}</summary>\n{opening}\n{tables}</details>\n"


def _matrix(name: str, matrix: Matrix) -> str:
    counts = matrix.counts
    right = sum(counts.loc[label, label] for label in counts.index)
    shares = counts.div(counts.sum(axis=1), axis=0)
    heads = "".join(f'<th scope="col">{i}</th>' for i in range(len(counts.columns)))
    lines = "".join(
        f'<tr><th scope="row">{i} {escape(label)}</th>'
        + "".join(map(_cell, shares.loc[label], counts.loc[label]))
        + "</tr>\n"
        for i, label in enumerate(counts.index)
    )
    of = f"{escape(name)}: {right} of {counts.to_numpy().sum()} right {_mark(matrix.kind)}"
    return f"""<div class="wide" role="region" aria-label="{escape(name)}" tabindex="0">
<table class="matrix"><caption>{of}</caption>
<thead><tr><th scope="col">truth</th>{heads}</tr></thead><tbody>{lines}</tbody></table></div>
"""


def _cell(share: float, count: int) -> str:
    """Blue by share, from white to the network's blue; the count is legible on both."""
    red, green, blue = (round(255 - share * (255 - end)) for end in (0, 92, 148))
    ink = "#fff" if share > 0.8 else "#000"
    return f'<td style="background:rgb({red},{green},{blue});color:{ink}">{count}</td>'


def _mark(kind: str) -> str:
    return f'<span class="mark {kind.replace(" ", "-")}">{kind}</span>'


def escape(plain: str) -> str:
    """Escaped, and with units kept on the line of their number."""
    space = "\N{NO-BREAK SPACE}"
    return html.escape(plain).replace(" %", f"{space}%").replace(" ± ", f"{space}±{space}")
