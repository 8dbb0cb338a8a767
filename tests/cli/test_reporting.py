"""The command of the report, on a run of seconds made here."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

SMALL = ("--weights", "none", "--size", 75, "--epochs", 1, "--max-class-size", 30)


@pytest.fixture(autouse=True)
def seeded(monkeypatch):
    """Determinism holds for a whole process, and this one runs other tests too."""
    from dermlab.network import backend

    monkeypatch.setattr(backend, "deterministic", backend.keras.utils.set_random_seed)


@pytest.fixture
def trained(run, table, tmp_path):
    """A run that scores fold 1 of 60 cases: 16 images, 8 of them melanomas."""
    rows = pd.read_csv(table)
    split, pictures = tmp_path / "split.csv", tmp_path / "pictures"
    order = np.r_[0:8, 24:32, 8:16, 32:40, 16:24, 40:60]
    rows.loc[order, "fold"] = np.repeat([0, 1, 2], (16, 16, 28))
    rows.astype({"fold": int})[["image_id", "fold"]].to_csv(split, index=False)
    pictures.mkdir()
    for i, (image_id, disease) in enumerate(zip(rows["image_id"], rows["disease"], strict=True)):
        shade = (50 if disease == "malignant melanoma" else 180) + i
        Image.new("RGB", (90, 80), (shade, 90, 80)).save(pictures / f"{image_id}.png")
    asked = ("train", table, "--split", split, "--images", pictures, "--fold", 1)
    status, _, err = run(*asked, "--run", tmp_path / "run", *SMALL)
    assert status == 0, err
    return tmp_path / "run"


def test_a_run_beside_the_paper(run, trained, table, tmp_path):
    out = tmp_path / "report.html"
    asked = ("report", trained, "--cases", table, "--images", tmp_path / "pictures", "--json")
    status, said, err = run(*asked, "--out", out)
    assert status == 0, err
    found = json.loads(said)
    assert found["out"] == str(out)
    assert all(list(r) == ["name", "published", "here", "kind", "source"] for r in found["rows"])
    assert {row["kind"] for row in found["rows"]} == {"measured here"}
    rows = {row["name"]: row for row in found["rows"]}
    asked = ("score", trained / "predictions.csv", table, "--allow-missing", "--json")
    status, said, _ = run(*asked, "--task", "melanoma-vs-nevus", "--label-source", "biopsy")
    area = json.loads(said)["auc"]
    row = rows["melanoma-vs-nevus, area under the curve, biopsied cases alone"]
    shown = ["–" if area[x] is None else f"{area[x]:.3f}" for x in ("estimate", "low", "high")]
    assert row["here"] == "{} ({} to {}), 16 images, 8 of them melanoma".format(*shown)
    assert row["published"] == "0.94 (clinical), 0.91 (dermoscopy)"  # the modality is not known
    assert rows["three-way, mean accuracy of the classes"]["here"].startswith("not possible: ")
    page = out.read_text("utf-8")
    assert page.count('<th scope="row">') == len(rows)
    assert page.count("<img ") == page.count("data:image/png;base64,") > 6
    assert "its worst mistakes" in page and "give --images" not in page

    status, said, _ = run("report", trained, trained, "--out", out)
    assert status == 0 and "What the network learns" in said
    assert said.splitlines()[-1] == f"{out}: 1 run beside the paper."
    assert "area under the curve" not in said


def test_without_a_run_it_is_the_courses_report(run, tmp_path):
    from dermlab.lessons import course_report, report, site

    status, said, err = run("report", "--out", tmp_path / "own.html", "--json")
    assert status == 0, err
    parts, page = course_report.of_course(site.checkout() / "site" / "report.csv")
    assert (tmp_path / "own.html").read_text("utf-8") == page + "\n"
    assert json.loads(said)["rows"] == report.as_json(parts)["rows"]


def test_what_is_no_finished_run_ends_with_one_sentence(run, table, tmp_path):
    out = tmp_path / "report.html"
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "settings.json").write_text('{"folds": [1]}')
    for folder, sentence in (
        (tmp_path / "none", "There is no folder"),
        (tmp_path, "holds no run"),
        (unfinished, "is not finished: go on with the command that began it"),
    ):
        status, said, err = run("report", folder, "--out", out)
        assert (status, said) == (2, "")
        assert sentence in err.splitlines()[-1]
    status, _, err = run("report", "--out", out, "--cases", table)
    assert status == 2 and "--cases judges runs" in err
    asked = ("report", tmp_path, "--out", out, "--images", tmp_path)
    assert run(*asked)[0] == 2 and "--images shows the mistakes of runs" in run(*asked)[2]
    status, _, err = run("report", tmp_path)
    assert status == 2 and "--out" in err
    assert not out.exists()
