"""Figures of lesson 15: what is drawn, and what title and alt text say, is what the arrays say."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import brain
from dermlab.survey.brains import SLICES, TISSUES

LABELS = np.random.default_rng(0).integers(0, 7, (len(SLICES), 40, 30)).astype(np.uint8)
IMAGES = LABELS / 6
ARMS = ("25 px", "three scales")
TEST = "held-out family"
TABLE = pd.DataFrame(
    [
        {
            "arm": arm,
            "test": TEST,
            "tissue": tissue,
            "estimate": e,
            "low": e - 0.05,
            "high": e + 0.04,
        }
        for arm, base in zip(ARMS, (0.4, 0.6), strict=True)
        for k, tissue in enumerate(TISSUES[1:])
        for e in [base + 0.03 * k]
    ]
)
DIFFERENCES = TABLE.assign(pair=TABLE.arm).assign(
    **{name: TABLE[name] - 0.5 for name in ("estimate", "low", "high")}
)
SPEED = pd.DataFrame(
    {"way": ["patch by patch", "sliding", "whole"], "seconds_a_slice": [20.0, 0.4, 0.05]}
).assign(low=lambda t: t.seconds_a_slice / 2, high=lambda t: t.seconds_a_slice * 1.5)
ONE, OTHER = LABELS[0] < 3, LABELS[0] < 4
DRAW = {
    "subject": lambda: brain.subject(IMAGES, LABELS),
    "kin": lambda: brain.kin(IMAGES[0], {"training family": IMAGES[:3], "held-out": IMAGES[:3]}),
    "scanner": lambda: brain.scanner({"signal": IMAGES[0], "+ noise": IMAGES[1]}),
    "scales": lambda: brain.scales(IMAGES[0], {"cortex": (5, 5), "deep": (20, 20)}, (5, 9, 15)),
    "two_masks": lambda: brain.two_masks(ONE, OTHER, 0.86, 0.41, tissue="ventricles"),
    "answers": lambda: brain.answers(
        IMAGES[0], LABELS[0], {"perfect": LABELS[0], "none": np.zeros_like(LABELS[0])}
    ),
    "dice": lambda: brain.dice(TABLE),
    "distances": lambda: brain.distances(TABLE),
    "differences": lambda: brain.differences(DIFFERENCES, unit="difference in Dice"),
    "speed": lambda: brain.speed(SPEED),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_and_says_in_words_what_it_shows(name, readable):
    figure, alt = DRAW[name]()
    readable(figure)
    assert len(alt) > 60


def test_the_subject_s_shares_are_those_of_its_labels():
    alt = brain.subject(IMAGES, LABELS).alt
    share = (LABELS == 4).sum() / (LABELS > 0).sum()
    assert f"cortex {100 * share:.0f} %" in alt


def test_the_steps_of_imaging_are_drawn_in_their_order():
    figure, alt = DRAW["scanner"]()
    assert np.array_equal(figure.axes[1].images[0].get_array(), IMAGES[1])
    assert f"signal {IMAGES[0].std():.3f}, + noise {IMAGES[1].std():.3f}" in alt


def test_the_squares_are_cut_around_their_pixel():
    figure = brain.scales(IMAGES[0], {"cortex": (20, 10)}, (5, 9)).figure
    shown = [ax.images[0].get_array() for ax in figure.axes]
    assert np.array_equal(shown[1], IMAGES[0][18:23, 8:13])
    assert shown[2].shape == (9, 9) and shown[2][4, 4] == IMAGES[0][20, 10]


def test_the_answers_tell_the_mean_dice_of_the_slice_s_tissues():
    alt = DRAW["answers"]().alt
    assert "perfect 1.00" in alt and "none 0.00" in alt
    truth, answer = np.array([[1, 1, 2, 0]]), np.array([[1, 3, 2, 3]])  # Dice 2/3 and 1
    assert "a 0.83" in brain.answers(truth / 3, truth, {"a": answer}).alt


def test_the_masks_are_counted():
    alt = DRAW["two_masks"]().alt
    assert f"both: {(ONE & OTHER).sum():,} pixels" in alt
    assert f"answer alone: {(OTHER & ~ONE).sum():,} pixels" in alt
    assert (
        "truth alone: 0 pixels" in alt and "ventricles: Dice 0.86, surface distance 0.41 mm" in alt
    )


def test_the_panels_of_differences_have_one_scale_if_asked():
    figure = brain.differences(DIFFERENCES, unit="Dice", limits=(-0.5, 0.5)).figure
    assert {ax.get_xlim() for ax in figure.axes} == {(-0.5, 0.5)}


def test_a_network_keeps_its_look_in_a_figure_of_some():
    whole = pd.concat([TABLE.assign(arm=arm) for arm in brain.NETWORKS])
    some = whole[whole["arm"].isin(brain.NETWORKS[2:])]
    looks = []
    for rows in (whole, some):
        drawn = brain.distances(rows).figure.axes[0].containers
        lines = [(bar.get_label(), bar.lines[0]) for bar in drawn]
        looks.append({name: (line.get_color(), line.get_marker()) for name, line in lines})
    assert len(set(looks[0].values())) == len(brain.NETWORKS)
    assert looks[1] == {name: looks[0][name] for name in brain.NETWORKS[2:]}


def test_the_times_are_drawn_with_their_range():
    ax = DRAW["speed"]().figure.axes[0]
    assert np.array_equal(ax.lines[0].get_xdata(), SPEED.seconds_a_slice)
    segments = np.array(ax.collections[0].get_segments())[:, :, 0]
    assert np.array_equal(segments, SPEED[["low", "high"]])


def test_the_titles_say_what_the_tables_say():
    tested, worst = f"Simulated, {TEST}: ", "cerebellum and brain stem by 25 px"
    assert DRAW["dice"]().alt.startswith(f"{tested}Dice of a tissue 0.40 to 0.75: {worst}")
    words = "a tissue's borders 0.4 to 0.8 mm apart. 25 px: cerebellum"
    assert DRAW["distances"]().alt.startswith(tested + words)
    counted = DIFFERENCES["low"].gt(0).sum(), DIFFERENCES["high"].lt(0).sum()
    title = f"Simulated: of 12 intervals {counted[0]} lie above 0 and {counted[1]} below"
    figure, alt = DRAW["differences"]()
    assert alt.startswith(title) and figure.get_suptitle() == title
    assert [ax.get_title(loc="left") for ax in figure.axes] == list(ARMS)
    assert DRAW["speed"]().alt.startswith(
        "Measured here: patch by patch takes about 50 times as long"
    )
