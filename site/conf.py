"""Sphinx's settings: the site from the sources that ``dermlab.lessons.site`` has gathered."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import pages  # noqa: E402
from docutils.nodes import SkipNode  # noqa: E402
from latex2mathml.converter import convert  # noqa: E402

import dermlab  # noqa: E402

project = "dermlab"
author = "the authors of dermlab"
release = dermlab.__version__
language = "en"
extensions = ["myst_nb", "sphinx_design"]
exclude_patterns = ["**/.ipynb_checkpoints"]

nb_execution_mode = "off"  # they were run before, each from a fresh kernel
nb_merge_streams = True
nb_ipywidgets_js = {}  # else scripts from the net
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

html_theme = "sphinx_book_theme"
html_title = "dermlab"
html_static_path = ["_static", str(Path(dermlab.__file__).parent / "data" / "report.css")]
html_css_files = ["report.css", "site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_sidebars = {"**": ["navbar-logo.html", "search-field.html", "sbt-sidebar-nav.html"]}
html_context = {"default_mode": "auto"}
html_math_renderer = "mathml"
html_theme_options = {
    "navbar_persistent": [],  # else a second search field
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

MENDS = (  # what a screen reader would stumble over in the theme's and pandas' HTML
    (re.compile(r'<summary aria-label="[^"]*"'), "<summary"),
    (re.compile(r"<th([^>]*)>(?:\s|</?p>)*</th>"), r"<td\1></td>"),
    (re.compile(r'<div class="(output text_html|cell_output docutils container)"'),
     r'<div class="\1" tabindex="0"'),
)  # fmt: skip


def mend(app, page, template, context, doctree) -> None:
    for pattern, better in MENDS:
        context["body"] = pattern.sub(better, context.get("body") or "")


def inline_math(self, node) -> None:
    self.body.append(convert(node.astext()))
    raise SkipNode


def block_math(self, node) -> None:
    formula = convert(node.astext(), display="block")
    self.body.append(f'<div class="formula" tabindex="0">{formula}</div>')
    raise SkipNode


def setup(app) -> None:
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("builder-inited", lambda app: pages.write(Path(app.srcdir), HERE))
    app.connect("html-page-context", mend)
