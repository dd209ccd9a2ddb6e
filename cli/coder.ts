// The command line: `deno task coder`, or `coder` once it is installed. Reads arguments and environment, runs one command, and
// ends with its exit code.

import denoJson from "../deno.json" with { type: "json" };
import { type Command, CommanderError } from "commander";
import { Api } from "./api.ts";
import { type ExitCode, exitCodes, Failure } from "./failure.ts";
import { findService, rootOf } from "./find_service.ts";
import { program } from "./program.ts";
import type { Desk } from "./session.ts";
import { standardOutput } from "./terminal/output.ts";

const variable = (name: string) => Deno.env.get(name);

function desk({ json }: { json: boolean }): Desk {
  return {
    out: standardOutput(),
    isJson: json,
    note: (text) => console.error(text),
    input: () => Deno.stdin.isTerminal() ? null : Deno.stdin.readable,
    onInterrupt,
  };
}

async function service(): Promise<Api> {
  return new Api(await findService({ variable, root: rootOf(import.meta.url) }));
}

/** As a shell tells of a program that Ctrl-C has ended. */
const interruptedCode = 130;

function onInterrupt(act: () => void): Disposable {
  const heard = () => {
    act();
    Deno.exit(interruptedCode);
  };
  Deno.addSignalListener("SIGINT", heard);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", heard) };
}

async function run(args: string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const coder = program({ version: denoJson.version, desk, service, end: (ended) => code = ended });
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
