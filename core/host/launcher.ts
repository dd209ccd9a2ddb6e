// `deno task start`: works out what the service needs from its configuration, and runs it with these permissions and no
// others. This program itself may do anything, but serves nobody: it becomes a small one (supervise.pl) that starts one child,
// passes signals on and waits.
//
// What the service may do (`permissionsOf` says it in full):
//   net      listen where CODER_HOST and CODER_PORT say, and on loopback, where it looks which ports are free for a task; call
//            the KV server, if there is one, and the endpoints that it hands out; where CODER_WORKER_URL says that workers
//            ask each other, whatever address they tell; the hosts of CODER_WEBHOOK_HOSTS, for messages
//   read     its data, the worktrees, the repositories' git folders, the programs of agent and shell, its own sources that
//            make the pages
//   write    its data, the worktrees, the repositories' git folders
//   run      git, `gh` for pull requests, the agent, `sh` for the commands of a project, and with `perl` and `ps` to hold
//            together, find and end the processes of a run
//   env      its own settings by name, and PATH; what an agent needs is inherited without being read
//   sys      the machine's name, the user's id, the room on the disk
//
// The agent and a project's commands are programs of their own and have none of these bounds.
//
// It also takes the secrets out of the environment and passes them on by a pipe (`core/process/hand_over.ts`). That is all
// that it does for `deno task dev`, and only where there are some: see `launchUnlimited`.

import { basename, dirname, fromFileUrl, isAbsolute, join, resolve } from "@std/path";
import { parseEnv } from "node:util";
import denoJson from "../../deno.json" with { type: "json" };
import { readAddedRepositories } from "./added_repositories.ts";
import { type Config, ConfigError, readConfig, variables } from "./config.ts";
import type { WebhookHost } from "../domain/webhook_hosts.ts";
import { messageOf } from "../domain/error.ts";
import { logger, printable } from "./log.ts";
import { childEnvironment } from "../process/environment.ts";
import { secretNames, secretsOf, takeOver, withoutSecrets } from "../process/hand_over.ts";
import { awaitKvHosts, newEndpointsCode } from "./kv_endpoints.ts";
import { launchedVariable } from "./launcher_chain.ts";
import { run } from "../process/subprocess.ts";
import { supervise } from "./supervise.ts";
import { systemClock } from "./system.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));
/** A server that hands out others again and again is not followed without end. */
const hostsAtMost = 16;

/** Read, or looked whether they are there, besides our settings. */
const otherVariables = [
  "DENO_KV_ACCESS_TOKEN",
  "PATH",
  "IS_SANDBOX",
  "HOME",
  "CLAUDECODE",
  "CLAUDE_CODE_ENTRYPOINT",
  "GIT_SSH",
  "GIT_CONFIG_COUNT",
  "PERSONAL_CODER_TEST_SHARE",
  launchedVariable,
];

/** What the operating system has that a configuration refers to. */
export interface Surroundings {
  /** `PATH`. */
  path: string;
  /** The program that runs this. */
  deno: string;
  /** The top folder and the git folder of each repository; of one that git does not know, nothing. */
  gitFolders: { top: string; common: string }[];
  /** Hosts, with their ports, that a KV Connect server hands out. */
  kvHosts: string[];
  /** Where a path leads when links are followed; itself when it is not there. */
  realPath(path: string): string;
}

export type Permissions = Record<"net" | "read" | "write" | "run" | "env" | "sys", string[]>;

/** Everything that a service with this configuration may do. */
export function permissionsOf(
  config: Config,
  { path, deno, gitFolders, kvHosts, realPath }: Surroundings,
): Permissions {
  const worktrees = config.worktrees
    ? [config.worktrees]
    : gitFolders.map(({ top }) => join(dirname(top), `${basename(top)}-worktrees`));
  const isRemote = isServer(config.kv);
  const database = isRemote ? [] : ["", "-wal", "-shm", "-journal", ".lock"].map((suffix) => `${config.kv}${suffix}`);
  const owned = withRealPaths([
    config.data,
    ...database,
    ...worktrees,
    ...gitFolders.map(({ common }) => common),
  ], realPath);
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  const agents = [
    // Each place where it could be, so that an agent that is installed, or moved, later is found without a new start.
    ...(config.claude.includes("/")
      ? [resolve(config.claude)]
      : foldersOf(path).map((one) => join(one, config.claude))),
    // The demo agent, and what is around each run that is confined: a repository may ask for that at any time.
    deno,
  ];
  // Looked at before it is started, like the agent.
  const shells = foldersOf(path).map((one) => join(one, "sh"));
  return {
    net: isRemote && config.workerUrl !== null ? [anything] : unique([
      ...(config.port === null ? [] : [config.port === 0 ? host : `${host}:${config.port}`]),
      // No range of ports can be named, and each of them by itself is more than a command line takes.
      ...["127.0.0.1", "[::1]"],
      ...(isRemote ? [new URL(config.kv).host, ...kvHosts] : []),
      ...config.webhookHosts.map(netOf),
    ]),
    read: [
      ...owned,
      ...withRealPaths([config.tokenFile, config.kvTokenFile].filter((path) => path !== null), realPath),
      ...withRealPaths([...config.repos?.values() ?? [], ...gitFolders.map(({ top }) => top)], realPath),
      join(root, "islands"),
      join(root, "core", "domain"),
      join(root, "core", "view"),
      join(root, "routes", "api", "docs.css"),
      ...agents,
      ...shells,
    ],
    write: owned,
    run: [...["git", "gh", "sh", "perl", "ps"], ...agents],
    env: [...variables, ...otherVariables],
    sys: ["hostname", "uid", "statfs"],
  };
}

/** Instead of a list: nothing is refused. */
const anything = "*";

function netOf({ name, port }: WebhookHost): string {
  const host = name.includes(":") ? `[${name}]` : name;
  return port === null ? host : `${host}:${port}`;
}

function isServer(kv: string): boolean {
  return /^https?:\/\//.test(kv);
}

function foldersOf(path: string): string[] {
  return unique(path.split(":").filter((folder) => isAbsolute(folder)));
}

function withRealPaths(paths: string[], realPath: (path: string) => string): string[] {
  return unique(paths.flatMap((path) => [path, realPath(path)]));
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}

/**
 * How the service is run everywhere, as `deno task dev` says it: garbage is collected before much of it gathers, else an agent
 * that prints a gigabyte takes three times the memory and no less time.
 */
export const v8Flags = denoJson.tasks.dev.split(" ").filter((argument) => argument.startsWith("--v8-flags="));

/** The arguments for `deno`. A comma within a value is written twice. */
export function argumentsOf(permissions: Permissions): string[] {
  const flags = Object.entries(permissions).map(([name, values]) =>
    values.includes(anything)
      ? `--allow-${name}`
      : `--allow-${name}=${values.map((value) => value.replaceAll(",", ",,")).join(",")}`
  );
  return [
    "run",
    "--quiet",
    ...v8Flags,
    "--no-prompt",
    "--config",
    join(root, "deno.json"),
    ...flags,
    join(root, "main.ts"),
  ];
}

/** The environment completed by `.env`. */
function readEnvironment(): Record<string, string> {
  const env = Deno.env.toObject();
  try {
    const file = parseEnv(Deno.readTextFileSync(".env")) as Record<string, string | undefined>;
    return { ...Object.fromEntries(Object.entries(file).filter(([, value]) => value !== undefined)), ...env } as Record<
      string,
      string
    >;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return env;
    throw new ConfigError(`Cannot read .env: ${messageOf(error)}`);
  }
}

/** What the service gets: all that its agents need, its own settings, and nothing that they could trip over. */
function serviceEnvironment(env: Record<string, string>): Record<string, string> {
  const settings = Object.entries(withoutSecrets(env)).filter(([name]) => name.startsWith("CODER_"));
  for (const [name, value] of Object.entries(env)) if (Deno.env.get(name) === undefined) Deno.env.set(name, value);
  const all = { ...childEnvironment().env, ...Object.fromEntries(settings) };
  // A program with limited permissions may start none while these are set.
  const refused = Object.keys(all).filter((name) => /^(LD|DYLD)_/.test(name));
  if (refused.length > 0) {
    const words = `${refused.join(", ")}: not passed on to agents; \`deno task dev\` runs without limits, and with it`;
    logger({ format: env.CODER_LOG === "json" ? "json" : "text", now: systemClock.now }).warn(words, null);
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => !refused.includes(name)));
}

async function gitFolders(repos: Iterable<string>): Promise<Surroundings["gitFolders"]> {
  const found: Surroundings["gitFolders"] = [];
  for (const path of repos) {
    const args = ["-C", path, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"];
    const { code, stdout } = await run("git", args).catch(() => ({ code: 1, stdout: new Uint8Array() }));
    const [top, common] = new TextDecoder().decode(stdout).split("\n");
    // What is wrong with it, the service says itself.
    if (code === 0 && top && common) found.push({ top, common });
  }
  return found;
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

async function launch(): Promise<never> {
  // The second time, what was handed over the first time.
  const before = Deno.env.get(launchedVariable) === "1" ? await takeOver(Deno.stdin.readable) : null;
  const env = { ...readEnvironment(), ...before?.secrets };
  const settings = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("CODER_")));
  const own = readConfig(settings, { hostname: Deno.hostname(), home: env.HOME });
  const config = withRepositories(own, await readAddedRepositories(own.data));
  const secrets = secretsOf(env);
  const found: Surroundings = {
    path: env.PATH ?? "",
    deno: Deno.execPath(),
    gitFolders: await gitFolders(config.repos?.values() ?? []),
    kvHosts: isServer(config.kv) ? await handedOut(config, { secrets, before: before?.kvHosts ?? null }) : [],
    realPath,
  };
  // The service may not run the bundler.
  const { ensureIslands } = await import("./build_islands.ts");
  await ensureIslands();
  return await supervise({
    args: argumentsOf(permissionsOf(config, found)),
    env: serviceEnvironment(env),
    handedOver: { secrets, kvHosts: found.kvHosts },
  });
}

/** With the repositories that people added to the last service on its data folder. */
function withRepositories(config: Config, added: { name: string; path: string }[]): Config {
  if (added.length === 0) return config;
  return {
    ...config,
    repos: new Map([...added.map(({ name, path }) => [name, path] as const), ...config.repos ?? []]),
  };
}

/**
 * The hosts that the KV Connect server hands out, once it answers, and those from before. Launched again without a new one this
 * ends, as the service did.
 */
async function handedOut(
  { kv, kvTokenFile, log }: Config,
  { secrets, before }: { secrets: Record<string, string>; before: string[] | null },
): Promise<string[]> {
  const given = secrets.DENO_KV_ACCESS_TOKEN ?? null;
  const now = await awaitKvHosts(kv, {
    token: async () => kvTokenFile === null ? given : (await Deno.readTextFile(kvTokenFile)).trim(),
    say: (message) => logger({ format: log, now: systemClock.now, secrets: [given] }).warn(message, null),
  });
  const hosts = unique([...before ?? [], ...now]);
  if (before !== null && (hosts.length === before.length || hosts.length > hostsAtMost)) Deno.exit(newEndpointsCode);
  return hosts;
}

/** Whether this process was started with a secret in its environment, and may start another one without. */
export async function hasSecretsToHide(): Promise<boolean> {
  for (const name of secretNames) {
    const { state } = await Deno.permissions.query({ name: "env", variable: name });
    if (state !== "granted" || !Deno.env.get(name)) continue;
    return (await Deno.permissions.query({ name: "run", command: Deno.execPath() })).state === "granted";
  }
  return false;
}

/** Runs the service with all permissions, as `deno task dev` says it, and without the secrets in its environment. */
export async function launchUnlimited(): Promise<never> {
  const env = Deno.env.toObject();
  const args = ["run", "--quiet", ...v8Flags, "-A", "--config", join(root, "deno.json"), join(root, "main.ts")];
  return await supervise({ args, env: withoutSecrets(env), handedOver: { secrets: secretsOf(env), kvHosts: [] } });
}

if (import.meta.main) {
  try {
    await launch();
  } catch (error) {
    const isJson = Deno.env.get("CODER_LOG") === "json";
    const log = logger({ format: isJson ? "json" : "text", now: systemClock.now });
    if (isJson || !(error instanceof ConfigError)) log.error("Cannot start", error);
    else console.error(`Cannot start: ${printable(messageOf(error))}`);
    Deno.exit(1);
  }
}
