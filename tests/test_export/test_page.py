"""The page in a real headless Chromium, where Playwright, Chromium and the runtime are there."""

import functools
import http.server
import io
import shutil
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.export import runtime
from mmctsvg.motion import equalise, make_loop
from mmctsvg.utils.files import cache_dir

playwright = pytest.importorskip("playwright.sync_api", reason="needs pip install playwright")
pytest.importorskip("onnx", reason="needs pip install 'mmctsvg[export]'")
pytest.importorskip("onnxruntime", reason="needs pip install 'mmctsvg[export]'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
# Without these it asks for hosts that a closed network refuses, many at a time.
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
QUIET += ("--disable-background-networking", "--disable-component-update")
READY = "body[data-shown]"
WAIT = 60_000  # milliseconds; a busy machine takes long to compile the runtime


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page of the demo."""
    from mmctsvg.export.site import export_site

    if not (cache_dir() / f"{runtime.PACKAGE.package}-{runtime.PACKAGE.version}").is_dir():
        pytest.skip("needs onnxruntime-web: run mmctsvg export-web demo once")
    folder = tmp_path_factory.mktemp("site")
    export_site(CTSVGInferencer("demo", "cpu"), folder)
    return folder


@pytest.fixture(scope="module")
def url(folder):
    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css"}
        extensions_map |= {".html": "text/html", "": "application/octet-stream"}

        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, url):
    """Returns an opener of the page with a link's settings; it may ask no other host."""
    contexts = []

    def visit(link="", ready=READY, script="", **options):
        context = browser.new_context(**{"reduced_motion": "reduce", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: pytest.fail(f"error of the page: {error}"))
        here = url.rpartition("/")[0]
        page.on(
            "request", lambda r: r.url.startswith((here, "blob:", "data:")) or pytest.fail(r.url)
        )
        page.add_init_script(script)
        page.goto(url + link)
        page.wait_for_selector(ready)
        return page

    yield visit
    for context in contexts:
        context.close()


VALUES = """async () => {
  const { contents, settings, renderer } = player;
  return renderer.values(player.stylesAt(settings.time), contents.length);
}"""


def test_frames_are_those_of_pytorch(visit):
    """Of two people, one of them mixed, with an edited motion; also the pixels on the page."""
    link = "#seed=5&t=1.3&fast=0.5&slow=1.5&drift=-1&edge=2&seconds=3"
    page = visit(link + "&p=1,0,0,0,0,0,1,0&p=2,4,0.25,0.5,0,0,0,1")
    found = np.array(page.evaluate(VALUES)).reshape(2, 3, 64, 64)
    inferencer = CTSVGInferencer("demo", "cpu")
    waves = inferencer.waves(inferencer.sample_motion(1, 5)[0])
    waves = equalise(waves, 2 * np.pi * 2 / 15, drift=-1, slow=1.5, fast=0.5)
    waves = make_loop(waves, 45)[0]
    w = {labels: w_c for labels, w_c in inferencer.contents().items()}
    none = inferencer.generator.content(torch.tensor([2]), torch.tensor([0]), ramp=0.0)[0]
    speak, laugh = (w["Aisha", action] - none for action in ("speak", "laugh"))
    mixed = none + 0.25 * (w["Yuki", "speak"] - w["Aisha", "speak"]) + 0.5 * speak + laugh
    for n, w_c in enumerate((w["Omar", "wave"], mixed)):
        wanted = inferencer.render([1.3 * 15], w_c=w_c, motion=waves, clamp=False)[0].numpy()
        assert np.abs(found[n] - wanted).max() < 1e-3
    shown = page.evaluate(
        "[...document.querySelectorAll('canvas')].map("
        "c => Array.from(c.getContext('2d').getImageData(0, 0, 64, 64).data))"
    )
    shown = np.array(shown).reshape(2, 64, 64, 4)
    pixels = ((found.clip(-1, 1) + 1) * 127.5).transpose(0, 2, 3, 1)
    assert np.abs(shown[..., :3] - pixels).max() <= 0.51 and (shown[..., 3] == 255).all()
    assert page.inner_text("figcaption >> nth=1") == "Aisha + Yuki: speak + laugh"


def test_hands_on(visit):
    """Wheel, dragging, keys, sliders; the link holds what they did."""
    page = visit(color_scheme="dark", viewport={"width": 1200, "height": 800})
    state = page.evaluate
    assert "Play" in page.inner_text("#status") and page.inner_text("#play") == "Play"
    assert state("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)"
    page.hover("#screens")
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(300)
    assert state("player.settings.time") == pytest.approx(0.1, abs=0.01)
    page.keyboard.press("ArrowRight")
    assert state("player.settings.time") == pytest.approx(4 / 30, abs=0.01)
    page.keyboard.press("ArrowUp")
    assert state("player.settings.motion.seed") == 1
    box = page.locator("#screens").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 100 + box["width"] / 4, box["y"] + 100, steps=3)
    page.mouse.up()
    assert state("player.settings.motion.steps[0]") == pytest.approx(1, abs=0.05)
    page.select_option("fieldset:has-text('Person 1') select >> nth=0", "4")
    page.locator("[data-place=speed]").fill("-0.5")
    page.click("#add")
    page.wait_for_timeout(500)
    link = state("location.hash")
    before = state("structuredClone(player.settings)")
    assert len(before["people"]) == 3 and before["people"][0]["actor"] == 4
    again = state(
        "async (link) => (await import('./settings.js')).fromLink(link, player.model)", link
    )
    assert again["speed"] == -0.5 and again["people"] == before["people"]
    assert again["motion"]["steps"][0] == pytest.approx(before["motion"]["steps"][0], abs=1e-3)
    state("document.activeElement.blur()")
    page.keyboard.press("Space")
    shown = int(page.get_attribute("body", "data-shown"))
    page.wait_for_selector("#play:has-text('Pause')")
    page.wait_for_timeout(1500)
    assert int(page.get_attribute("body", "data-shown")) > shown
    page.click("#reset")
    assert state("player.settings.people.length") == 2


def test_downloads(visit):
    page = visit("#seconds=0.5&rate=20", accept_downloads=True)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))

    def take(button):
        with page.expect_download() as found:
            page.click(button)
        page.wait_for_selector("#status:has-text('Done')")
        return found.value.path().read_bytes()

    gif = Image.open(io.BytesIO(take("#gif")))
    assert gif.size == (512, 256) and gif.n_frames == 10 and gif.info["loop"] == 0
    wanted = page.evaluate("async () => (await player.pixelsAt(0.25)).map((p) => Array.from(p))")
    wanted = np.array(wanted).reshape(2, 64, 64, 4)[..., :3].astype(float)
    gif.seek(5)
    assert gif.info["duration"] == 50
    found = np.asarray(gif.convert("RGB").resize((128, 64), Image.Resampling.BOX), float)
    assert np.abs(np.concatenate(list(wanted), axis=1) - found).mean() < 8
    sheet = Image.open(io.BytesIO(take("#png")))
    assert sheet.size == (1280, 256)
    found = np.asarray(sheet.convert("RGB").crop((640, 128, 768, 256)).resize((64, 64)), float)
    assert np.abs(found - wanted[1]).mean() < 8
    assert take("#webm")[:4] == b"\x1aE\xdf\xa3"


def test_a_phone(visit):
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.tap("#play")
    page.wait_for_selector("#play:has-text('Pause')")


def test_one_sentence_where_something_is_missing(visit, folder):
    old = visit(ready="#status.bad", script="delete window.WebAssembly;")
    assert "lacks WebAssembly" in old.inner_text("#status")
    old = visit(ready="#status.bad", script="WebAssembly.validate = () => false;")
    assert "SIMD: use a newer one" in old.inner_text("#status")
    whole = (folder / "frame.onnx").read_bytes()
    (folder / "frame.onnx").write_bytes(whole[:1000])
    try:
        page = visit(ready="#status.bad")
    finally:
        (folder / "frame.onnx").write_bytes(whole)
    sentence = page.inner_text("#status")
    assert (
        sentence.startswith("The model of this page cannot be loaded")
        and "export it again" in sentence
    )
    assert page.is_hidden("#main")
