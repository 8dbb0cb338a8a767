"""Evidence cards: what is drawn, and what title and alt text say, is what the tables say."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.figures import discussion as draw

CHANGES = pd.DataFrame(
    {
        "test": ["carcinoma", "carcinoma", "melanoma,\ndermoscopy"],
        "change": ["sensitivity", "specificity", "sensitivity"],
        "estimate": [2.0, -6.6, 4.8],
        "low": [1.0, -9.4, 1.7],
        "high": [3.1, -3.9, 8.5],
    }
)
LATER = pd.DataFrame(
    {"what": ["light\nskin", "dark skin"], "value": [0.72, 0.57], "low": [0.63, 0.48],
     "high": [0.79, 0.67]}
)  # fmt: skip
READERS = pd.DataFrame({"tp": [60, 60, 60, 62, 64, 62, 60], "tn": [50, 50, 58, 59, 60, 40, 65]})
NETWORK = pd.Series({"tp": 62, "tn": 59, "n_pos": 65, "n_neg": 70})
MIXED = pd.DataFrame(
    {
        "name": ["all sources", "one source"],
        "auc_all": [0.88, 0.77],
        "auc_biopsied": [0.74, 0.76],
        "difference": [0.14, 0.01],
        "low": [0.12, 0.0],
        "high": [0.15, 0.02],
    }
)
GAINS = pd.DataFrame(
    {
        "threshold": [0.05, 0.2, 0.4] * 2,
        "than": ["all"] * 3 + ["none"] * 3,
        "estimate": [-0.002, 0.05, 0.09, 0.1, 0.08, 0.05],
    }
).assign(low=lambda t: t["estimate"] - 0.01, high=lambda t: t["estimate"] + 0.02)
DRAW = {
    "moved": lambda: draw.moved(CHANGES, unit="points", title="It\nmoves"),
    "published": lambda: draw.published(LATER, unit="AUC", title="Printed", chance=0.5),
    "margins": lambda: draw.margins(READERS, NETWORK),
    "mixtures": lambda: draw.mixtures(MIXED, 0.78),
    "practice": lambda: draw.practice(20, 2000, sensitivity=0.95, specificity=0.84),
    "twice": lambda: draw.twice([0.1, 0.3, 0.5], [0.2, 0.6, 0.9], threshold=0.4),
    "net_benefit": lambda: draw.net_benefit(GAINS, known="Measured"),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_and_says_in_words_what_it_shows(name, readable):
    figure, alt = DRAW[name]()
    readable(figure)
    assert len(alt) > 60 and " nan" not in alt


def test_changes_are_drawn_a_line_a_test_and_a_mark_a_rate():
    figure, alt = DRAW["moved"]()
    assert "It moves. Points: carcinoma, sensitivity 2.0 (1.0 to 3.1)" in alt
    assert "melanoma, dermoscopy, sensitivity 4.8 (1.7 to 8.5)" in alt
    first, second = figure.axes[0].containers
    assert [bars.get_label() for bars in (first, second)] == ["sensitivity", "specificity"]
    assert first.lines[0].get_xdata().tolist() == [2.0, 4.8]
    assert second.lines[0].get_xdata().tolist() == [-6.6]


def test_published_numbers_are_drawn_as_they_are_printed():
    figure, alt = DRAW["published"]()
    assert "light skin 0.72 (0.63 to 0.79); dark skin 0.57 (0.48 to 0.67)" in alt
    assert {text.get_text() for text in figure.axes[0].texts} == {"0.72", "0.57"}


def test_a_reader_with_an_equal_count_is_neither_ahead_nor_behind():
    figure, alt = draw.margins(READERS, NETWORK)
    # ahead of (60, 50) twice and (60, 58); behind (64, 60); equal to (62, 59), and in cancers to
    # (62, 40); against (60, 65) one count is bought with the other
    title = (
        "Network ahead of 3 of 7 readers in both counts, behind 1; "
        "equal in a count: 2; one count against the other: 1"
    )
    assert figure.get_suptitle().replace("\n", " ") == title
    assert alt.startswith(title) and "-2 to 2 cancers found, -6 to 19 harmless" in alt


def test_readers_with_the_same_counts_are_one_dot_with_their_number():
    figure, _ = draw.margins(READERS, NETWORK)
    ax = figure.axes[0]
    dots = {tuple(line.get_xydata()[0]) for line in ax.lines if line.get_marker() == "o"}
    assert dots == {(2, 9), (2, 1), (0, 0), (-2, -1), (0, 19), (2, -6)}
    assert [t.xy for t in ax.texts if t.get_text() == "2 readers"] == [(2, 9)]


def test_a_mixture_says_both_drops():
    figure, alt = DRAW["mixtures"]()
    title = figure.get_suptitle().replace("\n", " ")
    assert title.endswith("lower by 0.14 in all sources together, by 0.01 in one of them")
    assert alt.startswith(title) and "0.140 (0.120 to 0.150)" in alt
    assert figure.axes[0].texts[0].get_text() == "difference 0.140 (0.120 to 0.150)"
    everything, biopsied, alone = figure.axes[0].lines
    assert everything.get_xdata().tolist() == [0.88, 0.77]
    assert biopsied.get_xdata().tolist() == [0.74, 0.76]
    assert set(alone.get_xdata()) == {0.78}


def test_the_lesions_of_a_practice_are_as_many_marks():
    figure, alt = draw.practice(100, 1000, sensitivity=0.9, specificity=0.8)
    title = "100 cancers in 1,000 lesions: 270 called malignant, 90 of them rightly (33 %)"
    assert figure.get_suptitle().replace("\n", " ") == title
    sizes = [len(marks.get_offsets()) for marks in figure.axes[0].collections]
    assert sizes == [90, 10, 180, 720]
    places = np.concatenate([marks.get_offsets() for marks in figure.axes[0].collections])
    assert len({tuple(place) for place in places}) == 1000
    assert alt.startswith(title) and "90 cancer, called; 10 cancer, missed" in alt


def test_a_lesion_gets_both_answers_where_the_threshold_lies_between():
    lowest, highest = [0.1, 0.3, 0.4, 0.5, 0.1], [0.2, 0.4, 0.9, 0.9, 0.39]
    figure, _ = draw.twice(lowest, highest, threshold=0.4)
    assert figure.get_suptitle() == "1 of 5 lesions get both answers"


def test_gains_are_drawn_per_thousand_and_shaded_where_one_interval_includes_0():
    figure, alt = DRAW["net_benefit"]()
    ax = figure.axes[0]
    assert figure.get_suptitle().startswith("Measured:\nbetter than biopsying all, and")
    assert "from 20 % to 40 % (tried from 5 %)" in figure.get_suptitle()
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([-2, 50, 90])
    drawn = 1000 * GAINS[["low", "high"]]
    low, high = ax.get_ylim()
    assert low < drawn["low"].min() and drawn["high"].max() < high  # nothing is cut off
    assert ax.lines[1].get_ydata().tolist() == pytest.approx([100, 80, 50])
    assert "than all, at 5 %: -2 (-12 to 18)" in alt
    assert "than none, at 20 %: 80 (70 to 100)" in alt
    plt.close(figure)


def test_a_gain_that_ends_before_the_last_threshold_is_refused_a_title():
    late = GAINS.assign(low=GAINS["low"].where(GAINS["threshold"] < 0.4, -0.01))
    with pytest.raises(InputError, match="at the highest threshold"):
        draw.net_benefit(late, known="Measured")
