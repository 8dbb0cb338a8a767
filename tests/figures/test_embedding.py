"""Figures of maps: each lesion is a dot, pictures do not hide each other, titles say numbers."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.offsetbox import AnnotationBbox

from dermlab.figures import embedding


@pytest.fixture
def shown():
    rng = np.random.default_rng(0)
    labels = np.resize(list(embedding.FOUR), 200)
    return rng.normal(size=(200, 2)) * [4, 1], labels


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 255, (200, 32, 32, 3), dtype=np.uint8)


def dots(ax):
    return sum(len(points.get_offsets()) for points in ax.collections)


def pictured(ax):
    return [one for one in ax.get_children() if isinstance(one, AnnotationBbox)]


@pytest.mark.parametrize("squeezed", [1, 0.3], ids=["flat", "round"])
def test_every_lesion_is_a_dot_and_some_are_pictures_framed_in_their_group(
    shown, images, readable, squeezed
):
    x, labels = shown
    x = x * [squeezed, 1]
    fig, alt = embedding.pictures(x, images, labels)
    left, ax = fig.axes
    boxes = pictured(ax)
    assert dots(left) == 200 and not pictured(left)  # no picture hides a dot
    assert 6 < len(boxes) < 100
    readable(fig)
    np.testing.assert_allclose(
        [*left.get_xlim(), *left.get_ylim()], [*ax.get_xlim(), *ax.get_ylim()]
    )
    for box in boxes:
        (i,) = np.flatnonzero((x == box.xy).all(axis=1))
        np.testing.assert_array_equal(box.offsetbox.get_data(), images[i])
        colour = plt.matplotlib.colors.to_hex(box.patch.get_edgecolor()).upper()
        assert colour == embedding.FOUR[labels[i]][0].upper()
    extents = [box.patch.get_window_extent() for box in boxes]
    share = np.mean([[a.overlaps(b) for b in extents] for a in extents]) - 1 / len(boxes)
    assert share < 0.01  # of pairs
    assert "200 lesions" in fig.get_suptitle()
    said = f"200 lesions as dots, and {len(boxes)} of them as pictures. 50 benign epidermal"
    assert said in alt


def test_the_returning_lesion_is_a_star_on_top_and_no_lesion_of_the_count(shown, images):
    x, labels = shown
    labels = np.append(labels[:-2], [embedding.RETURNING] * 2)
    fig, alt = embedding.pictures(x, images, labels)
    left, ax = fig.axes
    stars = left.collections[-1]
    np.testing.assert_array_equal(stars.get_offsets(), x[-2:])
    assert stars.get_zorder() > max(each.get_zorder() for each in left.collections[:-1])
    assert "198 lesions" in fig.get_suptitle() and "The 2 stars are photographs of" in alt
    places = {tuple(box.xy) for box in pictured(ax)}
    assert not places & {tuple(at) for at in x[-2:]}


def test_a_place_is_said_from_the_lower_left():
    shown = np.array([[-1, 0], [3, 0], [3, 10.0], [1, 5]])
    labels = ["a", "b", "b", "a"]
    said = embedding._places(shown, labels, embedding.marks(labels))
    assert said == (
        "2 a, middle at 25 % from the leftmost and 25 % from the lowest dot; "
        "2 b, middle at 100 % from the leftmost and 50 % from the lowest dot."
    )


def test_chosen_dots_lie_apart_and_none_could_be_added(shown):
    x, _ = shown
    chosen = embedding.apart(x, 0.1)
    place = x / np.ptp(x, axis=0).max()
    far = np.abs(place[:, None] - place[chosen]).max(axis=2)
    among = far[chosen] + np.eye(len(chosen))
    assert among.min() > 0.1
    assert (far.min(axis=1) <= 0.1).sum() == 200


def test_neighbours_stand_nearest_first_framed_in_their_group(images, readable):
    labels = ["benign epidermal", "malignant melanoma", "malignant melanoma", "benign melanocyte"]
    fig, alt = embedding.nearest(
        images[0], "benign melanocyte", images[1:5], labels, [0.4, 0.2, 0.1, 0.05]
    )
    assert fig.get_suptitle() == (
        "The lesion of lesson 00, a benign melanocyte:\n"
        "2 of its 4 nearest neighbours are malignant melanoma"
    )
    shown = [ax for ax in fig.axes if ax.images]
    for ax, image in zip(shown, images, strict=False):
        np.testing.assert_array_equal(ax.images[0].get_array(), image)
    frames = [plt.matplotlib.colors.to_hex(ax.spines["left"].get_edgecolor()) for ax in shown]
    due = [embedding.FOUR[name][0] for name in ("benign melanocyte", *labels)]
    assert [frame.upper() for frame in frames] == [colour.upper() for colour in due]
    assert shown[1].get_title("left") == "benign\nepidermal\np = 0.40"
    assert shown[0].get_title("left") == "lesson 00:\nbenign\nmelanocyte"
    assert "benign epidermal 0.40, malignant melanoma 0.20" in alt
    readable(fig)


def test_twins_say_the_purity_of_each_network(shown, readable):
    x, labels = shown
    purity = {"noise": (0.3, 0.28), "start": (0.4, 0.41), "trained": (0.6, 0.62)}
    maps = {"noise": x, "start": -x, "trained": x[:, ::-1]}
    fig, alt = embedding.twins(maps, labels, purity)
    assert fig.get_suptitle().endswith(" on these maps:\nnoise 0.28, start 0.41, trained 0.62")
    assert fig.axes[1].get_title("left") == "start\nown dimensions 0.40, map 0.41"
    for ax, points in zip(fig.axes, maps.values(), strict=True):
        drawn = np.concatenate([dots.get_offsets() for dots in ax.collections])
        assert {tuple(at) for at in drawn} == {tuple(at) for at in points}
    assert "noise: purity in its own dimensions 0.30, map 0.28." in alt
    readable(fig)


def test_starts_say_the_range_of_purity_and_each_map_its_own(shown, readable):
    x, labels = shown
    maps = {"first": x, "second": -x, "third": x[:, ::-1]}
    fig, alt = embedding.starts(maps, labels, {"first": 0.62, "second": 0.646, "third": 0.61})
    assert fig.get_suptitle().startswith("The same features, 3 starts, 3 maps:")
    assert fig.get_suptitle().endswith("purity from 0.61 to 0.65")
    assert fig.axes[1].get_title("left") == "second\npurity 0.65"
    for ax, points in zip(fig.axes, maps.values(), strict=True):
        drawn = np.concatenate([dots.get_offsets() for dots in ax.collections])
        assert {tuple(at) for at in drawn} == {tuple(at) for at in points}
    assert "third, purity 0.61: 50 benign epidermal, middle at" in alt
    readable(fig)


def test_the_planted_truth_stands_beside_its_map(shown, readable):
    x, _ = shown
    truth, labels = np.column_stack([x * 3, x]), np.resize(["narrow", "wide"], 200)
    ratios = pd.DataFrame({"Width": [6.1, 1.04], "Gap": [5, 0.9]}, ["planted", "shown"])
    marks = embedding.marks(labels)
    fig, alt = embedding.planted(truth, x, labels, ratios, marks)
    lines = ["Width: 6.1 planted, 1.0 on the map", "Gap: 5.0 planted, 0.9 on the map"]
    assert fig.get_suptitle().split("\n") == lines and all(line in alt for line in lines)
    left, right = fig.axes
    assert {tuple(at) for d in left.collections for at in d.get_offsets()} == {
        tuple(at) for at in truth[:, :2]
    }
    assert dots(right) == 200
    readable(fig)


def test_colourings_say_each_share_and_have_a_legend_each(shown, readable):
    x, _ = shown
    labels = {"sex": np.resize(["female", "male"], 200), "camera": np.resize(["A", "B", "C"], 200)}
    fig, alt = embedding.colourings(x, labels, {"sex": 0.5, "camera": 0.345})
    assert fig.get_suptitle().endswith(":\nsex 0.50, camera 0.34") and "sex 0.50" in alt
    legends = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in fig.axes]
    assert legends == [["female", "male"], ["A", "B", "C"]]
    assert all(dots(ax) == 200 for ax in fig.axes)
    assert [ax.get_title("left") for ax in fig.axes] == [
        "sex, at random 0.50",
        "camera, at random 0.33",
    ]
    assert "camera, at random 0.33: 67 A, middle at" in alt
    readable(fig)


def test_maps_keep_their_shape_and_share_one_legend(shown):
    x, labels = shown
    fig, alt = embedding.maps({"one": x, "two\nthere": x[:, ::-1]}, labels, title="Two")
    assert [ax.get_title("left") for ax in fig.axes] == ["one", "two\nthere"]
    assert all(dots(ax) == 200 and ax.get_aspect() == 1 for ax in fig.axes)
    assert [text.get_text() for text in fig.legends[0].get_texts()] == list(embedding.FOUR)
    assert alt == "Two: one, two, there."


def test_purities_stand_beside_chance():
    rows = [("tissue", "space", 0.8, 0.7, 0.9, 0.5), ("tissue", "map", 0.6, 0.5, 0.7, 0.5)]
    columns = ["what", "where", "estimate", "low", "high", "chance"]
    fig, alt = embedding.purities(
        pd.DataFrame(rows, columns=columns), title="T", unit="purity", known="shuffled"
    )
    (ax,) = fig.axes
    middles = {bars.get_label(): bars.lines[0].get_xdata()[0] for bars in ax.containers}
    assert middles == {"space": 0.8, "map": 0.6}
    assert "tissue, space: 0.80 (0.70 to 0.90); tissue, map: 0.60 (0.50 to 0.70)." in alt
