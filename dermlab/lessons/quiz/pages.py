"""What stands on the quiz's pages, as HTML; nothing here knows a widget."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.evaluation.intervals import proportion
from dermlab.lessons.quiz import codes, rivals, scoring, session
from dermlab.lessons.quiz.study import Study
from dermlab.text import plural

CONSENT = """
<h3>Before you begin</h3>
<p>You will look at a gallery (about five minutes) and then decide on {n} pictures, one at a time
(about {minutes} minutes). You get to know at the end what was right.</p>
<ul><li>You take part under a code made by chance. Do not give your name anywhere.</li>
<li>Your decisions, confidences and times are written into one file in the folder <b>{folder}</b>.
Nothing leaves this machine unless you hand it over.</li>
<li>You need not take part, and nobody can tell who did not. You may stop at any time and delete
your answers.</li>
<li>This is a class experiment, no training in medicine: do not judge real skin by it.</li></ul>
"""


def consent(n: int, folder: Path) -> str:
    """What a reader is told before anything is asked."""
    return CONSENT.format(n=n, minutes=max(1, round(n / 4)), folder=escape(str(folder)))


def ending(study: Study, reads: pd.DataFrame, reader: str, folder: str | Path) -> str:
    """The reader's result as HTML: the point, whom it beats, and what was missed.

    The other readers are those whose files are in ``folder``.
    """
    if study.is_positive is None:
        return f"<h3>Done: {plural(len(reads), 'decision')}</h3>"
    from dermlab.figures import quiz as draw
    from dermlab.figures import style

    style.use()
    found, network = scoring.outcome(study, reads, reader), rivals.network(study)
    others = rivals.others(study, folder, reader)
    drawn = draw.reader_on_curve(
        found.point,
        scoring.network_curve(study),
        n=found.n_pos + found.n_neg,
        quiz_id=study.quiz_id,
        network=network,
        others=others,
        published=rivals.dermatologists(study),
    )
    parts = [f"<h3>Done: {plural(len(reads), 'decision')}</h3>", _rates(study, found)]
    parts.append(_figure(style.png(drawn.figure), drawn.alt, drawn.figure.get_figwidth() * 64))
    parts.append(_standing(found, [one for one in (network, others) if one]))
    return "".join(parts) + _wrong(study, found)


def _rates(study: Study, found: scoring.Outcome) -> str:
    rates = [
        ("sensitivity", found.tp, found.n_pos, study.positive, found.point.sensitivity),
        ("specificity", found.tn, found.n_neg, study.negative, found.point.specificity),
    ]
    lines = [
        f"<li><b>{name} {x:.2f}</b>: right on {hits} of {n} ({escape(side)})</li>"
        for name, hits, n, side, x in rates
    ]
    kappa = f"<li><b>kappa with {study.truth_by} {found.kappa:.2f}</b></li>"
    about = "<p>95 % intervals; <em>measured here</em>. 0 is agreement by chance, 1 is perfect.</p>"
    return f"<ul>{''.join(lines)}{kappa}</ul>{about}"


def _standing(found: scoring.Outcome, against: Sequence[rivals.Rival]) -> str:
    """How many pictures the reader and each rival are right on, best first."""
    n, n_right = found.n_pos + found.n_neg, found.tp + found.tn
    rows = [("you", scoring.MEASURED, n_right)]
    rows += [(one.name, one.kind, one.n_right) for one in against]
    cells = "".join(
        f"<tr><td>{escape(name)}</td><td>{right:.3g}</td><td><em>{escape(kind)}</em></td></tr>"
        for name, kind, right in sorted(rows, key=lambda row: -row[2])
    )
    share = f"{proportion(n_right, n):.2f}"
    return (
        f"<h4>Whom do you beat?</h4><table><tr><th>reader</th><th>right of {n}</th><th></th></tr>"
        f"{cells}</table><p>Your share of right answers is {share} (95 % interval): on "
        f"{plural(n, 'picture')} a small lead may be luck.</p>"
    )


def _wrong(study: Study, found: scoring.Outcome) -> str:
    """The pictures that the reader got wrong, with their signs."""
    labels = {answer.decision: f'"{answer.label}"' for answer in study.answers}
    return "".join(
        f"<h4>{escape(title)}</h4>{_thumbnails(study, ids)}"
        for title, ids in (
            (f"{study.positive}, and you said {labels[0]}: {len(found.missed)}", found.missed),
            (f"{study.negative}, and you said {labels[1]}: {len(found.needless)}", found.needless),
        )
    )


def _thumbnails(study: Study, ids: Sequence[str]) -> str:
    if not ids:
        return "<p>none</p>"
    signs = study.signs(ids) if study.signs else [""] * len(ids)
    place = {image_id: i for i, image_id in enumerate(study.image_ids)}
    return "".join(
        captioned(study.pictures[place[i]], f"picture {place[i] + 1}", escape(text), 170)
        for i, text in zip(ids, signs, strict=True)
    )


def captioned(pixels: np.ndarray, alt: str, text: str, width: int) -> str:
    """A picture, ``width`` wide, with HTML below it."""
    style = f"margin:4px;display:inline-block;vertical-align:top;width:{width}px"
    caption = f"<figcaption>{text}</figcaption>"
    return f'<figure style="{style}">{image(pixels, alt, width - 4)}{caption}</figure>'


def hand_in(now: session.Session) -> str:
    """A link that saves the file, and the text code, for where the disk does not survive."""
    data = base64.b64encode(now.path.read_bytes()).decode()
    link = f'<a download="{now.path.name}" href="data:text/csv;base64,{data}">Download my file</a>'
    return (
        f"<h4>Hand in</h4><p>Your file is {escape(str(now.path))}. On Binder it is lost when you "
        f"leave: {link}, or send your teacher this text (no name is in it):</p>"
        f'<p><code class="dermlab-code">{codes.to_code(now)}</code></p>'
    )


def image(pixels: np.ndarray, alt: str, width: int) -> str:
    """Pixels (height, width, 3) uint8 as an ``img`` element, ``width`` wide on the page."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(buffer, "PNG")
    return _figure(buffer.getvalue(), alt, width)


def _figure(png: bytes, alt: str, width: float) -> str:
    data = base64.b64encode(png).decode()
    kind = f'src="data:image/png;base64,{data}" alt="{escape(alt)}"'
    return f'<img {kind} width="{width:.0f}" style="margin:2px;max-width:100%">'
