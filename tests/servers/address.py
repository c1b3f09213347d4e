"""Where a server is: what tests, and the environment variables that name a server, speak of."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class KafkaBootstrap:
    """A Kafka cluster, as ``FLOTT_TEST_KAFKA`` names it."""

    #: ``host:port[,host:port…]``
    bootstrap_servers: str


@dataclass(frozen=True)
class Database:
    """One database of a server, with the account to use, as ``FLOTT_TEST_MARIADB`` names it.

    >>> Database.parse("jdbc:mariadb://127.0.0.1:3306/shop?user=me&password=p%26q").password
    'p&q'
    """

    kind: str
    host: str
    port: int
    name: str
    user: str
    password: str

    @classmethod
    def parse(cls, url: str) -> Database:
        """Read ``jdbc:<kind>://host:port/database?user=…&password=…``.

        Raises ``ValueError``, without the URL's password, when a part is missing.
        """
        parts = urllib.parse.urlsplit(url.removeprefix("jdbc:"))
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        name = parts.path.lstrip("/")
        if not (parts.scheme and parts.hostname and parts.port and name and "user" in query):
            raise ValueError("a test database is named as jdbc:<kind>://host:port/database?user=…&password=…")
        return cls(parts.scheme, parts.hostname, parts.port, name, query["user"], query.get("password", ""))

    def named(self, name: str) -> Database:
        """The same server and account, another database."""
        return replace(self, name=name)

    @property
    def plain_url(self) -> str:
        """The JDBC URL without user and password."""
        return f"jdbc:{self.kind}://{self.host}:{self.port}/{self.name}"

    @property
    def url(self) -> str:
        """The JDBC URL with user and password as parameters."""
        account = urllib.parse.urlencode({"user": self.user, "password": self.password})
        return f"{self.plain_url}?{account}"
