// The editor: Ace, with the colours of the house, and without what a first program doesn't need.

const UNUSED = ["find", "findnext", "findprevious", "replace", "gotoline", "showSettingsMenu", "openCommandPalette"];

export class Editor {
  // `element` has the first program as its text. `on` hears change(source), and leave() when somebody presses Esc.
  constructor(element, on) {
    ace.config.set("useStrictCSP", true); // its styles are in ace.css and python.css
    const plain = { enableMultiselect: false, displayIndentGuides: false, showFoldWidgets: false, showPrintMargin: false };
    this.ace = ace.edit(element, { theme: { cssClass: "ace-sea" }, textInputAriaLabel: "Your program", ...plain });
    this.ace.commands.removeCommands(UNUSED); // so that the browser has these keys
    this.ace.commands.addCommand({ name: "leave", bindKey: "Esc", exec: on.leave });
    this.ace.on("change", () => [this.unmark(), on.change(this.source)]);
  }

  get source() {
    return this.ace.getValue();
  }

  open(source) {
    const session = ace.createEditSession(source, "ace/mode/python");
    session.setUseWrapMode(true);
    this.ace.setSession(session);
    this.ace.textInput.setAriaLabel();
    this.marked = null;
  }

  // Mark the line of an error.
  mark(line) {
    this.marked = this.ace.session.highlightLines(line - 1, line - 1, "wrong");
    this.ace.session.setBreakpoint(line - 1, "wrong"); // which colours its number
    this.ace.scrollToLine(line - 1, true);
  }

  unmark() {
    this.ace.session.removeMarker(this.marked?.id);
    this.ace.session.clearBreakpoints();
  }

  goTo(line) {
    this.ace.gotoLine(line, Infinity);
    this.ace.focus();
  }
}
