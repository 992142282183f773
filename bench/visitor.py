"""Somebody at a screen: one connection kept open, cookies, forms. Only the standard library."""

import http.client
import re
import time
import urllib.parse
from http.cookies import SimpleCookie
from typing import Any


class Visitor:
    """Signs in over HTTP and keeps count of nothing: `get` and `post` return (status, body, seconds)."""

    def __init__(self, port: int, username: str, password: str):
        self.port = port
        self.cookies: dict[str, str] = {}
        self.token = ""
        self._open()
        self.get("/accounts/login/")
        status, _body, _seconds = self.post("/accounts/login/", {"login": username, "password": password})
        if status != 302:
            raise RuntimeError(f"{username} could not sign in ({status})")
        self.get("/")

    def another(self) -> "Visitor":
        """The same session at another screen."""
        twin = Visitor.__new__(Visitor)
        twin.port, twin.cookies, twin.token = self.port, dict(self.cookies), self.token
        twin._open()
        return twin

    def _open(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes, float]:
        headers = {**headers, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Accept-Language": "fr"}
        began = time.perf_counter()
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # the server closed an idle connection: as a browser, once more
            self._open()
            began = time.perf_counter()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    self.cookies[key] = morsel.value
        if "gzip" not in (answer.getheader("Content-Encoding") or "") and (found := re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', content)):
            self.token = found[1].decode()
        return answer.status, content, seconds

    def get(self, path: str, **headers: str) -> tuple[int, bytes, float]:
        return self.send("GET", path, None, headers)

    def post(self, path: str, data: dict[str, Any]) -> tuple[int, bytes, float]:
        body = urllib.parse.urlencode({**data, "csrfmiddlewaretoken": self.token}, doseq=True).encode()
        return self.send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://127.0.0.1:{self.port}/"})
