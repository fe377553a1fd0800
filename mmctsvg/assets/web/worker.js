// Renders frames beside the page, so that it stays at hand: styles in, pixels out.

let ort, styles, frame, shapes, side;

async function unzip(path) {
  const reply = await fetch(path);
  if (!reply.ok) throw new Error(`${path} is missing (${reply.status})`);
  const bytes = new Uint8Array(await reply.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.buffer;  // the server has unzipped it
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// A real GPU, not a program that acts as one.
async function hasGpu() {
  try {
    const adapter = await navigator.gpu?.requestAdapter();
    return Boolean(adapter) && !adapter.isFallbackAdapter && !adapter.info?.isFallbackAdapter;
  } catch {
    return false;
  }
}

async function open({ engine, factors, size, probe }) {
  shapes = factors;
  side = size;
  const files = [fetchModel("styles.onnx"), fetchModel("frame.onnx")];
  const wanted = engine || (await hasGpu() ? "webgpu" : "wasm");
  try {
    await start(wanted, files);
    await check(probe);
    return wanted;
  } catch (error) {
    if (wanted === "wasm" || engine) throw error;
    await start("wasm", files);
    await check(probe);
    return "wasm";
  }
}

async function fetchModel(path) {
  const reply = await fetch(path);
  if (!reply.ok) throw new Error(`${path} is missing (${reply.status})`);
  return new Uint8Array(await reply.arrayBuffer());
}

async function start(engine, files) {
  const name = engine === "webgpu" ? "ort-wasm-simd-threaded.asyncify" : "ort-wasm-simd-threaded";
  const at = (file) => new URL(`ort/${file}`, self.location.href).href;
  const [module, binary] = await Promise.all([import(at(`ort.${engine}.min.mjs`)), unzip(at(`${name}.wasm.gz`))]);
  ort = module;
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: at(`${name}.mjs`) };
  ort.env.wasm.wasmBinary = binary;
  const options = { executionProviders: [engine], graphOptimizationLevel: "all" };
  styles = await ort.InferenceSession.create(await files[0], options);
  frame = await ort.InferenceSession.create(await files[1], options);
}

// Compare a frame with PyTorch's: some GPUs, drivers and runtimes compute something else.
async function check({ styles: given, values, step }) {
  const [found] = await renderValues(given, 1);
  const clip = (x) => Math.min(Math.max(x, -1), 1);
  const wrong = values.some((value, n) => !(Math.abs(clip(found[n * step]) - clip(value)) < 1e-3));
  if (wrong) throw new Error("its frames are not those of PyTorch");
}

// Values (n, 3, H, W) of styles (n, S).
async function renderValues(given, count) {
  const input = new ort.Tensor("float32", given, [count, given.length / count]);
  const factors = await styles.run({ styles: input });
  const values = [];
  for (let n = 0; n < count; n++) {
    const feeds = {};
    for (const [name, shape] of Object.entries(shapes)) {
      const size = shape.reduce((a, b) => a * b);
      const part = factors[name].data.subarray(n * size, (n + 1) * size);
      feeds[name] = new ort.Tensor("float32", part, shape);
    }
    values.push((await frame.run(feeds)).frame.data);
  }
  return values;
}

function toPixels(values) {
  const area = side * side;
  const pixels = new Uint8ClampedArray(4 * area);  // which rounds and clips
  for (let i = 0, k = 0; i < area; i++, k += 4) {
    pixels[k] = (values[i] + 1) * 127.5;
    pixels[k + 1] = (values[i + area] + 1) * 127.5;
    pixels[k + 2] = (values[i + 2 * area] + 1) * 127.5;
    pixels[k + 3] = 255;
  }
  return pixels;
}

self.onmessage = async ({ data }) => {
  try {
    if (data.open) return self.postMessage({ id: data.id, engine: await open(data.open) });
    const began = performance.now();
    const values = await renderValues(data.styles, data.count);
    const pixels = values.map(toPixels);
    const spent = performance.now() - began;
    const reply = { id: data.id, pixels, spent, values: data.raw ? values : undefined };
    self.postMessage(reply, pixels.map((one) => one.buffer));
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error?.message || error) });
  }
};
