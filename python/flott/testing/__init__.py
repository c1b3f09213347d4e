"""Help for tests of programs."""
