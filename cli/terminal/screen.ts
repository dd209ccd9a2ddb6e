// The end of a terminal that is drawn anew in place, below what was printed: where something is now.

import type { Output } from "./output.ts";

export interface Screen extends Disposable {
  /** Prints lines for good, above what is drawn. */
  print(...lines: string[]): void;
  /** What is to be drawn from now on. Each line must fit the width. */
  draw(lines: readonly string[]): void;
  /** Lets something else write to the terminal, above what is drawn. */
  aside(write: () => void): void;
}

/** Nothing is drawn where it is no terminal. Leaving its scope takes away what is drawn. */
export function screenOn(out: Output): Screen {
  let drawn: readonly string[] = [];
  // From the start of the line: a terminal shows `^C` where the cursor was.
  const erase = () => drawn.length === 0 ? "" : `\r\x1b[${drawn.length}A\x1b[J`;
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  return {
    print(...lines) {
      if (lines.length > 0) out.write(erase() + text(lines) + text(drawn));
    },
    draw(lines) {
      if (!out.isTerminal) return;
      out.write(erase() + text(lines));
      drawn = [...lines];
    },
    aside(write) {
      if (drawn.length > 0) out.write(erase());
      write();
      if (drawn.length > 0) out.write(text(drawn));
    },
    [Symbol.dispose]() {
      if (drawn.length > 0) out.write(erase());
      drawn = [];
    },
  };
}

const spinnerFrames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
export const frameMs = 120;

/** What turns while something works; `now` in ms. */
export function spinner(now: number): string {
  return spinnerFrames[Math.floor(now / frameMs) % spinnerFrames.length]!;
}

/** Runs something again and again, until its scope is left. */
export function every(ms: number, run: () => void): Disposable {
  const timer = setInterval(run, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
