"""Does 80 % mean 80 %: what a network said beside how often it was so."""

import numpy as np
import pandas as pd

from dermlab.evaluation.calibration import CalibrationError
from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import interval, number, percent, plural


def reliability(
    rows: pd.DataFrame, error: CalibrationError, *, question: str, said: str, came: str
) -> Drawn:
    """The reliability diagram above a count of the images of each bin.

    ``rows`` as `dermlab.evaluation.calibration.reliability`; ``said``: whose probability it is, as
    in "probability of melanoma"; ``came``: what the share is of, as in "share of melanomas".
    """
    n = int(rows["n"].sum())
    mean = float(np.average(rows["probability"], weights=rows["n"]))
    share = float(np.average(rows["share"], weights=rows["n"]))
    title = f"{question}:\n{said} {percent(mean)} on average,\n{came} {percent(share)}"
    size = {"figsize": (9, 9), "sharex": True, "height_ratios": (4, 1)}
    fig, (ax, below) = panels.sheet(title, 2, 1, **size)
    ideal = {"color": COLOURS["neutral"], "lw": 2, "ls": "--", "label": "perfect calibration"}
    ax.plot((0, 100), (0, 100), **ideal)
    estimates = 100 * rows[["share", "low", "high"]].set_axis(["estimate", "low", "high"], axis=1)
    style = {"color": COLOURS["network"], "label": "the images of a bin, 95 % interval"}
    panels.intervals(ax, estimates, 100 * rows["probability"], upright=True, **style)
    ax.set(xlim=(-2, 102), ylim=(-2, 102), ylabel=f"{came}, %")
    widths = 100 * (rows["right"] - rows["left"])
    bars = {"align": "edge", "color": COLOURS["join"], "edgecolor": COLOURS["paper"]}
    below.bar(100 * rows["left"], rows["n"], widths, **bars)
    below.set(xlabel=f"{said}, %", ylabel="images")
    panels.legend_below(ax, columns=1)
    return Drawn(fig, f"{' '.join(title.split())}. {_in_words(rows, error, n)}")


def _in_words(rows: pd.DataFrame, error: CalibrationError, n: int) -> str:
    bins = [
        f"said {percent(row.probability, 0)}, came "
        f"{interval(row.share, row.low, row.high, '.0%')}, {plural(row.n, 'image')}"
        for row in rows.itertuples()
    ]
    return (
        f"Reliability diagram of {plural(n, 'image')}: {'; '.join(bins)}. Expected calibration "
        f"error {number(error.estimate)}; a perfect forecast would have "
        f"{number(error.if_perfect)} on so many."
    )
