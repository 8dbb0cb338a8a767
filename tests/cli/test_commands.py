"""The list of commands: help, usage, and how soon it is there."""

import re
import time

import pytest

COMMANDS = ["doctor", "course", "cases", "partition", "split", "leaks", "duplicates"]
COMMANDS += ["train", "predict", "score", "explain", "reproduce", "report", "reads"]
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
