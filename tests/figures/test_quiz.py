"""The reading experiment's figures draw what the tables say."""

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import readers, roc, two_questions
from dermlab.figures import quiz, style
from dermlab.lessons import quiz as experiment
from dermlab.lessons.quiz import rivals

TRUTH = np.array([1] * 6 + [0] * 6)
SCORE = np.linspace(1, 0, 12)[[0, 1, 2, 3, 6, 8, 4, 5, 7, 9, 10, 11]]


@pytest.fixture
def curve():
    return roc.curve(TRUTH, SCORE), roc.auc(TRUTH, SCORE)


@pytest.fixture
def study():
    ids = tuple(map(str, range(12)))
    truth = pd.Series(TRUTH == 1, index=ids)
    return experiment.Study("q1", "melanoma-vs-nevus", "?", ids, [SCORE] * 12, truth)


def legend(fig):
    return [text.get_text() for text in fig.legends[0].get_texts()]


def test_a_reader_lies_at_their_rates_beside_the_networks_curve(curve, study):
    reads = pd.DataFrame({"reader_id": "A", "image_id": study.image_ids, "quiz_id": "q1"})
    reads["decision"] = [1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
    fig, alt = quiz.reader_on_curve(
        experiment.outcome(study, reads, "A").point, curve, n=12, quiz_id="q1"
    )
    (ax,) = fig.axes
    drawn = {line.get_color(): line.get_xydata() for line in ax.lines if len(line.get_xdata())}
    rows = curve[0][["sensitivity", "specificity"]].to_numpy()
    np.testing.assert_allclose(drawn[style.COLOURS["network"]], rows)
    points = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(points[0].get_xydata(), [[5 / 6, 4 / 6]])
    assert "sensitivity 0.83, specificity 0.67" in alt and f"{curve[1].estimate:.2f}" in alt
    assert any(f"area {curve[1].estimate:.2f}" in text for text in legend(fig))


def test_without_a_network_it_is_said(study):
    reads = pd.DataFrame({"reader_id": "A", "image_id": study.image_ids, "quiz_id": "q1"})
    point = experiment.outcome(study, reads.assign(decision=TRUTH), "A").point
    fig, alt = quiz.reader_on_curve(point, None, n=12, quiz_id="q1")
    assert "No network" in alt and not any("network" in text for text in legend(fig))


def test_rivals_on_the_same_pictures_and_dermatologists_in_a_panel_of_their_own(curve, study):
    points = two_questions.simulated_points(
        9, n_pos=6, n_neg=6, d_prime=2, criteria={"action": 0}, spread=0.3, seed=1
    )
    network = rivals.Rival("the network at its threshold of 0.5", "simulated", points.head(1))
    others = rivals.Rival("the mean of 9 other readers", "measured here", points)
    published = readers.esteva_points().query("task == 'melanoma' and question == 'action'")
    fig, alt = quiz.reader_on_curve(
        *(roc.point(TRUTH, TRUTH), curve),
        n=12,
        quiz_id="q1",
        network=network,
        others=others,
        published=published,
    )
    left, right = fig.axes
    marks = {line.get_marker(): line.get_xydata() for line in left.lines}
    rates = points[["sensitivity", "specificity"]]
    np.testing.assert_allclose(marks["D"], rates.head(1))
    np.testing.assert_allclose(marks["P"], [rates.mean()])
    assert len(right.collections[0].get_offsets()) == len(published) == 22
    assert not any(line.get_color() == style.COLOURS["network"] for line in right.lines)
    assert left.get_legend_handles_labels()[1] != right.get_legend_handles_labels()[1]
    assert "46 + 93" in right.get_title(loc="left") and "33 + 97" in right.texts[0].get_text()
    assert "22 dermatologists of the paper (published)" in alt and "The mean of 9" in alt


def test_the_hardest_pictures_are_drawn_with_truth_count_and_signs():
    pictures = [np.full((4, 4, 3), i, np.uint8) for i in range(5)]
    table = pd.DataFrame(
        {
            "picture": [3, 1, 0],
            "truth": ["melanoma", "nevus", "nevus"],
            "n_readers": [9, 9, 8],
            "n_wrong": [7, 5, 5],
            "signs": ["none of the 5 signs", "border 2", ""],
        }
    )
    fig, alt = quiz.hardest(pictures, table)
    shown = [ax for ax in fig.axes if ax.images]
    assert [ax.images[0].get_array()[0, 0, 0] for ax in shown] == [3, 1, 0]
    assert [ax.get_title(loc="left") for ax in shown] == [
        "melanoma: 7 of 9 wrong",
        "nevus: 5 of 9 wrong",
        "nevus: 5 of 8 wrong",
    ]
    assert "melanoma: 7 of 9 wrong; none of the 5 signs" in alt


@pytest.mark.parametrize("n", [1, 9])
def test_a_class_is_drawn_as_points_mean_and_vote_and_names_its_kind(curve, n):
    points = two_questions.simulated_points(
        n, n_pos=6, n_neg=6, d_prime=2, criteria={"action": 0}, spread=0.3, seed=1
    )
    vote = roc.point(TRUTH, TRUTH)
    fig, alt = quiz.class_on_curve(
        points, readers.mean_reader(points), curve, vote, "simulated, calibrated"
    )
    (ax,) = fig.axes
    offsets = ax.collections[0].get_offsets()
    rates = points[["sensitivity", "specificity"]].to_numpy()
    assert np.abs(np.asarray(offsets) - rates).max() <= 0.008
    assert "simulated, calibrated" in alt and any("simulated" in text for text in legend(fig))
    assert any("mean reader" in text for text in legend(fig)) == (n > 1)
    squares = [line for line in ax.lines if line.get_marker() == "s"]
    np.testing.assert_allclose(squares[0].get_xydata(), [[1, 1]])


@pytest.mark.parametrize(("n", "said"), [(0, None), (1, "1 reader more"), (3, "3 readers more")])
def test_readers_who_have_not_finished_are_counted(curve, n, said):
    points = two_questions.simulated_points(
        4, n_pos=6, n_neg=6, d_prime=2, criteria={"action": 0}, spread=0.3, seed=1
    )
    fig, alt = quiz.class_on_curve(
        points,
        readers.mean_reader(points),
        curve,
        roc.point(TRUTH, TRUTH),
        "measured here",
        n_unfinished=n,
    )
    title = fig.get_suptitle()
    assert title.startswith("4 readers") and (f"{n} more not finished" in title) == bool(n)
    assert (said in alt) if said else ("not finished" not in alt)
