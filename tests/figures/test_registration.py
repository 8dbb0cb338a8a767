"""The figures of registration say the numbers that they draw."""

import numpy as np
import pandas as pd

from dermlab.figures import registration as draw

WAYS = pd.DataFrame(
    {
        "way": ["PEHL", "no network", "search"],
        "estimate": [0.8, 0.5, 0.9],
        "low": [0.7, 0.4, 0.85],
        "high": [0.9, 0.6, 0.95],
    }
)


def test_overlays_draw_an_outline_a_pose_and_name_its_error(readable):
    mask = np.zeros((96, 96), bool)
    mask[30:50, 30:60] = True
    outlines = {"the start": mask, "the end": mask.T}
    fig, alt = draw.overlays(np.zeros((96, 96)), outlines, {"the start": 2.31, "the end": 0.42})
    readable(fig)
    assert "the start 2.3 mm, the end 0.4 mm" in alt and fig.get_suptitle().startswith(
        "Error without depth: "
    )
    assert [len(ax.collections) for ax in fig.axes] == [0, 1, 1]


def test_pictures_stand_side_by_side_with_their_ranges(readable):
    shown = {"a DRR": np.zeros((9, 9)), "a radiograph": np.eye(9) * 2.5}
    fig, alt = draw.pictures(shown)
    readable(fig)
    assert "a radiograph 0.0 to 2.5" in alt and len(fig.axes) == 2
    assert (fig.axes[1].images[0].get_array() == shown["a radiograph"]).all()


def test_residuals_draw_all_patches_on_one_scale(readable):
    rows = {name: np.random.default_rng(k).normal(size=(6, 12, 12)) for k, name in enumerate("ab")}
    fig, alt = draw.residuals(rows, {"b": 0.51})
    readable(fig)
    assert "b 0.51" in alt and "pixels: b 0.51" in fig.get_suptitle() and len(fig.axes) == 12
    assert not any(side.get_visible() for ax in fig.axes for side in ax.spines.values())
    assert len({ax.images[0].get_clim() for ax in fig.axes}) == 1


def test_success_names_its_range_and_draws_each_interval(readable):
    fig, alt = draw.success(WAYS, 0.995)
    readable(fig)
    (ax,) = fig.axes
    assert fig.get_suptitle() == "Simulated: 50 % to 90 % of the starts end below 1.0 mm"
    assert [text.get_text() for text in ax.get_yticklabels()] == ["search", "no network", "PEHL"]
    bounds = [line.get_xdata() for line in ax.lines[::2]]
    assert np.allclose(bounds, WAYS[["low", "high"]].to_numpy()[::-1])
    assert "PEHL 80 % (70 to 90 %)" in alt and "left alone" not in alt


def test_success_draws_the_share_of_untouched_starts(readable):
    fig, alt = draw.success(WAYS, 0.995, untouched=0.42)
    readable(fig)
    assert fig.axes[0].lines[-1].get_xdata() == [0.42, 0.42]
    assert "starts left alone: 42 %" in alt


def test_a_share_that_is_the_same_for_all_is_named_once():
    title = draw.success(WAYS.assign(estimate=0.97), 0.995).figure.get_suptitle()
    assert title == "Simulated: 97 % of the starts end below 1.0 mm"


def test_a_way_has_one_colour_in_both_figures_of_success():
    cases = pd.DataFrame({"way": WAYS["way"], "initial": 0.5, "projected": 0.1})
    lines = draw.by_start(cases, 1.0, np.array([0, 1, 2])).figure.axes[0].lines
    bars = draw.success(WAYS, 1.0).figure.axes[0].lines[1::2]
    assert [line.get_color() for line in lines] == [bar.get_color() for bar in bars[::-1]]


def test_success_by_the_start_is_the_share_of_each_class(readable):
    cases = pd.DataFrame(
        {
            "way": ["PEHL"] * 4 + ["search"] * 4,
            "initial": [0.2, 0.8, 1.2, 1.9] * 2,
            "projected": [0.1, 0.1, 2.0, 0.1, 0.1, 3.0, 0.1, 0.1],
        }
    )
    fig, alt = draw.by_start(cases, 1.0, np.array([0, 1, 2]))
    readable(fig)
    pehl, search = fig.axes[0].lines[:2]
    assert pehl.get_ydata().tolist() == [1, 0.5] and search.get_ydata().tolist() == [0.5, 1]
    assert pehl.get_xdata().tolist() == [0.5, 1.5]
    assert "PEHL 100 % to 50 %" in alt and "Starts a class: 2, 2." in alt
    assert [text.get_text() for text in fig.axes[0].texts] == ["2", "2"]
