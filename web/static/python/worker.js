// CPython in a worker of its own, so that no program can freeze the page: Pyodide, the library requests, and start.py.
// Messages to runner.js and back are lists: a word, and what belongs to it.

const BURST = 50; // milliseconds, in which a program may send MOST characters before it has to rest
const MOST = 200_000;
const COST = { out: 200, err: 2000, draw: 500, request: 5000 }; // what a message counts for besides, by what it shows

// JSPI: input() can stop Python until there is an answer, as WebAssembly can be stopped.
const canWait = "Suspending" in WebAssembly;
// Where other sites' pages may share our process, only WebAssembly gives memory on which a worker can sleep.
const bed = new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
const rest = (milliseconds) => Atomics.wait(bed, 0, 0, milliseconds);

let python, answer, sentences;
let [since, sent] = [0, 0];

const commands = { load, run, answer: (text) => answer(text) };
self.onmessage = ({ data: [word, ...details] }) => commands[word](...details);
self.onunhandledrejection = () => tell("broken"); // no exception of Python's, but what ends Python itself

// A program that never stops printing must not send faster than the page can show it.
function tell(word, what, kind) {
  const now = performance.now();
  if (now > since + BURST) [since, sent] = [now, 0];
  sent += (COST[kind ?? word] ?? 0) + (what?.length ?? 0);
  postMessage([word, what, kind]);
  if (sent > MOST) rest(since + BURST - now);
}

function ask(prompt) {
  tell("input", prompt);
  return new Promise((resolve) => (answer = resolve));
}

// urllib3 asks by this. The header tells the server that a program asks, and the page hears what was asked.
self.XMLHttpRequest = class extends XMLHttpRequest {
  open(method, url, ...more) {
    super.open(method, url, ...more);
    this.setRequestHeader("X-Requested-With", "Python");
    this.route = new URL(url, location).pathname;
  }

  send(body) {
    const began = performance.now();
    try {
      super.send(body);
    } finally {
      const bytes = this.response?.byteLength ?? 0;
      tell("request", { route: this.route, status: this.status, milliseconds: performance.now() - began, bytes });
    }
  }
};

// Everything that Python needs is fetched at the same time.
async function load({ pyodide, wheels, url, id }) {
  try {
    const [table, start, packages, loaded] = await Promise.all([
      fetched(new URL("errors.txt", import.meta.url), "text"),
      fetched(new URL("start.py", import.meta.url), "text"),
      Promise.all(wheels.map((wheel) => fetched(wheel, "arrayBuffer"))),
      import(`${pyodide}pyodide.mjs`).then(({ loadPyodide }) => loadPyodide({ indexURL: pyodide })),
    ]);
    python = loaded;
    const pairs = table.replaceAll("{url}", url).trim().split("\n\n").slice(1);
    sentences = pairs.map((pair) => pair.split("\n")).map(([pattern, text]) => [new RegExp(pattern, "m"), text]);
    for (const wheel of packages) python.unpackArchive(wheel, "wheel");
    const show = (text, kind) => tell("print", text, kind);
    const draw = (...command) => tell("draw", [command]);
    python.registerJsModule("page", { url, my_id: id, can_wait: canWait, show, ask, rest, draw });
    python.runPython(start);
    tell("ready", `Python is ready.${canWait ? "" : " In this old browser, input() works only outside of functions."}`);
  } catch (error) {
    tell("broken", error.message);
  }
}

async function fetched(url, read) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} is missing (${response.status})`);
  return response[read]();
}

async function run(source, filename) {
  const program = python.globals.get("run");
  const found = await (canWait ? program.callPromising(source, filename) : program(source, filename));
  tell("done", found ? explained(found.toJs({ dict_converter: Object.fromEntries })) : null);
}

function explained(error) {
  const [pattern, sentence] = sentences.find(([pattern]) => pattern.test(error.traceback)) ?? [/$/, ""];
  return { ...error, sentence: error.traceback.match(pattern)[0].replace(pattern, sentence) };
}
