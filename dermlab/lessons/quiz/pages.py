"""What stands on the quiz's pages, as HTML; nothing here knows a widget."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.lessons.quiz import codes, scoring, session
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


def ending(study: Study, reads: pd.DataFrame, reader: str) -> str:
    """The reader's result as HTML: numbers, the point on the network's curve, what was missed."""
    if study.is_positive is None:
        return f"<h3>Done: {plural(len(reads), 'decision')}</h3>"
    from dermlab.figures import quiz as draw
    from dermlab.figures import style

    style.use()
    found, curve = scoring.outcome(study, reads, reader), scoring.network_curve(study)
    n = found.n_pos + found.n_neg
    drawn = draw.reader_on_curve(found.point, curve, n=n, quiz_id=study.quiz_id)
    parts = [f"<h3>Done: {plural(len(reads), 'decision')}</h3>", _numbers(study, found)]
    labels = {answer.decision: f'"{answer.label}"' for answer in study.answers}
    parts.append(_figure(style.png(drawn.figure), drawn.alt, 720))
    wrong = "".join(
        f"<h4>{escape(title)}</h4>{_thumbnails(study, ids)}"
        for title, ids in (
            (f"{study.positive}, and you said {labels[0]}: {len(found.missed)}", found.missed),
            (f"{study.negative}, and you said {labels[1]}: {len(found.needless)}", found.needless),
        )
    )
    return "".join(parts) + wrong


def _numbers(study: Study, found: scoring.Outcome) -> str:
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


def _thumbnails(study: Study, ids: Sequence[str]) -> str:
    if not ids:
        return "<p>none</p>"
    place = {image_id: i for i, image_id in enumerate(study.image_ids)}
    return "".join(image(study.pictures[place[i]], f"picture {place[i] + 1}", 120) for i in ids)


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


def _figure(png: bytes, alt: str, width: int) -> str:
    data = base64.b64encode(png).decode()
    kind = f'src="data:image/png;base64,{data}" alt="{escape(alt)}"'
    return f'<img {kind} width="{width}" style="margin:2px">'
