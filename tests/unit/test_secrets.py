"""Secrets come from the environment or from files, and are never said again."""

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.intake.settings import IntakeSettings

SECRET = base64.b64encode(b"a secret of exactly 32 bytes ....").decode()
KEY = base64.b64encode(bytes(32)).decode()
GOOD = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "INTAKE_DATABASE_URL": "postgresql://intake@postgres/intake",
    "PUBLIC_URL": "https://switchboard.example.org",
    "SMTP_URL": "smtp://mail:25",
    "EMAIL_FROM": "switchboard@example.org",
    "SMS_AUTH_TOKEN": "token-of-the-provider",
    "MAIL_WEBHOOK_SECRET": "secret-of-the-relay",
    "LINK_KEYS": f"k1:{KEY}",
    "SERVICE_KEYS": f"k1:{KEY}",
    "LOOKUP_KEY": KEY,
    "NOTIFIER_API_KEY": "key-of-the-notifier",
    "MATCHER_INTERNAL_URL": "http://matcher:8081",
    "MATCHER_API_KEY": "key-of-the-matcher",
}
SECRETS = (
    "SMS_AUTH_TOKEN",
    "MAIL_WEBHOOK_SECRET",
    "LINK_KEYS",
    "SERVICE_KEYS",
    "LOOKUP_KEY",
    "NOTIFIER_API_KEY",
    "MATCHER_API_KEY",
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("SECRETS_DIR", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_what_is_shown_of_settings_holds_no_secret(environment: pytest.MonkeyPatch) -> None:
    del environment
    shown = repr(IntakeSettings()) + IntakeSettings().model_dump_json()
    assert not [name for name in SECRETS if GOOD[name] in shown]


@pytest.mark.parametrize("name", ["SERVICE_KEYS", "LOOKUP_KEY"])
@pytest.mark.parametrize("value", [f"k1:{SECRET}", SECRET, "k1:!!!", ""])
def test_a_wrong_secret_is_named_and_not_shown(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        IntakeSettings()
    assert name.lower() in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_secret_may_stand_in_a_file_of_its_name(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("NOTIFIER_API_KEY")
    environment.setenv("SECRETS_DIR", str(tmp_path))
    (tmp_path / "notifier_api_key").write_text("from-a-file\n")
    (tmp_path / "sms_auth_token").write_text("not-this-one")
    settings = IntakeSettings()
    assert settings.notifier_api_key.get_secret_value() == "from-a-file"
    assert settings.sms_auth_token.get_secret_value() == GOOD["SMS_AUTH_TOKEN"], "the environment comes first"
