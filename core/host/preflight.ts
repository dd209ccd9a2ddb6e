// What this machine has: git, the repositories, the agent. Asked at start, and for the agent again whenever one is needed
// and none was found, so that installing claude is enough to get going.

import { join, resolve } from "@std/path";
import type { Config } from "./config.ts";
import { DomainError } from "../domain/error.ts";
import type { Clock } from "../domain/ports.ts";
import type { Agent } from "../process/agent.ts";
import { claudeAgent } from "../process/claude/claude.ts";
import { probeClaude, rootRefusal, testedVersions, versionNotice } from "../process/claude/claude_probe.ts";
import { containment } from "../process/containment.ts";
import { demoAgent } from "../process/demo/demo.ts";
import { demoRepository } from "../process/demo/demo_repository.ts";
import { inspectRepository, probeGit } from "../process/git/git.ts";
import type { SandboxOptions } from "../process/sandbox/open_sandbox.ts";
import { sandboxesFor, sandboxesOnceTried } from "../process/sandbox/sandboxes.ts";
import type { Sandboxes } from "../process/sandbox/sandbox.ts";
import type { Health } from "../engine/service/service.ts";

export interface Preflight {
  git: string;
  repos: Health["repos"];
  /** Name to the top folder of its working tree. */
  repoPaths: Map<string, string>;
  /** What CODER_EXCHANGE says, by the names of repositories. */
  exchanges: Map<string, string>;
  root: boolean;
  containment: Health["containment"];
  sandboxes: Sandboxes;
  agent(): Promise<Agent>;
  /** What the last look for an agent found. */
  agentState(): Health["agent"];
  /** What the trial of a sandbox has found so far. */
  sandbox(): Health["sandbox"];
  /** Resolves once agent and sandbox were looked at: half a second, for which nobody who reads the pages need wait. */
  complete: Promise<void>;
}

export interface Surroundings {
  /** Where the service listens by now; null: nowhere. */
  port: () => number | null;
  clock: Clock;
  uid: number | null;
  isSandbox: string | undefined;
  /** Whether people added repositories of their own: then the demo agent never stands in. */
  hasAdded?: boolean;
}

/** What is not known of an agent that is not there. */
const unknown = { version: null, tested: testedVersions, notice: null, efforts: [], fallback_model: false };

/** How long a "not found" is believed. */
const believedMs = 2_000;

/**
 * Looks at what a start cannot do without; agent and sandbox are looked at meanwhile and afterwards, and no agent is handed out
 * before both are known. Throws `DomainError` with one line that says what is missing and what to do.
 */
export async function preflight(config: Config, surroundings: Surroundings): Promise<Preflight> {
  const trying = sandboxesFor(config.sandbox, { ...sandboxOptions(config), ownPort: surroundings.port });
  const isConfined = trying.then(({ level }) => level !== "off", () => false);
  const held = containment();
  const git = await probeGit();
  if (!git.found) throw new DomainError("unavailable", "git was not found: install it and start again");
  const paths = config.repos ?? new Map([["demo", await demoRepository(join(config.data, "demo-repository"))]]);
  const repos: Health["repos"] = [];
  const repoPaths = new Map<string, string>();
  for (const [name, path] of paths) {
    const { root, branch, head } = await inspectRepository(path);
    repos.push({ name, path: root, branch, head });
    repoPaths.set(name, root);
  }
  const exchanges = exchangesOf(config, [...repoPaths.keys()]);
  const agents = agentSource(config, { ...surroundings, isConfined });
  // A missing agent does not stop the start: the tasks wait, and say why.
  const looked = agents.agent().then(() => {}, () => {});
  // What is insisted on stops the start where it is not possible; `auto` comes to something in any case.
  const isSettled = config.sandbox === "auto" || config.sandbox === "off";
  const sandboxes = isSettled ? sandboxesOnceTried(trying) : await trying;
  return {
    git: git.version,
    repos,
    repoPaths,
    exchanges,
    root: surroundings.uid === 0,
    containment: await held,
    sandboxes,
    sandbox: () => ({ asked: config.sandbox, level: sandboxes.level, reason: sandboxes.reason }),
    complete: Promise.all([looked, sandboxes.tried]).then(() => {}),
    ...agents,
  };
}

function exchangesOf({ exchanges }: Config, repos: string[]): Map<string, string> {
  return new Map([...exchanges].map(([name, url]) => {
    if (name !== null && repos.includes(name)) return [name, url];
    if (name === null && repos.length === 1) return [repos[0]!, url];
    const which = name === null
      ? "one of several repositories without its name"
      : `${name}, which is no repository here`;
    throw new DomainError("invalid", `CODER_EXCHANGE names ${which}; there is ${repos.join(", ")}: write name=url`);
  }));
}

function sandboxOptions({ data, kv, tokenFile, kvTokenFile }: Config): SandboxOptions {
  const database = /^https?:\/\//.test(kv)
    ? []
    : ["", "-wal", "-shm", "-journal", ".lock"].map((suffix) => `${kv}${suffix}`);
  return {
    folder: join(data, "sandbox"),
    caches: join(data, "caches"),
    secretPaths: [data, ...database, ...[tokenFile, kvTokenFile].filter((path) => path !== null), resolve(".env")],
  };
}

/** Of a door: it looks for none, and starts none. */
function noAgents(): Pick<Preflight, "agent" | "agentState"> {
  const hint = "CODER_MAX_CONCURRENT is 0: other workers run the tasks";
  return {
    agentState: () => ({ ...unknown, kind: "none", name: "none", hint }),
    agent: () => Promise.reject(new DomainError("unavailable", hint)),
  };
}

function agentSource(
  config: Config,
  { clock, uid, isSandbox, isConfined, hasAdded = false }: Surroundings & { isConfined: Promise<boolean> },
): Pick<Preflight, "agent" | "agentState"> {
  if (config.maxConcurrent === 0) return noAgents();
  let found: Agent | null = null;
  let state: Health["agent"] = { ...unknown, kind: "missing", name: "none", hint: "it is being looked for" };
  let lookedAt = -Infinity;
  let looking: Promise<void> | null = null;
  let isRefused = false;

  async function look(): Promise<void> {
    lookedAt = clock.monotonic();
    const [claude, isHeld] = await Promise.all([probeClaude(config.claude), isConfined]);
    if (claude.found) {
      // Neither the user nor the environment of a process changes: another look would find the same.
      const refusal = isHeld ? null : rootRefusal({ uid, isSandbox });
      isRefused = refusal !== null;
      const name = `claude ${claude.version}`;
      const { path, version, options, efforts } = claude;
      found = refusal === null ? claudeAgent({ program: path, name, options }) : null;
      state = {
        kind: refusal === null ? "claude" : "missing",
        name,
        hint: refusal,
        version,
        tested: testedVersions,
        notice: versionNotice(version),
        efforts,
        fallback_model: options.has("--fallback-model"),
      };
    } else if (config.repos === null && !config.claudeIsChosen && !hasAdded) {
      found = demoAgent({ promptSuffix: config.promptSuffix });
      const hint =
        "The demo agent stands in for claude. For real work: npm install -g @anthropic-ai/claude-code, run " +
        "`claude` once to log in, set CODER_REPO to your repository, start again";
      state = { ...unknown, kind: "demo", name: "demo", hint };
    } else {
      state = {
        ...unknown,
        kind: "missing",
        name: "none",
        hint: `claude not found (${claude.reason}): npm install -g @anthropic-ai/claude-code, or set CODER_CLAUDE`,
      };
    }
  }

  return {
    agentState: () => state,
    async agent() {
      const isOld = clock.monotonic() - lookedAt > believedMs;
      if (!found && !isRefused && isOld) looking ??= look().finally(() => looking = null);
      await looking;
      if (found) return found;
      throw new DomainError("unavailable", state.hint ?? "claude not found");
    },
  };
}
