"""The clinic's pictures, sorted blind by nine written descriptions."""

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.common.result import RESULTS, Inputs, Outputs, Result

ANSWERS = f"{RESULTS}clinic_blind_sorting/answers.csv"
AGAIN = f"{RESULTS}clinic_blind_sorting/answers_again.csv"
DESCRIPTIONS = f"{RESULTS}clinic_blind_sorting/descriptions.csv"


def blind_sorting(inputs: Inputs) -> Outputs:
    """The 45 pictures of the clinic as they were sorted by the nine descriptions.

    ``confusion.csv``: counts, a row a true partition, a column an answer. ``partitions.csv``: each
    partition's description, pictures and right answers. ``accuracy.csv``: all right answers with
    Wilson's 95 % interval, and what guessing would give. ``again.csv``: the same of 45 other
    pictures, sorted by another reviewer after the clinic's second look, and of both together.
    """
    from dermlab.evaluation import intervals, multiclass

    answers, described = (pd.read_csv(inputs[name]) for name in (ANSWERS, DESCRIPTIONS))
    classes = list(described["nine"])
    counts = multiclass.confusion(answers["nine"], answers["answer"], classes)
    described["n"], described["right"] = counts.sum(axis=1).to_numpy(), np.diag(counts)
    again = pd.read_csv(inputs[AGAIN])
    both = pd.concat([answers, again])

    def row(part: pd.DataFrame) -> dict:
        right, n = int((part["nine"] == part["answer"]).sum()), len(part)
        share = intervals.proportion(right, n)
        found = {"accuracy": share.estimate, "low": share.low, "high": share.high}
        return {"right": right, "n": n} | found | {"chance": 1 / len(classes)}

    return {
        "confusion.csv": counts.reset_index(),
        "partitions.csv": described,
        "accuracy.csv": pd.DataFrame([row(answers)]),
        "again.csv": pd.DataFrame(
            [{"sorting": "second"} | row(again), {"sorting": "both"} | row(both)]
        ),
    }


RESULT = Result(
    blind_sorting,
    "45 unlabelled pictures of the virtual clinic, sorted once by a single fresh reviewer, a "
    "general image-reading program and not a person, with "
    "nothing but the nine written descriptions; the generator's code was unknown to the "
    f"reviewer. The pictures: the clinic of 9,000 patients with seed {test_sets.SORTED_SEED}, "
    "first views of clinical modality, one a patient, five of each partition, drawn with weights "
    "inverse to how common the skin type is in the partition, in random order, at 224 pixels. "
    "One sorting of simulated pictures: the interval covers the choice of pictures, not the "
    "choice of reviewer, and nothing follows for skin disease in people. A second sorting by "
    "another fresh reviewer of the kind, of 45 pictures drawn alike from seed 9003 after the "
    "clinic's second look, is in again.csv.",
    kind="simulated",
    seed=test_sets.SORTED_SEED,
    minutes=0.1,
    reads=(ANSWERS, AGAIN, DESCRIPTIONS),
)
