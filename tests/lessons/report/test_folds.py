"""The clinic's nine folds and schemes in the report: each row holds its table's numbers."""

import numpy as np
import pytest

from dermlab.evaluation import readers
from dermlab.lessons import report, results
from dermlab.lessons.report import folds


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for part in folds.sections().values() for row in part}


def test_every_cell_of_the_papers_table_stands_beside_one_from_a_run(rows):
    printed = {
        "Dermatologist 1, three-way": "65.6 %",
        "Dermatologist 2, three-way": "66.0 %",
        "Network taught three classes, three-way": "69.4 ± 0.8 %",
        "Network taught fine classes, three-way": "72.1 ± 0.9 %",
        "Dermatologist 1, nine-way": "53.3 %",
        "Dermatologist 2, nine-way": "55.0 %",
        "Network taught nine classes, nine-way": "48.9 ± 1.9 %",
        "Network taught fine classes, nine-way": "55.4 ± 1.7 %",
    }
    for name, cell in printed.items():
        assert rows[name].published == cell and rows[name].here != "–"
        assert "Ext. Data Table 2" in rows[name].source
    by_fold = results.read("clinic_nine_folds", "folds.csv").query("scored_by == 'label'")
    for (scheme, task), own in by_fold.groupby(["scheme", "task"])["accuracy"]:
        row = rows[f"Network taught {scheme}, {task}"]
        assert row.here.startswith(f"{100 * own.mean():.1f} ± {100 * np.std(own, ddof=1):.1f} %")
        assert row.kind == "simulated"
        assert row.published == printed.get(row.name, "–")


def test_the_dermatologists_rows_rest_on_their_answers_where_these_are_public(rows):
    answers = readers.esteva_nineway_answers()
    for n in (1, 2):
        right = (answers[f"dermatologist_{n}"] == answers["truth"]).sum()
        row = rows[f"Dermatologist {n}, nine-way"]
        assert f", {right} of 180 (95 % interval " in row.here and "answers" in row.source
    for n, right in ((1, 118), (2, 119)):
        row = rows[f"Dermatologist {n}, three-way"]
        assert f", {right} of 180 " in row.here and "nearest to the printed" in row.here


def test_each_gain_has_its_row(rows):
    table = results.read("clinic_nine_folds", "differences.csv").query("scored_by == 'label'")
    for one in table.to_dict("records"):
        row = rows["Points gained by fine classes, {task}, against {against}".format_map(one)]
        assert row.here.startswith(f"{100 * one['pooled']:.1f} ({100 * one['low']:.1f} to ")
    pair = "Points gained by fine classes, {}, against {} classes"
    assert rows[pair.format("three-way", "three")].published == "2.7"
    assert rows[pair.format("nine-way", "nine")].published == "6.5"
    assert rows[pair.format("three-way", "nine")].published == "–"


def test_peeking_is_told_for_both_tasks(rows):
    name = "Points gained by the best of twenty epochs on the scored fold, {}"
    looks = results.read("clinic_nine_folds", "peeking.csv")
    for task, n in (("three-way", 27), ("nine-way", 18)):
        wide = looks[looks["task"] == task].pivot(index=["scheme", "fold"], columns="epoch")
        fair = wide["development"].to_numpy().argmax(axis=1)
        test = wide["test"].to_numpy()
        gains = 100 * (test.max(axis=1) - test[np.arange(len(test)), fair])
        here = rows[name.format(task)].here
        assert here.startswith(f"{gains.mean():.1f} (") and here.endswith(f"{n} networks")


def test_each_world_has_its_rows(rows):
    table = results.read("clinic_schemes", "differences.csv")
    last = table[table["steps"] == table["steps"].max()]
    told = [name for name in rows if "world: " in name]
    assert len(told) == len(last) and all(any(w in n for n in told) for w in set(last["world"]))


def test_the_report_holds_these_sections():
    assert folds.sections().keys() <= report.sections().keys()
