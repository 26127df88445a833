// The helm: buttons and keys that send URLs, and what the ship's instruments say.
//
// Each press asks the same URL as somebody who types it. The browser's cookie says whose ship it is.

import { FRONT_DOOR, Live } from "../map/live.js";
import { Picture } from "../map/picture.js";

const POLL = 1000; // milliseconds between two looks at the own ship, as a program should do it
const STEP = 2; // metres that one press dives or rises
const KEYS = {
  ArrowUp: "w", ArrowDown: "s", ArrowLeft: "a", ArrowRight: "d",
  w: "w", s: "s", a: "a", d: "d", q: "rise", e: "dive", p: "ping", l: "look", g: "get", x: "stop",
};

const place = (name) => document.getElementById(name);
const { sailor } = place("helm").dataset;
const live = new Live(show, say);
const picture = new Picture(document.querySelector(".ocean"), () => live.time(), sailor);
let ship = null; // the newest answer of /location
let look = 0; // its livery, as the newest chart with it says
let treasures = []; // names of those that the newest look has shown, the nearest first

// A ship under water is not on the chart, but who steers it sees it.
function show(chart) {
  const charted = chart.sailors.find(({ name }) => name === sailor);
  look = charted?.look ?? look;
  const own = { kind: "ship", ...charted, ...ship, look, name: sailor };
  const others = chart.sailors.filter(({ name }) => name !== sailor);
  picture.show({ ...chart, sailors: ship ? [...others, reckoned(own, chart.time)] : others });
}

// The ship where it is at the time of a chart: its own place is a little older.
function reckoned(own, time) {
  const way = own.speed * (time - own.time);
  const course = (own.heading * Math.PI) / 180;
  return { ...own, x: own.x + Math.sin(course) * way, y: own.y + Math.cos(course) * way };
}

function urlOf(press, item) {
  const depth = ship?.depth ?? 0;
  if (press.length === 1) return `accel?ctrl=${press}`;
  if (press === "dive") return `dive?depth=${(depth + STEP).toFixed(1)}`;
  if (press === "rise") return `dive?depth=${Math.max(0, depth - STEP).toFixed(1)}`;
  if (press !== "get") return press;
  item ??= treasures[0];
  return item ? `get?item=${encodeURIComponent(item)}` : "look"; // who has seen no treasure yet looks for one
}

async function send(url) {
  place("url").textContent = FRONT_DOOR + url;
  say("");
  const answer = await request(url);
  say(answer.reply, answer.try);
  learn(answer);
  if (answer.clearance !== undefined) place("keel").textContent = `${answer.clearance.toFixed(1)} m`;
  if (answer.things) showThings(answer.things);
  if (answer.item) showThings([]);
}

// The server's answer to who sails in this browser.
async function request(url) {
  try {
    const asked = `${FRONT_DOOR}${url}${url.includes("?") ? "&" : "?"}format=json`;
    return await (await fetch(asked, { signal: AbortSignal.timeout(5000) })).json();
  } catch {
    return { reply: "The server does not answer. Try again in a moment." };
  }
}

// What an answer with the ship's place tells. An answer that was overtaken by a newer one tells nothing.
function learn(answer) {
  if (answer.heading === undefined || answer.depth === undefined || answer.time < ship?.time) return;
  ship = answer;
  place("needle").setAttribute("transform", `rotate(${ship.heading})`);
  place("heading").textContent = `${ship.heading.toFixed(0)}°`;
  place("speed").textContent = `${ship.speed.toFixed(1)} m/s`;
  place("depth").textContent = `${ship.depth.toFixed(1)} m`;
  place("mail").hidden = !(ship.status & 1);
}

function say(text, example) {
  place("said").textContent = text;
  place("try").textContent = example ? `Try this: ${FRONT_DOOR}${example.slice(1)}` : "";
}

// Names that players made become textContent and never HTML.
function showThings(things) {
  treasures = things.filter(({ kind }) => kind === "treasure").map(({ name }) => name);
  place("things").replaceChildren(...things.map((thing) => {
    const item = document.createElement("li");
    const where = `${thing.distance.toFixed(0)} m away, bearing ${thing.bearing.toFixed(0)}°, depth ${thing.depth.toFixed(1)} m`;
    item.textContent = `${thing.kind} ${thing.name}: ${where} `;
    if (thing.kind === "treasure") {
      const button = document.createElement("button");
      button.textContent = `get ${thing.name}`;
      button.addEventListener("click", () => send(urlOf("get", thing.name)));
      item.append(button);
    }
    return item;
  }));
}

async function poll() {
  if (!document.hidden) learn(await request("location"));
  setTimeout(poll, POLL);
}

document.querySelector(".wheel").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) send(urlOf(button.value));
});
document.addEventListener("keydown", (event) => {
  const press = KEYS[event.key];
  if (!press || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault(); // arrows would scroll the page
  send(urlOf(press));
});
Object.assign(globalThis, { picture });
poll();
live.begin();
