// CPython in a worker of its own, so that no program can freeze the page: Pyodide, the library requests, and start.py.
// Messages both ways are lists: a word, and what belongs to it. runner.js has the other end.

const BURST = 50; // milliseconds, in which a program can send MOST characters before it has to rest
const MOST = 200_000;
const CAN_WAIT = "Suspending" in WebAssembly; // input() can stop Python, as it can stop WebAssembly: JSPI
// The only way to get memory on which a worker can sleep, where the page is not isolated from other sites.
const bed = new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);

let python, answer;
let [since, sent] = [0, 0];

const commands = { load, run, answer: (text) => answer(text) };
// No exception of Python's gets here, but what ends Python itself.
self.onunhandledrejection = () => tell("broken");
onmessage = ({ data: [word, ...details] }) => commands[word](...details);

function rest(milliseconds) {
  Atomics.wait(bed, 0, 0, milliseconds);
}

// A program that never stops printing must not send faster than the page can show it.
function tell(word, ...details) {
  const now = performance.now();
  if (now > since + BURST) [since, sent] = [now, 0];
  sent += 100 + (details[0]?.length ?? 0);
  postMessage([word, ...details]);
  if (sent > MOST) rest(since + BURST - now);
}

function ask(prompt) {
  tell("input", prompt);
  return new Promise((resolve) => (answer = resolve));
}

// urllib3 asks by this. The server knows by the header that a program asks; the page shows what was asked.
self.XMLHttpRequest = class extends XMLHttpRequest {
  open(method, url, ...more) {
    super.open(method, url, ...more);
    this.route = new URL(url, location).pathname;
    this.setRequestHeader("X-Requested-With", "Python");
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

async function fetched(url, read) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} is missing (${response.status})`);
  return response[read]();
}

async function loadPython(indexURL) {
  const { loadPyodide } = await import(`${indexURL}pyodide.mjs`);
  python = await loadPyodide({ indexURL });
}

async function load({ pyodide, wheels, url, id }) {
  try {
    const [start, packages] = await Promise.all([
      fetched(new URL("start.py", import.meta.url), "text"),
      Promise.all(wheels.map((wheel) => fetched(wheel, "arrayBuffer"))),
      loadPython(pyodide),
    ]);
    for (const wheel of packages) python.unpackArchive(wheel, "wheel");
    python.registerJsModule("page", { url, my_id: id, can_wait: CAN_WAIT, show, ask, rest, draw });
    python.runPython(start);
    tell("ready", CAN_WAIT);
  } catch (error) {
    tell("broken", error.message);
  }
}

const show = (text, kind) => tell("print", text, kind);
const draw = (...command) => tell("draw", command);

async function run(source, filename) {
  const program = python.globals.get("run");
  const error = await (CAN_WAIT ? program.callPromising(source, filename) : program(source, filename));
  tell("done", error?.toJs({ dict_converter: Object.fromEntries }) ?? null);
}
