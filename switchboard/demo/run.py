"""The demo from start to end."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx

from switchboard.demo.answering import Answers
from switchboard.demo.city import NEEDS, SECONDS_BETWEEN_NEEDS
from switchboard.demo.community import Community, invent
from switchboard.demo.summary import print_summary
from switchboard.demo.watching import Need, Watch, settled
from switchboard.errors import SwitchboardError
from switchboard.lifetime import run_until_stopped
from switchboard.local.folders import claimed_run_folder
from switchboard.progress import CONSOLE, step
from switchboard.up import RunningSwitchboard, running_switchboard, say_where

_NAMED = {"POLICY_FILE": str(Path(__file__).parent / "policy.toml"), "QUIET_HOURS": "off", "OFFER_WINDOW_MINUTES": "0"}
_WITHIN_S = 240.0


def run_demo(*, leave: bool) -> int:
    """Runs it. With `leave` it ends after the summary: 0 if every need got somewhere, otherwise 1."""
    return run_until_stopped(_demo(leave=leave)) or 0


async def _demo(*, leave: bool) -> int:
    with claimed_run_folder("demo", fresh=True) as folder:
        async with running_switchboard(folder, _NAMED) as run, _client(run) as client:
            demo = Demo(run, client)
            complete = await demo.play()
            if leave:
                return 0 if complete else 1
            await say_where(run)
            await asyncio.Event().wait()
    return 0


def _client(run: RunningSwitchboard) -> httpx.AsyncClient:
    return httpx.AsyncClient(headers={"Authorization": f"Bearer {run.api_key}"}, timeout=30)


@dataclass
class Demo:
    """One community, played through once."""

    run: RunningSwitchboard
    client: httpx.AsyncClient
    posted: dict[UUID, datetime] = field(default_factory=dict)
    _helped: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def play(self) -> bool:
        """Registers the partners, sends the needs, lets everybody answer. Whether every need got somewhere."""
        community = invent(datetime.now(UTC))
        with step(f"{len(community.partners)} partners register"):
            await asyncio.gather(*(self._register(*one) for one in community.partners.items()))
        CONSOLE.print("Quiet hours are off here, and hours are seconds (switchboard/demo/policy.toml).")
        watch = Watch(self.run.public_url, self.client, CONSOLE, self._coordinate)
        async with Answers(_sinks_url(self.run), self.client) as answers, asyncio.TaskGroup() as sending:
            sending.create_task(self._send_needs(community))
            complete = await watch.until_settled(NEEDS, _WITHIN_S)
        print_summary(CONSOLE, watch.needs, await self._histories(watch.needs), answers, self.posted)
        for need in watch.needs:
            if not settled(need):
                CONSOLE.print(f"[red]need {need['need_id']} is still {need['status']}[/red]")
        return complete

    async def _register(self, partner_id: UUID, record: dict[str, Any]) -> None:
        answer = await self.client.put(f"{self.run.public_url}/v1/partners/{partner_id}", json=record)
        _check(answer)

    async def _send_needs(self, community: Community) -> None:
        for number, need in enumerate(community.needs_at(lambda: datetime.now(UTC))):
            key = str(uuid5(UUID(int=0), f"{self.run.folder} {number}"))
            answer = await self.client.post(
                f"{self.run.public_url}/v1/needs", json=need, headers={"Idempotency-Key": key}
            )
            _check(answer)
            self.posted[UUID(answer.json()["need_id"])] = datetime.now(UTC)
            await asyncio.sleep(SECONDS_BETWEEN_NEEDS)

    def _coordinate(self, need: Need) -> None:
        """The coordinator calls families who were not asked or did not answer; one is left in the queue, to be seen."""
        if need["stuck"] == "family_silent" and need["need_id"] not in self._helped:
            self._helped.add(need["need_id"])
            if len(self._helped) > 1:
                task = asyncio.create_task(self._confirm(need["need_id"]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _confirm(self, need_id: str) -> None:
        answer = await self.client.post(
            f"{self.run.public_url}/v1/needs/{need_id}/confirmation", json={"arrived": True}
        )
        _check(answer)

    async def _histories(self, needs: list[Need]) -> list[list[dict[str, Any]]]:
        answers = [await self.client.get(f"{self.run.public_url}/v1/needs/{need['need_id']}") for need in needs]
        return [answer.json()["history"] for answer in answers]


def _check(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise SwitchboardError(f"{answer.request.url.path} answered {answer.status_code}: {answer.text}")


def _sinks_url(run: RunningSwitchboard) -> str:
    if run.sinks is None:
        raise SwitchboardError("the demo reads its mail at the sinks: unset SMTP_URL and SMS_API_URL")
    return run.sinks.url
