// What every command is given: the service to ask, where to write, and what the person handed in.

import type { Api } from "./api.ts";
import { Failure } from "./failure.ts";
import type { Output } from "./terminal/output.ts";

export interface Session {
  api: Api;
  out: Output;
  /** Whether to print what the API answers instead of words. */
  isJson: boolean;
  /** Says something that is no part of the result: to stderr. */
  note(text: string): void;
  /** Standard input as a text; null where it is a terminal. */
  input(): Promise<string | null>;
}

/**
 * A text from the words of the command line, from a file (`-`: standard input), or from what is piped in. Throws `Failure` of
 * kind `usage` where there is none; `what` names it.
 */
export async function textFrom(
  { input }: Pick<Session, "input">,
  { words, file, what }: { words: readonly string[]; file?: string; what: string },
): Promise<string> {
  if (words.length > 0 && file !== undefined) {
    throw new Failure("usage", `Give the ${what} as words or with --file, not both`);
  }
  const text = words.length > 0 && words.join(" ") !== "-"
    ? words.join(" ")
    : file === undefined || file === "-"
    ? await input()
    : await readFile(file);
  if (text !== null && text.trim() !== "") return text;
  throw new Failure("usage", `There is no ${what}: give it in quotes, with --file, or by a pipe`);
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new Failure("usage", `Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
