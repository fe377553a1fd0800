// The page: shows the frames of the present settings, and changes these.
import { makeGif, makeSheet, makeWebm, save } from "./files.js";
import { contentStyle, makeStyles, makeWaves, readModel } from "./motion.js";
import { describePerson, showPeople } from "./people.js";
import { Renderer } from "./renderer.js";
import { RANGES, defaults, fromLink, get, set, toLink } from "./settings.js";

const at = (id) => document.getElementById(id);
const modulo = (a, b) => a - b * Math.floor(a / b);

class Player {
  constructor(model, settings, renderer) {
    Object.assign(this, { model, settings, renderer, busy: false, again: false, shown: 0, spent: [] });
    this.playing = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  // Seconds of the motion after which the page begins anew.
  get duration() {
    return this.settings.motion.seconds * (this.settings.motion.end === "loop" ? 1 : 3);
  }

  // Called after every change of what is seen.
  changed() {
    this.contents = this.settings.people.map((person) => contentStyle(this.model, person));
    this.waves = makeWaves(this.model, this.settings.motion);
    this.renderer.forget();
    this.say();
    this.show();
  }

  peopleChanged() {
    showPeople(this);
    const { size } = this.model, { people } = this.settings;
    this.canvases = people.map(() => Object.assign(document.createElement("canvas"), { width: size, height: size }));
    at("screens").replaceChildren(...this.canvases.map((canvas) => {
      const figure = document.createElement("figure");
      figure.append(canvas, document.createElement("figcaption"));
      canvas.setAttribute("role", "img");
      return figure;
    }));
    const columns = people.length === 4 && innerWidth < 760 ? 2 : people.length;
    at("screens").style.setProperty("--columns", columns);
    at("screens").style.setProperty("--shape", columns / Math.ceil(people.length / columns));
    this.changed();
  }

  stylesAt(time) {
    return makeStyles(this.contents, this.waves, time * this.model.fps);
  }

  async pixelsAt(time) {
    const key = Math.round(modulo(time, this.duration) * 1e5);
    const found = await this.renderer.pixels(key, this.stylesAt(time), this.contents.length);
    if (found.spent) this.spent = [...this.spent.slice(-59), found.spent / this.contents.length];
    return found.pixels;
  }

  // Show the present time; while a frame is rendered, only the last wish is kept.
  async show() {
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    do {
      this.again = false;
      try {
        const pixels = await this.pixelsAt(this.settings.time);
        const { size } = this.model;
        pixels.forEach((one, n) => this.canvases[n]?.getContext("2d").putImageData(new ImageData(one, size, size), 0, 0));
      } catch (error) {
        fail(`The model cannot be run (${error.message}): reload the page, or use another browser.`);
        this.playing = false;
        this.again = false;
      }
      this.shown++;
    } while (this.again);
    this.busy = false;
    document.body.dataset.shown = this.shown;
  }

  goTo(time) {
    this.settings.time = modulo(time, this.duration);
    this.sayTime();
    this.show();
  }

  sayTime() {
    at("time").max = this.duration;
    at("time").value = this.settings.time;
    at("time-said").textContent = `${this.settings.time.toFixed(2)} s`;
  }

  step(count) {
    this.setPlaying(false);
    this.goTo(this.settings.time + count * (this.settings.speed || 1) / this.settings.rate);
    this.remember();
  }

  setPlaying(playing) {
    this.playing = playing;
    this.last = null;
    at("play").textContent = playing ? "Pause" : "Play";
    if (!playing) this.remember();
  }

  tick(now) {
    const { speed, rate } = this.settings;
    if (this.playing) {
      this.last ??= now;
      // Whole frames only; what the browser shows too seldom is left out.
      const frames = Math.floor((now - this.last) * rate / 1000 + 1e-3);
      if (frames > 0 && !this.busy) {
        this.last += frames * 1000 / rate;
        this.goTo(this.settings.time + frames * speed / rate);
      }
    }
    requestAnimationFrame((time) => this.tick(time));
  }

  // Words and numbers beside the controls, and the link.
  say() {
    for (const input of document.querySelectorAll("[data-place]")) {
      const value = get(this.settings, input.dataset.place);
      input.value = value;
      input.labels[0].querySelector("output").textContent = String(Math.round(value * 100) / 100);
    }
    at("end").value = this.settings.motion.end;
    this.settings.time = modulo(this.settings.time, this.duration);
    this.sayTime();
    this.settings.people.forEach((person, n) => {
      const words = describePerson(this.model, person);
      this.canvases[n].setAttribute("aria-label", words);
      this.canvases[n].nextSibling.textContent = words;
    });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.remember(), 300);
  }

  remember() {
    history.replaceState(null, "", toLink(this.settings));
  }

  measure() {
    if (!this.spent.length) return;
    const sorted = [...this.spent].sort((a, b) => a - b), spent = sorted[sorted.length >> 1];
    at("measured").textContent = `${spent.toFixed(1)} ms for one frame of one person by ${this.engine}`;
    document.body.dataset.spent = spent;
  }
}

function fail(sentence) {
  at("status").textContent = sentence;
  at("status").className = "bad";
}

function connect(player) {
  const { settings } = player;
  for (const input of document.querySelectorAll("[data-place]")) {
    const [low, high] = RANGES[input.dataset.place];
    Object.assign(input, { min: low, max: high });
    input.parentElement.append(document.createElement("output"));
    input.oninput = () => { set(player.settings, input.dataset.place, Number(input.value)); player.changed(); };
  }
  at("end").onchange = () => { player.settings.motion.end = at("end").value; player.changed(); };
  at("time").oninput = () => { player.setPlaying(false); player.goTo(Number(at("time").value)); };
  at("play").onclick = () => player.setPlaying(!player.playing);
  at("back").onclick = () => player.step(-1);
  at("forth").onclick = () => player.step(1);
  const seed = (value) => { player.settings.motion.seed = Math.min(99, Math.max(0, value)); player.changed(); };
  const another = () => seed(Math.floor(Math.random() * 100));
  at("other").onclick = another;
  at("reset").onclick = () => { player.settings = { ...defaults(player.model), engine: settings.engine }; player.peopleChanged(); };
  at("link").onclick = async () => {
    player.remember();
    await navigator.clipboard?.writeText(location.href).then(() => status("The link is copied."), () => status("Copy the address of this page."));
  };
  const download = (button, make, name) => {
    at(button).onclick = async () => {
      at(button).disabled = true;
      try { save(await make(player, status), name); status("Done."); } catch (error) { fail(`${name} could not be made: ${error.message}.`); }
      at(button).disabled = false;
    };
  };
  download("gif", makeGif, "motion.gif");
  download("webm", makeWebm, "motion.webm");
  download("png", makeSheet, "motion.png");
  const keys = {
    " ": () => player.setPlaying(!player.playing), ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1),
    ArrowUp: () => seed(Math.floor(player.settings.motion.seed) + 1), ArrowDown: () => seed(Math.ceil(player.settings.motion.seed) - 1), r: another,
  };
  addEventListener("keydown", (event) => {
    const key = keys[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, button")) return;
    event.preventDefault();
    key();
  });
  addEventListener("hashchange", () => { player.settings = fromLink(location.hash, player.model); player.peopleChanged(); });
  connectStage(player);
}

function status(sentence) {
  at("status").className = "";
  at("status").textContent = sentence;
}

// The wheel scrubs time, and dragging moves along the first two principal directions.
function connectStage(player) {
  const screens = at("screens");
  screens.addEventListener("wheel", (event) => {
    event.preventDefault();
    player.setPlaying(false);
    const frames = event.deltaMode ? Math.sign(event.deltaY) : event.deltaY / 100;
    player.goTo(player.settings.time + frames / player.settings.rate);
  }, { passive: false });
  let from = null;
  screens.onpointerdown = (event) => {
    if (event.button || !event.isPrimary) return;
    screens.setPointerCapture(event.pointerId);
    from = { x: event.clientX, y: event.clientY, steps: [...player.settings.motion.steps] };
  };
  screens.onpointermove = (event) => {
    if (!from) return;
    const { steps } = player.settings.motion, box = screens.getBoundingClientRect();
    const moved = [(event.clientX - from.x) / box.width, (from.y - event.clientY) / box.height];
    moved.forEach((share, n) => { steps[n] = Math.min(3, Math.max(-3, from.steps[n] + 4 * share)); });
    player.changed();
  };
  screens.onpointerup = screens.onpointercancel = () => { from = null; };
}

async function open() {
  let renderer, model;
  try {
    const reply = await fetch("model.json");
    if (!reply.ok) throw new Error(`model.json is missing (${reply.status})`);
    model = readModel(await reply.json());
    const settings = fromLink(location.hash, model);
    renderer = new Renderer();
    const player = new Player(model, settings, renderer);
    player.engine = await renderer.open(model, settings.engine);
    at("main").hidden = false;
    connect(player);
    player.peopleChanged();
    player.setPlaying(player.playing);
    status(player.playing ? "" : "Motion is reduced on this device: press Play.");
    requestAnimationFrame((now) => player.tick(now));
    setInterval(() => player.measure(), 500);
    window.player = player;  // for the console
  } catch (error) {
    fail(`The model of this page cannot be loaded (${error.message}): export it again.`);
  }
}

if (!window.unable) open();
