"""What a leak gave on HAM10000, as one family: which of the twelve differences stand under Holm."""

import numpy as np
import pandas as pd

from dermlab.evaluation import intervals, repeats
from results.common.result import OF_HAM10000, RESULTS, Inputs, Outputs, Result

AREAS = f"{RESULTS}ham10000_leak/areas.csv"


def family(inputs: Inputs) -> Outputs:
    """``differences.csv``: the shipped rows of ham10000_leak with ``p_value`` and ``p_holm``.

    The p-value is normal, with the standard error that the width of the shipped interval means;
    ``p_holm`` is adjusted over all rows. Both speak of other lesions, not of other trainings: there
    is one training a fold and scheme.
    """
    areas = pd.read_csv(inputs[AREAS])
    error = (areas["high"] - areas["low"]) / (2 * intervals.Z)
    found = [
        intervals.z_test(*row)[1]
        for row in np.column_stack([areas["difference"], error**2]).tolist()
    ]
    about = {"p_value": found, "p_holm": repeats.holm(found), "n_rows": len(areas)}
    return {"differences.csv": areas.assign(**about)}


RESULT = Result(
    family,
    "The twelve differences of ham10000_leak as one family: p-values from the shipped intervals "
    "over lesions, and Holm's correction over all of them; from the shipped areas alone. Pictures "
    f"and labels: {OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=0.1,
    reads=(AREAS,),
)
