"""Which bound stands first in the report, and which of two numbers: by tables made up here."""

import re

import pandas as pd
import pytest

from dermlab.course import report, results

BOUNDS = {  # (result, table): columns of an estimate and its bounds
    ("ham10000_leak", "areas.csv"): [("difference", "low", "high")],
    ("ham10000_nine_folds", "areas.csv"): [("auc", "low", "high")],
    ("ham10000_nine_folds", "subgroups.csv"): [("auc", "low", "high")],
    ("ham10000_without_pixels", "areas.csv"): [("auc", "low", "high")],
    ("ham10000_calibration", "calibration.csv"): [
        ("gap", "gap_low", "gap_high"),
        ("brier", "brier_low", "brier_high"),
    ],
    ("ham10000_end_to_end", "areas.csv"): [
        ("auc", "low", "high"),
        ("network_ahead", "ahead_low", "ahead_high"),
    ],
    ("ham10000_starts", "differences.csv"): [("estimate", "low", "high")],
    ("clinic_starts", "differences.csv"): [("estimate", "low", "high")],
    ("clinic_leak", "accuracies.csv"): [("difference", "low", "high")],
    ("clinic_colours", "accuracies.csv"): [("ahead", "low", "high")],
    ("clinic_network", "colours.csv"): [("ahead", "low", "high")],
    ("clinic_network", "tests.csv"): [("estimate", "low", "high")],
    ("clinic_network", "difficulty.csv"): [("mean", "low", "high")],
    ("clinic_nine_folds", "accuracies.csv"): [("pooled", "low", "high")],
    ("clinic_nine_folds", "differences.csv"): [("pooled", "low", "high")],
    ("clinic_schemes", "differences.csv"): [("estimate", "low", "high")],
}
PAIRS = {  # (result, table): values of two columns that could be taken for each other
    ("ham10000_leak", "areas.csv"): {"auc_random": 0.91, "auc_whole": 0.82},
    ("clinic_leak", "accuracies.csv"): {"accuracy_random": 0.91, "accuracy_whole": 0.82},
    ("clinic_colours", "accuracies.csv"): {"network": 0.91, "colours": 0.82},
    ("ham10000_starts", "differences.csv"): {"tuned": 0.91, "scratch": 0.82},
    ("clinic_starts", "differences.csv"): {"low_images": 0.12, "high_images": 0.23},
    ("clinic_blind_sorting", "accuracy.csv"): {"low": 0.12, "high": 0.23},
    ("ham10000_repeats", "straddling.csv"): {"low": 0.12, "high": 0.23, "expected": 0.9},
}
LOOKS = pd.DataFrame(  # two networks whose second epoch is 0.1 and 0.3 better on the scored fold
    {
        "scheme": "fine classes",
        "fold": [0, 0, 1, 1],
        "task": "nine-way",
        "epoch": [1, 2, 1, 2],
        "development": [0.6, 0.5, 0.6, 0.5],
        "test": [0.5, 0.6, 0.4, 0.7],
        "new": [0.5, 0.4, 0.5, 0.4],
    }
)
INTERVAL = re.compile(r"(-?[\d.]+)(?: %)? \((-?[\d.]+)(?: %)? to (-?[\d.]+)(?: %)?\)")


@pytest.fixture(scope="module")
def told():
    """What the report says of a shipped result, with the values above in the tables' places."""
    read = results.read

    def changed(name, file):
        if file == "peeking.csv":
            return LOOKS
        table = read(name, file).assign(**PAIRS.get((name, file), {}))
        if file == "straddling.csv":
            whole = table["split"] == "lesions kept whole"
            table["mean"] = whole.map({True: 0.07, False: 0.4})
        for columns in BOUNDS.get((name, file), []):
            table = table.assign(**dict(zip(columns, (0.411, 0.322, 0.533), strict=True)))
        return table

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "read", changed)
        rows = [row for part in report.sections().values() for row in part]
    return lambda name: [row.here for row in rows if re.search(rf"\b{name}\b", row.source)]


@pytest.mark.parametrize("name", sorted({name for name, _ in BOUNDS}))
def test_the_lower_bound_stands_before_the_higher(told, name):
    found = {interval for text in told(name) for interval in INTERVAL.findall(text)}
    assert found & {("0.411", "0.322", "0.533"), ("41.1", "32.2", "53.3")}
    assert all(float(low) <= float(high) for _, low, high in found)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ham10000_leak", "0.910 instead of 0.820"),
        ("clinic_leak", "91.0 % instead of 82.0 %"),
        ("clinic_colours", "91.0 % against 82.0 %"),
        ("ham10000_starts", "0.910 against 0.820"),
        ("clinic_starts", "0.120 to 0.230 over lesions"),
        ("clinic_blind_sorting", "12.0 % to 23.0 %"),
        ("ham10000_repeats", "12.0 % to 23.0 %"),
        ("ham10000_repeats", "7.0 % with lesions kept whole"),
    ],
)
def test_of_two_numbers_each_stands_in_its_place(told, name, words):
    assert any(words in text for text in told(name))


def test_peeking_gains_on_the_fold_that_it_peeked_at(told):
    (text,) = [text for text in told("clinic_nine_folds") if "2 networks" in text]
    assert text.startswith("20.0 (standard error 10.0) on it, -10.0 (standard error 0.0) on new")


def test_the_bars_of_the_papers_table_have_their_bounds_on_either_side():
    table = report.accuracies().set_index(["who", "task"])
    assert (table["low"] < table["accuracy"]).all() and (table["accuracy"] < table["high"]).all()
    network = table.loc[("CNN taught fine classes", "nine-way")]
    assert network.tolist() == pytest.approx([0.554, 0.554 - 0.017, 0.554 + 0.017])
