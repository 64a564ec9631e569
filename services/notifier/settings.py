"""What the notifier is told by its environment."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from schemas.links import LinkKeys
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.wording import Wording
from services.runtime.settings import ServiceSettings


def _load_wording(given: Wording | str) -> Wording:
    return given if isinstance(given, Wording) else Wording.load(given)


class NotifierSettings(ServiceSettings):
    """The notifier's own settings."""

    notifier_database_url: str = Field(description="postgresql://user:password@host:port/database")
    notifier_port: int = Field(default=8082, ge=1, le=65535)
    public_url: str = Field(description="how people reach intake's pages")
    intake_internal_url: str = Field(description="how the notifier reaches intake")
    notifier_api_key: SecretStr = Field(description="lets the notifier ask intake for an address")
    smtp_url: str = Field(description="smtp://[user:password@]host:port")
    email_from: str = Field(description="the sender of every email")
    email_reply_to: str = Field(default="", description="where people read the answers; otherwise the sender")
    wording: Annotated[Wording, NoDecode, BeforeValidator(_load_wording)] = Field(
        default_factory=Wording.load,
        validation_alias="templates_dir",
        description="a folder of a county's own words and brand: docs/messages.md",
    )
    sms_api_url: str = Field(description="Twilio's API, or one that speaks like it")
    sms_account_sid: str
    sms_auth_token: SecretStr
    sms_from: str = Field(description="the number that texts come from")
    link_keys: SecretStr = Field(description="id:base64,…: the first signs")
    quiet_hours: Annotated[QuietHours, NoDecode, BeforeValidator(QuietHours.parse)] = QuietHours(21, 8)

    @property
    def signing_keys(self) -> LinkKeys:
        """The key ring for links. Raises ValueError when it cannot be read."""
        return LinkKeys.parse(self.link_keys.get_secret_value())
