"""Who could help: all partners, in memory, behind one small interface."""
