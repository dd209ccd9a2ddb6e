import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { demoAgent } from "../../../core/process/demo/demo.ts";
import { demoRepository } from "../../../core/process/demo/demo_repository.ts";
import { inspectRepository } from "../../../core/process/git/git.ts";
import { git, tempDir, tempRepository } from "../../support/temp.ts";
import { runRules } from "../../../core/process/claude/claude_tools.ts";
import { agentStart, allOf, textsOf } from "../world.ts";

Deno.test("demoAgent() edits and commits for real, labelled demo", async () => {
  await using repo = await tempRepository();
  const start = agentStart(repo.path, {
    rawLog: join(repo.path, "../log"),
    prompt: `Say hello\n\nwith care\n\ncommit it\n\nand say so ${runRules}`,
  });
  const process = await demoAgent({ stepMs: 1, promptSuffix: "commit it\n\nand say so" })(start);
  assertEquals(process.name, "demo");
  const steps = [];
  for await (const step of process.steps) {
    steps.push(step);
    if (step.type === "result") await process.closeInput();
  }
  assertEquals(await process.exited, { code: 0, signal: null });
  const events = steps.flatMap((step) => step.type === "events" ? step.events : []);
  assertEquals(events[0], {
    type: "agent.ready",
    data: { model: "demo", session_id: start.sessionId, version: "demo" },
  });
  assertEquals(events.filter((event) => event.type === "output.tool_use").length, 3);
  assertEquals(textsOf(steps, "output.raw"), []);
  assert(steps.some((step) => step.type === "result" && step.result.ok && step.result.costUsd === 0));
  assertEquals(await repo.git("status", "--porcelain"), "");
  assertEquals(await repo.git("log", "-1", "--format=%an %s"), "Demo Agent Add demo note say-hello");
  const note = await Deno.readTextFile(join(repo.path, "demo/say-hello.md"));
  assertEquals(note, "# Say hello\n\n> Say hello\n> \n> with care\n", "what the service adds is no part of it");
});

Deno.test("demoAgent() takes a follow-up in the same session", async () => {
  await using repo = await tempRepository();
  const process = await demoAgent({ stepMs: 1 })(agentStart(repo.path, { rawLog: join(repo.path, "../log") }));
  let results = 0;
  for await (const step of process.steps) {
    if (step.type !== "result") continue;
    if (++results === 1) assertEquals(await process.send("And once more\n\nwith all of it"), true);
    else await process.closeInput();
  }
  assertEquals(results, 2);
  assertEquals(await repo.git("rev-list", "--count", "HEAD"), "3");
  assertStringIncludes(await Deno.readTextFile(join(repo.path, "demo/and-once-more.md")), "> with all of it\n");
});

Deno.test("demoAgent() proposes a plan, changes nothing, and goes on with --resume", async () => {
  await using repo = await tempRepository();
  const start = agentStart(repo.path, { rawLog: join(repo.path, "../log"), mode: "plan", prompt: "Say hello" });
  const planning = await demoAgent({ stepMs: 1 })(start);
  const steps = [];
  for await (const step of planning.steps) {
    steps.push(step);
    if (step.type === "result") await planning.closeInput();
  }
  const plan = steps.find((step) => step.type === "plan");
  assertStringIncludes(plan!.plan, "demo/say-hello.md");
  assertEquals((await planning.exited).code, 1);
  assertEquals(await repo.git("rev-list", "--count", "HEAD"), "1");
  const working = await demoAgent({ stepMs: 1 })({ ...start, mode: "execute", resume: true, prompt: "Approved" });
  await working.closeInput();
  const texts = textsOf(await allOf(working.steps), "output.text");
  assertStringIncludes(texts[0]!, "I go on");
  assertEquals(await repo.git("rev-list", "--count", "HEAD"), "2");
});

Deno.test("demoAgent() stops on an interrupt", async () => {
  await using repo = await tempRepository();
  const process = await demoAgent({ stepMs: 600_000 })(agentStart(repo.path, { rawLog: join(repo.path, "../log") }));
  const results = [];
  for await (const step of process.steps) {
    if (step.type === "events") await process.interrupt();
    if (step.type !== "result") continue;
    results.push([step.result.ok, step.result.subtype]);
    await process.closeInput();
  }
  assertEquals(results, [[false, "error_during_execution"]]);
  assertEquals((await process.exited).code, 1);
});

Deno.test("demoRepository() makes a repository once", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "data", "demo");
  // What a process that was killed at it leaves.
  await Deno.mkdir(`${path}.draft-1/half`, { recursive: true });
  assertEquals(await demoRepository(path), path);
  const { root, head, branch } = await inspectRepository(path);
  assertEquals([root, branch], [path, "main"]);
  await demoRepository(path);
  assertEquals((await inspectRepository(path)).head, head);
  assertEquals(await git(path, "status", "--porcelain"), "");
  assertEquals([...Deno.readDirSync(join(folder.path, "data"))].map((entry) => entry.name), ["demo"]);
});

Deno.test("demoRepository() refuses a folder that is something else, also inside a repository", async () => {
  await using repo = await tempRepository();
  const path = join(repo.path, "data", "demo");
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(join(path, "mine.txt"), "mine");
  await assertRejects(() => demoRepository(path), DomainError, "it is not a git repository");
  assertEquals(await Deno.readTextFile(join(path, "mine.txt")), "mine");
});
