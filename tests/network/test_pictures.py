import io
import json
import os
import shutil
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab.errors import InputError
from dermlab.network import decoding, picture_cache, pictures


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def smooth(width: int, height: int, seed: int = 0) -> Image.Image:
    """A soft random colour picture: no detail that JPEG or a resize could lose."""
    blobs = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return Image.fromarray(blobs).resize((width, height), Image.Resampling.BICUBIC)


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB"), dtype=int)


def test_central_square_in_the_asked_order(folder):
    for i, width in enumerate((200, 150, 120)):
        smooth(width, 150, i).save(folder / f"{i}.png")
    found = pictures.load(["2", "0", "1"], [folder], 32)
    assert found.image_ids == ["2", "0", "1"]
    assert found.pixels.shape == (3, 32, 32, 3) and found.pixels.dtype == np.uint8
    assert found.set_aside.empty
    square = smooth(200, 150, 0).crop((25, 0, 175, 150)).resize((32, 32), Image.Resampling.LANCZOS)
    assert np.abs(found.pixels[1].astype(int) - pixels(square)).max() <= 2


def test_a_jpeg_reduced_by_its_decoder_stays_within_a_few_grey_levels(folder):
    smooth(2400, 1800).save(folder / "a.jpg", quality=95)
    with Image.open(folder / "a.jpg") as picture:
        oracle = picture.crop((300, 0, 2100, 1800)).resize((96, 96), Image.Resampling.LANCZOS)
    assert np.abs(pictures.read(folder / "a.jpg", 96).astype(int) - pixels(oracle)).max() <= 4


def test_fine_texture_does_not_alias(folder):
    column = np.where(np.arange(960) % 3 == 0, 255, 0).astype(np.uint8)  # 3.3 cycles a new pixel
    Image.fromarray(np.tile(column, (960, 1))).save(folder / "a.png")
    assert pictures.read(folder / "a.png", 96).std() < 3
    with Image.open(folder / "a.png") as picture:  # what a resize without a filter makes of it
        assert np.asarray(picture.resize((96, 96), Image.Resampling.NEAREST)).std() > 60


def as_mode(mode: str, picture: Image.Image) -> Image.Image:
    if mode == "I;16":
        grey = np.asarray(picture.convert("L"), dtype=np.uint16)
        return Image.fromarray(grey * 257)
    return picture.convert(mode)


@pytest.mark.parametrize(
    ("mode", "suffix", "tolerance"),
    [
        ("L", ".png", 1),
        ("I;16", ".png", 1),
        ("I;16", ".tif", 1),
        ("RGBA", ".png", 1),
        ("LA", ".png", 1),
        ("CMYK", ".jpg", 12),
        ("CMYK", ".tif", 1),
        ("RGB", ".webp", 1),
        ("RGB", ".bmp", 1),
        ("RGB", ".heic", 24),  # its colours lie at half the resolution
        ("L", ".gif", 1),
    ],
)
def test_every_mode_becomes_the_same_rgb(folder, mode, suffix, tolerance):
    picture = smooth(64, 64)
    as_mode(mode, picture).save(folder / f"a{suffix}", lossless=True)
    oracle = pixels(picture.convert("L") if mode in ("L", "LA", "I;16") else picture)
    found = pictures.read(folder / f"a{suffix}", 64)
    assert np.abs(found.astype(int) - oracle).max() <= tolerance


def test_one_bit_palettes_and_transparency(folder):
    Image.new("1", (8, 8), 1).save(folder / "a.png")
    assert (pictures.read(folder / "a.png", 8) == 255).all()
    clear = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    clear.paste((200, 0, 0, 255), (0, 0, 4, 8))
    clear.save(folder / "b.png")
    found = pictures.read(folder / "b.png", 8)
    assert (found[:, 0] == [200, 0, 0]).all() and (found[:, 7] == 255).all()
    smooth(64, 64).quantize(64).save(folder / "p.png")
    with Image.open(folder / "p.png") as palette:
        assert palette.mode == "P"
        assert np.array_equal(pictures.read(folder / "p.png", 64), pixels(palette))
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([9, 9, 9, 50, 60, 70])
    palette.save(folder / "c.png", transparency=1)
    assert (pictures.read(folder / "c.png", 8) == 255).all()


def test_deep_colours_half_transparent_greys_and_first_frames_have_the_right_values(folder):
    deep = np.full((8, 8, 3), (40_000, 20_000, 300), np.uint16)
    write_png_16(folder / "deep.png", deep)
    assert (pictures.read(folder / "deep.png", 8) == [156, 78, 1]).all()  # the upper bytes
    grey = Image.fromarray((np.arange(64).reshape(8, 8) * 1024).astype(np.uint16))
    grey.save(folder / "grey.png")
    assert (pictures.read(folder / "grey.png", 8)[..., 0] == np.arange(64).reshape(8, 8) * 4).all()
    Image.new("LA", (8, 8), (100, 51)).save(folder / "veil.png")  # a fifth of 100, the rest white
    assert (pictures.read(folder / "veil.png", 8) == 224).all()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(folder / "ink.tif")
    assert (pictures.read(folder / "ink.tif", 8) == [255, 0, 0]).all()
    first, second = Image.new("RGB", (8, 8), (0, 0, 255)), Image.new("RGB", (8, 8), (255, 0, 0))
    first.save(folder / "film.gif", save_all=True, append_images=[second])
    assert (pictures.read(folder / "film.gif", 8) == [0, 0, 255]).all()


def write_png_16(path, rgb):
    """A PNG of 16 bits a channel, which Pillow reads and does not write: (h, w, 3) uint16."""
    height, width, _ = rgb.shape

    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rgb)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_cameras_orientation_is_applied(folder, orientation):
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    stored, exif = smooth(610, 400), Image.Exif()
    exif[0x0112] = orientation
    for name in ("a.jpg", "b.png", "c.tif"):
        stored.save(folder / name, exif=exif, quality=95)
        seen = stored.transpose(turn) if turn is not None else stored
        seen.save(folder / f"upright_{name}", quality=95)
        found = pictures.read(folder / name, 24).astype(int)
        assert np.abs(found - pictures.read(folder / f"upright_{name}", 24)).mean() < 1


def test_unreadable_pictures_are_named_and_set_aside(folder):
    smooth(300, 300).save(folder / "good.jpg")
    whole = (folder / "good.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) * 6 // 10])
    (folder / "text.jpg").write_text("not a picture")
    (folder / "empty.png").touch()
    Image.new("F", (8, 8)).save(folder / "floating.tif")
    smooth(8, 8).save(folder / "format.ico")
    (folder / "format.ico").rename(folder / "format.png")
    smooth(90, 90).save(folder / "broken.png")
    broken = bytearray((folder / "broken.png").read_bytes())
    broken[len(broken) // 2] ^= 0xFF
    (folder / "broken.png").write_bytes(broken)
    bad = ["truncated", "text", "empty", "floating", "format", "broken"]
    found = pictures.load([*bad, "good"], [folder], 16)
    assert found.image_ids == ["good"] and found.pixels.shape == (1, 16, 16, 3)
    assert list(found.set_aside.image_id) == bad
    assert found.set_aside.file.str.startswith(str(folder)).all()
    reasons = found.set_aside.set_index("image_id").reason
    assert "truncated" in reasons["truncated"]
    assert "not a picture" in reasons["text"] and "white" in reasons["floating"]
    again = pictures.load([*bad, "good"], [folder], 16)
    pd.testing.assert_frame_equal(again.set_aside, found.set_aside)


def test_a_decompression_bomb_is_refused(folder, monkeypatch, recwarn):
    monkeypatch.setattr(decoding, "MAX_PIXELS", 10_000)
    smooth(101, 100).save(folder / "a.png")
    with pytest.raises(InputError, match=r"a\.png .*more than 10,000 pixels.*bomb"):
        pictures.read(folder / "a.png", 16)
    monkeypatch.undo()
    Image.new("1", (30_000, 3_000)).save(folder / "b.png")  # 90 million: Pillow itself only warns
    with pytest.raises(InputError, match="bomb"):
        pictures.read(folder / "b.png", 16)
    assert not recwarn.list


def test_when_nothing_can_be_read(folder):
    (folder / "a.jpg").write_text("no")
    with pytest.raises(InputError, match=r"no picture could be read; the first, .*a\.jpg"):
        pictures.load(["a"], [folder], 16)


def test_missing_images_are_counted_or_allowed(folder):
    smooth(20, 20).save(folder / "a.png")
    ids = ["a", *(f"m{i}" for i in range(7))]
    with pytest.raises(InputError, match=r"7 images of 8 not found in .*m0, m1, m2, m3, m4 and 2"):
        pictures.load(ids, [folder], 16)
    found = pictures.load(ids, [folder], 16, allow_missing=True)
    assert found.image_ids == ["a"]
    assert list(found.set_aside.image_id) == ids[1:]
    assert set(found.set_aside.reason) == {"missing"}
    with pytest.raises(InputError, match="not found"):
        pictures.load(["m1"], [folder], 16, allow_missing=True)


def count_decodes(monkeypatch) -> list:
    calls, decode = [], pictures.decode

    def counted(file, size):
        calls.append(file.name)
        return decode(file, size)

    monkeypatch.setattr(pictures, "decode", counted)
    return calls


def test_decoded_once_by_content_and_size(folder, monkeypatch):
    for i in range(3):
        smooth(20, 20, i).save(folder / f"{i}.png")
    calls = count_decodes(monkeypatch)
    first = pictures.load(["0", "1", "2"], [folder], 16)
    second = pictures.load(["0", "1", "2"], [folder], 16)
    assert len(calls) == 3 and np.array_equal(first.pixels, second.pixels)
    moved = folder.rename(folder.with_name("moved"))
    pictures.load(["0", "1", "2"], [moved], 16)
    assert len(calls) == 3  # a path is no content
    assert pictures.load(["0", "1", "2"], [moved], 24).pixels.shape[1] == 24
    assert len(calls) == 6
    smooth(20, 20, 9).save(moved / "1.png")
    third = pictures.load(["0", "1", "2"], [moved], 16)
    assert len(calls) == 9 and not np.array_equal(first.pixels[1], third.pixels[1])


def test_the_cache_is_a_read_only_map_and_a_damaged_one_is_made_again(folder, capsys):
    smooth(20, 20).save(folder / "a.png")
    found = pictures.load(["a"], [folder], 16)
    kept = np.array(found.pixels)
    assert isinstance(found.pixels, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found.pixels[0] = 0
    with open(found.pixels.filename, "r+b") as file:
        file.truncate(100)
    assert np.array_equal(pictures.load(["a"], [folder], 16).pixels, kept)
    assert "damaged and made again" in capsys.readouterr().err


def test_a_killed_decode_goes_on_where_it_stopped(folder, monkeypatch, tmp_path):
    ids = [str(i) for i in range(10)]
    for i, name in enumerate(ids):
        smooth(20, 20, i).save(folder / f"{name}.png")
    (folder / "1.png").write_text("no picture")
    monkeypatch.setattr(pictures, "CHUNK", 3)
    whole = pictures.load(ids, [folder], 8)
    expected = np.array(whole.pixels)
    for file in (tmp_path / "cache" / "images").iterdir():
        file.unlink()

    decode = pictures.decode

    def dies_at_seven(file, size):
        if file.name == "7.png":
            raise KeyboardInterrupt
        return decode(file, size)

    with monkeypatch.context() as patch:
        patch.setattr(pictures, "decode", dies_at_seven)
        with pytest.raises(KeyboardInterrupt):
            pictures.load(ids, [folder], 8)
    done = next((tmp_path / "cache" / "images").glob("*.done"))
    marks = [json.loads(line.partition(" ")[2]) for line in done.read_text().splitlines()]
    assert [len(good) for good, _, _ in marks] == [2, 3]
    with open(done.with_suffix(".part"), "ab") as part, open(done, "a") as marks:
        part.write(b"half a picture")
        marks.write('[["6", ')
    calls = count_decodes(monkeypatch)
    resumed = pictures.load(ids, [folder], 8)
    assert sorted(calls) == ["6.png", "7.png", "8.png", "9.png"]
    assert np.array_equal(resumed.pixels, expected)
    assert resumed.image_ids == whole.image_ids
    pd.testing.assert_frame_equal(resumed.set_aside, whole.set_aside)


LOAD = """
import sys
from dermlab.network import pictures

calls, decode = [], pictures.decode
pictures.decode = lambda file, size: calls.append(file.name) or decode(file, size)
found = pictures.load([str(i) for i in range(40)], [sys.argv[1]], 48)
print(len(calls), found.pixels.astype(int).sum())
"""


def test_two_processes_decode_once(folder):
    for i in range(40):
        smooth(200, 200, i).save(folder / f"{i}.png")
    command = [sys.executable, "-c", LOAD, str(folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    results = [process.communicate(timeout=60)[0].split() for process in both]
    assert sorted(int(count) for count, _ in results) == [0, 40]
    assert len({total for _, total in results}) == 1


def test_a_disk_without_room_says_so(folder, monkeypatch):
    smooth(20, 20).save(folder / "a.png")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(InputError, match=r"need 768 bytes and .* has 10 bytes: set DERMLAB_CACHE"):
        pictures.load(["a"], [folder], 16)


def test_real_dermoscopy_from_a_zip(real_data):
    path = real_data / "ham10000_600x450_sample.zip"
    with zipfile.ZipFile(path) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".jpg"))
        with Image.open(io.BytesIO(archive.read(member))) as picture:
            oracle = picture.crop((75, 0, 525, 450)).resize((96, 96), Image.Resampling.LANCZOS)
    image_id = member.rsplit("/", 1)[-1].removesuffix(".jpg")
    found = pictures.load([image_id], [path], 96)
    assert np.abs(found.pixels[0].astype(int) - pixels(oracle)).max() <= 6


@pytest.mark.parametrize("name", ["b.avif", "deep/b.jp2", "b.DNG"])
def test_a_picture_of_a_kind_that_is_not_read_is_no_missing_one(tmp_path, name):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "a.png")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / "c.csv").write_bytes(b"no picture of c")
    ids, places = ["a", "b", "c"], [tmp_path]
    with pytest.raises(InputError, match=f"2 images of 3 .*b, c; .*{name} is of a kind that is"):
        pictures.load(ids, places, 16)
    found = pictures.load(ids, places, 16, allow_missing=True)
    assert found.image_ids == ["a"]
    aside = found.set_aside.set_index("image_id")
    assert aside["reason"].to_dict() == {"b": "of a kind that is not read", "c": "missing"}
    assert aside["file"]["b"].endswith(name)
    with pytest.warns(UserWarning, match=r"1 missing \(c\), 1 unreadable \(b: of a kind"):
        pictures.of_cases(pd.DataFrame({"image_id": ids}), places, 16, allow_missing=True)


def test_what_a_killed_run_left_is_given_up_after_a_month(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "c"))
    place = tmp_path / "c" / "images"
    place.mkdir(parents=True)
    for name, days in (("old", 31), ("new", 29)):
        for ending in (".part", ".done"):
            path = place / f"{name}{ending}"
            path.write_bytes(b"")
            os.utime(path, times=(time.time() - days * 24 * 3600,) * 2)
    folder.mkdir(exist_ok=True)
    smooth(40, 40).save(folder / "a.png")
    pictures.load(["a"], [folder], 8)
    left = {path.name for path in place.iterdir() if path.suffix in (".part", ".done")}
    assert left == {"new.part", "new.done"}


# --- what cannot be opened, what does not fit -----------------------------------------------------


def test_a_link_to_nothing_is_set_aside_like_a_broken_file(folder):
    smooth(20, 20).save(folder / "a.png")
    (folder / "b.png").symlink_to(folder / "nowhere.png")
    found = pictures.load(["a", "b"], [folder], 8)
    assert found.image_ids == ["a"] and found.set_aside["image_id"].tolist() == ["b"]
    assert found.set_aside["reason"].tolist() == ["a link to a file that is not there"]
    with pytest.raises(InputError, match=r"no picture could be read; the first, .*not there"):
        pictures.load(["b"], [folder], 8)


def test_memory_holds_a_chunk_of_pictures_however_large_they_are(folder, monkeypatch, tmp_path):
    for i in range(5):
        smooth(20, 20, i).save(folder / f"{i}.png")
    ids = [str(i) for i in range(5)]
    expected = np.array(pictures.load(ids, [folder], 8).pixels)
    for file in (tmp_path / "cache" / "images").iterdir():
        file.unlink()
    written, add = [], picture_cache.add
    monkeypatch.setattr(
        picture_cache, "add", lambda *entry: written.append(len(entry[3])) or add(*entry)
    )
    monkeypatch.setattr(pictures, "CHUNK_BYTES", 2 * 8 * 8 * 3 + 1)
    assert np.array_equal(pictures.load(ids, [folder], 8).pixels, expected)
    assert written == [2 * 192, 2 * 192, 192]


def test_pictures_larger_than_the_memory_are_refused_before_one_is_decoded(folder, monkeypatch):
    import psutil

    for i in range(3):
        smooth(20, 20, i).save(folder / f"{i}.png")
    calls, free = count_decodes(monkeypatch), namedtuple("Memory", "available")
    needed = (2 * 3 + 2) * 50 * 50 * 3
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free(needed - 1))
    with pytest.raises(InputError, match=r"need 60 kB of memory .* 60 kB are free: .* --size"):
        pictures.load(["0", "1", "2"], [folder], 50)
    assert not calls
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free(needed))
    assert len(pictures.load(["0", "1", "2"], [folder], 50).pixels) == 3
