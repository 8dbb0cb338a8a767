"""Where a network starts, how deep it is tuned and on how much, on HAM10000: see `starts`."""

from results.common import cells, ham10000_pixels, starts
from results.common.result import OF_HAM10000, Inputs, Outputs, Result


def on_ham10000(inputs: Inputs) -> Outputs:
    """See `starts.outputs`; and ``frozen.csv``, see `starts.frozen`."""
    work = starts.ham_grid()
    found = cells.run(starts.ham_cell, work, inputs, name="ham10000_starts")
    return starts.outputs(work, found) | {"frozen.csv": starts.frozen(inputs)}


RESULT = Result(
    on_ham10000,
    "The compact network tuned to four depths from the shipped weights, which saw no skin, and "
    f"trained from scratch on HAM10000's pixels: {starts.ABOUT}the held-out fifth of whole "
    "lesions; three seeds; and regressions on the frozen layers. Pictures and labels: "
    f"{OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=200,
    reads=ham10000_pixels.READS,
)
