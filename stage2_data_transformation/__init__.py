"""Week 2: orders cleaned, validated, and split into two tables; what is of no use goes to a dead-letter topic."""
