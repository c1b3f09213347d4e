"""Exercises of week 2. Start with README.md, or with ``flott learn``."""
