// What is downloaded: an animated GIF, a WebM, a PNG with frames side by side.
import { encodeGif } from "./gif.js";

const SHEET = 10;  // frames of a person in a sheet
const MOST = 400;  // frames of a GIF or WebM
const SIDE = 256;  // pixels to which small frames are enlarged, by a whole number

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const enlarge = (size) => Math.max(1, Math.floor(SIDE / size));

// Times of a video of the whole length, in seconds of the motion.
function timesOf(duration, speed, rate) {
  const pace = speed || 1, length = duration / Math.abs(pace);
  const count = Math.min(MOST, Math.max(2, Math.round(length * rate)));
  const start = pace < 0 ? duration : 0;
  return Array.from({ length: count }, (_, n) => start + n * pace / rate);
}

// Draws people into a canvas of n columns.
function drawRow(context, pixels, size, scale, top = 0, left = 0, down = false) {
  pixels.forEach((one, n) => {
    const small = new OffscreenCanvas(size, size);
    small.getContext("2d").putImageData(new ImageData(one, size, size), 0, 0);
    const step = n * size * scale;
    context.drawImage(small, left + (down ? 0 : step), top + (down ? step : 0), size * scale, size * scale);
  });
}

export async function makeGif(player, tell) {
  const { size } = player.model, rate = Math.min(50, player.settings.rate), frames = [];
  const scale = enlarge(size), people = player.settings.people.length;
  const canvas = new OffscreenCanvas(size * scale * people, size * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const times = timesOf(player.duration, player.settings.speed, rate);
  for (const time of times) {
    drawRow(context, await player.pixelsAt(time), size, scale);
    frames.push(context.getImageData(0, 0, canvas.width, canvas.height));
    tell(`GIF: frame ${frames.length} of ${times.length}`);
  }
  await new Promise((done) => setTimeout(done));
  return encodeGif(frames, rate);
}

export async function makeSheet(player) {
  const { size } = player.model, people = player.settings.people.length;
  const scale = Math.max(1, Math.floor(128 / size));
  const canvas = new OffscreenCanvas(size * scale * SHEET, size * scale * people);
  const context = canvas.getContext("2d");
  for (let n = 0; n < SHEET; n++) {
    const pixels = await player.pixelsAt(player.duration * n / SHEET);
    drawRow(context, pixels, size, scale, 0, n * size * scale, true);
  }
  return canvas.convertToBlob({ type: "image/png" });
}

// A browser records at the pace at which it shows, so this takes as long as the video.
export async function makeWebm(player, tell) {
  const type = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"].find((one) => self.MediaRecorder?.isTypeSupported(one));
  if (!type) throw new Error("this browser records no WebM; take the GIF");
  const { size } = player.model, scale = enlarge(size), { rate, speed, people } = player.settings;
  const canvas = document.createElement("canvas");
  canvas.width = size * scale * people.length;
  canvas.height = size * scale;
  const context = canvas.getContext("2d"), times = timesOf(player.duration, speed, rate);
  const pictures = [];
  for (const time of times) pictures.push(await player.pixelsAt(time));
  const stream = canvas.captureStream(0), [track] = stream.getVideoTracks(), parts = [];
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 4e6 });
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((done) => { recorder.onstop = done; });
  recorder.start();
  const began = performance.now();
  for (let n = 0; n < pictures.length; n++) {
    drawRow(context, pictures[n], size, scale);
    track.requestFrame();
    tell(`WebM: frame ${n + 1} of ${pictures.length}`);
    await new Promise((done) => setTimeout(done, began + 1000 * (n + 1) / rate - performance.now()));
  }
  recorder.stop();
  await stopped;
  return new Blob(parts, { type: "video/webm" });
}
