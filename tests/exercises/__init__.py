"""The exercises of the course: that they can be solved, and are not solved already."""
