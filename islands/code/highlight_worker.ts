// Colours code for highlighter.ts, one piece at a time. A program of its own, so that it is loaded late and can be ended.

import { colouredLines } from "./syntax.ts";

const port = self as unknown as {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(message: unknown): void;
};
// The first line is the language, the others are the code.
port.onmessage = ({ data }) => {
  const end = data.indexOf("\n");
  port.postMessage({ answer: colouredLines(data.slice(end + 1), data.slice(0, end)) });
};
port.postMessage("ready");
