"""The form of a main lesson as functions: notebook → list of faults, each a short text.

``python -m tests.lesson_form 05`` prints what a lesson measures, its faults, the numbers that its
author answers for by hand, and words for a reader to look at. `test_lesson_form.py` holds the
lessons to it.
"""

import ast
import re
import sys
from itertools import pairwise
from pathlib import Path

import nbformat

from tests import typed_numbers

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
MAX_WORDS, MAX_CELLS, MAX_LINES = 1500, 28, 15
FIGURES = range(4, 9)
SHARE = {(0, 1), (-1, 1)}  # what a share, and a correlation, lies between
COLLAPSED = {"claim", "hide-input"}
ENDS = re.compile(r"^#+ .*three sentences", re.IGNORECASE | re.MULTILINE)
DIALECT = {  # LESSONS.md's table: no ban, a list to be read
    "area (of a curve)": r"\bareas?\b",
    "look (an evaluation)": r"\b(?:at each look|looks)\b",
    "A less B": r"\bless (?:the|a|its|each|\d)",
    "by lot": r"\blots?\b",
    "found, told, ill, start (nouns)": r"\b(?:the|a|of|is|are) (?:found|told|ill|start)\b",
    "points": r"\bpoints?\b",
    "drawn, cheating": r"\b(?:drawn|cheat\w*)\b",
    "holds 0": r"\bholds? (?:0|zero)\b",
    "asked, own, part": r"\b(?:is asked|of its own|the part)\b",
}


def load(path: Path):
    """The notebook as it is stored."""
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


# --- parts ----------------------------------------------------------------------------------------


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def prose(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def data(notebook, kind: str) -> list[str]:
    """Everything of a MIME type that the cells show."""
    found = [output.get("data", {}).get(kind) for cell in code(notebook) for output in cell.outputs]
    return ["".join(item) for item in found if item]


def alts(notebook) -> list[str]:
    """The alt text of every figure."""
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    return [picture.metadata.get("image/png", {}).get("alt", "") for picture in pictures]


def printed(notebook) -> str:
    """What the cells print; not the questions of exercises, which are text/markdown."""
    streams, values = [], []
    for output in (output for cell in code(notebook) for output in cell.outputs):
        shown = output.get("data", {})
        streams.append(output.get("text", ""))
        if "text/markdown" not in shown and "image/png" not in shown:
            values += [re.sub(r"<[^>]+>", " ", shown.get("text/html", ""))]
            values += [shown.get("text/plain", "")]
    return "\n".join([*streams, *values])


def trees(notebook) -> list[ast.Module]:
    return [ast.parse(cell.source) for cell in code(notebook)]


# --- size -----------------------------------------------------------------------------------------


def n_words(notebook) -> int:
    """Tokens of the text, and of what exercises, guesses and votes show."""
    return len(
        typed_numbers.COMMENT.sub(
            "", " ".join([prose(notebook), *data(notebook, "text/markdown")])
        ).split()
    )


def too_long(notebook) -> list[str]:
    n = n_words(notebook)
    return [f"{n} words, more than {MAX_WORDS}"] if n > MAX_WORDS else []


def too_many_cells(notebook) -> list[str]:
    n = len(code(notebook))
    return [f"{n} code cells, more than {MAX_CELLS}"] if n > MAX_CELLS else []


def figures(notebook) -> list[str]:
    n = len(alts(notebook))
    faults = [] if n in FIGURES else [f"{n} figures, not {FIGURES[0]} to {FIGURES[-1]}"]
    opening = [output for cell in notebook.cells[:3] for output in cell.get("outputs", [])]
    if not any("image/png" in output.get("data", {}) for output in opening):
        faults.append("no figure within the first three cells")
    return faults


def long_cells(notebook) -> list[str]:
    visible = [cell for cell in code(notebook) if not tags(cell) & COLLAPSED]
    lines = [(len(cell.source.splitlines()), cell.source.splitlines()[0]) for cell in visible]
    return [f"{n} lines: {first}" for n, first in lines if n > MAX_LINES]


# --- code -----------------------------------------------------------------------------------------


def open_imports(notebook) -> list[str]:
    """Imports outside of the one cell tagged hide-input, the first of the code."""
    kinds = (ast.Import, ast.ImportFrom)
    having = [
        cell
        for cell in code(notebook)
        if any(isinstance(n, kinds) for n in ast.parse(cell.source).body)
    ]
    if having != code(notebook)[:1]:
        return [f"imports in {len(having)} cells, not in the first alone"]
    return [] if "hide-input" in tags(having[0]) else ["the imports are not tagged hide-input"]


def claims(notebook) -> list[str]:
    cells = [cell for cell in code(notebook) if "claim" in tags(cell)]
    faults = [] if cells else ["no cell is tagged claim"]
    faults += [f"no assert: {c.source.splitlines()[0]}" for c in cells if "assert" not in c.source]
    asserts = [n for tree in trees(notebook) for n in ast.walk(tree) if isinstance(n, ast.Assert)]
    return faults + [f"always true: {ast.unparse(a)}" for a in asserts if is_identity(a.test)]


def is_identity(test: ast.expr) -> bool:
    """Whether a condition can't be false: x == x, x > -1, len(x) >= 0, 0 <= share <= 1, True."""
    if isinstance(test, ast.Constant | ast.Tuple | ast.JoinedStr):
        return True
    if isinstance(test, ast.BoolOp):
        return any(map(is_identity, test.values))
    if isinstance(test, ast.Call) and len(test.args) > 1:
        return ast.dump(test.args[0]) == ast.dump(test.args[1])
    if not isinstance(test, ast.Compare):
        return False
    sides = [test.left, *test.comparators]
    same = any(ast.dump(a) == ast.dump(b) for a, b in pairwise(sides))
    values = [constant(side) for side in sides]
    if same or None not in values or (len(sides) == 3 and (values[0], values[2]) in SHARE):
        return True
    return len(sides) == 2 and any(
        cannot_pass(values[a], type(test.ops[0]), sides[b])
        for a, b, below in ((0, 1, (ast.Lt, ast.LtE)), (1, 0, (ast.Gt, ast.GtE)))
        if isinstance(test.ops[0], below) and values[a] is not None
    )


def cannot_pass(bound: float, operator: type, side: ast.expr) -> bool:
    """Whether ``side`` is above ``bound`` whatever it is: -1, or 0 under a size or a square."""
    function = getattr(side, "func", None)
    name = getattr(function, "attr", getattr(function, "id", ""))
    is_square = isinstance(side, ast.BinOp) and isinstance(side.op, ast.Pow)
    never_negative = is_square or name in {"len", "abs", "nunique", "std", "var"}
    at_most = 0 if operator in (ast.LtE, ast.GtE) else -1e-12
    return bound == -1 or (never_negative and bound <= at_most)


def constant(node: ast.expr) -> float | None:
    """The number that an expression spells out, else None."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, int | float) else None


def calls_of_help(notebook) -> list[str]:
    """Calls of hint and solution, which are the student's alone."""
    calls = [n for tree in trees(notebook) for n in ast.walk(tree) if isinstance(n, ast.Call)]
    names = [getattr(call.func, "attr", getattr(call.func, "id", "")) for call in calls]
    return [f"{name}( is called" for name in names if name in {"hint", "solution"}]


# --- text -----------------------------------------------------------------------------------------


def open_answers(notebook) -> list[str]:
    """Answers that are not in a closed <details>, and <details> that would not be closed."""
    text = prose(notebook)
    faults = [f"open: {tag}" for tag in re.findall(r"<details[^>]*\bopen\b[^>]*>", text)]
    blocks = re.findall(r"<details>.*?</details>", text, re.DOTALL)
    shape = re.compile(r"<details>\s*<summary>.+?</summary>\n\n.+\n\n</details>", re.DOTALL)
    faults += [
        f"no blank lines in {block[:60]!r}" for block in blocks if not shape.fullmatch(block)
    ]
    if not blocks:
        faults.append("no <details> holds the answer to the lecture's question")
    if text.count("<details") != len(blocks):
        faults.append("a <details> is not closed by </details>")
    outside = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    begin = r"(?mi)^[\s>*_#-]*(?:answers?|solutions?)\b[^\n]*"
    return faults + [f"open answer: {line.strip()[:60]}" for line in re.findall(begin, outside)]


def opening(notebook) -> list[str]:
    """The first cell names the minutes and links what to read before."""
    first = notebook.cells[0].source
    faults = [] if typed_numbers.MINUTES.search(first) else ["the first cell names no minutes"]
    return faults + ([] if re.search(r"\]\([^)]+\)", first) else ["it links no prerequisite"])


def ending(notebook) -> list[str]:
    """Three sentences under their heading, which is the last but for the lecture's question."""
    text = typed_numbers.COMMENT.sub("", prose(notebook))
    heading = ENDS.search(text)
    if not heading:
        return ["no 'Three sentences to take home'"]
    rest = text[heading.end() :]
    body = re.split(r"^#+ |<details>", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()
    items = re.findall(r"(?m)^(?:\d\.|[-*]) ", body)
    n = len(items) or len(re.findall(r"[.!?](?=[\s*_)]|$)", body))
    faults = [] if n == 3 else [f"{n} sentences to take home"]
    after = re.findall(r"^#+ .*$", rest, re.MULTILINE)
    return faults + ([f"{len(after)} headings after them"] if len(after) > 1 else [])


def typed_results(notebook) -> list[str]:
    """Numbers of the text that no cell shows, no code sets and no published table holds."""
    shown = " ".join([printed(notebook), *alts(notebook)])
    settings = " ".join(cell.source for cell in code(notebook))
    return typed_numbers.unknown(prose(notebook), shown, settings)


def long_numbers(notebook) -> list[str]:
    """Printed numbers with more than three decimals."""
    return re.findall(r"\d\.\d{4,}", printed(notebook))


RULES = {
    "words": too_long,
    "code cells": too_many_cells,
    "figures": figures,
    "visible lines": long_cells,
    "hidden imports": open_imports,
    "claims": claims,
    "help": calls_of_help,
    "answers": open_answers,
    "opening": opening,
    "ending": ending,
    "typed results": typed_results,
    "digits": long_numbers,
}


# --- for a reader ---------------------------------------------------------------------------------


def dialect(notebook) -> list[str]:
    """Words of LESSONS.md's table, each with its line: to be read, not to be failed."""
    lines = [*prose(notebook).splitlines(), *data(notebook, "text/markdown"), *alts(notebook)]
    return [
        f"{name}: {line.strip()[:110]}"
        for name, pattern in DIALECT.items()
        for line in lines
        if re.search(pattern, line, re.IGNORECASE)
    ]


def report(path: Path) -> None:
    """Print what a lesson measures, its faults, and what a reader should look at."""
    notebook = load(path)
    size = len(code(notebook)), len(alts(notebook))
    print(f"{path.stem}: {n_words(notebook)} words, {size[0]} code cells, {size[1]} figures")
    for rule, faults_of in RULES.items():
        for fault in faults_of(notebook):
            print(f"  {rule}: {fault}")
    for text in typed_numbers.ANSWERED_FOR.findall(prose(notebook)):
        print(f"  numbers answered for by hand: {' '.join(text.split())}")
    for line in dialect(notebook):
        print(f"  to be read aloud: {line}")


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("[0-9]*.ipynb")):
        if not sys.argv[1:] or path.stem.startswith(tuple(sys.argv[1:])):
            report(path)
