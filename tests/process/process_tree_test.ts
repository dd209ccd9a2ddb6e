import { fromFileUrl, join } from "@std/path";
import { assert, assertEquals } from "@std/assert";
import { markVariable, processTable } from "../../core/process/process_table.ts";
import { endTree, findMarkedRuns, findTree } from "../../core/process/process_tree.ts";
import { eventually, tempDir } from "../support/temp.ts";
import { alive } from "./world.ts";

interface Started extends AsyncDisposable {
  child: Deno.ChildProcess;
  mark: string;
  /** The pids that the script has written, one a line; waits until there are as many as asked for. */
  pids(count: number): Promise<number[]>;
}

/** A shell script in its own session, as a marked run; it writes the pids to be watched to `$PIDS`. */
async function startMarked(script: string, mark: string = crypto.randomUUID()): Promise<Started> {
  const folder = await tempDir();
  const file = join(folder.path, "pids");
  const child = new Deno.Command("sh", {
    args: ["-c", script],
    env: { [markVariable(mark)]: "1", PIDS: file },
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  // A line without its end is still being written, and the file is empty before the first.
  const written = async () => [...(await Deno.readTextFile(file)).matchAll(/^(\d+)\n/gm)].map(([, pid]) => Number(pid));
  const pids = (count: number) =>
    eventually(async () => {
      const found = await written();
      return found.length >= count ? found : null;
    });
  return {
    child,
    mark,
    pids,
    async [Symbol.asyncDispose]() {
      for (const target of [-child.pid, ...await written().catch(() => [])]) {
        try {
          Deno.kill(target, "SIGKILL");
        } catch {
          // It has ended, as it should.
        }
      }
      await child.status;
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("endTree() ends the child, its group, and a grandchild in a session of its own", async () => {
  await using run = await startMarked(
    `setsid sh -c 'echo $$ >> $PIDS; exec sleep 600' & sh -c 'echo $$ >> $PIDS; exec sleep 600' & wait`,
  );
  const pids = await run.pids(2);
  assertEquals((await findTree({ mark: run.mark })).length, 3);
  await endTree({ mark: run.mark, pid: run.child.pid, graceMs: 5000 });
  assertEquals(await alive([run.child.pid, ...pids]), []);
});

Deno.test("endTree() ends descendants without the mark, also after their parents have gone", async () => {
  await using run = await startMarked(
    `env -i PIDS=$PIDS PATH=$PATH setsid sh -c 'trap "" TERM; echo $$ >> $PIDS; while :; do sleep 0.05; done' & wait`,
  );
  const pids = await run.pids(1);
  await endTree({ mark: run.mark, pid: run.child.pid, graceMs: 200 });
  assertEquals(await alive([run.child.pid, ...pids]), []);
});

Deno.test("endTree() ends a member of a marked process's group that has neither the mark nor a parent of the run", async () => {
  // The subshell ends at once, and its child goes to init.
  await using run = await startMarked(
    `(env -i PIDS=$PIDS PATH=$PATH sh -c 'echo $$ >> $PIDS; exec sleep 600' &); exec sleep 600`,
  );
  const [orphan] = await run.pids(1);
  const { parent } = await eventually(async () =>
    (await processTable()).find(({ pid, parent }) => pid === orphan && parent !== run.child.pid)
  );
  assert(parent !== run.child.pid);
  assertEquals(
    (await findTree({ mark: run.mark })).map(({ pid }) => pid).toSorted(),
    [run.child.pid, orphan!].toSorted(),
  );
  await endTree({ mark: run.mark, graceMs: 5000 });
  assertEquals(await alive([run.child.pid, orphan!]), []);
});

Deno.test("endTree() sends TERM once, and KILL to what ignores it after the grace", async () => {
  await using polite = await startMarked(`trap 'echo 1 >> $PIDS' TERM; echo $$ >> $PIDS; while :; do sleep 0.02; done`);
  await polite.pids(1);
  await endTree({ mark: polite.mark, pid: polite.child.pid, graceMs: 300 });
  assertEquals((await polite.pids(2)).slice(1), [1]);
  assertEquals((await polite.child.status).signal, "SIGKILL");
});

Deno.test("endTree() finds a surviving tree by its mark alone, as after a restart", async () => {
  await using run = await startMarked(`echo $$ >> $PIDS; exec sleep 600`);
  const pids = await run.pids(1);
  const found = (await findMarkedRuns()).filter((process) => process.mark === run.mark);
  assertEquals(found.map(({ pid }) => pid), pids);
  assert(Math.abs(found[0]!.startTime - Date.now()) < 60_000);
  await endTree({ mark: run.mark, graceMs: 5000 });
  assertEquals(await alive(pids), []);
});

Deno.test("endTree() leaves other runs, and whatever has the pid without the mark", async () => {
  await using mine = await startMarked(`echo $$ >> $PIDS; exec sleep 600`);
  await using other = await startMarked(`setsid sh -c 'echo $$ >> $PIDS; exec sleep 600' & echo $$ >> $PIDS; wait`);
  const pids = await other.pids(2);
  await mine.pids(1);
  // Not a child of this process: its pid alone means nothing.
  const stranger = pids.find((pid) => pid !== other.child.pid)!;
  await endTree({ mark: mine.mark, pid: stranger, graceMs: 5000 });
  assertEquals(await alive(pids), pids);
});

Deno.test("endTree() never signals this process, even when it carries the mark", async () => {
  const mark = crypto.randomUUID();
  const script = `
    import { endTree, findMarkedRuns } from ${
    JSON.stringify(import.meta.resolve("../../core/process/process_tree.ts"))
  };
    await endTree({ mark: "${mark}", graceMs: 100 });
    console.log((await findMarkedRuns()).filter(({ mark }) => mark === "${mark}").length);
  `;
  await using folder = await tempDir();
  await Deno.writeTextFile(join(folder.path, "self.ts"), script);
  const { code, stdout } = await deno(["-A", join(folder.path, "self.ts")], { [markVariable(mark)]: "1" });
  assertEquals([code, stdout], [0, "0\n"]);
});

Deno.test("endTree() works under scoped permissions, where /proc and Deno.kill are refused", async () => {
  await using run = await startMarked(
    `setsid sh -c 'echo $$ >> $PIDS; exec sleep 600' & env -i PIDS=$PIDS sh -c 'echo $$ >> $PIDS; sleep 600' & wait`,
  );
  const pids = await run.pids(2);
  // A program that only names the mark in its arguments is none of the run's.
  await using decoy = await startMarked(`echo $$ >> $PIDS; exec sh -c 'sleep 600; :' ${markVariable(run.mark)}=1`);
  const decoys = await decoy.pids(1);
  const script = `
    import { endTree, findMarkedRuns } from ${
    JSON.stringify(import.meta.resolve("../../core/process/process_tree.ts"))
  };
    const found = (await findMarkedRuns()).filter(({ mark }) => mark === "${run.mark}");
    await endTree({ mark: "${run.mark}", graceMs: 5000 });
    console.log(JSON.stringify(found));
  `;
  await using folder = await tempDir();
  await Deno.writeTextFile(join(folder.path, "scoped.ts"), script);
  const { code, stdout, stderr } = await deno([
    "--no-prompt",
    "--allow-run=ps,sh",
    "--allow-env=PATH",
    `--allow-read=${folder.path},${fromFileUrl(new URL("../../", import.meta.url))}`,
    join(folder.path, "scoped.ts"),
  ]);
  assertEquals([code, stderr], [0, ""]);
  const found: { pid: number; startTime: number }[] = JSON.parse(stdout);
  // The one with an empty environment is found by its group only, which endTree() looks at.
  assertEquals(found.filter(({ pid }) => pid === run.child.pid || pids.includes(pid)).length, 2);
  assert(found.every(({ startTime }) => Math.abs(startTime - Date.now()) < 60_000));
  assertEquals(await alive([run.child.pid, ...pids]), []);
  assertEquals(await alive(decoys), decoys);
});

const namespace = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"] as const;
const [unshare, ...inNamespace] = namespace;
const namespaces = await new Deno.Command(unshare, { args: [...inNamespace, "true"], stdin: "null" }).output()
  .then(({ success, stderr }) => success ? null : new TextDecoder().decode(stderr).trim(), String);

Deno.test({
  name: `endTree() ends a group whose number is that of a signal, under scoped permissions${
    namespaces === null ? "" : ` (not here: ${namespaces})`
  }`,
  ignore: namespaces !== null,
  async fn() {
    await using folder = await tempDir();
    const file = join(folder.path, "scoped.ts");
    const mark = crypto.randomUUID();
    // As in every container: pids are given from 1 on.
    await Deno.writeTextFile(
      file,
      `
      import { endTree } from ${JSON.stringify(import.meta.resolve("../../core/process/process_tree.ts"))};
      const child = new Deno.Command("sh", {
        args: ["-c", "trap '' TERM; echo; while :; do sleep 0.05; done"],
        env: { ${JSON.stringify(markVariable(mark))}: "1" },
        detached: true,
        stdout: "piped",
      }).spawn();
      await child.stdout.getReader().read();
      await endTree({ mark: "${mark}", pid: child.pid, graceMs: 50 });
      console.log(JSON.stringify([child.pid, (await child.status).signal]));
      Deno.exit();
      `,
    );
    const permissions = ["--no-prompt", "--allow-run=ps,sh", "--allow-env=PATH", `--allow-read=${folder.path}`];
    const { code, stdout, stderr } = await deno([...permissions, file], {}, namespace);
    assertEquals([code, stderr], [0, ""]);
    const [pid, signal]: [number, string] = JSON.parse(stdout);
    assertEquals([pid < 65, signal], [true, "SIGKILL"], `pid ${pid}`);
  },
});

async function deno(args: string[], env: Record<string, string> = {}, under: readonly string[] = []) {
  const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
  const [program, ...words] = [...under, Deno.execPath()] as [string];
  const output = await new Deno.Command(program, {
    args: [...words, "run", "--quiet", "--no-lock", "--config", config, ...args],
    env,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}
