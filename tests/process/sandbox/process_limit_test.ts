import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { limitProcesses } from "../../../core/process/sandbox/process_limit.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { openedWorld } from "./world.ts";

const few = 40;
const configuration = fromFileUrl(new URL("../../../deno.json", import.meta.url));

sandboxTest("a sandbox that says how many processes there may be has no more", async () => {
  await using world = await openedWorld({ maxProcesses: few });
  const { processes } = world.sandbox.applied;
  if (processes === null) {
    console.log("skipped: this machine counts no processes");
    return;
  }
  assertEquals(processes, few);
  // A shell would try again and again, and who holds the output would keep it open.
  const script =
    "while (defined(my $pid = fork)) { if (!$pid) { close STDOUT; close STDERR; sleep 600; exit } $count++; exit 1 if $count > 1000 } print $count";
  const child = await world.sandbox.spawn("perl", { args: ["-e", script], cwd: world.work, env: {}, stdin: "null" });
  const { code, stdout } = await child.output();
  const count = Number(new TextDecoder().decode(stdout));
  assertEquals(code, 0);
  assert(count > 0 && count < few, `${count} processes`);
});

Deno.test("limitProcesses() gives back what it took: no group stays, and this process is in none", async () => {
  const name = `test-${crypto.randomUUID()}`;
  // In a process of its own, since it is this one that is counted.
  const source = import.meta.resolve("../../../core/process/sandbox/process_limit.ts");
  const program = `import { limitProcesses } from ${JSON.stringify(source)};
    const limit = limitProcesses(${JSON.stringify(name)}, 100);
    const before = Deno.readTextFileSync("/proc/self/cgroup");
    limit.release();
    const after = Deno.readTextFileSync("/proc/self/cgroup");
    console.log(JSON.stringify([limit.processes, before.includes(${JSON.stringify(name)}), after.includes(${
    JSON.stringify(name)
  })]));`;
  if (Deno.build.os !== "linux") return assertEquals(limitProcesses(name, 100).processes, null);
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--config", configuration, program] })
    .output();
  const [processes, during, after] = JSON.parse(new TextDecoder().decode(stdout));
  // Only root has a group; others have a limit that goes with the program.
  assertEquals(during, Deno.uid() === 0 && processes !== null);
  assertEquals(after, false);
  for (const folder of ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"]) {
    assertEquals(await Deno.lstat(join(folder, `personal-coder-${name}`)).then(() => true, () => false), false);
  }
});
