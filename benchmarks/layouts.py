"""Every layout that is read: rows, cases, rows set aside, and the time beside `pandas.read_csv`.

The layouts are the small copies of the tests, made by hand as their publishers ship them; with
DERMLAB_DATA set, the published tables that lie there too. Of two files that belong together, rows
without a partner count too. pandas reads the same file as text and checks nothing.
"""

import os
import runpy
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from dermlab.cases import layouts, sources, taxonomy
from dermlab.text import plural

TESTS = Path(__file__).parents[1] / "tests" / "cases"
PUBLISHED = {
    "ham10000": "HAM10000_metadata_with_dataset.csv",
    "ham10000, ISIC 2018 test": "ISIC2018_Task3_Test_GroundTruth.csv",
    "fitzpatrick17k": "fitzpatrick17k.csv",
    "pad_ufes20": "pad_ufes20_fitzpatrick_subset_1494.csv",
    "isic2019": "ISIC_2019_Training_GroundTruth.csv",
    "isic2020": "ISIC_2020_Training_GroundTruth.csv",
}
RUNS = 3


def copies(folder: Path) -> Iterator[tuple[str, Path]]:
    """The tests' small copies, written to `folder`, each into a folder of its own."""
    for name, (file, content, *_) in runpy.run_path(str(TESTS / "test_layouts.py"))[
        "COPIES"
    ].items():
        place = folder / name
        place.mkdir()
        (place / file).write_text(content)
        yield f"{name}, copy", place / file
    place = folder / "scin"
    place.mkdir()
    runpy.run_path(str(TESTS / "datasets" / "test_scin.py"))["write"](place)
    yield "scin, copy", place / "scin_cases.csv"


def published() -> Iterator[tuple[str, Path]]:
    folder = os.environ.get("DERMLAB_DATA")
    for name, file in PUBLISHED.items() if folder else ():
        yield name, Path(folder) / file


def fastest(call, *arguments, **options) -> tuple[float, object]:
    """The seconds of the best of `RUNS` calls, and what the last one gave."""
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        result = call(*arguments, **options)
        times.append(time.perf_counter() - begin)
    return min(times), result


def row(name: str, file: Path, tree: pd.DataFrame) -> dict:
    """The line of one layout; a file without commas has no time of pandas."""
    rows, unreadable, _ = layouts.read(file, columns=False)
    seconds, (cases, rejected) = fastest(sources.read, file, tree=tree)
    line = {"layout": name, "file": file.name, "rows": len(rows) + len(unreadable)}
    line |= {"cases": len(cases), "set aside": rejected.index.nunique(), "ms": 1000 * seconds}
    if file.suffix == ".csv":
        line["ms of pandas"] = 1000 * fastest(pd.read_csv, file, dtype="str")[0]
    return line


def main() -> None:
    tree = taxonomy.load_tree()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a reader is told of single tables
        lines = [row(*each, tree) for each in [*copies(Path(folder)), *published()]]
    table = pd.DataFrame(lines)
    print(table.to_string(index=False, na_rep="–", float_format="{:,.0f}".format))
    print(f"{plural(len(table), 'table')}, best of {RUNS} runs.")


if __name__ == "__main__":
    main()
