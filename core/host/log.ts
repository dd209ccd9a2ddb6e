// What the service itself says: one line for each thing, as text for a person or as JSON for a machine.
//
// Whatever a line quotes (the name of a folder that an agent made, a program's error, a path of a request) stays within it:
// control characters and line ends are written as escapes, here and nowhere else, so that nobody can paint on a terminal or
// forge a line. A line of text begins with its time; where an error was not expected, the places in the sources follow on
// lines that begin with four spaces. Secrets that the service knows of are left out.

import { DomainError, messageOf } from "../domain/error.ts";
import type { About } from "../domain/ports.ts";

export type LogFormat = "text" | "json";

export interface Log {
  info(message: string, about?: About): void;
  /** `error`: what went wrong, or null. */
  warn(message: string, error: unknown, about?: About): void;
  error(message: string, error: unknown, about?: About): void;
}

export interface LogOptions {
  format: LogFormat;
  /** In ms since 1970. */
  now: () => number;
  /** By default what is good news goes to stdout, the rest to stderr. */
  write?: (line: string, level: Line["level"]) => void;
  /** Never written. */
  secrets?: (string | null | undefined)[];
}

interface Line {
  time: string;
  level: "info" | "warn" | "error";
  message: string;
  task?: number;
  run?: number;
  error?: string;
  /** Where it was thrown. */
  stack?: string[];
}

/** A name or a text of somebody else's, to be printed: on one line, and with nothing in it that a terminal obeys. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (one) => escapes[one] ?? `\\u{${one.codePointAt(0)!.toString(16)}}`);
}

// Controls, line ends, what changes the direction of text, and halves of surrogates.
const unprintable = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;
const escapes: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

export function logger({ format, now, write = print, secrets = [] }: LogOptions): Log {
  const hidden = secrets.filter((one) => typeof one === "string" && one !== "") as string[];

  const shown = (text: string) => hidden.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);

  function say(level: Line["level"], message: string, { error, about }: { error: unknown; about?: About }): void {
    const line = lineOf(level, message, { error, about, shown, time: new Date(now()).toISOString() });
    write(format === "json" ? jsonOf(line) : textOf(line), level);
  }

  return {
    info: (message, about) => say("info", message, { error: null, about }),
    warn: (message, error, about) => say("warn", message, { error, about }),
    error: (message, error, about) => say("error", message, { error, about }),
  };
}

function print(line: string, level: Line["level"]): void {
  if (level === "info") console.log(line);
  else console.error(line);
}

function lineOf(
  level: Line["level"],
  message: string,
  { error, about = {}, shown, time }: {
    error: unknown;
    about?: About;
    shown: (text: string) => string;
    time: string;
  },
): Line {
  const { task, run } = about;
  // An expected error says all there is to say; of any other it matters where it came from.
  const frames = error instanceof Error && !(error instanceof DomainError)
    ? (error.stack ?? "").split("\n").filter((line) => /^ +at /.test(line)).map((line) => shown(line.trim()))
    : [];
  return {
    time,
    level,
    message: shown(message),
    ...(task !== undefined && { task }),
    ...(run !== undefined && { run }),
    ...(error !== null && error !== undefined && { error: shown(messageOf(error)) }),
    ...(frames.length > 0 && { stack: frames }),
  };
}

function textOf({ time, level, message, task, run, error, stack = [] }: Line): string {
  const where = [task !== undefined && `task ${task}`, run !== undefined && `run ${run}`].filter((one) =>
    one !== false
  );
  const words = printable(`${message}${error === undefined ? "" : `: ${error}`}`);
  return [
    `${time} ${level} ${words}${where.length > 0 ? ` [${where.join(", ")}]` : ""}`,
    ...stack.map((line) => `    ${printable(line)}`),
  ].join("\n");
}

/** A reader of JSON gets every text as it was; only on its way there nothing of it may be obeyed. */
function jsonOf(line: Line): string {
  return JSON.stringify(line).replaceAll(
    unprintable,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
