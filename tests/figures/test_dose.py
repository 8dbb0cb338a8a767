"""The dose-response: what is drawn, and whether title and alt text say it."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from dermlab.figures import dose

LEVELS = {  # at .5 and at 1
    "as_trained": (0.8, 0.95),
    "independent": (0.8, 0.55),
    "swapped": (0.8, 0.15),
    "auc_with": (0.85, 0.7),
    "auc_without": (0.86, 0.6),
}


@pytest.fixture
def means():
    rows = [
        {"association": at, "measure": name, "estimate": level, "n_clinics": 5}
        for name, levels in LEVELS.items()
        for at, level in zip((0.5, 1.0), levels, strict=True)
    ]
    table = pd.DataFrame(rows)
    return table.assign(low=table["estimate"] - 0.04, high=table["estimate"] + 0.03)


def test_each_mean_and_interval_is_drawn_at_its_dose(means):
    drawn = dose.rulers(means.sample(frac=1, random_state=0))
    lines = {}
    for ax in drawn.figure.axes:
        for bars in ax.containers:
            middle, _, (bounds,) = bars.lines
            ends = [segment[:, 1].tolist() for segment in bounds.get_segments()]
            lines[bars.get_label()] = middle.get_xdata(), middle.get_ydata(), ends
    labels = dose.MIXTURES | dose.STRATA
    assert set(lines) == set(labels.values())
    for name, label in labels.items():
        at, levels, ends = lines[label]
        assert at == pytest.approx([50, 100], abs=1)
        assert levels == pytest.approx(LEVELS[name])
        for level, bounds in zip(levels, ends, strict=True):
            assert bounds == pytest.approx([level - 0.04, level + 0.03])
    plt.close(drawn.figure)


def test_the_title_and_the_alt_text_say_the_numbers(means):
    drawn = dose.rulers(means)
    title = drawn.figure.get_suptitle()
    assert "100 %" in title and "0.95 with rulers as in training, 0.15 with them swapped" in title
    assert "5 clinics" in drawn.alt
    said = "Balanced accuracy, test rulers swapped: 0.80 (0.76 to 0.83) at 50 %, "
    assert f"{said}0.15 (0.11 to 0.18) at 100 %." in drawn.alt
    assert "AUC, test rulers all without a ruler: 0.86 (0.82 to 0.89) at 50 %" in drawn.alt
    plt.close(drawn.figure)


def test_neighbours_share_the_ruler_left_in_the_features_right_on_the_map():
    levels = {
        "features_ruler": (0.7, 0.97),
        "tsne_ruler": (0.72, 0.99),
        "features_malignant": (0.66, 0.65),
        "tsne_malignant": (0.67, 0.64),
    }
    rows = [
        {"association": at, "measure": name, "estimate": level, "n_clinics": 5}
        for name, both in levels.items()
        for at, level in zip((0.5, 1.0), both, strict=True)
    ]
    table = pd.DataFrame(rows)
    table = table.assign(low=table["estimate"] - 0.01, high=table["estimate"] + 0.01)
    drawn = dose.neighbours(table.sample(frac=1, random_state=0))
    for ax, space in zip(drawn.figure.axes, ("features", "tsne"), strict=True):
        lines = {bars.get_label(): bars.lines[0].get_ydata() for bars in ax.containers}
        assert lines["the ruler"] == pytest.approx(levels[f"{space}_ruler"])
        assert lines["malignancy"] == pytest.approx(levels[f"{space}_malignant"])
    title = drawn.figure.get_suptitle().replace("\n", " ")
    assert "at 50 % and 100 % of malignant lesions" in title
    assert "share the ruler in 0.72 and 0.99, malignancy in 0.67 and 0.64" in title
    assert "5 clinics" in drawn.alt
    assert "the t-SNE map, the ruler: 0.72 (0.71 to 0.73) at 50 %, 0.99 (0.98 to 1.00)" in drawn.alt
    plt.close(drawn.figure)


@pytest.fixture
def on_ruler():
    energy = {"measure": "energy", "estimate": [0.05, 0.1], "low": [0.04, 0.09]}
    table = pd.DataFrame(energy | {"high": [0.06, 0.11], "association": [0.5, 1.0]})
    area = table.assign(measure="area", estimate=0.13, low=0.13, high=0.13)
    return pd.concat([table, area]).assign(n_clinics=5)


def test_the_share_on_the_ruler_is_drawn_beside_its_area(on_ruler):
    drawn = dose.on_ruler(on_ruler)
    (ax,) = drawn.figure.axes
    (bars,) = ax.containers
    middle, _, (bounds,) = bars.lines
    assert middle.get_xdata() == pytest.approx([50, 100])
    assert middle.get_ydata() == pytest.approx([0.05, 0.1])
    assert bounds.get_segments()[1][:, 1] == pytest.approx([0.09, 0.11])
    (even,) = [line for line in ax.lines if line.get_label() == "an evenly grey map"]
    assert even.get_ydata()[0] == pytest.approx(0.13)
    assert "10.0 % (9.0 to 11.0 %) at 100 %" in drawn.alt


def test_its_title_claims_less_only_where_the_interval_does(on_ruler):
    def title(table):
        (ax,) = dose.on_ruler(table).figure.axes
        return ax.get_title(loc="left").replace("\n", " ")

    assert "10.0 % of the map on the ruler, less than its 13.0 %" in title(on_ruler)
    wide = on_ruler.assign(high=on_ruler["high"] + 0.05)
    assert "not clearly less than its 13.0 %" in title(wide)
