"""The verbs: the same with and without make, and an install that is made when it must be."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VERBS = ["help", "env", "course", "test", "test-all", "lab", "refresh", "results"]
VERBS += ["slides", "pins", "clean"]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """make.py, for a checkout in a temporary folder; its commands are recorded, not run."""
    spec = importlib.util.spec_from_file_location("make", ROOT / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    for name in ("VENV", "BIN", "PYTHON", "STAMP", "LOCK"):
        place = tmp_path / getattr(module, name).relative_to(ROOT)
        monkeypatch.setattr(module, name, place)
    for name in (module.RUNTIME, module.ON_TOP, "pyproject.toml"):
        (tmp_path / name).write_text(f"{name}\n")
    monkeypatch.setenv("DERMLAB_CACHE", "before")  # so that it is restored afterwards
    monkeypatch.delenv("DERMLAB_CACHE")
    monkeypatch.setattr(module, "has_pip", module.PYTHON.exists)
    module.ran = []

    def call(*command, **options):
        words = [str(part) for part in command]
        module.ran.append((words, options))
        if "venv" in words:
            shutil.rmtree(module.VENV, ignore_errors=True)
            module.PYTHON.parent.mkdir(parents=True)
            module.PYTHON.touch()
        if words[-1] == getattr(module, "fails_at", None):
            sys.exit(7)

    monkeypatch.setattr(module, "call", call)
    return module


def commands(make):
    """What was run since the last look, as lines without the folder."""
    lines = [" ".join(words) for words, _ in make.ran]
    make.ran.clear()
    return [line.replace(f"{make.ROOT}{os.sep}", "") for line in lines]


def test_the_makefile_forwards_exactly_the_verbs():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^VERBS = (.*)$", text, re.MULTILINE)[1].split() == VERBS


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_make_alone_shows_every_verb():
    variable = f"PYTHON={sys.executable}"
    done = subprocess.run(["make", variable], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"(?m)^  (\S+)", done.stdout) == VERBS
    assert done.stderr == ""


def test_an_unknown_verb_is_one_sentence(make, capsys):
    assert make.main(["tset"]) == 2
    assert "'tset'" in capsys.readouterr().err


def test_the_first_install_is_made_once(make):
    assert make.main(["env"]) == 0
    first = commands(make)
    assert [line.split()[1:3] for line in first] == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"]]
    assert first[1].endswith("-r requirements.txt") and first[2].endswith("--no-deps -e .")
    assert make.main(["env"]) == 0
    assert commands(make) == []


def test_the_tests_come_on_top_and_the_course_removes_nothing(make):
    make.main(["course"])
    first = commands(make)
    assert first[1].endswith("install -r requirements.txt")
    make.main(["test"])
    assert commands(make)[0].endswith("install -r requirements.txt -r requirements-test.txt")
    for verb in ("test", "course", "env", "test-all", "lab"):
        make.main([verb])
        assert not any("pip" in line.split() for line in commands(make)), verb


@pytest.mark.parametrize("verb", ["course", "lab", "refresh", "results"])
def test_only_the_tests_install_what_the_tests_need(make, verb):
    make.main([verb])
    assert "requirements-test.txt" not in " ".join(commands(make))


def test_a_changed_list_of_the_tests_is_installed_by_the_tests_alone(make):
    make.main(["test"])
    commands(make)
    (make.ROOT / make.ON_TOP).write_text("changed\n")
    make.main(["env"])
    assert commands(make) == []
    make.main(["test"])
    assert commands(make)[0].endswith("-r requirements-test.txt")


def test_what_the_course_installed_anew_the_tests_complete(make):
    make.main(["test"])
    (make.ROOT / make.RUNTIME).write_text("changed\n")
    make.main(["env"])
    commands(make)
    make.main(["env"])
    assert commands(make) == []
    make.main(["test"])
    assert commands(make)[0].endswith("-r requirements-test.txt")


def test_two_verbs_at_once_install_one_after_the_other(make, capsys):
    with make.one_at_a_time():
        other = threading.Thread(target=make.main, args=(["env"],))
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive() and commands(make) == []  # it waits
    other.join(timeout=10)
    assert len(commands(make)) == 3
    assert capsys.readouterr().out == "waiting for another make env …\n"


def test_one_verb_alone_waits_for_none(make, capsys):
    make.main(["env"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_list_is_installed_into_the_same_venv(make, name):
    make.main(["env"])
    commands(make)
    (make.ROOT / name).write_text("changed\n")
    make.main(["env"])
    assert [line.split()[2] for line in commands(make)] == ["pip", "pip"]


@pytest.mark.parametrize("step", ["requirements.txt", "."])
@pytest.mark.parametrize("before", [[], ["test"]], ids=["the first", "a later one"])
def test_a_killed_install_is_made_again_from_nothing(make, before, step):
    for verb in before:
        make.main([verb])
        (make.ROOT / make.RUNTIME).write_text("changed\n")
    make.fails_at = step
    with pytest.raises(SystemExit):
        make.main(["env"])
    make.fails_at = None
    commands(make)
    make.main(["env"])
    assert [line.split()[2] for line in commands(make)] == ["venv", "pip", "pip"]


def test_a_killed_install_of_the_tests_is_made_again_by_the_course(make):
    make.main(["env"])
    make.fails_at = make.ON_TOP
    with pytest.raises(SystemExit):
        make.main(["test"])
    make.fails_at = None
    commands(make)
    make.main(["course"])
    assert [line.split()[2] for line in commands(make)[:2]] == ["venv", "pip"]


def test_a_venv_of_the_users_own_is_kept(make):
    make.PYTHON.parent.mkdir(parents=True)
    make.PYTHON.touch()
    make.main(["env"])
    assert [line.split()[2] for line in commands(make)] == ["pip", "pip"]


@pytest.mark.parametrize("version", [(3, 10, 4), (3, 14, 0), (2, 7, 18)])
def test_another_python_is_one_sentence(make, monkeypatch, capsys, version):
    monkeypatch.setattr(make.sys, "version_info", version)
    assert make.main(["env"]) == 2
    error = capsys.readouterr().err
    assert "3.11, 3.12 or 3.13" in error and error.count("\n") == 1
    assert commands(make) == []


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_venv_module_is_one_sentence(make, monkeypatch, capsys, missing):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        make.importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    assert make.main(["course"]) == 2
    error = capsys.readouterr().err
    assert "venv" in error and error.count("\n") == 1
    assert commands(make) == []


def test_an_install_that_stands_needs_no_fitting_python(make, monkeypatch):
    make.main(["env"])
    monkeypatch.setattr(make.sys, "version_info", (3, 14, 0))
    assert make.main(["env"]) == 0


def test_course_passes_its_options(make):
    make.main(["course", "--only", "03"])
    assert commands(make)[-1].split(os.sep)[-1].split() == [
        f"dermlab{make.EXE}",
        "course",
        "--only",
        "03",
    ]


def test_results_passes_the_names(make):
    make.main(["results", "a_result", "another"])
    assert make.ran[-1][0][1:] == ["-m", "results.make", "a_result", "another"]


def results(*names):
    command = [sys.executable, "-m", "results.make", *names]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_results_alone_lists_every_shipped_result():
    """The program that the verb runs is one that Python can run, and it says what there is."""
    done = results()
    assert (done.returncode, done.stderr) == (0, "")
    shipped = {path.parent.name for path in ROOT.glob("results/*/manifest.json")}
    listed = re.findall(r"(?m)^  (\S+) +about [\d.]+ min", done.stdout)
    assert set(listed) == shipped and len(listed) == len(shipped) >= 3


def test_results_of_an_unknown_name_is_one_sentence():
    done = results("nonesuch")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'nonesuch'" in done.stderr and done.stderr.count("\n") == 1


def test_the_cache_is_the_checkouts_unless_the_user_names_one(make, monkeypatch):
    make.main(["help"])
    assert os.environ["DERMLAB_CACHE"] == str(make.ROOT / "build" / "cache")
    monkeypatch.setenv("DERMLAB_CACHE", "mine")
    make.main(["help"])
    assert os.environ["DERMLAB_CACHE"] == "mine"


def test_test_stops_at_the_first_failure_and_names_it(make, capsys):
    make.fails_at = "."
    make.STAMP.parent.mkdir()
    make.PYTHON.parent.mkdir()
    make.PYTHON.touch()
    make.STAMP.write_text(make.checksum(make.RUNTIME, make.ON_TOP))
    with pytest.raises(SystemExit, match="7"):
        make.main(["test"])
    assert len(commands(make)) == 1
    assert "failed: style" in capsys.readouterr().out


def test_the_stages_and_what_they_see(make, monkeypatch, capsys):
    monkeypatch.setenv("DERMLAB_DATA", "somewhere")
    make.install(make.RUNTIME, make.ON_TOP)
    commands(make)
    assert make.main(["test"]) == 0
    sees = [options["env"].get("DERMLAB_DATA") for _, options in make.ran]
    assert sees == ["somewhere"] * 4 + [None]  # no lesson sees the real data
    home = make.ran[-1][1]["env"]["DERMLAB_HOME"]
    assert home == str(make.ROOT / "build" / "nobody")  # nor what a student answered
    lines = commands(make)
    assert "-m not all" in lines[3] and "--nbval-sanitize-with tests/nbval.cfg" in lines[4]
    said = capsys.readouterr().out
    assert re.search(r"passed: style \d+ s, format .*, imports .*, tests .*, notebooks", said)
    make.main(["test-all"])
    assert "not all" not in commands(make)[3]


def test_clean_removes_what_was_built_and_no_more(make):
    make.main(["env"])
    (make.ROOT / "build" / "site").mkdir(parents=True)
    make.main(["clean"])
    assert not (make.ROOT / "build").exists()
    assert make.PYTHON.exists() and (make.ROOT / "requirements.txt").exists()


def test_pins_without_uv_is_one_sentence(make, monkeypatch, capsys):
    monkeypatch.setattr(make.shutil, "which", lambda name: None)
    assert make.main(["pins"]) == 2
    error = capsys.readouterr().err
    assert "uv" in error and error.count("\n") == 1
    assert commands(make) == []


def test_pins_makes_three_lists(make, monkeypatch):
    """The first list, what the tests need on top of it, and the first with another TensorFlow."""
    said = {
        "requirements.txt": (
            "# by make pins\ncolorama==1 ; sys_platform == 'win32'\n    # via rich\n"
            "tensorflow==2\ntensorflow-metadata==3\n"
        ),
        "requirements-test.txt": (
            "# by make pins\ncolorama==1 ; sys_platform == 'win32'\n    # via\n    #   rich\n"
            "hypothesis==4\n    # via dermlab (pyproject.toml)\ntensorflow==2\n"
        ),
        "binder/requirements.txt": "tensorflow-cpu==2\n",
    }
    record = make.call
    (make.ROOT / "binder").mkdir()
    (make.ROOT / "binder" / "runtime.txt").write_text("python-3.12\n")

    def call(*command, **options):
        record(*command, **options)
        output = command[command.index("-o") + 1]
        (make.ROOT / output).write_text(said[output])

    monkeypatch.setattr(make, "call", call)
    monkeypatch.setattr(make.shutil, "which", lambda name: "uv")
    assert make.main(["pins", "--upgrade"]) == 0
    binder = make.ran[2][1]["input"].decode()
    first, both, small = commands(make)
    assert "--universal --python-version 3.11" in first and first.endswith("--upgrade")
    assert "--extra test" not in first
    assert "--extra test -c requirements.txt" in both and both.endswith("--upgrade")
    assert "--universal" not in small and "--python-version 3.12" in small
    assert binder == said["requirements.txt"].replace("tensorflow==", "tensorflow-cpu==")
    assert (make.ROOT / "requirements.txt").read_text() == said["requirements.txt"]
    on_top = "# by make pins\nhypothesis==4\n    # via dermlab (pyproject.toml)\n"
    assert (make.ROOT / "requirements-test.txt").read_text() == on_top
