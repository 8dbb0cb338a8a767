"""Where a network starts and how much it learns from, on the virtual clinic: see `starts`."""

from results.common import cells, starts
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result


def on_the_clinic(inputs: Inputs) -> Outputs:
    """See `starts.outputs`."""
    work = starts.clinic_grid()
    return starts.outputs(work, cells.run(starts.clinic_cell, work, inputs, name="clinic_starts"))


RESULT = Result(
    on_the_clinic,
    "The compact network fine-tuned from the shipped weights and trained from scratch on the "
    f"virtual clinic: {starts.ABOUT}1,500 lesions of other patients by the truth; five clinics.",
    kind="simulated",
    seed=starts.FIRST_CLINIC,
    minutes=150,
    reads=(WEIGHTS, *CLINIC),
)
