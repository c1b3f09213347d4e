"""A real browser for tests: headless Chromium, driven through its DevTools protocol. See chromium.py."""
