import { assertEquals, assertMatch } from "@std/assert";
import { isHeld, spawnContained } from "../../core/process/containment.ts";
import { findTree } from "../../core/process/process_tree.ts";
import { waitingHelper } from "../../core/process/waiting_helper.ts";
import { eventually, tempDir } from "../support/temp.ts";
import { programEnds } from "./program_ends.ts";

Deno.test("a helper that waited passes on arguments, input, output, folder and environment as one that did not", async () => {
  await using folder = await tempDir();
  const script = 'cat; pwd; printf "%s|" "$@" "$ADDED" "$EMPTY" "$PERSONAL_REAPER"; ps -o pgid=,sid= -p $$; echo $$';
  const said: string[] = [];
  for (const isWaiting of [true, false]) {
    await using helper = waitingHelper([crypto.randomUUID()]);
    helper.begin();
    const spawn = isWaiting ? helper.spawn : spawnContained;
    const child = await spawn("sh", {
      args: ["-c", script, "sh", "ü", "", "two\nlines"],
      cwd: folder.path,
      env: { ADDED: "a=b", EMPTY: "" },
      stdin: "piped",
    });
    assertEquals(isHeld(child), true);
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("input\n"));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const text = new TextDecoder().decode(stdout);
    const pid = text.trimEnd().split("\n").at(-1)!;
    assertMatch(text, new RegExp(`\\| *${pid} +${child.pid}\n`));
    said.push(text.replaceAll(/\d+/g, "N").replaceAll(/ +/g, " "));
  }
  assertEquals(said[0], said[1]);
});

Deno.test("a program of a helper that waited ends by its own code or signal, and all that it leaves is found by the mark", async () => {
  await using folder = await tempDir();
  for (const [script, code, signal] of programEnds) {
    await using helper = waitingHelper([crypto.randomUUID()]);
    helper.begin();
    const child = await helper.spawn("sh", { args: ["-c", script], cwd: folder.path, env: {}, stdin: "piped" });
    const { code: ended, signal: by } = await child.output().finally(() => child.stdin.abort());
    assertEquals([ended, by], [code, signal], script);
  }
  const mark = crypto.randomUUID();
  await using helper = waitingHelper([mark]);
  helper.begin();
  const script = "env -i setsid -f sleep 600; exec cat";
  const child = await helper.spawn("sh", { args: ["-c", script], cwd: folder.path, env: {}, stdin: "piped" });
  const isSleeping = () => findTree({ mark }).then((found) => found.length >= 4 ? found : null);
  const found = await eventually(isSleeping);
  await Promise.all([child.stdin.close(), child.stdout.cancel(), child.stderr.cancel()]);
  for (const { pid } of found) if (pid !== child.pid) kill(pid);
  await child.status;
});

Deno.test("a helper whose program never comes ends when it is let go, and leaves nothing", async () => {
  const mark = crypto.randomUUID();
  {
    await using helper = waitingHelper([mark]);
    helper.begin();
    await eventually(async () => (await findTree({ mark })).length >= 3 ? true : null);
  }
  assertEquals(await findTree({ mark }), []);
});

Deno.test("a helper is for one program: what it cannot start, and what comes after, is started as by itself", async () => {
  await using folder = await tempDir();
  await using helper = waitingHelper([crypto.randomUUID()]);
  helper.begin();
  const error = await helper.spawn("no-such-program", { args: [], cwd: folder.path, env: {}, stdin: "piped" }).then(
    () => null,
    (error) => error,
  );
  assertMatch(String(error), /no-such-program.*not found/);
  const child = await helper.spawn("sh", { args: ["-c", "pwd"], cwd: folder.path, env: {}, stdin: "null" });
  assertEquals(new TextDecoder().decode((await child.output()).stdout), `${folder.path}\n`);
});

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch { /* it has ended */ }
}
