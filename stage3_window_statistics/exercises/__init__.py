"""Exercises of week 3. Start with README.md, or with ``flott learn``."""
