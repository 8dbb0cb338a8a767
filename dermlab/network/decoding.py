"""One picture file to the pixels that the network sees; `pictures` says by which rules.

A small file may well be a large picture. Whatever the pictures are, the threads together hold one
large file, one large picture, and a picture each that is not large.
"""

import io
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from threading import Lock

import numpy as np
import pillow_heif
from PIL import ExifTags, Image

from dermlab.errors import InputError
from dermlab.network.picture_files import File

pillow_heif.register_heif_opener()
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF")
MAX_PIXELS = 89_478_485  # Pillow's own limit: a quarter of a gigabyte as RGB
LARGE_PICTURE = 2**24  # pixels; decoding takes about 8 bytes of each
LARGE_FILE = 2**24  # bytes
BAND_PIXELS = 2**20
_one_file, _one_picture = Lock(), ThreadPoolExecutor(1)


@contextmanager
def pillow_strict() -> Iterator[None]:
    """Pillow's remarks on odd metadata are silenced, its warning of a bomb becomes an error.

    Filters belong to the process, so this stands around the threads, never inside them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def decode(file: File, size: int) -> tuple[bytes, str]:
    """The pixels of one picture, or why there are none.

    Large files are held one at a time, and large pictures are decoded by one thread for all: each
    thread keeps the memory of its largest picture, so that a lock around them would not do.

    Pillow's decoders raise whatever their parsers meet (OSError, SyntaxError, struct.error,
    zlib.error, ...), zipfile adds its own: any exception means that this one file cannot be read,
    and it is reported by name; but not an error of the disk or a lack of memory, which may pass.
    """
    try:
        with _one_file if file.size > LARGE_FILE else nullcontext(), _opened(file) as picture:
            reduced = _reduced(picture, size)
            if picture.width * picture.height > LARGE_PICTURE:
                square = _one_picture.submit(_central_square, picture, size, reduced).result()
            else:
                square = _central_square(picture, size, reduced)
            return square.tobytes(), ""
    except Image.UnidentifiedImageError:
        return b"", f"not a picture in a format that is read ({', '.join(FORMATS)})"
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return b"", f"more than {MAX_PIXELS:,} pixels, refused as a decompression bomb"
    except Exception as error:
        if isinstance(error, MemoryError) or getattr(error, "errno", None):
            raise
        return b"", str(error) or type(error).__name__


def _opened(file: File) -> Image.Image:
    return Image.open(io.BytesIO(file.read()), formats=FORMATS)


def _reduced(picture: Image.Image, size: int) -> tuple | None:
    """Let a JPEG's decoder reduce it; what Pillow's ``draft`` returns, None for other formats."""
    if picture.width * picture.height > MAX_PIXELS:  # a user may have lifted Pillow's own limit
        raise Image.DecompressionBombError
    return picture.draft(None, (2 * size, 2 * size))


def _central_square(picture: Image.Image, size: int, reduced: tuple | None) -> Image.Image:
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
    return _on_white(picture)


def _on_white(picture: Image.Image) -> Image.Image:
    """A picture with transparent pixels as RGB, a band of rows at a time to save memory."""
    rgb = Image.new("RGB", picture.size)
    rows = max(1, BAND_PIXELS // picture.width)
    for top in range(0, picture.height, rows):
        box = (0, top, picture.width, min(top + rows, picture.height))
        band = picture.crop(box).convert("RGBA")
        ground = Image.new("RGBA", band.size, "white")
        rgb.paste(Image.alpha_composite(ground, band).convert("RGB"), box)
    return rgb
