"""The site's pages: one HTML file a lesson, and the index of lessons.

A page holds no script and nothing from the net: formulas become MathML, figures keep the
alternative text that ``figures.style.show`` gives them, the style sheet is inside.
"""

import os
import re
from importlib import resources
from pathlib import Path

from dermlab.text import plural

STATUS = {"run": "executed", "reused": "re-used, nothing has changed", "failed": "failed"}


def to_html(notebook, *, folder: Path, out: Path, error: str | None = None) -> str:
    """The notebook as one page; relative links lead from ``out`` to where ``folder``'s led."""
    exporter = _exporter(folder, out)
    details = {
        "title": title(notebook),
        "error": error,
        "failed": error and re.match(r"In \[(\d+)\]", error)[1],
    }
    html, _ = exporter.from_notebook_node(notebook, resources={"lesson": details})
    return html


def _exporter(folder: Path, out: Path):
    """nbconvert's HTML with our template, MathML and links that work in the site."""
    from jinja2 import pass_context
    from latex2mathml.converter import convert
    from nbconvert import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return convert(body)

        def block_math(self, body: str) -> str:
            return convert(body, display="block")

        def link(self, text: str, url: str, title: str | None = None) -> str:
            return super().link(text, _site_link(url, folder, out), title)

    class Page(HTMLExporter):
        @pass_context
        def markdown2html(self, context, source: str) -> str:
            attachments = context.get("cell", {}).get("attachments", {})
            renderer = Renderer(
                escape=False,
                embed_images=True,
                exclude_anchor_links=True,
                path=str(folder),
                attachments=attachments,
            )
            return MarkdownWithMath(renderer=renderer).render(source)

    return Page(
        template_name="lesson",
        extra_template_basedirs=[str(_site_data())],
        exclude_output_prompt=True,
    )


def _site_link(url: str, folder: Path, out: Path) -> str:
    """``03_taxonomy.ipynb`` leads to its page, another relative path to the file itself."""
    target, hash_, anchor = url.partition("#")
    if not target or re.match(r"[a-z]+:", target):
        return url
    if "/" not in target and target.endswith(".ipynb"):
        return f"{target.removesuffix('.ipynb')}.html{hash_}{anchor}"
    path = os.path.relpath((folder / target).resolve(), out.resolve())
    return f"{Path(path).as_posix()}{hash_}{anchor}"


def _site_data() -> Path:
    return Path(str(resources.files("dermlab") / "data" / "site"))


def title(notebook) -> str:
    """The first heading, as plain text."""
    found = re.search(r"^#+\s+(.+)$", _prose(notebook), re.MULTILINE)
    return _plain(found[1]) if found else "Untitled"


def opening(notebook) -> str:
    """The first paragraph under the first heading, as plain text."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", _prose(notebook))]
    bodies = [re.sub(r"^#+\s+.*\n?", "", part).strip() for part in paragraphs]
    return next((_plain(body) for body in bodies if body), "")


def _plain(markdown: str) -> str:
    """One line without emphasis, code marks, links and formula marks."""
    return " ".join(re.sub(r"[*`$]|\[([^\]]*)\]\([^)]*\)", r"\1", markdown).split())


def _prose(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def index_html(lessons: list[dict], *, report: str | None) -> str:
    """The index: a lesson's title, opening, name, status and cost, in the order given.

    ``lessons`` are results of ``site.run`` with ``title``, ``opening`` and ``earlier`` (True where
    the page is an earlier run's) added; ``report`` is the link to the report, if there is one.
    """
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(_site_data()), autoescape=True)
    return environment.get_template("index.html.j2").render(
        lessons=lessons,
        status=STATUS,
        total=plural(len(lessons), "lesson"),
        report=report,
        style=(_site_data() / "lesson" / "style.css").read_text(encoding="utf-8"),
    )
