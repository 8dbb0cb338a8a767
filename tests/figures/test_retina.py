"""The retina's figures: what is drawn is what is in the table, and it can be read."""

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import roc
from dermlab.figures import retina as figures

PICTURE = np.full((64, 64, 3), 120, np.uint8)


def grades():
    rows = [("none", 480, 0.14), ("mild", 225, 0.23), ("moderate, no oedema", 124, 0.905),
            ("moderate, oedema", 41, 1.0), ("severe", 4, 1.0)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["group", "n", "estimate"])
    return table.assign(low=table["estimate"] - 0.05, high=(table["estimate"] + 0.05).clip(upper=1))


def patients():
    table = pd.DataFrame(
        {"lesions": [0, 0, 1, 2, 3, 50], "plainest": [np.nan, np.nan, 0.03, 0.1, 0.1, 0.3]}
    )
    return table, pd.Series([True, True, True, False, False, False])


def lesions():
    rows = [(kind, by, low, low + 0.1, 50, 0.2 + low)
            for kind in ("microaneurysm", "haemorrhage") for by in ("diameter", "contrast")
            for low in (0.1, 0.2, 0.3)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["kind", "by", "from", "to", "n", "estimate"])
    return table.assign(low=table["estimate"] - 0.05, high=table["estimate"] + 0.05)


def means():
    rows = [("lesion detectors", 0.96), ("colour statistics", 0.52)]
    table = pd.DataFrame(rows, columns=["arm", "estimate"])
    table = table.assign(low=table["estimate"] - 0.03, high=table["estimate"] + 0.03)
    return table.assign(n_seeds=5, n_patients=874)


def marks():
    rows = [("disc", 3.0, 0.0, 0.9), ("exudate", -2.0, 1.0, 0.3), ("fovea", 0.0, 0.0, 0.5)]
    return pd.DataFrame(rows, columns=["name", "x", "y", "radius"])


def curves():
    rng = np.random.default_rng(0)
    positive = np.arange(60) < 20
    lines = [roc.curve(positive, positive + rng.normal(size=60)) for _ in range(3)]
    points = pd.DataFrame({"arm": "a", "sensitivity": [0.9, 0.8, 0.95], "specificity": 0.7})
    return figures.curves({"a": lines}, points)


DRAW = {
    "gallery": lambda: figures.gallery(np.stack([[PICTURE, PICTURE]] * 4), list("abcd"), title="T"),
    "parts": lambda: figures.parts(PICTURE, marks(), mm=14 / 64, title="T"),
    "blobs": lambda: figures.blobs(
        {"one": PICTURE[..., 0], "two": PICTURE[..., 1]}, np.array([[10, 20]]), title="T"
    ),
    "real": lambda: figures.real(
        PICTURE[..., 0], np.array([[10, 20], [30, 40]]), PICTURE, np.array([[1, 2]] * 5)
    ),
    "boundary": lambda: figures.boundary(grades(), n_seeds=5),
    "nearest": lambda: figures.nearest(*patients()),
    "sizes": lambda: figures.sizes(lesions(), ["microaneurysm", "haemorrhage"]),
    "arms": lambda: figures.arms(means(), title="T"),
    "curves": curves,
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    readable(DRAW[name]().figure)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gallery", "Right and left eye of 4 patients: a; b; c; d."),
        ("parts", "Marked are: disc, exudate, fovea."),
        ("blobs", "Panels: one, two. Ringed in the last: 1 place."),
        (
            "real",
            "rings 2 places on a patch; the taught detectors ring 5 on a normal eye, all 5 false",
        ),
        ("boundary", "moderate, no oedema, 124 patients: 0.91"),
        (
            "nearest",
            "2 of 2 with neither haemorrhage nor exudate, 1 of 4 with one or more",
        ),
        ("sizes", "haemorrhage, contrast 0.3 or more: 0.50 of 50"),
        ("arms", "lesion detectors 0.96 (0.93 to 0.99)"),
        ("curves", "a: sensitivity from 0.80 to 0.95"),
    ],
)
def test_the_alt_text_reads_the_numbers_that_are_drawn(name, said):
    assert said in DRAW[name]().alt


def test_the_titles_have_the_shares_of_their_rows():
    assert "23 % of the mild" in figures.boundary(grades(), n_seeds=5).figure.get_suptitle()
    title = DRAW["sizes"]().figure.get_suptitle()
    assert "microaneurysms 30 % and 50 %; haemorrhages 30 % and 50 %" in title


def test_a_ring_lies_where_its_candidate_is():
    ax = DRAW["blobs"]().figure.axes[-1]
    assert [patch.center for patch in ax.patches] == [(20, 10)]
    assert not DRAW["blobs"]().figure.axes[0].patches


def test_missed_patients_are_drawn_apart_and_none_is_left_out():
    drawn = DRAW["nearest"]().figure.axes[0].collections
    assert [len(dots.get_offsets()) for dots in drawn] == [3, 3]
    xs = np.concatenate([dots.get_offsets()[:, 0] for dots in drawn])
    assert len(np.unique(xs)) == 6


def test_patients_without_a_lesion_do_not_cover_each_other():
    table = pd.DataFrame({"lesions": [0] * 18, "plainest": np.nan})
    drawn = figures.nearest(table, pd.Series([True, False] * 9)).figure.axes[0].collections
    assert [len(dots.get_offsets()) for dots in drawn] == [9, 9]
    places = np.log(np.concatenate([dots.get_offsets() for dots in drawn]))
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    assert (apart[~np.eye(18, dtype=bool)] > 0.1).all()
