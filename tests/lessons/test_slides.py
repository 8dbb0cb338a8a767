"""The question slides: what stands on them, and that a class without a net sees them."""

import re
from pathlib import Path

import pytest

from dermlab.lessons import exercises, run, site, slides

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def deck():
    return slides.gather(NOTEBOOKS)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return slides.build(NOTEBOOKS, tmp_path_factory.mktemp("build"))


def kinds(deck):
    return [cell.metadata["slideshow"]["slide_type"] for cell in deck.cells]


def test_a_slide_a_lesson_with_its_title_and_first_picture(deck):
    lessons = run.choose(NOTEBOOKS)
    heads = [cell.source for cell in deck.cells if cell.metadata.slideshow.slide_type == "slide"]
    assert heads == [f"## {site.title(run.read(path))}" for path in lessons]
    assert kinds(deck).count("-") == len(lessons)  # a picture each
    outputs = [cell.outputs[0] for cell in deck.cells if cell.cell_type == "code"]
    assert all(output.metadata["image/png"]["alt"] for output in outputs)


def test_every_vote_is_asked_and_none_answered(deck):
    texts = [cell.source for cell in deck.cells if cell.cell_type == "markdown"]
    asked = [text for text in texts if text.startswith("**Vote.**")]
    votes = exercises.votes()
    assert len(asked) == len(votes) > 10
    for text, vote in zip(asked, votes.values(), strict=True):
        assert vote.question in text and all(option in text for option in vote.options)
        assert vote.why not in text


def test_the_lectures_questions_are_there_without_their_answers(deck):
    asked = [cell.source for cell in deck.cells if cell.source.startswith("**The lecture asks**")]
    assert len(asked) >= 6 and not any("<details>" in text for text in asked)


def test_the_page_needs_no_net(page):
    html = page.read_text("utf-8")
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)
    assert (page.parent / "reveal.js" / "dist" / "reveal.js").exists()
    assert html.count("<section") > 3 * len(run.choose(NOTEBOOKS))


def test_a_second_build_takes_the_place_of_the_first(page):
    (page.parent / "left over").write_text("")
    again = slides.build(NOTEBOOKS, page.parents[1])
    assert again == page and not (page.parent / "left over").exists()
