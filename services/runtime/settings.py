"""What every service is told by its environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings that all services share. A variable that is missing is an error which names it."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    kafka_bootstrap_servers: str = Field(description="host:port[,host:port] of Kafka")
    bind_host: str = Field(default="127.0.0.1", description="the address to listen on")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")
    database_connections: int = Field(default=6, ge=2, le=100, description="connections in the pool")
