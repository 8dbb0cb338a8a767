"""What is learnt against what is tested: what is drawn, and whether title and alt text say it."""

import pandas as pd
import pytest

from dermlab.figures import shift

AREAS = {"curated": (0.80, 0.70, 0.60, 0.65, 0.72), "as taken": (0.78, 0.75, 0.74, 0.72, 0.71)}
KINDS = (("curated", 0.0), ("mixed", 0.2), ("mixed", 0.4), ("blurry", 1.0), ("distant", 1.0))
DARK = {"I-II only": (0.8, 0.6), "mix": (0.79, 0.7), "mix, repeated": (0.78, 0.75)} | {
    "even": (0.77, 0.76)
}


def bounded(rows):
    table = pd.DataFrame(rows).assign(n_clinics=6)
    return table.assign(low=table["estimate"] - 0.04, high=table["estimate"] + 0.03)


def fallen(table):
    first = table[table["test"] == "curated"].set_index("training")["estimate"]
    fall = table["training"].map(first) - table["estimate"]
    return table.assign(fall=fall, fall_low=fall - 0.02, fall_high=fall + 0.01)


@pytest.fixture
def quality():
    rows = [
        {"training": name, "test": test, "share": share, "estimate": level}
        for name, levels in AREAS.items()
        for (test, share), level in zip(KINDS, levels, strict=True)
    ]
    return fallen(bounded(rows))


@pytest.fixture
def skin():
    return bounded(
        [
            {"training": name, "measure": measure, "estimate": level}
            for name, levels in DARK.items()
            for measure, level in zip((*shift.TESTED, "gap"), (*levels, 9.0), strict=True)
        ]
    )


def marks(ax, along, value):
    """Each series of a panel: label → places, levels, ends of the intervals."""
    found = {}
    for bars in ax.containers:
        middle, _, (bounds,) = bars.lines
        ends = [segment[:, value].tolist() for segment in bounds.get_segments()]
        data = middle.get_xdata(), middle.get_ydata()
        found[bars.get_label()] = data[along], data[value], ends
    return found


def test_each_area_is_drawn_at_its_share_and_at_its_kind(quality, readable):
    drawn = shift.quality(quality.sample(frac=1, random_state=0))
    mixed, pure = (marks(ax, 0, 1) for ax in drawn.figure.axes)
    for training, label in shift.LEARNT.items():
        levels = dict(zip(KINDS, AREAS[training], strict=True))
        at, found, ends = mixed[label]
        assert at == pytest.approx([0, 20, 40], abs=1)
        assert found == pytest.approx([levels[kind] for kind in KINDS[:3]])
        assert ends[0] == pytest.approx([found[0] - 0.04, found[0] + 0.03])
        order = sorted(range(3), key=lambda k: pure[label][0][k])
        kinds = (KINDS[0], KINDS[3], KINDS[4])
        assert [pure[label][1][k] for k in order] == pytest.approx([levels[k] for k in kinds])
    readable(drawn.figure)


def test_the_title_and_the_alt_text_say_the_qualities_numbers(quality):
    drawn = shift.quality(quality)
    title = drawn.figure.get_suptitle()
    assert "40 % of the test" in title
    assert "0.20 (0.18 to 0.21) after training on curated photographs" in title
    assert "0.04 (0.02 to 0.05) after training on photographs as taken" in title
    assert "6 simulated clinics" in drawn.alt
    assert "0.70 (0.66 to 0.73) at 20 %" in drawn.alt
    assert "0.71 (0.67 to 0.74) on photographs all too far away" in drawn.alt


def test_the_title_says_a_gain_where_bad_photographs_are_easier(quality):
    quality.loc[quality["test"] == "mixed", "estimate"] = 0.9
    title = shift.quality(fallen(quality)).figure.get_suptitle()
    assert "lost" in title and "-0.10 (-0.12 to -0.09) after training on curated" in title


def test_each_area_is_drawn_beside_the_skin_that_was_learnt_from(skin, readable):
    drawn = shift.skin_types(skin.sample(frac=1, random_state=1))
    (ax,) = drawn.figure.axes
    assert [text.get_text() for text in ax.get_yticklabels()] == list(shift.SKINS.values())
    for k, tested in enumerate(shift.TESTED.values()):
        place, level, ends = marks(ax, 1, 0)[tested]
        assert place == pytest.approx(range(4), abs=0.3)
        assert level == pytest.approx([pair[k] for pair in DARK.values()])
        assert ends[1] == pytest.approx([level[1] - 0.04, level[1] + 0.03])
    readable(drawn.figure)


def test_the_title_and_the_alt_text_say_the_skins_numbers(skin):
    drawn = shift.skin_types(skin)
    title = drawn.figure.get_suptitle().replace("\n", " ")
    assert "V-VI: 0.80 and 0.60 after training on I-II only, 0.77 and 0.76 after" in title
    assert "6 simulated clinics" in drawn.alt
    said = "Learnt from mix, its V-VI repeated, tested on types V-VI: 0.75 (0.71 to 0.78)."
    assert said in drawn.alt
