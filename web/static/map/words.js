// Words beside the map: how the season stands, news, chat, and a table of all ships.

const MOMENTS = 4; // that are shown

export function showWords(picture, chart) {
  const plain = chart.eyes || (chart.paused ? "The ocean is paused. All ships stand still." : "");
  say(picture.name && !picture.followed ? "That ship is not on the map now. It may be under water or asleep, or have another name." : plain);
  document.getElementById("lesson").textContent = chart.lesson;
  document.getElementById("aboard").textContent = chart.sailors.length;
  for (const fact of ["hidden", "treasures", "season"]) document.getElementById(fact).textContent = chart[fact];
  showMoments(chart.news);
  showChat(chart.chat);
  showTable(picture);
}

export function say(text) {
  const news = document.getElementById("news");
  if (news.textContent !== text) news.textContent = text; // a screen reader reads it once
}

// Text of players becomes textContent and never HTML, so that nobody can write a program into the map.
function element(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

function showChat(chat) {
  const list = document.getElementById("chat");
  const shown = Number(list.dataset.number ?? 0);
  const newest = chat.at(-1)?.number ?? 0;
  if (newest < shown) list.replaceChildren(); // another ocean
  for (const said of chat.filter(({ number }) => number > shown || newest < shown)) {
    list.append(element("li", element("b", element("bdi", said.sender)), " ", element("bdi", said.message)));
  }
  while (list.children.length > 20) list.firstChild.remove();
  list.dataset.number = newest;
}

// The newest comes first, and shines for a moment when it is really new.
function showMoments(news) {
  const list = document.getElementById("moments");
  const shown = Number(list.dataset.time ?? Infinity);
  const newest = news.at(-1)?.time ?? 0;
  if (newest === shown) return;
  const moments = news.slice(-MOMENTS).reverse();
  list.replaceChildren(...moments.map(({ time, news }) => {
    const item = element("li", element("bdi", news));
    if (time > shown) item.className = "new";
    return item;
  }));
  list.dataset.time = newest;
}

export function showTable({ fleet }) {
  const table = document.getElementById("table");
  // Not while somebody is about to choose a link in it.
  if (!table.closest("details").open || table.contains(document.activeElement)) return;
  const rows = [...fleet.ships.values()].map((ship) => {
    const link = element("a", element("bdi", ship.name));
    link.href = `?follow=${encodeURIComponent(ship.name)}`;
    const place = fleet.placeOf(ship);
    const numbers = [place.x, place.y, ship.heading, ship.speed].map((value) => element("td", value.toFixed(0)));
    return element("tr", element("td", link), ...numbers);
  });
  table.replaceChildren(...rows);
}
