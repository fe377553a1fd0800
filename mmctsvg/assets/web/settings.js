// All settings as one plain object, and as the part of the link behind "#".

export const ENDS = ["loop", "wrap", "hold", "paper"];
const NUMBERS = {  // name in the link -> place, least, largest, usual value
  seed: ["motion.seed", 0, 99, 0], drift: ["motion.drift", -2, 3, 1], slow: ["motion.slow", -2, 3, 1],
  fast: ["motion.fast", -2, 3, 1], edge: ["motion.edge", 0.1, 5, 1], seconds: ["motion.seconds", 0.5, 20, 4],
  d0: ["motion.steps.0", -3, 3, 0], d1: ["motion.steps.1", -3, 3, 0], d2: ["motion.steps.2", -3, 3, 0],
  speed: ["speed", -3, 3, 1], rate: ["rate", 1, 120, 30], t: ["time", -1e4, 1e4, 0],
};
export const RANGES = Object.fromEntries(Object.values(NUMBERS).map(([place, ...rest]) => [place, rest]));

export const get = (settings, place) => place.split(".").reduce((part, key) => part[key], settings);
export function set(settings, place, value) {
  const keys = place.split("."), last = keys.pop();
  keys.reduce((part, key) => part[key], settings)[last] = value;
}

// One more person; of the first four actions the last is the demo's liveliest.
export function newPerson(model, number) {
  const actions = model.actions.map((_, n) => (n === Math.min(3, model.actions.length - 1) ? 1 : 0));
  const actor = number % model.actors.length;
  return { actor, other: (actor + 1) % model.actors.length, mix: 0, actions };
}

export function defaults(model) {
  const settings = { motion: { steps: [0, 0, 0], end: "loop" }, people: [newPerson(model, 0), newPerson(model, 1)], engine: "" };
  for (const [place, , , usual] of Object.values(NUMBERS)) set(settings, place, usual);
  return settings;
}

const short = (x) => String(Math.round(x * 1000) / 1000);
const clip = (x, low, high) => Math.min(Math.max(x, low), high);

export function toLink(settings) {
  const parts = [];
  for (const [name, [place, , , usual]] of Object.entries(NUMBERS)) {
    const value = get(settings, place);
    if (short(value) !== short(usual)) parts.push(`${name}=${short(value)}`);
  }
  if (settings.motion.end !== "loop") parts.push(`end=${settings.motion.end}`);
  if (settings.engine) parts.push(`engine=${settings.engine}`);
  for (const p of settings.people) {
    parts.push(`p=${[p.actor, p.other, short(p.mix), ...p.actions.map(short)].join(",")}`);
  }
  return `#${parts.join("&")}`;
}

// What a link does not say, or says wrongly, is as usual.
export function fromLink(text, model) {
  const settings = defaults(model), given = new URLSearchParams(text.replace(/^#/, ""));
  for (const [name, [place, low, high, usual]] of Object.entries(NUMBERS)) {
    const value = given.has(name) && given.get(name) !== "" ? Number(given.get(name)) : usual;
    set(settings, place, Number.isFinite(value) ? clip(value, low, high) : usual);
  }
  if (ENDS.includes(given.get("end"))) settings.motion.end = given.get("end");
  if (["wasm", "webgpu"].includes(given.get("engine"))) settings.engine = given.get("engine");
  const people = given.getAll("p").slice(0, 4).map((one) => readPerson(one, model)).filter(Boolean);
  if (people.length) settings.people = people;
  return settings;
}

function readPerson(text, model) {
  const numbers = text.split(",").map(Number);
  const [actor, other, mix, ...actions] = numbers;
  const known = (n) => Number.isInteger(n) && n >= 0 && n < model.actors.length;
  if (!numbers.every(Number.isFinite) || !known(actor) || !known(other) || actions.length !== model.actions.length) return null;
  return { actor, other, mix: clip(mix, 0, 1), actions: actions.map((x) => clip(x, 0, 2)) };
}
