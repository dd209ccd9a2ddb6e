// Where a command writes. On a terminal with colours, as wide as it is; to a pipe or a file as plain text of any length.

import type { Tone } from "../../core/view/task_state.ts";

export type Style = Tone | "bold" | "dim" | "head";

const codes: Record<Style, string> = {
  need: "33",
  run: "34",
  wait: "2",
  done: "32",
  fail: "31",
  off: "2",
  bold: "1",
  dim: "2",
  head: "36",
};

export interface Output {
  readonly isTerminal: boolean;
  /** Infinity where it is no terminal. */
  readonly columns: number;
  readonly rows: number;
  /** The text in a style, where there are colours. */
  paint(style: Style, text: string): string;
  /** Writes lines. */
  print(...lines: string[]): void;
  /** Writes one JSON value: indented on a terminal, else as a line. */
  printJson(value: unknown): void;
  /** Copies bytes as they come. */
  copy(stream: ReadableStream<Uint8Array>): Promise<void>;
  write(text: string): void;
}

const encoder = new TextEncoder();

/** Standard output. Writing throws `Deno.errors.BrokenPipe` when nobody reads any more. */
export function standardOutput(): Output {
  const isTerminal = Deno.stdout.isTerminal();
  // As https://no-color.org says; Deno reads that variable.
  const hasColours = isTerminal && !Deno.noColor;
  const write = (text: string) => {
    const bytes = encoder.encode(text);
    for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
  };
  const size = () => {
    try {
      const { columns, rows } = Deno.consoleSize();
      // A terminal that nobody gave a size says 0.
      if (columns > 0 && rows > 0) return { columns, rows };
    } catch { /* it has none */ }
    return { columns: 80, rows: 24 };
  };
  return {
    isTerminal,
    get columns() {
      return isTerminal ? size().columns : Infinity;
    },
    get rows() {
      return isTerminal ? size().rows : Infinity;
    },
    paint: (style, text) => hasColours && text !== "" ? `\x1b[${codes[style]}m${text}\x1b[0m` : text,
    print: (...lines) => write(lines.map((line) => `${line}\n`).join("")),
    printJson: (value) => write(`${isTerminal ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`),
    async copy(stream) {
      for await (const chunk of stream) {
        for (let written = 0; written < chunk.length;) written += Deno.stdout.writeSync(chunk.subarray(written));
      }
    },
    write,
  };
}
