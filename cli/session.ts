// What every command is given: where to write, what the person handed in, and for most of them the service to ask.

import type { Api } from "./api.ts";
import { Failure } from "./failure.ts";
import type { Output } from "./terminal/output.ts";

export interface Desk {
  out: Output;
  /** Whether to print what the API answers instead of words. */
  isJson: boolean;
  /** Says something that is no part of the result: to stderr. */
  note(text: string): void;
  /** Standard input; null where it is a terminal. */
  input(): ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Does something when the person ends the command by Ctrl-C, before it ends. */
  onInterrupt(act: () => void): Disposable;
}

export interface Session extends Desk {
  api: Api;
}

/**
 * A text from the words of the command line, from a file (`-`: standard input), or from what is piped in. A word `-` stands for
 * what is piped in; without it nothing is read beside words, since an input that nobody closes would be waited for. Throws
 * `Failure` of kind `usage` where there is none; `what` names it.
 */
export async function textFrom(
  { input }: Pick<Desk, "input">,
  { words, file, what }: { words: readonly string[]; file?: string; what: string },
): Promise<string> {
  if (words.length > 0 && file !== undefined) {
    throw new Failure("usage", `Give the ${what} as words or with --file, not both`);
  }
  const at = words.indexOf("-");
  const text = file !== undefined && file !== "-"
    ? await readFile(file)
    : words.length > 0 && at < 0
    ? words.join(" ")
    : withPiped(words, await new Response(input()).text());
  if (text.trim() !== "") return text;
  throw new Failure("usage", `There is no ${what}: give it in quotes, with --file, or by a pipe`);
}

/** What is piped in, apart from the words before and after its `-`: the first line stays what it is about. */
function withPiped(words: readonly string[], piped: string): string {
  const at = words.indexOf("-");
  const [before, after] = [words.slice(0, Math.max(0, at)).join(" "), words.slice(at + 1).join(" ")];
  if (before + after !== "" && piped.trim() === "") {
    throw new Failure("usage", "The word - stands for what is piped in, and nothing is");
  }
  return [before, piped, after].filter((part) => part.trim() !== "").join("\n\n");
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new Failure("usage", `Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
