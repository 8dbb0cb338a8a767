"""The paper's accuracies: intervals only where they are intervals, and a title that counts them."""

import pandas as pd
import pytest

from dermlab.figures import paper as figures

ROWS = [
    ("Dermatologist 1", "nine-way", 0.50, 0.45, 0.55),
    ("Dermatologist 2", "nine-way", 0.55, 0.51, 0.60),
    ("CNN, coarse", "nine-way", 0.49, 0.48, 0.50),
    ("CNN, fine", "nine-way", 0.57, 0.55, 0.59),
]
BARS = pd.DataFrame(ROWS, columns=["who", "task", "accuracy", "low", "high"])


def test_it_can_be_read_from_the_back_of_the_room(readable):
    readable(figures.accuracies(BARS).figure)


def test_the_title_counts_the_intervals_that_include_the_better_network():
    drawn = figures.accuracies(BARS)
    assert "inside 1 of 2" in drawn.figure.get_suptitle()
    moved = BARS.assign(accuracy=[0.50, 0.55, 0.49, 0.54])
    assert "inside 2 of 2" in figures.accuracies(moved).figure.get_suptitle()


def test_only_dermatologists_have_whiskers_and_a_network_has_its_sd_in_words():
    drawn = figures.accuracies(BARS)
    (ax,) = drawn.figure.axes
    whiskers = [c for c in ax.containers if c.__class__.__name__ == "ErrorbarContainer"]
    assert len(whiskers) == 2
    ends = [segment[:, 0] for c in whiskers for segment in c.lines[2][0].get_segments()]
    assert [tuple(end) for end in ends] == [
        pytest.approx((0.45, 0.55)),
        pytest.approx((0.51, 0.60)),
    ]
    words = [text.get_text() for text in ax.texts]
    assert {"57.0 % (SD 2.0)", "49.0 % (SD 1.0)"} <= set(words)
    assert "57.0 % (SD 2.0)" in drawn.alt and "45.0 to 55.0" in drawn.alt


GAPS = pd.DataFrame(
    {"who": ["a − b", "a −\nc"], "estimate": [0.4, 7.0], "low": [-6.0, 1.0], "high": [6.8, 13.0]}
)


def test_differences_stand_at_their_numbers_and_those_that_include_0_are_counted(readable):
    figure, alt = figures.differences(GAPS)
    readable(figure)
    (ax,) = figure.axes
    bars = [s[:, 0] for c in ax.containers for s in c.lines[2][0].get_segments()]
    assert sorted(map(tuple, bars)) == [pytest.approx((-6, 6.8)), pytest.approx((1, 13))]
    assert (
        figure.get_suptitle()
        == "From published numbers: 1 of 2 intervals of the difference include 0"
    )
    assert "a − b: 0.4 (-6.0 to 6.8); a − c: 7.0 (1.0 to 13.0)" in alt
    assert any(set(line.get_xdata()) == {0} for line in ax.lines)


BOTH = pd.concat([BARS, BARS.assign(task="three-way", accuracy=[0.6, 0.7, 0.72, 0.71])])


def test_the_table_is_drawn_as_printed_with_the_sd_as_words(readable):
    figure, alt = figures.table(BARS)
    readable(figure)
    assert "CNN, fine: 57.0 ± 2.0 %" in alt
    figure = figures.table(BOTH).figure
    nine, three = figure.axes
    assert [ax.get_title("left") for ax in figure.axes] == ["nine-way", "three-way"]
    dots = [line.get_xydata()[0].tolist() for line in nine.lines if line.get_marker() == "o"]
    assert dots == [[pytest.approx(100 * x), i] for i, x in enumerate(BARS["accuracy"])]
    words = [text.get_text() for text in nine.texts]
    assert words == ["50.0 %", "55.0 %", "49.0 ± 1.0 %", "57.0 ± 2.0 %", "chance"]
    assert not nine.containers  # no whiskers: an SD is no interval
    chance = [ax.lines[-1].get_xdata()[0] for ax in (nine, three)]
    assert chance == pytest.approx([100 / 9, 100 / 3])


def test_the_title_names_the_highest_of_each_task():
    title = figures.table(BOTH).figure.get_suptitle()
    assert title == "Published: CNN, coarse is highest three-way; CNN, fine is highest nine-way"
    both = figures.table(BOTH.assign(accuracy=[*BARS["accuracy"]] * 2)).figure.get_suptitle()
    assert both == "Published: CNN, fine is highest nine-way and three-way"
