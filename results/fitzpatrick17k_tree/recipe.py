"""What the shipped tree of diseases holds: Fitzpatrick17k's images, conditions and classes."""

import pandas as pd

from results.common.result import SHIPPED, Inputs, Outputs, Result

NAME = "fitzpatrick17k_tree"
TREE = f"{SHIPPED}taxonomy/tree.csv"
CONDITIONS = f"{SHIPPED}taxonomy/fitzpatrick17k_counts.csv"
BOUNDARY = 1000  # the paper's maxClassSize


def make(inputs: Inputs) -> Outputs:
    """``counts.csv``, one row: images and conditions of the tables, training classes at 1,000."""
    from dermlab.cases import taxonomy

    tree = taxonomy.load_tree()
    row = {
        "max_class_size": BOUNDARY,
        "training_classes": len(taxonomy.training_classes(tree, BOUNDARY)),
        "images": int(tree["n"].sum()),
        "conditions": len(pd.read_csv(inputs[CONDITIONS])),
    }
    return {"counts.csv": pd.DataFrame([row])}


RESULT = Result(
    make,
    "Fitzpatrick17k in the shipped tree: its images, its conditions, and the training classes "
    "of recursive dividing at the paper's boundary of 1,000 images a class (the paper's 757 "
    "came of another tree and eight times as many images).",
    kind="measured here",
    seed=0,
    minutes=0.1,
    reads=(TREE, CONDITIONS),
)
