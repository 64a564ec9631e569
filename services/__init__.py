"""The three services and what they stand on."""
