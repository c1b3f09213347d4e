"""Exercises of week 1. Start with README.md, or with ``flott learn``."""
