"""Archives: what leads out of its folder, is a link, grows absurdly or is damaged is refused."""

import re
import stat
import zipfile

import pytest

from dermlab.cases.datasets import archives
from dermlab.errors import InputError


def zipped(path, *members, content=b"a picture", mode=stat.S_IFREG | 0o644):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def test_a_publishers_zip_is_good(tmp_path):
    archives.check(zipped(tmp_path / "a.zip", "imgs/ISIC_1.jpg", "imgs/a..b.jpg"), "a.zip")
    folder = zipped(tmp_path / "b.zip", "imgs/", content=b"", mode=stat.S_IFDIR | 0o755)
    archives.check(folder, "b.zip")
    by_windows = zipped(tmp_path / "c.zip", "imgs/ISIC_1.jpg", mode=0)
    archives.check(by_windows, "c.zip")


@pytest.mark.parametrize(
    "name",
    ["../x.jpg", "imgs/../../x.jpg", "/etc/x", "C:\\x.jpg", "c:x", "..\\x.jpg", "\\\\host\\x"],
)
def test_a_member_that_leads_out_is_refused_by_name(tmp_path, name):
    path = zipped(tmp_path / "a.zip", "imgs/1.jpg", name)
    with pytest.raises(InputError, match=f"a.zip is not used.*{re.escape(ascii(name))}.*leads out"):
        archives.check(path, "a.zip")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_and_a_device_are_refused(tmp_path, kind):
    path = zipped(tmp_path / "a.zip", "imgs/1.jpg", content=b"/etc/passwd", mode=kind | 0o777)
    with pytest.raises(InputError, match=r"imgs/1.jpg.*is a link or a device"):
        archives.check(path, "a.zip")


def test_an_absurd_size_is_refused_and_a_mask_is_not(tmp_path):
    path = zipped(tmp_path / "a.zip", "zeros.png", content=bytes(10_000_000))
    with pytest.raises(InputError, match="claim to hold 10,000,000, more than 200 times"):
        archives.check(path, "a.zip")
    mask = b"".join(bytes([shade]) * 60 for shade in range(256)) * 5
    archives.check(zipped(tmp_path / "b.zip", "mask.png", content=mask), "b.zip")


def test_what_is_no_zip_or_a_torn_one_is_refused(tmp_path):
    whole = zipped(tmp_path / "a.zip", "imgs/1.jpg").read_bytes()
    for content in (b"", b"<html>gone</html>", whole[: len(whole) // 2]):
        (tmp_path / "a.zip").write_bytes(content)
        with pytest.raises(InputError, match=r"damaged or cannot be read.*another copy of a.zip"):
            archives.check(tmp_path / "a.zip", "a.zip")
