"""The server over HTTP, without a browser."""

import json
import sqlite3
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from mmctsvg.study.answers import Answers
from mmctsvg.study.serve import StudyServer
from mmctsvg.utils.errors import UserError


@contextmanager
def serving(study, **options):
    """A running server; gives its address."""
    with StudyServer(study, port=0, **options) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read()


def post(url: str, value: object) -> dict:
    request = urllib.request.Request(url, json.dumps(value).encode(), method="POST")
    return json.loads(get(request))


def status(url, value: object = None) -> int:
    try:
        get(url) if value is None else post(url, value)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def test_page_videos_and_answers(study):
    with serving(study, per_person=2) as url:
        assert b"Which video looks most real?" in get(url + "/")
        about = json.loads(get(url + "/study"))
        assert (about["frames"], about["fps"], about["sets"], about["width"]) == (5, 10, 2, 16)
        person = post(url + "/join", {})["person"]
        tasks = post(url + "/tasks", {"person": person})["tasks"]
        assert [task["answered"] for task in tasks] == [False, False]
        for name in tasks[0]["shown"]:
            file = study.folder / "videos" / f"{name}.png"
            assert get(f"{url}/videos/{name}.png") == file.read_bytes()
        ranking = tasks[0]["shown"][::-1]
        sent = {"person": person, "place": 0, "ranking": ranking}
        assert post(url + "/answer", sent) == {}
        tasks = post(url + "/tasks", {"person": person})["tasks"]  # as after a reload
        assert [task["answered"] for task in tasks] == [True, False]
        assert Answers(study).rankings()[0][2] == ranking


def test_page_needs_nothing_from_elsewhere_and_gets_no_key(study):
    with serving(study) as url:
        page, about = get(url + "/"), get(url + "/study")
        assert b"http:" not in page and b"https:" not in page and b"@import" not in page
        person = post(url + "/join", {})["person"]
        tasks = json.dumps(post(url + "/tasks", {"person": person})).encode()
        for name in (b"real", b"good", b"fair", b"poor"):
            assert name not in about + tasks
        for path in ("key.json", "study.json", "answers.sqlite", "videos", "videos/../key.json"):
            assert status(f"{url}/{path}") == 404
        assert status(f"{url}/videos/..%2Fkey.json.png") == 404


def test_requests_of_others(study):
    with serving(study) as url:
        person = post(url + "/join", {})["person"]
        shown = post(url + "/tasks", {"person": person})["tasks"][0]["shown"]
        good = {"person": person, "place": 0, "ranking": shown}
        wrong = [
            {**good, "person": "x"},
            {**good, "person": 3},
            {**good, "place": True},
            {**good, "place": 99},
            {**good, "ranking": shown[:-1]},
            {**good, "ranking": [*shown[:-1], 3]},
            {**good, "ranking": "abcd"},
            [],
            "x",
        ]
        assert [status(url + "/answer", value) for value in wrong] == [400] * len(wrong)
        assert status(url + "/other", good) == 400
        assert status(url + "/answer", {"person": "x" * 70_000}) == 413
        assert Answers(study).rankings() == []
        assert status(url + "/answer", good) == 200


def test_a_killed_server_loses_nothing(study, serve_process):
    """Killed between the answers of two people, who then go on at a new server."""
    expected = []
    server, url = serve_process()
    people = [post(url + "/join", {})["person"] for _ in range(2)]
    for place in range(2):
        for person in people:
            tasks = post(url + "/tasks", {"person": person})["tasks"]
            assert [task["answered"] for task in tasks] == [n < place for n in range(3)]
            ranking = sorted(tasks[place]["shown"])
            post(url + "/answer", {"person": person, "place": place, "ranking": ranking})
            expected.append((person, ranking))
        server.kill()
        server.wait()
        found = [(person, ranking) for person, _, ranking in Answers(study).rankings()]
        assert sorted(found) == sorted(expected)
        if place == 0:
            server, url = serve_process()


def test_a_full_disc_is_told_to_the_page(study, monkeypatch, capsys):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with serving(study) as url:
        person = post(url + "/join", {})["person"]
        shown = post(url + "/tasks", {"person": person})["tasks"][0]["shown"]
        sent = {"person": person, "place": 0, "ranking": shown}
        with monkeypatch.context() as patch:
            patch.setattr(Answers, "answer", full)
            assert status(url + "/answer", sent) == 503  # the page tries again
        assert status(url + "/answer", sent) == 200
    assert "could not be stored: database or disk is full" in capsys.readouterr().out


def test_addresses_that_cannot_be_used(study):
    with serving(study) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(UserError, match=f"port={port} .* it is taken; choose another"):
            StudyServer(study, port=port)
    for host, port in (("203.0.113.1", 0), ("no host", 0), ("127.0.0.1", 70_000)):
        with pytest.raises(UserError, match="cannot be used"):
            StudyServer(study, host, port)
    with pytest.raises(UserError, match="per_person is 5: it must be a whole number from 1 to 4"):
        StudyServer(study, per_person=5)
