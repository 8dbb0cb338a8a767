"""Letters that the figures' own font lacks: another font's, or one sentence that names them."""

import os

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import font_manager, get_data_path
from matplotlib.text import Text
from PIL import Image

from dermlab.figures import letters, style

STIX = os.path.join(get_data_path(), "fonts", "ttf", "STIXGeneral.ttf")
LAST = os.path.join(get_data_path(), "fonts", "ttf", "LastResortHE-Regular.ttf")
LETTER = "\u20e4"  # a triangle around a letter, which STIX holds and DejaVu does not


@pytest.fixture
def machine(monkeypatch):
    """Says which font files the machine has."""
    style.use()
    monkeypatch.setattr(letters, "_told", set())

    def _machine(*files):
        letters._families.cache_clear()
        monkeypatch.setattr(font_manager, "findSystemFonts", lambda: list(files))

    yield _machine
    letters._families.cache_clear()


def drawn(name, path):
    """The picture of a figure whose bold title and tick label are ``name``."""
    figure, axes = plt.subplots()
    axes.set_title(name)
    axes.set_xticks([0, 1], [name, "tulip"])
    path.write_bytes(style.png(figure))
    plt.close(figure)
    with Image.open(path) as picture:
        return figure, np.asarray(picture.convert("L"))


def texts(figure, letter):
    return [
        text for text in figure.findobj(Text) if text.get_visible() and letter in text.get_text()
    ]


def test_a_font_of_the_machine_lends_its_letters(machine, tmp_path, recwarn, capfd):
    machine(str(tmp_path / "no font.ttf"), LAST)
    with pytest.warns(UserWarning, match="No font of this machine"):
        _, boxes = drawn(f"a {LETTER}", tmp_path / "boxes.png")
    machine(str(tmp_path / "no font.ttf"), STIX)
    recwarn.clear()
    figure, lent = drawn(f"a {LETTER}", tmp_path / "lent.png")
    assert not recwarn.list and capfd.readouterr().err == ""
    assert not np.array_equal(boxes, lent)
    families = [text.get_fontfamily() for text in texts(figure, LETTER)]
    assert families == [[letters.OURS, "STIXGeneral"]] * 2


def test_letters_that_no_font_has_are_named_once(machine, tmp_path, recwarn):
    machine()
    for i in range(3):
        drawn(f"a {LETTER}", tmp_path / f"{i}.png")
    (said,) = recwarn.list
    assert f"has {LETTER} of 'a {LETTER}'" in str(said.message) and "Install" in str(said.message)


def test_letters_of_our_own_font_leave_the_figure_alone(machine, tmp_path, recwarn):
    machine(STIX)
    figure, _ = drawn("Ärger, µ, Ω, жук\nلون", tmp_path / "own.png")
    found = texts(figure, "µ")
    assert [text.get_fontfamily() for text in found] == [[letters.OURS]] * 2
    assert {text.get_fontweight() for text in found} == {"bold", "normal"}
    assert not recwarn.list
