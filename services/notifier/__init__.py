"""Who is told, by which channel, when, in which language, and whether it arrived."""
