"""Figures of maps: every image is a point, pictures do not hide each other, numbers are drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.offsetbox import AnnotationBbox

from dermlab.figures import embedding


@pytest.fixture
def shown():
    rng = np.random.default_rng(0)
    labels = np.resize(list(embedding.FOUR), 200)
    return rng.normal(size=(200, 2)) * [4, 1], labels


def drawn_points(ax):
    return sum(len(dots.get_offsets()) for dots in ax.collections)


def test_every_lesion_is_a_point_and_some_are_pictures_framed_in_their_class(shown):
    x, labels = shown
    images = np.random.default_rng(1).integers(0, 255, (200, 32, 32, 3), dtype=np.uint8)
    fig = embedding.pictures(x, images, labels, title="Seen")
    (ax,) = fig.axes
    boxes = [one for one in ax.get_children() if isinstance(one, AnnotationBbox)]
    assert drawn_points(ax) == 200 and 10 < len(boxes) < 100
    fig.canvas.draw()
    for box in boxes:
        (i,) = np.flatnonzero((x == box.xy).all(axis=1))
        np.testing.assert_array_equal(box.offsetbox.get_data(), images[i])
        colour = plt.matplotlib.colors.to_hex(box.patch.get_edgecolor()).upper()
        assert colour == embedding.FOUR[labels[i]][0].upper()
    extents = [box.patch.get_window_extent() for box in boxes]
    share = np.mean([[a.overlaps(b) for b in extents] for a in extents]) - 1 / len(boxes)
    assert share < 0.01  # of pairs


def test_chosen_points_lie_apart_and_none_could_be_added(shown):
    x, _ = shown
    chosen = embedding.apart(x, 0.1)
    place = x / np.ptp(x, axis=0).max()
    far = np.abs(place[:, None] - place[chosen]).max(axis=2)
    among = far[chosen] + np.eye(len(chosen))
    assert among.min() > 0.1
    assert (far.min(axis=1) <= 0.1).sum() == 200


def test_maps_keep_their_shape_and_share_one_legend(shown):
    x, labels = shown
    fig = embedding.maps({"one": x, "two": x[:, ::-1]}, labels, title="Two")
    assert [ax.get_title("left") for ax in fig.axes] == ["one", "two"]
    assert all(drawn_points(ax) == 200 and ax.get_aspect() == 1 for ax in fig.axes)
    assert [text.get_text() for text in fig.legends[0].get_texts()] == list(embedding.FOUR)


def test_panels_of_unlike_labels_have_legends_of_their_own(shown):
    x, _ = shown
    labels = {"sex": np.resize(["female", "male"], 200), "camera": np.resize(["A", "B", "C"], 200)}
    fig = embedding.maps(dict.fromkeys(labels, x), labels, of=None, title="Colourings")
    legends = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in fig.axes]
    assert legends == [["female", "male"], ["A", "B", "C"]]
    assert all(drawn_points(ax) == 200 for ax in fig.axes)
