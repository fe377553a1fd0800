// Animated GIF with one palette for all frames.

// Palette of at most 256 colours by median cut, and the number of the nearest for every 15-bit colour.
function makePalette(frames) {
  const counts = new Map();
  for (const { data } of frames) {
    for (let i = 0; i < data.length; i += 4) {
      const colour = (data[i] >> 3) << 10 | (data[i + 1] >> 3) << 5 | data[i + 2] >> 3;
      counts.set(colour, (counts.get(colour) || 0) + 1);
    }
  }
  const channel = (colour, c) => (colour >> (10 - 5 * c)) & 31;
  const measure = (colours) => {
    const spans = [0, 1, 2].map((c) => {
      const values = colours.map((one) => channel(one, c));
      return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
    });
    const longest = spans.indexOf(Math.max(...spans));
    const weight = colours.reduce((sum, one) => sum + counts.get(one), 0);
    return { colours, longest, weight, worth: spans[longest] * Math.sqrt(weight) };
  };
  const boxes = [measure([...counts.keys()])];
  while (boxes.length < 256) {
    boxes.sort((a, b) => b.worth - a.worth);
    if (boxes[0].worth === 0) break;
    const { colours, longest, weight } = boxes.shift();
    colours.sort((a, b) => channel(a, longest) - channel(b, longest));
    let half = 0, cut = 0;
    while (cut < colours.length - 1 && (cut === 0 || half + counts.get(colours[cut]) <= weight / 2)) half += counts.get(colours[cut++]);
    boxes.push(measure(colours.slice(0, cut)), measure(colours.slice(cut)));
  }
  const table = new Uint8Array(768), nearest = new Map();
  boxes.forEach(({ colours, weight }, n) => {
    for (let c = 0; c < 3; c++) {
      const sum = colours.reduce((s, one) => s + counts.get(one) * channel(one, c), 0);
      table[3 * n + c] = Math.round(sum / weight * 255 / 31);
    }
    for (const colour of colours) nearest.set(colour, n);
  });
  return { table, nearest };
}

// LZW as GIF has it: codes of growing length, in blocks of at most 255 bytes.
function compress(indices, out) {
  const clear = 256, end = 257;
  let bits = 0, held = 0, length = 9, block = [], next = end + 1, codes = new Map();
  const flush = () => { if (block.length) { out.push(block.length, ...block); block = []; } };
  const put = (code) => {
    held |= code << bits;
    for (bits += length; bits >= 8; bits -= 8, held >>>= 8) {
      block.push(held & 255);
      if (block.length === 255) flush();
    }
  };
  out.push(8);
  put(clear);
  let prefix = indices[0];
  for (let i = 1; i < indices.length; i++) {
    const key = prefix << 8 | indices[i];
    const found = codes.get(key);
    if (found !== undefined) { prefix = found; continue; }
    put(prefix);
    if (next === 4096) {
      put(clear);
      codes = new Map();
      next = end + 1;
      length = 9;
    } else {
      if (next === 1 << length) length++;
      codes.set(key, next++);
    }
    prefix = indices[i];
  }
  put(prefix);
  put(end);
  if (bits) block.push(held & 255);
  flush();
  out.push(0);
}

// Frames are ImageData of one size; `rate` in frames per second, which GIF has in hundredths.
export function encodeGif(frames, rate) {
  const { width, height } = frames[0], { table, nearest } = makePalette(frames);
  const two = (n) => [n & 255, n >> 8];
  const parts = [], out = [];
  out.push(...new TextEncoder().encode("GIF89a"), ...two(width), ...two(height), 0xf7, 0, 0, ...table);
  out.push(0x21, 0xff, 11, ...new TextEncoder().encode("NETSCAPE2.0"), 3, 1, 0, 0, 0);
  let shown = 0;
  frames.forEach(({ data }, n) => {
    const delay = Math.max(2, Math.round(100 * (n + 1) / rate) - shown);
    shown += delay;
    out.push(0x21, 0xf9, 4, 0, ...two(delay), 0, 0, 0x2c, 0, 0, 0, 0, ...two(width), ...two(height), 0);
    const indices = new Uint8Array(width * height);
    for (let i = 0; i < indices.length; i++) {
      indices[i] = nearest.get((data[4 * i] >> 3) << 10 | (data[4 * i + 1] >> 3) << 5 | data[4 * i + 2] >> 3);
    }
    compress(indices, out);
    parts.push(new Uint8Array(out.splice(0)));
  });
  parts.push(new Uint8Array([0x3b]));
  return new Blob(parts, { type: "image/gif" });
}
