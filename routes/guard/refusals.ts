// What is refused is said in the log, but not once for each: who sends thousands would fill it.

const sayEveryMs = 60_000;

/**
 * Returns what is to be called for each refusal: it says the first of its words at once, and after that at most once a minute, with
 * how many there were since.
 */
export function refusals(say: (message: string) => void, now = () => performance.now()): (words: string) => void {
  const said = new Map<string, { at: number; unsaid: number }>();
  return (words) => {
    const last = said.get(words);
    if (last && now() - last.at < sayEveryMs) {
      last.unsaid++;
      return;
    }
    said.set(words, { at: now(), unsaid: 0 });
    say(last ? `${words} (${(last.unsaid + 1).toLocaleString("en-US")} times since this was said last)` : words);
  };
}
