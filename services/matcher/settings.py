"""What the matcher is told by its environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from services.runtime.settings import ServiceSettings


class MatcherSettings(ServiceSettings):
    """The matcher's own settings."""

    matcher_database_url: str = Field(description="PostgreSQL of the matcher")
    matcher_port: int = Field(default=8081, ge=0, le=65535, description="for health, metrics, and intake to ask")
    matcher_api_key: SecretStr = Field(description="lets intake ask who could help")
    policy_file: Path | None = Field(default=None, description="a policy in place of the one that comes along")
