"""`switchboard demo`: an invented community, 40 needs, and partners who answer as people do."""

from switchboard.demo.run import run_demo

__all__ = ["run_demo"]
