"""A headless Chromium on a JupyterLab of our own, driven over DevTools."""

import base64
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def until(ask, seconds=60, what="an answer"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, KeyError, ValueError):
            if found := ask():
                return found
        time.sleep(0.2)
    raise AssertionError(f"no {what} within {seconds} s")


class Lab:
    """JupyterLab on 127.0.0.1 behind a token, in ``folder``."""

    def __init__(self, folder):
        self.port, self.token = free_port(), secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{self.port}"
        options = ["--no-browser", "--ip=127.0.0.1", f"--port={self.port}", "--allow-root"]
        options += [f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={folder}"]
        own = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "HOME": str(folder)}
        self.log = (folder / "lab.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=os.environ | own,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        until(lambda: self.api("kernels") is not None, 90, "JupyterLab")

    def api(self, path, method="GET"):
        header = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/api/{path}", headers=header, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or "null")

    def close(self):
        for kernel in self.api("kernels"):
            self.api(f"kernels/{kernel['id']}", "DELETE")
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


class Browser:
    """One page; ``js`` evaluates, ``key`` presses a key as a keyboard does."""

    def __init__(self, folder: Path):
        import websocket

        port, self.count, self.folder = free_port(), 0, folder
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,1500"]
        options += [f"--remote-debugging-port={port}", f"--user-data-dir={folder / 'chromium'}"]
        self.process = subprocess.Popen(
            [CHROMIUM, *options, "--remote-allow-origins=*", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def page():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as answer:
                return [p for p in json.load(answer) if p["type"] == "page"]

        address = until(page, 60, "Chromium")[0]["webSocketDebuggerUrl"]
        self.socket = websocket.create_connection(address, timeout=60)

    def do(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        self.socket.send(json.dumps(message))
        while (answer := json.loads(self.socket.recv())).get("id") != self.count:
            pass  # events that nobody asked for
        assert "error" not in answer, answer
        return answer["result"]

    def js(self, expression):
        answer = self.do("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, expression, seconds=60):
        return until(lambda: self.js(expression), seconds, expression)

    def key(self, key, code=0, modifiers=0, text=None):
        text = key if text is None and len(key) == 1 else text or ""
        about = {"key": key, "windowsVirtualKeyCode": code or ord(key.upper()[0])}
        about |= {"modifiers": modifiers}
        down = {"text": text} if text else {}
        self.do("Input.dispatchKeyEvent", type="keyDown", **about, **down)
        self.do("Input.dispatchKeyEvent", type="keyUp", **about)

    def enter(self, modifiers=0):
        self.key("Enter", code=13, modifiers=modifiers, text="\r")

    def picture(self, path):
        data = self.do("Page.captureScreenshot", format="png")["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)
