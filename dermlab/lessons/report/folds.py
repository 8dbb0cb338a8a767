"""Extended Data Table 2 re-made on the virtual clinic, and where finer classes help."""

import pandas as pd

from dermlab.lessons import results
from dermlab.lessons.report.dermatologists import ANSWERS, READERS
from dermlab.lessons.report.row import (
    NONE,
    PUBLISHED,
    SIMULATED,
    Row,
    shipped,
    source_of,
    value_of,
)
from dermlab.text import percent

NINE_FOLDS, SCHEMES = "clinic_nine_folds", "clinic_schemes"
TAUGHT = {"three classes": "cnn", "nine classes": "cnn", "fine classes": "cnn_pa"}


def sections() -> dict[str, list[Row]]:
    return {
        "Ext. Data Table 2, re-made with nine folds of the virtual clinic": _table_rows(),
        "What fine classes gain on the same nine folds": _gains(),
        "What peeking gains, networks of the virtual clinic": _peeking(),
        "When finer classes help: three worlds of the virtual clinic": _schemes(),
    }


def _table_rows() -> list[Row]:
    """The published table's order: by task, the dermatologists before the networks."""
    networks = sorted(
        _by_label("accuracies.csv"), key=lambda row: list(TAUGHT).index(row["scheme"])
    )
    found = []
    for task in ("three-way", "nine-way"):
        found += [_reader_row(column, task) for column in READERS]
        found += [_network_row(row) for row in networks if row["task"] == task]
    return found


def _reader_row(column: str, task: str) -> Row:
    """A dermatologist: from the raw answers where they are public, else the printed share again."""
    from dermlab.evaluation import intervals, readers

    key = f"{column}_{task.replace('-', '')}"
    if task == "nine-way":
        answers = readers.esteva_nineway_answers()
        n, right = len(answers), int((answers[column] == answers["truth"]).sum())
        note, source = "", f"{source_of(key)}; {ANSWERS}"
    else:
        n, right = 180, round(1.8 * value_of(key))
        note, source = "; the count nearest to the printed share", source_of(key)
    bounds = intervals.proportion(right, n)
    here = (
        f"{percent(right / n)}, {right} of {n} (95 % interval {percent(bounds.low)} to "
        f"{percent(bounds.high)}){note}"
    )
    return Row(f"{READERS[column]}, {task}", f"{value_of(key)} %", here, PUBLISHED, source)


def _network_row(row: dict) -> Row:
    """Mean ± SD of the folds by the images' labels, beside the paper's where it taught the same."""
    key = f"{TAUGHT[row['scheme']]}_{row['task'].replace('-', '')}"
    same = row["scheme"] in ("fine classes", f"{row['task'].removesuffix('-way')} classes")
    printed = f"{value_of(key)} ± {value_of(f'{key}_sd')} %" if same else NONE
    here = (
        f"{100 * row['mean']:.1f} ± {100 * row['sd']:.1f} %; all folds together "
        f"{percent(row['pooled'])} ({percent(row['low'])} to {percent(row['high'])}); over the "
        f"natural mix {percent(row['natural'])}"
    )
    sources = [source_of(key)] if same else []
    source = "; ".join([*sources, shipped(NINE_FOLDS)])
    return Row(f"Network taught {row['scheme']}, {row['task']}", printed, here, SIMULATED, source)


def _gains() -> list[Row]:
    """Fine classes less the others, on the same images; the paper's where it compares the two."""
    found = []
    for row in _by_label("differences.csv"):
        task, against = row["task"], row["against"]
        name = f"Points gained by fine classes, {task}, against {against}"
        here = f"{_points(row, 'pooled')}; {row['folds_ahead']} of 9 folds rise"
        keys = [f"{who}_{task.replace('-', '')}" for who in ("cnn_pa", "cnn")]
        same = against == f"{task.removesuffix('-way')} classes"
        printed = f"{value_of(keys[0]) - value_of(keys[1]):.1f}" if same else NONE
        sources = [source_of(keys[0])] if same else []
        source = "; ".join([*sources, shipped(NINE_FOLDS)])
        found.append(Row(name, printed, here, SIMULATED, source))
    return found


def _peeking() -> list[Row]:
    """The best epoch of the scored fold against the development fold's, mean over the networks."""
    table = results.read(NINE_FOLDS, "peeking.csv")
    found = []
    for task, looks in table.groupby("task", sort=False):
        rows = []
        for _, network in looks.groupby(["scheme", "fold"]):
            fair, peeked = (network[part].idxmax() for part in ("development", "test"))
            parts = network[["test", "new"]]
            rows.append(parts.loc[peeked] - parts.loc[fair])
        gains = 100 * pd.DataFrame(rows)
        told = {part: f"{gains[part].mean():.1f} (standard error {gains[part].sem():.1f})"
                for part in gains}  # fmt: skip
        here = f"{told['test']} on it, {told['new']} on new patients; {len(gains)} networks"
        name = f"Points gained by the best of twenty epochs on the scored fold, {task}"
        found.append(Row(name, NONE, here, SIMULATED, shipped(NINE_FOLDS)))
    return found


def _schemes() -> list[Row]:
    """Fine classes less each other way of naming, after the longest training."""
    table = results.read(SCHEMES, "differences.csv")
    found = []
    for row in table[table["steps"] == table["steps"].max()].to_dict("records"):
        name = (
            f"Points gained by fine classes, {row['task']}, against {row['versus']}, "
            f"world: {row['world']}"
        )
        here = f"{_points(row, 'estimate')}, {row['n_seeds']} clinics"
        found.append(Row(name, NONE, here, SIMULATED, shipped(SCHEMES)))
    return found


def _by_label(file: str) -> list[dict]:
    """The rows that are scored by the images' labels, as the paper scores."""
    return results.read(NINE_FOLDS, file).query("scored_by == 'label'").to_dict("records")


def _points(row: dict, estimate: str) -> str:
    middle, low, high = (f"{100 * row[key]:.1f}" for key in (estimate, "low", "high"))
    return f"{middle} ({low} to {high})"
