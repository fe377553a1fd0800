#!/usr/bin/env bash
# onnxruntime-web 1.30.0: on WebGPU, grouped convolutions give wrong values without any warning.
#
# ONNX's Conv with `group` > 1 is right on WebAssembly. On WebGPU it is wrong where every group has
# more than 4 output channels and their number is no multiple of 4, such as 6: four outputs are
# computed together, and where they belong to two groups, all get the inputs of the first one.
# It needs a Chromium on the path (CHROMIUM=...); SwiftShader, which comes with it, is its GPU.

set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
[ -n "$chromium" ] || { echo "There is no Chromium on the path: set CHROMIUM."; exit 2; }
folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check onnx==1.23.2 numpy==2.3.5
npm install --silent --no-audit --no-fund onnxruntime-web@1.30.0 puppeteer-core@25.16.0 >npm.log
mkdir site
cp node_modules/onnxruntime-web/dist/ort{.webgpu.min.mjs,-wasm-simd-threaded.asyncify.{mjs,wasm}} site/
venv/bin/python -I - <<'PYTHON'
import numpy as np
from onnx import checker, helper, numpy_helper, save

for outputs in (3, 4, 5, 6, 8):
    weight = np.random.default_rng(0).standard_normal((2 * outputs, 2, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"], group=2, pads=[1, 1, 1, 1])],
        "grouped",
        [helper.make_tensor_value_info("x", 1, [1, 4, 8, 8])],
        [helper.make_tensor_value_info("y", 1, [1, 2 * outputs, 8, 8])],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model, full_check=True)
    save(model, f"site/{outputs}.onnx")
PYTHON
cat >site/index.html <<'HTML'
<script type="module">
import * as ort from "./ort.webgpu.min.mjs";
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";
window.compare = async (outputs) => {
  const data = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i * 1.7)), found = [];
  for (const provider of ["wasm", "webgpu"]) {
    const session = await ort.InferenceSession.create(`${outputs}.onnx`, { executionProviders: [provider] });
    found.push((await session.run({ x: new ort.Tensor("float32", data, [1, 4, 8, 8]) })).y.data);
  }
  const away = found[0].map((value, i) => Math.abs(value - found[1][i]));
  const wrong = [...new Set([...away.keys()].filter((i) => away[i] > 1e-3).map((i) => Math.floor(i / 64)))];
  return { worst: Math.max(...away), wrong };
};
</script>
HTML
cat >serve.py <<'PYTHON'
import http.server, sys

handler = http.server.SimpleHTTPRequestHandler
handler.extensions_map = {".html": "text/html", ".mjs": "text/javascript", ".wasm": "application/wasm", "": "application/octet-stream"}
handler.log_message = lambda *_: None
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: handler(*a, directory="site")) as server:
    print(server.server_port, file=open("port.tmp", "w"), flush=True)
    __import__("os").rename("port.tmp", "port")
    server.serve_forever()
PYTHON
venv/bin/python serve.py &
server=$!
until [ -s port ]; do sleep 0.1; done
cat >run.mjs <<'JS'
import puppeteer from "puppeteer-core";
const [executablePath, port] = process.argv.slice(2);
const args = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan",
  "--use-vulkan=swiftshader", "--disable-vulkan-surface", "--ignore-gpu-blocklist", "--disable-background-networking"];
const browser = await puppeteer.launch({ executablePath, args, protocolTimeout: 300_000 });
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${port}/`);
console.log(`onnxruntime-web 1.30.0, ${await browser.version()}, SwiftShader`);
console.log("Expected: Conv with 2 groups gives on WebGPU what it gives on WebAssembly.");
await page.waitForFunction("window.compare");
const found = {};
for (const outputs of [3, 4, 5, 6, 8]) {
  const { worst, wrong } = found[outputs] = await page.evaluate((n) => compare(n), outputs);
  console.log(`Seen, ${outputs} outputs in a group: largest difference ${worst.toPrecision(2)}, channels that are wrong: ${wrong.join(" ") || "none"}`);
}
await browser.close();
const bad = [5, 6].every((n) => found[n].wrong.length), good = [4, 8].every((n) => !found[n].wrong.length);
if (!bad || !good) {
  console.error("The behaviour changed: WebGPU gives what WebAssembly gives.");
  process.exit(1);
}
JS
node run.mjs "$chromium" "$(cat port)"
