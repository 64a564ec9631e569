"""Pages to read what was sent, and to answer a text; and the same as JSON for tests and the demo."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from switchboard.sinks.kept import Box, Kept
from switchboard.sinks.twilio import NobodyAnswers, Texting

_NEWEST = 200
_LONGEST_WAIT_S = 30.0


@dataclass(frozen=True)
class Pages:
    """Reads the box."""

    box: Box
    texting: Texting

    def routes(self) -> list[Route]:
        """The routes of pages and of the JSON."""
        return [
            Route("/", self.show_all),
            Route("/emails/{number:int}", self.show_email),
            Route("/emails/{number:int}/html", self.show_html),
            Route("/texts", self.show_conversation),
            Route("/texts", self.send_reply, methods=["POST"]),
            Route("/api/emails", self.list_emails),
            Route("/api/texts", self.list_texts),
            Route("/api/texts/reply", self.reply, methods=["POST"]),
            Route("/api/stream", self.stream),
            Route("/health/ready", self.ready),
        ]

    async def show_all(self, request: Request) -> Response:
        """The newest messages, of one recipient where asked for."""
        to = request.query_params.get("to", "").strip()
        found = [one for one in self.box.find() if not to or to in {one.to, one.sender}]
        return _page("all.html", messages=found[-_NEWEST:][::-1], to=to, total=len(found))

    async def show_email(self, request: Request) -> Response:
        """One email: as it looks, as plain text, its headers."""
        found = self._email(request)
        return _page("email.html", message=found) if found else _page("missing.html", status=404)

    async def show_html(self, request: Request) -> Response:
        """An email's HTML alone, for the frame; no script of it may run."""
        found = self._email(request)
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"}
        return HTMLResponse(found.html if found else "", headers=headers)

    async def show_conversation(self, request: Request) -> Response:
        """All texts to and from one number, with a box to answer from."""
        return self._conversation(request.query_params.get("with", ""))

    async def send_reply(self, request: Request) -> Response:
        """Answers a text as the person who has that phone."""
        form = await request.form()
        number, body = str(form.get("with", "")), str(form.get("body", "")).strip()
        try:
            if body:
                await self.texting.receive(number, body)
        except NobodyAnswers as error:
            return self._conversation(number, str(error), status=502)
        return RedirectResponse(request.url_for("show_conversation").include_query_params(**{"with": number}), 303)

    def _conversation(self, number: str, problem: str = "", status: int = 200) -> Response:
        messages = [one for one in self.box.find("text") if number in {one.to, one.sender}]
        return _page("conversation.html", status=status, number=number, messages=messages, problem=problem)

    async def list_emails(self, request: Request) -> Response:
        """Emails as JSON: `to`, `after`."""
        return self._list(request, "email")

    async def list_texts(self, request: Request) -> Response:
        """Texts as JSON: `to`, `after`."""
        return self._list(request, "text")

    async def reply(self, request: Request) -> Response:
        """Answers a text: `from`, `body`. Returns the reply to it."""
        asked = await request.json()
        try:
            return JSONResponse({"reply": await self.texting.receive(asked["from"], asked["body"])})
        except NobodyAnswers as error:
            return JSONResponse({"error": str(error)}, 502)

    async def stream(self, request: Request) -> Response:
        """Everything after a number; waits up to `wait` seconds for the first."""
        after, wait = int(request.query_params.get("after", "0")), float(request.query_params.get("wait", "0"))
        found = await self.box.wait(after, min(wait, _LONGEST_WAIT_S))
        return JSONResponse({"messages": [one.to_json() for one in found]})

    async def ready(self, _request: Request) -> Response:
        """It is, as soon as it answers."""
        return JSONResponse({"status": "ready"})

    def _list(self, request: Request, kind: str) -> Response:
        found = self.box.find(kind, request.query_params.get("to"), int(request.query_params.get("after", "0")))
        return JSONResponse({"messages": [one.to_json() for one in found]})

    def _email(self, request: Request) -> Kept | None:
        number = request.path_params["number"]
        return next((one for one in self.box.find("email", after=number - 1) if one.number == number), None)


_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def _page(template: str, status: int = 200, **values: object) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(template).render(**values), status)
