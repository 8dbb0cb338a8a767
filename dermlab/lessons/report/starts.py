"""Where a network starts and how deep it is tuned, against scratch, on real lesions and drawn."""

from dermlab.lessons import results
from dermlab.lessons.report.row import MEASURED, NONE, SIMULATED, Row, shipped
from dermlab.text import interval, number

NAMES = {
    "ham10000_starts": ("HAM10000", MEASURED),
    "clinic_starts": ("the virtual clinic", SIMULATED),
}
DEPTHS = {"all": "all layers tuned", "head": "the head alone tuned"}  # else a block and all above


def sections() -> dict[str, list[Row]]:
    """Each depth and size; no published number is near: Tajbakhsh 2016 has other tasks."""
    heading = "Tuned from the shipped weights, less trained from scratch"
    return {heading: [row for name in NAMES for row in _rows(name)]}


def _rows(name: str) -> list[Row]:
    where, kind = NAMES[name]
    found = []
    for row in results.read(name, "differences.csv").to_dict("records"):
        depth = DEPTHS.get(row["start"], f"{row['start']} and above tuned")
        seeds = interval(row["estimate"], row["low"], row["high"])
        lesions = f"{number(row['low_images'])} to {number(row['high_images'])}"
        areas = f"{number(row['tuned'])} against {number(row['scratch'])}"
        found.append(
            Row(
                f"Area ahead of scratch, {depth}, {row['n']} lesions of {where}",
                NONE,
                f"{seeds} over {row['n_seeds']} seeds, {lesions} over lesions: {areas}",
                kind,
                shipped(name),
            )
        )
    return found
