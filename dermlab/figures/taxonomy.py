"""The disease tree: bars on its nodes, training classes, what they swallow and what they gain."""

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter

from dermlab.cases import taxonomy
from dermlab.errors import InputError
from dermlab.figures import forest, panels
from dermlab.figures.style import CATEGORICAL, COLOURS, DASHES, Drawn, pale
from dermlab.text import number, plural

_TINTS = [colour for colour in CATEGORICAL if colour not in (COLOURS["ink"], COLOURS["network"])]
_WIDTH = 0.93  # of a box, in columns
_MOST_NODES = 30  # more are not readable from the back of a room


def bars(rows: pd.DataFrame, *, unit: str, title: str, picture: np.ndarray | None = None) -> Drawn:
    """The tree as an indented list, with a bar beside each node.

    ``rows``, depth first: ``node``, ``depth`` (0 is the root), ``value`` (the bar's length, in
    ``unit``), ``words`` (written beside it) and ``is_class``: the bar of a training class is dark,
    that of a sum over a node's children is pale. ``picture`` (height, width, 3) stands on the left.
    """
    columns = [0.62, 0.72, 1] if picture is not None else [0.62, 1]
    options = {"figsize": (11.6, 1.7 + 0.4 * len(rows)), "width_ratios": columns}
    fig, axes = panels.sheet(title, 1, len(columns), **options)
    if picture is not None:
        panels.tiles([picture], [""], axes[:1])
    names, ax = axes[-2:]
    _indented(names, rows)
    strong = COLOURS["network"]
    colours = [strong if is_class else pale(strong) for is_class in rows["is_class"]]
    ax.barh(range(len(rows)), rows["value"], 0.72, color=colours, edgecolor=strong, lw=1)
    for y, row in enumerate(rows.itertuples()):
        ax.text(row.value, y, f" {row.words}", va="center", fontsize=14)
    longest = rows["value"].max()
    ax.set(xlabel=unit, xlim=(0, 1.5 * longest), yticks=[])
    ax.set_xticks([tick for tick in ax.get_xticks() if tick <= longest])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    ax.grid(axis="y", visible=False)
    for each in (names, ax):
        each.set_ylim(len(rows) - 0.4, -0.6)
    listed = "; ".join(f"{row.node} {row.words}" for row in rows.itertuples())
    words, unit = (" ".join(text.split()) for text in (title, unit))
    return Drawn(fig, f"{words}. The tree as an indented list with bars ({unit}): {listed}.")


def _indented(ax: Axes, rows: pd.DataFrame) -> None:
    """The nodes' names, a line each, joined to the node above by a bent line."""
    last_at: dict[int, int] = {}  # depth → the last line of that depth
    for y, row in enumerate(rows.itertuples()):
        last_at[row.depth] = y
        x = 0.07 * row.depth
        if row.depth:
            bend = [x - 0.045, x - 0.045, x - 0.01]
            ax.plot(bend, [last_at[row.depth - 1] + 0.35, y, y], color=COLOURS["join"], lw=1.5)
        ax.text(x, y, row.node, va="center", fontsize=14.5)
    ax.set_xlim(0, 1)
    ax.axis("off")


def class_sizes(sizes: pd.DataFrame, *, boundary: int, title: str) -> Drawn:
    """Every class as a mark on a logarithmic axis: all in order of size, and by category.

    ``sizes``: a row a class, ``category`` (one of the nine) and ``n_images``.
    """
    options = {"figsize": (13, 7), "width_ratios": [1, 1.25]}
    fig, (left, right) = panels.sheet(title, 1, 2, **options)
    n = np.sort(sizes["n_images"])[::-1]
    above = n > boundary
    rank = np.arange(1, len(n) + 1)
    left.plot(rank[~above], n[~above], "o", ms=5, color=COLOURS["network"])
    left.plot(rank[above], n[above], "o", ms=7, color=COLOURS["reader"])
    left.axhline(boundary, color=COLOURS["ink"], lw=2, ls="--")
    left.text(len(n), boundary * 1.12, f"N = {boundary:,}", ha="right", fontsize=15)
    left.set(yscale="log", xlabel="class, the largest first", ylabel="images in the class")
    _plain(left.yaxis)
    left.set_title(f"{len(n)} classes, {above.sum()} above N")
    _sizes_by_category(right, sizes, boundary)
    most = sizes["category"].value_counts()
    return Drawn(
        fig,
        f"{title}. Left, a dot a class on a logarithmic axis: sizes fall from {n[0]:,} images to "
        f"{n[-1]:,}, half of the classes have fewer than {np.median(n):g}, and {above.sum()} lie "
        f"above N = {boundary:,}. Right, the same classes by category: {most.index[0]} has the most"
        f", {most.iloc[0]} of {len(n)}.",
    )


def _sizes_by_category(ax: Axes, sizes: pd.DataFrame, boundary: int) -> None:
    order = sizes["category"].value_counts().index[::-1]
    spread = np.random.default_rng(0)  # only so that equal sizes do not hide each other
    for y, category in enumerate(order):
        n = sizes.loc[sizes["category"] == category, "n_images"]
        height = y + spread.uniform(-0.3, 0.3, len(n))
        ax.plot(n, height, "o", ms=6, mew=0.5, mec=COLOURS["neutral"], color=COLOURS[category])
    labels = [f"{category}: {(sizes['category'] == category).sum()}" for category in order]
    ax.set_yticks(range(len(order)), labels, fontsize=15)
    ax.axvline(boundary, color=COLOURS["ink"], lw=2, ls="--")
    ax.grid(axis="y", visible=False)
    ax.set(xscale="log", xlabel="images in the class")
    _plain(ax.xaxis)
    ax.set_title("Classes in each of the nine")


def _plain(axis: Axis) -> None:
    """Write 1,000 where a logarithmic axis would write a power of ten."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def class_counts(curves: pd.DataFrame, *, mark: int, title: str) -> Drawn:
    """The number of training classes against the boundary, both axes logarithmic.

    ``curves``: ``tree`` (a name), ``max_class_size``, ``n_classes``. At the boundary ``mark`` the
    count is written in the legend.
    """
    fig, ax = plt.subplots(figsize=(11, 6.5))
    by_tree = curves.groupby("tree", sort=False)
    labels = []
    for (name, curve), colour, dash in zip(by_tree, CATEGORICAL, DASHES, strict=False):
        x, y = curve["max_class_size"], curve["n_classes"]
        at = int(y[x <= mark].iloc[-1])
        labels.append(f"{name}: {at} at N = {mark:,}")
        ax.step(x, y, dash, where="post", color=colour, label=labels[-1])
        ax.plot(mark, at, "o", ms=12, color=colour)
    ax.axvline(mark, color=COLOURS["ink"], lw=1.5, ls=":")
    ax.set(xscale="log", yscale="log", xlabel="boundary N (images)", ylabel="training classes")
    ticks = [1, 2, 5, 10, 20, 50, 100]
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.set_yticks([], minor=True)
    _plain(ax.xaxis)
    behind = {"facecolor": COLOURS["paper"], "edgecolor": "none", "framealpha": 1}
    ax.legend(loc="lower left", frameon=True, **behind)
    ax.set_title(title)
    alt = f"{title}. Training classes against N, both axes logarithmic; {'; '.join(labels)}."
    return Drawn(fig, alt)


def cut(tree: pd.DataFrame, classes: pd.DataFrame, *, root: str, title: str) -> Drawn:
    """The part of the tree below ``root``: the nodes of one training class share colour and number.

    ``tree``: ``child, parent, n``; ``classes``: `dermlab.cases.taxonomy.training_classes` of it.
    White nodes are split and have no images of their own; a coloured node that is split has its
    own images in the class of its number. Each box counts the images of its node and of all
    below it. Nodes without images are left out. Raises InputError where more than 30 are left.
    """
    images = tree.set_index("child")["n"]
    below = {node: taxonomy.descendants(tree, node) for node in taxonomy.descendants(tree, root)}
    total = {node: int(images[nodes].sum()) for node, nodes in below.items()}
    nodes = [node for node in below if total[node]]
    if len(nodes) > _MOST_NODES:
        raise InputError(
            f"'{root}' has {plural(len(nodes), 'node')} with images, more than the {_MOST_NODES} "
            f"that can be read in one drawing; draw one of its branches."
        )
    places, numbers = _places(tree, nodes), _class_numbers(tree, classes, nodes)
    n_columns, n_rows = (1 + int(max(place)) for place in zip(*places.values(), strict=True))
    fig, ax = plt.subplots(figsize=(13, 1.0 + 0.72 * n_rows))
    parent = tree.set_index("child")["parent"]
    for node in nodes:
        x, y = places[node]
        if node != root:
            x0, y0 = places[parent[node]]
            bend = [x0 + _WIDTH, x - 0.035, x - 0.035, x]
            ax.plot(bend, [y0, y0, y, y], color=COLOURS["neutral"], lw=1.5, zorder=0)
        count = f"{total[node]:,} images"
        if images[node] not in (0, total[node]):
            count += f",\n{images[node]:,} its own"
        words = f"{fill(node, 105 // n_columns)}\n{count}"
        _box(ax, x, y, words, numbers[node], badge=0.026 * n_columns)
    ax.set(xlim=(-0.02, n_columns - 1 + _WIDTH + 0.01), ylim=(n_rows - 0.4, -0.6))
    ax.axis("off")
    fig.supxlabel("colour and large number: the training class; white: divided", fontsize=16)
    ax.set_title(title)
    listed = "; ".join(
        f"{node} {total[node]:,}"
        + (" (split)" if numbers[node] is None else f" (class {numbers[node] + 1})")
        for node in nodes
    )
    return Drawn(fig, f"{title}. Boxes with images below each node: {listed}.")


def _box(ax: Axes, x: float, y: float, words: str, number: int | None, *, badge: float) -> None:
    """A node: its words, and on the left the number of its class on the colour of its class."""
    strong = COLOURS["paper"] if number is None else _TINTS[number % len(_TINTS)]
    light = pale(strong)
    line = {"ec": COLOURS["ink"], "lw": 1.5}
    ax.add_patch(plt.Rectangle((x, y - 0.43), _WIDTH, 0.86, fc=light, **line))
    left = 0 if number is None else badge
    ax.text(
        x + (left + _WIDTH) / 2, y, words, ha="center", va="center", fontsize=14, linespacing=1.0
    )
    if left:
        ax.add_patch(plt.Rectangle((x, y - 0.43), left, 0.86, fc=strong, **line))
        big = {"ha": "center", "va": "center", "fontsize": 16, "weight": "bold"}
        ax.text(x + left / 2, y, str(number + 1), **big)


def _places(tree: pd.DataFrame, nodes: list[str]) -> dict[str, tuple[float, float]]:
    """Depth to the right; leaves on rows of their own, others in the middle of their children."""
    parent = tree.set_index("child")["parent"]
    depth = {nodes[0]: 0}
    for node in nodes[1:]:
        depth[node] = depth[parent[node]] + 1
    row: dict[str, float] = {}
    leaves = [node for node in nodes if node not in set(parent[nodes])]
    row.update({node: float(y) for y, node in enumerate(leaves)})
    for node in reversed(nodes):
        if node not in row:
            below = [row[child] for child in nodes if parent[child] == node]
            row[node] = (min(below) + max(below)) / 2
    return {node: (depth[node], row[node]) for node in nodes}


def _class_numbers(
    tree: pd.DataFrame, classes: pd.DataFrame, nodes: list[str]
) -> dict[str, int | None]:
    """Each node's class, counted from 0 down the drawing; None where it is split among classes."""
    rows = zip(classes["name"], classes["diseases"], strict=True)
    class_of = {disease: name for name, diseases in rows for disease in diseases}
    numbers: dict[str, int] = {}
    of_node: dict[str, int | None] = {}
    for node in nodes:
        below = {class_of[d] for d in taxonomy.descendants(tree, node) if d in class_of}
        name = class_of.get(node, below.pop() if len(below) == 1 else None)
        of_node[node] = None if name is None else numbers.setdefault(name, len(numbers))
    return of_node


def readable(boundaries: pd.DataFrame, *, marks: dict[str, int], title: str) -> Drawn:
    """For each side of each task a dot at the largest boundary at which it can be read out.

    ``boundaries``: as `tasks.boundaries`; ``marks``: a name → a boundary to draw as a line.
    """
    fig, ax = plt.subplots(figsize=(12, 2.2 + 0.5 * len(boundaries)))
    for y, row in enumerate(boundaries.itertuples()):
        colour = CATEGORICAL[list(boundaries["task"].unique()).index(row.task)]
        first = row.task not in set(boundaries["task"].iloc[:y])
        ax.plot(row.largest, y, "o", ms=12, color=colour, label=row.task if first else None)
        beyond = "" if pd.isna(row.swallowed_by) else f", then inside '{row.swallowed_by}'"
        words = f"up to {row.largest:,}{beyond}"
        ax.text(row.largest * 1.12, y, words, va="center", fontsize=14, bbox=panels.ON_PAPER)
    for name, at in marks.items():
        ax.axvline(at, color=COLOURS["ink"], lw=2, ls="--", zorder=1)
        ax.text(at * 0.95, -0.8, name, ha="right", fontsize=14)
    names = [f"{row['class']}: {row['n_images']:,} images" for _, row in boundaries.iterrows()]
    ax.set_yticks(range(len(names)), names)
    ax.set(xscale="log", xlim=(300, 200_000), ylim=(len(names) - 0.4, -1.3))
    ax.set_xticks((300, 1000, 3000, 10_000))
    ax.set_xticks([], minor=True)
    ax.set(xlabel="largest N at which the side can still be read out")
    ax.grid(axis="y", visible=False)
    _plain(ax.xaxis)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    fig.suptitle(title, x=0.01, ha="left")
    ends = "; ".join(f"{row['class']} at {row['largest']:,}" for _, row in boundaries.iterrows())
    lines = " and ".join(marks)
    return Drawn(fig, f"{title}. A dot a side, at the largest N that works: {ends}. Line: {lines}.")


def gains(accuracies: pd.DataFrame, *, title: str) -> Drawn:
    """Published accuracies of two networks on each task, joined: coarse classes, fine classes.

    ``accuracies``: ``task``, ``who``, and ``accuracy``, ``low``, ``high`` as shares; the network
    taught the coarse classes comes first. Bars are the published ± 1 SD over folds, no intervals.
    """
    fig, ax = plt.subplots(figsize=(11.6, 4.4))
    looks = [("neutral", "s", "right"), ("network", "o", "left")]
    drawn = []
    by_network = accuracies.groupby("who", sort=False)
    for (who, rows), (colour, mark, side) in zip(by_network, looks, strict=True):
        shares = rows.rename(columns={"accuracy": "estimate"}).set_index("task")
        drawn.append(100 * shares[["estimate", "low", "high"]])
        style = {"fmt": mark, "color": COLOURS[colour], "label": who, "capsize": 6}
        panels.intervals(ax, drawn[-1], range(len(rows)), **style)
        for y, value in enumerate(drawn[-1]["estimate"]):
            ax.text(value, y - 0.2, f"{number(value, 1)} %", ha=side, fontsize=15)
    before, after = (each["estimate"] for each in drawn)
    for y, (x, gain) in enumerate(zip((before + after) / 2, after - before, strict=True)):
        ax.text(x, y + 0.28, f"{gain:+.1f} points", ha="center", fontsize=15)
    ax.hlines(range(len(before)), before, after, color=COLOURS["join"], lw=5, zorder=0)
    ax.set_yticks(range(len(before)), before.index)
    ax.set(ylim=(len(before) - 0.45, -0.55), xlim=(40, 80))
    ax.set(xlabel="mean of the classes' accuracies, % (bars: ± 1 SD over nine folds)")
    ax.grid(axis="y", visible=False)
    panels.legend_below(ax)
    ax.set_title(title)
    ends = zip(before.index, before, after, strict=True)
    said = "; ".join(f"{task}, from {number(a, 1)} to {number(b, 1)} %" for task, a, b in ends)
    return Drawn(fig, f"{title}. {said}. Bars are ± 1 SD over nine folds (published).")


def simulated_gains(gaps: pd.DataFrame, *, title: str) -> Drawn:
    """Differences in accuracy, networks taught fine classes − others, with their 95 % intervals.

    ``gaps``: ``task``, ``against`` (what the others were taught), ``clinics`` (whose interval it
    is), and ``estimate``, ``low``, ``high`` in percentage points. A line marks no difference.
    """
    rows = gaps.assign(pair=[f"{row.task}: fine − {row.against}" for row in gaps.itertuples()])
    unit = "difference in mean class accuracy, percentage points (95 % intervals)"
    figure = forest.intervals(rows, y="pair", hue="clinics", unit=unit, title=title)
    figure.axes[0].axvline(0, color=COLOURS["ink"], lw=2, ls="--", zorder=1)
    said = "; ".join(
        f"{row.pair}, {row.clinics}, {number(row.estimate, 1)} ({number(row.low, 1)} to "
        f"{number(row.high, 1)})"
        for row in rows.itertuples()
    )
    return Drawn(figure, f"{title}. Percentage points: {said}.")
