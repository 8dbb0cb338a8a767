"""The site: notebooks run from fresh kernels, are re-used, fail without stopping the others."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dermlab.errors import InputError
from dermlab.lessons import site

ALT = 'Reader points: "25" of 135 & below the curve'
FIGURE = f"""
import base64
from IPython.display import Image, display
pixel = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
display(Image(base64.b64decode(pixel), alt={ALT!r}))
"""
GOOD = [
    new_markdown_cell("# Why $P[u]$ adds up\n\nGoals: see *one* thing, with a [card](../card.md)."),
    new_markdown_cell(
        "Then $\\hat{p}$ and\n\n$$P[u] = \\sum_v P[v]$$\n\nand [next](02_bad.ipynb#x)."
    ),
    new_code_cell(FIGURE),
    new_code_cell("import ipywidgets\nipywidgets.IntSlider()"),
    new_code_cell("block = bytearray(200_000_000)\nimport time\ntime.sleep(0.6)"),
    new_code_cell(
        "import os, sys\nprint(os.environ.get('DERMLAB_DATA'), os.path.basename(os.getcwd()))\n"
        "print(sys.executable)"
    ),
]
BAD = [
    new_markdown_cell("# A lesson that fails"),
    new_code_cell("y = 0"),
    new_code_cell("def ratio(x):\n    return 1 / x\n\n\nratio(y)"),
    new_code_cell("print(y)", outputs=[new_output("stream", text="stale")], execution_count=3),
]


def write(folder, name, cells):
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


class Page(HTMLParser):
    """What the tests ask of a page: its tags with their attributes, in order."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Two notebooks, run once: one good, one that fails."""
    root = tmp_path_factory.mktemp("course")
    write(root / "notebooks", "01_good", GOOD)
    write(root / "notebooks", "02_bad", BAD)
    (root / "report.html").write_text("a report", encoding="utf-8")
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DERMLAB_DATA", "somewhere")
        results = site.run(
            notebooks=root / "notebooks",
            out=root / "site",
            progress=lambda done, text: told.append((done, text)),
        )
    site.build_index(results, root / "site")
    return root, results, told


def page(course, name):
    return (course[0] / "site" / f"{name}.html").read_text(encoding="utf-8")


def test_a_good_notebook_runs(course):
    good = course[1][0]
    assert (good["name"], good["status"], good["error"]) == ("01_good", "run", None)
    assert 0.6 < good["seconds"] < 120
    assert good["peak_mb"] > 200  # it holds a block of 200 MB


def test_a_failure_is_located_and_the_page_says_so(course):
    bad = course[1][1]
    assert bad["status"] == "failed"
    assert bad["error"] == "In [2], line 2: ZeroDivisionError: division by zero"
    html = page(course, "02_bad")
    assert "This lesson failed." in html and bad["error"] in html
    assert {"href": "#in-2"}.items() <= Page(html).all("a")[2].items()
    assert "stale" not in html


def test_a_good_page_has_no_banner(course):
    assert "This lesson failed." not in page(course, "01_good")


def test_a_figure_keeps_its_alternative_text(course):
    (image,) = Page(page(course, "01_good")).all("img")
    assert image["alt"] == ALT


@pytest.mark.parametrize("name", ["01_good", "02_bad", "index"])
def test_a_page_needs_no_net_and_no_script(course, name):
    html = page(course, name)
    parsed = Page(html)
    assert parsed.all("script") == [] and parsed.all("link") == [] and parsed.all("iframe") == []
    assert all(image["src"].startswith("data:") for image in parsed.all("img"))
    assert "url(" not in html and "@import" not in html
    assert parsed.all("html")[0]["lang"] == "en"
    assert len(parsed.all("title")) == 1 and len(parsed.all("h1")) == 1
    assert parsed.all("meta")[1]["content"].startswith("width=device-width")
    assert parsed.all("a")[0]["class"] == "skip"


def test_formulas_are_mathml(course):
    html = page(course, "01_good")
    assert [math["display"] for math in Page(html).all("math")] == ["inline", "inline", "block"]
    assert "$" not in html.partition("<main")[2]


def test_links_lead_to_pages_and_files(course):
    links = [a["href"] for a in Page(page(course, "01_good")).all("a")]
    assert "02_bad.html#x" in links
    assert "../card.md" in links  # from site/ as from notebooks/: the folder above


def test_the_lessons_kernel_is_this_python_in_its_folder_without_the_real_data(course):
    book = nbformat.read(course[0] / "site" / "01_good.ipynb", as_version=4)
    data, python = book.cells[-1].outputs[0].text.splitlines()
    assert data == "None notebooks"
    assert os.path.samefile(python, sys.executable)


def test_progress_goes_from_0_to_1(course):
    done = [share for share, _ in course[2]]
    assert done == sorted(done) and done[0] == 0 and done[-1] == 1
    assert any("01_good" in text for _, text in course[2])


def test_the_index_lists_lessons_with_title_opening_time_and_status(course):
    html = page(course, "index")
    links = [a["href"] for a in Page(html).all("a")]
    assert links[1:] == ["../report.html", "01_good.html", "02_bad.html"]
    assert "Why P[u] adds up" in html and "Goals: see one thing, with a card." in html
    assert "executed" in html and "ZeroDivisionError" in html


@pytest.fixture
def quick(tmp_path):
    """A folder with two notebooks that take no time."""
    write(tmp_path / "notebooks", "01_a", [new_markdown_cell("# A"), new_code_cell("print(1)")])
    write(tmp_path / "notebooks", "03_b", [new_markdown_cell("# B"), new_code_cell("print(2)")])
    return tmp_path


def statuses(quick, **options):
    results = site.run(notebooks=quick / "notebooks", out=quick / "site", **options)
    return {result["name"]: result["status"] for result in results}


def test_what_has_not_changed_is_reused(quick, monkeypatch):
    monkeypatch.setattr(site, "environment_checksum", lambda: "one")
    assert statuses(quick) == {"01_a": "run", "03_b": "run"}
    assert statuses(quick) == {"01_a": "reused", "03_b": "reused"}
    write(quick / "notebooks", "03_b", [new_markdown_cell("# B"), new_code_cell("print(3)")])
    assert statuses(quick) == {"01_a": "reused", "03_b": "run"}
    (quick / "site" / "01_a.html").unlink()
    assert statuses(quick) == {"01_a": "run", "03_b": "reused"}
    assert statuses(quick, only=["01"], fresh=True) == {"01_a": "run"}
    (quick / "site" / "01_a.json").write_text('{"name": "01', encoding="utf-8")  # cut short
    assert statuses(quick, only=["01_a"]) == {"01_a": "run"}
    monkeypatch.setattr(site, "environment_checksum", lambda: "two")
    assert statuses(quick) == {"01_a": "run", "03_b": "run"}


def test_a_failed_notebook_is_run_again(quick, monkeypatch):
    monkeypatch.setattr(site, "environment_checksum", lambda: "one")
    write(quick / "notebooks", "01_a", BAD)
    assert statuses(quick, only=["01"]) == {"01_a": "failed"}
    assert statuses(quick, only=["01"]) == {"01_a": "failed"}


def test_the_environment_is_sources_data_profile_and_versions(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "data" / "table.csv").write_text("a,1\n")
    monkeypatch.setattr(site.dermlab, "__file__", str(tmp_path / "__init__.py"))
    seen = [site.environment_checksum(), site.environment_checksum()]
    assert seen[0] == seen[1]
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("compiled")
    assert site.environment_checksum() == seen[0]
    (tmp_path / "data" / "table.csv").write_text("a,2\n")
    seen.append(site.environment_checksum())
    monkeypatch.setenv("DERMLAB_PROFILE", "laptop")
    seen.append(site.environment_checksum())
    monkeypatch.setattr(site.metadata, "distributions", list)
    seen.append(site.environment_checksum())
    assert len(set(seen)) == 4


def test_the_index_keeps_the_lessons_of_earlier_runs(quick):
    statuses(quick)
    results = site.run(only=["03"], notebooks=quick / "notebooks", out=quick / "site")
    html = site.build_index(results, quick / "site").read_text(encoding="utf-8")
    assert [a["href"] for a in Page(html).all("a")[1:]] == ["01_a.html", "03_b.html"]
    assert html.count("an earlier run") == 1


def test_the_index_forgets_lessons_that_are_gone_and_records_cut_short(quick):
    statuses(quick)
    (quick / "notebooks" / "01_a.ipynb").rename(quick / "notebooks" / "02_a.ipynb")
    results = site.run(only=["03"], notebooks=quick / "notebooks", out=quick / "site")
    (quick / "site" / "02_a.json").write_text("{", encoding="utf-8")
    html = site.build_index(results, quick / "site").read_text(encoding="utf-8")
    assert [a["href"] for a in Page(html).all("a")[1:]] == ["03_b.html"]


@pytest.mark.parametrize("only", [["9"], ["03_b", "b"], ["0"]])
def test_an_unknown_name_is_refused_with_the_known_ones(quick, only):
    with pytest.raises(InputError, match="01_a, 03_b"):
        site.choose(quick / "notebooks", only)


def test_names_are_stems_or_numbers_in_the_courses_order(quick):
    assert [p.stem for p in site.choose(quick / "notebooks", ["03", "01_a"])] == ["01_a", "03_b"]


def test_no_notebooks_and_a_broken_one_are_sentences(tmp_path):
    with pytest.raises(InputError, match="no notebook"):
        site.run(notebooks=tmp_path, out=tmp_path / "site")
    (tmp_path / "01_cut.ipynb").write_text('{"cells": [', encoding="utf-8")
    with pytest.raises(InputError, match="01_cut"):
        site.run(notebooks=tmp_path, out=tmp_path / "site")


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
    monkeypatch.setattr(site, "CELL_TIMEOUT", 1)
    write(tmp_path, "01_x", [new_code_cell(cell) for cell in cells])
    (result,) = site.run(notebooks=tmp_path, out=tmp_path / "site")
    assert result["status"] == "failed" and result["error"].startswith(error)
    assert "\n" not in result["error"]
    assert "This lesson failed." in (tmp_path / "site" / "01_x.html").read_text(encoding="utf-8")


def test_refresh_twice_gives_the_same_file_without_times_and_widgets(tmp_path):
    path = write(tmp_path, "01_good", GOOD)
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["nbformat_minor"] = 4  # an older notebook, without cell ids
    for cell in raw["cells"]:
        del cell["id"]
    raw["cells"][3]["metadata"] = {"tags": ["nbval-ignore-output"], "execution": {"iopub": "now"}}
    path.write_text(json.dumps(raw), encoding="utf-8")
    site.refresh(notebooks=tmp_path)
    first = path.read_bytes()
    site.refresh(["01"], notebooks=tmp_path)
    assert path.read_bytes() == first
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
    assert code[0].outputs[0].metadata["image/png"]["alt"] == ALT
    assert code[1].metadata == {"tags": ["nbval-ignore-output"]}
    assert list(code[1].outputs[0].data) == ["text/plain"]
    assert book.metadata == site.KEPT_METADATA


def test_refresh_leaves_a_failing_notebook_as_it_was(tmp_path):
    path = write(tmp_path, "02_bad", BAD)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"02_bad.ipynb failed: In \[2\], line 2"):
        site.refresh(notebooks=tmp_path)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT to a process, as Windows cannot")
def test_an_interrupt_ends_the_run_and_the_kernel(tmp_path):
    started = tmp_path / "started"
    cell = f"import os, time\nopen({str(started)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    write(tmp_path / "notebooks", "01_long", [new_code_cell(cell)])
    write(tmp_path / "notebooks", "02_next", [new_code_cell("1")])
    program = textwrap.dedent(
        """
        import sys
        from dermlab.lessons import site
        try:
            site.run(notebooks=sys.argv[1] + "/notebooks", out=sys.argv[1] + "/site")
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
    assert not (tmp_path / "site" / "02_next.html").exists()
