"""The paper's readers re-counted, and a class's files merged without losing a row."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from dermlab.errors import InputError
from dermlab.evaluation import readers
from dermlab.evaluation import reads as reads_file

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


# --- the paper's numbers, from the counts ---------------------------------------------------


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


# --- two questions --------------------------------------------------------------------------


def test_the_68_pairs_are_counted_into_four_kinds():
    pairs = readers.pair_changes(readers.esteva_points())
    assert pairs["kind"].value_counts().reindex(readers.KINDS).tolist() == [30, 19, 11, 8]
    assert pairs["possible"].sum() == 66


@pytest.mark.parametrize(
    ("more_positives", "more_negatives", "kind"),
    [
        (1, -1, 0),
        (0, 0, 1),
        (0, -1, 2),
        (-1, 0, 2),
        (-1, -1, 2),
        (1, 0, 3),
        (0, 1, 3),
        (1, 1, 3),
        (-1, 1, 3),
    ],
)
def test_every_combination_of_changes_has_one_kind(more_positives, more_negatives, kind):
    points = pd.DataFrame(
        {
            "task": "t",
            "question": ["diagnosis", "action"],
            "reader": "R",
            "tp": [5, 5 + more_positives],
            "n_pos": 10,
            "tn": [5, 5 + more_negatives],
            "n_neg": 10,
        }
    ).eval("sensitivity = tp / n_pos\nspecificity = tn / n_neg")
    (pair,) = readers.pair_changes(points).itertuples()
    assert pair.kind == readers.KINDS[kind]
    assert pair.possible == (more_positives >= 0 >= more_negatives)


def test_youden_falls_on_average():
    pairs = readers.pair_changes(readers.esteva_points())
    falls = readers.mean_changes(pairs, ["youden"], n_replicates=10).set_index("task")["estimate"]
    assert [round(-100 * falls[task], 1) for task in readers.TASKS] == [4.6, 4.6, 0.8]


def test_the_reader_bootstrap_is_close_to_the_normal_interval():
    pairs = readers.pair_changes(readers.esteva_points())
    table = readers.mean_changes(pairs, ["specificity"])
    for row in table.itertuples():
        values = pairs.loc[pairs["task"] == row.task, "specificity"]
        half = 1.96 * values.std(ddof=0) / math.sqrt(len(values))
        assert row.low == pytest.approx(values.mean() - half, abs=0.012)
        assert row.high == pytest.approx(values.mean() + half, abs=0.012)
    pd.testing.assert_frame_equal(table, readers.mean_changes(pairs, ["specificity"]))


def test_detection_recovers_a_known_reader():
    tp, tn = norm.cdf(1.2 - 0.3) * 1e6, norm.cdf(1.2 + 0.3) * 1e6
    table = pd.DataFrame({"tp": [tp], "n_pos": [1e6], "tn": [tn], "n_neg": [1e6]})
    (found,) = readers.detection(table).itertuples()
    assert (found.d_prime, found.criterion) == pytest.approx((2.4, 0.3), abs=1e-4)
    perfect = pd.DataFrame({"tp": [65], "n_pos": [65], "tn": [70], "n_neg": [70]})
    assert np.isfinite(readers.detection(perfect)).all(axis=None)


def test_the_share_is_one_for_a_threshold_shift_and_zero_for_a_change_of_skill():
    def pairs_of(d_primes, criteria):
        rows = []
        for question, d_prime, criterion in zip(
            ("diagnosis", "action"), d_primes, criteria, strict=True
        ):
            sens, spec = readers.binormal_rates(d_prime, criterion)
            n = 1e9  # so many images that half a case more does not matter
            rows.append(("t", question, "R", sens * n, n, spec * n, n, sens, spec))
        columns = ["task", "question", "reader", "tp", "n_pos", "tn", "n_neg"]
        columns += ["sensitivity", "specificity"]
        return readers.pair_changes(pd.DataFrame(rows, columns=columns))

    shift = pairs_of((2, 2), (0.1, -0.4))
    skill = pairs_of((2, 1.5), (0.1, 0.1))
    assert readers.threshold_share(shift)["estimate"][0] == pytest.approx(1)
    assert readers.threshold_share(skill)["estimate"][0] == pytest.approx(0, abs=1e-9)
    assert shift["predicted_youden"][0] == pytest.approx(shift["youden"][0], abs=1e-6)
    assert skill["predicted_youden"][0] == pytest.approx(0, abs=1e-6)


def test_the_paper_s_readers_move_along_the_threshold():
    pairs = readers.pair_changes(readers.esteva_points())
    shares = readers.threshold_share(pairs).set_index("task")
    assert [round(shares.loc[task, "estimate"], 2) for task in readers.TASKS] == [0.96, 0.94, 0.96]
    changes = readers.mean_changes(pairs).set_index(["change", "task"])
    assert (changes.loc["criterion", "high"] < 0).all()
    skill = changes.loc["d_prime"]
    assert ((skill["low"] < 0) & (skill["high"] > 0)).all()


def test_simulated_readers_share_one_roc():
    points = readers.simulated_points(
        400,
        n_pos=500,
        n_neg=500,
        d_prime=2.0,
        criteria={"diagnosis": 0.2, "action": -0.2},
        spread=0.5,
        seed=3,
    )
    found = readers.detection(points)
    assert found["d_prime"].mean() == pytest.approx(2.0, abs=0.02)
    means = found["criterion"].groupby(points["question"]).mean()
    assert means["diagnosis"] - means["action"] == pytest.approx(0.4, abs=0.02)
    assert readers.pair_changes(points)["possible"].all()


def test_intervals_hold_their_point():
    points = readers.esteva_points().head(10)
    for method in ("wilson", "clopper-pearson"):
        table = readers.intervals(points, method)
        for rate in ("sensitivity", "specificity"):
            inside = table[f"{rate}_low"] <= table[rate] + 1e-12
            assert (inside & (table[rate] <= table[f"{rate}_high"] + 1e-12)).all()


# --- a class that reads ---------------------------------------------------------------------

HEADER = "reader_id,image_id,quiz_id,task,decision,confidence,seconds,read_at"


def rows_of(reader, decisions, timed=True):
    time = "2026-01-31T09:30:0{}" if timed else ""
    return [
        f"{reader},img{i},q1,malignant,{decision},3,4.5,{time.format(i)}"
        for i, decision in enumerate(decisions)
    ]


@pytest.fixture
def save(tmp_path):
    def write(name, *lines, header=HEADER, newline="\n", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(newline.join([header, *lines, ""]).encode(encoding))
        return path

    return write


def test_good_files_come_together_typed_and_whole(save):
    files = [save(f"{r}.csv", *rows_of(r, [1, 0, 1]), "#end,3") for r in "ABC"]
    reads, set_aside = readers.merge_reads(files)
    assert len(reads) == 9 and set_aside.empty
    assert reads.columns.tolist() == HEADER.split(",")
    assert reads["decision"].tolist() == [1, 0, 1] * 3 and reads["decision"].dtype == "int64"
    assert reads["seconds"].tolist() == [4.5] * 9


def test_only_the_required_columns_are_needed_and_others_are_carried_along(save):
    a = save("a.csv", "A,img1,1", header="reader_id,image_id,decision")
    b = save("b.csv", "0,B,img1,blue", header="decision,reader_id,image_id,mood")
    reads, set_aside = readers.merge_reads([a, b])
    assert set_aside.empty
    assert reads.columns.tolist() == [*HEADER.split(","), "mood"]
    assert reads["reader_id"].tolist() == ["A", "B"]
    assert reads[["confidence", "quiz_id", "read_at"]].isna().all(axis=None)
    assert reads["mood"].isna().tolist() == [True, False]


BAD_ROWS = [
    ("A,img1,q1,malignant,1,3,4.5", "7 cells under 8 columns"),
    ("A,img1", "2 cells under 8 columns"),
    ("A,img1,q1,malignant,1,3,4.5,2026-01-31T09:30:00,more", "9 cells under 8 columns"),
    (",img1,q1,malignant,1,3,4.5,2026-01-31T09:30:00", "no reader_id"),
    ("A,,q1,malignant,1,3,4.5,2026-01-31T09:30:00", "no image_id"),
    ("A,img1,q1,malignant,,3,4.5,2026-01-31T09:30:00", "no decision"),
    ("A,img1,q1,malignant,yes,3,4.5,2026-01-31T09:30:00", "decision is 'yes'"),
    ("A,img1,q1,malignant,2,3,4.5,2026-01-31T09:30:00", "decision is '2'"),
    ("A,img1,q1,malignant,1,9,4.5,2026-01-31T09:30:00", "confidence is '9'"),
    ("A,img1,q1,malignant,1,3.5,4.5,2026-01-31T09:30:00", "confidence is '3.5'"),
    ("A,img1,q1,malignant,1,3,-1,2026-01-31T09:30:00", "seconds is '-1'"),
    ("A,img1,q1,malignant,1,3,nan,2026-01-31T09:30:00", "seconds is 'nan'"),
    ("A,img1,q1,malignant,1,3,4.5,2026-01-31T09:3", "read_at is"),
    ("A,img\x001,q1,malignant,1,3,4.5,2026-01-31T09:30:00", "not UTF-8"),
    ('"A,img1,q1,malignant,1,3,4.5,2026-01-31T09:30:00', "1 cell under 8 columns"),
    ("#en", "1 cell under 8 columns"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_ROWS)
def test_a_damaged_row_is_kept_with_its_reason_and_costs_no_other_row(save, line, reason):
    good = rows_of("B", [1, 0])
    path = save("b.csv", good[0], line, good[1])
    reads, set_aside = readers.merge_reads([path])
    assert reads["image_id"].tolist() == ["img0", "img1"]
    assert set_aside["file"].tolist() == [str(path)] and set_aside["row"].tolist() == [3]
    assert reason in set_aside["reason"][0]
    kept = set_aside.drop(columns=["file", "row", "reason"]).iloc[0].dropna()
    assert [cell for cell in ",".join(kept).split(",") if cell] == [
        cell for cell in line.strip('"').split(",") if cell
    ]


def test_a_byte_that_is_not_utf8_costs_its_own_row_only(save):
    good = rows_of("B", [1])
    path = save("b.csv", "José,img7,q1,malignant,1,,,", *good, encoding="latin-1")
    reads, set_aside = readers.merge_reads([path])
    assert len(reads) == 1
    assert set_aside["reader_id"].tolist() == ["Jos\\xe9"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no rows"),
        (b"\n\n", "no rows"),
        (HEADER.encode(), "no rows"),
        (b"reader_id;image_id;decision\nA;img1;1\n", "no column reader_id"),
        (b"who,image_id,decision\nA,img1,1\n", "no column reader_id"),
        (b"reader_id,image_id,decision,decision\nA,img1,1,0\n", "twice"),
        (bytes(range(256)) * 40, "no column"),
        (HEADER.encode("utf-16") + "\nA,img1\n".encode("utf-16"), "no column"),
    ],
)
def test_a_damaged_file_is_named_and_the_others_are_merged(tmp_path, save, content, reason):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    good = save("good.csv", *rows_of("B", [1, 0]), "#end,2")
    reads, set_aside = readers.merge_reads([bad, good])
    assert reads["reader_id"].tolist() == ["B", "B"]
    assert set(set_aside["file"]) == {str(bad)}
    assert set_aside["reason"].str.contains(reason).all()
    set_aside.to_csv(tmp_path / "aside.csv")  # every cell can be written


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_ends_byte_order_mark_padding_and_blank_lines_do_no_harm(save, newline, bom):
    lines = [rows_of("B", [1])[0] + ",,", "", ",,,,,,,,,", "#end,1,,,,,,,,"]
    path = save("b.csv", *lines, header=bom + HEADER + ",,", newline=newline)
    reads, set_aside = readers.merge_reads([path])
    assert len(reads) == 1 and set_aside.empty


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        ("#end,3", "says 3 rows, the file has 2"),
        ("#end,1", "says 1 row, the file has 2"),
        ("#end", "no number"),
        ("#end,x", "no number"),
    ],
)
def test_an_end_mark_that_disagrees_is_reported_and_the_rows_are_kept(save, mark, reason):
    path = save("b.csv", *rows_of("B", [1, 0]), mark)
    reads, set_aside = readers.merge_reads([path])
    assert len(reads) == 2
    assert set_aside["row"].tolist() == [4] and reason in set_aside["reason"][0]


def test_without_an_end_mark_whole_rows_are_good(save):
    path = save("b.csv", *rows_of("B", [1, 0]), "B,img2,q1,mali")
    reads, set_aside = readers.merge_reads([path])
    assert len(reads) == 2 and set_aside["image_id"].tolist() == ["img2"]


def test_two_files_joined_end_to_end_are_read_as_two(save):
    lines = [*rows_of("A", [1]), "#end,1", HEADER, *rows_of("B", [0, 1]), "#end,2"]
    reads, set_aside = readers.merge_reads([save("all.csv", *lines)])
    assert reads["reader_id"].tolist() == ["A", "B", "B"] and set_aside.empty


def test_identical_files_count_once(save):
    rows = rows_of("A", [1, 0], timed=False)
    one, two = save("a.csv", *rows), save("a (1).csv", *rows, newline="\r\n")
    reads, set_aside = readers.merge_reads([one, two, one])
    assert len(reads) == 2 and set_aside.empty


def test_an_earlier_save_counts_once_whatever_the_order(save):
    full = rows_of("A", [1, 0, 1])
    early, late = save("a.csv", *full[:2]), save("b.csv", *full, "#end,3")
    for files in ([early, late], [late, early]):
        reads, set_aside = readers.merge_reads(files)
        assert reads["image_id"].tolist() == ["img0", "img1", "img2"] and set_aside.empty


@pytest.mark.parametrize("timed", [True, False])
def test_all_rows_of_a_code_that_two_readers_used_are_set_aside(save, timed):
    one = save("one.csv", *rows_of("A", [1, 0, 1], timed), *rows_of("Z", [1], timed))
    two = save("two.csv", *rows_of("A", [1, 1], timed))
    other = save("other.csv", *rows_of("B", [0], timed))
    reads, set_aside = readers.merge_reads([one, two, other])
    assert reads["reader_id"].tolist() == ["Z", "B"]
    assert set_aside["reader_id"].tolist() == ["A"] * 5
    assert set_aside["reason"].str.contains("reader A stands in 2 files").all()
    assert sorted(set(set_aside["file"])) == sorted([str(one), str(two)])


def test_equal_answers_without_a_time_are_not_taken_for_one_reader(save):
    one = save("one.csv", *rows_of("A", [1, 0], timed=False))
    two = save("two.csv", *rows_of("A", [1, 0, 1], timed=False))
    reads, set_aside = readers.merge_reads([one, two])
    assert reads.empty and len(set_aside) == 5


def test_one_code_in_two_quizzes_is_no_conflict(save):
    one = save("one.csv", *rows_of("A", [1]))
    two = save("two.csv", *[row.replace("q1", "q2") for row in rows_of("A", [0])])
    reads, set_aside = readers.merge_reads([one, two])
    assert len(reads) == 2 and set_aside.empty


def test_two_decisions_on_one_image_are_both_set_aside(save):
    path = save("a.csv", *rows_of("A", [1, 0]), rows_of("A", [0])[0])
    reads, set_aside = readers.merge_reads([path])
    assert reads["image_id"].tolist() == ["img1"]
    assert set_aside["row"].tolist() == [2, 4]


def test_a_row_that_stands_twice_counts_once(save):
    path = save("a.csv", *rows_of("A", [1, 0]), rows_of("A", [1])[0])
    reads, set_aside = readers.merge_reads([path])
    assert len(reads) == 2 and set_aside["row"].tolist() == [4]


def test_columns_of_ones_own_called_like_ours_keep_their_cells(save):
    header = "reader_id,image_id,decision,file,reason"
    path = save("a.csv", "A,img0,1,f,why", "A,img1,x,g,so", header=header)
    reads, set_aside = readers.merge_reads([path])
    for table, cells in ((reads, ["f", "why"]), (set_aside, ["g", "so"])):
        assert table.loc[0, ["file (original)", "reason (original)"]].tolist() == cells
    assert set_aside.loc[0, ["file", "row"]].tolist() == [str(path), 3]


def test_a_corrected_set_aside_file_can_be_merged(save, tmp_path):
    _, set_aside = readers.merge_reads(
        [save("a.csv", *rows_of("A", [1]), "A,img1,q1,malignant,x,,,")]
    )
    set_aside.assign(decision="1").to_csv(tmp_path / "corrected.csv", index=False)
    reads, still = readers.merge_reads([tmp_path / "corrected.csv"])
    assert still.empty
    assert list(reads.columns) == list(reads_file.COLUMNS)


def test_a_merged_table_can_be_merged_again(save, tmp_path):
    reads, _ = readers.merge_reads([save("a.csv", *rows_of("A", [1, 0]), "#end,2")])
    reads.to_csv(tmp_path / "reads.csv", index=False)
    again, set_aside = readers.merge_reads(
        [tmp_path / "reads.csv", save("b.csv", *rows_of("B", [1]))]
    )
    assert len(again) == 3 and set_aside.empty
    pd.testing.assert_frame_equal(again.head(2), reads)


def test_no_row_is_lost_wherever_a_file_is_cut(save):
    rows = rows_of("A", [1, 0, 1])
    text = "\n".join([*rows, "#end,3"])
    for length in range(1, len(text)):
        lines = text[:length].strip("\n").split("\n")
        reads, set_aside = readers.merge_reads([save("cut.csv", *lines)])
        assert len(reads) + len(set_aside) == len(lines)
        assert set(reads["image_id"]) >= {f"img{i}" for i in range(3) if rows[i] in lines}


def test_no_files_and_missing_files():
    reads, set_aside = readers.merge_reads([])
    assert reads.empty and set_aside.empty
    with pytest.raises(InputError, match="There is no file"):
        readers.merge_reads(["nowhere.csv"])


def test_points_from_reads_against_a_count_by_hand(save):
    reads, _ = readers.merge_reads(
        [save("a.csv", *rows_of("A", [1, 0, 1, 0])), save("b.csv", *rows_of("B", [1, 1]))]
    )
    truth = pd.Series({"img0": True, "img1": True, "img2": False, "unread": True})
    points = readers.points_from_reads(reads, truth, task="malignant").set_index("reader")
    counts = points[["tp", "n_pos", "tn", "n_neg"]]
    assert counts.loc["A"].tolist() == [1, 2, 0, 1]  # img3 has no truth
    assert counts.loc["B"].tolist() == [2, 2, 0, 0]
    assert points.loc["A", "sensitivity"] == 0.5 and math.isnan(points.loc["B", "specificity"])
    assert readers.points_from_reads(reads, truth, task="other").empty
