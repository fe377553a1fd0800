"""The server of a study: one page, the videos by their random names, and answers.

The page gets no name of a method and no path; `Study` has neither, and the key is never read here.

| request | reply |
| --- | --- |
| GET / | the page |
| GET /videos/NAME.png | all frames of a video in one image |
| GET /study | how the videos are shown, and how many sets a person gets |
| POST /join | ``{person}``: token of a new person |
| POST /tasks ``{person}`` | ``{tasks: [{shown, answered}]}`` |
| POST /answer ``{person, place, ranking}`` | ``{}`` when it is on the disc |
"""

import errno
import json
import socket
import sqlite3
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from .answers import Answers
from .folder import VIDEOS, Study

PAGE = Path(__file__).resolve().parents[1] / "assets" / "human_study.html"
_LARGEST = 65_536  # bytes of a request
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; connect-src 'self'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class StudyServer(ThreadingHTTPServer):
    """HTTP server of a study, one thread per connection.

    Args:
        study: Study that is shown.
        host: Address to listen at; 127.0.0.1 is reached from this machine only.
        port: Port; 0 for any that is free.
        per_person: Sets that every person gets.

    Raises:
        UserError: If the address cannot be used, the answers are damaged, or there are fewer sets.
    """

    daemon_threads = True
    # Where a second server would take over the port of a first one in silence.
    allow_reuse_port = False

    def __init__(
        self, study: Study, host: str = "127.0.0.1", port: int = 8000, per_person: int = 3
    ) -> None:
        check_number("per_person", per_person, 1, len(study.sets), whole=True)
        self.study, self.per_person = study, per_person
        self.answers = Answers(study)
        self.videos = {name for one in study.sets for name in one}
        self.page = PAGE.read_bytes()
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            reason = "it is taken" if taken else getattr(error, "strerror", None) or error
            raise UserError(
                f"port={port} of host={host} cannot be used: {reason}; choose another"
            ) from error

    def server_bind(self) -> None:
        """Bind without asking a name server for the machine's name, as the base class does."""
        if ":" in self.server_address[0]:
            self.address_family = socket.AF_INET6
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to show videos."""
        study = self.study
        height, width = study.size
        shape = dict(width=width, height=height, columns=study.columns)
        return dict(id=study.id, frames=study.frames, fps=study.fps, sets=self.per_person, **shape)

    def reply(self, path: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Answer a POST; None for what is no request of the page."""
        if path == "/join":
            return {"person": self.answers.join(self.per_person)}
        person = asked.get("person")
        if not isinstance(person, str):
            return None
        if path == "/tasks":
            tasks = self.answers.tasks(person)
            shown = [{"shown": t.shown, "answered": t.ranking is not None} for t in tasks]
            return {"tasks": shown} if tasks else None
        place, ranking = asked.get("place"), asked.get("ranking")
        if path != "/answer" or type(place) is not int or not isinstance(ranking, list):
            return None
        if not all(isinstance(name, str) for name in ranking):
            return None
        return {} if self.answers.answer(person, place, ranking) else None


class _Handler(BaseHTTPRequestHandler):
    """One connection; nothing about people is logged."""

    server: StudyServer
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds for which a connection may be silent
    server_version, sys_version = "study", ""

    def log_message(self, *_: Any) -> None:
        """Keep no address of a person."""

    def do_GET(self) -> None:  # noqa: N802
        """Send the page, a video or the description."""
        path = self.path.partition("?")[0]
        name = path.removeprefix(f"/{VIDEOS}/").removesuffix(".png")
        if path == "/":
            self._send(self.server.page, "text/html; charset=utf-8")
        elif path == "/study":
            self._send_json(self.server.describe())
        elif name in self.server.videos and path == f"/{VIDEOS}/{name}.png":
            file = self.server.study.folder / VIDEOS / f"{name}.png"
            try:
                self._send(file.read_bytes(), "image/png", cache="private, max-age=86400")
            except OSError:
                self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, f"{name}.png cannot be read")
        else:
            self._fail(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:  # noqa: N802
        """Take an answer, or tell a person's sets."""
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 <= length <= _LARGEST:
                raise ValueError
        except ValueError:
            self.close_connection = True  # what follows cannot be told from a next request
            return self._fail(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too long")
        try:
            asked = json.loads(self.rfile.read(length) or b"{}")
            found = self.server.reply(self.path, asked) if isinstance(asked, dict) else None
        except (ValueError, RecursionError):
            found = None
        except sqlite3.Error as error:  # the page keeps the answer and sends it again
            print(f"an answer could not be stored: {error}", flush=True)
            return self._fail(HTTPStatus.SERVICE_UNAVAILABLE, "the answer could not be stored")
        if found is None:
            return self._fail(HTTPStatus.BAD_REQUEST, "this is no request of the study's page")
        self._send_json(found)

    def _send_json(self, value: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _fail(self, status: HTTPStatus, sentence: str) -> None:
        self._send_json({"error": sentence}, status)

    def _send(
        self,
        body: bytes,
        kind: str,
        status: HTTPStatus = HTTPStatus.OK,
        cache: str = "no-store",
    ) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Cache-Control", cache)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the person has left
