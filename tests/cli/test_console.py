"""How the command speaks: plain JSON, single lines, places for outputs."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dermlab.cli import console
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


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="only where devices are files")
def test_stdout_is_no_file_even_where_it_leads_to_one(tmp_path):
    code = "from pathlib import Path; from dermlab.cli import console\n"
    code += "console.run(lambda: console.target(Path('/dev/stdout')))"
    with (tmp_path / "out.txt").open("w") as out:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=out, stderr=subprocess.PIPE, text=True
        )
    assert "/dev/stdout is not a file" in done.stderr


def test_a_name_of_any_length_that_the_folder_takes_is_written(tmp_path):
    place = tmp_path / ("a" * 255)
    try:
        place.write_text("")
    except OSError:
        pytest.skip("this folder takes no name of 255 letters")
    console.write_tables({place: pd.DataFrame({"a": [1]})})
    assert place.read_text() == "a\n1\n"


def test_a_place_that_cannot_be_written_is_named_as_it_was_given(tmp_path):
    with pytest.raises(InputError, match=r"none.out\.csv cannot be written .*nothing was changed"):
        console.write_tables({tmp_path / "none" / "out.csv": pd.DataFrame({"a": [1]})})


def test_without_a_terminal_progress_is_a_line_a_notebook(capsys):
    with console.progress() as tell:
        for share, text in [(0, "03: cell 1"), (0.2, "03: cell 2"), (0.5, "07: cell 1")]:
            tell(share, text)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[0] for line in err.splitlines()] == ["03", "07"]


# --- how a process ends ---------------------------------------------------------------------------


def test_a_defect_is_one_line_and_a_log(run, table, tmp_path, monkeypatch):
    from dermlab.cases import sources

    def broken(*_, **__):
        raise KeyError("no such thing")

    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sources, "read_cases", broken)
    status, out, err = run("partition", table)
    assert (status, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    log = Path(err.strip().rsplit(" ", 1)[1])
    assert log.is_relative_to(tmp_path / "cache")
    assert "KeyError: 'no such thing'" in log.read_text()
    (tmp_path / "cache" / "logs").rename(tmp_path / "cache" / "old")
    (tmp_path / "cache" / "logs").write_text("a file in the way")
    assert run("partition", table)[0] == 3


WAITING = """
import sys, time
from dermlab import cli
from dermlab.cases import sources
def wait(*_, **__):
    print("waiting", flush=True)
    time.sleep(60)
sources.read_cases = sources.read = wait
raise SystemExit(cli.main())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one child process")
@pytest.mark.parametrize("command", ["partition", "split --out {out}", "cases --out {out}"])
def test_ctrl_c_gives_130_and_leaves_no_file(table, tmp_path, command):
    name, *options = command.format(out=tmp_path / "out.csv").split()
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, name, str(table), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["cases.csv"]


HALF = """
import sys, time
import pandas as pd
from dermlab import cli
def half(frame, file, **options):
    file.write(b"image_id,les")
    print("waiting", flush=True)
    time.sleep(60)
pd.DataFrame.to_csv = half
raise SystemExit(cli.main())
"""


def test_a_run_killed_while_it_writes_leaves_what_was_there(table, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("what was there")
    process = subprocess.Popen(
        [sys.executable, "-c", HALF, "cases", str(table), "--out", str(out)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "waiting\n"
    process.kill()
    process.communicate(timeout=20)
    assert out.read_text() == "what was there"


IMPORTING = """
import os, signal, sys
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupted())
from dermlab.cli import main
raise SystemExit(main(["--help"]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_while_the_command_is_still_loading_is_silent(in_process):
    done = in_process(code=IMPORTING)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
@pytest.mark.parametrize("arguments", [["partition", "{table}", "--json"], ["--help"]])
def test_a_full_disk_under_stdout_is_no_defect(table, arguments):
    code = "from dermlab.cli import main; raise SystemExit(main())"
    command = [sys.executable, "-c", code, *(word.format(table=table) for word in arguments)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    sentence = "What is printed cannot be written to stdout (No space left on device)."
    assert done.stderr.splitlines()[-1] == sentence


@pytest.mark.skipif(os.name == "nt", reason="Windows pipes break otherwise")
def test_a_reader_that_leaves_is_no_defect(table):
    code = "from dermlab.cli import main; raise SystemExit(main())"
    shell = f'"$0" -c "{code}" partition "$1" --json | true; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", shell, sys.executable, str(table)], capture_output=True, text=True
    )
    assert done.returncode == 141
    assert done.stderr.splitlines() == [
        "at most 100 images a class (the default of profile classroom)"
    ]


def test_a_console_without_the_letters_still_gets_the_table(in_process, table):
    done = in_process("partition", table, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert "1 training class of 60 images" in done.stdout
