"""One reader's way through a quiz: what is shown next, and every decision on disk at once.

No widgets here: the front end shows `Session.item` and passes on keys and buttons. The file is a
*reads* file (`dermlab.evaluation.reads`): a header, a line a decision, and ``#end,N`` when all N
are made. It is all that a lost kernel needs to go on.
"""

import csv
import io
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dermlab import files as writer
from dermlab.errors import InputError
from dermlab.evaluation import reads
from dermlab.lessons.quiz.study import CONFIDENCES, UNDO, Study
from dermlab.text import plural

LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"  # no vowels, so no words; no 0 and 1, so no mix-ups
HEADER = ",".join(reads.COLUMNS).encode() + b"\n"
READER = re.compile(f"[{LETTERS}]{{6}}")


def new_reader() -> str:
    """A reader's code: six letters by chance, 28^6 = 482 million of them. It is never a name."""
    return "".join(secrets.choice(LETTERS) for _ in range(6))


def file_of(quiz_id: str, reader: str, folder: str | Path) -> Path:
    """The *reads* file of one reader of one quiz."""
    return Path(folder, f"reads-{quiz_id}-{reader}.csv")


def files(quiz_id: str, folder: str | Path) -> list[Path]:
    """The files of this quiz in ``folder``, the one written last first."""
    mine = re.compile(f"reads-{re.escape(quiz_id)}-{READER.pattern}\\.csv")
    there = Path(folder).iterdir() if Path(folder).is_dir() else ()
    paths = [path for path in there if mine.fullmatch(path.name)]
    return sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)


class Session:
    """A reading in progress. ``decisions``: image_id → (decision, confidence), as on disk."""

    def __init__(
        self,
        study: Study,
        folder: str | Path,
        reader: str | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin as a new reader, or go on as ``reader`` where that reader's file is there."""
        reader = reader or new_reader()
        if not READER.fullmatch(reader):
            raise InputError(f"'{reader}' is no reader's code: it has six of the signs {LETTERS}.")
        self.study, self.reader, self.clock = study, reader, clock
        self.path = file_of(study.quiz_id, reader, folder)
        self.pending: int | None = None  # a decision that still waits for its confidence
        self.decisions: dict[str, tuple[int, int]] = {}
        self._order = [study.image_ids[i] for i in study.order(reader)]
        if self.path.exists():
            self._resume()
        else:
            self._create(HEADER)
        self._size = self.path.stat().st_size
        self._shown_at = clock()

    @property
    def item(self) -> str | None:
        """The image_id that waits for a decision; None when all are made."""
        return next((i for i in self._order if i not in self.decisions), None)

    @property
    def n_done(self) -> int:
        """How many decisions are made."""
        return len(self.decisions)

    def picture(self):
        """The pixels of `item`, (height, width, 3) uint8."""
        return self.study.pictures[self.study.image_ids.index(self.item)]

    def press(self, key: str) -> bool:
        """A key: an answer's letter, then 1 to 5; or the one that takes the last decision back.

        True if another picture waits now: a decision was made, or taken back, on the disk too.
        """
        if key.lower() == UNDO:
            return self.undo()
        for answer in self.study.answers:
            if key.lower() == answer.key:
                self.choose(answer.decision)
        return key in map(str, CONFIDENCES) and self.rate(int(key))

    def choose(self, decision: int) -> None:
        """Take one of the two answers; until a confidence is given it may be changed."""
        if self.item is not None:
            self.pending = decision

    def rate(self, confidence: int) -> bool:
        """Give the confidence, which makes the decision final; False where none is taken yet."""
        if self.pending is None or self.item is None:
            return False
        image_id, decision = self.item, self.pending
        seconds = f"{self.clock() - self._shown_at:.1f}"
        now = datetime.now(UTC).isoformat(timespec="seconds")
        cells = [self.reader, image_id, self.study.quiz_id, self.study.task]
        lines = [_line([*cells, decision, confidence, seconds, now])]
        if self.n_done + 1 == len(self._order):
            lines.append(f"#end,{len(self._order)}\n")
        self._append("".join(lines))
        self.decisions[image_id] = (decision, confidence)
        self.pending, self._shown_at = None, self.clock()
        return True

    def undo(self) -> bool:
        """Take back an answer without confidence, or else the last decision: True for the latter.

        When all decisions are made nothing is taken back, since the reader has seen the truth.
        """
        if self.pending is not None or self.item is None or not self.decisions:
            self.pending = None
            return False
        with self._writing():
            lines = self.path.read_bytes().splitlines(keepends=True)
            writer.write(self.path, b"".join(lines[:-1]))
        self._size -= len(lines[-1])
        self.decisions.popitem()
        self._shown_at = self.clock()
        return True

    def seen(self) -> None:
        """The picture is on the screen now: its time counts from here."""
        self._shown_at = self.clock()

    def withdraw(self) -> None:
        """Take part no longer: the file is deleted."""
        self.path.unlink(missing_ok=True)
        self.decisions, self.pending = {}, None

    def _append(self, text: str) -> None:
        """Add whole lines and return when they are on the disk."""
        content = text.encode("utf-8")
        with self._writing():
            writer.append(self.path, content, at=self._size)
        self._size += len(content)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Around a change of the file: nobody else has changed it; a full disk is a sentence."""
        try:
            if self.path.stat().st_size != self._size:
                raise InputError(
                    f"{self.path.name} was written by another window: go on there, or run "
                    "this cell again."
                )
            yield
        except OSError as error:
            raise InputError(
                f"The decision could not be written to {self.path} ({error.strerror}): free some "
                "space and decide again, or run the cell again to go on where the file ends."
            ) from error

    def _create(self, content: bytes) -> None:
        """The file with this content, on the disk when this returns."""
        with writer.writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        writer.write(self.path, content)

    def _resume(self) -> None:
        """Read what is on disk; what a crash or a full disk left of the file is mended."""
        with writer.reading(self.path, cure="put the file elsewhere to begin anew"):
            content = self.path.read_bytes()
        whole = _mended(content)
        rows = reads.parse(self.path, reads.decoded(whole))
        rows = [row for row in rows if row["row"] is not None]  # a header without rows is no fault
        strange = [row for row in rows if row["reason"] or self._is_strange(row)]
        images = [row.get("image_id") for row in rows]
        if strange or len(set(images)) < len(images):
            raise InputError(
                f"{self.path} holds {plural(len(strange) or 1, 'line')} that this quiz did not "
                "write: put the file elsewhere to begin anew."
            )
        for row in rows:
            self.decisions[row["image_id"]] = int(row["decision"]), int(row["confidence"])
        if whole != content:
            self._create(whole)

    def _is_strange(self, row: dict) -> bool:
        expected = [self.reader, self.study.quiz_id, self.study.task]
        cells = [row.get(column) for column in ("reader_id", "quiz_id", "task")]
        return cells != expected or row["image_id"] not in self._order or not row.get("confidence")


def is_finished(path: Path) -> bool:
    """Whether a file ends with its end mark."""
    return path.read_bytes().rstrip().rpartition(b"\n")[2].startswith(b"#end,")


def _line(cells: list) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _mended(content: bytes) -> bytes:
    """The file without a last line that has no end, and with its header.

    A disk that was full when the file was made leaves no header or the first letters of one, to
    which the first decision is joined.
    """
    whole, newline, _ = content.rpartition(b"\n")
    lines = whole + newline
    first = lines.partition(b"\n")[0].removeprefix(b"\xef\xbb\xbf")
    if first.strip() == HEADER.strip():
        return lines
    torn = next(n for n in range(len(HEADER), -1, -1) if lines.startswith(HEADER[:n]))
    return HEADER + lines[torn:].lstrip(b"\r\n")
