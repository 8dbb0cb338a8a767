"""The virtual clinic's shipped results."""

import pandas as pd

from dermlab.cases.clinic import test_sets
from dermlab.lessons import results
from dermlab.lessons.report.row import (
    CALIBRATED,
    NONE,
    SIMULATED,
    Matrix,
    Row,
    nine_classes,
    shipped,
)
from dermlab.text import number, percent

SORTING, LEAK, COLOURS = "clinic_blind_sorting", "clinic_leak", "clinic_colours"
NETWORK = "clinic_network"


def sections() -> dict[str, list[Row]]:
    return {
        "The virtual clinic at sight": [*_blind_sorting_rows(), *_colours_rows()],
        "A leak in the virtual clinic": _leak_rows(),
        "The classroom's network, read out on biopsied lesions of another clinic": _network_rows(),
        "How hard the clinic is: five networks taught other patients": _difficulty_rows(),
        "Simulated dermatologists on the same lesions": _reader_rows(),
    }


def confusions() -> dict[str, Matrix]:
    """The blind sorting's nine-way matrix, its classes in the order of the dermatologists'."""
    counts = results.read(SORTING, "confusion.csv").set_index("truth")
    classes = nine_classes()
    return {"A program, by nine descriptions": Matrix(counts.loc[classes, classes], SIMULATED)}


def _blind_sorting_rows() -> list[Row]:
    first = results.read(SORTING, "accuracy.csv").assign(sorting="first")
    found = []
    for row in pd.concat([first, results.read(SORTING, "again.csv")]).to_dict("records"):
        bounds = f"95 % interval {percent(row['low'])} to {percent(row['high'])}"
        right = f"{row['right']} of {row['n']}; {bounds}; by chance {percent(row['chance'])}"
        what = "both sortings" if row["sorting"] == "both" else f"{row['sorting']} sorting"
        found.append(
            Row(
                f"Pictures of the virtual clinic sorted right by nine written descriptions, {what}",
                NONE,
                f"{percent(row['accuracy'])} ({right})",
                SIMULATED,
                f"{shipped(SORTING)}: each sorted once, by one reviewer (a program)",
            )
        )
    return found


def _colours_rows() -> list[Row]:
    """Whether colours alone would do: the classroom's network, and three smaller ones."""
    tables = {
        NETWORK: results.read(NETWORK, "colours.csv"),
        COLOURS: results.read(COLOURS, "accuracies.csv").query("clinic == 'all'"),
    }
    found = []
    for name, table in tables.items():
        for row in table.to_dict("records"):
            which = row.get("lesions", "biopsied, three pairs of clinics")
            ahead = [percent(row[key]) for key in ("ahead", "low", "high")]
            shares = f"{percent(row['network'])} against {percent(row['colours'])}"
            found.append(
                Row(
                    f"Nine-way accuracy, network ahead of colour histograms; lesions {which}",
                    NONE,
                    f"{ahead[0]} ({ahead[1]} to {ahead[2]}): {shares}, {row['n']:,} lesions",
                    SIMULATED,
                    shipped(name),
                )
            )
    return found


def _leak_rows() -> list[Row]:
    """What knowing the patient is worth, by the label and over all clinics."""
    table = results.read(LEAK, "accuracies.csv")
    found = []
    for row in table[(table["clinic"] == "all") & (table["scored_by"] == "label")].itertuples():
        after = f" after {row.steps:,} steps" if row.steps else ""
        gain = [percent(share) for share in (row.difference, row.low, row.high)]
        shares = f"{percent(row.accuracy_random)} instead of {percent(row.accuracy_whole)}"
        found.append(
            Row(
                f"Nine-way accuracy gained by random folds, {row.classifier}{after}",
                NONE,
                f"{gain[0]} ({gain[1]} to {gain[2]}): {shares}, {row.n_images:,} images",
                SIMULATED,
                shipped(LEAK),
            )
        )
    return found


def _network_rows() -> list[Row]:
    """Each test of the classroom's network; no published number is near: the images are drawn."""
    found = []
    for row in results.read(NETWORK, "tests.csv").itertuples():
        area = row.measure == "AUC"
        what = "Area under the curve" if area else "Mean accuracy of the classes"
        values = (row.estimate, row.low, row.high)
        shares = [number(x) if area else percent(x) for x in values]
        chance = number(row.chance, 1) if area else percent(row.chance)
        here = f"{shares[0]} ({shares[1]} to {shares[2]}), {row.n:,} lesions; by chance {chance}"
        found.append(Row(f"{what}, {row.test}", NONE, here, SIMULATED, shipped(NETWORK)))
    return found


# what the clinic's latent noise was tuned towards, on seeds that no network here was taught
AIMS = {"AUC": (0.85, 0.97), "three-way": (0.6, 0.8), "nine-way": (0.4, 0.65)}


def _difficulty_rows() -> list[Row]:
    """The mean over the networks beside the aim; the natural mix and its majority rule have none.

    Calibrated where there was an aim, else simulated.
    """
    found = []
    for row in results.read(NETWORK, "difficulty.csv").to_dict("records"):
        area, share = row["measure"] == "AUC", row["measure"] == "share right"
        say = number if area else percent
        what = "Share right" if share else "Area under the curve" if area else "Mean accuracy"
        kind = "AUC" if area else row["test"].split(",")[0]
        aim = None if row["test"].endswith("natural mix") else AIMS[kind]
        bounds = f"{say(row['mean'])} ({say(row['low'])} to {say(row['high'])})"
        rule = "by always naming the most frequent" if share else "by chance"
        said = f"{bounds}, {row['n']:,} lesions; {rule} {say(row['chance'])}"
        if aim:
            said += f"; aim {say(aim[0])} to {say(aim[1])}"
        found.append(
            Row(
                f"{what}, {row['test']}, over {row['n_seeds']} networks",
                NONE,
                said,
                CALIBRATED if aim else SIMULATED,
                f"{shipped(NETWORK)}: Student's interval over the networks",
            )
        )
    return found


def _reader_rows() -> list[Row]:
    """Mean simulated readers beside the paper's: tuned to lie near, on other lesions."""
    from dermlab.cases import clinic, tasks
    from dermlab.evaluation import readers

    paper = readers.mean_reader(readers.esteva_points()).query("question == 'action'")
    paper = paper.set_index("task")
    found = []
    for name in list(test_sets.TESTS)[:3]:
        task, cases = tasks.get(test_sets.TESTS[name][0]), test_sets.named(name)
        positive = tasks.assign(task, cases["truth"]) == task.positive
        truth = pd.Series(positive.to_numpy(), cases["image_id"])
        reads = clinic.observers.reads(cases, seed=test_sets.TEST_SEED, task=task.name)
        (mean,) = readers.mean_reader(
            readers.points_from_reads(reads, truth, task=task.name)
        ).itertuples()
        found.append(
            Row(
                f"Mean sensitivity / specificity of {mean.n_readers} readers on the test {name!r}",
                _mean_said(paper.loc[name.replace(", ", "_")]),
                f"{_mean_said(mean)}, {len(cases)} lesions",
                CALIBRATED,
                "clinic.observers: level tuned to the published means on other lesions",
            )
        )
    return found


def _mean_said(mean) -> str:
    """Mean ± SD over readers of both rates, in percent."""
    rates = ("sensitivity", "specificity")
    parts = [(getattr(mean, f"{rate}_mean"), getattr(mean, f"{rate}_sd")) for rate in rates]
    return " / ".join(f"{percent(m)} ± {number(100 * sd, 1)}" for m, sd in parts)
