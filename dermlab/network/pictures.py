"""The pictures of a table of cases: rendered by the clinic, or decoded once from files.

A picture becomes its central square, antialiased to ``size`` × ``size`` RGB, uint8, and lies in a
memory-mapped cache. What that means is decided here, once:

* the camera's orientation mark (EXIF) is applied;
* Lanczos resampling, whose footprint grows with the reduction, so that fine texture (hair, pigment
  network) does not alias; a JPEG is first reduced by its own decoder to no less than twice the
  size and any picture by whole-pixel means to no less than three times, which saves most of the
  time and moves a pixel by 0.2 grey levels on average and 4 at most (60 HAM10000 images);
* transparent pixels become white; 16-bit greys keep their upper byte; palettes and CMYK are
  converted; colour profiles are not applied; of several frames the first is taken.

Random rotation and flips are not made here but on the device: see ``augmentation``.
"""

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import ExifTags, Image

from dermlab import cache, text
from dermlab.cases import clinic
from dermlab.cases.clinic import test_sets
from dermlab.cases.clinic.pictures import NEEDED
from dermlab.errors import InputError
from dermlab.network import picture_cache
from dermlab.network.picture_files import File, find
from dermlab.network.progress import track

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
MAX_PIXELS = 89_478_485  # Pillow's own limit: a quarter of a gigabyte as RGB
VERSION = 1  # raise it whenever the same file would give other pixels
CHUNK = 256  # pictures between two marks of progress on disk
CLINIC = "clinic"  # the source of pictures that are rendered
RENDERED = 32  # pictures between two steps of the bar


class Pictures(NamedTuple):
    """What ``load`` returns: row i of ``pixels`` shows ``image_ids[i]``."""

    pixels: np.ndarray  # (n, size, size, 3) uint8, a read-only memory map
    image_ids: list[str]
    set_aside: pd.DataFrame  # image_id, file, reason: unreadable, or missing


def of_cases(
    cases: pd.DataFrame,
    sources: Sequence[str],
    size: int,
    *,
    allow_missing: bool = False,
    show: bool = False,
) -> Pictures:
    """The pictures of ``cases``: rendered where ``sources`` is ``clinic``, else from files.

    InputError for a picture that is missing or cannot be read, unless ``allow_missing``.
    """
    ids = cases["image_id"].tolist()
    if CLINIC in map(str, sources):
        if len(sources) > 1:
            raise InputError("--images clinic renders every picture: name no folder beside it.")
        return Pictures(_rendered(cases, size, show), ids, _nothing_aside())
    loaded = load(ids, sources, size, allow_missing=allow_missing, show=show)
    if len(loaded.set_aside) and not allow_missing:
        bad = [f"{row.file} ({row.reason})" for row in loaded.set_aside.itertuples()]
        raise InputError(
            f"{text.plural(len(bad), 'picture')} of {len(ids):,} cannot be read: "
            f"{text.listing(bad)}; replace them, or give --allow-missing."
        )
    return loaded


def of_file(path: str | Path, size: int) -> Pictures:
    """One picture file; its name without the ending is the ``image_id``."""
    return Pictures(read(path, size)[None], [Path(path).stem], _nothing_aside())


def _nothing_aside() -> pd.DataFrame:
    return pd.DataFrame(columns=["image_id", "file", "reason"], dtype="str")


# --- from files -----------------------------------------------------------------------------------


def load(
    image_ids: Sequence[str],
    sources: Iterable[str | Path],
    size: int,
    *,
    allow_missing: bool = False,
    show: bool = False,
) -> Pictures:
    """The pictures of ``image_ids`` from folders and zips, each decoded once for all time.

    Rows keep the order of ``image_ids``. A file that cannot be read as a picture has no row; it
    is named in ``set_aside``, as are missing ones under ``allow_missing``. ``show`` draws a bar.

    Raises InputError for a missing picture (unless ``allow_missing``), for an id that two
    different files claim, and where nothing at all can be read.
    """
    sources = list(sources)
    file_of = find(image_ids, sources)
    missing = [image_id for image_id in image_ids if image_id not in file_of]
    if missing and not (allow_missing and file_of):
        where = text.listing([str(source) for source in sources])
        raise InputError(
            f"{text.plural(len(missing), 'image')} of {len(image_ids):,} not found in {where}: "
            f"{text.listing(missing)}; name another folder or zip, or allow missing images"
        )
    entry = cache.folder() / "images" / _key(file_of, size)
    with cache.lock(entry):
        if (stored := picture_cache.stored(entry)) is None:
            _decode_all(file_of, size, entry, show)
            stored = picture_cache.stored(entry)
    pixels, record = stored
    aside = [[image_id, str(file_of[image_id]), reason] for image_id, reason in record["set_aside"]]
    aside += [[image_id, None, "missing"] for image_id in missing]
    table = pd.DataFrame(aside, columns=["image_id", "file", "reason"], dtype="str")
    return Pictures(pixels, record["image_ids"], table)


def read(path: str | Path, size: int) -> np.ndarray:
    """One picture file as ``(size, size, 3)`` uint8; InputError where it cannot be read."""
    if not Path(path).is_file():
        raise InputError(f"there is no picture {path}")
    with _pillow_strict():
        pixels, reason = _decode(File(Path(path)), size)
    if reason:
        raise InputError(f"{path} cannot be read as a picture: {reason}")
    return np.frombuffer(pixels, np.uint8).reshape(size, size, 3)


def _key(file_of: dict[str, File], size: int) -> str:
    """SHA-256 of everything that the decoded pixels depend on."""
    with ThreadPoolExecutor() as pool:
        prints = list(pool.map(File.fingerprint, file_of.values()))
    return cache.key({"size": size, "ids": list(file_of), "prints": prints}, VERSION)


def _decode_all(file_of: dict[str, File], size: int, entry: Path, show: bool) -> None:
    """Decode into the entry; what a killed run has finished is not decoded again."""
    picture_cache.need_space(entry.parent, len(file_of) * size * size * 3)
    marks = picture_cache.resume(entry, size)
    todo = list(file_of.items())[sum(len(good) + len(bad) for good, bad, _ in marks) :]
    chunks = [todo[start : start + CHUNK] for start in range(0, len(todo), CHUNK)]
    with _pillow_strict(), ThreadPoolExecutor() as pool:
        for chunk in track(chunks, total=len(chunks), label="decoding pictures", show=show):
            good, bad, pixels = [], [], []
            decoded = pool.map(lambda item: _decode(item[1], size), chunk)
            for (image_id, _), (row, reason) in zip(chunk, decoded, strict=True):
                if reason:
                    bad.append([image_id, reason])
                else:
                    good.append(image_id)
                    pixels.append(row)
            marks.append(picture_cache.add(entry, good, bad, b"".join(pixels)))
    if not any(good for good, _, _ in marks):
        image_id, reason = marks[0][1][0]
        raise InputError(f"no picture could be read; the first, {file_of[image_id]}: {reason}")
    picture_cache.finish(entry, marks, size)


@contextmanager
def _pillow_strict() -> Iterator[None]:
    """Pillow's remarks on odd metadata are silenced, its warning of a bomb becomes an error.

    Filters belong to the process, so this stands around the threads, never inside them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _decode(file: File, size: int) -> tuple[bytes, str]:
    """The pixels of one picture, or why there are none.

    Pillow's decoders raise whatever their parsers meet (OSError, SyntaxError, struct.error,
    zlib.error, ...), zipfile adds its own: any exception means that this one file cannot be read,
    and it is reported by name; but not an error of the disk or a lack of memory, which may pass.
    """
    try:
        with Image.open(io.BytesIO(file.read()), formats=FORMATS) as picture:
            return _central_square(picture, size).tobytes(), ""
    except Image.UnidentifiedImageError:
        return b"", f"not a picture in a format that is read ({', '.join(FORMATS)})"
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return b"", f"more than {MAX_PIXELS:,} pixels, refused as a decompression bomb"
    except Exception as error:
        if isinstance(error, MemoryError) or getattr(error, "errno", None):
            raise
        return b"", str(error) or type(error).__name__


def _central_square(picture: Image.Image, size: int) -> Image.Image:
    if picture.width * picture.height > MAX_PIXELS:  # a user may have lifted Pillow's own limit
        raise Image.DecompressionBombError
    reduced = picture.draft(None, (2 * size, 2 * size))
    rgb = _rgb(picture)
    # A JPEG reduced by its decoder is padded to whole pixels; what it shows ends within the last.
    width, height = reduced[1][2:] if reduced else rgb.size
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    square = rgb.resize((size, size), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    turn = _UPRIGHT.get(picture.getexif().get(ExifTags.Base.Orientation))
    return square if turn is None else square.transpose(turn)


_UPRIGHT = {  # by EXIF orientation; for a TIFF Pillow has done it while loading
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _rgb(picture: Image.Image) -> Image.Image:
    """Any mode as 8-bit RGB; InputError for a mode whose white is not known."""
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 65535:
            raise InputError("more than 16 bits a pixel")
        picture = Image.fromarray((values // 256).astype(np.uint8))
    if picture.mode == "F":
        raise InputError("floating-point pixels, whose white is not known")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")


# --- rendered -------------------------------------------------------------------------------------


def _rendered(cases: pd.DataFrame, size: int, show: bool) -> np.ndarray:
    """The clinic's photographs, drawn once for all time: uint8 (n, size, size, 3)."""
    drawn_from = ("image_id", *NEEDED)
    facts = [name for name in cases if name in drawn_from or name.startswith(("sign_", "artefact"))]
    starts = range(0, len(cases), RENDERED)

    def make() -> np.ndarray:
        bar = track(starts, total=len(starts), label="rendering the clinic", show=show)
        return np.concatenate([clinic.render(cases.iloc[i : i + RENDERED], size) for i in bar])

    inputs = {"cases": cases[facts].reset_index(drop=True), "size": size}
    return cache.load_or_make(
        make, inputs=inputs, version=test_sets.VERSION, name="clinic-pictures"
    )
