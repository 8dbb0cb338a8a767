"""One look for every figure: read from the back of a classroom, safe for colour-blind eyes.

A notebook calls `use()` once and shows each figure with `show(figure, alt=…)`. Colours are those
of Okabe and Ito (2008), which stay apart under the common colour-vision deficiencies; no other room
names a colour or a colour map.
"""

import io
import warnings
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image as Picture

from dermlab.errors import InputError
from dermlab.figures import letters

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
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")  # beside the colours of CATEGORICAL
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)), (0, (8, 2)))

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
    "ink": "#000000",  # words and reference lines
    "paper": "#FFFFFF",
    "join": "#B0B0B0",  # what joins two marks, frames a picture
    "light": "#E4E4E4",  # boxes behind words, the grid
    "note": "#A84300",  # words in the readers' colour, dark enough for text
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

SHARES, GREYS, DARKER = "cividis", "gray", "gray_r"  # colour maps: shares, grey pictures, maps

_RC = {
    "figure.figsize": (11, 6),
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "figure.facecolor": COLOURS["paper"],
    "savefig.dpi": 110,
    "savefig.facecolor": COLOURS["paper"],
    "font.family": letters.OURS,  # shipped with matplotlib: the same letters on every machine
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
    "grid.color": COLOURS["light"],
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.5,
    "lines.markersize": 9,
    "axes.prop_cycle": mpl.cycler(color=CATEGORICAL),
    "image.cmap": SHARES,
}


def use() -> None:
    """Set matplotlib's defaults: 11 × 6 in at 110 dpi, no text under 14 pt, light grid."""
    mpl.rcParams.update(_RC)


class Drawn(NamedTuple):
    """A figure and its alt text, made from the numbers that it draws."""

    figure: Figure
    alt: str


def pale(colour: str, share: float = 0.4) -> tuple[float, ...]:
    """``share`` of the colour in white, as red, green, blue in [0, 1]: words stand out on it."""
    return tuple(share * np.array(to_rgb(colour)) + 1 - share)


def png(fig: Figure) -> bytes:
    """``fig`` as PNG; the same figure gives the same bytes (no date, no version of matplotlib).

    A drawing is stored with a palette of 256 colours, a third of the size to the same eye; a
    figure that holds pictures keeps all its colours. Letters that the font lacks are those of
    another one of the machine: see `letters.give`.
    """
    stored, picture = io.BytesIO(), _drawn(fig)
    if letters.give(fig):
        picture = _drawn(fig)
    if not fig.findobj(AxesImage):
        picture = picture.quantize(256, dither=Picture.Dither.NONE)
    picture.save(stored, "PNG", optimize=True)
    return stored.getvalue()


def _drawn(fig: Figure) -> Picture.Image:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # `letters.give` says it in one sentence
        fig.savefig(buffer, format="png", metadata={"Software": None})
    return Picture.open(buffer).convert("RGB")


def show(drawn: Figure | Drawn, alt: str = "") -> None:
    """Display a figure as a PNG that carries its alt text for screen readers, then close it.

    The alt text says in a sentence or two what a seeing reader takes from the figure; it is stored
    under ``metadata["image/png"]["alt"]`` of the notebook's output. A `Drawn` brings its own, which
    ``alt`` replaces where it is given. InputError where there is none.
    """
    figure, own_text = drawn if isinstance(drawn, Drawn) else (drawn, "")
    alt = alt or own_text
    if not alt.strip():
        raise InputError("A figure has no alt text: say in one sentence what it shows.")
    from IPython.display import Image, display

    display(Image(data=png(figure), format="png", alt=alt))
    plt.close(figure)
