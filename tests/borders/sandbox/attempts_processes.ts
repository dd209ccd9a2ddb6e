// To end processes of the host, to read in them, and to get out by the kernel's own files.

import type { Attempt, Attempts } from "./attempts.ts";

export const processAttempts: Attempts = ({ pid, bystander, ipc }) => ({
  ...tryOn("the service", pid),
  "end a process of the host": () => Deno.kill(bystander, "SIGKILL"),
  "share memory with programs of the host": async () => {
    const own = await Deno.readLink("/proc/self/ns/ipc");
    if (own !== ipc) throw new Error(`It is another one: ${own}`);
  },
  "find a process of the service in /proc": () => {
    // Nobody says it of their own command line, and those of the sandbox itself are none of the service's.
    const found = Array.from(Deno.readDirSync("/proc"), ({ name }) => name).filter((name) => {
      try {
        return /^\d+$/.test(name) && /\0(\S*\/)?main\.ts(\0|$)/.test(Deno.readTextFileSync(`/proc/${name}/cmdline`));
      } catch {
        return false;
      }
    });
    if (found.length === 0) throw new Error("None is there");
    return found.join(" ");
  },
});

/** What a process of the same user lets others do. None of it hurts it. */
function tryOn(who: string, pid: number): Record<string, Attempt> {
  return {
    [`signal ${who}`]: () => Deno.kill(pid, "SIGCONT"),
    [`read the environment of ${who}`]: async () => requireSome(await Deno.readTextFile(`/proc/${pid}/environ`)),
    [`enter the root of ${who}`]: async () =>
      requireMain(await Deno.readTextFile(`/proc/${pid}/root/proc/${pid}/cmdline`)),
    [`read the memory of ${who}`]: async () => {
      requireMain(await Deno.readTextFile(`/proc/${pid}/cmdline`));
      const [, from] = /^([0-9a-f]+)-[0-9a-f]+ r/m.exec(await Deno.readTextFile(`/proc/${pid}/maps`))!;
      using memory = await Deno.open(`/proc/${pid}/mem`);
      await memory.seek(BigInt(`0x${from}`), Deno.SeekMode.Start);
      if (await memory.read(new Uint8Array(64)) !== 64) throw new Error("Nothing is read");
    },
    [`use the open files of ${who}`]: async () => {
      requireMain(await Deno.readTextFile(`/proc/${pid}/cmdline`));
      return (await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`))).length;
    },
  };
}

function requireSome(text: string): string {
  if (text === "") throw new Error("It is empty");
  return text;
}

/** The pid is another process's inside. */
function requireMain(commandLine: string): string {
  if (!commandLine.includes("main.ts")) throw new Error(`It is somebody else: ${commandLine.slice(0, 80)}`);
  return commandLine;
}
