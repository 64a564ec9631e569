"""What went wrong, said to a person."""


class SwitchboardError(Exception):
    """Its text is one line that names what is wrong and the way out; the command line shows nothing else."""
