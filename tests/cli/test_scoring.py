"""The commands on answers: score, reads merge."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

NEVUS, MELANOMA = "melanocytic nevi", "malignant melanoma"


def test_score_gives_the_area_over_all_pairs(run, table, tmp_path):
    rows = pd.read_csv(table)
    probability = np.round(np.random.default_rng(0).random(60), 1)  # with ties
    predictions = pd.DataFrame({"image": rows["image_id"], MELANOMA: probability})
    predictions[NEVUS] = 1 - probability
    path = tmp_path / "predictions.csv"
    predictions.to_csv(path, index=False)
    positive = (rows["disease"] == MELANOMA).to_numpy()
    first, second = probability[positive][:, None], probability[~positive]
    area = ((first > second) + 0.5 * (first == second)).mean()
    status, out, _ = run("score", path, table, "--task", "melanoma-vs-nevus", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["auc"]["estimate"] == pytest.approx(area, abs=1e-12)
    assert found["auc"]["low"] < area < found["auc"]["high"]
    assert found["clustered_by"] == "lesion_id"
    status, out, _ = run("score", path, table, "--task", "melanoma-vs-nevus")
    assert status == 0
    assert f"{area:.3f}" in out


def test_score_sets_readers_beside_the_network(run, table, tmp_path):
    rows = pd.read_csv(table)
    path, reads = tmp_path / "predictions.csv", tmp_path / "reads.csv"
    pd.DataFrame({"image": rows["image_id"], MELANOMA: 0.5, NEVUS: 0.5}).to_csv(path, index=False)
    decisions = rows[["image_id"]].assign(reader_id="R1", decision=[1] * 20 + [0] * 40)
    decisions.to_csv(reads, index=False)
    arguments = ("score", path, table, "--task", "melanoma-vs-nevus", "--reads", reads)
    reader = json.loads(run(*arguments, "--json")[1])["readers"][0]
    assert (reader["tp"], reader["n_pos"], reader["tn"], reader["n_neg"]) == (20, 24, 36, 36)
    assert "R1" in run(*arguments)[1]


def _reads(path: Path, reader: str, decisions: str) -> Path:
    rows = [f"{reader},I{i:02},{decision}" for i, decision in enumerate(decisions)]
    path.write_text("\n".join(["reader_id,image_id,decision", *rows, f"#end,{len(rows)}"]) + "\n")
    return path


def test_reads_merge_keeps_every_good_row_and_names_every_bad_one(run, tmp_path):
    good = _reads(tmp_path / "a.csv", "A", "0101")
    bad = _reads(tmp_path / "b.csv", "B", "01x1")
    out, aside = tmp_path / "reads.csv", tmp_path / "reads.csv.set-aside.csv"
    status, said, err = run("reads", "merge", good, bad, "--out", out)
    assert status == 1
    assert "7 reads of 2 readers from 2 files; 1 row in" in said
    assert "b.csv, line 4: decision is 'x'" in err
    assert len(pd.read_csv(out)) == 7
    kept = pd.read_csv(aside, dtype=str)
    assert list(kept["decision"]) == ["x"]
    status, said, err = run("reads", "merge", good, "--out", out, "--json")
    assert (status, err) == (0, "")
    assert json.loads(said) == {"reads": 4, "readers": 1, "files": 1, "set_aside": 0}
    assert not aside.exists()


def test_a_margin_sets_the_network_against_the_readers_mean(run, table, tmp_path):
    """The network is always right, three readers nine times in ten; 12 melanomas show little."""
    rows, rng = pd.read_csv(table), np.random.default_rng(0)
    path, reads = tmp_path / "predictions.csv", tmp_path / "reads.csv"
    positive = (rows["disease"] == MELANOMA).to_numpy()
    probability = np.where(positive, 0.9, 0.1)
    columns = {"image": rows["image_id"], MELANOMA: probability, NEVUS: 1 - probability}
    pd.DataFrame(columns).to_csv(path, index=False)
    each = [
        rows[["image_id"]].assign(
            reader_id=f"R{k}", decision=(positive ^ (rng.random(60) < 0.1)).astype(int)
        )
        for k in range(3)
    ]
    pd.concat(each).to_csv(reads, index=False)
    arguments = ("score", path, table, "--task", "melanoma-vs-nevus", "--json", "--margin")
    for margin, claimed in ((0.05, False), (0.4, True)):
        status, out, _ = run(*arguments, margin, "--reads", reads)
        parity = json.loads(out)["parity"]
        assert (status, parity["margin"], parity["non_inferior"]) == (0, margin, claimed)
        assert parity["sensitivity"]["network"] == 1 and parity["sensitivity"]["difference"] > 0
    status, out, err = run(*arguments, "0.05")
    assert (status, out) == (2, "") and "give their reads too" in err


def test_roc_draws_the_curve_that_score_measures(run, tmp_path):
    from PIL import Image

    ids = [f"i{k}" for k in range(8)]
    melanoma = [0.9, 0.7, 0.4, 0.6, 0.3, 0.2, 0.2, 0.1]
    disease = ["malignant melanoma"] * 3 + ["melanocytic nevi"] * 5
    pd.DataFrame(
        {
            "image": ids,
            "malignant melanoma": melanoma,
            "melanocytic nevi": [1 - p for p in melanoma],
        }
    ).to_csv(tmp_path / "p.csv", index=False)
    cases = pd.DataFrame({"image_id": ids, "disease": disease, "dataset": "d"})
    cases.to_csv(tmp_path / "t.csv", index=False)
    asked = (tmp_path / "p.csv", tmp_path / "t.csv", "--task", "melanoma-vs-nevus", "--json")
    drawn = json.loads(run("roc", *asked, "--out", tmp_path / "roc.png")[1])
    scored = json.loads(run("score", *asked)[1])
    assert drawn["auc"] == {k: scored["auc"][k] for k in ("estimate", "low", "high")}
    assert Image.open(tmp_path / "roc.png").size[0] > 800
    many = (*asked[:2], "--task", "nine-way", "--out", tmp_path / "roc.png")
    assert run("roc", *many)[0] == 2
    also = tmp_path / "also read.csv"
    cases.to_csv(also, index=False)
    before = also.read_bytes()
    for option in ("--cases", "--reads"):  # what is read is never written over
        assert run("roc", *asked, "--out", also, option, also)[0] == 2
        assert also.read_bytes() == before


def test_score_by_a_column_says_each_subgroup_and_the_difference(run, tmp_path):
    rng = np.random.default_rng(0)
    ids = [f"i{k:03d}" for k in range(200)]
    positive, sex = rng.random(200) < 0.5, rng.choice(["male", "female"], 200)
    score = 1 / (1 + np.exp(-rng.normal(positive, 1)))
    pd.DataFrame({"image": ids, MELANOMA: score, NEVUS: 1 - score}).to_csv(
        tmp_path / "p.csv", index=False
    )
    disease = np.where(positive, MELANOMA, NEVUS)
    cases = pd.DataFrame({"image_id": ids, "disease": disease, "dataset": "d", "sex": sex})
    cases.to_csv(tmp_path / "t.csv", index=False)
    asked = ("score", tmp_path / "p.csv", tmp_path / "t.csv", "--task", "melanoma-vs-nevus")
    rows = json.loads(run(*asked, "--by", "sex", "--json")[1])["by"]["sex"]
    assert [row["value"] for row in rows] == ["female", "male"]
    assert rows[0]["difference"] == pytest.approx(-rows[1]["difference"])
    assert rows[0]["n"] + rows[1]["n"] == 200 and 0 <= rows[0]["p_holm"] <= 1
    out = run(*asked, "--by", "sex")[1]
    assert "minus the others" in out
    status, _, err = run(*asked, "--by", "skin_type")
    assert status == 2 and "No table says skin_type" in err
