// The environment as a validated configuration. It imports nothing of ours but how labels and hosts are read.
//
// A wrong value stops the start with one line that names the variable, the value and what is accepted.

import { basename, join, resolve } from "@std/path";
import { z } from "zod";
import { type Labels, labelsWords, readLabels } from "../domain/labels.ts";
import { readWebhookHosts, type WebhookHost, webhookHostsWords } from "../domain/webhook_hosts.ts";

export interface Config {
  host: string;
  /** Null: nowhere. It works all the same. */
  port: number | null;
  /** The origin at which people reach it through a proxy of theirs. */
  publicUrl: string | null;
  /** Absolute. */
  data: string;
  /** Name to absolute path; null: make and use the demo repository. */
  repos: Map<string, string> | null;
  /** A folder for all worktrees; null: `{repo}-worktrees` beside each repository. */
  worktrees: string | null;
  /** A path, or the URL of a KV Connect server. */
  kv: string;
  /** Absolute; a file that holds the access token of the KV Connect server. */
  kvTokenFile: string | null;
  claude: string;
  /** Whether CODER_CLAUDE was set: then the demo agent never stands in. */
  claudeIsChosen: boolean;
  /** 0: a door without agents. */
  maxConcurrent: number;
  token: string | null;
  /** Absolute; a file that holds the token. */
  tokenFile: string | null;
  workerName: string;
  /** Where the other workers reach this one's API, without a slash at its end. */
  workerUrl: string | null;
  /** What tasks may ask of the worker that runs them. */
  labels: Labels;
  promptSuffix: string;
  stallSeconds: number;
  /** For runs of tasks that name no limit of their own; null: none. */
  timeoutSeconds: number | null;
  /** The same for how long an agent may say nothing. */
  silenceSeconds: number | null;
  retentionDays: number | null;
  /** Git remotes by the names of the repositories whose work crosses there; null name: of the only one. */
  exchanges: Map<string | null, string>;
  /** For how long the tasks of a worker that stopped in good order are its own. */
  holdSeconds: number;
  /** What runs are confined to that ask for nothing more; `auto`: to `files` where that works. */
  sandbox: "auto" | "off" | "files" | "full";
  /** What a run may print at most, and a raw log may hold. */
  maxOutputMb: number;
  /** Where messages of webhooks, and comments to GitHub, may go. */
  webhookHosts: WebhookHost[];
  log: "text" | "json";
}

/** A configuration that cannot be used; the message is one line for a person. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

export const defaultPromptSuffix = "Commit your work on this branch; do not push.";

const count = (min: number, max: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(min).max(max));

/** The longest that a timer can wait is a little less than 25 days. */
const longestTimeoutSeconds = 24 * 86_400;

/** What a token may be, and in words. */
export const tokenPattern = /^[\x21-\x7e]{16,}$/;
export const tokenWords = "at least 16 printable characters without spaces";

/** What each variable accepts, in words for its error. */
const accepted = {
  CODER_HOST: [z.string().regex(/^[A-Za-z0-9.:_-]+$/), "a host name or an IP address, such as 127.0.0.1"],
  CODER_PORT: [
    z.union([z.literal("off").transform(() => null), count(0, 65_535)]),
    "a number from 0 (any free port) to 65535, or off",
  ],
  CODER_PUBLIC_URL: [
    z.url({ protocol: /^https?$/ }).refine((url) => /^https?:\/\/[^/?#@]+\/?$/.test(url)).transform((url) =>
      new URL(url).origin
    ),
    "the http(s) URL at which a proxy serves this, without a path, such as https://coder.example.org",
  ],
  CODER_DATA: [z.string().min(1), "a folder"],
  CODER_REPO: [z.string().min(1), "the path of a git repository, or name=path pairs with commas between them"],
  CODER_WORKTREES: [z.string().min(1), "a folder"],
  CODER_KV: [z.string().min(1), "the path of a file, or an http(s) URL of a KV Connect server"],
  CODER_KV_TOKEN_FILE: [z.string().min(1), "the path of a file that holds the access token of the KV Connect server"],
  CODER_CLAUDE: [z.string().min(1), "the name or path of the claude program"],
  CODER_MAX_CONCURRENT: [count(0, 64), "a number from 0 (no agents here) to 64"],
  CODER_TOKEN: [z.string().regex(tokenPattern), tokenWords],
  CODER_TOKEN_FILE: [z.string().min(1), "the path of a file that holds the token"],
  CODER_WORKER: [z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), "1 to 64 letters, digits, dots, hyphens or underscores"],
  CODER_WORKER_URL: [
    z.url({ protocol: /^https?$/ }).max(300).refine((url) => !/[?#@]/.test(url)).transform((url) =>
      url.replace(/\/+$/, "")
    ),
    "the http(s) URL at which the other workers reach this one",
  ],
  CODER_LABELS: [
    z.string().transform(readLabels).refine((labels) => labels !== null).transform((labels) => labels!),
    labelsWords,
  ],
  CODER_PROMPT_SUFFIX: [z.string().max(10_000), "a text of at most 10000 characters"],
  CODER_STALL_SECONDS: [count(5, 86_400), "a number of seconds from 5 to 86400"],
  CODER_TIMEOUT_SECONDS: [
    z.union([z.enum(["off", "0"]).transform(() => null), count(1, longestTimeoutSeconds)]),
    `a number of seconds from 1 to ${longestTimeoutSeconds}, or off`,
  ],
  CODER_SILENCE_SECONDS: [
    z.union([z.enum(["off", "0"]).transform(() => null), count(5, longestTimeoutSeconds)]),
    `a number of seconds from 5 to ${longestTimeoutSeconds}, or off`,
  ],
  CODER_RETENTION_DAYS: [count(1, 36_500), "a number of days from 1 to 36500"],
  CODER_EXCHANGE: [
    z.string().min(1),
    "the URL or path of a git repository, or name=url pairs with commas between them",
  ],
  CODER_HOLD_SECONDS: [count(0, 86_400), "a number of seconds from 0 to 86400"],
  CODER_SANDBOX: [z.enum(["auto", "off", "files", "full"]), "auto, off, files or full"],
  CODER_MAX_OUTPUT_MB: [count(1, 1_000_000), "a number of megabytes from 1 to 1000000"],
  CODER_WEBHOOK_HOSTS: [
    z.string().transform(readWebhookHosts).refine((hosts) => hosts !== null).transform((hosts) => hosts!),
    webhookHostsWords,
  ],
  CODER_LOG: [z.enum(["text", "json"]), "text or json"],
} as const;

export type Variable = keyof typeof accepted;
export const variables = Object.keys(accepted) as Variable[];

/** It tells the command line of a service elsewhere; where somebody has set it for good, that is no mistake. */
const ofCommandLine = "CODER_URL";

/**
 * Reads the configuration; throws `ConfigError`. An empty variable counts as unset. `~` at the start of a path is `home`,
 * since no shell has seen what stands in `.env`.
 */
export function readConfig(
  env: Record<string, string | undefined>,
  { hostname, home }: { hostname: string; home: string | undefined },
): Config {
  for (const name of Object.keys(env)) {
    if (name.startsWith("CODER_") && !(name in accepted) && name !== ofCommandLine) {
      throw new ConfigError(`${name} is not a setting of Personal Coder; it knows ${variables.join(", ")}`);
    }
  }
  const at = (name: Variable, path: string) => resolve(withHome(path, { name, home }));
  const data = at("CODER_DATA", value(env, "CODER_DATA") ?? "./data");
  const repo = value(env, "CODER_REPO");
  const worktrees = value(env, "CODER_WORKTREES");
  const kv = value(env, "CODER_KV");
  const kvTokenFile = value(env, "CODER_KV_TOKEN_FILE");
  const timeoutSeconds = value(env, "CODER_TIMEOUT_SECONDS");
  const port = value(env, "CODER_PORT");
  const token = value(env, "CODER_TOKEN");
  const tokenFile = value(env, "CODER_TOKEN_FILE");
  if (token !== undefined && tokenFile !== undefined) {
    throw new ConfigError("CODER_TOKEN and CODER_TOKEN_FILE are both set; there is one token");
  }
  return {
    host: value(env, "CODER_HOST") ?? "127.0.0.1",
    port: port === undefined ? 8000 : port,
    publicUrl: value(env, "CODER_PUBLIC_URL") ?? null,
    data,
    repos: repo === undefined ? null : readRepos(repo, (path) => at("CODER_REPO", path)),
    worktrees: worktrees === undefined ? null : at("CODER_WORKTREES", worktrees),
    kv: kv === undefined ? join(data, "coder.db") : /^https?:\/\//.test(kv) ? kv : at("CODER_KV", kv),
    kvTokenFile: kvTokenFile === undefined ? null : at("CODER_KV_TOKEN_FILE", kvTokenFile),
    claude: withHome(value(env, "CODER_CLAUDE") ?? "claude", { name: "CODER_CLAUDE", home }),
    claudeIsChosen: value(env, "CODER_CLAUDE") !== undefined,
    maxConcurrent: value(env, "CODER_MAX_CONCURRENT") ?? 3,
    token: token ?? null,
    tokenFile: tokenFile === undefined ? null : at("CODER_TOKEN_FILE", tokenFile),
    workerName: value(env, "CODER_WORKER") ?? (hostname.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 64) || "worker"),
    workerUrl: value(env, "CODER_WORKER_URL") ?? null,
    labels: value(env, "CODER_LABELS") ?? {},
    promptSuffix: value(env, "CODER_PROMPT_SUFFIX") ?? defaultPromptSuffix,
    stallSeconds: value(env, "CODER_STALL_SECONDS") ?? 300,
    timeoutSeconds: timeoutSeconds === undefined ? 6 * 3_600 : timeoutSeconds,
    silenceSeconds: value(env, "CODER_SILENCE_SECONDS") ?? null,
    retentionDays: value(env, "CODER_RETENTION_DAYS") ?? null,
    exchanges: readExchanges(value(env, "CODER_EXCHANGE") ?? "", (path) => at("CODER_EXCHANGE", path)),
    holdSeconds: value(env, "CODER_HOLD_SECONDS") ?? 300,
    sandbox: value(env, "CODER_SANDBOX") ?? "auto",
    maxOutputMb: value(env, "CODER_MAX_OUTPUT_MB") ?? 1_024,
    webhookHosts: value(env, "CODER_WEBHOOK_HOSTS") ?? [],
    log: value(env, "CODER_LOG") ?? "text",
  };
}

function value<V extends Variable>(
  env: Record<string, string | undefined>,
  name: V,
): z.output<(typeof accepted)[V][0]> | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  const [schema, words] = accepted[name];
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data as z.output<(typeof accepted)[V][0]>;
  // A token is a secret: its value stays out of every message.
  const shown = name === "CODER_TOKEN" || name === "CODER_EXCHANGE" ? "is not usable" : `is ${JSON.stringify(text)}`;
  throw new ConfigError(`${name} ${shown}; it must be ${words}`);
}

/** `~` and `~/...` as a shell would read them; anything else as it is. */
function withHome(path: string, { name, home }: { name: Variable; home: string | undefined }): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  if (!home) throw new ConfigError(`${name} begins with ~, but HOME is not set; write the whole path`);
  return join(home, path.slice(1));
}

/** Paths are made absolute; what has a scheme, or a colon before its first slash, is none. */
function readExchanges(text: string, at: (path: string) => string): Map<string | null, string> {
  const exchanges = new Map<string | null, string>();
  for (const entry of text.split(",").map((one) => one.trim()).filter((one) => one !== "")) {
    const pair = /^([A-Za-z0-9._-]{1,64})=(.+)$/.exec(entry);
    const [name, url] = pair ? [pair[1]!, pair[2]!] : [null, entry];
    if (url.startsWith("-") || /\s/.test(url)) {
      throw new ConfigError(`CODER_EXCHANGE has a part that is no ${accepted.CODER_EXCHANGE[1].slice(4)}`);
    }
    if (exchanges.has(name)) throw new ConfigError(`CODER_EXCHANGE names ${name ?? "a repository"} twice`);
    exchanges.set(name, /^[^/]*:/.test(url) ? url : at(url));
  }
  return exchanges;
}

function readRepos(text: string, at: (path: string) => string): Map<string, string> {
  const repos = new Map<string, string>();
  const entries = text.split(",").map((one) => one.trim()).filter((one) => one !== "");
  for (const entry of entries) {
    const pair = /^([A-Za-z0-9._-]{1,64})=(.+)$/.exec(entry);
    const path = at(pair ? pair[2]! : entry);
    const name = pair ? pair[1]! : basename(path);
    if (repos.has(name)) throw new ConfigError(`CODER_REPO names "${name}" twice; give each repository its own name`);
    repos.set(name, path);
  }
  if (repos.size === 0) throw new ConfigError(`CODER_REPO is "${text}"; it must be ${accepted.CODER_REPO[1]}`);
  return repos;
}
