"""What the four weeks of the course share: the order model, test orders, configuration, database helpers."""
