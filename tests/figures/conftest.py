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
