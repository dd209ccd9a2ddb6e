// Whether claude can be used here and what it knows, asked before any task is given to it.

import { type Effort, efforts } from "../../domain/task_spec.ts";
import { messageOf } from "../../domain/error.ts";
import { run } from "../subprocess.ts";

/** What was found, or why not in one line for a person. */
export type ClaudeProbe =
  | { found: true; path: string; version: string; options: ReadonlySet<string>; efforts: Effort[] }
  | { found: false; reason: string };

/** The versions of claude with which the tests are run, the oldest and the newest. */
export const testedVersions = { oldest: "2.1.197", newest: "2.1.332" };

/**
 * Runs `claude --version` and, where that is claude and not just a program that speaks like it, `claude --help`. `reason`
 * is one line for a person. Never throws.
 */
export async function probeClaude(program: string, { timeoutMs = 20_000 } = {}): Promise<ClaudeProbe> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    const { code, stdout, stderr } = await run(program, ["--version"], { signal: timeout.signal });
    const words = firstLine(stdout) || firstLine(stderr);
    if (code !== 0) return { found: false, reason: `${program} --version failed (exit code ${code}): ${words}` };
    const help = words.includes("Claude Code") ? await helpOf(program, timeout.signal) : "";
    // `2.1.197 (Claude Code)`
    const version = /\d+(\.\d+)+\S*/.exec(words)?.[0] ?? words;
    return { found: true, path: await pathOf(program), version, ...readHelp(help) };
  } catch (error) {
    return { found: false, reason: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** What `--help` says; nothing where it says nothing that can be read: then no option is known. */
async function helpOf(program: string, signal: AbortSignal): Promise<string> {
  try {
    return new TextDecoder().decode((await run(program, ["--help"], { signal })).stdout);
  } catch {
    return "";
  }
}

/** The long options that a `--help` lists, and the levels that it names for `--effort`. */
export function readHelp(help: string): { options: ReadonlySet<string>; efforts: Effort[] } {
  const options = new Set<string>();
  for (const [, names] of help.matchAll(/^ {2,6}((?:-\w, )?--[\w-]+(?:, --[\w-]+)*)/gm)) {
    for (const [name] of names!.matchAll(/--[\w-]+/g)) options.add(name);
  }
  const levels = /--effort <level>[^(]*\(([\w,\s]+)\)/.exec(help)?.[1]?.split(/[,\s]+/) ?? [];
  return { options, efforts: options.has("--effort") ? efforts.filter((effort) => levels.includes(effort)) : [] };
}

/** One sentence when a version lies outside of what the tests cover; `null` when it does not or cannot be read. */
export function versionNotice(version: string, { oldest, newest } = testedVersions): string | null {
  const range = `the tests cover ${oldest} to ${newest}`;
  if (compareVersions(version, oldest) < 0) return `claude ${version} is older than what is tested: ${range}`;
  if (compareVersions(version, newest) > 0) return `claude ${version} is newer than what is tested: ${range}`;
  return null;
}

/** Below, at or above 0 as the numbers of `a` are lower than, equal to or higher than those of `b`. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => /^\d+(\.\d+)*/.exec(text)?.[0].split(".").map(Number));
  if (!left || !right) return 0;
  for (let at = 0; at < 3; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function pathOf(program: string): Promise<string> {
  try {
    const { stdout } = await run("sh", ["-c", 'command -v -- "$1"', "sh", program]);
    return firstLine(stdout) || program;
  } catch {
    return program;
  }
}

function firstLine(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).split("\n").find((line) => line.trim() !== "")?.trim() ?? "";
}

/**
 * Why claude would refuse to run without asking for permissions, or `null`: as root it does so unless `IS_SANDBOX=1` says
 * that this machine is one. Otherwise each run would fail at once, with the reason on stderr only.
 */
export function rootRefusal({ uid, isSandbox }: { uid: number | null; isSandbox: string | undefined }): string | null {
  if (uid !== 0 || isSandbox === "1") return null;
  return "claude refuses to work without permission prompts as root: " +
    "run this service as a normal user, or set IS_SANDBOX=1 if this machine is a sandbox";
}
