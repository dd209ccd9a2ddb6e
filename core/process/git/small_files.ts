// Small files in git folders, read and written whole.

/** The trimmed text of a file; null when it is not there or cannot be read. */
// Synchronous: a turn of the event loop for each of many tiny files would take ten times as long as the reading.
export function readTextIfThere(path: string): string | null {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return null;
  }
}

/** Writes beside and renames, so that the file is there whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}
