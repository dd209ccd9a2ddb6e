// Terminal output as text with a few styles. Pure. Colours and styles of letters are kept, a line that is written over shows
// what a terminal would show last, and every other control sequence is dropped: what an agent's tool prints can neither move
// a cursor to another line nor hide text here.

import { ansiClass, type AnsiStyle, plainStyle, styled } from "./ansi_style.ts";

export interface AnsiSegment {
  text: string;
  /** Names for its looks, such as `ansi-red ansi-bold`; empty for plain text. */
  class: string;
}

// CSI sequences, OSC strings closed by BEL or ST on their line, and two-character escapes: of a string that is not closed the
// escape alone goes, so that it takes nothing with it.
// deno-lint-ignore no-control-regex
const escapes = /\x1b\[([0-9;:?<=>]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]?|\x9b/g;
// deno-lint-ignore no-control-regex
const controls = /[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

export function ansiSegments(text: string): AnsiSegment[] {
  const screen = new Screen();
  let style = plainStyle;
  let from = 0;
  for (const match of text.matchAll(escapes)) {
    screen.write(text.slice(from, match.index), style);
    from = match.index + match[0].length;
    const codes = match[1] ?? "";
    if (match[2] === "m") style = styled(codes, style);
    else if (match[2] === "K") screen.erase(codes);
  }
  screen.write(text.slice(from), style);
  return screen.end();
}

/** Without any control sequence. */
export function plainText(text: string): string {
  return ansiSegments(text).map((segment) => segment.text).join("");
}

/** What was written, line by line; the last line can still be written over. */
class Screen {
  readonly #segments: AnsiSegment[] = [];
  /** The last line, a character and its class each. */
  #line: [character: string, name: string][] = [];
  #column = 0;

  write(text: string, style: AnsiStyle): void {
    const name = ansiClass(style);
    const lines = text.replaceAll("\r\n", "\n").replace(controls, "").split("\n");
    lines.forEach((line, index) => {
      if (index > 0) this.#newLine(name);
      // Most lines are only ever written once.
      if (index < lines.length - 1 && this.#line.length === 0 && !/[\r\b]/.test(line)) this.#add(line, name);
      else this.#writeOver(line, name);
    });
  }

  /** `K`: to the end of the line, to its start (1), or all of it (2). */
  erase(codes: string): void {
    if (codes === "" || codes === "0") this.#line.length = Math.min(this.#line.length, this.#column);
    else if (codes === "1" || codes === "2") {
      this.#line = this.#line.map((cell, at) => codes === "2" || at <= this.#column ? [" ", ""] : cell);
    }
  }

  end(): AnsiSegment[] {
    this.#flush();
    return this.#segments;
  }

  #writeOver(text: string, name: string): void {
    for (const character of text) {
      if (character === "\r") this.#column = 0;
      else if (character === "\b") this.#column = Math.max(0, this.#column - 1);
      else this.#line[this.#column++] = [character, name];
    }
  }

  #newLine(name: string): void {
    this.#flush();
    this.#add("\n", name);
  }

  #flush(): void {
    while (this.#line.at(-1)?.[0] === " " && this.#column < this.#line.length) this.#line.pop();
    for (const [character, name] of this.#line) this.#add(character, name);
    this.#line = [];
    this.#column = 0;
  }

  #add(text: string, name: string): void {
    if (text === "") return;
    const last = this.#segments.at(-1);
    if (last && last.class === name) last.text += text;
    else this.#segments.push({ text, class: name });
  }
}
