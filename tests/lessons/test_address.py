"""The one address, and what follows from it: links, a badge; nothing while it is empty."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest

from dermlab.errors import InputError
from dermlab.lessons import address, site

ROOT = Path(__file__).parents[2]
FIRST = "notebooks/00_start_here.ipynb"


def checkout(folder, lines):
    (folder / "pyproject.toml").write_text(f'[project]\nname = "x"\n{lines}', encoding="utf-8")
    return folder


@pytest.mark.parametrize("lines", ["", "[project.urls]\n", '[project.urls]\nOther = "x"\n'])
def test_without_an_address_there_is_no_repository(tmp_path, lines):
    assert address.repository(checkout(tmp_path, lines)) is None


@pytest.mark.parametrize("end", ["", ".git", "/"])
def test_the_repository_is_owner_and_name(tmp_path, end):
    lines = f'[project.urls]\nRepository = "https://github.com/a-b/c.d{end}"\n'
    assert address.repository(checkout(tmp_path, lines)) == "a-b/c.d"


@pytest.mark.parametrize(
    "url", ["", "https://example.org/a/b", "github.com/a/b", "https://github.com/a"]
)
def test_another_address_is_refused_in_a_sentence(tmp_path, url):
    with pytest.raises(InputError, match=r"https://github\.com/OWNER/NAME"):
        address.repository(checkout(tmp_path, f'[project.urls]\nRepository = "{url}"\n'))


def test_links_name_a_page_that_is_there():
    url = urlsplit(address.binder("a/b", FIRST))
    assert url.path == "/v2/gh/a/b/main"
    (place,) = parse_qs(url.query)["urlpath"]
    assert (ROOT / place.removeprefix("lab/tree/")).exists()
    assert address.colab("a/b", FIRST).endswith(f"/github/a/b/blob/main/{FIRST}")
    assert address.install_line("a/b").endswith("pip install -q -e b")


def test_the_readme_has_the_badge_of_the_address_or_none():
    name, readme = address.repository(ROOT), (ROOT / "README.md").read_text("utf-8")
    wanted = [address.badge(name, FIRST)] if name else []
    found = [line for line in readme.splitlines() if "badge_logo.svg" in line]
    assert found == wanted, f"README.md needs as its third line: {wanted}"


@pytest.mark.parametrize("url", [None, "https://github.com/a/b"])
def test_a_lessons_page_says_where_it_opens(tmp_path, url):
    root = checkout(tmp_path, f'[project.urls]\nRepository = "{url}"\n' if url else "")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One\n\nText.")])
    (root / "notebooks").mkdir()
    nbformat.write(notebook, root / "notebooks" / "01_one.ipynb")
    site.gather(root / "notebooks", root, root / "build", root / "source")
    page = site.run.read(root / "source" / "notebooks" / "01_one.ipynb")
    texts = [cell.source for cell in page.cells]
    assert len(texts) == (2 if url else 1)
    assert not url or address.binder("a/b", "notebooks/01_one.ipynb") in texts[1]
