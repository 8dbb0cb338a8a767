"""A second lesson on a small server: limit read, kernels counted, the student warned."""

import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from dermlab.lessons import memory

GB = 1_000_000_000
BINDER = {"BINDER_LAUNCH_HOST": "https://mybinder.org/"}


@pytest.mark.parametrize(
    ("variables", "cgroup", "limit"),
    [
        ({"MEM_LIMIT": "2147483648"}, None, 2_147_483_648),
        ({"MEM_LIMIT": "2147483648"} | BINDER, "1000", 2_147_483_648),
        (BINDER, "2147483648\n", 2_147_483_648),
        (BINDER, "max\n", None),
        (BINDER, None, None),
        ({}, "2147483648\n", None),  # a container of one's own: nobody said that it is a class's
        ({"MEM_LIMIT": "plenty"}, None, None),
    ],
)
def test_the_limit_is_the_hub_s_else_on_binder_the_control_group_s(
    tmp_path, variables, cgroup, limit
):
    place = tmp_path / "memory.max"
    if cgroup is not None:
        place.write_text(cgroup)
    assert memory.given(variables, place) == limit


def test_one_lesson_alone_is_never_warned_of():
    assert memory.warning(2 * GB, GB, []) == ""


def test_a_second_lesson_is_warned_of_from_the_byte_on_that_does_not_fit():
    free = 2 * GB - memory.LESSON
    assert memory.warning(2 * GB, 0, [free]) == ""
    words = memory.warning(2 * GB, 0, [free + 1])
    assert "another notebook is still running, 0.8 of the 2.0 GB" in words
    assert words.count(". ") == 0 and words.endswith(".")  # one sentence
    assert "2 other notebooks are still running, 1.2 of" in memory.warning(
        2 * GB, GB // 5, [GB // 2, GB // 2]
    )


def process(pid, *words, rss=0, gone=False):
    """A made-up process, as psutil shows one; ``gone``: it ended since it was listed."""

    def answer(value):
        if gone:
            raise psutil.NoSuchProcess(pid)
        return value

    used = SimpleNamespace(rss=rss)
    return SimpleNamespace(
        pid=pid, cmdline=lambda: answer(list(words)), memory_info=lambda: answer(used)
    )


def test_only_other_kernels_of_the_server_are_counted():
    kernel = "python", "-m", "ipykernel_launcher", "-f", "kernel.json"
    server = process(1, "jupyter-lab", rss=150)
    processes = [
        process(2, *kernel, rss=700),
        process(3, *kernel, rss=900),
        process(4, "bash", rss=5),
        process(5, *kernel, rss=300, gone=True),
    ]
    assert memory.of_kernels(server, processes, me=2) == (150, [900])


def test_a_kernel_says_it_when_lessons_are_imported_and_nobody_else(monkeypatch, capsys):
    monkeypatch.setenv(memory.LIMIT, str(2 * GB))
    monkeypatch.setattr(memory, "_used", lambda: (0, [GB]))
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    memory.warn()
    assert capsys.readouterr().out == ""
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
    memory.warn()
    assert capsys.readouterr().out.startswith("Careful: another notebook is still running, 1.0 of")


def test_the_room_of_the_lessons_asks_at_its_import():
    code = (
        "import os, sys, types\n"
        "sys.modules['ipykernel'] = types.ModuleType('ipykernel')\n"
        "os.environ['MEM_LIMIT'] = '1000'\n"
        "import psutil\n"
        "psutil.Process.children = lambda *a, **k: [psutil.Process(os.getppid())]\n"
        "psutil.Process.cmdline = lambda self: ['ipykernel_launcher']\n"
        "import dermlab.lessons\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Careful: another notebook is still running")
