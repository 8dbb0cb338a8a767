"""Every example of the README works: as it stands, or in the place of what it stands for.

The lines run in their order in one folder, as a reader would type them, on small tables and
pictures made here. Networks are tiny, so that each line takes a second and not minutes; real ones
are trained by the commands' own tests. `IN_PLACE` says what is run for the rest, and why: whoever
adds an example that neither works here nor stands there sees this test fail.
"""

import contextlib
import glob
import io
import itertools
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab import cli

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = ("dermlab", "make", "python", "source", "git", "cd", "jupyter", "pip")
VERBS = "make.py help"
MINUTES = "takes minutes or a browser; test_make.py and test_run.py follow what it calls"
OWN = "several networks; tests/cli/test_own.py runs it on forty pictures"
IN_PLACE = {  # the line -> what is run for it ("": nothing), and why
    "git clone ADDRESS-OF-THIS-REPOSITORY dermlab": (
        f"git clone --quiet --no-checkout --depth 1 {shlex.quote(ROOT.as_uri())} dermlab",
        "the address is that of the reader's copy: this checkout stands for it",
    ),
    "cd dermlab": ("git -C dermlab log --oneline", "the tests stay in their folder"),
    "make course": (VERBS, MINUTES),
    "make test": (VERBS, MINUTES),
    "make lab": (VERBS, MINUTES),
    "make slides": (VERBS, MINUTES),
    "make results": (VERBS, "test_make.py follows what it calls"),
    "make results NAME=…": (VERBS, "hours; tests/results makes each on a tiny case"),
    "python make.py course": (VERBS, MINUTES),
    "source .venv/bin/activate": ("", "the environment of the tests stands for it"),
    "dermlab course": ("dermlab course --help", MINUTES),
    "dermlab reproduce": ("dermlab reproduce --help", "a name; the line with ham10000 runs"),
    "dermlab reads merge": ("dermlab reads merge --help", "a name; the line with files runs"),
    "dermlab own pictures --out results": ("dermlab own --help", OWN),
    "dermlab own FOLDER --out RESULTS": ("dermlab own --help", OWN),
    "dermlab fetch ham10000": (
        "dermlab fetch",
        "2.8 GB from the publisher; test_fetching.py fetches from a server here",
    ),
}
MAY_FIND = {"dermlab doctor": 1}  # the exit status of a finding, as of too little memory
CODES = {"nv": 150, "mel": 130, "bkl": 110, "bcc": 110, "akiec": 60, "df": 30, "vasc": 30}
SIDE = 20  # pixels of the made pictures


def code_lines(text):
    """The commands of the code blocks; what stands two blanks or more behind is said of them."""
    blocks = re.findall(r"^```\n(.*?)^```$", text, flags=re.M | re.S)
    lines = "".join(blocks).splitlines()
    return [re.split(r"\s{2,}|\s+#", line)[0].strip() for line in lines if line.strip()]


def inline(text):
    """The commands within the prose: what stands between backticks and begins with a program."""
    prose = re.sub(r"^```\n.*?^```$", "", text, flags=re.M | re.S)
    pieces = [" ".join(piece.split()) for piece in re.findall(r"`([^`]+)`", prose)]
    return [piece for piece in pieces if piece.split()[0] in PROGRAMS and " " in piece]


LINES = list(dict.fromkeys([*code_lines(TEXT), *inline(TEXT)]))


@pytest.fixture(scope="module")
def ran(tmp_path_factory, tiny_network):
    """line -> exit status, and what it said."""
    from dermlab.network import backend, models

    place = tmp_path_factory.mktemp("reader")
    files_of_a_reader(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("DERMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("DERMLAB_PROFILE", raising=False)
        patch.setattr(models, "build", tiny_network)
        patch.setattr(backend, "deterministic", backend.keras.utils.set_random_seed)
        yield {line: run(IN_PLACE.get(line, (line, ""))[0], place) for line in LINES}


def run(line, place):
    """Exit status and output of a line; a file that it names with --out or --run must be there."""
    words = shlex.split(line)
    if not words:
        return 0, ""
    if words[0] == "dermlab":
        return run_here(words[1:], place)
    if words[0] == "make.py":
        words, place = [sys.executable, *words], ROOT
    done = subprocess.run(words, cwd=place, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def run_here(words, place):
    """Exit status and output of the command in this process; patterns of files as a shell does."""
    words = [each for word in words for each in sorted(glob.glob(word)) or [word]]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        status = cli.main(words)
    made = [word for option, word in itertools.pairwise(words) if option in ("--out", "--run")]
    absent = [name for name in made if not (place / name).exists()]
    return (None, f"{absent} is not there") if absent and status == 0 else (status, out.getvalue())


def files_of_a_reader(place):
    """A publisher's table with its pictures, more cases with their truth, and a class's reads."""
    rows = pd.DataFrame({"dx": np.repeat(list(CODES), list(CODES.values()))})
    rows["lesion_id"] = [f"HAM_{i:07}" for i in range(len(rows))]
    rows["image_id"] = [f"ISIC_{i:07}" for i in range(len(rows))]
    rows["dx_type"], rows["age"], rows["sex"] = "histo", "50.0", "female"
    rows["localization"] = "back"
    more = rows.iloc[::10].copy()
    more["image_id"] = more["image_id"].str.replace("ISIC_", "ISIC_9")
    noise, shades = np.random.default_rng(0), dict(zip(CODES, range(40, 250, 30), strict=True))
    with zipfile.ZipFile(place / "pictures.zip", "w") as pictures:
        for row in pd.concat([rows, more]).itertuples():
            pixels = noise.normal(shades[row.dx], 40, (SIDE, SIDE, 3)).clip(0, 255)
            file = io.BytesIO()
            Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
            pictures.writestr(f"{row.image_id}.png", file.getvalue())
    (place / "lesion.jpg").write_bytes(file.getvalue())
    (place / "DIR").mkdir()
    rows.to_csv(place / "HAM10000_metadata.csv", index=False)
    rows.iloc[::3].to_csv(place / "DIR" / "HAM10000_metadata.csv", index=False)
    shutil.copy(place / "pictures.zip", place / "DIR" / "HAM10000_images.zip")
    for name in ("more.csv", "truth.csv"):
        more.to_csv(place / name, index=False)
    (place / "class").mkdir()
    for reader in ("K7", "M3"):
        reads = "reader_id,image_id,decision\n" + "".join(
            f"{reader},I{i},{i % 2}\n" for i in (1, 2)
        )
        (place / "class" / f"{reader}.csv").write_text(reads)


@pytest.mark.parametrize("line", LINES)
def test_an_example_works(ran, line):
    if line.split()[0] in ("git", "cd") and not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    status, said = ran[line]
    assert status in {0, MAY_FIND.get(line, 0)}, said


@pytest.mark.parametrize(
    "line", [line for line in IN_PLACE if line.split()[0] in ("make", "python")]
)
def test_the_verbs_of_make_are_there(ran, line):
    verb = line.removeprefix("make ").removeprefix("python make.py ").split()[0]
    assert re.search(rf"(?m)^  {verb}\b", ran[line][1])


def test_nothing_is_in_place_of_a_line_that_is_gone():
    assert set(IN_PLACE) | set(MAY_FIND) <= set(LINES)


def test_a_new_example_is_seen():
    text = "Say `dermlab no\nsuch`.\n```\ndermlab new FILE --out x   what it does\n```\nOr `x`.\n"
    assert code_lines(text) == ["dermlab new FILE --out x"] and inline(text) == ["dermlab no such"]
