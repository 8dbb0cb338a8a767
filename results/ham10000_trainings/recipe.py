"""How much another training would differ, on HAM10000: intervals over trainings, not over lesions.

The shipped areas of the frozen and of the tuned networks, one a random start or seed. Their own
tables have intervals over lesions as well; a claim about a way of training needs these.
"""

import numpy as np
import pandas as pd

from dermlab.evaluation import intervals, repeats
from results.common.result import OF_HAM10000, RESULTS, Inputs, Outputs, Result

FROZEN, TUNED = f"{RESULTS}ham10000_frozen/areas.csv", f"{RESULTS}ham10000_starts/chosen.csv"
SCRATCH = "scratch"


def over_trainings(differences: np.ndarray) -> dict[str, float]:
    """``n, mean, low, high, p_value`` of differences, one a training: Student's t over them."""
    values = np.asarray(differences, float)
    mean, variance = float(values.mean()), float(values.var(ddof=1) / len(values))
    test = intervals.tested(mean, variance, len(values) - 1)
    bounds = {"mean": mean, "low": test.low, "high": test.high, "p_value": test.p_value}
    return {"n": len(values)} | bounds


def trainings(inputs: Inputs) -> Outputs:
    """``frozen.csv``: a row a depth and control, the area with the shipped weights minus that with
    each random start. ``tuned.csv``: a row a start and n (lesions), the area of tuned minus that of
    scratch, seed by seed. Both with ``p_holm``, Holm's adjusted p-value over the table's rows."""
    areas = pd.read_csv(inputs[FROZEN])
    shipped = areas[areas["weights"] == "shipped"].set_index("depth")["auc"]
    others = areas[areas["weights"] != "shipped"].groupby(["weights", "depth"], sort=False)["auc"]
    frozen = [
        {"control": control, "depth": depth} | over_trainings(shipped[depth] - values)
        for (control, depth), values in others
    ]
    chosen = pd.read_csv(inputs[TUNED]).pivot(index=["n", "seed"], columns="start", values="test")
    tuned = [
        {"start": start, "lesions": n} | over_trainings(rows[start] - rows[SCRATCH])
        for start in chosen.columns.drop(SCRATCH)
        for n, rows in chosen.groupby("n")
    ]
    return {"frozen.csv": adjusted(frozen), "tuned.csv": adjusted(tuned)}


def adjusted(rows: list[dict]) -> pd.DataFrame:
    """The rows as a table with ``p_holm``."""
    table = pd.DataFrame(rows)
    return table.assign(p_holm=repeats.holm(table["p_value"]))


RESULT = Result(
    trainings,
    "Intervals over trainings (random starts, seeds) of what the shipped weights are worth, frozen "
    "and tuned, with Holm's correction over each table; from the shipped areas alone. Pictures and "
    f"labels: {OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=0.1,
    reads=(FROZEN, TUNED),
)
