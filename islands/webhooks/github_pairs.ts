// Repositories there and here, as a person writes them. Pure.

/** Lines of `owner/name=name here`; one without a name here is of `first`. What is wrong with a name, the service says. */
export function readPairs(text: string, first: string): Record<string, string> {
  const lines = text.split(/[\n,]/).map((line) => line.trim()).filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => {
    const at = line.indexOf("=");
    return at < 0 ? [line, first] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
}
