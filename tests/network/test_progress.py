import io
import sys

from dermlab.network.progress import track


class Terminal(io.StringIO):
    def isatty(self):
        return True


def passed(monkeypatch, stream: io.StringIO, *, show: bool) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(track(iter("abc"), total=3, label="decoding", show=show)) == ["a", "b", "c"]
    return stream.getvalue()


def test_a_bar_on_a_terminal_only_and_only_where_asked_for(monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm")
    assert "decoding" in passed(monkeypatch, Terminal(), show=True)
    assert passed(monkeypatch, Terminal(), show=False) == ""
    assert passed(monkeypatch, io.StringIO(), show=True) == ""
    assert capsys.readouterr().out == ""
