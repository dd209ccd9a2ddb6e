// Programs in a real sandbox, as those who start them see it: nothing of them is to differ from programs outside.

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import type { ProgramStart } from "../../../core/process/containment.ts";
import { eventually } from "../../support/temp.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { programEnds } from "../program_ends.ts";
import { type OpenedWorld, openedWorld } from "./world.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function shell({ sandbox, work }: OpenedWorld, script: string, options: Partial<ProgramStart> = {}) {
  return sandbox.spawn("sh", { args: ["-c", script], cwd: work, env: {}, stdin: "null", ...options });
}

sandboxTest("spawn() passes on arguments, input, outputs, folder and environment", async () => {
  await using world = await openedWorld();
  const args = ["-c", 'cat; pwd; printf "%s|" "$@" "$ADDED"; echo err >&2', "sh", "ü", "", "two\nlines", "'\"$x"];
  const child = await world.sandbox.spawn("sh", { args, cwd: world.work, env: { ADDED: "a\nb=c" }, stdin: "piped" });
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("input\n"));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assertEquals([code, text(stderr)], [0, "err\n"]);
  assertEquals(text(stdout), `input\n${world.work}\nü||two\nlines|'"$x|a\nb=c|`);
});

sandboxTest("spawn() ends as the program ended: by its code or its signal", async () => {
  await using world = await openedWorld();
  for (const [script, code, signal] of programEnds) {
    const status = await (await shell(world, script)).output();
    assertEquals([status.code, status.signal], [code, signal], script);
  }
});

sandboxTest("spawn() of a program that is not there ends with 127 and says so", async () => {
  await using world = await openedWorld();
  for (const program of ["/nowhere/claude", "no-such-program-anywhere"]) {
    const child = await world.sandbox.spawn(program, { args: [], cwd: world.work, env: {}, stdin: "null" });
    const { code, stderr } = await child.output();
    assertEquals(code, 127);
    assertStringIncludes(text(stderr), program);
  }
});

sandboxTest("10 MB go through input and output unharmed", async () => {
  await using world = await openedWorld();
  const child = await world.sandbox.spawn("cat", { args: [], cwd: world.work, env: {}, stdin: "piped" });
  const bytes = Uint8Array.from({ length: 10_000_000 }, (_, at) => (at * 31) ^ (at >> 8));
  const written = new Blob([bytes]).stream().pipeTo(child.stdin);
  const [{ code, stdout }] = await Promise.all([child.output(), written]);
  assertEquals(code, 0);
  assert(stdout.length === bytes.length && stdout.every((byte, at) => byte === bytes[at]));
});

sandboxTest("a program waits while nobody reads its output, and loses nothing", async () => {
  await using world = await openedWorld();
  const child = await shell(world, "yes 0123456789 | head -c 5000000; touch written");
  // What pipes and buffers hold is far less.
  const isWritten = () => Deno.lstat(join(world.work, "written")).then(() => true, () => false);
  assertEquals(await isWritten(), false);
  const { stdout } = await child.output();
  assertEquals([stdout.length, await isWritten()], [5_000_000, true]);
});

sandboxTest("many programs at once each have their own outputs and end", async () => {
  await using world = await openedWorld();
  const numbers = Array.from({ length: 40 }, (_, at) => at);
  const outputs = await Promise.all(numbers.map(async (at) => (await shell(world, `echo ${at}; exit ${at}`)).output()));
  assertEquals(outputs.map(({ stdout, code }) => [Number(text(stdout)), code]), numbers.map((at) => [at, at]));
});

sandboxTest("programs share a place: what one leaves another one sees", async () => {
  await using world = await openedWorld();
  await (await shell(world, "setsid -f sleep 600 > /dev/null 2>&1 < /dev/null")).output();
  const { stdout } = await (await shell(world, "cat /proc/[0-9]*/comm")).output();
  assertMatch(text(stdout), /^sleep$/m);
});

sandboxTest(
  "end() ends all of it, leaves no folder, and can be asked twice; nothing starts in it any more",
  async () => {
    await using world = await openedWorld();
    const child = await shell(world, "sleep 600");
    await world.sandbox.end({ graceMs: 2_000 });
    await world.sandbox.end({ graceMs: 2_000 });
    await world.sandbox.gone;
    await child.output();
    assertEquals(Array.from(Deno.readDirSync(world.folder), ({ name }) => name), []);
    await assertRejects(() => shell(world, "true"), DomainError, "its sandbox has ended");
  },
);

sandboxTest("when a sandbox is killed `gone` resolves, and who waits for a program in it waits no longer", async () => {
  await using world = await openedWorld();
  const child = await shell(world, "sleep 600");
  const [own] = Array.from(Deno.readDirSync(world.folder), ({ name }) => join(world.folder, name));
  const outer = await eventually(() => pidOf(own!), { what: "the program around it is found" });
  Deno.kill(outer, "SIGKILL");
  await world.sandbox.gone;
  const { success } = await child.output();
  assertEquals(success, false);
});

/** How the proxy answers who asks it for a way to that address. */
const askProxy = [
  "account=${HTTP_PROXY#http://} account=${account%@*}",
  String.raw`account=$(printf '%b' "${"${account//%/\\\\x}"}" | base64 -w 0)`,
  'exec 3<> "/dev/tcp/localhost/${HTTP_PROXY##*:}"',
  String
    .raw`printf 'CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Basic %s\r\n\r\n' "$1" "$1" "$account" >&3`,
  "read -r -t 10 _ status _ <&3",
  'echo "$status"',
].join("\n");

sandboxTest("what an operator opens of this machine is open, but for the port of the service itself", async () => {
  const ports = [1, 2].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const [service, database] = ports.map(({ addr }) => addr.port) as [number, number];
  await using world = await openedWorld({ allowedDomains: ["127.0.0.1", "localhost"], ownPort: service });
  const asked = async (address: string) => {
    const args = ["-c", askProxy, "sh", address];
    const child = await world.sandbox.spawn("bash", { args, cwd: world.work, env: {}, stdin: "null" });
    return text((await child.output()).stdout).trim();
  };
  try {
    assertEquals(await asked(`127.0.0.1:${database}`), "200");
    for (const host of ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0.0.0.0", Deno.hostname()]) {
      assertEquals(await asked(`${host}:${service}`), "403", host);
    }
  } finally {
    for (const listener of ports) listener.close();
  }
});

/** srt_process.ts, by the folder that is its argument. */
function pidOf(folder: string): number | undefined {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).find((pid) => {
    try {
      const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
      return words.some((word) => word.endsWith("srt_process.ts")) && words.includes(folder);
    } catch {
      return false;
    }
  });
}
