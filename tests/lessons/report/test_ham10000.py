"""HAM10000's shipped results in the report: each row holds the numbers of its table's row."""

from importlib.resources import files

import pandas as pd
import pytest

from dermlab.lessons.report import ham10000

RESULTS = files("dermlab") / "data" / "results"


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for part in ham10000.sections().values() for row in part}


def shipped(name):
    return pd.read_csv(str(RESULTS / name / "areas.csv")).to_dict("records")


def test_every_area_of_the_nine_folds_has_its_row(rows):
    for area in shipped("ham10000_nine_folds"):
        row = rows["Area under the curve, {task}, {cases} cases".format_map(area)]
        here = "{auc:.3f} ({low:.3f} to {high:.3f}), {n_images:,} images, {n_positive:,} of them "
        assert row.here == here.format_map(area) + "positive"
        nearest = (area["task"], area["cases"]) == ("melanoma-vs-nevus", "biopsied")
        assert row.published == ("0.91" if nearest else "–")
        assert ("Esteva" in row.source) == nearest


def test_every_difference_of_the_leak_has_its_row(rows):
    told = {name: row for name, row in rows.items() if name.startswith("Area gained by random")}
    areas = shipped("ham10000_leak")
    assert len(told) == len(areas) > 0
    for area, row in zip(areas, told.values(), strict=True):
        assert area["classifier"] in row.name and row.name.endswith(f"images: {area['images']}")
        assert (f"after {area['steps']:,} steps" in row.name) == (area["steps"] > 0)
        here = "{difference:.3f} ({low:.3f} to {high:.3f}): {auc_random:.3f} instead of "
        assert row.here == (here + "{auc_whole:.3f}, {n_images:,} images").format_map(area)
        assert row.kind == "measured here"


def test_the_network_and_each_rival_have_their_row(rows):
    for area in shipped("ham10000_end_to_end"):
        row = rows["Area under the curve, malignant, {cases} cases, {classifier}".format_map(area)]
        here = "{auc:.3f} ({low:.3f} to {high:.3f}), {n_images:,} images".format_map(area)
        if "frozen" in area["classifier"] or area["classifier"] == "colour means":
            ahead = "{network_ahead:.3f} ({ahead_low:.3f} to {ahead_high:.3f})".format_map(area)
            here += f"; the network is ahead by {ahead}"
        assert row.here == here and row.kind == "measured here"


def test_every_subgroup_and_every_calibration_has_its_row(rows):
    for area in pd.read_csv(str(RESULTS / "ham10000_nine_folds/subgroups.csv")).to_dict("records"):
        name = "Area under the curve, {task}, {cases} cases, {column} {value}".format_map(area)
        assert rows[name].here.startswith("{auc:.3f} ({low:.3f} to {high:.3f})".format_map(area))
    for one in pd.read_csv(str(RESULTS / "ham10000_calibration/calibration.csv")).to_dict(
        "records"
    ):
        row = rows["Calibration {probability}, {task}, {cases} cases".format_map(one)]
        assert "{gap:.3f} ({gap_low:.3f} to {gap_high:.3f})".format_map(one) in row.here
        assert "{brier:.3f} ({brier_low:.3f} to {brier_high:.3f})".format_map(one) in row.here
        assert "error {ece:.3f} (at most {if_perfect_high:.3f}".format_map(one) in row.here
        assert row.kind == "measured here" and row.published == "–"
