import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { containment, type ProgramStart, spawnContained } from "../../core/process/containment.ts";
import { markVariable } from "../../core/process/process_table.ts";
import { endTree, findTree } from "../../core/process/process_tree.ts";
import { endSurvivors } from "../../core/process/survivors.ts";
import { eventually, tempDir } from "../support/temp.ts";
import { programEnds } from "./program_ends.ts";
import { alive } from "./world.ts";

/** Every usual way to leave one's family; each writes its pid to `$PIDS`, with an environment that has no mark. */
const leavers = `
say='echo $$ >> "$0"; exec sleep 600'
env -i setsid -f sh -c "$say" "$PIDS" > /dev/null 2>&1
(env -i setsid sh -c "$say" "$PIDS" > /dev/null 2>&1 &)
env -i nohup setsid sh -c "$say" "$PIDS" > /dev/null 2>&1 &
( ( (env -i setsid -f setsid -f sh -c "trap '' TERM; $say" "$PIDS" > /dev/null 2>&1 &) & ) & )
`;
const leaverCount = 4;

/** Sends a signal to the helper, and to nothing else if there is none. */
const toHelper = (signal: string) =>
  `case "$(tr '\\0' ' ' < /proc/$PPID/cmdline)" in *reaper.pl*) kill -${signal} $PPID;; esac`;

interface Run extends AsyncDisposable {
  child: Deno.ChildProcess;
  mark: string;
  folder: string;
  pids(count: number): Promise<number[]>;
}

async function startRun(script: string, options: Partial<ProgramStart> = {}): Promise<Run> {
  const folder = await tempDir();
  const file = join(folder.path, "pids");
  const mark = crypto.randomUUID();
  const child = await spawnContained("/bin/sh", {
    args: ["-c", script],
    cwd: folder.path,
    stdin: "null",
    ...options,
    env: { [markVariable(mark)]: "1", PIDS: file, ...options.env },
  });
  const written = async () => [...(await Deno.readTextFile(file)).matchAll(/^(\d+)\n/gm)].map(([, pid]) => Number(pid));
  return {
    child,
    mark,
    folder: folder.path,
    pids: (count) =>
      eventually(async () => {
        const found = await written();
        return found.length >= count ? found : null;
      }),
    async [Symbol.asyncDispose]() {
      await endTree({ mark, pid: child.pid, graceMs: 0 });
      for (const pid of await written().catch(() => [])) {
        try {
          Deno.kill(pid, "SIGKILL");
        } catch { /* it has ended, as it should */ }
      }
      await Promise.all([child.status, child.stdout.cancel(), child.stderr.cancel()]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("this machine holds a run's processes together by a subreaper", async () => {
  assertEquals(await containment(), { kind: "subreaper", reason: null });
});

Deno.test("spawnContained() passes on arguments, input, output, folder and environment, and a group in a session of its own", async () => {
  await using folder = await tempDir();
  const child = await spawnContained("sh", {
    args: [
      "-c",
      'cat; pwd; printf "%s|" "$@" "$ADDED" "$PERSONAL_REAPER"; ps -o pgid=,sid= -p $$; echo $$',
      "sh",
      "ü",
      "",
    ],
    cwd: folder.path,
    env: { ADDED: "1" },
    stdin: "piped",
  });
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("input\n"));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const [input, cwd, words, pid] = new TextDecoder().decode(stdout).split("\n");
  assertEquals([code, new TextDecoder().decode(stderr), input, cwd], [0, "", "input", folder.path]);
  assertMatch(words!, new RegExp(`^ü\\|\\|1\\|\\| *${pid} +${child.pid}$`));
});

Deno.test("spawnContained() ends as the program ended: by its code or its signal", async () => {
  for (const [script, code, signal] of programEnds) {
    await using run = await startRun(script);
    const status = await run.child.status;
    assertEquals([status.code, status.signal], [code, signal], script);
    // Usually nothing is left, and then nothing has to be ended.
    assertEquals(await findTree({ mark: run.mark }), [], script);
  }
});

Deno.test("spawnContained() says at once that there is no such program", async () => {
  for (const program of ["/nowhere/claude", "no-such-program-anywhere"]) {
    const error = await spawnContained(program, { args: [], cwd: "/", env: {}, stdin: "null" }).then(
      () => null,
      (error) => error,
    );
    assertMatch(String(error), /Cannot run .*: the program was not found/);
  }
});

Deno.test("endTree() ends what left its family with an empty environment, after the program has ended", async () => {
  await using run = await startRun(`${leavers} while [ "$(wc -l < "$PIDS")" -lt ${leaverCount} ]; do sleep 0.01; done`);
  const pids = await run.pids(leaverCount);
  assertEquals((await run.child.status).code, 0);
  assertEquals((await alive(pids)).length, leaverCount);
  await endTree({ mark: run.mark, pid: run.child.pid, graceMs: 300 });
  assertEquals(await alive(pids), []);
  assertEquals(await findTree({ mark: run.mark }), []);
});

Deno.test("endTree() ends it while the program lives, and lets it end on TERM by itself", async () => {
  await using run = await startRun(`trap 'exit 5' TERM; ${leavers} while :; do sleep 0.02; done`);
  const pids = await run.pids(leaverCount);
  await endTree({ mark: run.mark, pid: run.child.pid, graceMs: 1_000 });
  assertEquals(await alive(pids), []);
  assertEquals((await run.child.status).code, 5);
});

Deno.test("endSurvivors() ends it by the mark alone, as after a restart, and counts no helper", async () => {
  await using folder = await tempDir();
  const mark = crypto.randomUUID();
  const file = join(folder.path, "pids");
  // The one who started it is gone.
  const starter = join(folder.path, "starter.ts");
  const module = import.meta.resolve("../../core/process/containment.ts");
  await Deno.writeTextFile(
    starter,
    `import { spawnContained } from ${JSON.stringify(module)};
    const options = { stdin: "null", stdout: "null", stderr: "null" } as const;
    await spawnContained("sh", { ...options, args: ["-c", ${JSON.stringify(`${leavers} exec sleep 600`)}] });
    Deno.kill(Deno.pid, "SIGKILL");`,
  );
  const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
  await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-lock", "--config", config, starter],
    env: { [markVariable(mark)]: "1", PIDS: file },
    stdin: "null",
    stdout: "null",
  }).output();
  const pids = await eventually(async () => {
    const found = (await Deno.readTextFile(file)).match(/^\d+\n/gm) ?? [];
    return found.length === leaverCount ? found.map(Number) : null;
  });
  assertEquals(await endSurvivors(mark), leaverCount + 1);
  assertEquals(await alive(pids), []);
  assertEquals(await endSurvivors(mark), 0);
});

Deno.test("endTree() ends a stopped reaper, and what only says that it is one", async () => {
  await using run = await startRun(
    `PERSONAL_REAPER=1 setsid -f sh -c 'echo $$ >> $PIDS; exec sleep 600'; ${toHelper("STOP")}; exec sleep 600`,
  );
  const pids = await run.pids(1);
  await endTree({ mark: run.mark, pid: run.child.pid, graceMs: 200 });
  assertEquals(await alive(pids), []);
  assertEquals(await findTree({ mark: run.mark }), []);
});

Deno.test("the death of the helper is the end of the run, and leaves what is marked to be found", async () => {
  await using run = await startRun(
    `setsid -f sh -c 'echo $$ >> $PIDS; exec sleep 600'; ${toHelper("KILL")}; exec sleep 600`,
  );
  const pids = await run.pids(1);
  assertEquals((await run.child.status).signal, "SIGKILL");
  await endTree({ mark: run.mark, pid: run.child.pid, graceMs: 200 });
  assertEquals(await alive(pids), []);
});
