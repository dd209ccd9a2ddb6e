// The options of a command for who works on the project.

import { parseArgs, type ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Reads the arguments; what is none of the options is said, with those that there are, and ends the program with 2. */
export function readOptions<T extends Options>(options: T) {
  try {
    return parseArgs({ args: Deno.args, options }).values;
  } catch (error) {
    const words = Object.entries(options).map(([name, { type }]) => `[--${name}${type === "string" ? " …" : ""}]`);
    console.error(`${(error as Error).message.replace(/\. To specify.*/s, "")}. Options: ${words.join(" ")}`);
    Deno.exit(2);
  }
}
