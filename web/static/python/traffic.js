// The traffic: what a program has asked the server, as a table, and how long each reply took, as a line of bars.

import { make } from "./console.js";

const MOST = 100; // requests that are shown

export class Traffic {
  constructor(bars, rows) {
    [this.bars, this.rows, this.times] = [bars, rows, []];
  }

  add({ route, status, milliseconds, bytes }) {
    const [kind, sign] = status >= 500 || !status ? ["lost", "✗"] : status >= 400 ? ["refused", "!"] : ["fine", ""];
    const cells = [route, `${sign} ${status || "no reply"}`, milliseconds.toFixed(milliseconds < 10 ? 1 : 0), bytes];
    this.rows.prepend(make("tr", { className: kind }, ...cells.map((cell) => make("td", {}, cell))));
    this.bars.append(make("i", { className: kind }, sign));
    this.bars.lastChild.style.setProperty("--time", milliseconds);
    this.times.push(milliseconds);
    if (this.times.length > MOST) [this.times.shift(), this.bars.firstChild.remove(), this.rows.lastChild.remove()];
    const longest = Math.max(...this.times);
    this.bars.style.setProperty("--longest", longest);
    this.bars.dataset.longest = `${longest.toFixed(0)} ms`;
  }
}
