// Runs programs in Python: `new Runner({pyodide, wheels, url, id}, on)` begins to load it in a worker, and `on` hears
//
//   state(word, sentence)   loading, ready, running or failed
//   print(text, kind)       kind is out or err
//   input(prompt)           returns a promise of what was typed
//   request({route, status, milliseconds, bytes})
//   draw(commands)          for picture.js
//   done(error)             null, or {name, line, sentence, traceback}

const PAUSE = 40; // milliseconds: what the worker says meanwhile is shown at once
const MOST = 200_000; // characters that are shown at once: of more, the last ones

const shortened = (text) => (text.length > MOST ? `[...]\n${text.slice(-MOST)}` : text);

export class Runner {
  constructor(files, on) {
    [this.files, this.on] = [files, on];
    this.start();
  }

  start() {
    [this.heard, this.next] = [[], null];
    this.state("loading", "Python is loading.");
    const worker = (this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" }));
    // What a worker sent before it was stopped may arrive after that.
    worker.onmessage = ({ data }) => worker === this.worker && this.hear(...data);
    worker.onerror = () => worker === this.worker && this.hear("broken", "worker.js does not run");
    worker.postMessage(["load", this.files]);
  }

  state(word, sentence) {
    this.word = word;
    this.on.state(word, sentence);
  }

  // Run a program: now, or as soon as Python is ready.
  run(source, filename) {
    if (this.word === "failed") this.start();
    if (this.word === "loading") return (this.next = [source, filename]);
    this.state("running", "Your program is running.");
    this.worker.postMessage(["run", source, filename]);
  }

  // Stop the program, whatever it does: its Python ends with it, and a new one begins to load.
  stop(name = "KeyboardInterrupt", sentence = "You stopped it.") {
    const wasRunning = this.word === "running";
    this.worker.terminate();
    this.show();
    this.start();
    if (wasRunning) this.on.done({ name, line: null, sentence, traceback: "" });
  }

  // Many small things are shown together, so that an endless loop can't freeze the page.
  hear(word, what, kind) {
    const last = this.heard.at(-1);
    const goesOn = last?.word === word && last.kind === kind;
    if (goesOn && word === "print") last.what = shortened(last.what + what);
    else if (goesOn && word === "draw") last.what.push(...what);
    else this.heard.push({ word, what: word === "print" ? shortened(what) : what, kind });
    this.timer ??= setTimeout(() => this.show(), PAUSE);
  }

  show() {
    clearTimeout(this.timer);
    this.timer = null;
    for (const { word, what, kind } of this.heard.splice(0)) (word in this ? this : this.on)[word](what, kind);
  }

  // -- What else the worker says

  ready(sentence) {
    this.greeting = sentence;
    this.state("ready", sentence);
    if (this.next) this.run(...this.next);
  }

  broken(why) {
    if (this.word !== "loading") return this.stop("Crash", "This was too much for Python: it has to begin anew.");
    this.worker.terminate();
    this.state("failed", `Python could not be loaded: ${why}. Run tries it again.`);
  }

  async input(prompt) {
    const { worker } = this;
    worker.postMessage(["answer", await this.on.input(prompt)]);
  }

  done(error) {
    this.state("ready", this.greeting);
    this.on.done(error);
  }
}
