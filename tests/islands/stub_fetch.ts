// Stands in for the network of a page: a page asks by paths alone.

/** `answer`: of each path that is asked for while `run` runs. */
export async function withFetch(answer: (url: URL) => Response, run: () => Promise<void>): Promise<void> {
  const real = globalThis.fetch;
  globalThis.fetch = (path) => Promise.resolve(answer(new URL(String(path), "http://service")));
  try {
    await run();
  } finally {
    globalThis.fetch = real;
  }
}
