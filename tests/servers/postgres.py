"""PostgreSQL with logical decoding switched on."""

from __future__ import annotations

import signal
import struct

from .address import Database
from .process import Server, connection, find_program

USER, PASSWORD, DATABASE = "flott", "flott-test", "flott"
_FOLDERS = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"]


class Postgres(Server):
    """A PostgreSQL server; the account is a superuser and authenticates by SCRAM."""

    name = "postgres"
    packages = "postgresql"
    accounts = ("postgres", "nobody")
    # Fast shutdown: without waiting for clients to leave.
    _stop_signal = signal.SIGINT

    @property
    def database(self) -> Database:
        return Database("postgresql", "127.0.0.1", self.port, DATABASE, USER, PASSWORD)

    @property
    def url(self) -> str:
        """JDBC URL with user and password."""
        return self.database.url

    def exports(self) -> dict[str, str]:
        return {"FLOTT_TEST_POSTGRES": self.url}

    def _prepare(self) -> None:
        data = self.folder / "data"
        password_file = self.folder / "password"
        password_file.write_text(PASSWORD)
        initdb = find_program(Postgres, ["initdb"], _FOLDERS)
        settings = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-sync"]
        account = [f"--username={USER}", f"--pwfile={password_file}"]
        self._run_tool([initdb, f"--pgdata={data}", *settings, *account])
        password_file.unlink()
        single_user = [find_program(Postgres, ["postgres"], _FOLDERS), "--single", "-D", str(data), "postgres"]
        self._run_tool(["sh", "-c", f'echo "CREATE DATABASE {DATABASE}" | "$@"', "create-database", *single_user])

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "max_connections": "200",
            # For change data capture and for two-phase commit.
            "wal_level": "logical",
            "max_replication_slots": "10",
            "max_wal_senders": "10",
            "max_prepared_transactions": "64",
            # Small and fast; what is committed survives a killed process, not a power cut.
            "fsync": "off",
            "shared_buffers": "64MB",
        }
        program = find_program(Postgres, ["postgres"], _FOLDERS)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [program, "-D", str(self.folder / "data"), *options]

    def _answers(self) -> bool:
        # It listens before it is up, and then refuses a start-up message ('E'); once up it asks for a password ('R').
        parameters = f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
        with connection(self.port) as client:
            client.sendall(struct.pack(">ii", 8 + len(parameters), 196608) + parameters)
            return client.recv(1) == b"R"
