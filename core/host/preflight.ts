// What this machine has: git, the repositories, the agent. Asked at start, and for the agent again whenever one is needed
// and none was found, so that installing claude is enough to get going.

import { join } from "@std/path";
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
import type { Health } from "../engine/service/service.ts";

export interface Preflight {
  git: string;
  repos: Health["repos"];
  /** Name to the top folder of its working tree. */
  repoPaths: Map<string, string>;
  root: boolean;
  containment: Health["containment"];
  agent(): Promise<Agent>;
  /** What the last look for an agent found. */
  agentState(): Health["agent"];
}

export interface Surroundings {
  clock: Clock;
  uid: number | null;
  isSandbox: string | undefined;
}

/** What is not known of an agent that is not there. */
const unknown = { version: null, tested: testedVersions, notice: null, efforts: [], fallback_model: false };

/** How long a "not found" is believed. */
const believedMs = 2_000;

/** Throws `DomainError` with one line that says what is missing and what to do. */
export async function preflight(config: Config, surroundings: Surroundings): Promise<Preflight> {
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
  const agents = agentSource(config, surroundings);
  // A missing agent does not stop the start: the tasks wait, and say why.
  await agents.agent().catch(() => {});
  return {
    git: git.version,
    repos,
    repoPaths,
    root: surroundings.uid === 0,
    containment: await containment(),
    ...agents,
  };
}

function agentSource(
  config: Config,
  { clock, uid, isSandbox }: Surroundings,
): Pick<Preflight, "agent" | "agentState"> {
  let found: Agent | null = null;
  let state: Health["agent"] = { ...unknown, kind: "missing", name: "none", hint: null };
  let lookedAt = -Infinity;
  // Neither the user nor the environment of a process changes: another look would find the same.
  const refusal = rootRefusal({ uid, isSandbox });
  let isRefused = false;

  async function look(): Promise<void> {
    lookedAt = clock.monotonic();
    const claude = await probeClaude(config.claude);
    if (claude.found) {
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
    } else if (config.repos === null && !config.claudeIsChosen) {
      found = demoAgent();
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
      if (!found && !isRefused && clock.monotonic() - lookedAt > believedMs) await look();
      if (found) return found;
      throw new DomainError("unavailable", state.hint ?? "claude not found");
    },
  };
}
