"""Figures of cross-validation draw the numbers that they are given, and say the same in words."""

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import roc
from dermlab.figures import confusion, folds
from dermlab.figures.style import COLOURS

COUNTS = pd.DataFrame([[9, 1, 0], [0, 30, 0], [1, 1, 98]], index=list("abc"), columns=list("abc"))
MEANS = pd.DataFrame({"who": ["x", "y"], "mean_of_classes": [0.5, 0.11], "natural": [0.7, 0.63]})
AREAS = pd.DataFrame(
    {
        "class": ["malignant cutaneous lymphoma", "b", "c"],
        "n": [2, 3, 1],
        "auc": [0.75, 0.9, 0.6],
        "low": [0.6, 0.85, 0.5],
        "high": [0.8, 0.95, 0.7],
    }
)
CURVE = roc.curve([True, False, True, False], [0.9, 0.8, 0.4, 0.1])
SCHEMES = pd.DataFrame(
    {"task": "three-way", "fold": range(3), "before": [0.5, 0.5, 0.5], "after": [0.6, 0.4, 0.7]}
)
SCHEMES = pd.concat([SCHEMES, SCHEMES.assign(task="nine-way", after=0.4)])
EPOCHS = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "development": [0.3, 0.5, 0.4],
        "test": [0.3, 0.35, 0.45],
        "new": [0.3, 0.4, 0.4],
        "chosen": [False, True, False],
        "peeked": [False, False, True],
    }
)
GAINS = pd.DataFrame({"test": [0.1, 0.0], "new": [0.02, -0.04]})
STUDIES = np.linspace(0.5, 0.7, 41)
SPREADS = {"SD of folds": 0.1, "that SD divided by √9": 0.1 / 3, "SD of the mean": 0.06}
CHANCE = np.array([3, 4, 4, 5])
DRAW = {
    "matrices": lambda: confusion.matrices({"one": COUNTS, "two": COUNTS.T}, "Two matrices"),
    "natural_mix": lambda: confusion.natural_mix(MEANS, "Two means"),
    "one_vs_rest": lambda: confusion.one_vs_rest(
        dict.fromkeys(AREAS["class"], CURVE), AREAS, known="simulated"
    ),
    "widths": lambda: folds.widths(STUDIES, SPREADS, title="Three widths"),
    "shared": lambda: folds.shared(CHANCE, 9),
    "same_patients": lambda: folds.same_patients(
        {"own fold": np.array([0.3, 0.5]), "new\nimages": np.array([0.4, 0.4])}, title="SD"
    ),
    "fold_by_fold": lambda: folds.fold_by_fold(SCHEMES, ("one", "two\nlines"), "The same folds"),
    "peeking": lambda: folds.peeking(EPOCHS, GAINS, task="nine-way"),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_and_says_in_words_what_it_shows(name, readable):
    figure, alt = DRAW[name]()
    readable(figure)
    assert alt.startswith(figure.get_suptitle()) and len(alt) > len(figure.get_suptitle()) + 40


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_a_matrix_shows_the_rows_shares_and_hides_small_ones():
    figure, alt = DRAW["matrices"]()
    assert texts(figure.axes[0]) == ["90", "10", "100", "98"]
    (cells,) = figure.axes[0].collections
    np.testing.assert_allclose(cells.get_array().reshape(3, 3)[0], [90, 10, 0])
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["0  a", "1  b", "2  c"]
    one = alt.split("one: ")[1].split("two: ")[0]
    assert "most often right is b (100 %), least often a (90 %)" in one
    assert "most often confused: a as b (10 %), c as a (1 %)" in one


def test_both_means_stand_as_bars():
    figure, alt = DRAW["natural_mix"]()
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == pytest.approx([50, 11, 70, 63])
    assert texts(figure.axes[0]) == ["50", "11", "70", "63"] and "y: 11 and 63 %" in alt


def test_each_class_has_its_curve_and_its_interval():
    figure, alt = DRAW["one_vs_rest"]()
    assert "AUC 0.60 to 0.90" in figure.get_suptitle()
    for ax, row in zip(figure.axes, AREAS.itertuples(), strict=False):
        assert texts(ax) == [f"AUC {row.auc:.2f} ({row.low:.2f} to {row.high:.2f})\n{row.n} images"]
        np.testing.assert_allclose(ax.lines[0].get_xdata(), CURVE["sensitivity"])
    assert "b 0.90 (0.85 to 0.95), 3 images" in alt


def test_brackets_are_as_wide_as_the_spreads_and_lie_below_the_bars():
    figure, alt = DRAW["widths"]()
    (ax,) = figure.axes
    bars = [line.get_segments()[0] for line in ax.collections]
    np.testing.assert_allclose([np.ptp(bar[:, 0]) / 2 for bar in bars], [10, 10 / 3, 6])
    np.testing.assert_allclose([bar[:, 0].mean() for bar in bars], 60)
    assert all((bar[:, 1] < 0).all() for bar in bars)
    assert sum(patch.get_height() for patch in ax.patches) == len(STUDIES)
    assert "that SD divided by √9 ± 3.3 points" in alt


def test_shared_mistakes_stand_beside_those_of_the_shuffles():
    figure, alt = DRAW["shared"]()
    (ax,) = figure.axes
    bars = {round(p.get_x() + p.get_width() / 2): p.get_height() for p in ax.patches}
    assert bars == {3: 1, 4: 2, 5: 1} and ax.lines[0].get_xdata() == [9, 9]
    assert "9 shared mistakes; after shuffling at most 5" in figure.get_suptitle()
    assert "mean 4" in alt


def test_the_same_networks_are_told_by_their_spread():
    _, alt = DRAW["same_patients"]()
    assert "own fold: 30 to 50 %, SD 14.1 points; new images: 40 to 40 %, SD 0.0 points" in alt


def test_rising_folds_are_counted():
    figure, alt = DRAW["fold_by_fold"]()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["three-way: 2 of 3 folds rise", "nine-way: 0 of 3 folds rise"]
    assert "the mean goes from 50.0 to 56.7 %" in alt and "from one to two lines" in alt


def test_peeking_marks_the_fair_and_the_peeked_epoch():
    figure, alt = DRAW["peeking"]()
    marks = {line.get_label(): line.get_xydata()[0] for line in figure.axes[0].lines}
    np.testing.assert_allclose(marks["fair choice"], [2, 35])
    np.testing.assert_allclose(marks["peeked choice"], [3, 45])
    assert figure.get_suptitle().endswith("raises 1 of 2 scores; mean of all 5.0 points")
    assert "chooses epoch 2, the scored fold reads 35.0 % there" in alt
    assert "on new patients the two epochs have 40.0 and 40.0 %" in alt
    assert (
        "from 0.0 to 10.0 points on the scored fold (1 of them exactly 0), from -4.0 to 2.0 on new "
        "patients, there -1.0" in alt
    )


def test_counts_stand_in_their_cells_with_the_classes_that_have_no_case():
    table = pd.DataFrame([[4, 1, 2], [0, 3, 0]], index=["a", "c"], columns=["a", "c", "no signal"])
    figure, alt = confusion.counted(table, question="cats, all cases")
    (ax,) = figure.axes
    assert texts(ax) == ["4", "1", "2", "0", "3", "0"]
    assert figure.get_suptitle() == "cats, all cases:\n7 of 10 answers right"
    assert "without a case: 2 no signal" in ax.get_xlabel()
    assert "a 4 of 7 right, most often taken for no signal (2); c 3 of 3 right." in alt
    tied = table.assign(**{"no signal": [1, 0]})
    assert "taken for c, no signal (1 each)" in confusion.counted(tied, question="x").alt


def test_words_in_a_cell_are_in_the_colour_of_the_higher_contrast():
    table = pd.DataFrame([[64, 36], [5, 95]], index=["a", "b"], columns=["a", "b"])
    ax = confusion.counted(table, question="x").figure.axes[0]
    dark = [text.get_color() == COLOURS["ink"] for text in ax.texts]
    assert dark == [True, False, False, True]
