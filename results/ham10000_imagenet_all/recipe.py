"""What ImageNet's weights are worth where all of HAM10000's lesions may be learnt from.

The grid of `results.ham10000_imagenet` with all 4,970 lesions that are neither in the test nor in
the development part, in their own mix. There are more steps (scratch needs them), two rates and
three seeds. All seeds but the first draw other development lesions, so other lesions to learn from,
of nearly the same set: a seed redraws the weights and little else.
"""

import pandas as pd

from results.common import cells, ham10000_lesions
from results.common.ham10000_pixels import PIXELS
from results.common.result import OF_HAM10000, Inputs, Outputs, Result
from results.ham10000_imagenet import recipe as grid

NAME = "ham10000_imagenet_all"
RATES, SEEDS = (0.0003, 0.001), 3
EVERY = 150  # steps between two evaluations
ALL = 0  # in the tables: all lesions, as in ham10000_imagenet's frozen.csv


def first_cells() -> list[dict]:
    """Every rate on the first seed, which chooses."""
    return [{"arm": arm, "rate": rate, "n": ALL, "seed": 0} for arm in grid.ARMS for rate in RATES]


def more_cells(rates: dict[tuple[str, int], float]) -> list[dict]:
    """The other seeds with the rate that the first one chose."""
    return [
        {"arm": arm, "rate": rates[arm, ALL], "n": ALL, "seed": seed}
        for seed in range(1, SEEDS)
        for arm in grid.ARMS
    ]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """As the grid's: ``development``, ``test`` and ``loss``."""
    lesions = ham10000_lesions.lesions(inputs, grid.SIZE)
    return grid.tuned(one | {"n": None}, lesions, every=EVERY)


def all_lesions(inputs: Inputs) -> Outputs:
    """``runs.csv``, ``curves.csv``, ``means.csv`` and ``differences.csv`` as the grid's, n = 0."""
    first = first_cells()
    found = cells.run(cell, first, inputs, name=NAME)
    rates = grid.chosen_rates(first, found)
    rest = more_cells(rates)
    found += cells.run(cell, rest, inputs, name=NAME)
    lesions = ham10000_lesions.lesions(inputs, grid.SIZE)
    asked = [*first, *rest]
    kept = [
        (one, arrays)
        for one, arrays in zip(asked, found, strict=True)
        if rates[one["arm"], ALL] == one["rate"]
    ]
    scores = grid.tuned_scores(kept)
    test = ham10000_lesions.draw(lesions.positive, 0, None).test
    runs = [grid.run_row(*one, lesions, test, every=EVERY) for one in kept]
    curves = [
        grid.curve(one, arrays, every=EVERY) for one, arrays in zip(asked, found, strict=True)
    ]
    return {
        "runs.csv": pd.DataFrame(runs),
        "curves.csv": pd.concat(curves, ignore_index=True),
        "means.csv": grid.means(scores, lesions, test),
        "differences.csv": grid.differences(scores, lesions, test, sizes=(ALL,)),
    }


RESULT = Result(
    all_lesions,
    "EfficientNet-Lite0 with ImageNet's weights or random ones on HAM10000, malignant or "
    "premalignant against the rest, one photograph a lesion, 96 px: the head, the last third, two "
    "thirds or all of it tuned, and all from scratch, on all 4,970 lesions that are left in their "
    f"own mix; at most {EVERY * grid.MOST} steps of 32, two rates, chosen on the first of {SEEDS} "
    f"seeds; tested on the same {ham10000_lesions.N_TEST:,} lesions as ham10000_imagenet. Pictures "
    f"and labels: {OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=105,
    reads=PIXELS,
)
