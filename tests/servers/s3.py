"""An object store with Amazon's S3 interface: moto's server, which keeps everything in memory."""

from __future__ import annotations

import sys
import urllib.request
import xml.etree.ElementTree

from .process import Server


class S3(Server):
    """Needs the development environment, so ``python -m tests.servers`` does not start it.

    What was written is gone when it ends: after a restart there are no buckets.
    """

    name = "s3"
    packages = "(pip install 'moto[s3,server]')"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def exports(self) -> dict[str, str]:
        return {"FLOTT_TEST_S3": self.endpoint}

    def options(self) -> dict[str, str]:
        """What a job is told of it, by Flink's names."""
        return {"s3.endpoint": self.endpoint, "s3.access-key": "flott", "s3.secret-key": "flott-test"}

    def make_bucket(self, bucket: str) -> None:
        self.request("PUT", f"/{bucket}")

    def keys(self, bucket: str) -> list[str]:
        """The names of all objects of a bucket."""
        listed = xml.etree.ElementTree.fromstring(self.request("GET", f"/{bucket}?list-type=2"))
        return [key.text or "" for key in listed.iter("{http://s3.amazonaws.com/doc/2006-03-01/}Key")]

    def require_login(self) -> None:
        """From now on nobody is let in."""
        self.request("POST", "/moto-api/reset-auth", b"0")

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """One request; returns the answer's body."""
        headers = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(self.endpoint + path, method=method, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            content: bytes = answer.read()
            return content

    def _prepare(self) -> None:
        (self.folder / "data").mkdir()

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def _answers(self) -> bool:
        return bool(self.request("GET", "/moto-api/data.json"))
