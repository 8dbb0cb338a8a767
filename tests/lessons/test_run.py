"""Notebooks run from fresh kernels, are re-used, and fail without stopping the others."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dermlab.errors import InputError
from dermlab.lessons import kernel, run

ALT = 'Reader points: "25" of 135 & below the curve'
FIGURE = f"""
import base64
from IPython.display import Image, display
pixel = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
display(Image(base64.b64decode(pixel), alt={ALT!r}))
"""
WIDGETS = """
import ipywidgets
ipywidgets.interact(lambda x: display(Image(base64.b64decode(pixel), alt=f"at {x}")), x=(0, 4))
ipywidgets.IntSlider()
"""
GOOD = [
    new_markdown_cell("# Good"),
    new_code_cell(FIGURE),
    new_code_cell(WIDGETS),
    new_code_cell("block = bytearray(200_000_000)\nimport time\ntime.sleep(0.6)"),
    new_code_cell(
        "import os, sys\nprint(os.environ.get('DERMLAB_DATA'), os.path.basename(os.getcwd()))\n"
        "print(sys.executable)\nprint(os.listdir(os.environ['DERMLAB_HOME']))"
    ),
]
BAD = [
    new_markdown_cell("# A lesson that fails"),
    new_code_cell("y = 0"),
    new_code_cell("def ratio(x):\n    return 1 / x\n\n\nratio(y)"),
    new_code_cell("print(y)", outputs=[new_output("stream", text="stale")], execution_count=3),
]


def write(folder, name, cells):
    path = folder / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Two notebooks, run once: one good, one that fails."""
    root = tmp_path_factory.mktemp("course")
    write(root / "notebooks", "01_good", GOOD)
    write(root / "notebooks", "02_bad", BAD)
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DERMLAB_DATA", "somewhere")
        patch.setattr(kernel, "CELL_TIMEOUT", 60)  # a reply that is seen late is seen then
        results = run.run(
            notebooks=root / "notebooks",
            out=root / "out",
            progress=lambda done, text: told.append((done, text)),
        )
    return root, results, told


def copy(course, name):
    return nbformat.read(course[0] / "out" / f"{name}.ipynb", as_version=4)


def test_a_good_notebook_runs(course):
    good = course[1][0]
    assert (good["name"], good["status"], good["error"]) == ("01_good", "run", None)
    assert 0.6 < good["seconds"] < 120
    assert good["peak_mb"] > 200  # it holds a block of 200 MB


def test_a_failure_is_located_and_what_follows_shows_nothing_stale(course):
    bad = course[1][1]
    assert bad["status"] == "failed"
    assert bad["error"] == "In [2], line 2: ZeroDivisionError: division by zero"
    assert copy(course, "02_bad").cells[-1].outputs == []


def test_a_widget_gives_way_to_the_figure_that_it_shows(course):
    outputs = copy(course, "01_good").cells[2].outputs
    (figure,) = [output for output in outputs if "image/png" in output.data]
    assert figure.metadata["image/png"]["alt"] == "at 2"
    assert not any(run.WIDGET in output.data for output in outputs)


def test_the_lessons_kernel_is_this_python_in_its_folder_without_data_and_answers(course):
    data, python, home = copy(course, "01_good").cells[-1].outputs[0].text.splitlines()
    assert home == "[]"
    assert data == "None notebooks"
    assert os.path.samefile(python, sys.executable)


def test_progress_goes_from_0_to_1(course):
    done = [share for share, _ in course[2]]
    assert done == sorted(done) and done[0] == 0 and done[-1] == pytest.approx(1)
    assert any("01_good" in text for _, text in course[2])


@pytest.fixture
def quick(tmp_path):
    """A folder with two notebooks that take no time, and a second sitting."""
    for name in ("01_a", "03_b", "deeper/03_c"):
        cells = [new_markdown_cell(f"# {name}"), new_code_cell(f"print({name!r})")]
        write(tmp_path / "notebooks", name, cells)
    return tmp_path


def statuses(quick, **options):
    results = run.run(notebooks=quick / "notebooks", out=quick / "out", **options)
    return {result["name"]: result["status"] for result in results}


def test_what_has_not_changed_is_reused(quick, monkeypatch):
    monkeypatch.setattr(run, "environment_checksum", lambda: "one")
    assert statuses(quick) == {"01_a": "run", "03_b": "run"}
    assert statuses(quick) == {"01_a": "reused", "03_b": "reused"}
    write(quick / "notebooks", "03_b", [new_markdown_cell("# B"), new_code_cell("print(3)")])
    assert statuses(quick) == {"01_a": "reused", "03_b": "run"}
    (quick / "out" / "01_a.ipynb").unlink()
    assert statuses(quick) == {"01_a": "run", "03_b": "reused"}
    assert statuses(quick, only=["01"], fresh=True) == {"01_a": "run"}
    (quick / "out" / "01_a.json").write_text('{"name": "01', encoding="utf-8")  # cut short
    assert statuses(quick, only=["01_a"]) == {"01_a": "run"}
    monkeypatch.setattr(run, "environment_checksum", lambda: "two")
    assert statuses(quick) == {"01_a": "run", "03_b": "run"}


def test_a_failed_notebook_is_run_again(quick, monkeypatch):
    monkeypatch.setattr(run, "environment_checksum", lambda: "one")
    write(quick / "notebooks", "01_a", BAD)
    assert statuses(quick, only=["01"]) == {"01_a": "failed"}
    assert statuses(quick, only=["01"]) == {"01_a": "failed"}


def test_second_sittings_run_only_when_asked_for(quick, monkeypatch):
    monkeypatch.setattr(run, "environment_checksum", lambda: "one")
    assert statuses(quick, only=["deeper/03"]) == {"deeper/03_c": "run"}
    expected = {"03_b": "run", "deeper/03_c": "reused"}
    assert statuses(quick, only=["03"], deeper=True) == expected
    assert list(statuses(quick, deeper=True)) == ["01_a", "03_b", "deeper/03_c"]
    assert list(statuses(quick)) == ["01_a", "03_b"]


def test_a_notebook_weighs_what_it_took_last_time(quick, monkeypatch):
    monkeypatch.setattr(run, "environment_checksum", lambda: "one")
    statuses(quick)
    for name, seconds in (("01_a", 30), ("03_b", 10)):
        record = quick / "out" / f"{name}.json"
        known = json.loads(record.read_text("utf-8")) | {"seconds": seconds}
        record.write_text(json.dumps(known), encoding="utf-8")
    told = []
    statuses(quick, fresh=True, progress=lambda done, text: told.append((done, text)))
    assert max(done for done, text in told if text.startswith("01_a")) == 0.75
    told.clear()
    write(quick / "notebooks", "03_b", [new_code_cell("1")])  # the other is ready, and weighs none
    statuses(quick, progress=lambda done, text: told.append((done, text)))
    assert told[0] == (0, "01_a: unchanged, re-used") and told[-1][0] == 1


def test_records_of_notebooks_that_are_gone_are_removed(quick):
    statuses(quick, deeper=True)
    (quick / "notebooks" / "01_a.ipynb").rename(quick / "notebooks" / "02_a.ipynb")
    statuses(quick, only=["03"])
    left = {path.name for path in (quick / "out").rglob("*") if path.is_file()}
    assert left == {"03_b.ipynb", "03_b.json", "03_c.ipynb", "03_c.json"}


def test_the_environment_is_sources_data_results_profile_and_versions(tmp_path, monkeypatch):
    package, shipped = tmp_path / "dermlab", tmp_path / "results" / "one"
    for folder in (package / "data", package / "__pycache__", shipped):
        folder.mkdir(parents=True)
    (package / "data" / "table.csv").write_text("a,1\n")
    monkeypatch.setattr(run.dermlab, "__file__", str(package / "__init__.py"))
    seen = [run.environment_checksum(), run.environment_checksum()]
    assert seen[0] == seen[1]
    (package / "__pycache__" / "x.pyc").write_text("compiled")
    assert run.environment_checksum() == seen[0]
    (package / "data" / "table.csv").write_text("a,2\n")
    seen.append(run.environment_checksum())
    (shipped / "table.csv").write_text("a,2\n")
    seen.append(run.environment_checksum())
    monkeypatch.setenv("DERMLAB_PROFILE", "laptop")
    seen.append(run.environment_checksum())
    monkeypatch.setattr(run.metadata, "distributions", list)
    seen.append(run.environment_checksum())
    assert len(set(seen)) == 5


@pytest.mark.parametrize("only", [["9"], ["03_b", "b"], ["0"], ["03_c"]])
def test_an_unknown_name_is_refused_with_the_known_ones(quick, only):
    with pytest.raises(InputError, match="01_a, 03_b, deeper/03_c"):
        run.choose(quick / "notebooks", only)


def test_names_are_stems_or_numbers_in_the_courses_order(quick):
    assert [p.stem for p in run.choose(quick / "notebooks", ["03", "01_a"])] == ["01_a", "03_b"]


def test_no_notebooks_and_a_broken_one_are_sentences(tmp_path):
    with pytest.raises(InputError, match="no notebook"):
        run.run(notebooks=tmp_path, out=tmp_path / "out")
    (tmp_path / "01_cut.ipynb").write_text('{"cells": [', encoding="utf-8")
    with pytest.raises(InputError, match="01_cut"):
        run.run(notebooks=tmp_path, out=tmp_path / "out")


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        (["1", "import time\ntime.sleep(60)"], "In [2]: took longer than 1 s"),
        (["import os\nos._exit(1)"], "In [1]: the kernel died (often: out of memory)"),
        (["x = (1,\n"], "In [1], line 1: SyntaxError:"),
        (["assert 1 == 2"], "In [1], line 1: AssertionError"),
        (["class Odd(Exception): ...\nraise Odd('two\\nlines')"], "In [1], line 2: Odd: two"),
    ],
)
def test_other_ways_to_fail(tmp_path, monkeypatch, cells, error):
    monkeypatch.setattr(kernel, "CELL_TIMEOUT", 1)
    write(tmp_path, "01_x", [new_code_cell(cell) for cell in cells])
    (result,) = run.run(notebooks=tmp_path, out=tmp_path / "out")
    assert result["status"] == "failed" and result["error"].startswith(error)
    assert "\n" not in result["error"]


def test_refresh_twice_gives_the_same_file_without_times_and_widgets(tmp_path):
    path = write(tmp_path, "01_good", GOOD)
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["nbformat_minor"] = 4  # an older notebook, without cell ids
    for cell in raw["cells"]:
        del cell["id"]
    raw["cells"][2]["metadata"] = {"tags": ["nbval-ignore-output"], "execution": {"iopub": "now"}}
    path.write_text(json.dumps(raw), encoding="utf-8")
    run.refresh(notebooks=tmp_path)
    first = path.read_bytes()
    run.refresh(["01"], notebooks=tmp_path)
    assert path.read_bytes() == first
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
    assert code[0].outputs[0].metadata["image/png"]["alt"] == ALT
    assert code[1].metadata == {"tags": ["nbval-ignore-output"]}
    assert book.metadata == run.KEPT_METADATA


@pytest.mark.parametrize("tag", ["claim", "hide-input"])
def test_claims_and_set_up_are_collapsed_in_jupyterlab(tag):
    cell = new_code_cell("1", metadata={"tags": [tag], "jupyter": {"outputs_hidden": True}})
    plain = new_code_cell("2", metadata={"tags": ["x"], "jupyter": {"source_hidden": True}})
    cells = run.strip(new_notebook(cells=[cell, plain])).cells
    assert [c.metadata for c in cells] == [
        {"tags": [tag], "jupyter": {"source_hidden": True}},
        {"tags": ["x"]},
    ]


def test_refresh_leaves_a_failing_notebook_as_it_was(tmp_path):
    path = write(tmp_path, "02_bad", BAD)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"02_bad.ipynb failed: In \[2\], line 2"):
        run.refresh(notebooks=tmp_path)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT to a process, as Windows cannot")
def test_an_interrupt_ends_the_run_and_the_kernel_and_leaves_nothing_to_reuse(tmp_path):
    started = tmp_path / "started"
    cell = f"import os, time\nopen({str(started)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    write(tmp_path / "notebooks", "01_long", [new_code_cell(cell)])
    write(tmp_path / "notebooks", "02_next", [new_code_cell("1")])
    program = textwrap.dedent(
        """
        import sys
        from dermlab.lessons import run
        try:
            run.run(notebooks=sys.argv[1] + "/notebooks", out=sys.argv[1] + "/out")
        except KeyboardInterrupt:
            sys.exit(130)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    while not (started.exists() and started.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
    assert not (tmp_path / "out" / "02_next.ipynb").exists()
    assert run.record(tmp_path / "out" / "01_long.ipynb") == {}
