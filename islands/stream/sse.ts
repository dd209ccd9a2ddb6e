// Server-sent events out of any chunks of text; source: HTML Living Standard, "Interpreting an event stream". Pure.
// EventSource cannot send the cursor of a page that starts again, so the pages read the stream with fetch and this.

export interface SseFrame {
  event: string;
  data: string;
  /** The last id seen; null when there was none yet. */
  id: string | null;
}

/** Feed it text; it gives the frames that are complete. */
export function sseParser(): (chunk: string) => SseFrame[] {
  let rest = "";
  let event = "";
  let data: string[] = [];
  let id: string | null = null;
  return (chunk) => {
    const frames: SseFrame[] = [];
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) frames.push({ event: event || "message", data: data.join("\n"), id });
        event = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event = value;
      else if (field === "data") data.push(value);
      else if (field === "id" && !value.includes("\0")) id = value;
    }
    return frames;
  };
}
