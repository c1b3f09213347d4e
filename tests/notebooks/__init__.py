"""Notebooks: how objects show themselves in a real kernel, and the notebooks of the course."""
