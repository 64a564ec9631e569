"""Everything that comes in: the API, pages, links and texts; who people are, sealed."""
