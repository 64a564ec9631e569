"""What is wrong with a source as a whole."""


class UnreadableSource(ValueError):
    """Its text is one line that names what is wrong and the way out."""
