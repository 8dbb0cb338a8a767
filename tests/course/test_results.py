"""Shipped results: files held to their manifests, and numbers to those counted here otherwise."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dermlab
from dermlab.course import makers, results
from dermlab.course.makers import ham10000_tables
from dermlab.errors import InputError
from dermlab.lessons import report

SHIPPED = Path(dermlab.__file__).parent / "data" / "results"
SHORT = [name for name, result in makers.RESULTS.items() if result.minutes <= 1]
NODES = {
    "akiec": "malignant epidermal",
    "bcc": "basal cell carcinoma",
    "bkl": "benign epidermal",
    "df": "dermatofibroma",
    "mel": "malignant melanoma",
    "nv": "melanocytic nevi",
    "vasc": "benign dermal",
}


# --- what the repository ships --------------------------------------------------------------------


@pytest.mark.parametrize("name", results.names())
def test_every_manifest_fits_its_files(name):
    assert results.problems(name) == []


def test_every_folder_has_a_maker():
    assert {path.name for path in SHIPPED.iterdir()} == set(results.names())


@pytest.mark.parametrize("name", results.names())
def test_the_manifest_says_how_and_from_what(name):
    text = (SHIPPED / name / "manifest.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert found["command"] == f"make results NAME={name}"
    assert found["kind"] in report.KINDS
    assert isinstance(found["seed"], int)
    assert {"python", "dermlab", "numpy", "pandas", "scikit-learn"} <= set(found["versions"])
    assert 0 <= found["minutes"] <= (1 if name in SHORT else 60 * 24)
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha) for sha in found["outputs"].values())
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha) for sha in found["inputs"].values())
    assert set(found["outputs"]) == {p.name for p in (SHIPPED / name).iterdir()} - {"manifest.json"}


def test_results_of_real_data_name_no_image_lesion_or_patient():
    """Aggregated numbers only: never a row of a data set whose rows are not ours to ship."""
    for path in SHIPPED.rglob("*.*"):
        assert path.suffix in {".csv", ".npz", ".json"}
        if path.suffix != ".npz":
            assert not re.search(r"ISIC_\d|HAM_\d|PAT_\d|IP_\d", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SHORT)  # of a longer one its own tests make a cell again
def test_made_again_it_is_the_same_within_tolerance(name, request, tmp_path, monkeypatch):
    if any(key.startswith("DERMLAB_DATA/") for key in makers.RESULTS[name].reads):
        request.getfixturevalue("real_data")
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    results.make(name)
    assert results.problems(name) == []
    for path in (tmp_path / name).glob("*.csv"):
        again, shipped = pd.read_csv(path), pd.read_csv(SHIPPED / name / path.name)
        pd.testing.assert_frame_equal(again, shipped, rtol=2e-3, atol=2e-3)


# --- HAM10000 without its pixels, counted here with pandas and scikit-learn -----------------------


@pytest.fixture(scope="module")
def ham10000(real_data):
    return pd.read_csv(real_data / "HAM10000_metadata_with_dataset.csv")


@pytest.fixture(scope="module")
def areas():
    table = results.read("ham10000_without_pixels", "areas.csv")
    return table.set_index(["task", "cases", "seen"])


def test_the_counts_are_those_of_the_publishers_table(ham10000):
    counts = results.read("ham10000_without_pixels", "counts.csv")
    counts = counts.set_index(["column", "value", "disease"])["n"]
    ours = {"histo": "biopsy"}
    for row in ham10000.assign(n=1).groupby(["dx", "dx_type"])["n"].sum().items():
        (dx, dx_type), n = row
        assert counts.loc["label_source", ours.get(dx_type, dx_type), NODES[dx]] == n
    for (dx, camera), n in ham10000.groupby(["dx", "dataset"]).size().items():
        assert counts.loc["source", camera, NODES[dx]] == n
    assert counts.groupby("column").sum().to_dict() == {"label_source": 10_015, "source": 10_015}


def rows_of(ham10000, task, cases):
    """The publisher's rows of a task, and which are positive; by dx, not by our taxonomy."""
    table = ham10000 if task == "malignant" else ham10000[ham10000["dx"].isin(["mel", "nv"])]
    table = table if cases == "all" else table[table["dx_type"] == "histo"]
    return table, table["dx"].isin(["mel", "bcc", "akiec"]).to_numpy()


@pytest.mark.parametrize("task", ["malignant", "melanoma-vs-nevus"])
@pytest.mark.parametrize("cases", ["all", "biopsied"])
def test_each_area_is_counted_on_these_cases(ham10000, areas, task, cases):
    table, positive = rows_of(ham10000, task, cases)
    part = areas.loc[task, cases]
    assert set(part["n_images"]) == {len(table)}
    assert set(part["n_positive"]) == {positive.sum()}
    assert set(part["n_lesions"]) == {table["lesion_id"].nunique()}
    assert list(part.index) == list(ham10000_tables.SEEN)[cases == "biopsied" :]
    assert (part["low"] < part["auc"]).all() and (part["auc"] < part["high"]).all()


@pytest.mark.parametrize("task", ["malignant", "melanoma-vs-nevus"])
def test_the_label_source_alone_separates_as_a_count_says(ham10000, areas, task):
    """Every positive was biopsied, so a negative loses to each unless it was biopsied: a tie."""
    table, positive = rows_of(ham10000, task, "all")
    biopsied = (table["dx_type"] == "histo").to_numpy()
    assert biopsied[positive].all()
    area = 1 - biopsied[~positive].mean() / 2
    found = areas.loc[task, "all", "label source"]
    assert found["mean_of_folds"] == pytest.approx(area, abs=1e-3)
    assert found["low"] < area < found["high"]


@pytest.mark.parametrize("seen", ["clinic and camera", "age, sex, body site", "all of them"])
@pytest.mark.parametrize("cases", ["all", "biopsied"])
@pytest.mark.parametrize("task", ["malignant", "melanoma-vs-nevus"])
def test_another_classifier_on_other_folds_comes_out_alike(ham10000, areas, task, cases, seen):
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold
    from sklearn.naive_bayes import CategoricalNB
    from sklearn.preprocessing import OrdinalEncoder

    columns = {"clinic and camera": ["dataset"], "age, sex, body site": ["age", "sex"]}
    columns = columns.get(seen, ["dx_type", "dataset", "age", "sex"])
    columns = columns + ["localization"] * (seen != "clinic and camera")
    table, positive = rows_of(ham10000, task, cases)
    codes = OrdinalEncoder().fit_transform(table[columns].astype(str).fillna("?"))
    n_values = (codes.max(axis=0) + 1).astype(int)
    found = []
    for train, test in GroupKFold(9).split(codes, positive, table["lesion_id"]):
        model = CategoricalNB(min_categories=n_values).fit(codes[train], positive[train])
        found.append(roc_auc_score(positive[test], model.predict_proba(codes[test])[:, 1]))
    shipped = areas.loc[task, cases, seen]
    # naive Bayes takes the columns as independent, which costs it a little
    assert np.mean(found) == pytest.approx(shipped["mean_of_folds"], abs=0.02)
    assert shipped["auc"] == pytest.approx(shipped["mean_of_folds"], abs=0.02)


def test_a_classifier_without_pixels_does_well_until_all_are_biopsied(areas):
    """What the lesson says: the label source and the clinic give the answer away."""
    for task in ("malignant", "melanoma-vs-nevus"):
        everything = areas.loc[task, :, "all of them"]
        assert everything.loc["all", "low"] > 0.85
        assert everything.loc["biopsied", "high"] < 0.8
        assert areas.loc[(task, "biopsied", "clinic and camera"), "high"] < 0.6


# --- HAM10000's repeat photographs ----------------------------------------------------------------


def test_the_photographs_are_those_of_the_publishers_table(ham10000):
    table = results.read("ham10000_repeats", "photographs.csv").set_index("photographs")
    assert table["lesions"].to_dict() == (
        ham10000.groupby("lesion_id").size().value_counts().to_dict()
    )
    assert (table["images"].sum(), table["lesions"].sum()) == (10_015, 7_470)
    assert table["images"].sum() - table["lesions"].sum() == 2_545


def straddling(lesions, fold, tested):
    """Lesions on several sides, and test images with a sibling elsewhere, by plain sets."""
    sides = {}
    for lesion, side in zip(lesions, fold, strict=True):
        sides.setdefault(lesion, set()).add(side)
    torn = {lesion for lesion, where in sides.items() if len(where) > 1}
    scored = [lesion in torn for lesion, f in zip(lesions, fold, strict=True) if f in tested]
    return len(torn), sum(scored) / len(scored)


@pytest.mark.parametrize("scheme", ["nine folds", "test part of 20 %"])
def test_scikit_learns_random_splits_tear_as_many_lesions(ham10000, scheme):
    from sklearn.model_selection import KFold, train_test_split

    lesions, n_seeds, found = ham10000["lesion_id"].to_list(), 20, []
    for seed in range(1000, 1000 + n_seeds):
        fold = np.zeros(len(lesions), dtype=int)
        if scheme == "nine folds":
            for k, (_, test) in enumerate(KFold(9, shuffle=True, random_state=seed).split(lesions)):
                fold[test] = k
            found.append(straddling(lesions, fold, set(range(9))))
        else:
            _, test = train_test_split(range(len(lesions)), test_size=0.2, random_state=seed)
            fold[test] = 1
            found.append(straddling(lesions, fold, {1}))
    table = results.read("ham10000_repeats", "straddling.csv").set_index("scheme").loc[scheme]
    random = table[table["split"] == "random"].set_index("quantity")
    for quantity, values in zip(("lesions", "test_images"), np.transpose(found), strict=True):
        row, error = random.loc[quantity], values.std(ddof=1) / np.sqrt(n_seeds)
        assert row["n_seeds"] >= 20
        assert values.mean() == pytest.approx(row["expected"], abs=4 * error)
        assert row["mean"] == pytest.approx(row["expected"], abs=4 * error)
        assert row["low"] < row["expected"] < row["high"]
        assert np.mean((values >= row["low"]) & (values <= row["high"])) > 0.7


def test_lesions_kept_whole_never_straddle():
    table = results.read("ham10000_repeats", "straddling.csv")
    whole = table[table["split"] == "lesions kept whole"]
    assert len(whole) == 4
    assert (whole[["expected", "mean", "low", "high"]] == 0).all(axis=None)


# --- the clinic, sorted blind ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(SHIPPED.parent / "blind_sorting" / "answers.csv")


def test_the_confusion_matrix_is_the_one_that_a_loop_counts(answers):
    shipped = results.read("clinic_blind_sorting", "confusion.csv").set_index("truth")
    assert list(shipped.index) == list(shipped.columns) and len(shipped) == 9
    counts = {(truth, answer): 0 for truth in shipped.index for answer in shipped.columns}
    for truth, answer in zip(answers["nine"], answers["answer"], strict=True):
        counts[truth, answer] += 1
    assert shipped.stack().to_dict() == counts
    assert (shipped.sum(axis=1) == 5).all()


def test_three_in_four_were_right_with_wilsons_interval(answers):
    (row,) = results.read("clinic_blind_sorting", "accuracy.csv").to_dict("records")
    right, n, z = int((answers["nine"] == answers["answer"]).sum()), 45, 1.959964
    assert (row["right"], row["n"]) == (right, n) == (33, 45)
    middle = (right + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(right * (n - right) / n + z**2 / 4)
    assert row["low"] == pytest.approx(middle - half, abs=1e-6)
    assert row["high"] == pytest.approx(middle + half, abs=1e-6)
    assert row["accuracy"] >= 0.6 and row["chance"] == pytest.approx(1 / 9)
    described = results.read("clinic_blind_sorting", "partitions.csv")
    assert described["right"].sum() == right and described["description"].str.len().min() > 100


def test_a_second_sorting_was_worse_and_both_are_told():
    again = pd.read_csv(SHIPPED.parent / "blind_sorting" / "answers_again.csv")
    second, both = results.read("clinic_blind_sorting", "again.csv").to_dict("records")
    right = int((again["nine"] == again["answer"]).sum())
    assert (second["right"], second["n"]) == (right, 45) == (26, 45)
    assert (both["right"], both["n"]) == (33 + right, 90) and both["low"] > 0.5


def test_the_pictures_are_still_those_that_were_sorted(answers):
    """Another clinic under the same seed would need another sorting."""
    from dermlab.cases import clinic, taxonomy

    seed = results.manifest("clinic_blind_sorting")["seed"]
    cases = clinic.make(9000, seed).set_index("image_id").loc[answers["image_id"]]
    nine = cases["truth"].map(taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way"))
    assert nine.to_list() == answers["nine"].to_list()
    assert (cases["modality"] == "clinical").all() and (cases["view"] == 1).all()
    assert cases["patient_id"].is_unique and cases["skin_type"].nunique() == 6


def test_the_manifest_says_who_sorted_and_how_the_pictures_were_drawn():
    about = results.manifest("clinic_blind_sorting")["about"]
    said = ("single fresh reviewer", "not a person", "unknown to the reviewer", "seed 9002")
    for words in (*said, "five of each"):
        assert words in about


# --- written, verified, re-made -------------------------------------------------------------------


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A result called toy in a package of its own, made from one shipped and one real file."""
    package, real = tmp_path / "dermlab", tmp_path / "real"
    (package / "data" / "results").mkdir(parents=True)
    real.mkdir()
    (package / "data" / "facts.csv").write_text("n\n3\n", encoding="utf-8")
    (real / "rows.csv").write_text("x\n1\n2\n", encoding="utf-8")
    monkeypatch.setattr(results, "PACKAGE", package)
    monkeypatch.setattr(results, "FOLDER", package / "data" / "results")
    monkeypatch.setenv("DERMLAB_DATA", str(real))

    def maker(inputs):
        n = pd.read_csv(inputs["dermlab/data/facts.csv"])["n"]
        x = pd.read_csv(inputs["DERMLAB_DATA/rows.csv"])["x"]
        table = pd.DataFrame({"name": ["a", "b"], "value": [x.sum() / 3, n.sum()]})
        arrays = {"weights": np.arange(6, dtype=np.float16).reshape(2, 3), "bias": np.zeros(2)}
        return {"table.csv": table, "arrays.npz": arrays}

    def ship(make=maker, reads=("dermlab/data/facts.csv", "DERMLAB_DATA/rows.csv")):
        result = makers.Result(make, "A toy.", "simulated", seed=1, minutes=0.1, reads=reads)
        monkeypatch.setitem(makers.RESULTS, "toy", result)

    ship()
    ship.folder, ship.package, ship.real = results.FOLDER / "toy", package, real
    return ship


def test_what_is_made_can_be_read(toy):
    made = results.make("toy")
    assert made == results.manifest("toy")
    table = results.read("toy", "table.csv")
    assert table["name"].to_list() == ["a", "b"]
    assert table["value"].to_list() == [1, 3]
    arrays = results.read("toy", "arrays.npz")
    assert arrays["weights"].dtype == np.float16
    np.testing.assert_array_equal(arrays["weights"], [[0, 1, 2], [3, 4, 5]])
    assert list(made["inputs"]) == ["dermlab/data/facts.csv", "DERMLAB_DATA/rows.csv"]
    assert results.problems("toy") == []
    assert [path.name for path in results.FOLDER.iterdir()] == ["toy"]


def test_made_twice_the_files_are_the_same_bytes(toy):
    first = results.make("toy")["outputs"]
    assert results.make("toy")["outputs"] == first


def test_the_checksum_is_sha256_with_plain_line_ends(toy):
    import hashlib

    outputs = results.make("toy")["outputs"]
    path = toy.folder / "table.csv"
    assert outputs["table.csv"] == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # as git may on Windows
    assert results.problems("toy") == []
    assert len(results.read("toy", "table.csv")) == 2


@pytest.mark.parametrize("file", ["table.csv", "arrays.npz"])
def test_a_damaged_or_missing_file_is_not_read(toy, file):
    results.make("toy")
    path = toy.folder / file
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputError, match=f"toy/{file} is not the one .*make results NAME=toy"):
        results.read("toy", file)
    path.unlink()
    with pytest.raises(InputError, match=f"toy/{file} is missing: .*make results NAME=toy"):
        results.read("toy", file)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"inputs": {}}', "\udcff"])
def test_a_damaged_manifest_is_one_sentence(toy, text):
    results.make("toy")
    (toy.folder / "manifest.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=r"manifest.json is damaged: .*make results NAME=toy"):
        results.read("toy", "table.csv")
    (problem,) = results.problems("toy")
    assert "damaged" in problem


def test_unknown_names_are_answered_with_the_known_ones(toy):
    with pytest.raises(InputError, match=r"No result is called 'tyo'; there are .*ham10000_.*toy"):
        results.read("tyo", "table.csv")
    with pytest.raises(InputError, match="No result is called"):
        results.make("../toy")
    with pytest.raises(InputError, match=r"toy/manifest.json is missing"):
        results.read("toy", "table.csv")
    results.make("toy")
    with pytest.raises(InputError, match=r"has no file 'tabel.csv'; it has table.csv, arrays.npz"):
        results.read("toy", "tabel.csv")


def test_without_real_data_nothing_is_made_but_all_is_read(toy, monkeypatch):
    results.make("toy")
    monkeypatch.delenv("DERMLAB_DATA")
    with pytest.raises(InputError, match=r"DERMLAB_DATA/rows.csv, which is not there"):
        results.make("toy")
    monkeypatch.setenv("DERMLAB_DATA", str(toy.real / "elsewhere"))
    with pytest.raises(InputError, match=r"DERMLAB_DATA/rows.csv, which is not there"):
        results.make("toy")
    assert results.problems("toy") == []
    assert len(results.read("toy", "table.csv")) == 2


def test_every_kind_of_problem_is_found(toy):
    results.make("toy")

    def found():
        return " ".join(results.problems("toy"))

    (toy.folder / "notes.txt").write_text("left over")
    assert "holds notes.txt, which manifest.json does not name" in found()
    (toy.folder / "notes.txt").unlink()
    (toy.real / "rows.csv").write_text("x\n1\n")
    assert "another DERMLAB_DATA/rows.csv: it is not the one" in found()
    (toy.real / "rows.csv").unlink()
    assert found() == ""
    (toy.package / "data" / "facts.csv").write_text("n\n4\n")
    assert "another dermlab/data/facts.csv: it is not the one" in found()
    (toy.package / "data" / "facts.csv").unlink()
    assert "another dermlab/data/facts.csv: it is missing" in found()
    toy(reads=())
    assert "its maker has other inputs" in found()
    (toy.folder / "arrays.npz").unlink()
    assert "toy/arrays.npz is missing" in found()


def test_a_new_result_takes_the_earlier_ones_place_whole(toy):
    results.make("toy")
    toy(lambda inputs: {"other.csv": pd.DataFrame({"n": [1]})})
    results.make("toy")
    assert {path.name for path in toy.folder.iterdir()} == {"other.csv", "manifest.json"}
    assert [path.name for path in results.FOLDER.iterdir()] == ["toy"]


def objects(inputs):
    return {"table.csv": pd.DataFrame({"n": [1]}), "a.npz": {"o": np.array([{}], dtype=object)}}


def fails(inputs):
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("maker", "error"), [(fails, ZeroDivisionError), (objects, ValueError)], ids=["fails", "pickle"]
)
def test_a_run_that_fails_leaves_the_earlier_result(toy, maker, error):
    before = results.make("toy")
    toy(maker)
    with pytest.raises(error):
        results.make("toy")
    assert results.manifest("toy") == before
    assert len(results.read("toy", "table.csv")) == 2
    toy()
    results.make("toy")
    assert [path.name for path in results.FOLDER.iterdir()] == ["toy"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_is_killed_while_it_writes_leaves_the_earlier_result(toy):
    before = results.make("toy")
    program = f"""
import os, signal
from pathlib import Path
import pandas as pd
from dermlab.course import makers, results

class Last(pd.DataFrame):
    def to_csv(self, path, **options):
        Path(path).write_text("half a fi")
        os.kill(os.getpid(), signal.SIGKILL)

def maker(inputs):
    return {{"table.csv": pd.DataFrame({{"n": [1]}}), "second.csv": Last({{"n": [1]}})}}

results.FOLDER = Path({str(results.FOLDER)!r})
makers.RESULTS["toy"] = makers.Result(maker, "", "simulated", 1, 0.1, ())
results.make("toy")
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == -9
    assert results.manifest("toy") == before
    assert results.problems("toy") == []
    assert (results.FOLDER / ".toy.part" / "second.csv").exists()  # it was killed where meant
    results.make("toy")
    assert [path.name for path in results.FOLDER.iterdir()] == ["toy"]


def test_the_verb_makes_what_is_named_and_lists_all_else(toy, capsys):
    results.run(["toy"])
    assert re.fullmatch(r"made toy: 2 files in [\d.]+ min\n", capsys.readouterr().out)
    results.run([])
    listed = capsys.readouterr().out
    assert "  toy " in listed and "reads DERMLAB_DATA/rows.csv" in listed
    (toy.folder / "table.csv").unlink()
    with pytest.raises(InputError, match="No result is called 'tyo'"):
        results.run(["toy", "tyo"])
    assert not (toy.folder / "table.csv").exists()  # nothing is made before all names are known
