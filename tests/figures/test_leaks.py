"""Figures of leaks: what is drawn is what the tables say."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import leaks


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def test_siblings_show_each_photograph_under_its_side():
    rng = np.random.default_rng(0)
    rows = [[rng.integers(0, 256, (8, 8, 3), dtype=np.uint8) for _ in range(n)] for n in (3, 2)]
    sides = [["test", "training", "training"], ["training", "test"]]
    fig = leaks.siblings(rows, sides)
    drawn = [ax for ax in fig.axes if ax.images]
    assert [ax.get_title() for ax in drawn] == [side for line in sides for side in line]
    pictures = [picture for line in rows for picture in line]
    for ax, picture in zip(drawn, pictures, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), picture)


def test_a_component_joins_what_its_edges_join():
    edges = pd.DataFrame(
        [("a", "b", "same lesion"), ("b", "c", "look alike")], columns=["a", "b", "why"]
    )
    (ax,) = leaks.component(edges).axes
    assert sorted(texts(ax.figure)) == ["a", "b", "c"]
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    points = {t.get_text(): np.array(t.xy) / 1.16 for t in ax.texts}
    for line, (a, b) in zip(lines, [("a", "b"), ("b", "c")], strict=True):
        np.testing.assert_allclose(line.get_xydata(), [points[a], points[b]], atol=1e-9)


def test_areas_without_pixels_start_at_chance():
    areas = pd.DataFrame(
        {"seen": ["camera", "age"], "estimate": [0.7, 0.6], "low": [0.65, 0.5], "high": [0.75, 0.7]}
    )
    (ax,) = leaks.without_pixels(areas, {"network": 0.8}).axes
    assert [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches] == [
        (0.5, pytest.approx(0.7)),
        (0.5, pytest.approx(0.6)),
    ]
    (label,) = [text.get_text() for text in ax.get_legend().get_texts()]
    assert label == "network: 0.800"
