"""Simulated dermatologists on the clinic's three test sets, beside the paper's means."""

import pandas as pd

from dermlab.cases.clinic import test_sets
from results.common.result import CLINIC, SHIPPED, Inputs, Outputs, Result

NAME = "clinic_readers"
POINTS = f"{SHIPPED}esteva2017/reader_points.csv"
RATES = ("sensitivity_mean", "sensitivity_sd", "specificity_mean", "specificity_sd")


def row(name: str) -> dict:
    """The mean and SD over 21 simulated readers of the test ``name``, and the paper's over its own.

    The paper's stand in ``paper_…``: question "action", other lesions.
    """
    from dermlab.cases import clinic, tasks
    from dermlab.evaluation import readers

    task, cases = tasks.get(test_sets.TESTS[name][0]), test_sets.named(name)
    positive = tasks.assign(task, cases["truth"]) == task.positive
    truth = pd.Series(positive.to_numpy(), cases["image_id"])
    reads = clinic.observers.reads(cases, seed=test_sets.TEST_SEED, task=task.name)
    points = readers.points_from_reads(reads, truth, task=task.name)
    (mean,) = readers.mean_reader(points).to_dict("records")
    paper = readers.mean_reader(readers.esteva_points()).set_index(["question", "task"])
    (theirs,) = paper.loc[[("action", name.replace(", ", "_"))]].to_dict("records")
    return {
        "test": name,
        "n_lesions": len(cases),
        "n_readers": mean["n_readers"],
        **{rate: mean[rate] for rate in RATES},
        **{f"paper_{rate}": theirs[rate] for rate in RATES},
    }


def make(inputs: Inputs) -> Outputs:
    """``means.csv``: a row for each of the three binary tests."""
    return {"means.csv": pd.DataFrame([row(name) for name in list(test_sets.TESTS)[:3]])}


RESULT = Result(
    make,
    "Mean sensitivity and specificity of 21 simulated dermatologists on the clinic's three "
    "binary tests, as its network was tested, beside the means of the paper's own readers. The "
    "level of the simulated ones is calibrated to those means, on other lesions.",
    kind="simulated",
    seed=7,
    minutes=0.2,
    reads=(POINTS, *CLINIC),
)
