// What happens between a lander's calls of git, by a git in its PATH: that numbers them, and kills who started it; or that lets
// somebody else be faster.

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { eventually } from "../../../support/temp.ts";
import { type LandingWorld, landingWorld } from "./world.ts";

const lander = fromFileUrl(new URL("killed_lander.ts", import.meta.url));

/** How it ended, when every git that it started has ended too, and the commit that it meant to move to, if it said so. */
async function landKilledAt(
  call: number,
  { w, commit }: { w: LandingWorld; commit: string },
): Promise<{ isKilled: boolean; to: string | null }> {
  const bin = `${w.repo.path}-bin-${call}`;
  await Deno.mkdir(bin);
  // Calls that come at once must not get the same number: only one can make a folder.
  const script = `#!/bin/sh
n=1
while ! mkdir ${bin}/call-$n 2>/dev/null; do n=$((n+1)); done
[ $n -eq ${call} ] && kill -9 $PPID
PATH="\${PATH#*:}" git "$@"
code=$?
mkdir ${bin}/call-$n/ended
exit $code
`;
  await Deno.writeTextFile(join(bin, "git"), script, { mode: 0o755 });
  const { signal, stdout } = await runLander([w.repo.path, commit], bin);
  const calls = (await Array.fromAsync(Deno.readDir(bin))).filter(({ isDirectory }) => isDirectory);
  await eventually(() => Promise.all(calls.map(({ name }) => Deno.stat(join(bin, name, "ended")))));
  return { isKilled: signal === "SIGKILL", to: new TextDecoder().decode(stdout).split("\n")[0] || null };
}

/** Runs the lander with the git of that folder. */
async function runLander(args: string[], bin: string): Promise<Deno.CommandOutput> {
  return await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", lander, ...args],
    env: { PATH: `${bin}:${Deno.env.get("PATH")}` },
    stderr: "inherit",
  }).output();
}

for (const main of ["checked out", undefined] as const) {
  Deno.test(`a kill at any call of a landing leaves the target before or after it, ${main ?? "not checked out"}`, async () => {
    await using w = await landingWorld({ main });
    const commit = await w.commit("work", { "a.txt": "work\n" });
    const from = await w.commit("main", { "b.txt": "main\n" });
    const outcomes: string[] = [];
    for (let call = 1;; call++) {
      assert(call < 30, "it ends");
      await w.repo.git("update-ref", "refs/heads/main", from);
      if (main !== undefined) await w.repo.git("reset", "--quiet", "--hard");
      const { isKilled, to } = await landKilledAt(call, { w, commit });
      const now = await w.tip("main");
      const outcome = to && await w.landings.outcomeOf("app", { target: "main", from, to });
      assertEquals(outcome, now !== from ? "moved" : to && "not_moved");
      if (now !== from) assertEquals([now, await w.tip("refs/coder/task-7/target-1")], [to, from]);
      if (main !== undefined) assertEquals(await w.repo.git("status", "--porcelain"), "");
      if (outcome !== null) outcomes.push(outcome);
      if (now === from) assertEquals((await w.move(from, await w.integrated("merge"))).kind, "moved", `call ${call}`);
      else assertEquals((await w.integrate("merge")).kind, "already");
      if (!isKilled) return assertEquals([...new Set(outcomes)], ["not_moved", "moved"]);
    }
  });
}

Deno.test("move() loses to whoever moves the target in the very moment before", async () => {
  await using w = await landingWorld();
  const commit = await w.commit("work", { "a.txt": "work\n" });
  await w.commit("main", { "b.txt": "main\n" });
  const theirs = await w.commit("theirs", { "c.txt": "theirs\n" });
  const bin = `${w.repo.path}-bin`;
  await Deno.mkdir(bin);
  const script = `#!/bin/sh
PATH="\${PATH#*:}"
case " $* " in *" update-ref "*) git update-ref refs/heads/main ${theirs} ;; esac
exec git "$@"
`;
  await Deno.writeTextFile(join(bin, "git"), script, { mode: 0o755 });
  const { success, stdout } = await runLander([w.repo.path, commit], bin);
  assertEquals([success, new TextDecoder().decode(stdout).includes("lost_race")], [true, true]);
  assertEquals([await w.tip("main"), await w.refs("refs/coder")], [theirs, []]);
});
