"""Where others find this course: the one address in pyproject.toml, and the links made from it."""

import re
import tomllib
from pathlib import Path

from dermlab.errors import InputError

BINDER = "https://mybinder.org"
COLAB = "https://colab.research.google.com"
KEY = "Repository"  # of project.urls
GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
BRANCH = "main"


def repository(root: Path) -> str | None:
    """``OWNER/NAME`` on GitHub, from ``project.urls`` of the checkout; None while there is none.

    InputError for an address that is not one of a repository on GitHub, which Binder and Colab
    could not open by a link.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    url = project.get("urls", {}).get(KEY)
    if url is None:
        return None
    if found := GITHUB.fullmatch(url):
        return found[1]
    raise InputError(
        f"The {KEY} of pyproject.toml is {url!r}; write https://github.com/OWNER/NAME, or nothing."
    )


def binder(name: str, page: str) -> str:
    """The address at which Binder opens a page (``notebooks/NN.ipynb``) of the repository."""
    return f"{BINDER}/v2/gh/{name}/{BRANCH}?urlpath=lab/tree/{page}"


def colab(name: str, page: str) -> str:
    """The address at which Colab opens a page of the repository."""
    return f"{COLAB}/github/{name}/blob/{BRANCH}/{page}"


def install_line(name: str) -> str:
    """The line that a notebook on Colab needs first: the package and its shipped results."""
    return f"!git clone -q https://github.com/{name} && pip install -q -e {name.split('/')[1]}"


def badge(name: str, page: str) -> str:
    """Binder's badge as Markdown, for a README."""
    return f"[![Binder]({BINDER}/badge_logo.svg)]({binder(name, page)})"


def links(name: str, page: str) -> str:
    """One paragraph of Markdown for a lesson's page: open it on Binder, or on Colab."""
    return (
        f"[Open on Binder]({binder(name, page)}) · [open on Colab]({colab(name, page)}), where the "
        f"first cell must be `{install_line(name)}`"
    )
