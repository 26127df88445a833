// The console: what a program prints, what is typed into it, and what went wrong.

const MOST = 50_000; // characters that stay: of more, the last ones

export class Console {
  // `goTo` is called with the number of a line that is clicked in an error.
  constructor(element, goTo) {
    [this.element, this.goTo] = [element, goTo];
  }

  clear() {
    this.element.replaceChildren(...this.element.querySelectorAll("form")); // where the program waits
  }

  // `kind` is out, err, typed or quiet: its colour.
  print(text, kind) {
    this.add(make("span", { className: kind }, text.slice(-MOST)));
  }

  add(part) {
    this.element.append(part);
    while (this.element.textContent.length > MOST) this.element.firstElementChild.remove();
  }

  // Ask for a line of text, where the program has come to. Returns a promise of it.
  ask(prompt) {
    const input = make("input", { ariaLabel: prompt.trim() || "input", autocomplete: "off", autocapitalize: "off" });
    this.form = make("form", {}, make("span", {}, prompt), input);
    this.add(this.form);
    input.focus();
    return new Promise((resolve) => {
      this.form.onsubmit = () => {
        this.element.focus();
        this.endAsking(`${input.value}\n`);
        resolve(input.value);
        return false;
      };
    });
  }

  // Leave what was typed in the place of its field.
  endAsking(typed) {
    if (!this.form) return;
    this.form.remove();
    this.print(this.form.textContent, "out");
    this.print(typed, "typed");
    this.form = null;
  }

  explain({ sentence, traceback }) {
    const link = (line) => make("button", { type: "button", onclick: () => this.goTo(Number(line.slice(5))) }, line);
    const parts = traceback.split(/(\bline \d+)/).map((part, index) => (index % 2 ? link(part) : part));
    this.add(make("div", { className: "error" }, make("p", {}, sentence), make("pre", {}, ...parts)));
    this.element.lastChild.firstChild.scrollIntoView({ block: "nearest" });
  }
}

export function make(tag, properties, ...parts) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...parts);
  return element;
}
