"""Every error is one sentence: it starts like one, ends in a full stop, and is alone."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "dermlab"
ROOMS = ["cases/*.py", "cases/datasets/*.py", "cli/*.py", "lessons/*.py", "evaluation/*.py"]
# A sentence may start with a value (a path, a count); one that a library wrote may end it.
ENDS = re.compile(r"\.$|\{error\}$|\{str\(error\)\.splitlines\(\)\[0\]\}$")


def sentences():
    """(place, text) of each InputError that a room raises with its text at hand."""
    for room in ROOMS:
        for path in sorted(PACKAGE.glob(room)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InputError":
                    text = text_of(node.args[0])
                    place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                    if text is not None:
                        yield pytest.param(text, id=place)


def text_of(node):
    """The text as it stands in the source; None where another function writes it."""
    if not isinstance(node, ast.JoinedStr | ast.Constant):
        return None
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(
        part.value if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
        for part in parts
    )


@pytest.mark.parametrize("text", list(sentences()))
def test_an_error_is_one_sentence(text):
    assert not text[0].islower(), text
    assert ENDS.search(text), text
    assert not re.search(r"[.!?] [A-Z{]", text), text
