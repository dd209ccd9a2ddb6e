// Reads Markdown for markdown_reader.ts, one text at a time. A program of its own, so that it can be ended.

import { markdownTokens } from "./markdown_lexer.ts";

const port = self as unknown as {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(message: unknown): void;
};
port.onmessage = ({ data }) => port.postMessage({ answer: markdownTokens(data) });
port.postMessage("ready");
