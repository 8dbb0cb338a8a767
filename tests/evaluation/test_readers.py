"""The paper's readers re-counted, and any reads as points."""

import math

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import readers

TASK = {
    "epidermal": "carcinoma",
    "melanocytic": "melanoma",
    "dermoscopy": "melanoma_dermoscopy",
}
NODE = {
    "cutaneous-lymphoma-and-lymphoid-infiltrates": "malignant cutaneous lymphoma",
    "benign-dermal-tumors-cysts-sinuses": "benign dermal",
    "malignant-dermal-tumor": "malignant dermal",
    "epidermal-tumors-hamartomas-milia-and-growths-benign": "benign epidermal",
    "epidermal-tumors-pre-malignant-and-malignant": "malignant epidermal",
    "genodermatoses-and-supernumerary-growths": "genodermatoses",
    "inflammatory": "inflammatory",
    "pigmented-lesions-benign": "benign melanocyte",
    "pigmented-lesions-malignant": "malignant melanoma",
    "cutaneous-lymphoma": "malignant cutaneous lymphoma",
    "dermal-tumor-benign": "benign dermal",
    "dermal-tumor-malignant": "malignant dermal",
    "epidermal-tumor-benign": "benign epidermal",
    "epidermal-tumor-malignant": "malignant epidermal",
    "genodermatosis": "genodermatoses",
    "pigmented-lesion-benign": "benign melanocyte",
    "pigmented-lesion-malignant": "malignant melanoma",
}


# --- the shipped tables are the real ones ---------------------------------------------------


def test_the_points_are_the_transcribed_ones(real_data):
    raw = pd.read_csv(real_data / "esteva2017" / "reader_points.csv")
    points = readers.esteva_points()
    keys = ["task", "question", "reader"]
    both = raw.merge(points, on=keys, suffixes=("_raw", ""), validate="one_to_one")
    assert len(both) == len(raw) == len(points) == 136
    for count in ("tp", "n_pos", "tn", "n_neg"):
        assert (both[count] == both[f"{count}_raw"]).all()
    for rate in ("sensitivity", "specificity"):
        assert np.allclose(both[rate], both[f"{rate}_raw"], atol=6e-5)


def test_the_answers_are_the_transcribed_ones(real_data):
    raw = pd.read_csv(real_data / "esteva2017" / "nineway_180_answers.csv")
    expected = raw.replace(NODE)
    pd.testing.assert_frame_equal(readers.esteva_nineway_answers(), expected)


def test_the_2016_tables_are_the_transcribed_ones(real_data):
    folder = real_data / "esteva2017"
    for name, ours in (
        ("category_counts_2016.csv", readers.esteva_category_counts()),
        ("training_class_sizes_740_2016.csv", readers.esteva_class_sizes()),
    ):
        pd.testing.assert_frame_equal(ours, pd.read_csv(folder / name).replace(NODE))
    raw = pd.read_csv(folder / "network_points_135_2016.csv")
    ours = readers.esteva_network_points()
    assert ours[["tp", "tn", "step"]].values.tolist() == raw[["tp", "tn", "step"]].values.tolist()
    raw = pd.read_csv(folder / "network_large_tests_2016.csv")
    ours = readers.esteva_large_tests()
    assert ours["task"].tolist() == raw["test"].map(TASK).tolist()
    for column in ("step", "n_listed", "n_scored", "tp", "tn", "auc_printed", "auc_full_trapezoid"):
        assert ours[column].tolist() == raw[column].tolist()


def test_the_curves_are_the_transcribed_ones_with_both_ends(real_data):
    raw = pd.read_csv(real_data / "esteva2017" / "network_curves_2016.csv")
    raw["task"] = raw["test"].map(TASK)
    curves = readers.esteva_curves()
    assert len(curves) == len(raw) + 2 * 5
    for (task, step), curve in curves.groupby(["task", "step"]):
        rows = raw[(raw["task"] == task) & (raw["step"] == step)]
        inner = curve.iloc[1:-1]
        assert curve.iloc[0][["tp", "fp"]].tolist() == [0, 0]
        assert curve.iloc[-1][["sensitivity", "specificity"]].tolist() == [1, 0]
        assert inner["tp"].tolist() == rows["true_positives"].tolist()
        assert inner["fp"].tolist() == rows["false_positives"].tolist()
        assert np.allclose(inner["sensitivity"], rows["sensitivity"], atol=1e-6)
        assert np.allclose(inner["specificity"], rows["specificity"], atol=1e-6)


# --- readers as points ----------------------------------------------------------------------


def test_readers_counts_and_the_tasks_images():
    points = readers.esteva_points()
    per_task = points.groupby("task").agg(
        {"reader": "nunique", "n_pos": "unique", "n_neg": "unique"}
    )
    assert per_task["reader"].to_dict() == dict(zip(readers.TASKS, (25, 22, 21), strict=True))
    assert [list(n) for n in per_task["n_pos"]] == [[65], [46], [71]]
    assert [list(n) for n in per_task["n_neg"]] == [[70], [93], [40]]
    assert points.groupby("question").size().tolist() == [68, 68]


@pytest.mark.parametrize(
    ("task", "question", "printed"),
    [
        ("carcinoma", "action", (94.9, 4.4, 71.3, 11.9)),
        ("carcinoma", "diagnosis", (92.9, 4.8, 77.9, 10.0)),
        ("melanoma", "action", (94.8, 6.0, 75.4, 14.9)),
        ("melanoma", "diagnosis", (90.5, 8.1, 84.2, 11.5)),
        ("melanoma_dermoscopy", "action", (85.1, 13.7, 71.2, 13.2)),
        ("melanoma_dermoscopy", "diagnosis", (80.3, 15.7, 76.8, 11.8)),
    ],
)
def test_mean_and_sd_of_the_readers(task, question, printed):
    means = readers.mean_reader(readers.esteva_points()).set_index(["task", "question"])
    row = means.loc[(task, question)]
    columns = ["sensitivity_mean", "sensitivity_sd", "specificity_mean", "specificity_sd"]
    assert tuple(round(100 * value, 1) for value in row[columns]) == printed


def test_nineway_accuracies_are_extended_data_table_2():
    answers = readers.esteva_nineway_answers()
    assert answers["truth"].value_counts().tolist() == [20] * 9
    right = [(answers[f"dermatologist_{i}"] == answers["truth"]).sum() for i in (1, 2)]
    assert right == [96, 99]
    assert [round(100 * n / 180, 1) for n in right] == [53.3, 55.0]


def test_category_counts_and_class_sizes():
    counts = readers.esteva_category_counts()
    assert counts["train"].sum() == 122_119 and counts["validation"].sum() == 14_712
    inflammatory = counts.set_index("category").loc["inflammatory", "train"]
    assert round(100 * inflammatory / counts["train"].sum()) == 63
    sizes = readers.esteva_class_sizes()
    n = sizes["n_images"]
    assert (len(n), n.sum(), n.min(), n.median(), n.max()) == (740, 114_310, 1, 48.5, 4273)
    assert ((n > 1000).sum(), (n < 10).sum(), (n == 1).sum()) == (13, 98, 9)
    assert (sizes["category"] == "inflammatory").sum() == 486
    assert set(sizes["category"]) == set(counts["category"]) == set(NODE.values())


def test_curve_areas_against_the_sum_over_all_pairs():
    large = readers.esteva_large_tests().set_index(["task", "step"])
    for key, curve in readers.esteva_curves().groupby(["task", "step"]):
        inner = curve.iloc[1:-1]
        n_pos, n_neg = large.loc[key, ["n_pos", "n_neg"]]
        won = sum(n_neg - fp for fp in inner["fp"])  # benign images below each malignant one
        area = readers.curve_area(curve)
        assert area == pytest.approx(won / (n_pos * n_neg), abs=1e-12)
        assert area == pytest.approx(1 - inner["fp"].mean() / n_neg, abs=1e-12)
        assert abs(area - large.loc[key, "auc_full_trapezoid"]) < 6e-4
        strip = (1 - inner["fp"].iloc[0] / n_neg) / n_pos
        assert abs(area - strip - large.loc[key, "auc_printed"]) < 6e-4


def test_best_points_lie_on_their_curves_but_one():
    curves = readers.esteva_curves()
    off = []
    for row in readers.esteva_large_tests().itertuples():
        curve = curves[(curves["task"] == row.task) & (curves["step"] == row.step)]
        reached = (curve["n_neg"] - curve["fp"])[curve["tp"] == row.tp]
        if row.tn not in set(reached):
            off.append((row.task, row.step, row.tp, row.tn))
    assert off == [("melanoma_dermoscopy", 165_000, 76, 847)]


def test_network_points_on_the_readers_135_images():
    points = readers.esteva_network_points()
    assert points[["tp", "n_pos", "tn", "n_neg"]].values.tolist() == [
        [62, 65, 59, 70],
        [59, 65, 62, 70],
    ]


def test_intervals_hold_their_point():
    table = readers.intervals(readers.esteva_points().head(10))
    for rate in ("sensitivity", "specificity"):
        inside = table[f"{rate}_low"] <= table[rate] + 1e-12
        assert (inside & (table[rate] <= table[f"{rate}_high"] + 1e-12)).all()


def test_points_from_reads_against_a_count_by_hand():
    reads = pd.DataFrame(
        {
            "reader_id": list("AAAABB"),
            "image_id": ["img0", "img1", "img2", "img3", "img0", "img1"],
            "task": "malignant",
            "decision": [1, 0, 1, 0, 1, 1],
        }
    )
    truth = pd.Series({"img0": True, "img1": True, "img2": False, "unread": True})
    with pytest.warns(UserWarning, match=r"1 read of 1 image without a truth here \(img3\)"):
        points = readers.points_from_reads(reads, truth, task="malignant").set_index("reader")
    counts = points[["tp", "n_pos", "tn", "n_neg"]]
    assert counts.loc["A"].tolist() == [1, 2, 0, 1]  # img3 has no truth
    assert counts.loc["B"].tolist() == [2, 2, 0, 0]
    assert points.loc["A", "sensitivity"] == 0.5 and math.isnan(points.loc["B", "specificity"])
    assert readers.points_from_reads(reads, truth, task="other").empty
