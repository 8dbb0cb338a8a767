"""What the tests of the command share: the command run, and a small table of cases."""

import os
import subprocess
import sys

import pandas as pd
import pytest

from dermlab import cli


@pytest.fixture(autouse=True)
def own_place(tmp_path_factory, monkeypatch):
    """Logs of defects go nowhere else, and the profile is the default."""
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("DERMLAB_PROFILE", raising=False)


@pytest.fixture
def run(capsys):
    """Run the command in this process: status, stdout, stderr."""

    def run_command(*arguments):
        status = cli.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run_command


@pytest.fixture
def in_process():
    """Run the command, or Python code, as a process of its own."""

    def start(*arguments, code="from dermlab.cli import main; raise SystemExit(main())", **options):
        command = [sys.executable, "-c", code, *map(str, arguments)]
        environment = os.environ | options.pop("env", {})
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=environment, **options
        )

    return start


@pytest.fixture
def table(tmp_path):
    """60 cases of 30 lesions, two photographs each, 12 of them melanomas."""
    rows = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(60)]})
    rows["lesion_id"] = [f"L{i // 2:02}" for i in range(60)]
    rows["disease"] = ["malignant melanoma" if i < 24 else "melanocytic nevi" for i in range(60)]
    rows["label_source"], rows["age"], rows["dataset"] = "biopsy", 40.5, "made"
    path = tmp_path / "cases.csv"
    rows.to_csv(path, index=False)
    return path
