"""The course's map must name notebooks and rooms that exist, and give every slide a home."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from dermlab.lessons import outline

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_every_slide_has_its_home_in_a_lesson():
    slides = outline.slides()
    assert slides.slide.tolist() == list(range(1, len(slides) + 1))
    assert set(slides.notebook) <= set(outline.notebooks().notebook)


def test_every_notebook_stands_in_the_map():
    written = outline.notebooks(NOTEBOOKS).query("written").notebook
    assert sorted(p.stem for p in NOTEBOOKS.glob("[0-9]*.ipynb")) == sorted(written)
    assert len(written) > 0


@pytest.mark.parametrize("row", list(outline.notebooks(NOTEBOOKS).query("written").itertuples()))
def test_the_rooms_of_a_written_lesson_exist(row):
    for room in row.rooms.split(" · "):
        assert find_spec(f"dermlab.{room}") is not None, room


def test_the_readme_maps_every_written_notebook():
    readme = (NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8")
    for row in outline.notebooks(NOTEBOOKS).query("written").itertuples():
        assert f"[{row.notebook[:2]}](notebooks/{row.notebook}.ipynb)" in readme
        assert row.title in readme and row.paper in readme
        rooms = ", ".join(f"`{room}`" for room in row.rooms.split(" · "))
        assert f"| {rooms} |" in readme
        for name in outline.second_sittings(NOTEBOOKS, row.notebook):
            assert f"[deeper](notebooks/{name}.ipynb)" in readme


def test_every_second_sitting_belongs_to_one_lesson():
    lessons = outline.notebooks(NOTEBOOKS).query("written").notebook
    found = [name for lesson in lessons for name in outline.second_sittings(NOTEBOOKS, lesson)]
    assert found == sorted(f"deeper/{p.stem}" for p in NOTEBOOKS.glob("deeper/*.ipynb"))
    assert "deeper/02_pretraining" in found
