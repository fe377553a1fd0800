// Processor time of a frame on one thread of WebAssembly: the page's graphs against the plain export.
//   mmctsvg export demo --out plain.onnx && mmctsvg export-web demo --out site
//   node page_speed.mjs site plain.onnx [PEOPLE]
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const [site, plainFile, people = "1"] = process.argv.slice(2), n = Number(people);
// Copies whose names Node takes for modules.
const folder = mkdtempSync(join(tmpdir(), "page-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "motion.mjs"), readFileSync(join(site, "motion.js")));
const ort = await import(pathToFileURL(resolve(site, "ort/ort.wasm.min.mjs")).href);
const { readModel, contentStyle, makeWaves, makeStyles } = await import(pathToFileURL(join(folder, "motion.mjs")).href);
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = gunzipSync(readFileSync(join(site, "ort/ort-wasm-simd-threaded.wasm.gz")));
const open = (path) => ort.InferenceSession.create(readFileSync(path));
const [plain, styles, frame] = await Promise.all([open(plainFile), open(join(site, "styles.onnx")), open(join(site, "frame.onnx"))]);
const model = readModel(JSON.parse(readFileSync(join(site, "model.json"), "utf8")));
const person = { actor: 0, other: 0, mix: 0, actions: model.actions.map((_, i) => Number(i === 0)) };
const contents = Array.from({ length: n }, (_, i) => contentStyle(model, { ...person, actor: i % model.actors.length }));
const motion = { seed: 0, steps: [0, 0, 0], drift: 1, slow: 1, fast: 1, edge: 1, end: "loop", seconds: 4 };
const waves = makeWaves(model, motion), tensor = (kind, data, shape) => new ort.Tensor(kind, data, shape);

async function runPlain(time) {
  const whole = (i) => tensor("int64", BigInt64Array.from({ length: n }, () => BigInt(i)), [n]);
  const noise = Float32Array.from({ length: n * model.motions[0].length }, (_, i) => Math.sin(i));
  const given = { motion: tensor("float32", noise, [n, model.motions[0].length]), times: tensor("float64", new Float64Array(n).fill(time), [n, 1]), actors: whole(0), actions: whole(0) };
  given.content = tensor("float32", noise.slice(0, n * contents[0].length), [n, contents[0].length]);
  await plain.run(Object.fromEntries(plain.inputNames.map((name) => [name, given[name]])));
}

async function runPage(time) {
  const given = makeStyles(contents, waves, time);
  const factors = await styles.run({ styles: tensor("float32", given, [n, given.length / n]) });
  for (let i = 0; i < n; i++) {
    const part = Object.entries(model.factors).map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b);
      return [name, tensor("float32", factors[name].data.subarray(i * size, (i + 1) * size), shape)];
    });
    await frame.run(Object.fromEntries(part));
  }
}

const spent = { plain: [], page: [] }, calls = Math.max(2, Math.round(8 / n));
for (let round = 0; round < 40; round++) {
  for (const [name, run] of [["plain", runPlain], ["page", runPage]]) {
    const began = process.cpuUsage();
    for (let k = 0; k < calls; k++) await run(round + k / 7);
    const { user, system } = process.cpuUsage(began);
    if (round > 3) spent[name].push((user + system) / 1000 / calls / n);
  }
}
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
for (const [name, values] of Object.entries(spent)) console.log(`${name}: median ${median(values).toFixed(2)} ms, least ${Math.min(...values).toFixed(2)} ms for one frame of one of ${n}`);
console.log(`ratio: ${(median(spent.plain) / median(spent.page)).toFixed(2)} (of the least: ${(Math.min(...spent.plain) / Math.min(...spent.page)).toFixed(2)})`);
