"""How long `dermlab --help` takes, against `import pandas`, which any analysis waits for anyway.

Both start a new Python; the runs alternate, so that a busy machine slows both alike.
"""

import statistics
import subprocess
import sys
import time

RUNS = 7
COMMANDS = {
    "dermlab --help": [sys.executable, "-c", "from dermlab.cli import main; main()", "--help"],
    "import pandas": [sys.executable, "-c", "import pandas"],
}


def seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> None:
    for command in COMMANDS.values():  # once unmeasured: compiled modules, the disk's cache
        seconds(command)
    runs = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(RUNS)]
    medians = {name: statistics.median(run[name] for run in runs) for name in COMMANDS}
    for name, median in medians.items():
        print(f"{name}: median {median:.3f} s of {RUNS} runs")
    print(f"ratio: {medians['dermlab --help'] / medians['import pandas']:.2f}")


if __name__ == "__main__":
    main()
