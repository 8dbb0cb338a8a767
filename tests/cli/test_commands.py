"""The list of commands: help, usage, and how soon it is there."""

import json
import re
import time
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from dermlab.cli import commands

COMMANDS = ["doctor", "course", "fetch", "cases", "classes", "partition", "split", "leaks"]
COMMANDS += [
    "duplicates",
    "train",
    "predict",
    "score",
    "roc",
    "explain",
    "reproduce",
    "own",
    "report",
    "progress",
    "reads",
]
HEAVY = {"tensorflow", "keras", "matplotlib", "umap", "pandera", "sklearn", "scipy", "statsmodels"}
HEAVY |= {"pandas", "numpy"}


def test_alone_it_prints_its_help_and_ends_well(run):
    status, out, err = run()
    assert status == 0
    assert "Usage: dermlab" in out
    assert err == ""
    assert run("--help")[:2] == (0, out)


def test_help_lists_the_commands_in_their_order(run):
    _, out, _ = run("--help")
    lines = out[out.index("Commands") :].splitlines()
    assert [line.split()[1] for line in lines if re.match(r"│ \w", line)] == COMMANDS
    _, out, _ = run("reads", "--help")
    assert "merge" in out[out.index("Commands") :]


@pytest.mark.parametrize("command", [*COMMANDS, "reads merge"])
def test_every_command_has_help(run, command):
    status, out, err = run(*command.split(), "--help")
    assert (status, err) == (0, "")
    assert f"dermlab {command}" in out


def test_neither_import_nor_help_loads_anything_heavy(in_process):
    code = (
        "import sys, dermlab.cli; status = dermlab.cli.main(['--help']); "
        f"print('LOADED', sorted({HEAVY} & set(sys.modules)))"
    )
    done = in_process(code=code)
    assert done.stdout.splitlines()[-1] == "LOADED []", done.stderr


def test_help_takes_less_than_three_times_the_import_of_pandas(in_process):
    def seconds(**how):
        start = time.perf_counter()
        assert in_process("--help", **how).returncode == 0
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 3 * min(seconds(code="import pandas") for _ in "abc")


# --- a function becomes a command -----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Settings:
    n: Annotated[int, typer.Option(min=1)] = 2
    name: Annotated[str, typer.Option()]


def made(where: Annotated[str, typer.Argument()], settings: Settings) -> dict:
    """A command of two options."""
    text = ["a sentence", ("A table", ("x",), [("a cell",)])]
    return {"where": where, "n": settings.n, "name": settings.name} | {
        "text": text,
        "finding": settings.n > 2,
    }


@pytest.fixture
def start(capsys):
    app = typer.Typer()
    app.command()(commands.command(made))

    def start(*arguments):
        return app(list(arguments), standalone_mode=False), capsys.readouterr().out

    return start


def test_the_fields_of_a_dataclass_are_options_and_json_is_the_dict_without_its_text(start):
    status, out = start("here", "--name", "a", "--json")
    assert (status, json.loads(out)) == (0, {"where": "here", "n": 2, "name": "a"})
    status, out = start("here", "--name", "a", "--n", "3")
    assert status == 1
    assert out.startswith("a sentence\n") and "A table" in out and "a cell" in out
    with pytest.raises(typer.TyperException, match="name"):
        start("here")
    with pytest.raises(typer.TyperException, match="greater than or equal to 1"):
        start("here", "--name", "a", "--n", "0")


def test_what_is_returned_is_left_as_it_is(capsys):
    result = {"n": 1, "text": []}
    assert commands.show(result, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {"n": 1} and "text" in result
