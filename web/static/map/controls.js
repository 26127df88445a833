// The controls of a replay: play and pause, speed, and a slider with a mark at each great moment.

import { Replay } from "./replay.js";

const WIDTH = 24; // pixels of a mark
const LEAD = 1.5; // seconds to wait for a great moment, after a click on its mark
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const HOUR = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

// What plays what this page's URL asks for, in place of Live.
export function playAgain(show, complain) {
  const url = new URLSearchParams(location.search);
  const replay = new Replay(url.get("from"), Number(url.get("speed") ?? 1), showAll, complain);
  const controls = new Controls(replay);
  function showAll(chart) {
    show(chart);
    controls.show();
  }
  return replay;
}

class Controls {
  constructor(replay) {
    this.replay = replay;
    for (const part of document.querySelectorAll("#again [id]")) this[part.id] = part;
    this.times.value = replay.speed;
    this.times.onchange = () => replay.change({ speed: Number(this.times.value) });
    this.slider.oninput = () => replay.jump(Number(this.slider.value));
    this.play.onclick = () => {
      if (replay.isOver) replay.jump(replay.tracks.from);
      replay.change({ isPlaying: !replay.isPlaying });
    };
  }

  // Show which moment is played.
  show() {
    const { isPlaying, isOver, tracks } = this.replay;
    const [time, date] = [this.replay.time(), new Date(this.replay.time() * 1000)];
    Object.assign(this.slider, { min: tracks.from, max: tracks.to, value: time, ariaValueText: HOUR.format(date) });
    this.moment.textContent = DATE.format(date);
    this.play.textContent = isPlaying ? "Pause" : "Play";
    this.say(isOver ? this.lastWords() : "");
    this.mark();
  }

  // Mark all great moments that we know of. Those that are near each other share a mark, as one has to hit it.
  mark() {
    const { news, from, to } = this.replay.tracks;
    const apart = ((to - from) * WIDTH) / this.marks.clientWidth;
    const marked = [news.length, apart].join();
    if (this.marked === marked) return;
    this.marked = marked;
    const crowds = [];
    for (const moment of news) {
      if (moment.time - crowds.at(-1)?.[0].time < apart) crowds.at(-1).push(moment);
      else crowds.push([moment]);
    }
    this.marks.replaceChildren(...crowds.map((crowd) => this.markOf(crowd)));
  }

  say(words) {
    if (this.said.textContent !== words) this.said.textContent = words; // a screen reader reads it once
  }

  lastWords() {
    const { isUntilNow, pieces } = this.replay.tracks;
    if (pieces.every((piece) => !piece.tracks.length)) return "Nobody sailed then.";
    return isUntilNow ? "This is the present. Go on with the live map." : "This is the end.";
  }

  markOf(crowd) {
    const { from, to } = this.replay.tracks;
    const [item, mark] = [document.createElement("li"), document.createElement("button")];
    const [{ time }] = crowd;
    const words = [HOUR.format(time * 1000), ...crowd.map(({ news }) => news)].join(" ");
    Object.assign(mark, { type: "button", title: words, ariaLabel: words });
    mark.onclick = () => {
      this.replay.jump(time - LEAD * this.replay.speed);
      this.replay.change({ isPlaying: true });
    };
    item.style.left = `${(100 * (time - from)) / (to - from)}%`;
    item.append(mark);
    return item;
  }
}
