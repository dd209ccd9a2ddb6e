// The command line: `deno task coder`, or `coder` once it is installed. Reads arguments and environment, runs one command, and
// ends with its exit code.

import denoJson from "../deno.json" with { type: "json" };
import { type Command, CommanderError } from "commander";
import { Api } from "./api.ts";
import { type ExitCode, exitCodes, Failure } from "./failure.ts";
import { findService, rootOf } from "./find_service.ts";
import { program } from "./program.ts";
import type { Session } from "./session.ts";
import { standardOutput } from "./terminal/output.ts";

const variable = (name: string) => Deno.env.get(name);

async function session({ json = false }: { json?: boolean }): Promise<Session> {
  return {
    api: new Api(await findService({ variable, root: rootOf(import.meta.url) })),
    out: standardOutput(),
    isJson: json,
    note: (text) => console.error(text),
    input: async () => Deno.stdin.isTerminal() ? null : await new Response(Deno.stdin.readable).text(),
  };
}

async function run(args: string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const coder = program({ version: denoJson.version, session, end: (ended) => code = ended });
  try {
    for (const command of allOf(coder)) command.exitOverride();
    await coder.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // It has printed its words.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (error instanceof Deno.errors.BrokenPipe) return exitCodes.done;
    if (!(error instanceof Failure)) throw error;
    console.error(`coder: ${error.message}`);
    return error.code;
  }
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

Deno.exit(await run(Deno.args));
