"""One step of learning: an answer and its gradient, how long a step may be, and many steps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import number, percent


def one_step(
    names: Sequence[str], before: np.ndarray, truth: np.ndarray, after: np.ndarray
) -> Drawn:
    """The answer of a network to one lesion, what it lacks, and its answer after one step.

    ``before``, ``truth``, ``after``: (n_classes,) each; the truth is 1 for one class, else 0. The
    middle panel is the gradient of the cross-entropy with respect to the scores.
    """
    right = int(np.argmax(truth))
    shares = [percent(answer[right], 0) for answer in (before, after)]
    verb = "raises" if after[right] > before[right] else "does not raise"
    title = f"One step {verb} the true class, {names[right]}: {shares[0]} to {shares[1]}"
    fig, axes = panels.sheet(title, 1, 3, figsize=(11.6, 4.6), sharey=True)
    heads = {"answer": before, "answer − truth": before - truth, "answer after a step": after}
    colours = [COLOURS["malignant" if i == right else "neutral"] for i in range(len(names))]
    for ax, (head, values) in zip(axes, heads.items(), strict=True):
        ax.bar(names, values, color=colours)
        ax.axhline(0, color=COLOURS["ink"], lw=1.5)
        ax.set_title(head, fontsize=16, fontweight="normal")
        ax.tick_params(axis="x", labelrotation=25)
        ax.grid(axis="x", visible=False)
    axes[0].set_ylabel("probability, or difference")
    said = [
        f"{head}: " + ", ".join(f"{n} {number(v, 2)}" for n, v in zip(names, values, strict=True))
        for head, values in heads.items()
    ]
    return Drawn(fig, f"{title}. {'; '.join(said)}.")


def rates(rate: np.ndarray, loss: np.ndarray, before: float) -> Drawn:
    """The loss of a mini-batch after one step, over the length of the step, and before it.

    ``rate`` and ``loss`` (n,), the rates rising; ``before`` is the loss without a step.
    """
    best = int(np.argmin(loss))
    worse = rate[(rate > rate[best]) & (loss > before)]
    title = f"The loss falls most at rate {rate[best]:.2g}"
    title += f"; from {worse[0]:.2g} on it rises" if len(worse) else "; no step makes it rise"
    fig, ax = panels.sheet(title, figsize=(11.6, 5.4))
    ax.plot(rate, loss, "-o", color=COLOURS["network"], label="after one step")
    ax.axhline(before, color=COLOURS["ink"], ls="--", label="before the step")
    ax.set(xscale="log", xlabel="learning rate: how long the step is")
    ax.set(ylabel="cross-entropy of the batch", ylim=(0, 1.08 * max(before, *loss)))
    ax.legend(loc="upper left")
    return Drawn(fig, f"{title}. Loss before the step {number(before, 2)}, at best "
                      f"{number(loss[best], 2)}.")  # fmt: skip


def by_steps(losses: np.ndarray, accuracy: pd.DataFrame) -> Drawn:
    """The loss of each mini-batch, and the accuracy on lesions learned from and on new ones.

    ``losses`` (steps,); ``accuracy``: index the steps taken, a column a group of lesions.
    """
    last = accuracy.iloc[-1]
    said = ", ".join(f"{name} {percent(last[name], 0)}" for name in accuracy)
    title = f"Correct at step {accuracy.index[-1]:,}: {said}"
    fig, (left, right) = panels.sheet(title, 1, 2, figsize=(11.6, 5.4))
    left.plot(np.arange(len(losses)), losses, color=COLOURS["neutral"], lw=0.8)
    left.set(xlabel="step", ylabel="cross-entropy of its mini-batch", ylim=(0, None))
    for name, colour, dash in zip(accuracy, ("network", "malignant"), ("-", "--"), strict=True):
        right.plot(accuracy[name], color=COLOURS[colour], ls=dash, label=name)
    right.axhline(1 / 3, color=COLOURS["ink"], ls=":", label="at random")
    right.set(xlabel="step", ylabel="share correct", ylim=(0.2, 1))
    right.legend(loc="upper left")
    first, final = number(losses[0], 2), number(losses[-1], 2)
    return Drawn(
        fig, f"{title}; at random 33 %. Loss of the first batch {first}, of the last {final}."
    )
