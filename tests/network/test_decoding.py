"""How much is decoded at once, and that a picture in bands is the picture in one."""

import threading
import time

import numpy as np
import pytest
from PIL import Image

from dermlab.network import decoding, pictures


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_a_transparent_picture_in_bands_is_the_same(monkeypatch, mode):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (37, 23, 4), dtype=np.uint8), "RGBA")
    if mode != "RGBA":
        picture = picture.convert("RGB").convert(mode)
        if mode == "LA":
            picture.putalpha(Image.fromarray(rng.integers(0, 256, (37, 23), dtype=np.uint8)))
        else:
            first = picture.getpixel((0, 0))
            picture.info["transparency"] = first
    assert picture.has_transparency_data
    ground = Image.new("RGBA", picture.size, "white")
    expected = Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
    monkeypatch.setattr(decoding, "BAND_PIXELS", 100)
    np.testing.assert_array_equal(decoding._rgb(picture), expected)


def test_large_pictures_and_files_are_decoded_one_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for k in range(8):
        pixels = rng.integers(0, 256, (400, 400, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{k}.png")
    (tmp_path / "8.png").write_bytes((tmp_path / "0.png").read_bytes()[:5000])
    usual = [pictures.read(tmp_path / f"{k}.png", 16) for k in range(8)]
    inside, most, threads = [], [], set()
    square = decoding._central_square

    def watched(*arguments):
        inside.append(1)
        most.append(len(inside))
        threads.add(threading.get_ident())
        time.sleep(0.01)
        inside.pop()
        return square(*arguments)

    monkeypatch.setattr(decoding, "_central_square", watched)
    monkeypatch.setattr(decoding, "LARGE_PICTURE", 1000)
    monkeypatch.setattr(decoding, "LARGE_FILE", 50)
    found = pictures.load([str(k) for k in range(9)], [tmp_path], 16, allow_missing=True)
    assert found.image_ids == [str(k) for k in range(8)]
    np.testing.assert_array_equal(found.pixels, usual)
    assert max(most) == len(threads) == 1
