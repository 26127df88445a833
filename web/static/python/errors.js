// What is probably wrong with a program, in a sentence: the first that fits the last line of Python's traceback.

const SENTENCES = [
  [/^NameError: .*Did you mean: '(\w+)'/, (found) => `Did you mean ${found[1]}?`],
];

export function explain(error) {
  const last = error.traceback.trim().split("\n").at(-1);
  for (const [pattern, sentence] of SENTENCES) {
    const found = last.match(pattern);
    if (found) return { ...error, sentence: sentence(found) };
  }
  return { ...error, sentence: "" };
}
