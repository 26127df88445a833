"use strict";
// The live map. Once a second it asks the server's route /chart where the ships are. In between it works out by itself
// where they have got to, as sailors do: from place, heading and speed. They call that dead reckoning.
//
// To look inside, open the browser's console and type: ships   or   placeOf(ships.get("Clem"))

const POLL = 1000; // milliseconds between two questions
const POLL_HIDDEN = 10000; // the same while nobody sees the map
const MOMENTS = 4; // that are shown
const PATIENCE = 5000; // milliseconds to wait for an answer
const EASE = 0.3; // seconds in which a ship glides most of the way to where the newest chart puts it
const WAKE = 7; // seconds of its voyage that a ship's wake shows
const CLOSE_UP = 400; // metres that the view is wide when it follows a ship
const FLOOR = 30; // metres down to the plain of the sea floor

const ships = new Map(); // by name: the newest facts of the chart, and how we draw the ship
const followed = new URLSearchParams(location.search).get("follow")?.trim().normalize("NFKC").toLowerCase();
const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then nothing glides: ships move once a second
const [sea, water] = ["sea", "ships"].map((id) => document.getElementById(id).getContext("2d"));

let chart = { size: 900, time: 0, sailors: [], seamounts: [], chat: [], news: [] }; // the newest answer
let colours = {};
let seaChart = null; // a picture of the whole sea floor, from which the sea is drawn
let view = { x: 450, y: 450, metres: 900, pixels: 0 }; // the middle of what we see, and how large that is
let [timer, isAsking] = [null, false];
let seaTime = serverTime; // or the time of a replay

// ---- Time: what does the server's clock say now? ----

const samples = []; // of the newest answers: how long each took, and the server's clock minus ours (seconds)

function now() {
  return performance.now() / 1000;
}

function serverTime() {
  return now() + (samples.length ? bestSample().offset : 0);
}

// The quickest answer tells the time best: it had the least time to grow old on its way.
function bestSample() {
  return samples.reduce((best, sample) => (sample.took < best.took ? sample : best));
}

function learnTime(asked, answered, time) {
  const sample = { took: answered - asked, offset: time - (asked + answered) / 2 };
  const known = samples.length && bestSample();
  if (known && Math.abs(sample.offset - known.offset) > 1 + sample.took) samples.length = 0; // somebody set a clock
  samples.push(sample);
  if (samples.length > 30) samples.shift();
}

// ---- Places, on an ocean that wraps at its edges ----

function wrap(metres) {
  return ((metres % chart.size) + chart.size) % chart.size;
}

// The short way from one number to another on a circle: of metres, or of degrees.
function shortWay(from, to, around = chart.size) {
  return ((((to - from + around / 2) % around) + around) % around) - around / 2;
}

// Where the chart and the time since then put a ship.
function reckon(ship) {
  const course = (ship.heading * Math.PI) / 180;
  const metres = chart.paused ? 0 : ship.speed * (seaTime() - chart.time);
  return { x: ship.x + Math.sin(course) * metres, y: ship.y + Math.cos(course) * metres, heading: ship.heading };
}

// Where we draw it: that place, and what is left of the way from where we drew it before the newest chart.
function placeOf(ship) {
  const place = reckon(ship);
  const left = Math.exp(-(now() - ship.since) / EASE);
  return {
    x: wrap(place.x + ship.astray.x * left),
    y: wrap(place.y + ship.astray.y * left),
    heading: place.heading + ship.astray.heading * left,
  };
}

// ---- Asking the server ----

async function poll() {
  clearTimeout(timer);
  if (isAsking) return;
  isAsking = true;
  const asked = now();
  const newest = await askForChart();
  isAsking = false;
  timer = setTimeout(poll, document.hidden ? POLL_HIDDEN : POLL);
  if (newest.sailors) learnTime(asked, now(), newest.time);
  if (newest.sailors) update(newest);
  else showNews(newest.reply);
}

// The server's answer, or our own if there is none. Without the cookie: a map left open must not keep its sailor awake.
async function askForChart() {
  try {
    const answer = await fetch("/chart?format=json", { credentials: "omit", signal: AbortSignal.timeout(PATIENCE) });
    return await answer.json();
  } catch {
    return { reply: "The server does not answer. I keep asking." };
  }
}

function update(newest) {
  const drawn = new Map([...ships].map(([name, ship]) => [name, placeOf(ship)]));
  if (JSON.stringify(newest.seamounts) !== JSON.stringify(chart.seamounts)) seaChart = null;
  chart = newest;
  const names = new Set(chart.sailors.map((facts) => facts.name));
  for (const name of ships.keys()) if (!names.has(name)) ships.delete(name);
  for (const facts of chart.sailors) {
    const ship = { ...ships.get(facts.name), ...facts, since: now() };
    ship.astray = astray(drawn.get(facts.name), reckon(ship));
    if (!ship.astray) Object.assign(ship, { astray: { x: 0, y: 0, heading: 0 }, trail: [] });
    ships.set(facts.name, ship);
  }
  showFacts();
  if (calm.matches) draw();
}

// How far from its place we drew a ship. Null if it is new, or so far away that it can't have sailed there.
function astray(drawn, place) {
  const way = drawn && {
    x: shortWay(place.x, drawn.x),
    y: shortWay(place.y, drawn.y),
    heading: shortWay(place.heading, drawn.heading, 360),
  };
  return way && Math.hypot(way.x, way.y) < 100 && !calm.matches ? way : null;
}

function beLive() {
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  poll();
}

// ---- Playing what was sailed ----

async function playAgain() {
  const { playAgain } = await import("./map/controls.js");
  globalThis.replay = playAgain(update);
  seaTime = () => replay.time();
}

// ---- Words beside the map ----

function showFacts() {
  const ship = followedShip();
  const plain = chart.eyes || (chart.paused ? "The ocean is paused. All ships stand still." : "");
  showNews(followed && !ship ? "That ship is not on the map now. It may be under water or asleep, or have another name." : plain);
  document.getElementById("lesson").textContent = chart.lesson;
  document.getElementById("aboard").textContent = chart.sailors.length;
  document.getElementById("hidden").textContent = chart.hidden;
  document.getElementById("treasures").textContent = chart.treasures;
  document.getElementById("season").textContent = chart.season;
  showMoments();
  showChat();
  showTable();
}

function showNews(text) {
  const news = document.getElementById("news");
  if (news.textContent !== text) news.textContent = text; // a screen reader reads it once
}

// Text of players becomes textContent and never HTML, so that nobody can write a program into the map.
function element(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

function showChat() {
  const list = document.getElementById("chat");
  const shown = Number(list.dataset.number ?? 0);
  const newest = chart.chat.at(-1)?.number ?? 0;
  if (newest < shown) list.replaceChildren(); // another ocean
  for (const said of chart.chat.filter(({ number }) => number > shown || newest < shown)) {
    list.append(element("li", element("b", element("bdi", said.sender)), " ", element("bdi", said.message)));
  }
  while (list.children.length > 20) list.firstChild.remove();
  list.dataset.number = newest;
}

// The newest comes first, and shines for a moment when it is really new.
function showMoments() {
  const list = document.getElementById("moments");
  const shown = Number(list.dataset.time ?? Infinity);
  const newest = chart.news.at(-1)?.time ?? 0;
  if (newest === shown) return;
  const moments = chart.news.slice(-MOMENTS).reverse();
  list.replaceChildren(...moments.map(({ time, news }) => {
    const item = element("li", element("bdi", news));
    if (time > shown) item.className = "new";
    return item;
  }));
  list.dataset.time = newest;
}

function showTable() {
  const table = document.getElementById("table");
  // Not while somebody is about to choose a link in it.
  if (!table.closest("details").open || table.contains(document.activeElement)) return;
  const rows = [...ships.values()].map((ship) => {
    const link = element("a", element("bdi", ship.name));
    link.href = `?follow=${encodeURIComponent(ship.name)}`;
    const place = placeOf(ship);
    const numbers = [place.x, place.y, ship.heading, ship.speed].map((value) => element("td", value.toFixed(0)));
    return element("tr", element("td", link), ...numbers);
  });
  table.replaceChildren(...rows);
}

// ---- Drawing ----

function followedShip() {
  return followed && [...ships.values()].find((ship) => ship.name.toLowerCase() === followed);
}

function frame() {
  if (!calm.matches) draw();
  requestAnimationFrame(frame);
}

function draw() {
  if (!view.pixels) return;
  const ship = followedShip();
  const middle = ship ? placeOf(ship) : { x: chart.size / 2, y: chart.size / 2 };
  const metres = ship ? CLOSE_UP : chart.size;
  const moved = !seaChart || middle.x !== view.x || middle.y !== view.y || metres !== view.metres;
  view = { ...middle, metres, pixels: view.pixels };
  if (moved) drawSea();
  water.clearRect(0, 0, view.pixels, view.pixels);
  const places = [...ships.values()].map((ship) => [ship, placeOf(ship)]);
  if (!calm.matches) for (const [ship, place] of places) drawWake(ship, place);
  for (const [ship, place] of places) drawShip(ship, place);
}

function scale() {
  return view.pixels / view.metres; // pixels for a metre
}

// Everywhere on the canvas where something at a place is to be drawn: near an edge, its other half is at the other edge.
function spots(place, margin) {
  const [x, y] = [shortWay(view.x, place.x), shortWay(view.y, place.y)];
  const around = [-chart.size, 0, chart.size];
  const reach = view.metres / 2 + margin / scale();
  const columns = around.map((step) => x + step).filter((x) => Math.abs(x) < reach);
  const rows = around.map((step) => y + step).filter((y) => Math.abs(y) < reach);
  return columns.flatMap((x) => rows.map((y) => [view.pixels / 2 + x * scale(), view.pixels / 2 - y * scale()]));
}

function drawShip(ship, place) {
  const length = shipLength();
  const label = labelOf(ship.name);
  for (const [x, y] of spots(place, label.width)) {
    water.translate(x, y);
    water.rotate((place.heading * Math.PI) / 180);
    water.scale(length, length);
    for (const [shape, colour] of shapesOf(ship)) {
      water.fillStyle = colour;
      water.fill(shape);
    }
    water.resetTransform();
    // At whole pixels: a browser copies that many times faster.
    water.drawImage(label, Math.round(x - label.width / 2), Math.round(y + 0.7 * length));
  }
}

// Shapes of a ship that heads north and is about 1 long.
const RIM = new Path2D("M0 -.7 C.38 -.33 .38 .15 .26 .52 L-.26 .52 C-.38 .15 -.38 -.33 0 -.7Z");
const HULL = new Path2D("M0 -.58 C.29 -.28 .29 .12 .19 .44 L-.19 .44 C-.29 .12 -.29 -.28 0 -.58Z");
const SAIL = new Path2D("M-.16 .1 Q0 -.2 .16 .1 Q0 0 -.16 .1Z");
const ROBOT = new Path2D("M-.13 -.1h.26v.26h-.26zM-.03 -.25h.06v.15h-.06z");

function shapesOf(ship) {
  const isRobot = ship.kind === "robot";
  return [
    [RIM, "#fff"],
    [HULL, isRobot ? colours.key : hullColour(ship.name)],
    [isRobot ? ROBOT : SAIL, "#fff"],
  ];
}

function shipLength() {
  return Math.max(22 * devicePixelRatio, view.pixels / 32);
}

function hullColour(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)) % 3600;
  return `hsl(${sum / 10} 70% 38%)`;
}

// Each name is written only once, and then copied in each frame: writing takes longer than all the rest.
const labels = new Map();

function labelOf(name) {
  if (!labels.has(name)) labels.set(name, drawLabel(name));
  return labels.get(name);
}

function drawLabel(name) {
  const size = Math.round(Math.max(13 * devicePixelRatio, view.pixels / 48));
  water.font = `600 ${size}px system-ui, sans-serif`;
  const pen = newPen(water.measureText(name).width + size, size * 1.5);
  pen.font = water.font;
  write(pen, name, pen.canvas.width / 2, size * 0.75, size / 4);
  return pen.canvas;
}

// What draws on a new canvas of this size that nobody sees.
function newPen(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width);
  canvas.height = Math.ceil(height);
  return canvas.getContext("2d");
}

function write(pen, text, x, y, halo) {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = halo;
  pen.strokeStyle = colours.halo;
  pen.fillStyle = colours.name;
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}

// A wake is the way that the ship was drawn, narrow where it is old.
function drawWake(ship, place) {
  const trail = ship.trail;
  const time = now();
  if (ship.speed && time - (trail.at(-1)?.time ?? 0) > 0.4) trail.push({ x: place.x, y: place.y, time });
  while (trail.length && time - trail[0].time > WAKE) trail.shift();
  if (!trail.length) return;
  const path = [];
  let [x, y, from] = [0, 0, place];
  for (const point of [...trail].reverse()) {
    [x, y, from] = [x + shortWay(from.x, point.x), y + shortWay(from.y, point.y), point];
    path.push([x * scale(), -y * scale(), time - point.time]);
  }
  const [endX, endY] = path.at(-1);
  if (Math.hypot(endX, endY) < 2) return;
  const shape = wakeShape(path);
  for (const spot of spots(place, Math.hypot(endX, endY))) {
    water.save();
    water.translate(...spot);
    water.fillStyle = colours.wake;
    water.globalAlpha = 0.4;
    water.fill(shape);
    water.restore();
  }
}

function wakeShape(path) {
  const broad = shipLength() / 5;
  const sides = [[], []];
  let [lastX, lastY] = [0, 0];
  for (const [x, y, age] of path) {
    const far = Math.hypot(x - lastX, y - lastY) || 1;
    const half = broad * (1 - age / WAKE);
    const [sideX, sideY] = [((lastY - y) / far) * half, ((x - lastX) / far) * half];
    sides[0].push([x + sideX, y + sideY]);
    sides[1].unshift([x - sideX, y - sideY]);
    [lastX, lastY] = [x, y];
  }
  const shape = new Path2D();
  shape.moveTo(0, 0);
  for (const [x, y] of sides.flat()) shape.lineTo(x, y);
  return shape;
}

// ---- The sea floor ----

// The sea is cut from a picture of the whole ocean, laid out around the middle of the view as often as it is seen.
function drawSea() {
  seaChart ??= drawSeaChart();
  const whole = chart.size * scale();
  for (const [x, y] of spots({ x: chart.size / 2, y: chart.size / 2 }, whole / 2)) {
    sea.drawImage(seaChart, x - whole / 2, y - whole / 2, whole, whole);
  }
}

function drawSeaChart() {
  const metre = view.pixels / (followed ? CLOSE_UP : chart.size);
  const pixels = Math.min(Math.round(chart.size * metre), 4096);
  const pen = newPen(pixels, pixels);
  pen.scale(pen.canvas.width / chart.size, pen.canvas.width / chart.size);
  pen.lineWidth = devicePixelRatio / metre;
  pen.fillStyle = colours.sea;
  pen.fillRect(0, 0, chart.size, chart.size);
  drawWaves(pen);
  for (const mount of chart.seamounts) wrapped(pen, mount, drawDepths);
  drawGrid(pen);
  for (const mount of chart.seamounts) wrapped(pen, mount, nameSeamount);
  return pen.canvas;
}

// Little waves here and there: always the same ones, as the numbers only look as if they were random.
function drawWaves(pen) {
  pen.strokeStyle = colours.grid;
  for (let number = 1; number < 150; number++) {
    const [x, y] = [(number * 617.3) % chart.size, (number * 271.9) % chart.size];
    pen.stroke(new Path2D(`M${x} ${y}q4 5 8 0q4 5 8 0`));
  }
}

// Draw a seamount as often as its slopes reach over an edge. On the canvas, y grows downwards.
function wrapped(pen, mount, draw) {
  for (const x of [-chart.size, 0, chart.size]) {
    for (const y of [-chart.size, 0, chart.size]) {
      pen.save();
      pen.translate(mount.x + x, chart.size - mount.y + y);
      draw(pen, mount);
      pen.restore();
    }
  }
}

// One ring for every two metres of depth. A seamount has the shape of a bell: see `bell` in planet.py.
function drawDepths(pen, mount) {
  pen.strokeStyle = colours.grid;
  for (let depth = FLOOR - 1; depth > mount.depth; depth -= 3) {
    const height = (FLOOR - depth) / (FLOOR - mount.depth);
    pen.beginPath();
    pen.arc(0, 0, (mount.radius * Math.acos(2 * height - 1)) / Math.PI, 0, 2 * Math.PI);
    pen.fillStyle = colourOfDepth(depth);
    pen.fill();
    pen.stroke();
  }
}

function colourOfDepth(depth) {
  const [low, high, part] = depth > 20 ? ["sea", "slope", (FLOOR - depth) / 10] : ["slope", "top", (20 - depth) / 20];
  return `color-mix(in oklab, ${colours[high]} ${part * 100}%, ${colours[low]})`;
}

function nameSeamount(pen, mount) {
  const size = letterSize(14, 20);
  pen.font = `600 ${size}px system-ui, sans-serif`;
  write(pen, mount.name, 0, -size / 2, size / 4);
  pen.font = `${size * 0.8}px system-ui, sans-serif`;
  write(pen, `${mount.depth} m deep`, 0, size / 2, size / 4);
  write(pen, `found by ${mount.found_by}`, 0, size * 1.4, size / 4);
}

// The size of letters in metres, so that they have at least so many pixels on the screen.
function letterSize(pixels, metres) {
  return followed ? (pixels * 1.3 * CLOSE_UP) / sea.canvas.clientWidth : Math.max(metres, (pixels * chart.size) / sea.canvas.clientWidth);
}

function drawGrid(pen) {
  const size = letterSize(11, 13);
  pen.font = `${size}px system-ui, sans-serif`;
  pen.strokeStyle = colours.grid;
  pen.fillStyle = colours.name;
  for (let metres = 0; metres < chart.size; metres += 100) {
    pen.beginPath();
    pen.moveTo(metres, 0);
    pen.lineTo(metres, chart.size);
    pen.moveTo(0, chart.size - metres);
    pen.lineTo(chart.size, chart.size - metres);
    pen.stroke();
    if (metres) pen.fillText(metres, metres + size / 4, chart.size - size / 3);
    if (metres) pen.fillText(metres, size / 4, chart.size - metres - size / 3);
  }
}

// ---- Looks: size and colours ----

function fit() {
  const pixels = Math.round(sea.canvas.clientWidth * Math.min(devicePixelRatio, 2));
  if (pixels === view.pixels) return;
  for (const { canvas } of [sea, water]) canvas.width = canvas.height = pixels;
  view.pixels = pixels;
  repaint();
}

function repaint() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["sea", "slope", "top", "grid", "wake", "name", "halo", "key"]) colours[name] = style.getPropertyValue(`--${name}`);
  labels.clear();
  seaChart = null;
  draw();
}

new ResizeObserver(fit).observe(sea.canvas);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
document.querySelector("details").addEventListener("toggle", showTable);
fit();
if (document.getElementById("again")) playAgain();
else beLive();
frame();
