// Colours code for highlighter.ts, one piece at a time. A program of its own, so that it is loaded late and can be ended.

import { colouredLines, loadLanguages, unknownLanguages } from "./syntax.ts";

const port = self as unknown as {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(message: unknown): void;
};
// The first line is the language, the others are the code.
port.onmessage = async ({ data }) => {
  const end = data.indexOf("\n");
  const [language, text] = [data.slice(0, end), data.slice(end + 1)];
  const unknown = unknownLanguages(text, language);
  if (unknown.length > 0) {
    port.postMessage("loading");
    try {
      await loadLanguages(unknown);
    } catch { /* the service is away: what could not be loaded has no colours */ }
    port.postMessage("ready");
  }
  port.postMessage({ answer: colouredLines(text, language) });
};
port.postMessage("ready");
