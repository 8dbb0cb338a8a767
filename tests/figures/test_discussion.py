"""Evidence cards: what is drawn, and what title and alt text say, is what the tables say."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from dermlab.figures import discussion as draw

CHANGES = pd.DataFrame(
    {
        "name": ["carcinoma:\nbiopsy?", "another study"],
        "estimate": [-4.6, 6.7],
        "low": [-6.7, np.nan],
        "high": [-2.5, np.nan],
    }
)
LATER = pd.DataFrame(
    {"what": ["light\nskin", "dark skin"], "value": [0.72, 0.57], "low": [0.63, 0.48],
     "high": [0.79, 0.67]}
)  # fmt: skip
READERS = pd.DataFrame({"tp": [60, 62, 64, 62, 60], "tn": [50, 59, 60, 40, 65]})
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
CURVE = pd.DataFrame({"threshold": [0.05, 0.2, 0.4], "model": [0.2, 0.1, 0.05]}).assign(
    model_low=lambda t: t["model"] - 0.01,
    model_high=lambda t: t["model"] + 0.01,
    treat_all=[0.2, 0.05, -0.2],
    treat_none=0.0,
)
DRAW = {
    "moved": lambda: draw.moved(CHANGES, unit="points", title="It moves"),
    "published": lambda: draw.published(LATER, unit="AUC", title="Printed", chance=0.5),
    "margins": lambda: draw.margins(READERS, NETWORK),
    "mixtures": lambda: draw.mixtures(MIXED, 0.78),
    "thousand": lambda: draw.thousand(10, sensitivity=0.95, specificity=0.84),
    "twice": lambda: draw.twice([0.1, 0.3, 0.5], [0.2, 0.6, 0.9], threshold=0.4),
    "net_benefit": lambda: draw.net_benefit(CURVE, helps_from=0.12),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_and_says_in_words_what_it_shows(name, readable):
    figure, alt = DRAW[name]()
    readable(figure)
    assert len(alt) > 60 and " nan" not in alt


def test_a_change_without_bounds_says_so():
    _, alt = DRAW["moved"]()
    assert "carcinoma: biopsy? -4.6 (-6.7 to -2.5)" in alt
    assert "another study 6.7, without an interval" in alt


def test_published_numbers_are_drawn_as_they_are_printed():
    figure, alt = DRAW["published"]()
    assert "light skin 0.72 (0.63 to 0.79); dark skin 0.57 (0.48 to 0.67)" in alt
    assert {text.get_text() for text in figure.axes[0].texts} == {"0.72", "0.57"}


def test_margins_are_counted_in_both_rates():
    figure, alt = DRAW["margins"]()
    # ahead of (60, 50) and (62, 40); behind (64, 60); equal to (62, 59); (60, 65) buys one
    assert figure.get_suptitle() == "In both counts ahead of 2 of 5 readers, behind 1"
    assert "for 2 one count is higher and the other lower, or both are equal" in alt
    (dots,) = [c for c in figure.axes[0].collections if isinstance(c, PathCollection)]
    assert dots.get_offsets().tolist() == [[2, 9], [0, 0], [-2, -1], [0, 19], [2, -6]]


def test_a_mixture_says_both_drops():
    figure, alt = DRAW["mixtures"]()
    assert "0.14 in all" in figure.get_suptitle() and "0.01 in one" in figure.get_suptitle()
    assert "0.140 (0.120 to 0.150)" in alt
    everything, biopsied, alone = figure.axes[0].lines
    assert everything.get_xdata().tolist() == [0.88, 0.77]
    assert biopsied.get_xdata().tolist() == [0.74, 0.76]
    assert set(alone.get_xdata()) == {0.78}


def test_a_thousand_lesions_are_a_thousand_marks():
    figure, alt = draw.thousand(100, sensitivity=0.9, specificity=0.8)
    title = "100 cancers in 1,000: 270 called malignant, 90 rightly (33 %)"
    assert figure.get_suptitle() == title
    sizes = [len(marks.get_offsets()) for marks in figure.axes[0].collections]
    assert sizes == [90, 10, 180, 720]
    places = np.concatenate([marks.get_offsets() for marks in figure.axes[0].collections])
    assert len({tuple(place) for place in places}) == 1000
    assert "90 cancer, called; 10 cancer, missed" in alt


def test_a_lesion_gets_both_answers_where_the_threshold_lies_between():
    lowest, highest = [0.1, 0.3, 0.4, 0.5, 0.1], [0.2, 0.4, 0.9, 0.9, 0.39]
    figure, _ = draw.twice(lowest, highest, threshold=0.4)
    assert figure.get_suptitle() == "1 of 5 lesions get both answers"


def test_net_benefit_is_drawn_per_thousand_and_shaded_where_nothing_is_known():
    figure, alt = DRAW["net_benefit"]()
    ax = figure.axes[0]
    assert figure.get_suptitle().endswith("from 12 %")
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([200, 100, 50])
    assert ax.lines[1].get_ydata().tolist() == pytest.approx([200, 50, -200])
    assert "from 20 %: network 100, all 50" in alt
    plt.close(figure)
