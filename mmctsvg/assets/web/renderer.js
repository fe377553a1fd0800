// The worker as calls, and a memory of the frames of the present settings: a loop that has been
// shown once costs nothing any more.

const LARGEST = 64e6;  // bytes that are remembered

export class Renderer {
  constructor() {
    this.waiting = new Map();
    this.number = 0;
    this.forget();
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => {
      const { done, fail } = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error) fail(new Error(data.error));
      else done(data);
    };
    this.worker.onerror = (event) => {
      for (const { fail } of this.waiting.values()) fail(new Error(event.message || "the worker could not be loaded"));
      this.waiting.clear();
    };
  }

  call(message) {
    const id = this.number++;
    return new Promise((done, fail) => {
      this.waiting.set(id, { done, fail });
      this.worker.postMessage({ id, ...message });
    });
  }

  forget() {
    this.known = new Map();
    this.bytes = 0;
  }

  // Load the model; gives "wasm" or "webgpu".
  async open(model, engine) {
    const { factors, size, probe } = model;
    return (await this.call({ open: { engine, factors, size, probe } })).engine;
  }

  // Pixels of all people at one time; `key` names the time.
  async pixels(key, styles, count) {
    const known = this.known;
    if (known.has(key)) return { pixels: known.get(key), spent: 0 };
    const { pixels, spent } = await this.call({ styles, count });
    const size = pixels.reduce((sum, one) => sum + one.length, 0);
    if (known === this.known && this.bytes + size <= LARGEST) {
      known.set(key, pixels);
      this.bytes += size;
    }
    return { pixels, spent };
  }

  // Values in [-1, 1] and beyond, for those who want to compare.
  async values(styles, count) {
    return (await this.call({ styles, count, raw: true })).values.map((one) => Array.from(one));
  }
}
