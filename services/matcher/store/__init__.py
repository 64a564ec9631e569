"""All SQL of the matcher, split by what it is about. Rows are locked in id order: needs first, then partners."""
