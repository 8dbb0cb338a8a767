"""The figure of one network's curve: its alt text and its drawing hold the same numbers."""

import numpy as np
import pandas as pd

from dermlab.evaluation import bands, roc
from dermlab.figures import roc as figures

POSITIVE = np.array([1, 1, 1, 0, 0, 0, 0, 0], bool)
SCORE = np.array([0.9, 0.7, 0.4, 0.6, 0.3, 0.2, 0.2, 0.1])


def drawn(points=None):
    return figures.network(
        roc.curve(POSITIVE, SCORE),
        bands.specificity(POSITIVE, SCORE, n_replicates=50),
        roc.auc(POSITIVE, SCORE),
        roc.point(POSITIVE, SCORE >= 0.5),
        question="cat against dog",
        counts=(3, 5),
        points=points,
    )


def test_the_alt_text_says_question_counts_area_and_point():
    alt = drawn().alt
    assert "cat against dog on 8 images, 3 of them positive: AUC 0.933" in alt
    assert "sensitivity 0.67, specificity 0.80" in alt and "reader" not in alt


def test_readers_are_dots_at_their_rates():
    points = pd.DataFrame({"sensitivity": [0.6, 1.0], "specificity": [0.8, 0.6]})
    figure = drawn(points)
    assert "2 readers of the same images" in figure.alt
    (ax,) = figure.figure.axes
    assert any(np.array_equal(found.get_offsets(), points) for found in ax.collections)
    assert ax.get_xlabel() == "sensitivity" and ax.get_ylabel() == "specificity"
