// The commands with their arguments, as help, completions and errors tell of them. What a command does is loaded when it is
// called, so that the program starts fast.

import { Argument, Command, Option } from "commander";
import { scopes, type TokenIdentity } from "../core/domain/access_token.ts";
import { landingMethods } from "../core/domain/event.ts";
import { efforts } from "../core/domain/task_spec.ts";
import { statuses } from "../core/domain/task.ts";
import type { Api } from "./api.ts";
import type { AddOptions } from "./commands/add.ts";
import type { ListOptions } from "./commands/list.ts";
import type { DiffOptions, ExportOptions } from "./commands/read.ts";
import type { ForkOptions } from "./commands/carry.ts";
import type { LandOptions } from "./commands/watch.ts";
import { type Shell, shells } from "./completion/scripts.ts";
import type { ExitCode } from "./failure.ts";
import { count, dollars, labels, taskId, taskIds, taskList, wholeNumber } from "./parameters.ts";
import type { Desk, Session } from "./session.ts";

export interface ProgramOptions {
  version: string;
  /** What every command works with; `json`: whether the person asked for JSON. */
  desk(options: { json: boolean }): Desk;
  /** The service, looked for when a command needs it. */
  service(): Promise<Api>;
  /** Takes the exit code of the command that ran. */
  end(code: ExitCode): void;
}

const exitWords = `
Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 no service answers. watch and land exit by what became of it.
The service is found by CODER_URL and CODER_TOKEN, else by the data folder of this installation.`;

const completionHelp = `
bash: echo 'source <(coder completions bash)' >> ~/.bashrc
zsh:  echo 'source <(coder completions zsh)' >> ~/.zshrc      (after compinit)
fish: coder completions fish > ~/.config/fish/completions/coder.fish`;

export function program({ version, desk, service, end }: ProgramOptions): Command {
  const root = new Command("coder")
    .description("Fills a Personal Coder's queue, watches it and reads what came of it")
    .version(version)
    .option("--json", "print JSON")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", exitWords)
    .showHelpAfterError("(coder help tells more)");

  const command = (name: string, description: string) => root.command(name).description(description);
  /** An action that needs no service: its code is the program's. */
  const runAlone = <Options extends object, Args extends unknown[]>(
    act: (desk: Desk, options: Options, ...args: Args) => Promise<ExitCode>,
  ) =>
  async (...given: unknown[]) => {
    // commander hands on the arguments, then the options, then the command.
    const [args, options, command] = [given.slice(0, -2) as Args, given.at(-2) as Options, given.at(-1) as Command];
    end(await act(desk({ json: command.optsWithGlobals().json === true }), options, ...args));
  };
  const run = <Options extends object, Args extends unknown[]>(
    act: (session: Session, options: Options, ...args: Args) => Promise<ExitCode>,
  ) =>
    runAlone<Options, Args>(async (desk, options, ...args) =>
      await act({ ...desk, api: await service() }, options, ...args)
    );
  const one = () => new Argument("<task>", "its number").argParser(taskId);
  const several = () => new Argument("<tasks...>", "their numbers").argParser(taskIds);

  command("add", "Add a task")
    .argument("[prompt...]", "what is to be done, with - for what is piped in; else --file, or all that is piped in")
    .option("-f, --file <path>", "read the prompt from a file; -: from standard input")
    .option("-t, --title <text>", "a title; by default the prompt's first line")
    .option("-r, --repo <name>", "the repository it is for")
    .option("-b, --base <ref>", "a branch, tag or commit to start from, or task:12")
    .option("-a, --after <tasks>", "tasks that must be completed first", taskList)
    .option("-p, --priority <number>", "higher goes first", wholeNumber)
    .option("--plan", "propose a plan first, and wait for its approval")
    .option("-c, --check <command>", "a command line that judges the result")
    .option("--no-check", "no check, whatever the repository says")
    .addOption(new Option("--land <when>", "auto: what is good lands by itself").choices(["auto", "never"]))
    .option("-m, --model <name>", "the model")
    .addOption(new Option("--effort <effort>", "how much the model thinks").choices(efforts))
    .option("--fallback-model <names>", "models for when that one is busy")
    .option("--attempts <number>", "runs before it counts as failed", count)
    .option("--timeout <seconds>", "for each run", count)
    .option("--budget <dollars>", "for all runs together", dollars)
    .option("--label <name=value>", "what the worker must have", labels)
    .option("--key <text>", "an idempotency key: with the same one again there is no second task")
    .option("-w, --watch", "watch it until it is over")
    .action(
      run(async (session, options: AddOptions, words: string[]) =>
        (await import("./commands/add.ts")).add(session, words, options)
      ),
    );

  command("list", "List tasks, newest first").alias("ls")
    .addOption(new Option("-s, --status <status>", "only these").choices(statuses))
    .option("-q, --search <text>", "only with this text in title or prompt")
    .option("-n, --limit <number>", "how many at most", count, 20)
    .action(
      run(async (session, options: ListOptions) => (await import("./commands/list.ts")).list(session, options)),
    );

  command("show", "Show a task: its state, its prompt, its plan, what it said last")
    .addArgument(one())
    .action(run(async (session, _, id: number) => (await import("./commands/show.ts")).show(session, id)));

  command("watch", "Watch a task live, several as a board, or with none the whole queue")
    .addArgument(new Argument("[tasks...]", "their numbers").argParser(taskIds))
    .option("--after <seq>", "of one task: only what came after this event", wholeNumber)
    .action(
      run(async (session, options: { after?: number }, ids: number[] = []) =>
        (await import("./commands/watch.ts")).watch(session, ids, options)
      ),
    );

  command("logs", "Print what the agent wrote, byte for byte")
    .addArgument(one())
    .action(
      run(async (session, _, id: number) => (await import("./commands/read.ts")).logs(session, id)),
    );

  command("diff", "Print what a task changed")
    .addArgument(one())
    .option("--from <moment>", "base, merge-base, run-2, review, task-12")
    .option("--to <moment>", "the same; by default now")
    .option("--ignore-space", "lines that differ in white space only are the same")
    .action(
      run(async (session, options: DiffOptions, id: number) =>
        (await import("./commands/read.ts")).diff(session, id, options)
      ),
    );

  command("why", "Tell why a task runs or waits")
    .addArgument(one())
    .option("--at <seq>", "as it was after this event", count)
    .action(
      run(async (session, options: { at?: number }, id: number) =>
        (await import("./commands/read.ts")).why(session, id, options)
      ),
    );

  command("message", "Send a follow-up to the agent; a task that is over goes on with it")
    .addArgument(one())
    .argument("[text...]", "the words, with - for what is piped in; else --file, or all that is piped in")
    .option("-f, --file <path>", "read them from a file; -: from standard input")
    .action(
      run(async (session, { file }: { file?: string }, id: number, words: string[]) =>
        (await import("./commands/ask.ts")).message(session, id, { words, file })
      ),
    );

  command("approve", "Approve the plans of tasks")
    .addArgument(several())
    .action(
      run(async (session, _, ids: number[]) =>
        (await import("./commands/ask.ts")).ask(session, ids, { path: "plan/approve" })
      ),
    );

  command("reject", "Send a plan back with what is to be changed")
    .addArgument(one())
    .argument("[feedback...]", "the words, with - for what is piped in; else --file, or all that is piped in")
    .option("-f, --file <path>", "read them from a file; -: from standard input")
    .action(
      run(async (session, { file }: { file?: string }, id: number, words: string[]) =>
        (await import("./commands/ask.ts")).reject(session, id, { words, file })
      ),
    );

  command("cancel", "Cancel tasks")
    .addArgument(several())
    .action(
      run(async (session, _, ids: number[]) =>
        (await import("./commands/ask.ts")).ask(session, ids, { path: "cancel" })
      ),
    );

  command("retry", "Try finished tasks again from the start")
    .addArgument(several())
    .action(
      run(async (session, _, ids: number[]) =>
        (await import("./commands/ask.ts")).ask(session, ids, { path: "retry" })
      ),
    );

  command("land", "Land the work of a task, and wait for that")
    .addArgument(one())
    .option("--target <branch>", "by default as the repository says")
    .addOption(new Option("--method <method>", "how it lands there").choices(landingMethods))
    .option("--message <text>", "of the commit that is made")
    .option("--no-wait", "only ask for it")
    .action(
      run(async (session, options: LandOptions, id: number) =>
        (await import("./commands/watch.ts")).land(session, id, options)
      ),
    );

  command("export", "Write the whole history of a task, as one file")
    .addArgument(one())
    .option("-o, --output <path>", "where to; by default standard output")
    .addOption(
      new Option("--bundle [files]", "with its files; thin: without what its base has").choices(["whole", "thin"])
        .preset("whole"),
    )
    .action(
      run(async (session, options: ExportOptions, id: number) =>
        (await import("./commands/read.ts")).exportTask(session, id, options)
      ),
    );

  command("import", "Take in the history of a task that was exported elsewhere, to be read and forked here")
    .argument("<file>", "what export wrote; -: from standard input")
    .option(
      "--repo <name>",
      "the repository of the service that it goes to; by default the one that is called as there",
    )
    .action(
      run(async (session, options: { repo?: string }, file: string) =>
        (await import("./commands/carry.ts")).importFile(session, file, options)
      ),
    );

  command("fork", "Make a new task that goes on from a moment of another one")
    .addArgument(one())
    .argument("[prompt...]", "what is to be done from there, with - for what is piped in; by default as it was then")
    .option("-f, --file <path>", "read the prompt from a file; -: from standard input")
    .option("--at <event>", "the number of an event; by default the last one", taskId)
    .option("-t, --title <text>", "a title; by default the prompt's first line")
    .option("--key <text>", "an idempotency key: with the same one again there is no second task")
    .action(
      run(async (session, options: ForkOptions, id: number, words: string[]) =>
        (await import("./commands/carry.ts")).fork(session, id, { ...options, words })
      ),
    );

  command("open", "Open the page of a task, or the board, in the browser")
    .addArgument(new Argument("[task]", "its number").argParser(taskId))
    .action(run(async (session, _, id: number | undefined) => (await import("./commands/read.ts")).open(session, id)));

  command("mcp", "Serve the queue as MCP tools over stdio, for an agent at your keyboard")
    .action(run(async (session) => (await import("./commands/mcp.ts")).mcp(session, { version })));

  const token = command("token", "Tokens that open a part of the API");
  const tokenCommand = (name: string, description: string) => token.command(name).description(description);

  tokenCommand("create", "Make a token; it is printed once, and only a hash of it is kept")
    .requiredOption("--name <name>", "it stands in the log beside what is done with it")
    .addOption(new Option("--scope <scope>", "what it permits").choices(scopes).makeOptionMandatory())
    .action(
      run(async (session, options: TokenIdentity) =>
        (await import("./commands/token.ts")).createToken(session, options)
      ),
    );

  tokenCommand("list", "List the tokens")
    .action(run(async (session) => (await import("./commands/token.ts")).listTokens(session)));

  tokenCommand("revoke", "Revoke a token: from now on it opens nothing")
    .argument("<name>", "its name")
    .action(run(async (session, _, name: string) => (await import("./commands/token.ts")).revokeToken(session, name)));

  command("init", "Write a coder.json for a repository from what is in it")
    .argument("[folder]", "in the repository", ".")
    .option("--print", "only print it")
    .action(
      runAlone(async (desk, options: { print?: boolean }, folder: string) =>
        (await import("./commands/init.ts")).init(desk, folder, options)
      ),
    );

  command("completions", "Print a script by which a shell completes commands, options and tasks")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText("after", completionHelp)
    .action(
      runAlone(async (desk, _, shell: Shell) => (await import("./commands/complete.ts")).completions(desk, shell)),
    );

  root.command("complete", { hidden: true })
    .argument("[words...]")
    .action(
      runAlone(async (desk, _, words: string[]) =>
        (await import("./commands/complete.ts")).complete(desk, { root, words, service })
      ),
    );

  return root;
}
