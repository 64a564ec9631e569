"""What intake is told by its environment."""

import base64
import binascii

from pydantic import Field, SecretStr, field_validator

from schemas.key_ring import parse_key_ring
from schemas.links import LinkKeys
from services.intake.sealing import KeyRing, Seal
from services.runtime.settings import ServiceSettings

_KEY_BYTES = 32


class IntakeSettings(ServiceSettings):
    """Intake's own settings."""

    intake_database_url: str = Field(description="postgresql://user:password@host:port/database")
    intake_port: int = Field(default=8080, ge=1, le=65535)
    public_url: str = Field(description="how people reach the pages")
    smtp_url: str = Field(description="smtp://[user:password@]host:port, for sign-in links")
    email_from: str = Field(description="the sender of sign-in links")
    sms_auth_token: SecretStr = Field(description="checks the signature of texts that come in")
    mail_webhook_secret: SecretStr | None = Field(
        default=None, min_length=16, description="lets the mail relay report what became of emails"
    )
    link_keys: SecretStr = Field(description="id:base64,…: the first signs, all verify")
    service_keys: SecretStr = Field(description="id:base64,…: the first wraps each family's own key, all unwrap")
    lookup_key: SecretStr = Field(description="base64 of 32 bytes: makes what a phone is found by; never changes")
    identity_kept_days: int = Field(default=90, ge=0, le=3650, description="days from a need's end to its erasure")
    notifier_api_key: SecretStr = Field(description="the notifier's key for asking an address")
    matcher_internal_url: str = Field(description="how intake reaches the matcher")
    matcher_api_key: SecretStr = Field(description="lets intake ask the matcher who could help")
    bootstrap_api_key: SecretStr | None = Field(default=None, description="a key with all scopes, made at start")
    bootstrap_coordinator_email: str | None = Field(default=None, description="a coordinator, made at start")
    bootstrap_district_email: str | None = Field(default=None, description="the district's officer, made at start")
    bootstrap_administrator_email: str | None = Field(default=None, description="the network's first administrator")

    @field_validator("service_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        if any(len(key) != _KEY_BYTES for key in parse_key_ring(value.get_secret_value()).values()):
            raise ValueError("each key must have 32 bytes")
        return value

    @field_validator("lookup_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        try:
            secret = base64.b64decode(value.get_secret_value(), validate=True)
        except binascii.Error:
            secret = b""
        if len(secret) != _KEY_BYTES:
            raise ValueError("this must be the base64 of 32 bytes")
        return value

    @property
    def seal(self) -> Seal:
        """Seals and opens families with these keys."""
        lookup_key = base64.b64decode(self.lookup_key.get_secret_value())
        return Seal(KeyRing(parse_key_ring(self.service_keys.get_secret_value())), lookup_key)

    @property
    def signing_keys(self) -> LinkKeys:
        """The key ring for links. Raises ValueError when it cannot be read."""
        return LinkKeys.parse(self.link_keys.get_secret_value())
