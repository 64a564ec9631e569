"""All SQL of intake, split by what it is about."""
