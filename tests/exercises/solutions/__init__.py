"""A solution of each exercise, as a file that takes the exercise's place."""
