"""The pictures of a finished run: how it learnt, how good its answers are, and its worst mistakes.

Each function gives a figure with its alt text, drawn from what ``dermlab score`` counts; `section`
puts them all into the page of ``dermlab report``, as PNGs inside it.
"""

import warnings
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from dermlab.cases import own, tasks
from dermlab.errors import InputError
from dermlab.evaluation import calibration, intervals, judged, predictions, roc, truth
from dermlab.evaluation import curves as roc_curves
from dermlab.figures import calibration as calibration_figures
from dermlab.figures import confusion as confusion_figures
from dermlab.figures import roc as roc_figures
from dermlab.figures import runs as run_figures
from dermlab.figures import saliency as saliency_figures
from dermlab.figures import style
from dermlab.figures.style import Drawn
from dermlab.lessons import report, run_answers
from dermlab.lessons.run_answers import BIOPSY, LABELS, PROVEN, Answers
from dermlab.network.run_folder import Finished
from dermlab.text import percent, plural, short

if TYPE_CHECKING:  # a page without mistakes is made without starting the backend
    from dermlab.network.pictures import Pictures

MOST_ANSWERS = 16  # columns of a confusion matrix that can be read
MOST_CURVES = 9  # classes against the rest
WORST = 6  # mistakes that are shown
FEW = 200  # images: fewer are put into 5 bins of probability, not 10
METHOD = "input gradient"
ABOUT = (
    "Every question that can be judged on these cases, {known}: the ROC curve, whose diamond calls "
    "a probability of 0.5 or more positive; which class is taken for which; and whether a "
    "probability means what it says. Intervals are 95 %."
)
ABOUT_MISTAKES = (
    "The most certain wrong answers, one of a patient or lesion, each beside the map of what the "
    "network went by that had not seen the picture: the darker, the more influence. A map says "
    "what the answer hangs on, not why it is wrong."
)
NO_IMAGES = (
    "The worst mistakes are not shown: give --images, and they stand here beside maps of what the "
    "network went by."
)


def section(run: Finished, answers: Answers | None, images: Sequence[str] = ()) -> str:
    """The run's pictures as HTML; without ``answers`` the learning curve alone."""
    style.use()
    name = report.escape(str(run.folder))
    html = f"<h2>{name}: how the training went</h2>\n{_as_html(learning_curve(run))}"
    if answers is None:
        return html
    known = report.mark([*run.datasets, *answers.cases["dataset"].unique()])
    html += f"<h2>{name}: its answers in pictures</h2>\n<p>{ABOUT.format(known=known)}</p>\n"
    for task in questions(answers):
        pictures = "".join(map(_as_html, of_task(answers, task, known=known)))
        html += f"<h3>{report.escape(_name(task))}</h3>\n{pictures}"
    return f"{html}<h2>{name}: its worst mistakes</h2>\n{_worst(run, answers, images)}"


def _as_html(drawn: Drawn) -> str:
    """The figure as a PNG inside the page; it is closed."""
    png = b64encode(style.png(drawn.figure)).decode()
    plt.close(drawn.figure)
    return f'<p><img src="data:image/png;base64,{png}" alt="{report.escape(drawn.alt)}"></p>\n'


def learning_curve(run: Finished) -> Drawn:
    """Loss and development value of each of the run's networks by epoch."""
    names = [f"fold {fold}" for fold in run.networks["fold"]]
    best = dict(zip(names, run.networks["best_epoch"], strict=True))
    histories = dict(zip(names, run.histories, strict=True))
    figure = run_figures.curves(histories, best, run_answers.metric(run)).figure
    return Drawn(figure, f"Learning curve of {run.folder}: {run_answers.best_epoch(run)}")


# --- the answers to one question ------------------------------------------------------------------


def questions(answers: Answers) -> list[tasks.Task]:
    """What can be judged: the tasks that can be read out, and the network's own classes."""
    every = run_answers.asked(answers)
    if answers.direct is None and not own.is_flat(answers.tree):
        every.append(run_answers.training_classes(answers))
    return [task for task in every if _judged(answers, task) is not None]


def _name(task: tasks.Task) -> str:
    return "own classes" if task.name == own.OWN else task.name


def of_task(answers: Answers, task: tasks.Task, *, known: str) -> list[Drawn]:
    """The curve, the confusion matrix and the calibration of one question.

    ``known``: what kind of numbers they are, one of `report.KINDS`.
    """
    matched, which = _judged(answers, task)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No ")  # interval: the figure then draws none
        matrix = [confusion(matched, which)] if len(task.classes) <= MOST_ANSWERS else []
        return [curves(matched, which, known=known), *matrix, reliability(matched, which)]


def _judged(answers: Answers, task: tasks.Task) -> tuple[judged.Matched, str] | None:
    """The question and on which cases: the biopsied where the paper has it so and there are some.

    None where it cannot be judged: the page's table gives the reason.
    """
    for label in (BIOPSY, None) if task.name in PROVEN else (None,):
        try:
            return run_answers.matched(answers, task, label), LABELS[label]
        except InputError:
            continue
    return None


def curves(matched: judged.Matched, which: str, *, known: str) -> Drawn:
    """The ROC curve of two classes, or each class against the rest, of the commonest nine.

    ``which`` cases these are, in words; ``known``: what kind of numbers they are.
    """
    if len(matched.question.classes) == 2:
        return roc_figures.of_curve(roc_curves.curve(matched), which=which)
    answer, true, groups = _aligned(matched)
    counts = true.value_counts()
    names = [name for name in answer if name in set(counts.index[:MOST_CURVES])]
    rows, lines = [], {}
    for name in names:
        positive, score = (true == name).to_numpy(), answer[name].to_numpy()
        area = roc.auc(positive, score, groups)
        rows.append((name, counts[name], area.estimate, area.low, area.high))
        lines[name] = roc.curve(positive, score)
    if len(names) < len(counts):
        known += f", the {len(names)} commonest of {len(counts)} classes"
    areas = pd.DataFrame(rows, columns=["class", "n", "auc", "low", "high"])
    return confusion_figures.one_vs_rest(lines, areas, known=known)


def confusion(matched: judged.Matched, which: str) -> Drawn:
    """Which class was taken for which, counted; of two classes with the border at 0.5."""
    _, true, _ = _aligned(matched)
    said = _answers(matched)
    names = [name for name, _ in matched.question.classes]
    columns = [*names, *sorted(set(said) - set(names))]
    rows = [name for name in names if name in set(true)]
    counts = pd.crosstab(true, said).reindex(index=rows, columns=columns, fill_value=0)
    return confusion_figures.counted(counts, question=f"{_name(matched.question)}, {which}")


def reliability(matched: judged.Matched, which: str) -> Drawn:
    """Whether probabilities mean what they say: of the positive class, or of the answer given."""
    answer, true, groups = _aligned(matched)
    if len(matched.question.classes) == 2:
        came, said, _ = judged.positive_and_score(matched)
        name = matched.question.positive
        words = {"said": f"probability of {name}", "came": f"share of {name}"}
    else:
        came, said = (_answers(matched) == true).to_numpy(), answer.max(axis=1).to_numpy()
        words = {"said": "probability of the answer", "came": "share of right answers"}
    n_bins = 5 if len(said) < FEW else 10
    rows = calibration.reliability(came, said, n_bins, groups=groups)
    error = calibration.expected_calibration_error(came, said, n_bins)
    question = f"{_name(matched.question)}, {which}"
    return calibration_figures.reliability(rows, error, question=question, **words)


def _aligned(matched: judged.Matched) -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Of the images used: a probability a class, the true class, the group as a number."""
    answer = matched.answer.set_index("image_id").loc[matched.used.index]
    groups = truth.groups(matched.used)[0]
    names = [name for name, _ in matched.question.classes]
    return answer[names], matched.used["class"], intervals.group_numbers(groups, len(groups))


def _answers(matched: judged.Matched) -> pd.Series:
    """The most probable class of each image used, as of `predictions.most_probable`."""
    return predictions.most_probable(matched.answer).loc[matched.used.index]


# --- the worst mistakes ---------------------------------------------------------------------------


def _worst(run: Finished, answers: Answers, images: Sequence[str]) -> str:
    if not images:
        return f"<p>{NO_IMAGES}</p>\n"
    task = main_question(run, answers)
    if task is None:
        return "<p>No question can be judged on these cases.</p>\n"
    drawn = mistakes(answers, task, images)
    if drawn is None:
        return f"<p>No answer is wrong ({report.escape(_name(task))}).</p>\n"
    return f"<p>{ABOUT_MISTAKES}</p>\n{_as_html(drawn)}"


def main_question(run: Finished, answers: Answers) -> tasks.Task | None:
    """The one that judged the development part; where it cannot be read out, the last that can."""
    asked = {task.name: task for task in questions(answers)}
    return asked.get(run.settings["task"], next(reversed(asked.values()), None))


def mistakes(answers: Answers, task: tasks.Task, images: Sequence[str]) -> Drawn | None:
    """The most confident wrong answers, a case each, beside what their network went by.

    ``images``: folders, zips or ``clinic``. None where no answer is wrong; InputError where no
    picture of a mistake is there. The map is of the most probable of the network's classes that
    make up the answer, by the network that has not seen the picture.
    """
    matched, _ = _judged(answers, task)
    wrong = _wrong(matched)
    if wrong.empty:
        return None
    shown = wrong.drop_duplicates("group").head(WORST)
    loaded, maps = _explained(answers, task, shown, images)
    captions = [_caption(row) for row in shown.loc[loaded.image_ids].itertuples()]
    some = "all" if len(captions) == len(wrong) else f"{len(captions)} of"
    title = f"{_name(task)}: {some} {plural(len(wrong), 'wrong answer')}, the most certain first"
    return saliency_figures.mistakes(loaded.pixels, maps, captions, title=title, method=METHOD)


def _caption(row) -> str:
    """Image, truth and answer of a row of `_wrong`, in three lines that stay over their picture."""
    image, true, said = (short(text, 40) for text in (row.Index, row.truth, row.answer))
    return f"{image}\ntruth: {true}\nanswer: {said}, {percent(row.probability, 0)}"


def _wrong(matched: judged.Matched) -> pd.DataFrame:
    """The wrong answers, the surest first: ``truth, answer, probability, group`` by image."""
    answer, true, groups = _aligned(matched)
    said = _answers(matched)
    table = pd.DataFrame(
        {"truth": true, "answer": said, "probability": answer.max(axis=1), "group": groups}
    )
    wrong = table[(said != true) & said.isin(answer.columns)]
    return wrong.sort_values("probability", ascending=False, kind="stable")


def _explained(
    answers: Answers, task: tasks.Task, shown: pd.DataFrame, images: Sequence[str]
) -> tuple["Pictures", np.ndarray]:
    """The pictures of ``shown`` that are there, and their maps (n, h, w)."""
    from dermlab.interpretation import saliency
    from dermlab.network import pictures

    cases = answers.cases.set_index("image_id", drop=False).loc[shown.index]
    loaded = pictures.of_cases(cases, images, answers.size, allow_missing=True)
    targets = _targets(answers, task, shown.loc[loaded.image_ids])
    place = {image: place for place, ids in answers.scored.items() for image in ids}
    places = [place[image] for image in loaded.image_ids]
    return loaded, saliency.maps_by_run(places, loaded.pixels, targets, [METHOD])[METHOD]


def _targets(answers: Answers, task: tasks.Task, shown: pd.DataFrame) -> np.ndarray:
    """Of each image the most probable of the network's classes that lie within the answer, (n,)."""
    held, diseases = dict(task.classes), answers.classes["diseases"]
    table = answers.table.set_index("image_id")[list(answers.classes["name"])].loc[shown.index]
    within = [[held[name].issuperset(nodes) for nodes in diseases] for name in shown["answer"]]
    return np.where(within, table, -1).argmax(axis=1)
