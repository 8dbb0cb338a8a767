"""What a run over one's own pictures shows: its curves, its confusions, its maps, and one page."""

from base64 import b64encode
from pathlib import Path

import pandas as pd

from dermlab import files
from dermlab.evaluation import bands, roc
from dermlab.evaluation.intervals import Estimate
from dermlab.lessons import own_check, report, run_report
from dermlab.lessons.own_check import Check
from dermlab.lessons.own_run import PROBLEMS, RUN, SPLIT, Answers
from dermlab.text import interval, percent, plural

FILE = "report.html"
ROC, CONFUSION, SALIENCY = "roc.png", "confusion.png", "saliency.png"
MOST_CURVES = 12  # classes with a panel of their own
HEADS = ("class", "pictures", "AUC, against the rest", "answered right")  # of `of_classes`
SHOWN = 3  # right answers, and as many mistakes, whose maps are drawn
MAPS = ("input gradient", "Grad-CAM")
ABOUT = {
    ROC: "How well each class is told from the rest",
    CONFUSION: "Which class is taken for which",
    SALIENCY: "Where the networks looked",
}


def pictures(check: Check, answers: Answers, out: Path) -> dict[str, str]:
    """Draw the three figures into ``out``; the name of each and its alt text."""
    import matplotlib.pyplot as plt

    from dermlab.figures import style

    style.use()
    alts = {}
    for name, drawn in (
        (ROC, curves(answers)),
        (CONFUSION, confusion(answers)),
        (SALIENCY, maps(check, answers, out)),
    ):
        files.write(out / name, style.png(drawn.figure))
        plt.close(drawn.figure)
        alts[name] = drawn.alt
    return alts


# --- the figures ----------------------------------------------------------------------------------


def curves(answers: Answers):
    """The ROC curve with its band; of more than two classes a panel each, against the rest."""
    from dermlab.figures import confusion as figures
    from dermlab.figures import roc as of_two

    if len(answers.classes) > 2:
        largest = answers.of_classes.nlargest(MOST_CURVES, "n", keep="first").sort_index()
        of_class = {name: answers.curve(name) for name in largest["class"]}
        return figures.one_vs_rest(
            of_class,
            largest.reset_index(drop=True),
            known="measured here",
            title=f"{len(largest)} estimates of AUC, lowest {largest['auc'].min():.2f}, "
            f"highest {largest['auc'].max():.2f}",
            counts={name: _groups(answers, name) for name in of_class},
        )
    first, second = answers.classes
    positive, score = (answers.truth == first).to_numpy(), answers.probabilities[first].to_numpy()
    (area,) = answers.of_classes[["auc", "low", "high"]].itertuples(index=False, name=None)
    groups = answers.groups.to_numpy()
    return of_two.network(
        answers.curve(first),
        bands.specificity(positive, score, groups),
        Estimate(*area),
        roc.point(positive, score >= 0.5, groups),
        question=f"{first} against {second}",
        counts=(int(positive.sum()), int((~positive).sum())),
    )


def _groups(answers: Answers, name: str) -> str:
    """What the interval of a class's AUC counts: groups of the class, and of the rest."""
    inside = answers.truth == name
    n, rest = (answers.groups[side].nunique() for side in (inside, ~inside))
    return f"{plural(n, 'group')} against {rest:,}"


def confusion(answers: Answers):
    """The confusion matrix in counts, each picture answered by a network that had not seen it."""
    from dermlab.figures import confusion as figures

    return figures.counted(answers.confusion, question="Measured here, on pictures not seen before")


def maps(check: Check, answers: Answers, out: Path):
    """The maps of the pictures of `chosen`, each by the network that had not seen it."""
    from dermlab.figures import saliency as figures

    ids = chosen(answers)
    pixels, of_kind = _explained(ids, check, answers, out)
    title = "Measured here: both maps of a row are of the answer given"
    return figures.table(pixels, of_kind, [_label(answers, image) for image in ids], title=title)


def _explained(ids: list[str], check: Check, answers: Answers, out: Path):
    """Pixels (n, h, w, 3) of these pictures, and each of `MAPS` of the answers: (n, h, w)."""
    import numpy as np

    from dermlab.interpretation import saliency
    from dermlab.network import pictures, run_folder

    split = pd.read_csv(out / SPLIT, dtype={"image_id": str}).set_index("image_id")
    scored = own_check.scored_folds(check, split)
    place = dict(zip(scored, run_folder.folders(out / RUN, scored), strict=True))
    settings = run_folder.read_settings(out / RUN)
    names = [entry["name"] for entry in settings["classes"]]
    pixels = pictures.load(ids, [check.folder], settings["size"]).pixels
    targets = np.array([names.index(answers.answer[image]) for image in ids])
    places = [place[fold] for fold in split["fold"].loc[ids]]
    return pixels, saliency.maps_by_run(places, pixels, targets, MAPS)


def chosen(answers: Answers) -> list[str]:
    """The most certain right answer of each of the `SHOWN` largest classes that have one; then
    the `SHOWN` most certain mistakes."""
    certain = answers.probabilities.max(axis=1).sort_values(ascending=False, kind="stable")
    right = (answers.answer == answers.truth).loc[certain.index]
    best = answers.truth.loc[certain.index][right].drop_duplicates()
    largest = answers.truth.value_counts().index
    of_class = {name: image for image, name in best.items()}
    good = [of_class[name] for name in largest if name in of_class][:SHOWN]
    return [*good, *right.index[~right][:SHOWN]]


def _label(answers: Answers, image: str) -> str:
    truth, answer = answers.truth[image], answers.answer[image]
    share = percent(answers.probabilities.loc[image, answer], 0).replace(" ", "\N{NO-BREAK SPACE}")
    return (
        f"{truth}: right, {share}" if truth == answer else f"{truth}: taken for {answer}, {share}"
    )


# --- the sentences --------------------------------------------------------------------------------


def results(answers: Answers) -> list[str]:
    """The scores in words: how much is right, how sure that is, and how little it may be."""
    accuracy, n = answers.accuracy, len(answers.truth)
    k = len(answers.classes)
    width = 100 * (accuracy.high - accuracy.low)
    return [
        f"{accuracy:.0%} of {plural(n, 'picture')} are answered right (95 % interval); guessing "
        f"among {k} classes would give {percent(1 / k, 0)}, always naming the commonest "
        f"{percent(answers.truth.value_counts(normalize=True).max(), 0)}.",
        f"The interval is {width:.0f} percentage points wide: any true share within it fits these "
        f"{n:,} pictures. Pictures of the same thing stand together, in "
        f"{plural(answers.groups.nunique(), 'group')}: four times as many groups would make it "
        "about half as wide, more pictures of the same things would do little.",
        _widest(answers),
    ]


def _widest(answers: Answers) -> str:
    """The class whose share of right answers is known least."""
    name, recall = max(answers.recalls.items(), key=lambda item: item[1].high - item[1].low)
    n = int((answers.truth == name).sum())
    return f"Known least is {name}: {recall:.0%} of its {plural(n, 'picture')} are answered right."


def of_classes(answers: Answers) -> list[tuple[str, str, str, str]]:
    """A row a class, under `HEADS`: its name, its pictures, its AUC against the rest, its share of
    right ones."""
    areas = answers.of_classes.set_index("class")
    if len(answers.classes) == 2:  # the one curve is that of both
        areas = pd.concat([areas, areas.set_axis(answers.classes[1:])])
    return [
        (
            name,
            f"{int((answers.truth == name).sum()):,}",
            interval(*areas.loc[name, ["auc", "low", "high"]]),
            f"{recall:.0%}",
        )
        for name, recall in answers.recalls.items()
    ]


# --- the page -------------------------------------------------------------------------------------


def page(check: Check, answers: Answers, out: Path, alts: dict[str, str]) -> str:
    """The report as one page of HTML, its pictures within it."""
    rows = run_report.sections([out / RUN])
    training = "".join(
        f"<h3>{report.escape(name)}</h3>\n{report.section(lines)}" for name, lines in rows.items()
    )
    body = [
        f"<p>{report.escape(_opening(check))}</p>",
        "<h2>How good the answers are</h2>",
        _table(HEADS, of_classes(answers)),
        *_paragraphs(results(answers)),
        *(_figure(out / name, alt) for name, alt in alts.items()),
        "<h2>What the folder holds</h2>",
        *_paragraphs(own_check.sentences(check, _size(out))),
        _problems(check),
        "<h2>How it was trained, beside the paper that this package reproduces</h2>",
        f"<details><summary>every setting</summary>\n{training}</details>",
        '<p>What the network is for, and whom it was made by: <a href="model_card.md">the model '
        "card</a>, in which the blanks are yours to fill in.</p>",
    ]
    return (
        report.page(f"Your own pictures: {report.escape(check.folder.name)}", "\n".join(body))
        + "\n"
    )


def _opening(check: Check) -> str:
    how = (
        "the part that its publisher set aside for testing" if check.has_test_part else "every one"
    )
    return (
        f"Measured here, on {plural(len(check.cases), 'picture')} of "
        f"{plural(len(check.classes), 'class', 'classes')}. A network was tuned to them; of the "
        f"pictures {how} is scored by a network that has not seen it."
    )


def _size(out: Path) -> int:
    from dermlab.network import run_folder

    return run_folder.read_settings(out / RUN)["size"]


def _problems(check: Check) -> str:
    if check.problems.empty:
        return ""
    rows = check.problems.fillna("–").itertuples(index=False, name=None)
    n = plural(len(check.problems), "file")
    table = _table(("picture", "class", "why it is left out"), rows)
    return f"<details><summary>{n} left out ({PROBLEMS})</summary>\n{table}</details>"


def _table(heads, rows) -> str:
    top = "".join(f'<th scope="col">{report.escape(head)}</th>' for head in heads)
    lines = "".join(
        f'<tr><th scope="row">{report.escape(first)}</th>'
        + "".join(f"<td>{report.escape(cell)}</td>" for cell in rest)
        + "</tr>\n"
        for first, *rest in rows
    )
    return f'<table class="report"><thead><tr>{top}</tr></thead><tbody>\n{lines}</tbody></table>'


def _paragraphs(sentences: list[str]) -> list[str]:
    return [f"<p>{report.escape(sentence)}</p>" for sentence in sentences]


def _figure(path: Path, alt: str) -> str:
    png = b64encode(path.read_bytes()).decode()
    heading = f"<h3>{ABOUT[path.name]}</h3>"
    return f'{heading}\n<p><img src="data:image/png;base64,{png}" alt="{report.escape(alt)}"></p>'
