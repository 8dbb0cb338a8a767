"""The paper's dermatologists, counted from what the authors published: points and answers."""

import pandas as pd

from results.common.result import SHIPPED, Inputs, Outputs, Result

NAME = "esteva_readers"
READERS = {"dermatologist_1": "Dermatologist 1", "dermatologist_2": "Dermatologist 2"}
TABLES = ("reader_points", "nineway_180_answers", "network_curves_2016", "network_large_tests_2016")
PUBLISHED = f"{SHIPPED}published.csv"


def agreement(answers: pd.DataFrame) -> pd.DataFrame:
    """Nine-way kappa of each reader with the truth, and of the two: ``a, b, kappa, low, high``."""
    from dermlab.evaluation import multiclass

    named = answers.rename(columns=READERS)
    one, two = READERS.values()
    rows = []
    for a, b in ((one, "truth"), (two, "truth"), (one, two)):
        kappa = multiclass.kappa(named[a], named[b])
        rows.append((a, b, kappa.estimate, kappa.low, kappa.high))
    return pd.DataFrame(rows, columns=["a", "b", "kappa", "low", "high"])


def accuracy(answers: pd.DataFrame, published: pd.Series) -> pd.DataFrame:
    """Each reader's share right with Wilson's interval: ``reader, task, right, n, …``.

    Nine-way it is counted in the answers; three-way, where none are public, ``right`` is the count
    nearest to the published share (``published``: per cent by key).
    """
    from dermlab.evaluation import intervals

    rows = []
    for column, reader in READERS.items():
        n = len(answers)
        counted = int((answers[column] == answers["truth"]).sum())
        nearest = round(n * published[f"{column}_threeway"] / 100)
        for task, right in (("three-way", nearest), ("nine-way", counted)):
            share = intervals.proportion(right, n)
            rows.append((reader, task, right, n, right / n, share.low, share.high))
    return pd.DataFrame(
        rows, columns=["reader", "task", "right", "n", "accuracy", "low", "high"]
    ).sort_values(["task", "reader"], ascending=[False, True])


def confusion(answers: pd.DataFrame) -> pd.DataFrame:
    """``reader, truth``, and a column of counts a class, in the paper's order of nine."""
    from dermlab.cases import tasks
    from dermlab.evaluation import multiclass

    classes = [name for name, _ in tasks.get("nine-way").classes]
    parts = {
        reader: multiclass.confusion(answers["truth"], answers[column], classes)
        for column, reader in READERS.items()
    }
    return pd.concat(parts, names=["reader", "truth"]).reset_index()


def means(points: pd.DataFrame) -> pd.DataFrame:
    """Mean and SD over readers, a row a task and question, with the test's counts of images."""
    from dermlab.evaluation import readers

    sizes = points.groupby("task")[["n_pos", "n_neg"]].first()
    return readers.mean_reader(points).join(sizes, on="task")


def large_tests(curves: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """The area under each of the 2016 network's curves beside the one that its authors printed."""
    from dermlab.evaluation import readers

    areas = {key: readers.curve_area(curve) for key, curve in curves.groupby(["task", "step"])}
    named = pd.Series(areas, name="auc").rename_axis(["task", "step"]).reset_index()
    return named.merge(printed[["task", "step", "n_pos", "n_neg", "auc_printed"]])


def totals(published: pd.Series) -> pd.DataFrame:
    """One row: the sum of the paper's training and test images, and what it lacks to the total."""
    added = int(published["training_images"] + published["test_images"])
    return pd.DataFrame({"images": [added], "short": [int(published["images"]) - added]})


def make(inputs: Inputs) -> Outputs:
    """Six tables, from the authors' counts, answers and curves and the printed values."""
    from dermlab.evaluation import readers

    published = pd.read_csv(inputs[PUBLISHED], index_col="key")["value"]
    answers = readers.esteva_nineway_answers()
    return {
        "accuracy.csv": accuracy(answers, published),
        "agreement.csv": agreement(answers),
        "confusion.csv": confusion(answers),
        "means.csv": means(readers.esteva_points()),
        "large_tests.csv": large_tests(readers.esteva_curves(), readers.esteva_large_tests()),
        "totals.csv": totals(published),
    }


RESULT = Result(
    make,
    "The paper's dermatologists as counted from what its authors published: two of them on 180 "
    "images (accuracy, kappa, confusion), 68 as points (means and SDs over readers), the areas "
    "of a 2016 network of the authors on the large tests, and the paper's totals of images. "
    "The three-way counts are those nearest to the printed shares.",
    kind="published",
    seed=0,
    minutes=0.1,
    reads=(*(f"{SHIPPED}esteva2017/{table}.csv" for table in TABLES), PUBLISHED),
)
