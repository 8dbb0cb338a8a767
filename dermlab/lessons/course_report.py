"""The course's report on one page: twelve numbers, three pictures, what is missing; more folded.

`blocks` are its parts as HTML; the site sets them under its own headings, `of_course` makes of them
a page that stands alone.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.evaluation import readers, roc
from dermlab.lessons import report, results
from dermlab.lessons.report import Row, escape
from dermlab.text import plural

TITLE = "The paper and what comes out here"
FOLDS = {"compact network": "ham10000_nine_folds", "EfficientNet-Lite0": "ham10000_imagenet_folds"}
SIDES = ("malignant melanoma", "melanocytic nevi")
MISSING = (
    "<b>The paper's network.</b> Its weights and its 129,450 images were never published. Nobody "
    "outside can run it; what stands beside its numbers comes from other networks and images.",
    "<b>The comparison with dermatologists.</b> Published are each reader's counts, not the "
    "answers to single images. So the claim of parity cannot be tested, by us or by anybody "
    "(lesson 08).",
    "<b>Nine folds of clinical photographs.</b> The accuracies over three and nine classes are "
    "re-made in a simulated clinic only. It shows how such numbers come about, and nothing about "
    "skin.",
    "<b>Inception v3 at 299 pixels, all layers tuned.</b> The code is there (<code>--profile "
    "paper</code>), but no such training was run for this page: it needs a GPU and a download of "
    "ImageNet's weights.",
    "<b>The map and the saliency maps.</b> Lessons 10 and 11 re-make them for simulated lesions, "
    "where the truth about a shortcut is known.",
)


def of_course(lines: Path | str) -> tuple[dict[str, list[Row]], str]:
    """The course's rows under their headings, and the page that stands alone."""
    parts = report.sections(lines)
    body = "".join(f"<h2>{escape(title)}</h2>\n{html}\n" for title, html in blocks(parts).items())
    return parts, report.page(TITLE, f"{opening()}\n{body}")


def opening() -> str:
    """What the page compares, and what its marks mean."""
    return f"<p>{report.PAPER}. {report.OPENING}</p>\n{report.marks(report.KINDS)}"


def blocks(parts: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Heading → HTML, in their order; ``parts`` as `report.sections`."""
    rows = [row for part in parts.values() for row in part if row.main]
    folded = {title: [row for row in part if not row.main] for title, part in parts.items()}
    rest = "".join(
        f"<details><summary>{escape(title)}: {plural(len(part), 'row')}</summary>\n"
        f"{report.table(part)}</details>\n"
        for title, part in folded.items()
        if part
    )
    return {
        "The paper's numbers beside ours": report.table(rows),
        "Three pictures": "".join(map(_figure, pictures())),
        "What is not reproduced, and why": f"<ul>{''.join(f'<li>{x}</li>' for x in MISSING)}</ul>",
        "Everything else": rest + report.section_of_matrices(report.confusions()),
    }


def pictures() -> list:
    """Dots beside a curve, two confusion matrices, and HAM10000's AUCs, as `style.Drawn`."""
    from dermlab.figures import confusion, dots, pretraining, style

    style.use()
    points = readers.esteva_points().query("task == 'carcinoma' and question == 'action'")
    answers = {name: matrix.counts for name, matrix in report.confusions().items()}
    people = {name: counts for name, counts in answers.items() if name.startswith("Dermatologist")}
    return [
        dots.beside_a_curve(points, *_curve()),
        confusion.matrices(people, "Published answers: two dermatologists, 180 images"),
        pretraining.areas(_areas(), title="HAM10000: AUC of melanoma against nevus, nine folds"),
    ]


def _curve() -> tuple:
    """The curve and AUC of EfficientNet-Lite0 on HAM10000's biopsied melanomas and nevi."""
    rows = results.read(FOLDS["EfficientNet-Lite0"], "predictions.npz")
    truth, classes = rows["diseases"][rows["disease"]], list(rows["classes"])
    asked = np.isin(truth, SIDES) & rows["biopsied"]
    sides = [rows["probabilities"][asked, classes.index(side)].astype(float) for side in SIDES]
    positive, score = truth[asked] == SIDES[0], sides[0] / (sides[0] + sides[1])
    return roc.curve(positive, score), roc.auc(positive, score, rows["lesion"][asked])


def _areas() -> pd.DataFrame:
    """``what, cases, estimate, low, high``: both networks, with all nevi and the biopsied alone."""
    tables = [results.read(name, "areas.csv").assign(what=what) for what, name in FOLDS.items()]
    table = pd.concat(tables).query("task == 'melanoma-vs-nevus'")
    cases = table["cases"].map({"all": "all nevi", "biopsied": "biopsied nevi"})
    return table.assign(cases=cases).rename(columns={"auc": "estimate"})


def _figure(drawn) -> str:
    """The picture inside the page, with its alt text; the figure is closed."""
    import matplotlib.pyplot as plt

    from dermlab.figures import style

    png = b64encode(style.png(drawn.figure)).decode()
    plt.close(drawn.figure)
    return f'<p><img src="data:image/png;base64,{png}" alt="{escape(drawn.alt)}"></p>\n'
