// Styles of frames: contents of people, and motions as one line and many waves of time.
// The arithmetic is that of mmctsvg.motion (Waves, equalise, make_loop), in 64 bits.

export function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

// Rows of a matrix.
function rows(text, count) {
  const all = unpack(text);
  const width = count ? all.length / count : 0;
  return Array.from({ length: count }, (_, n) => all.subarray(n * width, (n + 1) * width));
}

export function readModel(data) {
  if (data.format !== 1) throw new Error(`its format is ${data.format}, and this page reads 1`);
  const seeds = 100, steps = 3;
  return {
    ...data,
    probe: { ...data.probe, styles: unpack(data.probe.styles), values: unpack(data.probe.values) },
    contents: rows(data.contents, data.actors.length),
    parts: rows(data.parts, data.actions.length),
    motions: rows(data.motions, seeds),
    steps: rows(data.steps, Math.min(steps, unpack(data.motions).length / seeds)),
  };
}

// Content style of a person: {actor, other, mix, actions: strengths}.
export function contentStyle(model, person) {
  const one = model.contents[person.actor], two = model.contents[person.other];
  const style = Float64Array.from(one, (x, i) => x + person.mix * (two[i] - x));
  model.parts.forEach((part, n) => {
    const strength = person.actions[n] || 0;
    if (strength) part.forEach((x, i) => { style[i] += strength * x; });
  });
  return style;
}

// The motion vector of a seed, which may lie between two, moved along the principal directions.
export function motionVector(model, motion) {
  const low = Math.min(Math.floor(motion.seed), model.motions.length - 1);
  const one = model.motions[low], two = model.motions[Math.min(low + 1, model.motions.length - 1)];
  const between = motion.seed - low;
  return Float64Array.from(one, (x, i) => {
    let m = x + between * (two[i] - x);
    model.steps.forEach((step, n) => { m += motion.steps[n] * step[i]; });
    return m;
  });
}

const modulo = (a, b) => a - b * Math.floor(a / b);

function rint(x) {  // halves to the even number, as PyTorch rounds
  const low = Math.floor(x), rest = x - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

// Waves of a motion, edited: gains by band, and what happens behind `seconds`.
export function makeWaves(model, motion) {
  const { frequency, phase, slope, offset, order } = model.waves;
  const m = motionVector(model, motion);
  const paper = order === "paper";
  const edge = 2 * Math.PI * motion.edge / model.fps;
  const gains = frequency.map((w) => (Math.abs(w) > edge ? motion.fast : motion.slow));
  const waves = {
    paper,
    linear: m[paper ? 0 : m.length - 1] * motion.drift,
    amplitude: frequency.map((_, j) => m[paper ? j + 1 : j] * gains[j]),
    frequency, phase, slope, offset,
    end: motion.end, span: motion.seconds * model.fps,
  };
  if (motion.end !== "loop") return waves;
  const step = 2 * Math.PI / waves.span, middle = waves.span / 2;
  waves.frequency = frequency.map((w) => rint(w / step) * step);
  waves.phase = phase.map((p, j) => p + (frequency[j] - waves.frequency[j]) * middle);
  waves.slope = 0;
  waves.offset = middle * slope + offset;
  return waves;
}

// What the line sees of a time.
function clock(waves, t) {
  if (waves.end === "hold") return Math.min(Math.max(t, 0), waves.span);
  if (waves.end === "wrap") return waves.span - Math.abs(modulo(t, 2 * waves.span) - waves.span);
  return t;
}

// Temporal style m * v(t) at a time in frames of the training.
export function temporalStyle(waves, time) {
  const t = waves.end === "loop" ? modulo(time, waves.span) : time;
  const line = waves.linear * (clock(waves, t) * waves.slope + waves.offset);
  const found = waves.amplitude.map((a, j) => a * Math.sin(t * waves.frequency[j] + waves.phase[j]));
  return waves.paper ? [line, ...found] : [...found, line];
}

// Styles of all people at one time, one row each.
export function makeStyles(contents, waves, time) {
  const temporal = temporalStyle(waves, time);
  const width = contents[0].length + temporal.length;
  const styles = new Float32Array(contents.length * width);
  contents.forEach((content, n) => {
    styles.set(content, n * width);
    styles.set(temporal, n * width + content.length);
  });
  return styles;
}
