// A guard that is taken out to see whether a test notices.

/** One change of one file. */
export interface Mutant {
  /** What is lost without the guard. */
  name: string;
  /** The file, from the top folder. */
  file: string;
  /** The guard, which is there exactly once. */
  text: string;
  /** What is there instead. */
  broken: string;
  /** Files of tests of which one fails then. */
  tests: string[];
}

/** The file without the guard. Throws when its text is not there exactly once: then the list is older than the file. */
export function breakGuard(content: string, { name, file, text, broken }: Mutant): string {
  const [before, after, ...more] = content.split(text);
  if (after === undefined || more.length > 0) {
    throw new Error(`${name}: its text is ${after === undefined ? "not" : "more than once"} in ${file}`);
  }
  return before + broken + after;
}
