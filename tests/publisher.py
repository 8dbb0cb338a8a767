"""A publisher of files on 127.0.0.1 that breaks off, moves, changes or damages what it offers."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dermlab.cases.datasets.downloading import File


@dataclass
class Offer:
    """What one address gives: ``content``, or an answer that is none."""

    content: bytes = b""
    status: int = 200
    kind: str = "application/zip"
    version: str | None = '"1"'  # the ETag
    at_most: int | None = None  # bytes an answer, then the connection is closed
    says_length: bool = True
    takes_ranges: bool = True
    leads_to: str | None = None  # the name that a redirection names
    stalls: threading.Event | None = None  # waited for after `at_most` bytes


@dataclass
class Publisher:
    """The offers by name, and the requests that came: name and Range."""

    address: str
    offers: dict[str, Offer] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def file(self, name, *, n_bytes=None, checksum=None, kind="table"):
        """``name`` as the package's table would describe it."""
        url, page = f"{self.address}/{name}", f"{self.address}/page"
        return File(name, kind, n_bytes, n_bytes is not None, checksum, url, page)

    def ranges(self, name):
        return [asked for requested, asked in self.requests if requested == name]


@contextlib.contextmanager
def publishing() -> Iterator[Publisher]:
    """A publisher that serves until the with statement ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name, asked = self.path.lstrip("/"), self.headers.get("Range")
            publisher.requests.append((name, asked))
            offer = publisher.offers.get(name, Offer(status=404, kind="text/html"))
            self.answer(offer, asked if self.headers.get("If-Range") == offer.version else None)

        def answer(self, offer, asked):
            begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            is_part = asked is not None and offer.takes_ranges and offer.status == 200
            begin = begin if is_part else 0
            if is_part and begin >= len(offer.content):
                return self.head(offer, 416, 0)
            content = offer.content[begin:]
            self.head(offer, 206 if is_part else offer.status, len(content))
            with contextlib.suppress(OSError):  # the other side has gone
                self.wfile.write(content[: offer.at_most])
                self.wfile.flush()
                if offer.stalls:
                    offer.stalls.wait(60)

        def head(self, offer, status, length):
            self.send_response(status)
            self.send_header("Content-Type", offer.kind)
            if offer.leads_to:
                self.send_header("Location", f"/{offer.leads_to}")
            if offer.version:
                self.send_header("ETag", offer.version)
            if offer.says_length:
                self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, *_):
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    publisher = Publisher(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        for offer in publisher.offers.values():
            if offer.stalls:
                offer.stalls.set()
        server.shutdown()
        server.server_close()
        thread.join()
