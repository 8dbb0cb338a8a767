"""The clinic's rows of the report: every one simulated, and its numbers those of the tables."""

import pytest

from dermlab.lessons import results
from dermlab.lessons.report import clinic
from dermlab.text import number, percent


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for part in clinic.sections().values() for row in part}


def test_every_row_is_marked_simulated_and_names_its_result(rows):
    rows = [row for row in rows.values() if row.kind != "calibrated"]  # not shipped: counted anew
    assert {row.kind for row in rows} == {"simulated"}
    assert all(any(name in row.source for name in results.names()) for row in rows)


def test_the_leak_has_a_row_a_classifier_and_length(rows):
    table = results.read("clinic_leak", "accuracies.csv")
    table = table[(table["clinic"] == "all") & (table["scored_by"] == "label")]
    told = [row.here for name, row in rows.items() if "gained by random folds" in name]
    assert len(told) == len(table) == 4
    for here, row in zip(told, table.itertuples(), strict=True):
        gained = row.accuracy_random - row.accuracy_whole
        assert here.startswith(f"{percent(gained)} (")
        assert f"{row.n_images:,} images" in here


def test_each_comparison_with_colours_has_its_row(rows):
    told = [row.here for name, row in rows.items() if "colour histograms" in name]
    tables = [
        results.read("clinic_network", "colours.csv"),
        results.read("clinic_colours", "accuracies.csv").query("clinic == 'all'"),
    ]
    expected = [row for table in tables for row in table.to_dict("records")]
    assert len(told) == len(expected) == 4
    for here, row in zip(told, expected, strict=True):
        assert here.startswith(percent(row["network"] - row["colours"]))
        assert f"{percent(row['network'])} against {percent(row['colours'])}" in here


def test_the_classrooms_network_has_a_row_a_test(rows):
    for test in results.read("clinic_network", "tests.csv").to_dict("records"):
        (here,) = [row.here for name, row in rows.items() if name.endswith(f", {test['test']}")]
        scale, unit = (1, ".3f") if test["measure"] == "AUC" else (100, ".1f")
        bounds = [format(scale * test[key], unit) for key in ("estimate", "low", "high")]
        assert here.startswith(bounds[0]) and bounds[1] in here and bounds[2] in here
        assert f"{test['n']:,} lesions" in here


def test_how_hard_the_clinic_is_is_calibrated_only_where_there_was_an_aim():
    rows = clinic.sections()["How hard the clinic is: five networks taught other patients"]
    table = results.read("clinic_network", "difficulty.csv")
    assert len(rows) == len(table)
    for row, found in zip(rows, table.itertuples(), strict=True):
        natural = found.test.endswith("natural mix")
        assert (row.kind == "simulated") == natural and ("aim" in row.here) != natural
        say = number if found.measure == "AUC" else percent
        assert row.here.startswith(f"{say(found.mean)} ({say(found.low)} to {say(found.high)})")


def test_the_simulated_dermatologists_are_marked_calibrated_beside_the_papers_means():
    rows = clinic.sections()["Simulated dermatologists on the same lesions"]
    assert len(rows) == 3 and {row.kind for row in rows} == {"calibrated"}
    assert rows[0].published == "94.9 % ± 4.4 / 71.3 % ± 11.9"
    assert rows[2].published == "85.1 % ± 13.7 / 71.2 % ± 13.2"
    assert "111 lesions" in rows[2].here and "21 readers" in rows[2].name
