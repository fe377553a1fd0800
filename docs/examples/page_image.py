"""Draw docs/images/web_page.png: the page of `mmctsvg export-web demo --out site` in Chromium.

python page_image.py site docs/images/web_page.png; needs pip install playwright and Chromium.
"""

import functools
import http.server
import io
import shutil
import sys
import threading

from PIL import Image
from playwright.sync_api import sync_playwright

LINK = "#seed=7&t=0.9&p=0,1,0,0,0,0,1,0&p=4,2,0.3,0,0,0,0,1&p=3,0,0,1,0,0,0,0"


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder in silence."""

    extensions_map = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}
    extensions_map |= {".html": "text/html", "": "application/octet-stream"}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(folder: str, target: str) -> None:
    """Draw the page as it begins, in a light and a dark window."""
    handler = functools.partial(Server, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/index.html{LINK}"
        images = draw(url)
        server.shutdown()
    whole = Image.new("RGB", (sum(i.width for i in images), images[0].height))
    for n, image in enumerate(images):
        whole.paste(image, (n * image.width, 0))
    whole.resize((whole.width * 5 // 8, whole.height * 5 // 8), Image.Resampling.LANCZOS).quantize(
        192, dither=Image.Dither.NONE
    ).save(target, optimize=True)


def draw(url: str) -> list[Image.Image]:
    """Draw two windows."""
    images = []
    with sync_playwright() as running:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            size = {"width": 900, "height": 560}
            options = dict(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            page = browser.new_page(**options)
            page.goto(url)
            page.wait_for_selector("body[data-shown]")
            images.append(Image.open(io.BytesIO(page.screenshot())))
        browser.close()
    return images


if __name__ == "__main__":
    main(*sys.argv[1:])
