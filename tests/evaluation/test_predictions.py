"""Predictions read, checked, read out and scored, against sums and areas computed otherwise."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from dermlab.cases import tasks, taxonomy
from dermlab.errors import InputError
from dermlab.evaluation import columns, predictions, roc, scores

CODES_2018 = ["MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC"]
MALIGNANT_2018 = ["MEL", "BCC", "AKIEC"]
NINE = [name for name, _ in tasks.get("nine-way").classes]


def a_table(n, columns, seed=0, prefix="img"):
    """Random probabilities that sum to 1."""
    rows = np.random.default_rng(seed).dirichlet(np.ones(len(columns)) / 2, n)
    table = pd.DataFrame(rows, columns=columns)
    table.insert(0, "image_id", [f"{prefix}{i:04d}" for i in range(n)])
    return table


def a_truth(diseases, **columns):
    ids = [f"img{i:04d}" for i in range(len(diseases))]
    table = {"image_id": ids, "disease": diseases, "dataset": "made up"}
    return pd.DataFrame(table | columns)


@pytest.fixture
def files(tmp_path):
    """Write tables as CSV and return their paths."""

    def write(**tables):
        for name, table in tables.items():
            table.to_csv(tmp_path / f"{name}.csv", index=False)
        paths = [tmp_path / f"{name}.csv" for name in tables]
        return paths if len(paths) > 1 else paths[0]

    return write


# --- the table --------------------------------------------------------------------------------


def test_what_is_written_is_read_again(tmp_path):
    table = a_table(30, NINE)
    sidecar = {"run": "r1", "seed": 0, "classes": [{"name": n, "diseases": [n]} for n in NINE]}
    predictions.write(table, tmp_path / "p.csv", sidecar)
    first = (tmp_path / "p.csv").read_text().splitlines()[0]
    assert first == "image," + ",".join(NINE)
    again, said = predictions.read(tmp_path / "p.csv")
    pd.testing.assert_frame_equal(again, table, atol=1e-6, check_dtype=False)
    assert said == sidecar | {"kind": "probabilities"}


def test_isic_files_are_scores_and_need_not_sum_to_1(files):
    table = a_table(5, CODES_2018).rename(columns={"image_id": "image"})
    table[CODES_2018] = 0.9
    _, sidecar = predictions.read(files(p=table))
    assert sidecar["kind"] == "scores"


def spoil(table, **cells):
    table = table.astype(object)
    for column, value in cells.items():
        table.loc[2, column] = value
    return table


GOOD = a_table(12, NINE)
BAD_TABLES = [
    (GOOD.drop(columns="image_id"), "no column image or image_id"),
    (GOOD[["image_id"]], "no column of probabilities"),
    (spoil(GOOD, image_id="img0001"), "2 rows by no image id or by one that another row has"),
    (spoil(GOOD, image_id=None), "1 row by no image id"),
    (spoil(GOOD, inflammatory="abc"), "1 cell .* inflammatory of img0002 is abc"),
    (spoil(GOOD, inflammatory=None), "inflammatory of img0002 is nan"),
    (spoil(GOOD, inflammatory=-0.1), "inflammatory of img0002 is -0.1"),
    (spoil(GOOD, inflammatory=float("inf")), "inflammatory of img0002 is inf"),
    (spoil(GOOD, inflammatory=1.5, genodermatoses=7), "2 cells"),
    (spoil(GOOD, inflammatory=0.5001, **dict.fromkeys(NINE[:6], 0), **{NINE[7]: 0.5, NINE[8]: 0}),
     "none"),
    (spoil(GOOD, inflammatory=0.502, **dict.fromkeys(NINE[:6], 0), **{NINE[7]: 0.5, NINE[8]: 0}),
     "1 row of 12 whose probabilities do not sum to 1"),
    (GOOD.assign(inflammatory=1.0), "12 rows of 12 .* img0004 and 7 more"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "sentence"), BAD_TABLES)
def test_a_bad_table_is_refused_with_one_sentence(files, table, sentence):
    path = files(p=table)
    if sentence == "none":  # within the tolerance of 1e-4
        assert len(predictions.read(path)[0]) == 12
        return
    with pytest.raises(InputError, match=sentence):
        predictions.read(path)


@pytest.mark.parametrize(
    ("sidecar", "sentence"),
    [
        ("{", "is damaged"),
        ("[]", "no JSON object"),
        (json.dumps({"classes": [{"name": "x"}]}), "name and diseases"),
        (json.dumps({"classes": 3}), "name and diseases"),
        (json.dumps({"classes": [{"name": ["x"], "diseases": ["acne"]}]}), "name and diseases"),
        (json.dumps({"classes": [{"name": "x", "diseases": "acne"}]}), "name and diseases"),
        (json.dumps({"classes": [{"name": "x", "diseases": [["acne"]]}]}), "name and diseases"),
        (json.dumps({"classes": [{"name": "x", "diseases": []}] * 2}), "a class twice: x"),
        (
            json.dumps({"classes": [{"name": n, "diseases": ["acne"]} for n in NINE]}),
            "a disease twice: acne",
        ),
        (json.dumps({"classes": [{"name": n, "diseases": []} for n in NINE[1:]]}), "lymphoma"),
        (
            json.dumps({"classes": [{"name": n, "diseases": ["melanom"]} for n in NINE]}),
            "'melanom'.*melanoma",
        ),
    ],
)
def test_a_bad_sidecar_is_refused(files, sidecar, sentence):
    path = files(p=GOOD)
    path.with_name("p.csv.json").write_text(sidecar)
    with pytest.raises(InputError, match=sentence):
        table, said = predictions.read(path)
        columns.classes_of(table, said)


# --- the read-out -----------------------------------------------------------------------------


def test_a_column_stands_for_its_subtree_without_the_other_columns():
    tree = taxonomy.load_tree()
    names = ["malignant epidermal", "basal cell carcinoma", "root"]
    classes = columns.classes_of(a_table(1, names), {})
    held = dict(zip(classes["name"], map(set, classes["diseases"]), strict=True))
    parent = dict(zip(tree["child"], tree["parent"], strict=True))

    def nearest_column(node):
        while node not in names:
            node = parent[node]
        return node

    for node in tree["child"]:
        assert node in held[nearest_column(node)]
    assert sum(map(len, held.values())) == len(tree)


def test_nine_way_columns_rolled_up_to_three_by_hand():
    table = a_table(40, NINE, seed=1)
    answer = predictions.read_out(table, columns.classes_of(table, {}), tasks.get("three-way"))
    by_hand = {
        "benign": ["benign dermal", "benign epidermal", "benign melanocyte"],
        "malignant": [n for n in NINE if n.startswith("malignant")],
        "non-neoplastic": ["genodermatoses", "inflammatory"],
    }
    for name, parts in by_hand.items():
        assert np.allclose(answer[name], table[parts].sum(axis=1))
    assert not answer["empty"].any()


def test_the_sides_are_renormalised_and_an_empty_row_is_a_half():
    names = ["malignant melanoma", "melanocytic nevi", "inflammatory"]
    table = pd.DataFrame([["a", 0.2, 0.6, 0.2], ["b", 0.0, 0.0, 1.0]])
    table.columns = ["image_id", *names]
    classes = columns.classes_of(table, {})
    answer = predictions.read_out(table, classes, tasks.get("melanoma-vs-nevus"))
    assert answer["melanoma"].tolist() == pytest.approx([0.25, 0.5])
    assert answer["nevus"].tolist() == pytest.approx([0.75, 0.5])
    assert answer["empty"].tolist() == [False, True]
    assert predictions.most_probable(answer).tolist() == ["nevus", "no signal"]


def test_the_sidecars_diseases_go_before_the_columns_names():
    names = ["malignant melanoma", "melanocytic nevi"]
    swapped = {
        "classes": [{"name": n, "diseases": [m]} for n, m in zip(names, names[::-1], strict=True)]
    }
    table = pd.DataFrame({"image_id": ["a"], names[0]: [0.9], names[1]: [0.1]})
    classes = columns.classes_of(table, swapped)
    answer = predictions.read_out(table, classes, tasks.get("melanoma-vs-nevus"))
    assert answer["melanoma"].tolist() == pytest.approx([0.1])


def test_an_unknown_column_is_named_with_its_nearest_node():
    table = a_table(2, ["malignant melanom", "melanocytic nevi"])
    with pytest.raises(InputError, match=r"'malignant melanom'.*malignant melanoma"):
        columns.classes_of(table, {})


def test_a_side_without_a_column_is_named(files):
    truth = a_truth(["malignant melanoma", "melanocytic nevi"])
    table = a_table(2, ["malignant melanoma", "inflammatory"])
    paths = files(p=table, t=truth)
    with pytest.raises(InputError, match=r"No column .* 'nevus' of the task 'melanoma-vs-nevus'"):
        scores.score_files(*paths, task="melanoma-vs-nevus")


def test_a_column_on_both_sides_is_named():
    table = a_table(2, ["malignant", "benign"])
    classes = columns.classes_of(table, {})
    with pytest.raises(InputError, match="'malignant', 'benign' each lie on both sides"):
        predictions.read_out(table, classes, tasks.get("melanoma-vs-nevus"))


# --- the score, against scikit-learn ----------------------------------------------------------


def test_nine_way_against_scikit_learn(files):
    rng = np.random.default_rng(3)
    table, truth = a_table(300, NINE, seed=3), a_truth(rng.choice(NINE, 300))
    table["root"] = [1.0] * 5 + [0.0] * 295  # five rows without a signal for any class
    table.loc[:4, NINE] = 0.0
    found = scores.score_files(*files(p=table, t=truth), task="nine-way")
    said = table[NINE].to_numpy().argmax(1)
    right = (np.array(NINE)[said] == truth["disease"]) & (np.arange(300) > 4)
    assert found["accuracy"]["estimate"] == pytest.approx(right.mean())
    answers = np.where(np.arange(300) > 4, np.array(NINE)[said], "none")
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        oracle = balanced_accuracy_score(truth["disease"], answers)
    assert found["balanced_accuracy"]["estimate"] == pytest.approx(oracle)
    assert (found["n"], found["no_signal"], found["clustered_by"]) == (300, 5, "image_id")
    for key in ("accuracy", "balanced_accuracy"):
        assert found[key]["low"] < found[key]["estimate"] < found[key]["high"]
    json.dumps(found, allow_nan=False)


def test_order_of_rows_does_not_matter(files):
    rng = np.random.default_rng(4)
    table, truth = a_table(200, NINE, seed=4), a_truth(rng.choice(NINE, 200))
    one = scores.score_files(*files(p=table, t=truth), task="malignant")
    shuffled = files(p=table.sample(frac=1, random_state=1), t=truth.sample(frac=1, random_state=2))
    assert scores.score_files(*shuffled, task="malignant")["auc"] == pytest.approx(one["auc"])


def test_ids_in_one_file_only(files):
    truth = a_truth(["malignant melanoma", "melanocytic nevi"] * 10)
    table = a_table(20, ["malignant melanoma", "melanocytic nevi"])
    paths = files(p=table.iloc[3:], t=truth.iloc[:18])
    sentence = (
        r"2 images only in .*p.csv \(img0018, img0019\) and 3 images only in .*t.csv \(img0000"
    )
    with pytest.raises(InputError, match=sentence):
        scores.score_files(*paths, task="melanoma-vs-nevus")
    found = scores.score_files(*paths, task="melanoma-vs-nevus", allow_missing=True)
    assert found["n"] == 15
    assert found["not_used"] == {"without_truth": 2, "without_prediction": 3, "other_disease": 0}
    other = files(p=a_table(20, ["malignant melanoma", "melanocytic nevi"], prefix="x"))
    with pytest.raises(InputError, match="no image in common"):
        scores.score_files(other, paths[1], task="melanoma-vs-nevus", allow_missing=True)


def test_ids_are_compared_before_the_columns_are(files):
    paths = files(p=a_table(3, ["inflammatory", "root"]), t=a_truth(["malignant melanoma"]))
    with pytest.raises(InputError, match="2 images only in"):
        scores.score_files(*paths, task="melanoma-vs-nevus")


def test_label_source_then_task_and_both_are_counted(files):
    diseases = ["malignant melanoma", "melanocytic nevi", "inflammatory", "malignant melanoma"] * 5
    sources = ["biopsy", "biopsy", "biopsy", "dermatologist"] * 5
    table = a_table(20, ["malignant melanoma", "melanocytic nevi", "inflammatory"])
    paths = files(p=table, t=a_truth(diseases, label_source=sources))
    found = scores.score_files(*paths, task="melanoma-vs-nevus", label_source="biopsy")
    assert found["not_used"]["other_label_source"] == 5
    assert found["not_used"]["other_disease"] == 5
    assert (found["n"], found["n_positive"]) == (10, 5)
    kept = table.iloc[[i for i in range(20) if i % 4 < 2]]
    share = kept["malignant melanoma"] / (kept["malignant melanoma"] + kept["melanocytic nevi"])
    assert found["auc"]["estimate"] == pytest.approx(roc_auc_score([1, 0] * 5, share))
    with pytest.raises(InputError, match="No case with the label source 'confocal'"):
        scores.score_files(*paths, task="melanoma-vs-nevus", label_source="confocal")
    with pytest.raises(InputError, match="'histology' is no label source"):
        scores.score_files(*paths, task="melanoma-vs-nevus", label_source="histology")


ALONE = [f"p{i}" for i in range(20)]


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        ({"patient_id": list("aabbccddee") * 2}, "patient_id"),
        ({"lesion_id": list("aabbccddee") * 2}, "lesion_id"),
        ({"patient_id": list("aabbccddee") * 2, "lesion_id": list("abcdefghij") * 2}, "patient_id"),
        ({"patient_id": ALONE, "lesion_id": ["x", "x"] + [None] * 18}, "lesion_id"),
        ({"patient_id": ALONE}, "image_id"),
        ({}, "image_id"),
    ],
)  # fmt: skip
def test_the_interval_is_clustered_by_the_coarsest_id_that_joins(files, ids, named):
    diseases = ["malignant melanoma", "melanocytic nevi"] * 10
    table = a_table(20, ["malignant melanoma", "melanocytic nevi"])
    inside = scores.score_files(
        *files(p=table, t=a_truth(diseases, **ids)), task="melanoma-vs-nevus"
    )
    assert inside["clustered_by"] == named
    beside = files(c=a_truth(diseases, **ids), t=a_truth(diseases), p=table)
    joined = scores.score_files(beside[2], beside[1], task="melanoma-vs-nevus", cases=beside[0])
    assert joined == inside
    clustered = named != "image_id"
    assert inside["auc"]["method"].startswith("Obuchowski" if clustered else "DeLong")


def test_every_interval_is_clustered_where_groups_repeat(files):
    n = 120
    table = a_table(n, ["malignant melanoma", "melanocytic nevi"])
    lesions = np.repeat(np.arange(n // 3), 3)
    nevus = lesions % 2 == 1
    truth = a_truth(np.where(nevus, "melanocytic nevi", "malignant melanoma"))
    truth["lesion_id"] = [f"L{i:02d}" for i in lesions]
    found = scores.score_files(*files(p=table, t=truth), task="melanoma-vs-nevus")
    right = (table["melanocytic nevi"] > 0.5).to_numpy()[nevus].reshape(-1, 3).mean(axis=1)
    drawn = np.random.default_rng(0).integers(len(right), size=(2000, len(right)))
    low, high = np.quantile(right[drawn].mean(axis=1), [0.025, 0.975])
    specificity = found["at_0.5"]["specificity"]
    assert specificity["estimate"] == pytest.approx(right.mean())
    assert (specificity["low"], specificity["high"]) == pytest.approx((low, high), abs=0.03)
    assert specificity["method"] == "Wilson on the effective number"
    assert found["auc"]["method"] == "Obuchowski over groups on the logit scale"
    alone = scores.score_files(
        *files(p=table, t=truth.drop(columns="lesion_id")), task="melanoma-vs-nevus"
    )
    assert alone["at_0.5"]["specificity"]["method"] == "Wilson"


def melanomas_and_nevi(rows):
    """Files of predictions and truth: a row an image, (P(melanoma), P(nevus), P(inflammatory))."""
    columns = ["malignant melanoma", "melanocytic nevi", "inflammatory"]
    table = pd.DataFrame([row for row, _ in rows], columns=columns)
    table.insert(0, "image_id", [f"img{i:04d}" for i in range(len(rows))])
    return {"p": table, "t": a_truth([columns[not positive] for _, positive in rows])}


@pytest.mark.filterwarnings("ignore:No interval")
def test_a_probability_of_exactly_a_half_is_called_positive(files):
    rows = [((0.5, 0.5, 0), True), ((0.9, 0.1, 0), True), ((0.4, 0.6, 0), True)]
    rows += [((0.5, 0.5, 0), False), ((0.1, 0.9, 0), False)]
    found = scores.score_files(*files(**melanomas_and_nevi(rows)), task="melanoma-vs-nevus")
    at_half = found["at_0.5"]
    assert at_half["sensitivity"]["estimate"] == pytest.approx(2 / 3)
    assert at_half["specificity"]["estimate"] == pytest.approx(1 / 2)


@pytest.mark.filterwarnings("ignore:No interval")
def test_an_image_without_a_signal_is_scored_as_a_half(files):
    """The silent melanoma beats the nevus at 0.1 and loses to the one at 0.6."""
    rows = [((0.9, 0.1, 0), True), ((0, 0, 1), True)]
    rows += [((0.6, 0.4, 0), False), ((0.1, 0.9, 0), False)]
    found = scores.score_files(*files(**melanomas_and_nevi(rows)), task="melanoma-vs-nevus")
    assert found["no_signal"] == 1
    assert found["auc"]["estimate"] == pytest.approx(3 / 4)
    assert found["at_0.5"]["sensitivity"]["estimate"] == 1


def test_rates_at_a_half_have_intervals_over_lesions(files):
    """Of four lesions a side two are right in all three images: alike, they count as four images.

    Wilson's interval of 6 of 12 images would be 0.25 to 0.75; of 2 of 4 it is 0.15 to 0.85.
    """
    right = np.repeat([True, True, False, False], 3)
    rows = [((0.9, 0.1, 0) if hit else (0.1, 0.9, 0), True) for hit in right]
    rows += [((0.2, 0.8, 0) if hit else (0.8, 0.2, 0), False) for hit in right]
    tables = melanomas_and_nevi(rows)
    tables["t"]["lesion_id"] = [f"L{i // 3}" for i in range(24)]
    at_half = scores.score_files(*files(**tables), task="melanoma-vs-nevus")["at_0.5"]
    for rate in at_half.values():
        assert rate["estimate"] == 0.5 and rate["method"] == "Wilson on the effective number"
        assert rate["low"] < 0.151 and rate["high"] > 0.849


def test_cases_must_hold_every_scored_image(files):
    diseases = ["malignant melanoma", "melanocytic nevi"] * 10
    table = a_table(20, ["malignant melanoma", "melanocytic nevi"])
    p, t, c = files(p=table, t=a_truth(diseases), c=a_truth(diseases).iloc[1:])
    with pytest.raises(InputError, match=r"1 scored image.*img0000"):
        scores.score_files(p, t, task="melanoma-vs-nevus", cases=c)


def test_a_network_trained_on_the_task_answers_that_task_alone(files):
    table = a_table(20, ["melanoma", "nevus"])
    truth = a_truth(["malignant melanoma", "melanocytic nevi"] * 10)
    p, t = files(p=table, t=truth)
    p.with_name("p.csv.json").write_text(json.dumps({"task": "melanoma-vs-nevus"}))
    found = scores.score_files(p, t, task="melanoma-vs-nevus")
    assert found["auc"]["estimate"] == pytest.approx(roc_auc_score([1, 0] * 10, table["melanoma"]))
    with pytest.raises(InputError, match="cannot be asked 'malignant'"):
        scores.score_files(p, t, task="malignant")


def test_readers_of_the_same_images_stand_beside_the_network(files):
    truth = a_truth(["malignant melanoma", "melanocytic nevi"] * 10)
    table = a_table(20, ["malignant melanoma", "melanocytic nevi"])
    rng = np.random.default_rng(5)
    reads = pd.DataFrame(
        {
            "reader_id": np.repeat(["A", "B"], 21),
            "image_id": [*truth["image_id"], "elsewhere"] * 2,
            "decision": rng.integers(0, 2, 42),
        }
    )
    p, t, r = files(p=table, t=truth, r=reads)
    with pytest.warns(UserWarning, match=r"2 reads of 1 image without a truth here \(elsewhere\)"):
        found = scores.score_files(p, t, task="melanoma-vs-nevus", reads=r)
    assert found["reads"] == {"used": 40, "not_used": 2}
    merged = reads.merge(truth, on="image_id")
    melanoma = merged["disease"] == "malignant melanoma"
    oracle = merged[melanoma].groupby("reader_id")["decision"].mean()
    assert {row["reader"]: row["sensitivity"] for row in found["readers"]} == oracle.to_dict()
    assert [row["n_pos"] for row in found["readers"]] == [10, 10]
    assert found["mean_reader"]["sensitivity"] == pytest.approx(oracle.mean())
    with pytest.raises(InputError, match="nine-way"):
        scores.score_files(p, t, task="nine-way", reads=r)
    bad = files(bad=reads.assign(decision=7))
    with pytest.raises(InputError, match="42 rows that cannot be used"):
        scores.score_files(p, t, task="melanoma-vs-nevus", reads=bad)


def test_perfect_separation_has_null_bounds(files):
    table = pd.DataFrame({"image_id": [f"img{i:04d}" for i in range(8)], "MEL": [1.0, 0.0] * 4})
    table["NV"] = 1 - table["MEL"]
    paths = files(p=table, t=a_truth(["malignant melanoma", "melanocytic nevi"] * 4))
    with pytest.warns(UserWarning, match="variance"):
        found = scores.score_files(*paths, task="melanoma-vs-nevus")
    assert found["auc"]["estimate"] == 1.0 and found["auc"]["low"] is None
    json.dumps(found, allow_nan=False)


# --- real files as they are -------------------------------------------------------------------


def test_isic_2018_scored_against_its_own_truth_file(real_data, files):
    source = real_data / "ISIC2018_Task3_Test_GroundTruth.csv"
    truth = pd.read_csv(source)
    one_hot = np.array([truth["dx"].str.upper() == code for code in CODES_2018]).T
    noise = np.random.default_rng(6).uniform(size=one_hot.shape)
    given = pd.DataFrame((0.3 * one_hot + noise) / 1.3, columns=CODES_2018)
    given.insert(0, "image", truth["image_id"])
    path = files(p=given)

    found = scores.score_files(path, source, task="malignant")
    share = given[MALIGNANT_2018].sum(axis=1) / given[CODES_2018].sum(axis=1)
    positive = truth["dx"].str.upper().isin(MALIGNANT_2018)
    assert found["auc"]["estimate"] == pytest.approx(roc_auc_score(positive, share))
    assert (found["n"], found["clustered_by"]) == (1512, "lesion_id")
    assert found["auc"]["low"] < found["auc"]["estimate"] < found["auc"]["high"]

    found = scores.score_files(path, source, task="melanoma-vs-nevus", label_source="biopsy")
    used = truth["dx"].isin(["mel", "nv"]) & (truth["dx_type"] == "histo")
    share = given["MEL"] / (given["MEL"] + given["NV"])
    oracle = roc_auc_score(truth["dx"][used] == "mel", share[used])
    assert found["auc"]["estimate"] == pytest.approx(oracle)
    assert found["n"] == used.sum()
    assert found["not_used"]["other_label_source"] == (truth["dx_type"] != "histo").sum()


def test_isic_2019_truth_file_as_it_is_with_and_without_its_metadata(real_data, tmp_path):
    source = real_data / "ISIC_2019_Training_GroundTruth.csv"
    truth = pd.read_csv(source)
    rng = np.random.default_rng(7)
    codes = list(truth.columns[1:])
    given = truth.copy()
    given[codes] = (truth[codes] + 3 * rng.uniform(size=(len(truth), len(codes)))) / 4
    given.to_csv(tmp_path / "scores.csv", index=False)
    alone = tmp_path / "ISIC_2019_Training_GroundTruth.csv"
    alone.write_bytes(source.read_bytes())
    task = "melanoma-vs-nevus"
    found = scores.score_files(tmp_path / "scores.csv", source, task=task)
    used = (truth["MEL"] + truth["NV"]) == 1
    share = given["MEL"] / (given["MEL"] + given["NV"])
    oracle = roc_auc_score(truth["MEL"][used], share[used])
    assert found["auc"]["estimate"] == pytest.approx(oracle)
    assert found["n"] == used.sum() == 4522 + 12_875
    assert found["not_used"]["other_disease"] == 25_331 - 17_397
    assert found["clustered_by"] == "lesion_id"
    without = scores.score_files(tmp_path / "scores.csv", alone, task=task)
    assert without["clustered_by"] == "image_id"
    assert without["auc"]["estimate"] == found["auc"]["estimate"]
    width = {id_: r["auc"]["high"] - r["auc"]["low"] for id_, r in (("by", found), ("no", without))}
    assert width["by"] > 0.9 * width["no"]


ONE_HOT = pd.DataFrame({"image": list("abcdef"), "MEL": [1, 0] * 3, "NV": [0, 1] * 3})


@pytest.mark.filterwarnings("ignore:No interval")  # a truth that is scored against itself
@pytest.mark.parametrize("name", ["X_Metadata.csv", "renamed_metadata.csv"])
def test_the_metadata_beside_a_truth_is_joined_whatever_it_is_called(files, name):
    truth = files(X_GroundTruth=ONE_HOT)
    ids = pd.DataFrame({"image": list("abcdef"), "lesion_id": list("112233")})
    ids.to_csv(truth.with_name(name), index=False)
    found = scores.score_files(truth, truth, task="melanoma-vs-nevus")
    assert found["clustered_by"] == "lesion_id"


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ("picture,lesion_id\na,1\n", "X_Metadata.csv lacks the column image"),
        ("image,lesion_id\na,1\na,2\n", r"2 rows of .*X_Metadata.csv .* row 2 \(a\): image is"),
        ("image,lesion_id\n,1\n,1\nb,1\n", "2 rows of .*X_Metadata.csv"),
        ("image,lesion_id\na\n", "1 row of .*X_Metadata.csv"),
        ("", "X_Metadata.csv is empty"),
    ],
)
def test_a_damaged_metadata_beside_a_truth_is_named(files, metadata, sentence):
    truth = files(X_GroundTruth=ONE_HOT)
    truth.with_name("X_Metadata.csv").write_text(metadata)
    with pytest.raises(InputError, match=sentence):
        scores.score_files(truth, truth, task="melanoma-vs-nevus")


def test_a_one_hot_truth_must_be_one_hot(real_data, files):
    truth = pd.read_csv(real_data / "ISIC_2019_Training_GroundTruth.csv").head(50)
    given = files(p=truth)
    truth.loc[3, ["MEL", "NV"]] = 1
    truth.loc[5, truth.columns[1:]] = 0
    with pytest.raises(InputError, match=r"2 rows that are no truth: ISIC_0000003, ISIC_0000006"):
        scores.score_files(given, files(t=truth), task="melanoma-vs-nevus")


@pytest.mark.parametrize(("column", "area"), [("adae_score", 0.810), ("crowd_score", 0.703)])
def test_a_published_networks_and_a_crowds_scores(real_data, column, area):
    table = pd.read_csv(real_data / "lesion-size-2020_metadata.csv")
    assert len(table) == 1295
    found = roc.auc(table["target"], table[column])
    assert round(found.estimate, 3) == area
    assert found.estimate == pytest.approx(roc_auc_score(table["target"], table[column]))
    assert found.low < area < found.high


def test_ids_of_predictions_and_truth_are_by_the_rule(tmp_path):
    """A float column's 1.0 and the 1 of another file are one image; what means unknown is none."""
    table, truth = tmp_path / "p.csv", tmp_path / "truth.csv"
    table.write_text("image,MEL,NV\n1.0,0.9,0.1\n2.0,0.1,0.9\n")
    truth.write_text("image,MEL,NV\n2,0,1\n1,1,0\n")
    with pytest.warns(UserWarning, match="No interval"):
        result = scores.score_files(table, truth, task="melanoma-vs-nevus")
    assert result["auc"]["estimate"] == 1
    for bad, sentence in (("unknown", "by no image id"), ("=1+1", "cannot be used")):
        table.write_text(f"image,MEL,NV\n{bad},0.9,0.1\n2,0.1,0.9\n")
        with pytest.raises(InputError, match=sentence):
            predictions.read(table)


def test_ids_that_differ_by_case_are_not_left_out_in_silence(tmp_path):
    table, truth = tmp_path / "p.csv", tmp_path / "truth.csv"
    table.write_text("image,MEL,NV\nA.jpg,0.9,0.1\nB,0.1,0.9\nC,0.2,0.8\n")
    truth.write_text("image,MEL,NV\nA,1,0\nb,0,1\nC,0,1\n")
    with pytest.raises(InputError, match=r"A\.jpg for A, B for b; write them alike"):
        scores.score_files(table, truth, task="melanoma-vs-nevus", allow_missing=True)


# --- classes of one's own -------------------------------------------------------------------------


def own_classes(names):
    return pd.DataFrame(
        {"image_id": [f"i{k}" for k in range(len(names))], "disease": names, "classes": "own"}
    )


def answers(rows, names=("cat", "cow", "dog")):
    table = pd.DataFrame(rows, columns=list(names), dtype=float)
    table.insert(0, "image_id", [f"i{k}" for k in range(len(rows))])
    return table


def test_classes_of_ones_own_are_scored_over_those_that_occur():
    truth = own_classes(["cat", "cat", "dog", "dog", "dog"])
    rows = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6], [0.6, 0.2, 0.2]]
    result = scores.score(answers(rows), truth, "own")
    assert result["accuracy"]["estimate"] == pytest.approx(3 / 5)
    assert result["balanced_accuracy"]["estimate"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert result["confusion"] == {
        "truth": ["cat", "dog"],
        "answer": ["cat", "cow", "dog"],
        "counts": [[1, 1, 0], [1, 0, 2]],
    }


def test_two_of_ones_own_classes_against_another_are_a_curve():
    truth = own_classes(["cat", "cow", "dog", "dog"])
    rows = [[0.4, 0.3, 0.3], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.5, 0.2, 0.3]]
    result = scores.score(answers(rows), truth, "cat+cow:dog")
    assert result["n_positive"] == 2 and result["auc"]["estimate"] == pytest.approx(3.5 / 4)


def test_a_class_that_was_not_learnt_is_named():
    with pytest.raises(InputError, match="The truth has horse"):
        scores.score(answers([[1, 0, 0], [0, 0, 1]]), own_classes(["cat", "horse"]), "own")


# --- one score ------------------------------------------------------------------------------------


def test_a_file_of_one_score_is_one_of_melanoma(files, tmp_path):
    path = tmp_path / "submission.csv"
    path.write_text("image_name,target\na,0.9\nb,0.2\nc,0.4\nd,0.3\n")
    table, sidecar = predictions.read(path)
    assert list(table) == ["image_id", "malignant melanoma"] and sidecar["kind"] == "scores"
    truth = files(
        truth=pd.DataFrame(
            {
                "image_id": list("abcd"),
                "disease": ["malignant melanoma", "benign", "melanocytic nevi", "lentigo maligna"],
                "dataset": "d",
            }
        )
    )
    found = scores.score_files(path, truth, task="malignant melanoma:benign")
    assert found["auc"]["estimate"] == pytest.approx(0.75)  # 3 of 4 pairs: .9 and .3 over .2, .4
    turned = scores.score_files(path, truth, task="benign:malignant melanoma")
    assert turned["auc"]["estimate"] == pytest.approx(0.75)
    nevi = scores.score_files(path, truth, task="melanoma-vs-nevus")
    assert nevi["auc"]["estimate"] == pytest.approx(0.5)  # .9 over .4 and .3 below it


@pytest.mark.parametrize("task", ["malignant", "carcinoma-vs-keratosis"])
def test_one_score_does_not_answer_another_question(files, task):
    table = files(p=pd.DataFrame({"image_name": ["a", "b"], "target": [0.9, 0.1]}))
    truth = a_truth(["malignant melanoma", "melanocytic nevi"]).assign(image_id=["a", "b"])
    with pytest.raises(InputError, match="A single score of 'malignant melanoma' does not answer"):
        scores.score_files(table, files(t=truth), task=task)


def test_one_score_of_any_node_and_none_of_three_classes(files):
    table = files(p=pd.DataFrame({"image_id": ["a", "b"], "basal cell carcinoma": [0.9, 0.1]}))
    truth = files(
        t=a_truth(["basal cell carcinoma", "melanocytic nevi"]).assign(image_id=["a", "b"])
    )
    asked = "basal cell carcinoma:benign"
    assert scores.score_files(table, truth, task=asked)["auc"]["estimate"] == 1
    with pytest.raises(InputError, match="No column of the predictions stands for"):
        scores.score_files(table, truth, task="three-way")
