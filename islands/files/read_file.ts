// Reads one file of a task's work for a page: text up to a limit; of anything else only what it is.

import { call, fileUrl } from "../stream/api.ts";
import { shownMax } from "../parts/text_part.ts";

export type FileContent =
  | { kind: "text"; text: string; isCut: boolean }
  | { kind: "image"; src: string }
  | { kind: "binary"; bytes: number };

/** `at`: a point of the review, such as `now`. Throws `Problem`. */
export async function readFile(
  { task, path, at }: { task: number; path: string; at: string },
  signal: AbortSignal,
): Promise<FileContent> {
  const src = fileUrl(task, path, at);
  const response = await call(src, { signal });
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("image/")) {
    await response.body?.cancel();
    return { kind: "image", src };
  }
  if (!type.startsWith("text/")) return { kind: "binary", bytes: (await response.arrayBuffer()).byteLength };
  const text = await response.text();
  return { kind: "text", text: text.slice(0, shownMax), isCut: text.length > shownMax };
}
