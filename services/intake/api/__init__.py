"""The HTTP API, version 1. Errors are problem+json (RFC 9457)."""
