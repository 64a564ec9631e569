"""Ports that nobody listens on."""

import random
import socket

from switchboard.processes import LOCALHOST

# From 32768 the kernel hands out ports to clients, so a listener there can find its port taken at any restart.
LISTENER_PORTS = range(20_000, 32_768)
ATTEMPTS = 200


def find_free_port() -> int:
    """A port on 127.0.0.1 that could be bound a moment ago; picked at random so that two runs do not meet."""
    for port in random.sample(LISTENER_PORTS, ATTEMPTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOCALHOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port among {ATTEMPTS} tried on {LOCALHOST}")
