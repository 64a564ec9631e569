"""The whole of Switchboard on this machine: parts, sinks and the three services, each a process of its own."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.runtime.migrations import migrate
from services.runtime.topics import create_topics
from switchboard.environment import compose_environment
from switchboard.lifetime import run_until_stopped
from switchboard.local.folders import claimed_run_folder
from switchboard.local.stack import SERVICES, Parts, running_parts
from switchboard.people import sign_in_link
from switchboard.processes import HttpProcess, ServiceProcess, running_together
from switchboard.progress import CONSOLE, step

# What `up` takes from its own environment, so that real mail and texts, fixed ports or another policy can be tried.
NAMEABLE = (
    *("BIND_HOST", "PUBLIC_URL", "INTAKE_PORT", "MATCHER_PORT", "NOTIFIER_PORT"),
    *("SMTP_URL", "EMAIL_FROM", "SMS_API_URL", "SMS_ACCOUNT_SID", "SMS_AUTH_TOKEN", "SMS_FROM"),
    *("BOOTSTRAP_API_KEY", "BOOTSTRAP_COORDINATOR_EMAIL", "POLICY_FILE", "QUIET_HOURS", "LOG_LEVEL"),
    *("EMAIL_PROVIDERS", "TEXT_PROVIDERS", "OFFER_WINDOW_MINUTES"),
)


@dataclass(frozen=True)
class RunningSwitchboard:
    """Handles of all processes of one run, and the variables they were given.

    `sinks` is None where real mail and real texts are named.
    """

    folder: Path
    parts: Parts
    environment: dict[str, str]
    intake: ServiceProcess
    matcher: ServiceProcess
    notifier: ServiceProcess
    sinks: HttpProcess | None

    @property
    def processes(self) -> list[HttpProcess]:
        """All of ours, without the parts."""
        return [process for process in (self.sinks, self.intake, self.matcher, self.notifier) if process is not None]

    @property
    def public_url(self) -> str:
        """Where people reach intake's pages."""
        return self.environment["PUBLIC_URL"]

    @property
    def api_key(self) -> str:
        """With all scopes."""
        return self.environment["BOOTSTRAP_API_KEY"]


@asynccontextmanager
async def running_switchboard(
    folder: Path, named: Mapping[str, str] | None = None
) -> AsyncIterator[RunningSwitchboard]:
    """Everything, ready, until the block ends. `named` variables win over those invented for the services."""
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(running_parts(folder))
        with step("Databases and topics"):
            await create_topics(parts.bootstrap_servers)
            await asyncio.gather(*(migrate(url, service) for service, url in parts.database_urls.items()))
        run = make_processes(folder, parts, named or {})
        with step("intake, matcher, notifier, and where mail and texts go"):
            await stack.enter_async_context(running_together(run.processes))
        try:
            yield run
        finally:
            CONSOLE.print("Stopping ...")


def make_processes(folder: Path, parts: Parts, named: Mapping[str, str]) -> RunningSwitchboard:
    """All processes of one run, none of them started."""
    environment = compose_environment(folder, parts, named)
    logs = folder / "logs"
    intake, matcher, notifier = (ServiceProcess(service, environment, logs / f"{service}.log") for service in SERVICES)
    sinks = None
    if not {"SMTP_URL", "SMS_API_URL"} <= named.keys():
        port = int(environment["SINK_HTTP_PORT"])
        sinks = HttpProcess("sinks", ["switchboard.sinks"], port, environment, logs / "sinks.log")
    return RunningSwitchboard(folder, parts, environment, intake, matcher, notifier, sinks)


def run_up() -> None:
    """Start everything, say where it is, and stay until Ctrl-C."""
    run_until_stopped(_stay_up())


async def _stay_up() -> None:
    named = {variable: os.environ[variable] for variable in NAMEABLE if variable in os.environ}
    with claimed_run_folder("up", fresh=False) as folder:
        async with running_switchboard(folder, named) as run:
            await say_where(run)
            await asyncio.Event().wait()


async def say_where(run: RunningSwitchboard) -> None:
    """Prints every address that a person needs, a link to sign in with among them."""
    email = run.environment["BOOTSTRAP_COORDINATOR_EMAIL"]
    link = await sign_in_link(run.public_url, run.sinks.url, email) if run.sinks else None
    lines = {
        "Portal": f"{run.public_url}/",
        "Sign in": link or f"as {email}, by the link that the portal sends",
        "Mail and texts": run.sinks.url if run.sinks else "sent for real",
        "API key": run.api_key,
        "Quiet hours": run.environment.get(
            "QUIET_HOURS", "21-8: messages wait; QUIET_HOURS=off make up, and none does"
        ),
        "Logs": str(run.folder / "logs"),
        "For a shell": f". {run.folder / 'environment'}",
    }
    for name, value in lines.items():
        CONSOLE.print(f"  {name:<15} [bold]{value}[/bold]", highlight=False, soft_wrap=True)
    CONSOLE.print("Ctrl-C stops everything.")
