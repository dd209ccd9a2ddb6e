// A sandbox that runs: how programs get into it, and how all of it ends.

import { fromFileUrl, join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import { type ChildTree, childTree } from "../child_tree.ts";
import { executableOf, heldCommand, type Spawn } from "../containment.ts";
import { childEnvironment } from "../environment.ts";
import { removeFolder } from "../remove_folder.ts";
import { spawnInSession } from "../subprocess.ts";
import type { AppliedRules, Sandbox } from "./sandbox.ts";
import { servePorts } from "./serve_ports.ts";

const enter = fromFileUrl(new URL("./enter.pl", import.meta.url));
/** The number of mknodat(2); Linux gives it per architecture. */
const mknodat: Record<string, number> = { x86_64: 259, aarch64: 33 };
/** What it takes on a busy machine is a second or two. */
const beginWithinMs = 60_000;
const heardCharacters = 2_000;

interface OpenedAt {
  mark: string;
  /** The folder with all that belongs to it, and in it the one with its pipes. */
  own: string;
  io: string;
  worktree: string;
  ports: number[];
}

export class OpenedSandbox implements Sandbox {
  readonly applied: AppliedRules;
  readonly gone: Promise<void>;
  readonly #child: Deno.ChildProcess;
  readonly #tree: ChildTree;
  readonly #at: OpenedAt;
  /** Those outside that stand for programs inside (enter.pl). */
  readonly #waiting = new Set<ChildTree>();
  #closePorts = () => {};
  #ended: Promise<void> | undefined;

  /** Resolves when programs can be started in it. `child` is srt_process.ts, whose spec is written. */
  static async of(child: Deno.ChildProcess, at: OpenedAt): Promise<OpenedSandbox> {
    const tree = childTree(child, { mark: at.mark });
    const said = heard(child.stderr);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      tree.end({ graceMs: 0 }).catch(() => {});
    }, beginWithinMs);
    try {
      await letGo(child.stdin);
      const applied = await readBeginning(child.stdout);
      const sandbox = new OpenedSandbox(child, { tree, at, applied });
      sandbox.#closePorts = servePorts(at.ports, { spawn: sandbox.spawn, cwd: at.worktree });
      return sandbox;
    } catch (error) {
      await tree.end({ graceMs: 0 });
      await removeFolder(at.own).catch(() => {});
      const late = isLate ? `it took longer than ${beginWithinMs / 1_000} s` : null;
      const words = late ?? ((await said).trim().split("\n").at(-1) || messageOf(error));
      throw new DomainError("unavailable", `Cannot open a sandbox: ${words}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(
    child: Deno.ChildProcess,
    { tree, at, applied }: { tree: ChildTree; at: OpenedAt; applied: AppliedRules },
  ) {
    this.#child = child;
    this.#tree = tree;
    this.#at = at;
    this.applied = applied;
    this.gone = tree.exited.then(() => void this.#leaveWaiting());
  }

  get folder(): string {
    return this.#at.own;
  }

  readonly spawn: Spawn = async (program, { args, cwd, env, stdin }) => {
    if (this.#ended) throw new DomainError("unavailable", `Cannot run ${program}: its sandbox has ended`);
    const held = await heldCommand(program, args);
    const own = crypto.randomUUID();
    const request = join(this.#at.io, own);
    await Deno.mkdir(request, { mode: 0o700 });
    const words = [cwd, String(held.words.length), ...held.words, ...Object.entries({ ...env, ...held.env }).flat()];
    await Deno.writeTextFile(join(request, "request"), words.map((word) => `${word}\0`).join(""), { mode: 0o600 });
    const child = await spawnInSession(await executableOf("perl") ?? "perl", {
      args: [enter, request, join(this.#at.io, "control"), String(mknodat[Deno.build.arch])],
      ...childEnvironment(env),
      stdin,
      stdout: "piped",
      stderr: "piped",
    });
    const tree = childTree(child, { mark: own });
    this.#waiting.add(tree);
    tree.exited.then(() => this.#waiting.delete(tree));
    return child;
  };

  end({ graceMs }: { graceMs: number }): Promise<void> {
    return this.#ended ??= this.#end(graceMs);
  }

  async #end(graceMs: number): Promise<void> {
    this.#closePorts();
    // The first program inside ends when its input does, and takes all others with it.
    await this.#child.stdin.close().catch(() => {});
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, graceMs));
    await Promise.race([this.#tree.exited, late]);
    clearTimeout(timer);
    await this.#tree.end({ graceMs: 0 });
    await this.#leaveWaiting();
    // What stays, the next start of the service removes.
    await removeFolder(this.#at.own).catch(() => {});
  }

  /** Nobody will tell them any more how their programs have ended. */
  async #leaveWaiting(): Promise<void> {
    await Promise.all([...this.#waiting].map((tree) => tree.end({ graceMs: 0 }).catch(() => {})));
  }
}

/** A byte; that there is nobody to read it is told by the output's end. */
async function letGo(stdin: WritableStream<Uint8Array>): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new Uint8Array(1)).catch(() => {});
  writer.releaseLock();
}

/** The rules that are applied, and `ready`; rejects when the output ends before. What comes later is read and dropped. */
async function readBeginning(stdout: ReadableStream<Uint8Array>): Promise<AppliedRules> {
  const pieces = textOf(stdout);
  let text = "";
  while (!text.endsWith("\nready\n")) {
    const { done, value } = await pieces.next();
    if (done) throw new Error("it ended at once");
    text += value;
  }
  void drain(pieces);
  return JSON.parse(text.split("\n")[0]!);
}

async function drain(pieces: AsyncGenerator<string>): Promise<void> {
  while (!(await pieces.next()).done);
}

/** The end of what is said, when nothing more is. */
async function heard(stderr: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of textOf(stderr)) text = (text + piece).slice(-heardCharacters);
  return text;
}

async function* textOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const utf8 = new TextDecoder();
  for await (const chunk of stream) yield utf8.decode(chunk, { stream: true });
}
