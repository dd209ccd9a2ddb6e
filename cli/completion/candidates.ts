// What can stand where somebody asks a shell to complete, from the commands themselves.

import type { Argument, Command, Option } from "commander";

export interface Candidate {
  text: string;
  description: string;
}

/** The tasks that can be named; empty where the service does not say. */
export type ReadTasks = () => Promise<Candidate[]>;

/**
 * What can be in the place of the last of `words`, which follow the program's name and begin with it. Nothing: what the shell
 * completes by itself, such as paths.
 */
export async function candidates(root: Command, words: readonly string[], tasks: ReadTasks): Promise<Candidate[]> {
  const last = words.at(-1) ?? "";
  const { command, open, positionals } = walk(root, words.slice(0, -1));
  const found = await possible();
  return found.filter(({ text }) => text.startsWith(last));

  async function possible(): Promise<Candidate[]> {
    if (open) return await ofValue(open, tasks);
    if (last.startsWith("-")) return optionsOf(command);
    if (command.commands.length > 0) return subcommandsOf(command);
    const { registeredArguments } = command;
    const argument = registeredArguments[positionals] ?? registeredArguments.findLast(({ variadic }) => variadic);
    return argument ? await ofValue(argument, tasks) : [];
  }
}

/** The command that the words lead to, the option that waits for its value, and how many arguments there were. */
function walk(root: Command, words: readonly string[]): { command: Command; open: Option | null; positionals: number } {
  let [command, open, positionals] = [root, null as Option | null, 0];
  for (const word of words) {
    if (open) open = null;
    else if (word.startsWith("-")) {
      const option = command.options.find(({ short, long }) => word === short || word === long);
      open = option && (option.required || option.optional) ? option : null;
    } else {
      const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (next) command = next;
      else positionals++;
    }
  }
  return { command, open, positionals };
}

async function ofValue(value: Option | Argument, tasks: ReadTasks): Promise<Candidate[]> {
  if (value.argChoices) return value.argChoices.map((text) => ({ text, description: "" }));
  const name = "flags" in value ? value.flags : value.name();
  return /\btasks?\b/.test(name) ? await tasks() : [];
}

function optionsOf(command: Command): Candidate[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]
    .map(({ long, description }) => ({ text: long ?? "", description }));
}

function subcommandsOf(command: Command): Candidate[] {
  return command.createHelp().visibleCommands(command)
    .map((one) => ({ text: one.name(), description: one.description() }));
}
