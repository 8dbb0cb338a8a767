"""One look for every figure: read from the back of a classroom, safe for colour-blind eyes.

A notebook calls `use()` once and shows each figure with `show(fig, alt)`. Colours are those of
Okabe and Ito (2008), which stay apart under the common colour-vision deficiencies.
"""

import io

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image as Picture

from dermlab.errors import InputError

CATEGORICAL = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#999999",
    "#F0E442",
)

# Blue curve, red points, green mean: as the paper draws its Fig. 3. Of the nine classes the
# malignant ones are warm or black, the benign ones cool, the non-neoplastic ones yellow and grey.
COLOURS = {
    "network": "#0072B2",
    "reader": "#D55E00",
    "mean": "#009E73",
    "malignant": "#D55E00",
    "benign": "#0072B2",
    "non_neoplastic": "#E69F00",
    "neutral": "#6B6B6B",
    "malignant melanoma": "#000000",
    "malignant epidermal": "#D55E00",
    "malignant dermal": "#E69F00",
    "malignant cutaneous lymphoma": "#CC79A7",
    "benign melanocyte": "#009E73",
    "benign epidermal": "#0072B2",
    "benign dermal": "#56B4E9",
    "genodermatoses": "#F0E442",
    "inflammatory": "#999999",
}

_RC = {
    "figure.figsize": (11, 6),
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "savefig.dpi": 110,
    "savefig.facecolor": "white",
    "font.family": "DejaVu Sans",  # shipped with matplotlib: the same letters on every machine
    "font.size": 16,
    "axes.titlesize": 18,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 16,
    "xtick.labelsize": 14,
    "ytick.labelsize": 14,
    "legend.fontsize": 14,
    "legend.frameon": False,
    "figure.titlesize": 20,
    "figure.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E0E0E0",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.5,
    "lines.markersize": 9,
    "axes.prop_cycle": mpl.cycler(color=CATEGORICAL),
    "image.cmap": "cividis",
}


def use() -> None:
    """Set matplotlib's defaults: 11 × 6 in at 110 dpi, no text under 14 pt, light grid."""
    mpl.rcParams.update(_RC)


def png(fig: Figure) -> bytes:
    """``fig`` as PNG; the same figure gives the same bytes (no date, no version of matplotlib).

    A drawing is stored with a palette of 256 colours, a third of the size to the same eye; a
    figure that holds pictures keeps all its colours.
    """
    buffer, stored = io.BytesIO(), io.BytesIO()
    fig.savefig(buffer, format="png", metadata={"Software": None})
    picture = Picture.open(buffer).convert("RGB")
    if not fig.findobj(AxesImage):
        picture = picture.quantize(256, dither=Picture.Dither.NONE)
    picture.save(stored, "PNG", optimize=True)
    return stored.getvalue()


def show(fig: Figure, alt: str) -> None:
    """Display ``fig`` as a PNG that carries ``alt`` for screen readers, then close it.

    ``alt`` says in a sentence or two what a seeing reader takes from the figure; it is stored
    under ``metadata["image/png"]["alt"]`` of the notebook's output. An empty one is refused.
    """
    if not alt.strip():
        raise InputError("A figure has no alt text: say in one sentence what it shows.")
    from IPython.display import Image, display

    display(Image(data=png(fig), format="png", alt=alt))
    plt.close(fig)
