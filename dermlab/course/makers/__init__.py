"""What the shipped results are: how each is made, from which files, in how many minutes.

A maker takes the paths of its input files by name and returns its output files by name: a table
(written as CSV) or a dict of arrays (npz). ``results`` writes and verifies them. One file a
subject; each ends with its ``RESULTS``, and ``RESULTS`` here holds them all.
"""

from importlib import import_module
from pkgutil import iter_modules

from dermlab.course.makers.result import REAL, VARIABLE, Outputs, Result

__all__ = ["REAL", "RESULTS", "VARIABLE", "Outputs", "Result"]


def _all() -> dict[str, Result]:
    names = sorted(module.name for module in iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return {
        name: made for module in modules for name, made in getattr(module, "RESULTS", {}).items()
    }


RESULTS = _all()
