"""The figures and sentences of a run over one's own pictures say what the answers are."""

import pytest

from dermlab.figures import style
from dermlab.lessons import own_report
from tests.lessons.test_own_run import THREE, answers

TWO = answers(
    ["worn", "worn", "new", "new", "new"],
    {"new": [0.2, 0.6, 0.9, 0.8, 0.5], "worn": [0.8, 0.4, 0.1, 0.2, 0.5]},
)


def test_the_sentences_hold_the_numbers():
    accuracy = THREE.accuracy
    first, width, widest = own_report.results(THREE)
    assert (
        first.startswith(f"{accuracy:.0%} of 6 pictures") and "3 classes would give 33 %" in first
    )
    assert f"{100 * (accuracy.high - accuracy.low):.0f} percentage points wide" in width
    assert f"in {THREE.groups.nunique()} groups: four times as many groups" in width
    assert "Known least is b: 50 % " in widest and "of its 2 pictures" in widest


def test_two_classes_have_one_curve_and_a_row_each():
    rows = own_report.of_classes(TWO)
    assert [row[:2] for row in rows] == [("new", "3"), ("worn", "2")]
    assert rows[0][2] == rows[1][2]
    style.use()
    alt = own_report.curves(TWO).alt
    assert "new against worn on 5 images, 3 of them positive" in alt


def test_more_classes_have_a_panel_each():
    style.use()
    figure = own_report.curves(THREE).figure
    assert [ax.get_title("left") for ax in figure.axes] == ["a", "b", "c"]
    low, high = THREE.of_classes["auc"].min(), THREE.of_classes["auc"].max()
    assert f"3 estimates of AUC, lowest {low:.2f}, highest {high:.2f}" in figure.get_suptitle()
    for ax, name in zip(figure.axes, "abc", strict=True):
        inside = THREE.truth == name
        n, rest = THREE.groups[inside].nunique(), THREE.groups[~inside].nunique()
        assert ax.texts[0].get_text().endswith(f"\n{n} group{'s' * (n != 1)} against {rest}")
    alt = own_report.confusion(THREE).alt
    assert "5 of 6 answers right" in alt and "b 1 of 2 right, most often taken for a (1)" in alt


@pytest.mark.parametrize("shown", [1, 3])
def test_the_pictures_whose_maps_are_drawn_follow_a_rule(shown, monkeypatch):
    monkeypatch.setattr(own_report, "SHOWN", shown)
    right, wrong = ["i0", "i2", "i5"][:shown], ["i3"]
    assert own_report.chosen(THREE) == [*right, *wrong]
