"""The pictures of a run: each against its predictions, counted here by other means."""

import re
import shutil
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

from dermlab.cases import sources, tasks
from dermlab.errors import InputError
from dermlab.evaluation import predictions
from dermlab.figures import style
from dermlab.lessons import run_answers, run_pictures, run_report
from dermlab.network import models, run_folder

MELANOMA, NEVUS = "malignant melanoma", "melanocytic nevi"
CLASSES = [MELANOMA, NEVUS, "basal cell carcinoma", "seborrheic keratosis"]


@pytest.fixture(autouse=True)
def on_paper():
    """Figures are drawn in the course's style, without a screen, and closed."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.use("Agg")
        style.use()
        warnings.filterwarnings("ignore", "No ")
        yield
    mpl.pyplot.close("all")


@pytest.fixture
def answers(place):
    def read(name, cases="cases.csv"):
        table = sources.read_cases(place / cases)
        return run_answers.of_run(run_folder.finished(place / name), table, cases)

    return read


@pytest.fixture(scope="module")
def known(place):
    """The run of one fold: its probabilities and the truth, a row a scored image."""
    table = predictions.read(place / "one" / "predictions.csv")[0].set_index("image_id")
    truth = pd.read_csv(place / "cases.csv").set_index("image_id").loc[table.index]
    return table, truth


def figures(answers, name):
    (task,) = [task for task in run_pictures.questions(answers) if task.name == name]
    return run_pictures.of_task(answers, task, known="measured here")


def test_the_questions_are_those_that_can_be_judged(answers):
    names = ["malignant", "carcinoma-vs-keratosis", "melanoma-vs-nevus", "training classes"]
    assert [task.name for task in run_pictures.questions(answers("one"))] == names
    assert [task.name for task in run_pictures.questions(answers("direct"))] == [names[2]]
    assert [t.name for t in run_pictures.questions(answers("flowers", "flowers.csv"))] == ["own"]


def test_two_classes_have_a_curve_on_the_biopsied_as_in_the_paper(answers, known):
    table, truth = known
    curve, matrix, _ = figures(answers("one"), "melanoma-vs-nevus")
    proven = truth[(truth["label_source"] == "biopsy") & truth["disease"].isin([MELANOMA, NEVUS])]
    positive = proven["disease"] == MELANOMA
    share = table.loc[proven.index, MELANOMA]
    share = share / (share + table.loc[proven.index, NEVUS])
    n = f"biopsied cases alone on {len(proven)} images, {positive.sum()} of them positive"
    assert n in curve.alt and f"AUC {roc_auc_score(positive, share):.3f} (" in curve.alt
    right = ((share >= 0.5) == positive).sum()
    assert f"{right} of {len(proven)} answers right" in matrix.alt


def test_the_matrix_counts_as_scikit_learn_does(answers, known):
    table, truth = known
    _, matrix, _ = figures(answers("one"), "training classes")
    (ax,) = matrix.figure.axes
    counts = confusion_matrix(truth["disease"], table.idxmax(axis=1), labels=list(table))
    drawn = [int(text.get_text()) for text in ax.texts]
    np.testing.assert_array_equal(np.reshape(drawn, counts.shape), counts)
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == [f"{k}  {name}" for k, name in enumerate(table)]
    assert f"{np.trace(counts)} of {len(truth)} answers right" in matrix.figure.get_suptitle()


def test_the_calibration_is_of_the_answer_given(answers, known):
    table, truth = known
    *_, drawn = figures(answers("one"), "training classes")
    right = (table.idxmax(axis=1) == truth["disease"]).mean()
    said = table.max(axis=1).mean()
    assert f"probability of the answer {100 * said:.1f} % on average" in drawn.alt
    assert f"share of right answers {100 * right:.1f} %" in drawn.alt
    n = [int(n) for n in re.findall(r"\), (\d+) images?", drawn.alt)]
    assert sum(n) == len(truth)


def test_many_classes_have_a_curve_each_against_the_rest(answers, known, monkeypatch):
    table, truth = known
    monkeypatch.setattr(run_pictures, "MOST_CURVES", 3)
    curve, *_ = figures(answers("one"), "training classes")
    assert curve.alt.startswith("Measured here, the 3 commonest of 4 classes: each class against")
    panels = [ax for ax in curve.figure.axes if ax.get_title(loc="left")]
    assert len(panels) == 3
    for ax in panels:
        name = ax.get_title(loc="left")
        area = roc_auc_score(truth["disease"] == name, table[name])
        assert ax.texts[0].get_text().startswith(f"AUC {area:.2f} (")


def test_the_worst_mistakes_are_the_surest_wrong_answers_a_lesion_each(
    answers, known, place, tiny_network, monkeypatch
):
    table, truth = known
    monkeypatch.setattr(models, "build", tiny_network)
    monkeypatch.setenv("DERMLAB_CACHE", str(place / "cache"))
    found = answers("one")
    task = run_answers.training_classes(found)
    said, certain = table.idxmax(axis=1), table.max(axis=1)
    wrong = certain[said != truth["disease"]].sort_values(ascending=False, kind="stable")
    lesions = truth["lesion_id"].loc[wrong.index]
    first = wrong[~lesions.duplicated()].index[: run_pictures.WORST]
    drawn = run_pictures.mistakes(found, task, [str(place / "pictures")])
    titles = [ax.get_title(loc="left") for ax in drawn.figure.axes]
    captions = [
        f"{image}\ntruth: {truth['disease'][image]}\n"
        f"answer: {said[image]}, {100 * certain[image]:.0f} %"
        for image in first
    ]
    assert [title for title in titles if title] == captions
    assert f": {len(first)} of {len(wrong)} wrong answers, the most certain first" in drawn.alt
    pixels = drawn.figure.axes[0].images[0].get_array()
    assert pixels.shape == (16, 16, 3)
    with pytest.raises(InputError, match="not found"):
        run_pictures.mistakes(found, task, [str(place / "one")])


def test_mistakes_whose_pictures_are_there_are_shown_without_the_others(
    answers, place, tiny_network, monkeypatch, tmp_path
):
    """Three folds, and the only picture that is there is of one of them."""
    monkeypatch.setattr(models, "build", tiny_network)
    monkeypatch.setenv("DERMLAB_CACHE", str(place / "cache"))
    found = answers("all")
    task = run_answers.training_classes(found)
    worst = run_pictures._wrong(run_answers.matched(found, task)).index[0]
    folds = [set(ids) for ids in found.scored.values()]
    assert [worst in ids for ids in folds].count(True) == 1
    shutil.copy(place / "pictures" / f"{worst}.png", tmp_path)
    with pytest.warns(UserWarning, match=f"{run_pictures.WORST - 1} pictures are left out"):
        drawn = run_pictures.mistakes(found, task, [str(tmp_path)])
    titles = [ax.get_title(loc="left") for ax in drawn.figure.axes]
    assert [title.split("\n")[0] for title in titles if title] == [worst]


def test_an_answer_read_out_of_several_classes_is_explained_by_the_likeliest(answers):
    found = answers("one")
    shown = pd.DataFrame({"answer": ["malignant"]}, index=[found.table["image_id"][0]])
    (target,) = run_pictures._targets(found, tasks.get("malignant"), shown)
    row = found.table.set_index("image_id").iloc[0]
    name = max((MELANOMA, "basal cell carcinoma"), key=row.get)
    assert found.classes["name"][target] == name


@pytest.mark.parametrize("name", ["all", "flowers"])
def test_the_page_holds_every_picture_with_words_for_it(place, tiny_network, name, monkeypatch):
    monkeypatch.setattr(models, "build", tiny_network)
    monkeypatch.setenv("DERMLAB_CACHE", str(place / "cache"))
    cases = str(place / ("flowers.csv" if name == "flowers" else "cases.csv"))
    _, page = run_report.of_runs([place / name], cases, [str(place / "pictures")])
    alts = re.findall(r'<img src="data:image/png;base64,[^"]+" alt="([^"]+)">', page)
    assert len(alts) == page.count("<img ") and all(len(alt) > 60 for alt in alts)
    questions = 1 if name == "flowers" else 4
    assert len(alts) == 1 + 3 * questions + 1  # learning curve, three a question, mistakes
    assert alts[-1].count("truth: ") == run_pictures.WORST
    assert run_pictures.NO_IMAGES not in page and "http" not in page
