// Which records of worktrees changed, told by the kernel (inotify(7)): there may be thousands, and to ask each of their files
// takes longer than all else of a run's start. On Linux, where perl is installed; record_watch.pl does it.

import { deadline } from "@std/async";
import { fromFileUrl, join } from "@std/path";
import { containment, systemCalls } from "../containment.ts";
import { searchPath } from "../environment.ts";
import { recordFiles, worktreesFolder } from "./folder_look.ts";

const program = fromFileUrl(new URL("./record_watch.pl", import.meta.url));
/** A program that was stopped must not stop us. */
const patienceMs = 2_000;

/** Watches the records of one git folder, until it is disposed of or cannot any more. */
export class RecordWatch implements AsyncDisposable {
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  /** The inode of the folder that is watched. */
  #inode = "";

  private constructor(folder: string) {
    const { inotifyInit, inotifyAdd } = systemCalls[Deno.build.arch]!;
    this.#folder = folder;
    this.#child = new Deno.Command("perl", {
      args: ["-C0", program, String(inotifyInit), String(inotifyAdd), folder, ...recordFiles],
      clearEnv: true,
      env: { PATH: searchPath().join(":") },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    // It ends with its input, and so with us.
    this.#child.unref();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.getReader();
  }

  /** From now on; null where that cannot be done. */
  static async start(common: string): Promise<RecordWatch | null> {
    if ((await containment()).kind !== "subreaper") return null;
    let watch: RecordWatch | null = null;
    try {
      watch = new RecordWatch(join(common, worktreesFolder));
      [watch.#inode = ""] = await watch.#answer();
      return watch;
    } catch {
      await watch?.[Symbol.asyncDispose]();
      return null;
    }
  }

  /**
   * The names in the folder of which anything changed since the last answer, or since the start. `any`: what changed is not known,
   * but is from now on; `ended`: and will not be told by this one. One call at a time.
   */
  async changed(): Promise<ReadonlySet<string> | "any" | "ended"> {
    try {
      if (String(Deno.lstatSync(this.#folder).ino) !== this.#inode) return "ended";
      await this.#input.write(new Uint8Array(1));
      const names = await this.#answer();
      return names.includes("/") ? "any" : new Set(names);
    } catch {
      return "ended";
    }
  }

  /** The names before the dot. Throws when it ends, or takes too long. */
  async #answer(): Promise<string[]> {
    const decoder = new TextDecoder();
    let text = "";
    while (!/(^|\0)\.\0$/.test(text)) {
      const { done, value } = await deadline(this.#output.read(), patienceMs);
      if (done) throw new Error("It ended");
      text += decoder.decode(value, { stream: true });
    }
    return text.split("\0").slice(0, -2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.ref();
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await Promise.allSettled([this.#child.status, this.#input.abort(), this.#output.cancel()]);
  }
}
