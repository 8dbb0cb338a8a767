"""Every notebook is stored executed, whole, and small enough to open anywhere.

nbval compares what is stored with what runs, so it says nothing of a notebook stored without
outputs: these tests do. `test_lesson_form.py` holds the main lessons to more.
"""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

from dermlab.lessons import run

FOLDER = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(FOLDER.glob("[0-9]*.ipynb"))
DEEPER = sorted(FOLDER.glob("deeper/*.ipynb"))
NOTEBOOKS = run.choose(FOLDER, deeper=True)
MAX_BYTES = 1_500_000
MAX_LINES = 20
QUIZ_ALONE = "reading_experiment"  # no lesson: it has no number
IGNORED = "nbval-ignore-output"
OTHER_SWITCHES = {"nbval-skip", "nbval-raises-exception", "raises-exception"}
COLLAPSED = {"claim", "hide-input"}


def name(path):
    return run.name(FOLDER, path)


each = pytest.mark.parametrize("path", NOTEBOOKS, ids=name)


def load(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code_cells(path):
    return [cell for cell in load(path).cells if cell.cell_type == "code" and cell.source.strip()]


def prose(path):
    return "\n".join(cell.source for cell in load(path).cells if cell.cell_type == "markdown")


def outputs(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def test_the_lessons_are_numbered_one_by_one():
    numbers = [int(path.stem[:2]) for path in LESSONS]
    assert numbers[:13] == list(range(13))
    assert len(set(numbers)) == len(numbers) and numbers[-1] == 17  # 13 to 16 are the survey


def test_only_notebooks_of_the_course_lie_in_the_folder():
    names = {name(path) for path in NOTEBOOKS} - {QUIZ_ALONE}
    assert all(re.fullmatch(r"(deeper/)?\d\d_[a-z0-9_]+", each) for each in names)


def test_a_second_sitting_is_that_of_a_lesson():
    assert {path.stem for path in DEEPER} <= {path.stem for path in LESSONS}


@each
def test_every_link_to_a_file_leads_there(path):
    links = re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", prose(path))
    assert [link for link in links if not (path.parent / link).exists()] == []


@each
def test_it_is_a_valid_notebook_with_unique_cell_ids(path):
    notebook = load(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


@each
def test_every_code_cell_was_executed_once_in_order(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)) and counts


@each
def test_no_code_cell_is_empty(path):
    cells = load(path).cells
    assert all(cell.source.strip() for cell in cells if cell.cell_type == "code")


@each
def test_nothing_failed_and_nothing_was_warned_of(path):
    assert [output for output in outputs(path) if output.output_type == "error"] == []
    assert [output.text for output in outputs(path) if output.get("name") == "stderr"] == []


@each
def test_most_outputs_are_compared(path):
    if name(path) == QUIZ_ALONE:
        pytest.skip("its widgets and a class's reads differ each time; a claim asserts")
    cells = code_cells(path)
    ignored = [cell for cell in cells if IGNORED in cell.metadata.get("tags", [])]
    assert 2 * len(ignored) <= len(cells)


@each
def test_no_other_tag_or_comment_switches_the_comparison_off(path):
    tags = {tag for cell in load(path).cells for tag in cell.metadata.get("tags", [])}
    assert not tags & OTHER_SWITCHES
    assert not any(re.search(r"#\s*(NBVAL|PYTEST)_", cell.source) for cell in code_cells(path))


@each
def test_code_cells_are_short(path):
    long = [c.execution_count for c in code_cells(path) if len(c.source.splitlines()) > MAX_LINES]
    assert long == []


@each
def test_it_is_small(path):
    assert path.stat().st_size <= MAX_BYTES


@each
def test_a_claim_is_asserted(path):
    statements = [node for cell in code_cells(path) for node in ast.walk(ast.parse(cell.source))]
    assert any(isinstance(node, ast.Assert) for node in statements)


@each
def test_every_figure_has_alternative_text(path):
    figures = [output for output in outputs(path) if "image/png" in output.get("data", {})]
    texts = [figure.metadata.get("image/png", {}).get("alt", "") for figure in figures]
    assert all(len(text.strip()) > 20 for text in texts)


@each
def test_every_picture_in_the_text_has_alternative_text(path):
    assert re.findall(r"!\[\s*\]\(", prose(path)) == []
    images = re.findall(r"<img[^>]*>", prose(path))
    assert all(re.search(r'alt="[^"]+"', image) for image in images)


@each
def test_its_first_cell_is_its_one_title(path):
    first = load(path).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    assert len(re.findall(r"(?m)^# ", re.sub(r"(?s)```.*?```", "", prose(path)))) == 1


@each
def test_it_stores_no_widget_state_times_or_kernel_details(path):
    notebook = load(path)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert "version" not in notebook.metadata.language_info
    for cell in notebook.cells:
        collapsed = COLLAPSED & set(cell.metadata.get("tags", []))
        expected = {"source_hidden": True} if collapsed else None
        assert cell.metadata.get("jupyter") == expected
        assert set(cell.metadata) <= {"tags", "jupyter"}
    assert "application/vnd.jupyter.widget" not in json.dumps(notebook)


@each
def test_it_reads_no_real_data_and_names_no_machine(path):
    text = path.read_text(encoding="utf-8")
    assert "DERMLAB_DATA" not in text
    assert re.findall(r"/(?:home|root|tmp|Users)/\w+|ipykernel_\d+", text) == []
