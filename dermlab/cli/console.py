"""How the command speaks: one object on stdout, one line a sentence on stderr, files whole.

Exit statuses: 0 good, 1 a finding, 2 bad input or usage, 3 a defect of ours, 130 interrupted;
141, as shells have it, where the reader of our output has gone (``dermlab partition ... | head``).
"""

import errno
import io
import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from dermlab.errors import InputError

if TYPE_CHECKING:
    from pandas import DataFrame

DEVICES = (Path("/dev"), Path("/dev/fd"))  # where stdout stands, which may lead to a file
LOST = "The working directory no longer exists: change to another folder."
GOOD, FINDING, BAD_INPUT, DEFECT, INTERRUPTED, NO_READER = 0, 1, 2, 3, 130, 141


def run(call: Callable[[], int | None]) -> int:
    """Call, and turn whatever happens into an exit status and at most one line on stderr."""
    _prepare_streams()
    try:
        with _warnings_as_lines():
            status = call() or GOOD
        sys.stdout.flush()
    except InputError as error:
        status = _say(error, BAD_INPUT)
    except typer.TyperException as error:
        sentence = error.format_message().strip().rstrip(".")
        status = _say(f"{sentence}; --help says what is expected.", BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        status = _drop_stdout()
    except OSError as error:
        status = _failed_file(error)
    except SystemExit:  # how typer ends when the reader of stdout has gone
        status = _drop_stdout()
    except Exception as error:
        status = _report(error)
    return status


def check_text(arguments: Iterable[str]) -> None:
    """InputError for an argument that is no text: bytes of another encoding than UTF-8."""
    for argument in arguments:
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError:
            raise InputError(
                f"The argument {argument!a} is no UTF-8: give the file a name that is."
            ) from None


def note(sentence: object) -> None:
    """One line on stderr: progress, a warning, an error."""
    print(one_line(sentence), file=sys.stderr, flush=True)


def one_line(sentence: object) -> str:
    """The text without line breaks and control characters, which a damaged cell may carry."""
    text = " ".join(str(sentence).split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def print_json(result: object) -> None:
    """One JSON object on stdout; what is not a number or unknown is null."""
    print(json.dumps(plain(result), allow_nan=False))


def plain(value: object) -> object:
    """Dataclasses, tuples, numpy scalars, NaN and NA as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return plain(value.tolist()) if hasattr(value, "tolist") else None


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table on stdout; cells fold rather than lose their ends."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 120).print(table)


@contextmanager
def progress() -> Iterator[Callable[[float, str], None]]:
    """A function of the share done and ``"what: detail"``: a bar, or without a terminal a line
    for each new ``what``."""
    if not sys.stderr.isatty():
        yield _tell_in_lines()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share, text: bar.update(task, completed=share, description=text)


def _tell_in_lines() -> Callable[[float, str], None]:
    lines = set()

    def tell(share: float, text: str) -> None:
        what = text.partition(":")[0]
        if what not in lines:
            lines.add(what)
            note(f"{what} ({share:.0%} of the whole)")

    return tell


def target(path: Path | None, *sources: Path | str | None) -> Path | None:
    """Where an output will stand; InputError if it cannot stand there, before any work is done."""
    if path is None:
        return None
    if "\0" in str(path) or not str(path).strip():
        raise InputError(f"{str(path)!r} is no file name: give the output another one.")
    try:
        place = path.resolve()  # a link keeps pointing to the file that is replaced
    except RuntimeError as error:  # what Python 3.11 and 3.12 say of a loop of links
        raise InputError(f"{path} leads nowhere ({error}): give another file.") from error
    is_device = path.absolute().parent in DEVICES
    if is_device or (place.exists() and not place.is_file()):
        raise InputError(f"{path} is not a file and cannot be written: give a file's name.")
    if not place.parent.is_dir():
        raise InputError(f"{path} cannot be written: there is no folder {path.parent}.")
    for source in sources:
        if source and place.exists() and Path(source).exists() and place.samefile(source):
            raise InputError(f"{path} is read and would be overwritten: give another output.")
    return place


def write_tables(tables: Mapping[Path, "DataFrame"]) -> None:
    """Write CSV files, all or none."""
    from dermlab import files

    files.write_all({path: partial(_write_csv, frame) for path, frame in tables.items()})


def _write_csv(frame: "DataFrame", file: BinaryIO) -> None:
    frame.to_csv(file, mode="wb", index=False, lineterminator="\n", encoding="utf-8")


def _say(sentence: object, status: int) -> int:
    note(sentence)
    return status


def _failed_file(error: OSError) -> int:
    """A file that cannot be used, or a full disk, is no defect of ours."""
    if not _has_folder():
        return _say(LOST, BAD_INPUT)
    if error.filename:
        return _say(f"{error.filename} cannot be read or written ({error.strerror}).", BAD_INPUT)
    if error.errno == errno.ENOSPC:
        _drop_stdout()
        return _say(f"What is printed cannot be written to stdout ({error.strerror}).", BAD_INPUT)
    return _report(error)


def _has_folder() -> bool:
    """Whether the working directory still exists."""
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _report(error: BaseException) -> int:
    """The line of a defect of ours, whose traceback goes to a log in the cache folder."""
    import tempfile
    import traceback

    from dermlab import __version__, cache

    lines = [f"dermlab {__version__}, Python {sys.version}", " ".join(map(ascii, sys.argv)), ""]
    text = "\n".join(lines) + "".join(traceback.format_exception(error))
    for folder in (cache.folder() / "logs", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            log = folder / f"dermlab-defect-{os.getpid()}.log"
            log.write_text(text, "utf-8", errors="backslashreplace")
        except OSError:
            continue  # a full or read-only disk must not hide the defect behind its own error
        break
    else:
        log = "no file: none could be written"
    return _say(f"A defect of dermlab ({type(error).__name__}); its log is {log}", DEFECT)


@contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Our rooms' warnings as one line each; those of libraries speak to programmers, not users."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", category=UserWarning, module="dermlab")
        warnings.showwarning = lambda message, *_, **__: note(f"warning: {message}")
        yield


def _prepare_streams() -> None:
    """A console that cannot show a character shows ``?``; a closed stdout swallows."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (it lives as long as the process)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_stdout() -> int:
    """Without a reader there is nobody to tell; Python would still complain when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())
    return NO_READER
