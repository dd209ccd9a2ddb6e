// Whether claude can be used here, asked before any task is given to it.

import { messageOf } from "../domain/error.ts";
import { run } from "./subprocess.ts";

export type ClaudeProbe = { found: true; path: string; version: string } | { found: false; reason: string };

/** Runs `claude --version`. `reason` is one line for a person. Never throws. */
export async function probeClaude(program: string, { timeoutMs = 20_000 } = {}): Promise<ClaudeProbe> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    const { code, stdout, stderr } = await run(program, ["--version"], { signal: timeout.signal });
    const words = firstLine(stdout) || firstLine(stderr);
    if (code !== 0) return { found: false, reason: `${program} --version failed (exit code ${code}): ${words}` };
    // `2.1.197 (Claude Code)`
    return { found: true, path: await pathOf(program), version: /\d+(\.\d+)+\S*/.exec(words)?.[0] ?? words };
  } catch (error) {
    return { found: false, reason: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
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
