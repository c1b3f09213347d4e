"""MariaDB with utf8mb4 and a row-based binary log."""

from __future__ import annotations

from .address import Database
from .process import Server, connection, find_program

USER, PASSWORD, DATABASE = "flott", "flott-test", "flott"


class MariaDb(Server):
    """A MariaDB server; the account owns every database and may create more."""

    name = "mariadb"
    packages = "mariadb-server-core mariadb-client-core"
    accounts = ("mysql", "nobody")

    @property
    def database(self) -> Database:
        return Database("mariadb", "127.0.0.1", self.port, DATABASE, USER, PASSWORD)

    @property
    def url(self) -> str:
        """JDBC URL with user and password."""
        return self.database.url

    def exports(self) -> dict[str, str]:
        return {"FLOTT_TEST_MARIADB": self.url}

    def _prepare(self) -> None:
        (self.folder / "init.sql").write_text(
            # The anonymous accounts go: one for localhost would shadow ours.
            "DELETE FROM mysql.global_priv WHERE user = '';\nFLUSH PRIVILEGES;\n"
            f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n"
            + "".join(
                f"CREATE USER IF NOT EXISTS '{USER}'@'{host}' IDENTIFIED BY '{PASSWORD}';\n"
                f"GRANT ALL ON *.* TO '{USER}'@'{host}' WITH GRANT OPTION;\n"
                for host in ("localhost", "%")
            )
        )
        self._run_tool(
            [
                find_program(MariaDb, ["mariadb-install-db", "mysql_install_db"]),
                "--no-defaults",
                f"--datadir={self.folder / 'data'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--innodb-log-file-size=64M",
            ]
        )

    def _command(self) -> list[str]:
        return [
            find_program(MariaDb, ["mariadbd", "mysqld"]),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--init-file={self.folder / 'init.sql'}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_unicode_ci",
            "--default-time-zone=+00:00",
            # A reader of the binary log (change data capture) needs these.
            "--server-id=1",
            "--log-bin=binlog",
            "--binlog-format=ROW",
            "--binlog-row-image=FULL",
            "--binlog-row-metadata=FULL",
            # Records of 20 MB must fit.
            "--max-allowed-packet=64M",
            "--innodb-log-file-size=64M",
            # Small and fast; what is committed survives a killed process, not a power cut.
            "--innodb-flush-log-at-trx-commit=2",
            "--sync-binlog=0",
            "--innodb-buffer-pool-size=64M",
            "--skip-innodb-doublewrite",
        ]

    def _answers(self) -> bool:
        # It listens once it is up, and greets: three bytes of length, one of sequence, protocol version 10.
        with connection(self.port) as client:
            greeting = client.recv(5)
            return len(greeting) == 5 and greeting[4] == 10
