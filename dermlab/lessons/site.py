"""The site: Sphinx on the notebooks as they ran, the README, TEACHING and the report.

`build` gathers its pages as Markdown and notebooks in ``build/site-source``, in the folders of the
checkout, and lets Sphinx make ``build/site`` of them, as ``site/conf.py`` says. A page of the site
asks nothing of the net.
"""

import errno
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import dermlab
from dermlab import files
from dermlab.errors import InputError
from dermlab.lessons import address, outline, report, run

FILES = ("README.md", "TEACHING.md", "LICENSE", "CITATION.cff")


def checkout(notebooks: Path | None = None) -> Path:
    """The folder that holds ``site/``: that of ``notebooks``, else that of the package.

    InputError where there is none.
    """
    beside = [notebooks.parent] if notebooks else []
    for folder in [*beside, Path(dermlab.__file__).parents[1]]:
        if (folder / "site" / "conf.py").is_file():
            return folder
    raise InputError(
        "There is no folder site/ beside the package: report and site are made in a checkout of "
        "dermlab; get the repository."
    )


def check(notebooks: Path) -> None:
    """InputError where no site can be built: asked before the notebooks run."""
    checkout(notebooks)
    if not all(map(importlib.util.find_spec, ("sphinx", "myst_nb", "sphinx_book_theme"))):
        raise InputError("The site needs Sphinx and myst-nb, which are missing: run `make env`.")


def build(notebooks: Path, out: Path) -> list[Path]:
    """Make ``out/site`` and ``out/report.json``; the paths of index, report and JSON.

    A lesson's page shows its executed copy in ``out/notebooks``, or, where it was not run since it
    changed, the stored outputs. InputError as of `check`.
    """
    check(notebooks)
    root = checkout(notebooks)
    files.heal_folder(out / "site")
    rows = report.as_json(report.sections(root / "site" / "report.csv"), report.confusions())
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    data = report.write_whole(out / "report.json", text)
    with files.writing(out / "site"):
        gather(notebooks, root, out / "notebooks", out / "site-source")
        _sphinx(root / "site", out / "site-source", out / "site")
    return [out / "site" / "index.html", out / "site" / "report.html", data]


def gather(notebooks: Path, root: Path, executed: Path, source: Path) -> None:
    """Fill ``source`` with everything that becomes a page, and ``lessons.json`` about them."""
    import nbformat

    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    pages = [root / name for name in FILES]
    pages += [*(root / "data_cards").glob("*.md"), *notebooks.glob("*.md")]
    for path in filter(Path.exists, pages):
        place = source / path.relative_to(root if path.is_relative_to(root) else notebooks.parent)
        place.parent.mkdir(exist_ok=True)
        shutil.copy(path, place)
        copy_pictures(path, place)
    lessons, repository = [], address.repository(root)
    for path in run.choose(notebooks, deeper=True):
        name = run.name(notebooks, path)
        copy = executed / f"{name}.ipynb"
        about = run.record(copy)
        if not copy.exists() or about.get("source") != run.checksum(path):
            copy, about = path, {"status": "stored"}
        notebook = run.read(copy)
        place = source / "notebooks" / f"{name}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        lessons.append(
            about | {"name": name, "title": title(notebook), "opening": opening(notebook)}
        )
        page = prepared(notebook, about.get("error"))
        if repository:
            link_launches(page, address.links(repository, f"notebooks/{name}.ipynb"))
        link_second_sittings(page, notebooks, name)
        nbformat.write(page, place)
    files.write_json(source / "lessons.json", lessons)


def copy_pictures(page: Path, place: Path) -> None:
    """Copy the pictures that a Markdown page shows from beside it, to beside its copy ``place``."""
    for name in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", place.read_text(encoding="utf-8")):
        if (picture := page.parent / name).is_file():
            copy = place.parent / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, copy)


def prepared(notebook, error: str | None = None):
    """The notebook as Sphinx needs it: alt texts, hidden code with prompts, a failure's banner."""
    from nbformat.v4 import new_markdown_cell

    notebook.cells = [part for cell in notebook.cells for part in _one_figure_each(cell)]
    for cell in notebook.cells:
        outputs = [o for o in cell.get("outputs", []) if _is_figure(o)]
        tags = cell.metadata.get("tags", [])
        what = "code of this figure" if outputs else "check" if "claim" in tags else "set-up"
        settings = {"code_prompt_show": f"Show the {what}", "code_prompt_hide": f"Hide the {what}"}
        if outputs:
            settings["image"] = {"alt": outputs[0].metadata.get("image/png", {}).get("alt", "")}
        cell.metadata["mystnb"] = settings
        if "claim" in tags:
            cell.metadata["tags"] = sorted({*tags, "hide-input"})
    if error:
        banner = f":::{{admonition}} This lesson failed\n:class: error\n```text\n{error}\n```\n:::"
        notebook.cells.insert(1, new_markdown_cell(banner))
    return notebook


def _is_figure(output) -> bool:
    return "image/png" in output.get("data", {})


def _one_figure_each(cell) -> list:
    """The cell, and a cell whose code is not shown for each further figure of it.

    For myst-nb has one alt text a cell.
    """
    from nbformat.v4 import new_code_cell

    outputs = cell.get("outputs", [])
    starts = [k for k, output in enumerate(outputs) if _is_figure(output)][1:]
    if not starts:
        return [cell]
    parts = [outputs[a:b] for a, b in zip([0, *starts], [*starts, len(outputs)], strict=True)]
    cell.outputs = parts[0]
    code = "# the figure's code stands above"  # not shown; myst-nb leaves out a cell without code
    more = [
        new_code_cell(code, outputs=part, metadata={"tags": ["remove-input"]}) for part in parts[1:]
    ]
    return [cell, *more]


def link_launches(notebook, links: str) -> None:
    """Say below the first cell where else the lesson opens."""
    from nbformat.v4 import new_markdown_cell

    notebook.cells.insert(1, new_markdown_cell(links))


def link_second_sittings(notebook, notebooks: Path, lesson: str) -> None:
    """End the page of a lesson with a link to each of its second sittings."""
    from nbformat.v4 import new_markdown_cell

    for name in outline.second_sittings(notebooks, lesson):
        heading = title(run.read(notebooks / f"{name}.ipynb"))
        notebook.cells.append(new_markdown_cell(f"**Second sitting:** [{heading}]({name}.ipynb)"))


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


def _sphinx(conf: Path, source: Path, out: Path) -> None:
    """Run Sphinx beside the earlier site, which gives way when the new one is whole."""
    part, trees = out.with_name(f".{out.name}.part"), source.with_name("site-doctrees")
    for folder in (part, trees):
        shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-c", conf, "-d", trees]
    done = subprocess.run([*command, source, part], capture_output=True, text=True)
    if done.returncode and os.strerror(errno.ENOSPC) in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode:
        raise RuntimeError(f"Sphinx ended with {done.returncode}:\n{done.stderr}")
    for line in done.stderr.splitlines():
        print(f"site: {line.replace(str(source), '').lstrip('/')}", file=sys.stderr)
    files.replace_folder(part, out)
    shutil.rmtree(trees)
