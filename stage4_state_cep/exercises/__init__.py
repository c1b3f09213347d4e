"""Exercises of week 4. Start with README.md, or with ``flott learn``."""
