import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from dermlab.figures import style


@pytest.fixture(autouse=True)
def projector():
    """Every figure is drawn in the course's style, without a screen, and closed."""
    with mpl.rc_context():
        mpl.use("Agg")
        style.use()
        yield
    plt.close("all")


@pytest.fixture
def readable():
    """Asserts that every word of a figure can be read from the back of the room."""

    def check(fig):
        fig.canvas.draw()
        width, height = fig.canvas.get_width_height()
        assert 1200 <= width <= 1280
        # Of tick labels matplotlib keeps some beyond the axes, undrawn.
        ticks = {id(t) for ax in fig.axes for t in (*ax.get_xticklabels(), *ax.get_yticklabels())}
        for text in fig.findobj(mpl.text.Text):
            if not text.get_visible() or not text.get_text().strip():
                continue
            assert text.get_fontsize() >= 14, text.get_text()
            box = text.get_window_extent()
            inside = box.x0 >= -1 and box.x1 <= width + 1 and box.y0 >= -1 and box.y1 <= height + 1
            assert inside or id(text) in ticks, text.get_text()

    return check
