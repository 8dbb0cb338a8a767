"""How the command speaks: plain JSON, single lines, places for outputs."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dermlab import console
from dermlab.errors import InputError


@dataclass
class Pair:
    name: str
    value: float


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Pair("a", float("nan")), {"name": "a", "value": None}),
        ({1: np.float64(0.5), "b": np.int64(3)}, {"1": 0.5, "b": 3}),
        ((True, np.True_, None, pd.NA), [True, True, None, None]),
        ([np.inf, -np.inf, np.nan], [None, None, None]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ("β", "β"),
    ],
)
def test_json_is_strict_whatever_it_is_given(value, expected, capsys):
    console.print_json(value)
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\n b\t c", "a b c"), ("a\0b", "a\\x00b"), ("\x1b[31mred", "\\x1b[31mred"), ("é ≥", "é ≥")],
)
def test_one_line_shows_control_characters_instead_of_sending_them(text, expected):
    assert console.one_line(text) == expected


def test_a_link_stays_a_link_to_the_file_that_is_written(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("earlier")
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("this system makes no links for this user")
    console.write_tables({console.target(link): pd.DataFrame({"a": [1]})})
    assert link.is_symlink()
    assert real.read_text() == "a\n1\n"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="only where devices are files")
def test_a_device_is_never_replaced_by_a_file():
    with pytest.raises(InputError, match="not a file"):
        console.target(Path("/dev/null"))


def test_without_a_terminal_progress_is_a_line_a_notebook(capsys):
    with console.progress() as tell:
        for share, text in [(0, "03: cell 1"), (0.2, "03: cell 2"), (0.5, "07: cell 1")]:
            tell(share, text)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[0] for line in err.splitlines()] == ["03", "07"]
