"""How records are written in files and messages. Mirrors ``pyflink.datastream.formats``."""
