"""What the notifier is told by its environment."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from schemas.links import LinkKeys
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.provider_settings import EmailProvider, EmailProviders, TextNumber, TextProvider, TextProviders
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
    smtp_url: str | None = Field(default=None, description="smtp://[user:password@]host:port, smtps:// for TLS at once")
    email_providers: EmailProviders = Field(default=(), description="instead of SMTP_URL, several: a TOML or JSON list")
    email_from: str = Field(description="the sender of every email")
    email_reply_to: str = Field(default="", description="where people read the answers; otherwise the sender")
    wording: Annotated[Wording, NoDecode, BeforeValidator(_load_wording)] = Field(
        default_factory=Wording.load,
        validation_alias="templates_dir",
        description="a folder of a county's own words and brand: docs/messages.md",
    )
    sms_api_url: str | None = Field(default=None, description="Twilio's API, or one that speaks like it")
    sms_account_sid: str = ""
    sms_auth_token: SecretStr = SecretStr("")
    sms_from: str = Field(default="", description="the number that texts come from")
    text_providers: TextProviders = Field(
        default=(), description="instead of SMS_API_URL, several: a TOML or JSON list"
    )
    offer_window_minutes: float = Field(
        default=10,
        ge=0,
        le=1440,
        description="offers so soon after one to the same contact go out together; 0: at once",
    )
    link_keys: SecretStr = Field(description="id:base64,…: the first signs")
    quiet_hours: Annotated[QuietHours, NoDecode, BeforeValidator(QuietHours.parse)] = QuietHours(21, 8)

    @model_validator(mode="after")
    def _has_providers(self) -> Self:
        if self.smtp_url is None and not self.email_providers:
            raise ValueError("SMTP_URL or EMAIL_PROVIDERS has to be set")
        simple = (self.sms_api_url, self.sms_account_sid, self.sms_auth_token.get_secret_value(), self.sms_from)
        if not all(simple) and not self.text_providers:
            raise ValueError(
                "SMS_API_URL, SMS_ACCOUNT_SID, SMS_AUTH_TOKEN and SMS_FROM, or TEXT_PROVIDERS have to be set"
            )
        names = [one.name for one in self.mail_carriers] + [one.name for one in self.text_carriers]
        if len(set(names)) < len(names):
            raise ValueError("two providers have the same name")
        return self

    @property
    def mail_carriers(self) -> tuple[EmailProvider, ...]:
        """Those that emails go by."""
        return self.email_providers or (EmailProvider(name="email", url=SecretStr(self.smtp_url or "")),)

    @property
    def text_carriers(self) -> tuple[TextProvider, ...]:
        """Those that texts go by."""
        return self.text_providers or (
            TextProvider(
                name="text",
                url=self.sms_api_url or "",
                account=self.sms_account_sid,
                token=self.sms_auth_token,
                numbers=(TextNumber(number=self.sms_from),),
            ),
        )

    @property
    def signing_keys(self) -> LinkKeys:
        """The key ring for links. Raises ValueError when it cannot be read."""
        return LinkKeys.parse(self.link_keys.get_secret_value())
