"""What the shipped results are: how each is made, from which files, in how many minutes.

A maker takes the paths of its input files by name and returns its output files by name: a table
(written as CSV) or a dict of arrays (npz). ``results`` writes and verifies them. One file a
subject; each ends with its ``RESULTS``.
"""

from dermlab.course.makers import clinic_sorting, ham10000_tables
from dermlab.course.makers.result import REAL, VARIABLE, Result

__all__ = ["REAL", "RESULTS", "VARIABLE", "Result"]

RESULTS: dict[str, Result] = {**ham10000_tables.RESULTS, **clinic_sorting.RESULTS}
