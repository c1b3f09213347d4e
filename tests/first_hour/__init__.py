"""Where somebody stops who knows nothing yet: each place is walked, and has a message that ends the problem.

docs/first-hour.md is the same for people.
"""
