"""The figures' look: what a student at the back of the room, or with a screen reader, gets."""

import ast
import base64
import io
import re
from pathlib import Path

import matplotlib.colors as mcolors
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from PIL import Image

from dermlab.errors import InputError
from dermlab.figures import style


def drawn():
    fig, ax = plt.subplots()
    ax.plot([0, 1], [0, 1])
    ax.set(title="A line rises", xlabel="hours", ylabel="km")
    return fig


def test_no_text_is_smaller_than_14_points():
    fig = drawn()
    ax = fig.axes[0]
    texts = [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()]
    assert min(text.get_fontsize() for text in texts) >= 14


def test_the_picture_has_a_projectors_width_and_the_same_bytes_twice():
    first, second = style.png(drawn()), style.png(drawn())
    assert first == second
    picture = Image.open(io.BytesIO(first))
    assert picture.size == (1210, 660)
    assert "Software" not in picture.info


def test_a_drawing_has_a_palette_that_no_eye_misses_and_a_picture_all_its_colours():
    fig = drawn()
    fig.canvas.draw()
    full = np.asarray(fig.canvas.buffer_rgba())[..., :3].astype(int)
    stored = Image.open(io.BytesIO(style.png(fig)))
    assert stored.mode == "P"
    assert np.abs(np.asarray(stored.convert("RGB")).astype(int) - full).mean() < 0.2
    fig.axes[0].imshow(np.random.default_rng(0).uniform(size=(40, 40, 3)))
    assert Image.open(io.BytesIO(style.png(fig))).mode == "RGB"


def test_show_stores_the_alt_text_and_closes_the_figure(monkeypatch):
    shell = InteractiveShell.instance()
    published = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", published)
    fig = drawn()
    style.show(fig, "A straight line.")
    (output,) = published.outputs
    assert output["metadata"]["image/png"]["alt"] == "A straight line."
    data = output["data"]["image/png"]
    data = base64.b64decode(data) if isinstance(data, str) else data
    assert data.startswith(b"\x89PNG")
    assert not plt.fignum_exists(fig.number)


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_alt_text_is_refused(alt):
    with pytest.raises(InputError, match="alt text"):
        style.show(drawn(), alt)


def simulated(colour, kind):
    """What a dichromat sees of a linear RGB colour (Viénot, Brettel and Mollon 1999)."""
    protan = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
    deutan = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
    matrix = {"protan": protan, "deutan": deutan}[kind]
    return [sum(weight * channel for weight, channel in zip(row, colour, strict=True))
            for row in matrix]  # fmt: skip


@pytest.mark.parametrize("kind", ["protan", "deutan"])
@pytest.mark.parametrize(
    ("a", "b"), [("network", "reader"), ("reader", "mean"), ("malignant", "benign")]
)
def test_roles_that_meet_in_one_figure_stay_apart_for_dichromats(kind, a, b):
    def linear(name):
        return [channel**2.2 for channel in to_rgb(style.COLOURS[name])]

    one, other = simulated(linear(a), kind), simulated(linear(b), kind)
    assert sum((x - y) ** 2 for x, y in zip(one, other, strict=True)) ** 0.5 > 0.1


def test_the_nine_classes_have_nine_colours():
    nine = [style.COLOURS[name] for name in list(style.COLOURS)[-9:]]
    assert len(set(nine)) == 9
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in style.COLOURS.values())


def test_no_other_room_names_a_colour_or_a_colour_map():
    known = {*mcolors.CSS4_COLORS, *mcolors.BASE_COLORS, *mcolors.TABLEAU_COLORS, *colormaps}
    known -= {"v", "o", "k", *"bgrcmyw"}  # letters that also name markers
    for path in Path(style.__file__).parent.glob("*.py"):
        if path.name == "style.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in known, (path.name, node.value)
                assert not re.fullmatch("#[0-9A-Fa-f]{3,8}", node.value), (path.name, node.value)


def test_a_drawn_figure_brings_its_own_alt_text(monkeypatch):
    published = CapturingDisplayPublisher()
    monkeypatch.setattr(InteractiveShell.instance(), "display_pub", published)
    style.show(style.Drawn(drawn(), "A line that rises."))
    style.show(style.Drawn(drawn(), "A line that rises."), alt="Another sentence.")
    alts = [output["metadata"]["image/png"]["alt"] for output in published.outputs]
    assert alts == ["A line that rises.", "Another sentence."]


def test_pale_is_a_share_of_the_colour_in_white():
    assert style.pale(style.COLOURS["ink"], 0.25) == (0.75,) * 3
