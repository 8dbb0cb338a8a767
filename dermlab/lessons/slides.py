"""The question slides: each lesson's question with its first picture, its vote, the lecture's.

A notebook of slides is gathered from the lessons and their votes, and nbconvert makes reveal.js of
it. The scripts come from the package sphinx-revealjs and lie beside the page: a class without a
net sees the same slides.
"""

import re
import shutil
from importlib.resources import files as resources
from pathlib import Path

from dermlab import files
from dermlab.lessons import exercises, prose, run, site

TEMPLATE = """{%- extends 'reveal/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block footer_js -%}
<style>
.reveal h2 { text-transform: none; font-size: 44px; }
.reveal .slides img { max-height: 590px; width: auto; }
.reveal .slides section { font-size: 30px; }
</style>
<script src="reveal.js/dist/reveal.js"></script>
<script>Reveal.initialize({hash: true, slideNumber: true, width: 1280, height: 720});</script>
{%- endblock -%}
"""
SCRIPTS = ("sphinx_revealjs", "_static", "revealjs")
ASKS = re.compile(r"\*\*The lecture asks:?\*\*(.+?)(?=\n\n|<details>|$)", re.DOTALL)


def build(notebooks: Path, out: Path) -> Path:
    """Write ``out/slides``; the path of its page. InputError as `site.checkout`."""
    from nbconvert import SlidesExporter

    site.checkout(notebooks)
    folder = out / "slides"
    exporter = SlidesExporter(reveal_url_prefix="reveal.js", reveal_theme="white")
    exporter.raw_template, exporter.exclude_input = TEMPLATE, True
    html, _ = exporter.from_notebook_node(gather(notebooks))
    with files.writing(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copytree(str(resources(SCRIPTS[0]).joinpath(*SCRIPTS[1:])), folder / "reveal.js")
        files.write(folder / "index.html", html)
    return folder / "index.html"


def gather(notebooks: Path):
    """The slides as a notebook: a lesson to the right, what belongs to it downwards."""
    from nbformat.v4 import new_notebook

    votes, cells = exercises.votes(), []
    for path in run.choose(notebooks):
        lesson, number = run.read(path), path.stem[:2]
        cells.append(_slide(f"## {site.title(lesson)}", "slide"))
        if picture := _first_picture(lesson):
            cells.append(picture)
        if number in votes:
            vote = votes[number]
            cells.append(_slide(prose.choice(f"**Vote.** {vote.question}", vote.options)))
        if asked := ASKS.search("\n\n".join(cell.source for cell in lesson.cells)):
            cells.append(_slide(f"**The lecture asks** {asked[1].strip()}"))
    return new_notebook(cells=cells)


def _slide(text: str, kind: str = "subslide"):
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})


def _first_picture(notebook):
    """The lesson's first figure, with its alt text, as a cell on the slide before; None without."""
    from nbformat.v4 import new_code_cell, new_output

    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                about = {"image/png": output["metadata"].get("image/png", {})}
                shown = new_output("display_data", {"image/png": png}, metadata=about)
                return new_code_cell(
                    "", outputs=[shown], metadata={"slideshow": {"slide_type": "-"}}
                )
    return None
