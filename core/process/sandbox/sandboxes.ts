// What this machine can confine runs to, found out at start: not by looking what is installed, but by trying inside a real
// sandbox what must not be possible there.

import { dirname, fromFileUrl, join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import type { SandboxLevel } from "../../domain/sandbox.ts";
import { removeFolder } from "../remove_folder.ts";
import { beginSandboxes, makeFolder, openSandboxes, type SandboxOptions } from "./open_sandbox.ts";
import type { OpenSandbox, Sandbox, Sandboxes } from "./sandbox.ts";

/** What CODER_SANDBOX says. */
export type AskedLevel = "auto" | SandboxLevel;

/** What to do where a program is missing, or the system does not let this user make namespaces. */
const mends: [RegExp, string][] = [
  [/only Linux/, "run the service on Linux, or in a virtual machine of your own"],
  [/bubblewrap|bwrap not|socat|ripgrep|\brg\b/i, "apt install bubblewrap socat ripgrep"],
  [
    /uid map|user namespace|Creating new namespace|No permissions to create|clone|setgroups|RTM_NEWADDR/i,
    "this system lets nobody but root make user namespaces. Ubuntu 24.04: give bwrap an AppArmor profile " +
    "(`apt install apparmor-profiles`, then `ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict " +
    "/etc/apparmor.d/` and `systemctl reload apparmor`). Containers: start them with " +
    "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined`. Elsewhere: `sysctl -w " +
    "kernel.unprivileged_userns_clone=1`",
  ],
  [
    /mount proc|Can't mount|proc on/i,
    "this container does not let anybody mount /proc: start it with `--security-opt systempaths=unconfined`",
  ],
];

/** What a trial finds, known step by step: so that a start need not wait for it. `trying` must not reject. */
export function sandboxesOnceTried(trying: Promise<Sandboxes>): Sandboxes {
  let found: Sandboxes | null = null;
  const tried = trying.then((sandboxes) => void (found = sandboxes));
  return {
    tried,
    get level() {
      return found?.level ?? "off";
    },
    get reason() {
      return found ? found.reason : "what this machine can do is being tried";
    },
    open: async (start) => await (await trying).open(start),
    get begin() {
      return found?.begin ?? null;
    },
  };
}

/**
 * Tries what is asked for. `auto` becomes `files` where that holds, else `off` with a reason. Throws
 * `DomainError("unavailable")` with what to do when something stricter was asked for and does not hold.
 */
export async function sandboxesFor(asked: AskedLevel, options: SandboxOptions): Promise<Sandboxes> {
  // What the sandboxes of a service that was ended hard have left; they end with it.
  await removeFolder(options.folder).catch(() => {});
  const open = openSandboxes(options);
  const tried = Promise.resolve();
  if (asked === "off") return { tried, level: "off", reason: null, open: probedFirst(open, options), begin: null };
  const failure = await faultOf(open, options);
  if (failure === null) {
    return { tried, level: asked === "auto" ? "files" : asked, reason: null, open, begin: beginSandboxes(options) };
  }
  if (asked === "auto") return { tried, level: "off", reason: failure, open: probedFirst(open, options), begin: null };
  throw new DomainError("unavailable", `CODER_SANDBOX=${asked} is not possible on this machine: ${failure}`);
}

/** For those that a repository asks for: tried before the first one, so that a program which was installed since will do. */
function probedFirst(open: OpenSandbox, options: SandboxOptions): OpenSandbox {
  let failure: Promise<string | null> | null = null;
  return async (start) => {
    failure ??= faultOf(open, options);
    const words = await failure;
    if (words === null) return await open(start);
    failure = null;
    throw new DomainError("unavailable", words);
  };
}

/** Why nothing can be confined here, with what to do about it; null: it can be. */
async function faultOf(open: OpenSandbox, options: SandboxOptions): Promise<string | null> {
  if (Deno.build.os !== "linux") return withMend("only Linux has what it takes");
  try {
    await Deno.mkdir(dirname(options.folder), { recursive: true, mode: 0o700 });
    const faults = await tryIt(open, options);
    return faults.length === 0 ? null : `a sandbox does not hold: ${faults.join(", ")}`;
  } catch (error) {
    return withMend(messageOf(error));
  }
}

function withMend(words: string): string {
  const mend = mends.find(([pattern]) => pattern.test(words))?.[1];
  return mend === undefined ? words : `${words} (${mend})`;
}

/** What must hold inside, and does not. */
async function tryIt(open: OpenSandbox, { folder }: SandboxOptions): Promise<string[]> {
  const mark = crypto.randomUUID();
  const place = join(folder, `probe-${mark.slice(0, 8)}`);
  const [work, outside, common] = ["work", "outside", "common"].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  const gitFolder = join(common, "worktrees", "work");
  const secret = join(place, "secret");
  await makeFolder(folder);
  for (const path of [work, outside, gitFolder]) await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(secret, "secret");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let sandbox: Sandbox | null = null;
  try {
    sandbox = await open({
      rules: {
        ...{ level: "files", worktree: work, worktrees: place, commonFolder: common, gitFolder, repo: "probe" },
        ...{ allowedDomains: [], push: false, ports: [] },
      },
      ...{ mark, workerMark: mark },
    });
    const child = await sandbox.spawn("bash", {
      args: [fromFileUrl(new URL("./probe.sh", import.meta.url)), secret, outside, String(listener.addr.port)],
      ...{ cwd: work, env: {}, stdin: "null" },
    });
    const [{ success, stdout, stderr }, isInside, isOutside] = [
      await child.output(),
      await isThere(join(work, "inside")),
      await isThere(join(outside, "file")),
    ];
    const said = new TextDecoder().decode(stdout).trim().split("\n").filter((line) => line !== "");
    return [
      ...said,
      ...(isInside ? [] : ["a run cannot write to its own worktree"]),
      ...(isOutside ? ["other folders can be written to"] : []),
      ...(success || said.length > 0 ? [] : [`the probe failed: ${new TextDecoder().decode(stderr).trim()}`]),
    ];
  } finally {
    listener.close();
    await sandbox?.end({ graceMs: 1_000 });
    await removeFolder(place);
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
