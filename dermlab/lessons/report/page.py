"""The report as one HTML page: no script, nothing from the net, legible from the back row."""

import html
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files

from pandas import DataFrame

from dermlab.lessons.report.row import KINDS, PUBLISHED, SIMULATED, Matrix, Row

PAPER = """<cite>Dermatologist-level classification of skin cancer with deep neural
networks</cite>, Nature 542:115"""
ANSWERS = {
    PUBLISHED: (
        "What the two dermatologists answered",
        "Rows: the truth, 20 images each. Columns: the answer, by the same numbers. Every row sums "
        "to 20; right answers lie on the diagonal. From the authors' public analysis code.",
    ),
    SIMULATED: (
        "What was answered on drawn pictures of the virtual clinic",
        "The same nine classes, 5 drawn pictures each. They were sorted once, by a program and not "
        "a person, from nine written descriptions. How hard they are was decided by whoever drew "
        "them: set beside the dermatologists' photographs, these shares show neither to be better. "
        "Nothing follows for skin disease in people.",
    ),
}
STYLE = """
body { max-width: 84rem; }
table { border-collapse: collapse; width: 100%; margin: 1em 0; }
caption { text-align: left; font-weight: bold; padding: 0.4em 0; }
th, td { text-align: left; vertical-align: top; padding: 0.4em 0.7em; }
th, td { border-bottom: 1px solid #d4d4d4; }
img { max-width: 100%; height: auto; }
thead th { border-bottom: 2px solid #1a1a1a; }
th[scope="rowgroup"] { padding-top: 1.3em; font-size: 1.1rem; }
th[scope="row"] { font-weight: normal; min-width: 15rem; }
td.value { font-weight: bold; }
td.source { font-size: 0.85rem; color: #565656; }
.mark { white-space: nowrap; padding: 0.15em 0.6em; border-radius: 0.3em; font-weight: bold; }
.published { background: #dcebf5; color: #00456d; }
.measured-here { background: #d8f0e6; color: #00523a; }
.simulated { background: #fbeccb; color: #5c3d00; }
.calibrated { background: #f4e1ec; color: #6e2450; }
.matrices { display: flex; flex-wrap: wrap; gap: 0 2.5rem; }
.matrix { width: auto; font-size: 0.85rem; }
.matrix th, .matrix td { padding: 0.35em 0.5em; }
.matrix td { text-align: center; min-width: 2em; border: 1px solid #fff; }
.matrix thead th { text-align: center; }
.matrix th[scope="row"] { white-space: nowrap; min-width: 0; }
"""


def course(parts: Mapping[str, Sequence[Row]], matrices: Mapping[str, Matrix]) -> str:
    """The course's report: one table with a heading a part, and the confusion matrices."""
    opening = f"""<p>Esteva et al. 2017, {PAPER}. Each value under <em>Here</em> was computed from a
shipped table when this page was made. The mark says what stands behind it:</p>
<ul>{_marks(KINDS)}</ul>"""
    answers = "".join(
        f"<h2>{heading}</h2>\n<p>{_mark(kind)} {said}</p>\n"
        f'<div class="matrices">{_matrices(matrices, kind)}</div>\n'
        for kind, (heading, said) in ANSWERS.items()
    )
    return _document("The paper and what comes out here", f"{opening}\n{_table(parts)}\n{answers}")


def of_runs(parts: Mapping[str, Sequence[Row]], curves: Mapping[str, tuple[bytes, str]]) -> str:
    """The report on finished runs: the same table, and each run's curve as PNG and alt text."""
    kinds = {row.kind: KINDS[row.kind] for rows in parts.values() for row in rows}
    opening = f"""<p>Finished runs of <code>dermlab train</code> beside Esteva et al. 2017,
{PAPER}. Another network, other images, other labels: the two columns are set side by side to be
compared line by line, not to be equal. The mark says what stands behind the value
<em>Here</em>:</p>
<ul>{_marks(kinds)}</ul>"""
    drawn = "".join(
        f"<h3>{_text(run)}</h3>\n"
        f'<p><img src="data:image/png;base64,{b64encode(png).decode()}" alt="{_text(alt)}"></p>\n'
        for run, (png, alt) in curves.items()
    )
    body = f"{opening}\n{_table(parts)}\n<h2>How the training went</h2>\n{drawn}"
    return _document("The paper and these runs", body)


def _document(title: str, body: str) -> str:
    lesson = files("dermlab") / "data" / "site" / "lesson" / "style.css"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dermlab: {title[0].lower()}{title[1:]}</title>
<style>{lesson.read_text("utf-8")}{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>"""


def _table(parts: Mapping[str, Sequence[Row]]) -> str:
    heads = "".join(
        f'<th scope="col">{h}</th>' for h in ("", "Published", "Here", "Mark", "Source")
    )
    body = "".join(_section(title, rows) for title, rows in parts.items())
    return f"""<table>
<caption>What is published, and what comes out here</caption>
<thead><tr>{heads}</tr></thead>
{body}
</table>"""


def _marks(kinds: Mapping[str, str]) -> str:
    return "".join(f"<li>{_mark(kind)} {meaning}</li>" for kind, meaning in kinds.items())


def _matrices(matrices: Mapping[str, Matrix], kind: str) -> str:
    return "".join(_matrix(name, m.counts) for name, m in matrices.items() if m.kind == kind)


def _mark(kind: str) -> str:
    return f'<span class="mark {kind.replace(" ", "-")}">{kind}</span>'


def _section(title: str, rows: Sequence[Row]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{_text(row.name)}</th><td>{_text(row.published)}</td>'
        f'<td class="value">{_text(row.here)}</td><td>{_mark(row.kind)}</td>'
        f'<td class="source">{_text(row.source)}</td></tr>\n'
        for row in rows
    )
    heading = f'<tr><th scope="rowgroup" colspan="5">{_text(title)}</th></tr>'
    return f"<tbody>{heading}\n{lines}</tbody>\n"


def _matrix(name: str, counts: DataFrame) -> str:
    """One confusion matrix as a table of counts, shaded by their share of the row."""
    right = sum(counts.loc[label, label] for label in counts.index)
    heads = "".join(f'<th scope="col">{i}</th>' for i in range(len(counts.columns)))
    lines = "".join(
        f'<tr><th scope="row">{i} {_text(label)}</th>{cells}</tr>\n'
        for i, (label, cells) in enumerate(zip(counts.index, _rows_of_cells(counts), strict=True))
    )
    return f"""<table class="matrix">
<caption>{_text(name)}: {right} of {counts.to_numpy().sum()} right</caption>
<thead><tr><th scope="col">truth</th>{heads}</tr></thead>
<tbody>{lines}</tbody>
</table>
"""


def _rows_of_cells(counts: DataFrame) -> list[str]:
    shares = counts.div(counts.sum(axis=1), axis=0).to_numpy()
    return ["".join(map(_cell, *row)) for row in zip(shares, counts.to_numpy(), strict=True)]


def _text(plain: str) -> str:
    """Escaped, and with units kept on the line of their number."""
    return (
        html.escape(plain)
        .replace(" %", "\N{NO-BREAK SPACE}%")
        .replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}")
    )


def _cell(share: float, count: int) -> str:
    """Blue by share, from white to the network's blue; the count is legible on both."""
    red, green, blue = (round(255 - share * (255 - end)) for end in (0, 92, 148))
    ink = "#fff" if share > 0.8 else "#000"
    return f'<td style="background:rgb({red},{green},{blue});color:{ink}">{count}</td>'
