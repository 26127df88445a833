// The traffic: what programs have asked the server, as a table, and how long each reply took, as a line of bars.

import { make } from "./console.js";

const MOST = 100; // requests that are shown

export function addRequest(bars, rows, { route, status, milliseconds, bytes }) {
  const kind = status >= 500 || !status ? "lost" : status >= 400 ? "refused" : "fine";
  const cells = [route, status || "no reply", milliseconds.toFixed(milliseconds < 10 ? 1 : 0), bytes];
  rows.prepend(make("tr", { className: kind }, ...cells.map((cell) => make("td", {}, cell))));
  bars.append(make("i", { className: kind }));
  bars.lastChild.style.setProperty("--time", milliseconds);
  if (rows.childElementCount > MOST) [rows.lastChild.remove(), bars.firstChild.remove()];
  const longest = Math.max(...[...bars.children].map((bar) => bar.style.getPropertyValue("--time")));
  bars.style.setProperty("--longest", longest);
  bars.dataset.longest = `${longest.toFixed()} ms`;
}
