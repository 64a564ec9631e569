"""What crosses a boundary: topics, envelope, events, links. No I/O, and nothing of any one service."""
