"""The commands on tables of cases: cases, partition, split, leaks."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

NEVUS, MELANOMA = "melanocytic nevi", "malignant melanoma"

# --- cases ----------------------------------------------------------------------------------------


def test_cases_written_read_back_as_the_same_table(run, table, tmp_path):
    from dermlab.cases import sources

    odd = 'a "quoted", name\nof two lines; ß'
    pd.read_csv(table).assign(site=odd, remark="kept").to_csv(table, index=False)
    out, again = tmp_path / "out.csv", tmp_path / "again.csv"
    assert run("cases", table, "--out", out)[0] == 0
    assert run("cases", out, "--out", again)[0] == 0
    assert out.read_bytes() == again.read_bytes()
    first, second = (sources.read_cases(path).reset_index(drop=True) for path in (table, out))
    pd.testing.assert_frame_equal(first, second)
    assert set(second["site"]) == {odd}
    assert set(second["remark"]) == {"kept"}


def test_cases_says_how_many_and_what_is_unknown(run, table, tmp_path):
    status, out, err = run("cases", table, "--out", tmp_path / "out.csv", "--json")
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert (found["images"], found["lesions"], found["patients"]) == (60, 30, None)
    expected = {"melanoma": 24, "nevus": 36, "not used": 0}
    assert found["tasks"]["melanoma-vs-nevus"] == expected
    _, out, _ = run("cases", table, "--out", tmp_path / "out.csv")
    assert "60 images, 30 lesions, patients unknown, 2 diseases" in out


def test_rows_set_aside_keep_their_cells_and_no_row_is_lost(run, table, tmp_path):
    rows = pd.read_csv(table, dtype=str)
    rows.loc[3, "age"], rows.loc[7, "disease"] = "old", "melanoma, perhaps"
    rows.loc[9, "image_id"] = rows.loc[8, "image_id"]
    rows.to_csv(table, index=False)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    status, out, _ = run("cases", table, "--out", good, "--set-aside", bad)
    aside = pd.read_csv(bad, dtype=str).set_index("row")
    assert status == 0
    assert "4 rows set aside" in out
    assert list(aside.index) == ["5", "9", "10", "11"]  # lines of the file, the header is 1
    assert list(aside["image_id"]) == ["I03", "I07", "I08", "I08"]
    assert aside.loc["5", "age"] == "old"
    assert aside["reason"].str.len().gt(10).all()
    assert len(pd.read_csv(good)) == 56


def test_a_failed_write_leaves_nothing_half_done(run, table, tmp_path, monkeypatch):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("what was there")
    whole = pd.DataFrame.to_csv

    def full_disk(frame, path, **options):
        whole(frame, path, **options)
        if "reason" in frame:  # the second of the two tables
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    status, out, err = run("cases", table, "--out", good, "--set-aside", bad)
    assert (status, out) == (2, "")
    assert "No space left" in err
    assert good.read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.csv", "good.csv"]


def test_a_file_that_is_read_beside_the_source_is_not_overwritten(run, tmp_path):
    truth = tmp_path / "ISIC_2019_Training_GroundTruth.csv"
    beside = tmp_path / "ISIC_2019_Training_Metadata.csv"
    truth.write_text("image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\nI1,1,0,0,0,0,0,0,0,0\n")
    beside.write_text("image,age_approx,anatom_site_general,lesion_id,sex\nI1,50,,,male\n")
    before = beside.read_bytes()
    for arguments in (("--out", beside), ("--out", tmp_path / "o.csv", "--set-aside", beside)):
        status, _, err = run("cases", truth, *arguments)
        assert status == 2
        assert "would be overwritten" in err
    assert beside.read_bytes() == before


# --- partition ------------------------------------------------------------------------------------


def test_partition_puts_every_image_in_one_class_of_at_most_n(run, table):
    status, out, err = run("partition", table, "--max-class-size", 40, "--json")
    classes = json.loads(out)["classes"]
    assert status == 0
    assert "at most 40 images a class (asked for)" in err
    assert sum(c["n_images"] for c in classes) == 60
    assert {c["name"]: c["diseases"] for c in classes} == {MELANOMA: [MELANOMA], NEVUS: [NEVUS]}


def test_partition_takes_the_boundary_of_the_profile(run, table, monkeypatch):
    monkeypatch.delenv("DERMLAB_PROFILE", raising=False)
    assert (
        "at most 100 images a class (the default of profile classroom)"
        in run("partition", table)[2]
    )
    monkeypatch.setenv("DERMLAB_PROFILE", "paper")
    assert "at most 1 image a class (the default of profile paper)" in run("partition", table)[2]


def test_partition_by_a_tree_of_ones_own(run, table, tmp_path):
    tree = tmp_path / "tree.csv"
    tree.write_text("child,parent,n\nskin,,\nlump,skin,\nspot,skin,\nround spot,spot,\n")
    mine = pd.read_csv(table).assign(disease=["lump"] * 20 + ["spot"] * 15 + ["round spot"] * 25)
    mine.to_csv(table, index=False)
    arguments = ("partition", table, "--taxonomy", tree, "--max-class-size", 30, "--json")
    classes = json.loads(run(*arguments)[1])["classes"]
    found = {c["name"]: (c["n_images"], c["diseases"]) for c in classes}
    assert found == {
        "lump": (20, ["lump"]),
        "spot": (15, ["spot"]),
        "round spot": (25, ["round spot"]),
    }
    assert run("partition", table, "--max-class-size", 30)[0] == 2


# --- split and leaks ------------------------------------------------------------------------------


def test_split_tears_nothing_apart_and_leaks_agrees(run, table, tmp_path):
    split = tmp_path / "split.csv"
    status, out, _ = run("split", table, "--folds", 3, "--test", 0.25, "--out", split, "--json")
    found, written = json.loads(out), pd.read_csv(split)
    assert status == 0
    assert list(written.columns) == ["image_id", "group_id", "fold"]
    assert found["folds"] == [int((written["fold"] == k).sum()) for k in range(3)]
    assert found["test"]["share"] == pytest.approx((written["fold"] == -1).mean())
    lesions = pd.read_csv(table).set_index("image_id")["lesion_id"]
    assert written.groupby(written["image_id"].map(lesions))["fold"].nunique().max() == 1
    status, out, _ = run("leaks", table, split)
    assert status == 0
    assert "lesions: 0 straddle" in out
    assert "patients: not checkable (no patient_id in 60 of 60)" in out


def test_leaks_finds_a_shuffled_fold_whatever_the_split_says_of_groups(run, table, tmp_path):
    split = tmp_path / "split.csv"
    run("split", table, "--folds", 3, "--out", split)
    rows = pd.read_csv(split)
    rows["fold"] = np.random.default_rng(0).permutation(rows["fold"])
    rows["group_id"] = rows["image_id"]
    rows.to_csv(split, index=False)
    lesions = pd.read_csv(table).set_index("image_id")["lesion_id"]
    torn = int((rows.groupby(rows["image_id"].map(lesions))["fold"].nunique() > 1).sum())
    status, out, _ = run("leaks", table, split, "--json")
    found = json.loads(out)
    assert status == 1
    assert torn > 0
    assert found["lesions"] == {"straddling": torn, "missing": 0, "n": 60}
    assert found["patients"] is None


def test_pairs_tie_images_in_split_and_are_checked_by_leaks(run, table, tmp_path):
    pairs, split = tmp_path / "pairs.csv", tmp_path / "split.csv"
    pairs.write_text("image_id_a,image_id_b,distance\nI00,I59,0.1\nI10,I40,0.2\n")
    assert run("split", table, "--folds", 3, "--pairs", pairs, "--out", split)[0] == 0
    fold = pd.read_csv(split).set_index("image_id")["fold"]
    assert (fold["I00"], fold["I10"]) == (fold["I59"], fold["I40"])
    assert run("leaks", table, split, "--pairs", pairs)[0] == 0
    fold["I00"] = fold["I01"] = (fold["I59"] + 1) % 3
    fold.reset_index().to_csv(split, index=False)
    status, out, _ = run("leaks", table, split, "--pairs", pairs, "--json")
    assert (status, json.loads(out)["pairs"]["straddling"]) == (1, 1)


def test_a_search_that_found_no_pairs_is_no_bad_input(run, table, tmp_path):
    pairs, split = tmp_path / "pairs.csv", tmp_path / "split.csv"
    pairs.write_text("image_id_a,image_id_b,distance\n")
    assert run("split", table, "--folds", 3, "--pairs", pairs, "--out", split)[0] == 0
    status, out, _ = run("leaks", table, split, "--pairs", pairs, "--json")
    assert (status, json.loads(out)["pairs"]) == (0, {"straddling": 0, "missing": 0, "n": 60})


def test_a_split_by_no_id_at_all_is_refused(run, table, tmp_path):
    status, _, err = run("split", table, "--by", " , ", "--out", tmp_path / "s.csv")
    assert status == 2
    assert "names no id: give patient_id, lesion_id" in err


def test_a_warning_is_one_line_on_stderr(run, table, tmp_path):
    status, out, err = run("split", table, "--folds", 20, "--out", tmp_path / "s.csv", "--json")
    assert status == 0
    assert json.loads(out)["images"] == 60
    rare, unknown = err.splitlines()
    assert rare.startswith("warning: 2 diseases have fewer groups than the 20 folds")
    assert unknown.startswith("warning: patient_id is unknown for 60 of 60 images")


# --- duplicates -----------------------------------------------------------------------------------


@pytest.fixture
def photographs(table, tmp_path):
    """A picture an image: noise, but I01 is I00 darkened, I59 the same as I58, I05 one colour."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    pixels = rng.integers(60, 200, (60, 24, 24, 3)).astype(np.uint8)
    pixels[1], pixels[59], pixels[5] = pixels[0] * 0.7, pixels[58], 90
    for i, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"I{i:02}.png")
    return folder


def test_duplicates_feed_split_and_leaks(run, table, photographs, tmp_path):
    pairs, split = tmp_path / "pairs.csv", tmp_path / "split.csv"
    (photographs / "I59.png").rename(photographs / "I30.png")  # across two lesions
    Image.new("RGB", (24, 24), "white").save(photographs / "I59.png")
    asked = ("duplicates", table, "--images", photographs, "--out", pairs)
    status, out, err = run(*asked, "--json")
    found, written = json.loads(out), pd.read_csv(pairs)
    assert status == 0, err
    assert "warning: 2 pictures of a single colour, not compared." in err
    assert list(written.columns) == ["image_id_a", "image_id_b", "distance"]
    ends = [tuple(ends) for ends in written[["image_id_a", "image_id_b"]].to_numpy()]
    assert ends == [("I30", "I58"), ("I00", "I01")]
    assert written["distance"][0] == 0 < written["distance"][1] < 0.05
    assert (found["pairs"], found["identical"], found["across_lesions"]) == (2, 1, 1)
    assert (found["groups"], found["images_in_groups"], found["images"]) == (2, 4, 60)
    status, out, _ = run(*asked)
    assert "2 pairs of 60 images (1 at distance 0); 4 images in 2 groups." in out
    assert "Pairs across two lesion ids: 1" in out
    assert run("split", table, "--folds", 3, "--pairs", pairs, "--out", split)[0] == 0
    fold = pd.read_csv(split).set_index("image_id")["fold"]
    assert fold["I30"] == fold["I58"] == fold["I31"]
    assert run("leaks", table, split, "--pairs", pairs)[0] == 0
    status, _, _ = run(*asked, "--threshold", 0)
    assert len(pd.read_csv(pairs)) == 1


def test_the_commands_defaults_are_the_rooms(run, table, photographs, tmp_path):
    from dermlab.cases import duplicates

    asked = ("duplicates", table, "--images", photographs, "--out", tmp_path / "p.csv", "--json")
    found = json.loads(run(*asked)[1])
    assert (found["size"], found["threshold"]) == (duplicates.SIDE, duplicates.THRESHOLD)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--threshold", -1), "a distance of 0 or more, not -1"),
        (("--threshold", "nan"), "a distance of 0 or more, not nan"),
        (("--size", 2), "should be greater than or equal to 4"),
        (("--images", "clinic"), "name no folder beside it"),
    ],
)
def test_duplicates_that_cannot_be_looked_for(run, table, photographs, tmp_path, more, sentence):
    out = tmp_path / "pairs.csv"
    status, said, err = run("duplicates", table, "--images", photographs, "--out", out, *more)
    assert (status, said) == (2, "")
    assert sentence in err.splitlines()[-1]
    assert not out.exists()


def test_missing_pictures_are_named_or_passed_over(run, table, photographs, tmp_path):
    (photographs / "I40.png").unlink()
    asked = ("duplicates", table, "--images", photographs, "--out", tmp_path / "pairs.csv")
    status, _, err = run(*asked)
    assert status == 2 and "1 image of 60 not found" in err
    status, out, err = run(*asked, "--allow-missing", "--json")
    assert (status, json.loads(out)["missing"]) == (0, 1)
    assert "warning: 1 picture is left out: 1 missing (I40)" in err


def test_duplicates_start_no_backend(in_process, table, photographs, tmp_path):
    code = (
        "import sys; from dermlab.cli import main; status = main(); "
        "print('keras' in sys.modules); raise SystemExit(status)"
    )
    asked = ("duplicates", table, "--images", photographs, "--out", tmp_path / "pairs.csv")
    done = in_process(*asked, code=code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False"


# --- real data ------------------------------------------------------------------------------------


def test_ham10000_from_its_metadata_to_leaks(run, real_data, tmp_path):
    source, split = real_data / "HAM10000_metadata.csv", tmp_path / "split.csv"
    status, out, _ = run("cases", source, "--out", tmp_path / "cases.csv", "--json")
    found = json.loads(out)
    assert (status, found["images"], found["lesions"]) == (0, 10_015, 7_470)
    usable = found["tasks"]["melanoma-vs-nevus"]
    assert usable["melanoma"] + usable["nevus"] == 7_818
    assert run("split", tmp_path / "cases.csv", "--out", split)[0] == 0
    status, out, _ = run("leaks", source, split)
    assert status == 0
    assert "patients: not checkable (no patient_id in 10,015 of 10,015)" in out
    rows = pd.read_csv(split)
    rows.assign(fold=rows["fold"].sample(frac=1, random_state=0).to_numpy()).to_csv(
        split, index=False
    )
    status, out, _ = run("leaks", source, split, "--json")
    assert status == 1
    assert json.loads(out)["lesions"]["straddling"] > 1_000


def test_fitzpatrick17k_is_divided_without_loss(run, real_data):
    for boundary in (100, 300, 1000):
        arguments = ("--max-class-size", boundary, "--json")
        out = run("partition", real_data / "fitzpatrick17k.csv", *arguments)[1]
        classes = json.loads(out)["classes"]
        assert sum(c["n_images"] for c in classes) == 16_577
        diseases = [disease for c in classes for disease in c["diseases"]]
        assert len(diseases) == len(set(diseases)) == 114
        assert all(len(c["diseases"]) == 1 for c in classes if c["n_images"] > boundary)


# --- nothing left out in silence ------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Two classes, a picture that stands in both, and files of kinds that are not read."""
    rng = np.random.default_rng(1)
    for name in ("melanoma/a.jpg", "melanoma/b.tiff", "halo_nevus/c.png"):
        path = tmp_path / "skin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (30, 30, 3)).astype(np.uint8)).save(path)
    skin = tmp_path / "skin"
    (skin / "halo_nevus" / "again.jpg").write_bytes((skin / "melanoma" / "a.jpg").read_bytes())
    for name in ("melanoma/anim.jp2", "melanoma/IMG.DCM", "notes"):
        (skin / name).write_bytes(b"of a kind that is not read")
    return skin


def test_cases_of_a_folder_say_what_is_not_read_and_what_contradicts(run, folder, tmp_path):
    status, out, err = run("cases", folder, "--out", tmp_path / "c.csv", "--json")
    found = json.loads(out)
    assert (status, found["images"]) == (0, 4)
    assert "warning: 1 picture carries two diseases" in err and "again = a: " in err
    assert "all kept; --set-aside takes them out" in err
    assert {one["kind"]: one["n"] for one in found["not_read"]} == {".jp2": 1, ".dcm": 1, "": 1}
    assert found["two_diseases"] == [
        {"images": ["again", "a"], "diseases": ["halo nevus", "melanoma"]}
    ]
    status, out, err = run("cases", folder, "--out", tmp_path / "c.csv")
    assert status == 0 and "3 files of" in out and "melanoma/anim.jp2" in out
    assert "1 picture carries two diseases, one wrong or vaguer than the other: again = a" in err
    status, out, _ = run("cases", tmp_path / "c.csv", "--out", tmp_path / "d.csv", "--json")
    assert status == 0 and (json.loads(out)["not_read"], json.loads(out)["two_diseases"]) == (
        [],
        [],
    )


def test_set_aside_takes_out_every_copy_of_a_picture_under_two_labels(run, folder, tmp_path):
    asked = ("cases", folder, "--out", tmp_path / "c.csv", "--set-aside", tmp_path / "bad.csv")
    status, out, err = run(*asked, "--json")
    found, aside = json.loads(out), pd.read_csv(tmp_path / "bad.csv", dtype=str)
    assert (status, found["images"], found["set_aside"]) == (0, 2, 2)
    assert found["two_diseases"][0]["images"] == ["again", "a"] and "set aside, all copies" in err
    assert set(aside["image_id"]) == {"again", "a"}
    assert (aside["reason"] == "its picture stands under halo nevus and melanoma: again = a").all()
    assert list(pd.read_csv(tmp_path / "c.csv")["image_id"]) == ["c", "b"]


@pytest.mark.parametrize("command", ["partition", "split"])
def test_other_commands_that_read_a_folder_say_it_too(run, folder, tmp_path, command):
    more = ("--folds", 2, "--out", tmp_path / "s.csv") if command == "split" else ()
    status, _, err = run(command, folder, *more)
    assert status == 0 and "warning: 3 files of" in err and "IMG.DCM" in err


@pytest.mark.parametrize("rows", ["c,mole,x\n", "c,mole,x\nd,,x\n", "c\n"])
def test_a_table_without_a_good_row_is_not_written(run, tmp_path, rows):
    (tmp_path / "in.csv").write_text(f"image_id,disease,dataset\n{rows}")
    out, aside = tmp_path / "c.csv", tmp_path / "bad.csv"
    status, said, err = run("cases", tmp_path / "in.csv", "--out", out, "--set-aside", aside)
    assert (status, said) == (2, "") and err.count("\n") == 1
    assert "No row of" in err and not out.exists()
    assert len(pd.read_csv(aside)) == rows.count("\n")


def test_duplicates_of_two_diseases_are_named(run, table, photographs, tmp_path):
    (photographs / "I30.png").write_bytes((photographs / "I02.png").read_bytes())
    (photographs / "I31.png").write_bytes((photographs / "I03.png").read_bytes())
    asked = ("duplicates", table, "--images", photographs, "--out", tmp_path / "pairs.csv")
    status, out, _ = run(*asked, "--json")
    two = json.loads(out)["two_diseases"]
    assert status == 0
    assert [one["images"] for one in two] == [["I02", "I30"], ["I03", "I31"]]
    assert two[0]["diseases"] == ["malignant melanoma", "melanocytic nevi"]
    assert two[0]["distance"] == 0
    _, out, _ = run(*asked)
    assert (
        "2 pairs carry two diseases, one wrong or vaguer than the other: I02 = I30: malignant"
        in out
    )


def test_pictures_that_duplicates_leaves_out_are_told_apart(run, table, photographs, tmp_path):
    (photographs / "I40.png").unlink()
    cut = (photographs / "I41.png").read_bytes()[:300]
    (photographs / "I41.png").write_bytes(cut)
    asked = ("duplicates", table, "--images", photographs, "--out", tmp_path / "pairs.csv")
    status, out, err = run(*asked, "--allow-missing", "--json")
    assert status == 0 and json.loads(out)["left_out"] == {
        "missing": {"n": 1, "images": ["I40"]},
        "unreadable": {"n": 1, "images": ["I41"]},
    }
    assert "2 pictures are left out: 1 missing (I40), 1 unreadable (I41: " in err


# --- classes of one's own -------------------------------------------------------------------------


@pytest.fixture
def flowers(tmp_path):
    """Twelve pictures of three flowers, in a folder each."""
    for name in ("rose", "daisy", "tulip"):
        for k in range(4):
            path = tmp_path / "flowers" / name / f"{name}{k}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8), (20 * k, 0, 0)).save(path)
    return tmp_path / "flowers"


def test_a_folder_of_anything_goes_through_cases_partition_and_split(run, flowers, tmp_path):
    table = tmp_path / "cases.csv"
    found = json.loads(run("cases", flowers, "--out", table, "--classes", "own", "--json")[1])
    expected = {"daisy": 4, "rose": 4, "tulip": 4, "not used": 0}
    assert found["tasks"] == {"own": expected}
    classes = json.loads(run("partition", table, "--json")[1])["classes"]
    assert [(one["name"], one["n_images"]) for one in classes] == [
        ("daisy", 4),
        ("rose", 4),
        ("tulip", 4),
    ]
    assert run("split", table, "--folds", 2, "--out", tmp_path / "split.csv")[0] == 0


def test_own_classes_and_a_map_exclude_each_other(run, flowers, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("label,node\nrose,acne\n", encoding="utf-8")
    asked = ("cases", flowers, "--out", tmp_path / "c.csv", "--map", names)
    status, _, err = run(*asked, "--classes", "own")
    assert status == 2 and "give one" in err
    status, _, err = run(*asked)
    assert status == 2 and "2 sub-folders" in err and "translate them by --map" in err
    status, _, err = run("cases", flowers, "--out", tmp_path / "c.csv", "--classes", "theirs")
    assert status == 2 and "'own' or left out" in err


def test_a_folder_kept_as_it_is_says_why_a_picture_cannot_be_used(run, flowers, tmp_path):
    (flowers / "rose" / "rose0.jpg").write_bytes((flowers / "rose" / "rose0.png").read_bytes())
    status, _, err = run("cases", flowers, "--out", tmp_path / "c.csv", "--classes", "own")
    assert status == 2 and "2 rows of" in err and "image_id is 'rose0'" in err
    assert "no node" not in err and "dermlab cases --set-aside" in err


def test_classes_are_searched_by_a_word(run):
    nodes = json.loads(run("classes", "SEBORRHEIC KERATOSIS", "--json")[1])["nodes"]
    (node,) = nodes
    assert node["node"] == "seborrheic keratosis" and node["above"][0] == "benign epidermal"
    status, _, err = run("classes", "seborheic keratosis")
    assert status == 2 and "(the nearest is 'seborrheic keratosis')" in err
    assert len(json.loads(run("classes", "--json")[1])["nodes"]) > 150
