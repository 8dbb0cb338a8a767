"""The command: what it prints, writes and returns, in this process and as a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dermlab import cli

COMMANDS = {"doctor", "course", "cases", "partition", "split", "leaks", "score", "reads"}
HEAVY = {"tensorflow", "keras", "matplotlib", "umap", "pandera", "sklearn", "scipy", "statsmodels"}
HEAVY |= {"pandas", "numpy"}
NEVUS, MELANOMA = "melanocytic nevi", "malignant melanoma"


@pytest.fixture(autouse=True)
def classroom(monkeypatch):
    monkeypatch.delenv("DERMLAB_PROFILE", raising=False)


@pytest.fixture
def run(capsys):
    """Run the command in this process: status, stdout, stderr."""

    def run_command(*arguments):
        status = cli.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run_command


@pytest.fixture
def in_process(tmp_path):
    """Run the command, or Python code, as a process of its own."""

    def start(*arguments, code="from dermlab.cli import main; raise SystemExit(main())", **options):
        command = [sys.executable, "-c", code, *map(str, arguments)]
        environment = os.environ | {"DERMLAB_CACHE": str(tmp_path / "cache")}
        environment |= options.pop("env", {})
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=environment, **options
        )

    return start


@pytest.fixture
def table(tmp_path):
    """60 cases of 30 lesions, two photographs each, 12 of them melanomas."""
    rows = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(60)]})
    rows["lesion_id"] = [f"L{i // 2:02}" for i in range(60)]
    rows["disease"] = [MELANOMA if i < 24 else NEVUS for i in range(60)]
    rows["label_source"], rows["age"], rows["dataset"] = "biopsy", 40.5, "made"
    path = tmp_path / "cases.csv"
    rows.to_csv(path, index=False)
    return path


# --- help, usage, imports -------------------------------------------------------------------------


def test_alone_it_prints_its_help_and_ends_well(run):
    status, out, err = run()
    assert status == 0
    assert "Usage: dermlab" in out
    assert err == ""
    assert run("--help")[:2] == (0, out)


def test_help_lists_exactly_the_commands(run):
    _, out, _ = run("--help")
    lines = out[out.index("Commands") :].splitlines()
    assert {line.split()[1] for line in lines if re.match(r"│ \w", line)} == COMMANDS
    _, out, _ = run("reads", "--help")
    assert "merge" in out[out.index("Commands") :]


@pytest.mark.parametrize("command", [*sorted(COMMANDS), "reads merge"])
def test_every_command_has_help(run, command):
    status, out, err = run(*command.split(), "--help")
    assert (status, err) == (0, "")
    assert f"dermlab {command}" in out


def test_neither_import_nor_help_loads_anything_heavy(in_process):
    code = (
        "import sys, dermlab.cli; status = dermlab.cli.main(['--help']); "
        f"print('LOADED', sorted({HEAVY} & set(sys.modules)))"
    )
    done = in_process(code=code)
    assert done.stdout.splitlines()[-1] == "LOADED []", done.stderr


def test_help_takes_less_than_three_times_the_import_of_pandas(in_process):
    def seconds(**how):
        start = time.perf_counter()
        assert in_process("--help", **how).returncode == 0
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 3 * min(seconds(code="import pandas") for _ in "abc")


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
        if "bad" in str(path):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    status, out, err = run("cases", table, "--out", good, "--set-aside", bad)
    assert (status, out) == (2, "")
    assert "No space left" in err
    assert good.read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.csv", "good.csv"]


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


def test_a_warning_is_one_line_on_stderr(run, table, tmp_path):
    status, out, err = run("split", table, "--folds", 20, "--out", tmp_path / "s.csv", "--json")
    assert status == 0
    assert json.loads(out)["images"] == 60
    rare, unknown = err.splitlines()
    assert rare.startswith("warning: 2 diseases have fewer groups than the 20 folds")
    assert unknown.startswith("warning: patient_id is unknown for 60 of 60 images")


# --- score and reads ------------------------------------------------------------------------------


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


# --- doctor and course ----------------------------------------------------------------------------


def test_doctor_ends_with_a_finding_where_a_need_is_missing(run, monkeypatch):
    from dermlab.course import doctor

    fine = doctor.Finding("Python", "3.12")
    lack = doctor.Finding("memory", "0.3 GB", good=False, fix="close other programs")
    monkeypatch.setattr(doctor, "examine", lambda: [fine])
    status, out, _ = run("doctor", "--json")
    assert (status, json.loads(out)["good"]) == (0, True)
    monkeypatch.setattr(doctor, "examine", lambda: [fine, lack])
    status, out, _ = run("doctor")
    assert status == 1
    assert "MISSING: close other programs" in out
    assert "Missing: memory." in out
    assert json.loads(run("doctor", "--json")[1])["findings"][1]["fix"] == "close other programs"


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """A folder of two notebooks, the second of which fails."""
    import nbformat.v4 as v4
    from nbformat import write

    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name, source in {"01_good": "print(1 + 1)", "02_bad": "1 / 0"}.items():
        cells = [v4.new_markdown_cell(f"# {name}\n\nA lesson."), v4.new_code_cell(source)]
        write(v4.new_notebook(cells=cells), folder / f"{name}.ipynb")
    monkeypatch.setattr(cli, "_notebooks", lambda: folder)
    monkeypatch.setenv("DERMLAB_PROFILE", "classroom")
    return folder


def test_course_builds_site_and_report_and_names_what_failed(run, lessons):
    status, out, err = run("course", "--only", "01", "--json")
    found, build = json.loads(out), lessons.parent / "build"
    assert status == 0
    assert [(n["name"], n["status"]) for n in found["notebooks"]] == [("01_good", "run")]
    for name in ("site/index.html", "site/01_good.html", "report.html", "report.json"):
        assert (build / name).stat().st_size > 0
    status, out, err = run("course")
    assert status == 1
    assert "02_bad failed: " in err
    assert "ZeroDivisionError" in err
    assert "re-used, nothing had changed: 01_good" in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize("flag", [("--only", "7"), ("--only", ","), ("--profile", "lecture")])
def test_course_refuses_a_notebook_or_profile_that_is_not_there(run, lessons, flag):
    status, out, err = run("course", *flag)
    assert (status, out) == (2, "")
    assert repr(flag[1])[1:-1] in err
    assert not (lessons.parent / "build" / "report.html").exists()


def test_course_takes_a_profile_over_the_variable(run, lessons):
    status, out, _ = run("course", "--profile", "laptop", "--only", "01", "--json")
    assert (status, json.loads(out)["profile"]) == (0, "laptop")


# --- how a process ends ---------------------------------------------------------------------------


def test_a_defect_is_one_line_and_a_log(run, table, tmp_path, monkeypatch):
    from dermlab.cases import sources

    def broken(*_, **__):
        raise KeyError("no such thing")

    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sources, "read_cases", broken)
    status, out, err = run("partition", table)
    assert (status, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    log = Path(err.strip().rsplit(" ", 1)[1])
    assert log.is_relative_to(tmp_path / "cache")
    assert "KeyError: 'no such thing'" in log.read_text()
    (tmp_path / "cache" / "logs").rename(tmp_path / "cache" / "old")
    (tmp_path / "cache" / "logs").write_text("a file in the way")
    assert run("partition", table)[0] == 3


WAITING = """
import sys, time
from dermlab import cli
from dermlab.cases import sources
def wait(*_, **__):
    print("waiting", flush=True)
    time.sleep(60)
sources.read_cases = sources.read = wait
raise SystemExit(cli.main())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one child process")
@pytest.mark.parametrize("command", ["partition", "split --out {out}", "cases --out {out}"])
def test_ctrl_c_gives_130_and_leaves_no_file(table, tmp_path, command):
    name, *options = command.format(out=tmp_path / "out.csv").split()
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, name, str(table), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["cases.csv"]


HALF = """
import sys, time
import pandas as pd
from dermlab import cli
def half(frame, path, **options):
    path.write_text("image_id,les")
    print("waiting", flush=True)
    time.sleep(60)
pd.DataFrame.to_csv = half
raise SystemExit(cli.main())
"""


def test_a_run_killed_while_it_writes_leaves_what_was_there(table, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("what was there")
    process = subprocess.Popen(
        [sys.executable, "-c", HALF, "cases", str(table), "--out", str(out)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "waiting\n"
    process.kill()
    process.communicate(timeout=20)
    assert out.read_text() == "what was there"


@pytest.mark.skipif(os.name == "nt", reason="Windows pipes break otherwise")
def test_a_reader_that_leaves_is_no_defect(table):
    code = "from dermlab.cli import main; raise SystemExit(main())"
    shell = f'"$0" -c "{code}" partition "$1" --json | true; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", shell, sys.executable, str(table)], capture_output=True, text=True
    )
    assert done.returncode == 141
    assert done.stderr.splitlines() == [
        "at most 100 images a class (the default of profile classroom)"
    ]


def test_a_console_without_the_letters_still_gets_the_table(in_process, table):
    done = in_process("partition", table, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert "1 training class of 60 images" in done.stdout


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
