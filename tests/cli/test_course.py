"""The commands of the course: doctor, course."""

import json

import pytest

from dermlab.cli import course


def test_doctor_ends_with_a_finding_where_a_need_is_missing(run, monkeypatch):
    from dermlab.lessons import doctor

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
    monkeypatch.setattr(course, "_notebooks", lambda: folder)
    monkeypatch.setenv("DERMLAB_PROFILE", "classroom")
    return folder


def test_course_builds_site_and_report_and_names_what_failed(run, lessons):
    status, out, err = run("course", "--only", "01", "--json")
    found, build = json.loads(out), lessons.parent / "build"
    assert status == 0
    assert [(n["name"], n["status"]) for n in found["notebooks"]] == [("01_good", "run")]
    for name in (
        "site/index.html",
        "site/notebooks/01_good.html",
        "site/report.html",
        "report.json",
    ):
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
    assert not (lessons.parent / "build").exists()


def test_course_runs_second_sittings_when_asked_and_refuses_before_running(
    run, lessons, monkeypatch
):
    from dermlab.lessons import site

    (lessons / "deeper").mkdir()
    (lessons / "01_good.ipynb").rename(lessons / "deeper" / "01_more.ipynb")
    status, out, _ = run("course", "--deeper", "--only", "01", "--json")
    assert [n["name"] for n in json.loads(out)["notebooks"]] == ["deeper/01_more"]
    monkeypatch.setattr(site.importlib.util, "find_spec", lambda name: None)
    status, out, err = run("course", "--fresh")
    assert (status, out) == (2, "") and "Sphinx" in err and "02_bad" not in err


def test_course_takes_a_profile_over_the_variable(run, lessons):
    status, out, _ = run("course", "--profile", "laptop", "--only", "01", "--json")
    assert (status, json.loads(out)["profile"]) == (0, "laptop")
