// The whole service with programs that speak like claude, but badly.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { agentProgram } from "../support/agent_program.ts";
import { startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { ofType } from "./world.ts";

/** Does what the first message says: the prompt is a shell script. */
const program = `#!/bin/bash
if [ "$1" = --version ]; then echo "9.9.9 (Odd)"; exit; fi
read -r message
result() { printf '{"type":"result","subtype":"success","is_error":%s,"result":"%s","usage":{"input_tokens":5}}' "$1" "$2"; }
init='{"type":"system","subtype":"init","session_id":"s","model":"m","claude_code_version":"9.9.9","cwd":"/"}'
script=$(printf '%s' "$message" | sed 's/.*"text":"BEGIN \\(.*\\) END.*/\\1/')
eval "$script"
`;

Deno.test("an agent that ends oddly fails its task by name; what it said is kept", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await using service = await startService({
    repo: repository.path,
    env: { ...await agentProgram(folder.path, program), CODER_STALL_SECONDS: "5", CODER_MAX_CONCURRENT: "9" },
  });
  const cases: { script: string; status: "completed" | "failed"; error: RegExp | null; type?: string }[] = [
    { script: "echo $init; exit 0", status: "failed", error: /exit code 0 and no result/ },
    { script: "echo $init; result false Fine; exit 3", status: "failed", error: /exit code 3 after a good result/ },
    { script: "echo $init; result true Broken; exit 0", status: "failed", error: /^Broken$/ },
    { script: "kill -9 $$", status: "failed", error: /signal SIGKILL and no result/ },
    { script: "echo Out of cheese >&2; exit 1", status: "failed", error: /exit code 1 and no result: Out of cheese/ },
    // Neither the noise nor the missing newline at the end costs anything.
    { script: "echo $init; echo noise; result false Fine", status: "completed", error: null, type: "output.raw" },
    {
      script: "echo $init; head -c 2000000 /dev/zero | tr '\\\\0' x; echo; result false Fine",
      status: "completed",
      error: null,
    },
    { script: "sleep 70", status: "failed", error: /said nothing for 5 s/ },
  ];
  await Promise.all(cases.map(async ({ script, status, error, type }) => {
    const { id } = await service.createTask({
      prompt: `BEGIN echo worked > work.txt; ${script} END`,
      title: "Odd",
      commit_reminder: false,
    });
    const task = await service.waitForStatus(id, status);
    if (error === null) assertEquals([task.output, task.error, task.input_tokens], ["Fine", null, 5], script);
    else assertMatch(task.error!, error, script);
    const events = await service.events(id);
    if (type) assert(events.some((event) => event.type === type), script);
    if (script.includes("2000000")) assertEquals(ofType(events, "output.raw")[0]!.data.text.length, 2_000_000);
    if (status === "failed") {
      assertEquals(await repository.git("show", `${task.snapshot!.ref}:work.txt`), "worked");
    }
  }));
  assertEquals(await service.descendants(), []);
  // Three in a row that did nothing: the environment may be broken.
  const health = await service.health();
  assertStringIncludes(health.pause?.reason ?? "", "3 runs in a row failed before doing anything");
});

Deno.test("an agent that hangs after its first word gives its slot back at the time limit, or at its task's own", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await using service = await startService({
    repo: repository.path,
    env: { ...await agentProgram(folder.path, program), CODER_TIMEOUT_SECONDS: "2", CODER_MAX_CONCURRENT: "2" },
  });
  const prompt = "BEGIN echo $init; sleep 600 END";
  const patient = await service.createTask({ prompt, title: "Patient", timeout_seconds: 600 });
  const hanging = await service.createTask({ prompt, title: "Hanging" });
  const ended = await service.waitForStatus(hanging.id, "failed");
  assertEquals([ended.outcome, ended.error], ["timed_out", "Time limit of 2 s reached (CODER_TIMEOUT_SECONDS)"]);
  assertEquals((await service.health()).slots, { busy: 1, total: 2, configured: 2 });
  assertEquals((await service.task(patient.id)).status, "in_progress");
});

Deno.test("an agent that says one word and hangs is shown as silent; at the limit it is stalled and the queue goes on", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await using service = await startService({
    repo: repository.path,
    env: {
      ...await agentProgram(folder.path, program),
      ...{ CODER_STALL_SECONDS: "5", CODER_SILENCE_SECONDS: "7", CODER_MAX_CONCURRENT: "3" },
    },
  });
  const hang = "BEGIN echo $init; sleep 600 END";
  const hanging = [{}, {}, { silence_seconds: 6 }].map((limit) =>
    service.createTask({ prompt: hang, title: "Hang", ...limit })
  );
  const ids = (await Promise.all(hanging)).map(({ id }) => id);
  const { id: next } = await service.createTask({ prompt: "BEGIN echo $init; result false Fine END", title: "Next" });
  const silent = await service.waitFor(ids[0]!, ({ run }) => run?.silent_since);
  assert(Date.parse(silent.silent_since!) >= Date.parse(silent.run_started_at!));
  const ends = await Promise.all(ids.map((id) => service.waitForStatus(id, "failed")));
  const said = (seconds: number, whose: string) => ["stalled", `The agent said nothing for ${seconds} s${whose}`];
  assertEquals(ends.map(({ outcome, error }) => [outcome, error]), [
    said(7, " (CODER_SILENCE_SECONDS)"),
    said(7, " (CODER_SILENCE_SECONDS)"),
    said(6, ""),
  ]);
  assertEquals((await service.waitForStatus(next, "completed")).silent_since, null);
  assertEquals((await service.health()).pause, null);
  assertEquals(ofType(await service.events(ids[0]!), "run.silent").length, 1);
});

Deno.test("an agent that speaks again is silent no more, and the history says for how long it was", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await using service = await startService({
    repo: repository.path,
    env: { ...await agentProgram(folder.path, program), CODER_STALL_SECONDS: "5" },
  });
  const prompt = "BEGIN echo $init; read -r word; echo $init; read -r word; result false Fine END";
  const { id } = await service.createTask({ prompt, title: "Pause", commit_reminder: false });
  await service.waitFor(id, ({ run }) => run?.silent_since);
  await service.command(id, "messages", { text: "Speak" });
  const speaking = await service.waitFor(id, (_task, { type }) => type === "run.silence_ended");
  assertEquals([speaking.status, speaking.silent_since], ["in_progress", null]);
  await service.command(id, "messages", { text: "End" });
  await service.waitForStatus(id, "completed");
  const [over] = ofType(await service.events(id), "run.silence_ended");
  assert(over!.data.seconds >= 5);
});
