// The live sea: once a second it asks the server's route /chart where the ships are, and hands the answer on.
//
// A replay can take its place: it too has time(), and hands on charts.

import { Clock, now } from "./clock.js";

// Where all routes begin.
export const FRONT_DOOR = new URL("../../", import.meta.url).href;
const POLL = 1000; // milliseconds between two questions
const POLL_HIDDEN = 10000; // the same while nobody sees the map
const PATIENCE = 5000; // milliseconds to wait for an answer

export class Live {
  clock = new Clock();
  soundings = { sounded: 0, rows: [] };

  // `show` is called with each new chart, `complain` with a sentence if there is none.
  constructor(show, complain) {
    Object.assign(this, { show, complain });
  }

  begin() {
    document.addEventListener("visibilitychange", () => document.hidden || this.poll());
    this.poll();
  }

  // What the server's clock says now, in seconds.
  time() {
    return this.clock.time();
  }

  async poll() {
    clearTimeout(this.timer);
    if (this.isAsking) return;
    this.isAsking = true;
    const asked = now();
    const chart = await ask("chart");
    const answered = now();
    if (chart.sailors && chart.sounded !== this.soundings.sounded) this.soundings = { ...this.soundings, ...(await ask("soundings")) };
    this.isAsking = false;
    this.timer = setTimeout(() => this.poll(), document.hidden ? POLL_HIDDEN : POLL);
    if (!chart.sailors) return this.complain(chart.reply);
    this.clock.learn(asked, answered, chart.time);
    this.show({ ...chart, rows: this.soundings.rows });
  }
}

// The server's answer, or our own if there is none. Without the cookie: a map left open must not keep its sailor awake.
export async function ask(route, keys) {
  try {
    const url = `${FRONT_DOOR}${route}?${new URLSearchParams({ ...keys, format: "json" })}`;
    const answer = await fetch(url, { credentials: "omit", signal: AbortSignal.timeout(PATIENCE) });
    return await answer.json();
  } catch {
    return { reply: "The server does not answer. I keep asking." };
  }
}
