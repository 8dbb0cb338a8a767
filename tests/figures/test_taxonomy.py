"""What the tree's figures draw is what their tables say."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from dermlab.cases import tasks, taxonomy
from dermlab.errors import InputError
from dermlab.evaluation import readers
from dermlab.figures import taxonomy as figures
from dermlab.lessons import report, results


@pytest.fixture(scope="module")
def tree():
    return taxonomy.load_tree()


def words_of(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def smallest_words(fig):
    fig.draw_without_rendering()
    texts = fig.findobj(mpl.text.Text)
    return min(text.get_fontsize() for text in texts if text.get_text())


def test_class_sizes_draws_every_class_twice_and_counts_those_above():
    sizes = readers.esteva_class_sizes()
    fig, alt = figures.class_sizes(sizes, boundary=1000, title="A title")
    left, right = fig.axes
    for ax in (left, right):
        drawn = sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() == "o")
        assert drawn == len(sizes) == 740
    assert left.get_title(loc="left") == "740 classes, 13 above N"
    assert "inflammatory: 486" in [label.get_text() for label in right.get_yticklabels()]
    assert "from 4,273 images to 1" in alt and "13 lie above N = 1,000" in alt
    assert "inflammatory has the most, 486 of 740" in alt
    assert smallest_words(fig) >= 14


def test_class_counts_writes_the_count_at_the_mark():
    curves = pd.DataFrame(
        {"tree": ["a", "a", "b", "b"], "max_class_size": [10, 1000] * 2, "n_classes": [9, 4, 7, 3]}
    )
    fig, alt = figures.class_counts(curves, mark=1000, title="A title")
    legend = fig.axes[0].get_legend().get_texts()
    assert [text.get_text() for text in legend] == ["a: 4 at N = 1,000", "b: 3 at N = 1,000"]
    assert alt.endswith("a: 4 at N = 1,000; b: 3 at N = 1,000.")
    assert smallest_words(fig) >= 14


@pytest.mark.parametrize(("size", "n_classes", "n_split"), [(1000, 1, 0), (300, 7, 2)])
def test_cut_numbers_the_training_classes_of_a_branch(tree, size, n_classes, n_split):
    classes = taxonomy.training_classes(tree, size)
    fig, _ = figures.cut(tree, classes, root="benign epidermal", title="A title")
    numbers = [int(word) for word in words_of(fig) if word.isdigit()]
    boxes = [word for word in words_of(fig) if not word.isdigit()]
    assert set(numbers) == set(range(1, n_classes + 1))
    assert len(boxes) - len(numbers) == n_split
    assert "seborrheic keratosis\n69 images" in boxes
    assert not any("solar lentigo" in word for word in boxes)  # it has no image
    assert smallest_words(fig) >= 14


def test_cut_keeps_its_words_inside_their_boxes(tree):
    classes = taxonomy.training_classes(tree, 600)
    fig, _ = figures.cut(tree, classes, root="malignant", title="A title")
    fig.draw_without_rendering()
    (ax,) = fig.axes
    boxes = [patch.get_window_extent() for patch in ax.patches]
    for text in ax.texts:
        inner = text.get_window_extent()
        assert any(
            np.all(box.min - 3 <= inner.min) and np.all(inner.max <= box.max + 3) for box in boxes
        ), text.get_text()


def test_cut_names_the_own_images_of_a_node_that_is_split(tree):
    classes = taxonomy.training_classes(tree, 300)
    fig, alt = figures.cut(tree, classes, root="basal cell carcinoma", title="A title")
    assert "basal cell carcinoma\n596 images,\n468 its own" in words_of(fig)
    assert "basal cell carcinoma 596 (class 1); " in alt


def test_cut_refuses_what_cannot_be_read(tree):
    with pytest.raises(InputError, match="'root' has 158 nodes with images, more than the 30"):
        figures.cut(tree, taxonomy.training_classes(tree), root="root", title="A title")


def test_readable_draws_one_dot_a_side_and_says_what_swallows_it(tree):
    boundaries = tasks.boundaries(tree, ["carcinoma-vs-keratosis"])
    fig, alt = figures.readable(boundaries, marks={"the paper: 1,000": 1000}, title="A title")
    dots = [line.get_xdata()[0] for line in fig.axes[0].lines if line.get_marker() == "o"]
    assert dots == [1351, 930]
    assert "up to 930, then inside 'benign epidermal'" in words_of(fig)
    assert "keratinocyte carcinoma at 1,351; seborrheic keratosis at 930" in alt
    assert smallest_words(fig) >= 14


def summed(values):
    """A root, its two children and a class below the first of them."""
    rows = pd.DataFrame({"node": ["root", "a", "fine", "b"], "depth": [0, 1, 2, 1]})
    rows["value"] = values
    return rows.assign(is_class=rows["depth"] == 2, words=[f"{v:.2f}" for v in values])


def test_bars_are_the_values_and_the_alt_text_reads_them(readable):
    picture = np.zeros((8, 8, 3), np.uint8)
    fig, alt = figures.bars(summed([1, 0.7, 0.4, 0.3]), unit="share", title="T", picture=picture)
    assert [bar.get_width() for bar in fig.axes[-1].patches] == [1, 0.7, 0.4, 0.3]
    assert alt == (
        "T. The tree as an indented list with bars (share): root 1.00; a 0.70; fine 0.40; b 0.30."
    )
    readable(fig)


def test_bars_of_classes_are_darker_than_sums():
    fig, _ = figures.bars(summed([1, 0.7, 0.4, 0.3]), unit="share", title="T")
    colours = [bar.get_facecolor()[:3] for bar in fig.axes[-1].patches]
    assert colours[2] != colours[0] == colours[1] == colours[3]


def test_bars_hang_each_node_on_the_one_above_it():
    fig, _ = figures.bars(summed([1, 0.7, 0.4, 0.3]), unit="share", title="T")
    starts = [float(line.get_ydata()[0]) for line in fig.axes[0].lines]
    assert starts == pytest.approx([0.35, 1.35, 0.35])


def test_gains_of_the_paper_are_drawn_with_their_sd_and_their_difference(readable):
    rows = report.accuracies()
    fig, alt = figures.gains(rows[rows["who"].str.startswith("CNN")], title="T")
    assert {"69.4 %", "72.1 %", "48.9 %", "55.4 %"} <= set(words_of(fig))
    assert {"+2.7 points", "+6.5 points"} <= set(words_of(fig))
    spans = [segment for bar in fig.axes[0].collections for segment in bar.get_segments()]
    assert any(np.allclose(span[:, 0], (68.6, 70.2)) for span in spans)
    assert "three-way, from 69.4 to 72.1 %; nine-way, from 48.9 to 55.4 %" in alt
    readable(fig)


def gaps():
    """Two ways to compare, as lesson 03 draws them; percentage points."""
    one = results.read("clinic_nine_folds", "differences.csv").query("scored_by == 'label'")
    one = one.assign(estimate=one["pooled"], clinics="one clinic")
    eight = results.read("clinic_schemes", "differences.csv")
    eight = eight.rename(columns={"versus": "against"}).assign(clinics="eight clinics")
    eight = eight.query("world == 'described' and steps == 300 and against != 'placebo'")
    table = pd.concat([one, eight])[["task", "against", "clinics", "estimate", "low", "high"]]
    table = table[table["against"] == table["task"].str.replace("-way", " classes")]
    return table.assign(**100 * table[["estimate", "low", "high"]])


def test_simulated_gains_are_the_differences_and_their_intervals(readable):
    fig, alt = figures.simulated_gains(gaps(), title="T")
    spans = [segment for bar in fig.axes[0].collections for segment in bar.get_segments()]
    for row in gaps().itertuples():
        assert any(np.allclose(span[:, 0], (row.low, row.high)) for span in spans)
    assert "three-way: fine − three classes, eight clinics, 1.5 (-1.2 to 4.3)" in alt
    readable(fig)


# --- titles, held to the numbers that the lesson draws ----------------------------------------


def test_none_of_the_simulations_shows_a_gain():
    assert len(gaps()) == 4 and (gaps()["low"] < 0).all()


def test_eleven_malignant_conditions_are_six_classes(tree):
    inside = set(taxonomy.descendants(tree, "malignant"))
    diseases = taxonomy.training_classes(tree, 600)["diseases"]
    here = [each for each in diseases if inside.issuperset(each)]
    assert len(here) == 6 and sum(map(len, here)) == 11


def test_one_of_seven_sides_is_lost_at_the_papers_boundary(tree):
    sides = tasks.boundaries(tree, ["three-way", "carcinoma-vs-keratosis", "melanoma-vs-nevus"])
    assert len(sides) == 7
    assert list(sides["class"][sides["largest"] < 1000]) == ["seborrheic keratosis"]
