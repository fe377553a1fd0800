"""The page in a real headless Chromium, where Playwright and Chromium are installed."""

import itertools
import shutil
import threading

import pytest

from mmctsvg.study.answers import Answers
from mmctsvg.study.folder import read_key
from mmctsvg.study.serve import StudyServer

playwright = pytest.importorskip("playwright.sync_api", reason="needs pip install playwright")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
# Without these it asks for hosts that a closed network refuses, many at a time.
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
QUIET += ("--disable-background-networking", "--disable-component-update")
ORDER = ("good", "real", "fair", "poor")  # the taste of the simulated people
READY = "#send:not([disabled])"


@pytest.fixture
def browser():
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def server(study):
    """Starts a server, at the port of an earlier one, and stops it at the end."""
    started = []

    def start(port: int = 0) -> StudyServer:
        server = StudyServer(study, port=port, per_person=2)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        server.shutdown()
        server.server_close()
        thread.join()


def names(page) -> list[str]:
    return page.eval_on_selector_all("#videos li", "cards => cards.map(c => c.dataset.name)")


def centre(page, name: str) -> tuple[float, float]:
    box = page.locator(f"li[data-name='{name}'] canvas").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def by_mouse(page, name: str, target: int) -> None:
    end = centre(page, names(page)[target])
    page.mouse.move(*centre(page, name))
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()


def by_touch(page, name: str, target: int) -> None:
    send = page.context.new_cdp_session(page).send
    start, end = centre(page, name), centre(page, names(page)[target])

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", start)
    for share in (0.2, 0.6, 1.0):
        touch("touchMove", tuple(a + share * (b - a) for a, b in zip(start, end, strict=True)))
    touch("touchEnd")


def by_number(page, name: str, target: int) -> None:
    page.locator(f"li[data-name='{name}']").focus()
    page.keyboard.press(str(target + 1))


def by_arrows(page, name: str, target: int) -> None:
    page.locator(f"li[data-name='{name}']").focus()
    for _ in range(names(page).index(name) - target):
        page.keyboard.press("ArrowUp")


def by_button(page, name: str, target: int) -> None:
    for _ in range(names(page).index(name) - target):
        page.locator(f"li[data-name='{name}'] button").first.click()


def rank(page, key: dict[str, str], way) -> None:
    """Bring the videos into the order of the taste, the best one first."""
    wanted = sorted(names(page), key=lambda name: ORDER.index(key[name]))
    for target, name in enumerate(wanted):
        if names(page)[target] != name:
            way(page, name, target)
    assert names(page) == wanted


def answer(page, key: dict[str, str], way, number: int) -> None:
    page.locator("#title", has_text=f"Group {number} ").wait_for()
    page.wait_for_selector(READY)
    rank(page, key, way)
    page.click("#send")
    if page.locator("#message.bad").count():  # it was the right order from the start
        page.click("#send")


def start(browser, url: str, **options):
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: pytest.fail(f"error of the page: {error}"))
    page.goto(url)
    page.click("#start")
    page.wait_for_selector(READY)
    return page


def test_every_way_of_ranking(browser, server, study):
    url, key = f"http://127.0.0.1:{server().server_port}/", read_key(study)
    desk = {"viewport": {"width": 1200, "height": 800}}
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    ways = [(by_mouse, desk), (by_touch, phone), (by_number, desk), (by_arrows, desk)]
    for way, options in [*ways, (by_button, phone)]:
        page = start(browser, url, **options)
        for number in (1, 2):
            answer(page, key, way, number)
        page.wait_for_selector("#end:visible")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.context.close()
    found = Answers(study).rankings()
    assert len(found) == 10
    assert all([key[name] for name in ranking] == list(ORDER) for *_, ranking in found)


def test_reload_and_a_killed_server(browser, serve_process, study):
    (process, url), key = serve_process(), read_key(study)
    page = start(browser, url)
    rank(page, key, by_number)
    by_number(page, names(page)[3], 0)  # so that it is the shown order by no chance
    order = names(page)
    page.reload()
    page.wait_for_selector(READY)
    assert names(page) == order  # the order so far
    process.kill()
    process.wait()
    page.click("#send")
    page.locator("#message.bad", has_text="not be stored yet").wait_for()
    serve_process(int(url.rpartition(":")[2]))
    page.locator("#title", has_text="Group 2").wait_for()
    assert [ranking for *_, ranking in Answers(study).rankings()] == [order]
    page.reload()
    page.locator("#title", has_text="Group 2").wait_for()


def test_videos_loop_in_step(browser, server):
    page = start(browser, f"http://127.0.0.1:{server().server_port}/")
    seen = page.evaluate("""async () => {
        const seen = [];
        for (let n = 0; n < 40; n++) {
            await new Promise((done) => setTimeout(done, 20));
            seen.push([...document.querySelectorAll("canvas")].map((c) => [
                c.dataset.frame, c.getContext("2d").getImageData(8, 8, 1, 1).data[0]]));
        }
        return seen;
    }""")
    frames = [{frame for frame, _ in one} for one in seen]
    assert all(len(one) == 1 for one in frames)
    assert len(set.union(*frames)) == 5
    for one in seen:  # a clip of source s has the grey value 10 + 40 s + clip + 4 frame
        greys = sorted(grey - 4 * int(frame) for frame, grey in one)
        assert all(10 + 40 * s <= grey < 14 + 40 * s for s, grey in enumerate(greys))
    page.click("#play")
    first, second = (page.get_attribute("canvas", "data-frame") for _ in range(2))
    assert first == second and page.inner_text("#play") == "Play"


def test_little_motion_and_focus(browser, server):
    url = f"http://127.0.0.1:{server().server_port}/"
    page = browser.new_context(reduced_motion="reduce", color_scheme="dark").new_page()
    page.goto(url)
    page.click("#start")
    page.locator("#message", has_text="Play").wait_for()
    assert page.locator("#send").is_disabled() and page.inner_text("#play") == "Play"
    page.click("#play")
    page.wait_for_selector(READY)
    name = names(page)[1]
    page.locator(f"li[data-name='{name}'] button").first.click()  # it is the first: button off
    focused = "document.activeElement.dataset.name"
    assert names(page)[0] == name and page.evaluate(focused) == name
    page.keyboard.press("ArrowRight")
    assert names(page)[1] == name and page.evaluate(focused) == name
    assert "place 2 of 4" in page.inner_text("#said")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)"


def test_two_people_at_once(browser, server, study):
    url, key = f"http://127.0.0.1:{server().server_port}/", read_key(study)
    pages = [start(browser, url) for _ in range(2)]
    for number, page in itertools.product((1, 2), pages):
        answer(page, key, by_number, number)
    for page in pages:
        page.wait_for_selector("#end:visible")
    people = [person for person, *_ in Answers(study).rankings()]
    assert sorted(map(people.count, set(people))) == [2, 2]
