// What the tests of this floor share beyond tests/support: fake agents, and ways to look at steps and processes.

import { join } from "@std/path";
import type { AgentStart, AgentStep } from "../../core/process/agent.ts";
import { COMMITTER, git } from "../../core/process/git/git.ts";
import { processTable } from "../../core/process/process_table.ts";

/** A repository with one commit of `a.txt`. */
export async function repositoryIn(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "a.txt"), "one\ntwo\n");
  await git(["init", "--quiet", "--initial-branch=main"], { cwd: folder });
  await commitAll(folder, "Begin");
  return folder;
}

/** Commits everything in a folder and returns the commit. */
export async function commitAll(cwd: string, message: string): Promise<string> {
  await git(["add", "-A"], { cwd });
  await git(["commit", "--quiet", "--no-gpg-sign", "-m", message], { cwd, env: COMMITTER });
  return (await git(["rev-parse", "HEAD"], { cwd })).text.trim();
}

/** A fake agent: a shell script that plays one. Its arguments are the agent's. */
export async function scriptIn(folder: string, lines: string[]): Promise<string> {
  const path = join(folder, `fake-${crypto.randomUUID()}.sh`);
  await Deno.writeTextFile(path, ["#!/bin/sh", ...lines, ""].join("\n"), { mode: 0o755 });
  return path;
}

export function agentStart(folder: string, changes: Partial<AgentStart> = {}): AgentStart {
  return {
    cwd: folder,
    env: {},
    mark: crypto.randomUUID(),
    workerMark: crypto.randomUUID(),
    sessionId: crypto.randomUUID(),
    resume: false,
    sessionTotal: null,
    mode: "execute",
    model: null,
    effort: null,
    fallbackModel: null,
    maxBudgetUsd: null,
    prompt: "Do it",
    rawLog: join(folder, "logs", "task-1.log"),
    ...changes,
  };
}

export async function allOf(steps: AsyncIterable<AgentStep>): Promise<AgentStep[]> {
  const all: AgentStep[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

/** The texts of all events of one type. */
export function textsOf(steps: AgentStep[], type: string): string[] {
  const events = steps.flatMap((step) => step.type === "events" ? step.events : []);
  return events.filter((event) => event.type === type).map((event) => (event.data as { text: string }).text);
}

/** Which of them are alive. */
export async function alive(pids: number[]): Promise<number[]> {
  const states = await Promise.all(pids.map(isAlive));
  return pids.filter((_, n) => states[n]);
}

export async function isAlive(pid: number): Promise<boolean> {
  return (await processTable()).some((process) => process.pid === pid && !process.isZombie);
}
