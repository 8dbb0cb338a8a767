"""The site: notebooks, README and report become pages that need no net and hide their answers."""

import importlib.util
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dermlab.errors import InputError
from dermlab.lessons import run, site

ROOT = Path(__file__).parents[2]
ALT = 'Reader points: "25" of 135 & below the curve'
SECOND = "A second figure of the same cell"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
TABLE = "<table><thead><tr><th></th><th>n</th></tr></thead><tr><td>a</td><td>1</td></tr></table>"
ANSWER = "<details><summary>Answer</summary>\n\nIt is *nine*.\n\n</details>"
QUESTION = "**01.1** Which *one* of 95 % × p?\n\n- **A.** the first_of_all\n- **B.** the second"
GOOD = [
    new_markdown_cell(
        "# Why $P[u]$ adds up\n\nSee *one* thing, in the [glossary](glossary.md#auc)."
    ),
    new_markdown_cell("$$P[u] = \\sum_v P[v]$$\n\nand [next](02_bad.ipynb)."),
    new_markdown_cell(f"## A question\n\nHow many?\n\n{ANSWER}"),
    new_code_cell(
        "draw()",
        outputs=[
            new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": ALT}})
        ],
    ),
    new_code_cell(
        "both()",
        outputs=[
            new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": alt}})
            for alt in (ALT, SECOND)
        ],
    ),
    new_code_cell("table", outputs=[new_output("display_data", {"text/html": TABLE})]),
    new_code_cell("assert True", metadata={"tags": ["claim"]}),
    new_code_cell("import dermlab", metadata={"tags": ["hide-input"]}),
    new_code_cell(
        'exercises.ask("01.1")',
        outputs=[
            new_output("display_data", {"text/markdown": QUESTION, "text/plain": QUESTION}),
            new_output("stream", name="stdout", text="01.1  not answered yet."),
        ],
    ),
]


def write(folder, name, cells):
    path = folder / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


class Page(HTMLParser):
    """What the tests ask of a page: its tags with their attributes, in order."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.html = [], path.read_text(encoding="utf-8")
        self.feed(self.html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The site of three notebooks: one stored, one run and failed, one second sitting."""
    root = tmp_path_factory.mktemp("site")
    folder = root / "notebooks"
    write(folder, "01_good", GOOD)
    write(folder, "02_bad", [new_markdown_cell("# Bad"), new_code_cell("1 / 0")])
    write(folder, "deeper/01_more", [new_markdown_cell("# More\n\nA second sitting.")])
    (folder / "glossary.md").write_text("# Glossary\n\n## AUC\n\nThe area.\n", encoding="utf-8")
    run.run(only=["02"], notebooks=folder, out=root / "build" / "notebooks")
    written = site.build(folder, root / "build")
    assert all(path.stat().st_size > 0 for path in written)
    return root / "build"


def lesson(built, name="01_good"):
    return Page(built / "site" / "notebooks" / f"{name}.html")


def test_answers_and_hidden_code_stay_closed(built):
    details = lesson(built).all("details")
    assert len(details) == 3 and not any("open" in attributes for attributes in details)
    for prompt in ("Show the check", "Show the set-up"):
        assert lesson(built).html.count(prompt) == 1


def test_an_exercise_is_set_as_text_with_its_options_as_a_list(built):
    article = lesson(built).html.partition("<article")[2]
    assert re.search(r"<strong>01\.1</strong> Which <em>one</em> of 95 % × p\?", article)
    assert re.search(r"<li>\s*<p><strong>A\.</strong> the first_of_all</p>", article)
    assert article.count("Which") == 1 and "**A.**" not in article


def test_a_figure_keeps_its_alternative_text(built):
    shown = [image.get("alt") for image in lesson(built).all("img")]
    assert [alt for alt in shown if alt in (ALT, SECOND)] == [ALT, ALT, SECOND]
    assert "both()" in lesson(built).html and "stands above" not in lesson(built).html


def test_the_readme_shows_its_pictures(built):
    page = built / "site" / "README.html"
    named = re.findall(r"!\[([^]]*)\]\(", (ROOT / "README.md").read_text(encoding="utf-8"))
    shown = {image.get("alt"): image["src"] for image in Page(page).all("img")}
    assert named and set(named) <= set(shown)
    assert all((page.parent / shown[alt]).is_file() for alt in named)


@pytest.mark.parametrize(
    "name", ["index", "report", "house", "README", "TEACHING", "notebooks/01_good"]
)
def test_a_page_asks_nothing_of_the_net(built, name):
    page = Page(built / "site" / f"{name}.html")
    sources = [tag.get("src") for kind in ("script", "img", "iframe") for tag in page.all(kind)]
    sources += [tag.get("href") for tag in page.all("link")]
    outside = [url for url in sources if url and (":" in url or url.startswith("//"))]
    assert not [url for url in outside if not url.startswith("data:image/png;base64,")]
    assert "@import" not in page.html and page.all("html")[0]["lang"] == "en"
    assert page.html.partition("<article")[2].count("<h1") == 1


def test_style_and_scripts_ask_nothing_of_the_net(built):
    for path in (built / "site" / "_static").rglob("*.css"):
        assert "@import url(http" not in path.read_text("utf-8")
        assert "url(http" not in path.read_text("utf-8").replace('url("', "url(")


def test_formulas_are_mathml(built):
    page = lesson(built)
    assert [math["display"] for math in page.all("math")].count("block") == 1
    assert "\\sum" not in page.html.partition("<article")[2] and "MathJax" not in page.html


def test_links_lead_to_pages(built):
    links = [a.get("href") for a in lesson(built).all("a")]
    assert "02_bad.html" in links and "glossary.html#auc" in links


def test_a_lesson_ends_with_its_second_sitting(built):
    links = [a.get("href") for a in lesson(built).all("a")]
    assert "deeper/01_more.html" in links and "Second sitting:" in lesson(built).html
    for name in ("02_bad", "deeper/01_more"):
        assert "Second sitting:" not in lesson(built, name).html


def test_a_table_has_no_empty_heading_and_can_be_scrolled_by_keyboard(built):
    html = lesson(built).html
    assert "<th></th>" not in html and 'tabindex="0"' in html[: html.index("<table")][-400:]


def test_a_failed_lesson_says_so(built):
    html = lesson(built, "02_bad").html
    assert "This lesson failed" in html and "In [1], line 1: ZeroDivisionError" in html
    assert "This lesson failed" not in lesson(built).html


def test_the_index_has_picture_line_and_state_of_every_lesson(built):
    page = Page(built / "site" / "index.html")
    assert "See one thing, in the glossary." in page.html
    assert "stored outputs" in page.html and "ZeroDivisionError" in page.html
    assert page.html.index("Second sittings") and "A second sitting." in page.html
    assert ALT in [image.get("alt") for image in page.all("img")]
    links = [a.get("href") for a in page.all("a")]
    for name in ("01_good", "02_bad", "deeper/01_more"):
        assert f"notebooks/{name}.html" in links


def test_search_knows_every_page(built):
    index = (built / "site" / "searchindex.js").read_text("utf-8")
    for name in ("notebooks/01_good", "notebooks/deeper/01_more", "report", "house", "README"):
        assert f'"{name}"' in index


def test_the_report_is_a_page_with_the_rows_of_the_json(built):
    rows = json.loads((built / "report.json").read_text("utf-8"))["rows"]
    page = Page(built / "site" / "report.html")
    assert page.html.count('<th scope="row">') == len(rows) + 3 * 9
    assert not any("open" in attributes for attributes in page.all("details"))


def test_the_house_names_every_file_by_its_docstring(built):
    html = Page(built / "site" / "house.html").html
    for path in (ROOT / "dermlab").rglob("*.py"):
        first = path.read_text("utf-8").strip()
        assert not first.startswith('"""') or path.name in html
    assert "dermlab/lessons/" in html and "read_cases" in html
    assert (
        html.index("dermlab/cases/") < html.index("dermlab/network/") < html.index("dermlab/cli/")
    )


def test_only_one_lesson_runs_and_the_others_keep_their_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "environment_checksum", lambda: "one")
    folder, out = tmp_path / "notebooks", tmp_path / "build"
    for name in ("01_a", "02_b"):
        write(folder, name, [new_markdown_cell(f"# {name}"), new_code_cell("print(6 * 7)")])
    run.run(only=["01"], notebooks=folder, out=out / "notebooks")
    site.build(folder, out)
    run.run(only=["02"], notebooks=folder, out=out / "notebooks")
    site.build(folder, out)
    for name in ("01_a", "02_b"):
        assert "42" in lesson(out, name).html
    write(folder, "01_a", [new_markdown_cell("# New")])  # what ran is not this notebook
    site.build(folder, out)
    assert "42" not in lesson(out, "01_a").html and "42" in lesson(out, "02_b").html


def test_what_is_missing_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(site.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="Sphinx"):
        site.check(ROOT / "notebooks")
    monkeypatch.setattr(site.dermlab, "__file__", str(tmp_path / "dermlab" / "__init__.py"))
    with pytest.raises(InputError, match="no folder site"):
        site.check(tmp_path / "notebooks")


def chromium(folder):
    """A headless Chromium; skipped where there is none."""
    (path,) = (ROOT / "tests").rglob("devtools.py")
    spec = importlib.util.spec_from_file_location("devtools", path)
    devtools = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(devtools)
    if devtools.CHROMIUM is None:
        pytest.skip("there is no Chromium")
    return devtools.Browser(folder)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One of 390 pixels, as a phone."""
    browser = chromium(tmp_path_factory.mktemp("browser"))
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.do("Emulation.setDeviceMetricsOverride", **phone)
    yield browser
    browser.close()


def visit(browser, url):
    browser.do("Page.navigate", url=url)
    browser.wait(f"document.readyState == 'complete' && location.href.startsWith({url!r})")


@pytest.mark.all
@pytest.mark.parametrize("name", ["index", "report", "house", "notebooks/01_good"])
def test_pages_from_disk_fit_a_phone_and_load_nothing_from_the_net(built, browser, name):
    visit(browser, (built / "site" / f"{name}.html").as_uri())
    assert browser.js("document.documentElement.scrollWidth") == 390
    assert browser.js("document.querySelectorAll('main details[open]').length") == 0
    loaded = browser.js("performance.getEntriesByType('resource').map(e => e.name)")
    assert all(url.startswith(("file:", "data:")) for url in loaded)


@pytest.mark.all
def test_search_from_disk_finds_a_lesson(built, browser):
    visit(browser, (built / "site" / "search.html").as_uri() + "?q=sitting")
    found = "[...document.querySelectorAll('#search-results a')].map(a => a.textContent)"
    assert browser.wait(f"{found}.includes('More')")


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """``page -> [(rule, impact, places, the first of them)]``: what axe-core finds in a page.

    The script comes with a package of pip, of which nothing else is used.
    """
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None:
        pytest.skip("no axe-core: pip install --no-deps axe-playwright-python")
    script = Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    browser = chromium(tmp_path_factory.mktemp("axe"))

    def violations(page):
        visit(browser, page.as_uri())
        browser.js(f"{script}; window.found = null; axe.run(document).then({AXE_ROWS}); 1")
        return json.loads(browser.wait("window.found"))

    yield violations
    browser.close()


INDEXES = {"genindex.html", "search.html"}
AXE_ROWS = """result => { window.found = JSON.stringify(result.violations.map(
  v => [v.id, v.impact, v.nodes.length, v.nodes[0].html.slice(0, 160)])) }"""


def severe(rows):
    return [row for row in rows if row[1] in ("critical", "serious")]


@pytest.mark.all
def test_axe_finds_a_picture_without_words(axe, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '<html lang="en"><title>x</title><main><h1>x</h1><img src="x.png"></main></html>'
    )
    assert [row[0] for row in severe(axe(page))] == ["image-alt"]


@pytest.mark.all
def test_no_page_of_the_course_shuts_a_reader_out(axe):
    site_ = ROOT / "build" / "site"
    folders = (".", "notebooks", "notebooks/deeper", "data_cards")
    pages = [page for folder in folders for page in sorted((site_ / folder).glob("*.html"))]
    pages = [page for page in pages if page.name not in INDEXES]  # those of Sphinx alone
    if not pages:
        pytest.skip("there is no build/site: run make course first")
    found = {page.relative_to(site_).as_posix(): severe(axe(page)) for page in pages}
    assert {name: rows for name, rows in found.items() if rows} == {}


def test_the_same_sources_give_the_same_pages(built, tmp_path):
    earlier = {path.name: path.read_bytes() for path in (built / "site").glob("*.html")}
    source = built / "site-source"
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-c", ROOT / "site"]
    subprocess.run([*command, source, tmp_path / "again"], check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").glob("*.html")} == earlier
