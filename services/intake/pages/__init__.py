"""What people see: the coordinator's portal, the claim page, the family's question. Works without JavaScript."""

from pathlib import Path

static_folder = Path(__file__).parent / "static"
