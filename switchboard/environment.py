"""What the three services and the sinks are told, when nobody else tells them: ports, addresses, secrets."""

import base64
import json
import os
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from switchboard.local.folders import CHECKOUT, write_secret
from switchboard.local.ports import find_free_port
from switchboard.local.stack import Parts
from switchboard.processes import LOCALHOST

PORTS = ("INTAKE_PORT", "MATCHER_PORT", "NOTIFIER_PORT", "SINK_HTTP_PORT", "SINK_SMTP_PORT")


def compose_environment(folder: Path, parts: Parts, named: Mapping[str, str]) -> dict[str, str]:
    """Every variable that the processes of one run read. What is `named` wins over what is invented here.

    The secrets stay the same for as long as `folder` lives. The result is also written to `folder`/environment, for
    a shell that wants to talk to this run.
    """
    ports = {variable: named.get(variable) or str(find_free_port()) for variable in PORTS}
    public_url = named.get("PUBLIC_URL") or f"http://{LOCALHOST}:{ports['INTAKE_PORT']}"
    sinks_url = f"http://{LOCALHOST}:{ports['SINK_HTTP_PORT']}"
    settings = {
        **ports,
        **_keep_secrets(folder / "secrets.json"),
        **parts.environment,
        "PUBLIC_URL": public_url,
        **{f"{name}_URL": f"http://{LOCALHOST}:{ports[f'{name}_PORT']}" for name in ("INTAKE", "MATCHER", "NOTIFIER")},
        "INTAKE_INTERNAL_URL": f"http://{LOCALHOST}:{ports['INTAKE_PORT']}",
        "MATCHER_INTERNAL_URL": f"http://{LOCALHOST}:{ports['MATCHER_PORT']}",
        "SMTP_URL": f"smtp://{LOCALHOST}:{ports['SINK_SMTP_PORT']}",
        "EMAIL_FROM": "switchboard@example.org",
        "SMS_API_URL": sinks_url,
        "SMS_FROM": "+15005550006",
        "SMS_WEBHOOK_URL": f"{public_url}/webhooks/texts",
        "BOOTSTRAP_COORDINATOR_EMAIL": "coordinator@example.org",
        "BOOTSTRAP_DISTRICT_EMAIL": "district@example.org",
        "BOOTSTRAP_ADMINISTRATOR_EMAIL": "administrator@example.org",
        **named,
    }
    lines = [f"export {variable}={shlex.quote(value)}" for variable, value in sorted(settings.items())]
    write_secret(folder / "environment", "\n".join(lines) + "\n")
    return {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(CHECKOUT), **settings}


def _keep_secrets(path: Path) -> dict[str, str]:
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    invented = {
        "LINK_KEYS": f"k1:{_invent_key()}",
        "SERVICE_KEYS": f"k1:{_invent_key()}",
        "LOOKUP_KEY": _invent_key(),
        "SMS_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
        "SMS_AUTH_TOKEN": secrets.token_hex(16),
        "MAIL_WEBHOOK_SECRET": secrets.token_urlsafe(24),
        "NOTIFIER_API_KEY": f"sb_notifier_{secrets.token_urlsafe(24)}",
        "MATCHER_API_KEY": f"sb_matcher_{secrets.token_urlsafe(24)}",
        "BOOTSTRAP_API_KEY": f"sb_bootstrap_{secrets.token_urlsafe(24)}",
    }
    # What a newer version needs besides is added to what an older one kept.
    secrets_of_run = invented | kept
    write_secret(path, json.dumps(secrets_of_run))
    return secrets_of_run


def _invent_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
