// What is probably wrong with a program, in a sentence: the first that fits what Python says.

const SENTENCES = [
  [/^NameError: .*Did you forget to import '(\w+)'/, (name) => `Write “import ${name}” at the top of your program.`],
  [/^NameError: name '(\w+)'.*Did you mean: '(\w+)'/, (name, meant) => `“${name}” is not known. Did you mean “${meant}”, or a text in quotes?`],
  [/^NameError: name '(\w+)'/, (name) => `“${name}” is not known here. Is it misspelled, or a text without quotes?`],
  [/^UnboundLocalError: .*variable '(\w+)'/, (name) => `This function sets its own “${name}”, but only later. Give it the value as an argument.`],
  [/^IndentationError: unexpected indent/, "This line has more spaces in front than the line above. Put it exactly under that."],
  [/^IndentationError: expected an indented block after (.+) on/, (what) => `Put 4 spaces in front of each line that belongs to the ${what}.`],
  [/^IndentationError/, "This line has other spaces in front than the lines above. Put it exactly under one of them."],
  [/^TabError/, "Some lines begin with tabs and others with spaces. Use spaces everywhere."],
  [/^SyntaxError: 'await'/, "In this old browser, input() works only outside of functions."],
  [/^SyntaxError: expected ':'/, "A colon is missing at the end of this line."],
  [/^SyntaxError: unterminated f?-?.*string/, "A quote is missing: a text ends with the quote with which it began."],
  [/^SyntaxError: '(.)' was never closed/, (bracket) => `This “${bracket}” is never closed.`],
  [/^SyntaxError: unmatched '(.)'/, (bracket) => `There is a “${bracket}” too many.`],
  [/^SyntaxError: Missing parentheses in call to '(\w+)'/, (name) => `${name} needs parentheses around what follows it.`],
  [/^SyntaxError: .*meant '=='/, "To compare two values, write two signs: =="],
  [/^SyntaxError: .*forgot a comma/, "Something is missing between two values: a comma, a quote, or a sign like +."],
  [/^SyntaxError/, "Python can't read this line. Look also at the end of the line above."],
  [/^KeyError: (.+)/, (key) => `There is no ${key} in it. If it is a reply, print the whole: it says what was wrong.`],
  [/^TypeError: (can only concatenate str|unsupported operand .*'str')/, "Text and number don't mix. str(...) makes a text of a number, int(...) a number of a text."],
  [/^TypeError: string indices/, "This is a text and no dictionary. Did you forget .json()?"],
  [/^TypeError: '(\w+)' object is not callable/, (type) => `Only functions can have parentheses after them, and this is of the type ${type}.`],
  [/^TypeError: .*NoneType/, "Here is None, where a value should be. Which function returned nothing?"],
  [/^TypeError: (\S+)\(\) missing (\d+)/, (name, number) => `${name}() needs ${number} more in its parentheses.`],
  [/^(http\.client|urllib\.error)/, "From a browser, only the library requests can ask a server."],
  [/^ModuleNotFoundError: No module named '(turtle|tkinter|pygame)/, (name) => `${name} can't draw in a browser. Use “from here import picture”.`],
  [/^ModuleNotFoundError: No module named 'request'/, "The library is called requests, with an s at the end."],
  [/^ModuleNotFoundError: .*?'([\w.]+)'/, (name) => `Python in the browser has no “${name}”. It has requests, and what comes with Python.`],
  [/^RuntimeError: can't start new thread/, "A browser has no threads for Python. Do one thing after the other, in a loop."],
  [/^(?:AttributeError|ImportError): .*(?:[Dd]id you mean|Did you mean): '(\w+)'/, (meant) => `Did you mean “${meant}”?`],
  [/^AttributeError: '(\w+)' object has no attribute '(\w+)'/, (type, name) => `Nothing of the type ${type} has a “${name}”.`],
  [/^IndexError/, "It has fewer items than that. The first one has the number 0."],
  [/^ValueError: invalid literal for int.*: (.*)/, (text) => `int() makes a number of digits, and ${text} is something else.`],
  [/^ValueError: could not convert string to float: (.*)/, (text) => `float() makes a number of digits, and ${text} is something else.`],
  [/^ZeroDivisionError/, "Nothing can be divided by 0. See how this number became 0."],
  [/^RecursionError/, "A function calls itself again and again, and never comes to an end."],
  [/^MemoryError/, "The program needs more memory than there is."],
  [/^requests\.exceptions\.ConnectionError: .*'(https?:\/\/[^/']+)/, unanswered],
  [/^requests\.exceptions\.ConnectionError/, "The server does not answer."],
  [/^requests\.exceptions\.(Timeout|ReadTimeout|ConnectTimeout)/, "The server did not answer in time."],
  [/^requests\.exceptions\.(MissingSchema|InvalidSchema|InvalidURL)/, "This is no whole URL. It begins with http:// and the address of the server."],
  [/JSONDecodeError/, "The reply is not JSON. Did you forget format=json?"],
  [/^KeyboardInterrupt/, "You stopped it."],
];

function unanswered(origin) {
  if (origin === location.origin) return "The server does not answer. Is it running?";
  return `A program in this page can ask only this server: ${location.origin}/`;
}

// An error as the worker tells it, with a sentence, or an empty one for what is rare.
export function explain(error) {
  for (const [pattern, sentence] of SENTENCES) {
    const found = error.traceback.match(new RegExp(pattern, "m"));
    if (found) return { ...error, sentence: sentence.call ? sentence(...found.slice(1)) : sentence };
  }
  return { ...error, sentence: "" };
}
