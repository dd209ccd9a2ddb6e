// An output of commands that a test can read: as a terminal of a size, or as a file.

import type { Output, Style } from "../../cli/terminal/output.ts";

export interface Paper extends Output {
  /** All that was written. */
  readonly text: string;
}

/** `columns`: it is a terminal. Styles are written as `<style:text>` where `styled`. */
export function paper({ columns, rows = 24, styled = false }: {
  columns?: number;
  rows?: number;
  styled?: boolean;
} = {}): Paper {
  let text = "";
  const write = (more: string) => void (text += more);
  return {
    get text() {
      return text;
    },
    isTerminal: columns !== undefined,
    columns: columns ?? Infinity,
    rows: columns === undefined ? Infinity : rows,
    paint: (style: Style, words) => styled ? `<${style}:${words}>` : words,
    print: (...lines) => write(lines.map((line) => `${line}\n`).join("")),
    printJson: (value) => write(`${JSON.stringify(value)}\n`),
    async copy(stream) {
      for await (const chunk of stream.pipeThrough(new TextDecoderStream() as never)) write(chunk as string);
    },
    write,
  };
}
