"""A reading as a short text, for where no disk survives: on Binder it is pasted to the teacher.

The text holds quiz id, reader's code, decisions and confidences, no times. Its letters are base 32
(RFC 4648) without look-alikes; small letters, blanks, hyphens, 0 for O and 1 for L do no harm. A
checksum (CRC-32) finds a wrong or missing letter. The image ids are not in it: they follow from the
quiz, and three bytes of their SHA-256 tell whether they are the same.
"""

import base64
import binascii
import hashlib
import re
import zlib

import pandas as pd

from dermlab.errors import InputError
from dermlab.evaluation import chats, reads
from dermlab.lessons.quiz.session import READER, Session
from dermlab.lessons.quiz.study import CONFIDENCES, QUIZ_ID, Study

PREFIX = "QUIZ"
_BASE = 1 + 2 * len(CONFIDENCES)  # no decision, or one of two with one of five confidences


def to_code(session: Session) -> str:
    """The reading so far as text, in groups of four letters."""
    study, answers = session.study, 0
    for image_id in study.image_ids:
        decision, confidence = session.decisions.get(image_id, (0, 0))
        answers = answers * _BASE + decision * len(CONFIDENCES) + confidence
    n = len(study.image_ids)
    if n > 255:
        raise InputError(f"A text code holds at most 255 pictures, not {n}: hand in the file.")
    head = bytes([study.source, n]) + _print_of(study.image_ids) + session.reader.encode()
    body = head + answers.to_bytes(_width(n), "big") + study.quiz_id.encode()
    body += zlib.crc32(body).to_bytes(4, "big")
    text = base64.b32encode(body).decode().rstrip("=")
    return "-".join([PREFIX, *(text[i : i + 4] for i in range(0, len(text), 4))])


def from_code(code: str, study: Study | None = None) -> pd.DataFrame:
    """The *reads* of a text code, in the quiz's own order; ``seconds`` and ``read_at`` are missing.

    ``study`` is needed for a quiz on pictures of one's own; the clinic's follow from the code.
    Raises InputError for a text that is damaged, that is no code, or that is of another quiz.
    """
    rows = pd.DataFrame(decoded(code, study), columns=list(reads.COLUMNS))
    return rows.astype({"decision": "int64", "confidence": "float64"})


def decoded(code: str, study: Study | None = None) -> list[dict]:
    """The rows of a text code as dicts of cells; errors as `from_code`.

    ``pictures`` in each is how many the quiz has, decided on or not.
    """
    source, n, ids_print, reader, answers, quiz_id = _opened(code)
    if study is None:
        image_ids, task = _clinic_ids(source, quiz_id, n)
    elif study.quiz_id != quiz_id:
        raise InputError(f"the code is of the quiz {quiz_id}, not of {study.quiz_id}")
    else:
        image_ids, task = study.image_ids, study.task
    if len(image_ids) != n or _print_of(image_ids) != ids_print:
        raise InputError(f"the code was made on other pictures than those of the quiz {quiz_id}")
    rows = []
    for image_id in reversed(image_ids):
        answers, one = divmod(answers, _BASE)
        if one:
            decision, confidence = divmod(one - 1, len(CONFIDENCES))
            row = {"reader_id": reader, "image_id": image_id, "quiz_id": quiz_id, "task": task}
            row |= {"decision": str(decision), "confidence": str(confidence + 1)}
            rows.append(row | {"pictures": n})
    return rows[::-1]


def _opened(code: str) -> tuple:
    """The parts of a code whose checksum is right."""
    begin = chats.PREFIX.search(code)  # a name may stand before it
    text = re.sub(r"[^A-Z0-9]", "", code[begin.start() if begin else 0 :].upper())
    if not text.startswith(PREFIX):
        raise InputError(f"a text code of a quiz begins with {PREFIX}")
    text = text.removeprefix(PREFIX)
    try:
        body = base64.b32decode(text + "=" * (-len(text) % 8), map01="L")
    except binascii.Error:
        body = b""
    if len(body) < 20 or zlib.crc32(body[:-4]).to_bytes(4, "big") != body[-4:]:
        raise InputError("the text code is damaged (its checksum is wrong): ask for it once more")
    source, n, rest = body[0], body[1], body[2:-4]
    width = _width(n)
    reader = rest[3:9].decode("ascii", "replace")
    quiz_id = rest[9 + width :].decode("ascii", "replace")
    answers = int.from_bytes(rest[9 : 9 + width], "big")
    if not READER.fullmatch(reader) or not QUIZ_ID.fullmatch(quiz_id) or answers >= _BASE**n:
        raise InputError("the text code was not written by a quiz")
    return source, n, rest[:3], reader, answers, quiz_id


def _clinic_ids(source: int, quiz_id: str, n: int) -> tuple[tuple[str, ...], str]:
    from dermlab.lessons.quiz import pictures

    if not 1 <= source <= len(pictures.CLINIC_TASKS):
        raise InputError(
            f"the code is of the quiz {quiz_id} on pictures of one's own: in a notebook, turn it "
            "into reads with quiz.from_code(code, study)"
        )
    task = pictures.CLINIC_TASKS[source - 1]
    return tuple(pictures.clinic_cases(quiz_id, task, n)["image_id"]), task


def _width(n: int) -> int:
    return ((_BASE**n - 1).bit_length() + 7) // 8


def _print_of(image_ids: tuple[str, ...]) -> bytes:
    return hashlib.sha256("\n".join(image_ids).encode()).digest()[:3]
