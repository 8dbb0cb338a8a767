"""Bad input: one sentence that names what and where, nothing written, no good row lost."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dermlab import cli


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Logs of defects go nowhere else, and the profile is the default."""
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("DERMLAB_PROFILE", raising=False)


# --- small good files -----------------------------------------------------------------------------

CASES = """image_id,lesion_id,disease,label_source,age,sex,dataset
A1,LA,malignant melanoma,biopsy,50,male,made
A2,LA,malignant melanoma,biopsy,50,male,made
B1,LB,melanocytic nevi,follow_up,,female,made
C1,LC,melanocytic nevi,follow_up,31,,made
D1,,melanocytic nevi,consensus,31,,made
"""
HAM = """lesion_id,image_id,dx,dx_type,age,sex,localization
H1,I1,mel,histo,80.0,male,scalp
H2,I2,nv,follow_up,40.0,female,back
H3,I3,bkl,consensus,,unknown,unknown
"""
FITZPATRICK = """md5hash,fitzpatrick_scale,fitzpatrick_centaur,label,nine_partition_label,\
three_partition_label,qc,url,url_alphanum
a1,3,3,psoriasis,inflammatory,non-neoplastic,,,
a2,-1,3,melanoma,malignant melanoma,malignant,,,
"""
PAD = """img_id,patient_id,lesion_id,diagnostic,fitspatrick,diameter_1,diameter_2,itch,grew,hurt,\
changed,bleed,elevation
P1.png,PAT_1,11,BCC,3.0,6.0,5.0,True,True,False,True,True,True
P2.png,PAT_2,12,NEV,2.0,6.0,5.0,True,True,False,True,True,True
"""
ISIC_2020 = """image_name,patient_id,sex,age_approx,anatom_site_general_challenge,diagnosis,\
benign_malignant,target
I1,IP_1,male,45,head/neck,unknown,benign,0
I2,IP_2,female,45,torso,melanoma,malignant,1
"""
TRUTH_2019 = """image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK
I1,1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0
I2,0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0
"""
METADATA_2019 = """image,age_approx,anatom_site_general,lesion_id,sex
I1,55,anterior torso,,female
I2,30,,L2,male
"""
TREE = """child,parent,n
skin,,
lump,skin,3
spot,skin,4
"""
SPLIT = """image_id,group_id,fold
A1,A1,0
A2,A1,0
B1,B1,1
C1,C1,1
D1,D1,0
"""
PAIRS = "image_id_a,image_id_b,distance\nA1,B1,0.1\n"
PREDICTIONS = """image,malignant melanoma,melanocytic nevi
A1,0.9,0.1
A2,0.6,0.4
B1,0.2,0.8
C1,0.7,0.3
D1,0.1,0.9
"""
READS = """reader_id,image_id,decision
R1,A1,1
R1,B1,0
#end,2
"""

CASES_OUT = "cases {d}/in.csv --out {d}/out.csv"
PARTITION = "partition {d}/in.csv"
TREE_OF_MINE = "partition {d}/cases.csv --taxonomy {d}/tree.csv"
SPLIT_OUT = "split {d}/in.csv --folds 2 --out {d}/out.csv"
LEAKS = "leaks {d}/cases.csv {d}/split.csv"
SCORE = "score {d}/predictions.csv {d}/truth.csv --task melanoma-vs-nevus"


def changed(text, old, new):
    """``text`` with ``old`` replaced once; it must be there."""
    assert old in text
    return text.replace(old, new, 1)


def isic2019(truth=TRUTH_2019, metadata=METADATA_2019):
    return {
        "ISIC_2019_Training_GroundTruth.csv": truth,
        "ISIC_2019_Training_Metadata.csv": metadata,
    }


ISIC_2019_OUT = "cases {d}/ISIC_2019_Training_GroundTruth.csv --out {d}/out.csv"

# name: (command, files, what the sentence must contain)
BAD = {
    # what is no CSV at all
    "no file": (CASES_OUT, {}, ["no file or folder", "in.csv"]),
    "empty file": (CASES_OUT, {"in.csv": ""}, ["in.csv is empty"]),
    "header only": (CASES_OUT, {"in.csv": CASES[: CASES.index("A1")]}, ["in.csv", "no rows"]),
    "blank lines only": (CASES_OUT, {"in.csv": "\n\n  \n"}, ["in.csv is empty"]),
    "UTF-16": (CASES_OUT, {"in.csv": CASES.encode("utf-16")}, ["in.csv", "UTF-16"]),
    "Latin-1": (
        CASES_OUT,
        {"in.csv": changed(CASES, "LB", "Lä").encode("latin-1")},
        ["not UTF-8", "line 4"],
    ),
    "a workbook": (CASES_OUT, {"in.csv": b"PK\x03\x04rest"}, ["in.csv", "Excel"]),
    "gzip": (CASES_OUT, {"in.csv": b"\x1f\x8brest"}, ["in.csv", "gzip"]),
    "semicolons": (CASES_OUT, {"in.csv": CASES.replace(",", ";")}, ["in.csv", "semicolons"]),
    "tabs": (CASES_OUT, {"in.csv": CASES.replace(",", "\t")}, ["in.csv", "tabs"]),
    "NUL in the header": (CASES_OUT, {"in.csv": "image_id\0" + CASES[8:]}, ["NUL", "header"]),
    "two equal columns": (
        CASES_OUT,
        {"in.csv": changed(CASES, ",age,", ",sex,")},
        ["twice", "sex"],
    ),
    "a column without name": (
        CASES_OUT,
        {"in.csv": changed(CASES, ",age,", ",,")},
        ["no name for column 5"],
    ),
    "an empty folder": (CASES_OUT, {"in.csv": None}, ["in.csv", "holds no image"]),
    "not recognised": (CASES_OUT, {"in.csv": "a,b\n1,2\n"}, ["in.csv is not recognised"]),
    "a column renamed": (
        CASES_OUT,
        {"in.csv": changed(HAM, "dx_type", "how")},
        ["not recognised", "ham10000", "dx_type"],
    ),
    # rows of a table of cases
    "NUL in a row": (CASES_OUT, {"in.csv": changed(CASES, "LB", "L\0")}, ["row 4", "B1", "NUL"]),
    "a cell too many": (CASES_OUT, {"in.csv": changed(CASES, "LB,", "LB,,")}, ["row 4", "8 cells"]),
    "a cell too few": (CASES_OUT, {"in.csv": changed(CASES, "LB,", "")}, ["row 4", "6 cells"]),
    "an open quote": (CASES_OUT, {"in.csv": changed(CASES, "LB", '"LB')}, ["row 4", "quote"]),
    "an id twice": (
        CASES_OUT,
        {"in.csv": changed(CASES, "B1", "A1")},
        ["2 rows", "row 2", "row 4"],
    ),
    "no id": (CASES_OUT, {"in.csv": changed(CASES, "B1", "")}, ["row 4", "image_id is missing"]),
    "no such disease": (
        CASES_OUT,
        {"in.csv": changed(CASES, "melanocytic nevi", "nevis")},
        ["row 4 (B1)", "'nevis'", "node of the taxonomy"],
    ),
    "no disease": (
        CASES_OUT,
        {"in.csv": changed(CASES, "melanocytic nevi", "")},
        ["row 4 (B1)", "disease is missing"],
    ),
    "an age in words": (
        CASES_OUT,
        {"in.csv": changed(CASES, "50", "old")},
        ["row 2 (A1)", "'old'"],
    ),
    "an age of 150": (CASES_OUT, {"in.csv": changed(CASES, "50", "150")}, ["row 2 (A1)", "'150'"]),
    "a negative age": (CASES_OUT, {"in.csv": changed(CASES, "50", "-5")}, ["row 2 (A1)", "'-5'"]),
    "an unknown sex": (CASES_OUT, {"in.csv": changed(CASES, "female", "w")}, ["row 4 (B1)", "sex"]),
    "an unknown label source": (
        CASES_OUT,
        {"in.csv": changed(CASES, "consensus", "guess")},
        ["row 6 (D1)", "'guess'", "biopsy"],
    ),
    "no data set": (CASES_OUT, {"in.csv": changed(CASES, "made", "")}, ["row 2 (A1)", "dataset"]),
    # the publishers' files
    "HAM10000: unknown dx": (
        CASES_OUT,
        {"in.csv": changed(HAM, "bkl", "xyz")},
        ["row 4 (I3)", "xyz"],
    ),
    "HAM10000: unknown dx_type": (
        CASES_OUT,
        {"in.csv": changed(HAM, "histo", "seen")},
        ["row 2 (I1)", "dx_type", "seen"],
    ),
    "HAM10000: an image twice": (CASES_OUT, {"in.csv": changed(HAM, "I2", "I1")}, ["2 rows", "I1"]),
    "Fitzpatrick17k: unknown label": (
        CASES_OUT,
        {"in.csv": changed(FITZPATRICK, "psoriasis", "hives?")},
        ["row 2 (a1)", "hives?"],
    ),
    "Fitzpatrick17k: skin type 9": (
        CASES_OUT,
        {"in.csv": changed(FITZPATRICK, "a1,3", "a1,9")},
        ["row 2 (a1)", "'9'"],
    ),
    "PAD-UFES-20: unknown code": (
        CASES_OUT,
        {"in.csv": changed(PAD, "BCC", "BCD")},
        ["row 2", "P1.png", "BCD"],
    ),
    "ISIC 2020: unknown diagnosis": (
        CASES_OUT,
        {"in.csv": changed(ISIC_2020, "head/neck,unknown", "head/neck,odd")},
        ["row 2 (I1)", "'odd'"],
    ),
    "ISIC 2020: target against diagnosis": (
        CASES_OUT,
        {"in.csv": changed(ISIC_2020, "malignant,1", "malignant,0")},
        ["row 3 (I2)"],
    ),
    "ISIC 2019: no Metadata": (
        ISIC_2019_OUT,
        {"ISIC_2019_Training_GroundTruth.csv": TRUTH_2019},
        ["Metadata"],
    ),
    "ISIC 2019: the Metadata itself": (CASES_OUT, {"in.csv": METADATA_2019}, ["GroundTruth"]),
    "ISIC 2019: two classes": (
        ISIC_2019_OUT,
        isic2019(truth=changed(TRUTH_2019, "I1,1.0,0.0", "I1,1.0,1.0")),
        ["row 2 (I1)", "single 1"],
    ),
    "ISIC 2019: no class": (
        ISIC_2019_OUT,
        isic2019(truth=changed(TRUTH_2019, "I1,1.0", "I1,0.0")),
        ["row 2 (I1)", "single 1"],
    ),
    "ISIC 2019: image without Metadata": (
        ISIC_2019_OUT,
        isic2019(metadata=changed(METADATA_2019, "I2,30,,L2,male\n", "")),
        ["row 3 (I2)", "Metadata"],
    ),
    "ISIC 2019: empty Metadata": (ISIC_2019_OUT, isic2019(metadata=""), ["Metadata.csv is empty"]),
    # trees
    "tree: no file": (TREE_OF_MINE, {"cases.csv": CASES}, ["tree.csv", "cannot be read"]),
    "tree: no parents": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": "child,n\na,1\n"},
        ["parent"],
    ),
    "tree: a cycle": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": TREE + "x,y,1\ny,x,1\n"},
        ["cycle", "'x'", "row 5"],
    ),
    "tree: its own parent": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": TREE + "x,x,1\n"},
        ["cycle", "'x'"],
    ),
    "tree: two parents": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": TREE + "lump,spot,1\n"},
        ["'lump' has two parents", "row 3", "row 5"],
    ),
    "tree: a row twice": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": TREE + "lump,skin,3\n"},
        ["'lump'", "twice"],
    ),
    "tree: an orphan": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": TREE + "x,spott,1\n"},
        ["orphan", "'spott'", "row 5", "'spot'"],
    ),
    "tree: two roots": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": TREE + "x,,1\n"},
        ["2 roots", "'x' (row 5)"],
    ),
    "tree: a negative count": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": changed(TREE, "3", "-3")},
        ["'-3'", "'lump'", "row 3", "negative"],
    ),
    "tree: a count in words": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": changed(TREE, "3", "three")},
        ["'three'", "row 3", "not a number"],
    ),
    "tree: half an image": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": changed(TREE, "3", "3.5")},
        ["'3.5'", "row 3", "fraction"],
    ),
    "tree: without the cases' diseases": (
        TREE_OF_MINE,
        {"cases.csv": CASES, "tree.csv": TREE},
        ["5 rows", "malignant melanoma", "node"],
    ),
    # split, leaks, pairs
    "split: one group for two folds": (
        SPLIT_OUT,
        {"in.csv": "\n".join(CASES.splitlines()[:3])},
        ["2 folds", "1 group"],
    ),
    "split: group by an id that is none": (
        SPLIT_OUT + " --by patient",
        {"in.csv": CASES},
        ["patient", "patient_id, lesion_id"],
    ),
    "split: three quarters for the test": (SPLIT_OUT + " --test 0.75", {"in.csv": CASES}, ["0.75"]),
    "split: a negative test part": (SPLIT_OUT + " --test -0.1", {"in.csv": CASES}, ["-0.1"]),
    "split: a test part that is no number": (SPLIT_OUT + " --test nan", {"in.csv": CASES}, ["nan"]),
    "split: pairs of strangers": (
        SPLIT_OUT + " --pairs {d}/pairs.csv",
        {"in.csv": CASES, "pairs.csv": changed(PAIRS, "B1", "Z9")},
        ["1 image_id", "Z9"],
    ),
    "split: pairs without ids": (
        SPLIT_OUT + " --pairs {d}/pairs.csv",
        {"in.csv": CASES, "pairs.csv": changed(PAIRS, "image_id_b", "b")},
        ["image_id_b"],
    ),
    "split: pairs that are ragged": (
        SPLIT_OUT + " --pairs {d}/pairs.csv",
        {"in.csv": CASES, "pairs.csv": PAIRS + "A1\n"},
        ["pairs.csv", "row 3"],
    ),
    "leaks: no fold": (
        LEAKS,
        {"cases.csv": CASES, "split.csv": changed(SPLIT, "fold", "part")},
        ["'fold'"],
    ),
    "leaks: an image without fold": (
        LEAKS,
        {"cases.csv": CASES, "split.csv": changed(SPLIT, "B1,B1,1", "B1,B1,")},
        ["1 image", "B1"],
    ),
    "leaks: half a fold": (
        LEAKS,
        {"cases.csv": CASES, "split.csv": changed(SPLIT, "B1,B1,1", "B1,B1,0.5")},
        ["B1 (0.5)"],
    ),
    "leaks: fold -2": (
        LEAKS,
        {"cases.csv": CASES, "split.csv": changed(SPLIT, "B1,B1,1", "B1,B1,-2")},
        ["B1 (-2)"],
    ),
    "leaks: other images": (
        LEAKS,
        {"cases.csv": CASES, "split.csv": changed(SPLIT, "B1,B1", "Z9,B1")},
        ["only in the cases (B1)", "only in the split (Z9)"],
    ),
    "leaks: an image twice": (
        LEAKS,
        {"cases.csv": CASES, "split.csv": SPLIT + "B1,B1,0\n"},
        ["more than once", "B1"],
    ),
    "leaks: no split": (LEAKS, {"cases.csv": CASES}, ["split.csv", "cannot be read"]),
    # scores
    "score: NaN": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": changed(PREDICTIONS, "0.9", "nan")},
        ["malignant melanoma of A1", "nan"],
    ),
    "score: above 1": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": changed(PREDICTIONS, "0.9", "1.9")},
        ["malignant melanoma of A1 is 1.9"],
    ),
    "score: an empty cell": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": changed(PREDICTIONS, "0.9", "")},
        ["malignant melanoma of A1"],
    ),
    "score: rows that do not sum to 1": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": changed(PREDICTIONS, "0.9", "0.8")},
        ["1 row of 5", "sum to 1", "A1"],
    ),
    "score: a column that is no node": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": changed(PREDICTIONS, "melanocytic nevi", "nevi")},
        ["'nevi'", "no node"],
    ),
    "score: an image twice": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": changed(PREDICTIONS, "B1", "A1")},
        ["2 rows", "A1"],
    ),
    "score: no ids": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": changed(PREDICTIONS, "image", "picture")},
        ["no column image"],
    ),
    "score: no probabilities": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": "image\nA1\n"},
        ["no column of probabilities"],
    ),
    "score: a prediction without truth": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": PREDICTIONS + "Z9,0.5,0.5\n"},
        ["1 image only in", "Z9", "--allow-missing"],
    ),
    "score: no image in common": (
        SCORE,
        {
            "truth.csv": CASES,
            "predictions.csv": "image,malignant melanoma,melanocytic nevi\nZ,1,0\n",
        },
        ["no image in common"],
    ),
    "score: a truth with two answers": (
        SCORE,
        {"truth.csv": "image,MEL,NV\nA1,1,1\n", "predictions.csv": PREDICTIONS},
        ["truth.csv", "A1", "single 1"],
    ),
    "score: a side without a case": (
        SCORE + " --label-source biopsy",
        {"truth.csv": CASES, "predictions.csv": PREDICTIONS},
        ["'nevus'", "biopsy"],
    ),
    "score: an unknown label source": (
        SCORE + " --label-source histology",
        {"truth.csv": CASES, "predictions.csv": PREDICTIONS},
        ["'histology'", "biopsy"],
    ),
    "score: a side without a column": (
        "score {d}/predictions.csv {d}/truth.csv --task carcinoma-vs-keratosis",
        {"truth.csv": CASES, "predictions.csv": PREDICTIONS},
        ["keratinocyte carcinoma", "seborrheic keratosis"],
    ),
    "score: no such task": (
        "score {d}/predictions.csv {d}/truth.csv --task melanoma",
        {"truth.csv": CASES, "predictions.csv": PREDICTIONS},
        ["'melanoma' is no task", "melanoma-vs-nevus"],
    ),
    "score: a damaged sidecar": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": PREDICTIONS, "predictions.csv.json": "{"},
        ["predictions.csv.json", "is damaged"],
    ),
    "score: a sidecar that is a list": (
        SCORE,
        {"truth.csv": CASES, "predictions.csv": PREDICTIONS, "predictions.csv.json": "[1]"},
        ["predictions.csv.json"],
    ),
    "score: a sidecar of other classes": (
        SCORE,
        {
            "truth.csv": CASES,
            "predictions.csv": PREDICTIONS,
            "predictions.csv.json": '{"classes": [{"name": "acne", "diseases": ["acne"]}]}',
        },
        ["acne"],
    ),
    "score: a sidecar whose classes have no names": (
        SCORE,
        {
            "truth.csv": CASES,
            "predictions.csv": PREDICTIONS,
            "predictions.csv.json": '{"classes": [1, 2]}',
        },
        ["sidecar", "classes", "name"],
    ),
    "score: damaged reads": (
        SCORE + " --reads {d}/reads.csv",
        {
            "truth.csv": CASES,
            "predictions.csv": PREDICTIONS,
            "reads.csv": changed(READS, "A1,1", "A1,2"),
        },
        ["reads.csv", "decision is '2'"],
    ),
    "score: a truth that is a folder": (
        SCORE,
        {"predictions.csv": PREDICTIONS, "truth.csv": None},
        [],
    ),
    "reads: no file": ("reads merge {d}/r.csv --out {d}/out.csv", {}, ["no file", "r.csv"]),
    "reads: a folder": ("reads merge {d}/r.csv --out {d}/out.csv", {"r.csv": None}, ["r.csv"]),
    # the command line
    "no command": ("fly", {}, ["fly"]),
    "an unknown option": (PARTITION + " --size 3", {"in.csv": CASES}, ["--size"]),
    "no --out": ("cases {d}/in.csv", {"in.csv": CASES}, ["--out"]),
    "no argument": ("partition", {}, ["CASES"]),
    "N of 0": (PARTITION + " --max-class-size 0", {"in.csv": CASES}, ["--max-class-size"]),
    "N in words": (PARTITION + " --max-class-size many", {"in.csv": CASES}, ["--max-class-size"]),
    "one fold": ("split {d}/in.csv --folds 1 --out {d}/out.csv", {"in.csv": CASES}, ["--folds"]),
    "a negative seed": (SPLIT_OUT + " --seed -1", {"in.csv": CASES}, ["--seed"]),
    "an endless seed": (SPLIT_OUT + " --seed 4294967296", {"in.csv": CASES}, ["--seed"]),
    "--out is a folder": (
        "cases {d}/in.csv --out {d}/sub",
        {"in.csv": CASES, "sub": None},
        ["sub is not a file"],
    ),
    "--out in no folder": (
        "cases {d}/in.csv --out {d}/none/out.csv",
        {"in.csv": CASES},
        ["no folder", "none"],
    ),
    "--out is the source": (
        "cases {d}/in.csv --out {d}/in.csv",
        {"in.csv": CASES},
        ["overwritten"],
    ),
    "--out is the file set aside": (
        CASES_OUT + " --set-aside {d}/out.csv",
        {"in.csv": CASES},
        ["one file"],
    ),
}


def write(folder: Path, files: dict) -> None:
    """Write the files of one entry; None stands for a folder."""
    for name, content in files.items():
        if content is None:
            (folder / name).mkdir()
        else:
            raw = content if isinstance(content, bytes) else content.encode("utf-8")
            (folder / name).write_bytes(raw)


def snapshot(folder: Path) -> dict:
    return {path: path.is_dir() or path.read_bytes() for path in folder.rglob("*")}


def run(capsys, command: str, folder: Path):
    status = cli.main([word.format(d=folder) for word in command.split()])
    return status, *capsys.readouterr()


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_writes_nothing(name, tmp_path, capsys):
    command, files, words = BAD[name]
    write(tmp_path, files)
    before = snapshot(tmp_path)
    status, out, err = run(capsys, command, tmp_path)
    lines = [line for line in err.splitlines() if not line.startswith("warning: ")]
    assert status == 2, err
    assert out == ""
    assert len(lines) == 1, err
    assert all(word in lines[0] for word in words), lines[0]
    assert len(lines[0]) > 20
    assert "Traceback" not in err
    assert snapshot(tmp_path) == before


def test_the_same_holds_for_json(tmp_path, capsys):
    write(tmp_path, {"in.csv": changed(CASES, "50", "old")})
    status, out, err = run(capsys, CASES_OUT + " --json", tmp_path)
    assert (status, out, len(err.splitlines())) == (2, "", 1)


def test_a_wrong_profile_is_bad_input(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DERMLAB_PROFILE", "lecture")
    write(tmp_path, {"in.csv": CASES})
    status, _, err = run(capsys, PARTITION, tmp_path)
    assert (status, len(err.splitlines())) == (2, 1)
    assert "'lecture'" in err


def test_a_cell_cannot_break_the_line_or_colour_the_terminal(tmp_path, capsys):
    write(tmp_path, {"in.csv": changed(CASES, "melanocytic nevi", '"two\nlines \x1b[31m"')})
    status, _, err = run(capsys, CASES_OUT, tmp_path)
    assert (status, len(err.splitlines())) == (2, 1)
    assert "\x1b" not in err


# --- set aside: no row lost -----------------------------------------------------------------------

SET_ASIDE = " --set-aside {d}/bad.csv"
# name: (files, lines of the file that are bad)
ROWS = {
    "NUL": ({"in.csv": changed(CASES, "LB", "L\0")}, [4]),
    "a cell too many": ({"in.csv": changed(CASES, "LB,", "LB,,")}, [4]),
    "a cell too few": ({"in.csv": changed(CASES, "LB,", "")}, [4]),
    "an open quote": ({"in.csv": changed(CASES, "LB", '"LB')}, [4]),
    "an id twice": ({"in.csv": changed(CASES, "B1", "A1")}, [2, 4]),
    "two bad rows of five": ({"in.csv": CASES.replace("50", "old")}, [2, 3]),
    "no such disease": ({"in.csv": changed(CASES, "melanocytic nevi", "nevis")}, [4]),
    "HAM10000": ({"in.csv": changed(HAM, "bkl", "xyz")}, [4]),
    "Fitzpatrick17k": ({"in.csv": changed(FITZPATRICK, "psoriasis", "hives?")}, [2]),
    "PAD-UFES-20": ({"in.csv": changed(PAD, "BCC", "BCD")}, [2]),
    "ISIC 2020": ({"in.csv": changed(ISIC_2020, "malignant,1", "malignant,0")}, [3]),
    "every row": (
        {"in.csv": HAM.replace("histo", "x").replace("_up", "").replace("cons", "")},
        [2, 3, 4],
    ),
    "none": ({"in.csv": CASES}, []),
}


@pytest.mark.parametrize("name", ROWS)
def test_set_aside_keeps_every_row_with_its_cells_and_reason(name, tmp_path, capsys):
    files, bad_lines = ROWS[name]
    write(tmp_path, files)
    status, _, err = run(capsys, CASES_OUT + SET_ASIDE, tmp_path)
    assert status == (2 if name == "every row" else 0), err
    assert (tmp_path / "out.csv").exists() == (name != "every row")
    good = [] if status else pd.read_csv(tmp_path / "out.csv", dtype=str)
    bad = pd.read_csv(tmp_path / "bad.csv", dtype=str, keep_default_na=False)
    lines = files["in.csv"].splitlines()
    assert bad["row"].astype(int).tolist() == bad_lines
    assert len(good) + len(bad) == len(lines) - 1
    assert (bad["reason"].str.len() > 10).all()
    for line, cells in zip(bad_lines, bad.drop(columns=["row", "reason"]).to_numpy(), strict=True):
        original = [cell for cell in lines[line - 1].split(",") if cell]
        assert [cell for cell in cells if cell] == original


def test_rows_set_aside_can_be_corrected_and_read_in_their_place(tmp_path, capsys):
    write(tmp_path, {"in.csv": changed(CASES, "50", "old")})
    assert run(capsys, CASES_OUT + SET_ASIDE, tmp_path)[0] == 0
    corrected = changed((tmp_path / "bad.csv").read_text(), "old", "older")
    (tmp_path / "bad.csv").write_text(corrected)
    again = "cases {d}/bad.csv --out {d}/more.csv --set-aside {d}/worse.csv"
    status, _, err = run(capsys, again, tmp_path)
    assert status == 2 and "has its 1 row, each with its reason" in err
    assert not (tmp_path / "more.csv").exists()
    worse = pd.read_csv(tmp_path / "worse.csv")
    assert (worse["row"].tolist(), worse["age"].tolist()) == ([2], ["older"])
    (tmp_path / "bad.csv").write_text(changed(corrected, "older", "60"))
    assert run(capsys, "cases {d}/bad.csv --out {d}/more.csv", tmp_path)[0] == 0
    assert pd.read_csv(tmp_path / "more.csv")["age"].tolist() == [60]


def test_isic2019_sets_the_lone_row_aside(tmp_path, capsys):
    write(tmp_path, isic2019(metadata=changed(METADATA_2019, "I2,30,,L2,male\n", "")))
    status, _, err = run(capsys, ISIC_2019_OUT + SET_ASIDE, tmp_path)
    assert status == 0, err
    assert pd.read_csv(tmp_path / "out.csv")["image_id"].tolist() == ["I1"]
    bad = pd.read_csv(tmp_path / "bad.csv")
    assert bad["image"].tolist() == ["I2"]
    assert bad["NV"].tolist() == [1.0]


DAMAGED_READS = {
    "no columns": "a;b;c\n1;2;3\n",
    "UTF-16": READS.encode("utf-16"),
    "a decision of 2": changed(READS, "A1,1", "A1,2"),
    "no image": changed(READS, "A1", ""),
    "a row too short": changed(READS, "R1,A1,1", "R1,A1"),
    "empty": "",
    "an end that counts otherwise": changed(READS, "#end,2", "#end,3"),
}


@pytest.mark.parametrize("name", DAMAGED_READS)
def test_damaged_reads_are_set_aside_and_the_good_ones_kept(name, tmp_path, capsys):
    good = READS.replace("R1", "R2")
    write(tmp_path, {"a.csv": DAMAGED_READS[name], "b.csv": good})
    command = "reads merge {d}/a.csv {d}/b.csv --out {d}/out.csv"
    status, _, err = run(capsys, command, tmp_path)
    assert status == 1
    assert err.startswith("set aside: ")
    assert "a.csv" in err
    assert "Traceback" not in err
    reads = pd.read_csv(tmp_path / "out.csv")
    assert reads.loc[reads["reader_id"] == "R2", "decision"].tolist() == [1, 0]
    aside = pd.read_csv(tmp_path / "out.csv.set-aside.csv")
    assert aside["file"].str.endswith("a.csv").all()
    assert aside["reason"].notna().all()


# --- any damage at all ----------------------------------------------------------------------------


@st.composite
def damaged(draw):
    """A small good file with a few random cuts, insertions and replacements of bytes."""
    raw = bytearray(draw(st.sampled_from([CASES, HAM, FITZPATRICK, PAD, ISIC_2020])).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        stop = draw(st.integers(at, min(len(raw), at + 12)))
        piece = st.sampled_from(
            [b",", b'"', b"\n", b"\r", b"\0", b";", b"-1", b"1e999", b"\xff", b" "]
        )
        raw[at:stop] = draw(st.one_of(st.binary(max_size=6), piece))
    return bytes(raw)


fuzz = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fuzz
@given(raw=damaged())
def test_no_damage_to_a_table_is_ever_our_defect(raw, tmp_path, capsys):
    path, out, bad = (tmp_path / name for name in ("in.csv", "out.csv", "bad.csv"))
    path.write_bytes(raw)
    arguments = ["cases", str(path), "--out", str(out)]
    strict = cli.main(arguments)
    message = capsys.readouterr().err
    assert strict in (0, 2), message
    assert len(message.splitlines()) == (strict == 2)
    lenient = cli.main([*arguments, "--set-aside", str(bad)])
    message = capsys.readouterr().err
    assert lenient in (0, 2), message
    assert strict == 2 or lenient == 0
    if lenient == 0:
        rows = list(csv.reader(io.StringIO(bad.read_text("utf-8"))))
        assert (len(rows) == 1) == (strict == 0)


@fuzz
@given(
    data=st.data(),
    name=st.sampled_from(["split.csv", "predictions.csv", "tree.csv", "pairs.csv", "reads.csv"]),
)
def test_no_damage_to_another_file_is_ever_our_defect(data, name, tmp_path, capsys):
    good = {
        "cases.csv": CASES,
        "truth.csv": CASES,
        "split.csv": SPLIT,
        "predictions.csv": PREDICTIONS,
        "tree.csv": TREE,
        "pairs.csv": PAIRS,
        "reads.csv": READS,
    }
    write(tmp_path, good)
    raw = bytearray(good[name].encode())
    at = data.draw(st.integers(0, len(raw)))
    stop = data.draw(st.integers(at, min(len(raw), at + 12)))
    raw[at:stop] = data.draw(st.binary(max_size=6))
    (tmp_path / name).write_bytes(raw)
    command = {
        "split.csv": LEAKS,
        "predictions.csv": SCORE,
        "tree.csv": TREE_OF_MINE,
        "pairs.csv": LEAKS + " --pairs {d}/pairs.csv",
        "reads.csv": "reads merge {d}/reads.csv --out {d}/out.csv",
    }[name]
    status, _, err = run(capsys, command, tmp_path)
    assert status in (0, 1, 2), err
    assert "Traceback" not in err
