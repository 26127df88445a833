// Words over the map: how the season stands, who found most, news, chat, and a table of all ships.

import { now } from "./clock.js";
import { iconOf } from "./ships.js";

const MOMENTS = 4; // that are listed
const LOUD = 8; // seconds for which the newest is written large
const part = Object.fromEntries([...document.querySelectorAll("main [id]")].map((one) => [one.id, one]));
let loudUntil = 0;

export function showWords(picture, chart) {
  const { name, followed, fleet } = picture;
  const plain = chart.eyes || (chart.paused ? "The ocean is paused. All ships stand still." : "");
  say(name && !followed ? "That ship is not on the map now. It may be under water or asleep, or have another name." : plain);
  part.lesson.textContent = chart.lesson;
  part.aboard.textContent = chart.sailors.length;
  part.sounded.textContent = `${Math.floor((100 * chart.sounded) / (chart.size / 15) ** 2)} %`;
  for (const fact of ["hidden", "treasures", "season"]) part[fact].textContent = chart[fact];
  showBest(chart.best, fleet);
  showMoments(chart.news, fleet.fresh);
  showChat(chart.chat);
  showTable(picture);
}

export function say(text) {
  if (part.news.textContent !== text) part.news.textContent = text; // a screen reader reads it once
}

// Text of players becomes textContent and never HTML, so that nobody can write a program into the map.
export function element(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

export function followLink(name, ...content) {
  const link = element("a", ...content);
  link.href = `?follow=${encodeURIComponent(name)}`;
  return link;
}

// True if a list has to be filled anew, as it is not of these things.
function isNew(list, things) {
  const [before, after] = [list.dataset.things, JSON.stringify(things)];
  list.dataset.things = after;
  return before !== after;
}

function showBest(best, { ships }) {
  if (!isNew(part.best, best)) return;
  part.best.replaceChildren(...best.map(({ name, seamounts, treasures }) => {
    const found = [[seamounts, "seamount"], [treasures, "treasure"]].filter(([number]) => number);
    const words = found.map(([number, thing]) => `${number} ${thing}${number > 1 ? "s" : ""}`).join(", ");
    const ship = ships.get(name);
    return element("li", ship ? iconOf(ship.look, 24) : "", element("b", element("bdi", name)), ` ${words}`);
  }));
}

function showMoments(news, fresh) {
  if (now() > loudUntil) part.loud.replaceChildren();
  if (!isNew(part.moments, news)) return;
  part.moments.replaceChildren(...news.slice(-MOMENTS).reverse().map(({ news }) => element("li", element("bdi", news))));
  if (!fresh.length) return;
  part.loud.replaceChildren(...fresh.slice(0, MOMENTS).map(({ news }) => element("b", element("bdi", news))));
  loudUntil = now() + LOUD;
}

function showChat(chat) {
  const shown = Number(part.chat.dataset.number ?? 0);
  const newest = chat.at(-1)?.number ?? 0;
  if (newest < shown) part.chat.replaceChildren(); // another ocean
  for (const { sender, message } of chat.filter(({ number }) => number > shown || newest < shown)) {
    part.chat.append(element("li", element("b", element("bdi", sender)), " ", element("bdi", message)));
  }
  while (part.chat.children.length > 20) part.chat.firstChild.remove();
  part.chat.dataset.number = newest;
}

export function showTable({ fleet }) {
  // Not while somebody is about to choose a link in it.
  if (!part.table.closest("details").open || part.table.contains(document.activeElement)) return;
  part.table.replaceChildren(...[...fleet.ships.values()].map((ship) => {
    const link = followLink(ship.name, element("bdi", ship.name));
    const { x, y } = fleet.placeOf(ship);
    return element("tr", element("td", link), ...[x, y, ship.heading, ship.speed].map((one) => element("td", one.toFixed(0))));
  }));
}
