// The service's own log, from the real service: every line is one, whatever it quotes.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { scriptAgent } from "../borders/script_agent.ts";
import { failToStart, startService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";

/** An agent that leaves a repository within its own, so that its worktree cannot be saved whole and the log names the folder. */
const leavesHostileFolder = `
name=$(printf 'x\\033[31m\\n2026-01-01T00:00:00.000Z info Forged\\033[0m')
mkdir "$name" && git init --quiet "$name" && cd "$name" && echo work > work && git add work
git -c user.name=T -c user.email=t@example.com commit --quiet -m nested && echo more >> work
`;

interface LogLine {
  time: string;
  level: string;
  message: string;
  task?: number;
  run?: number;
  error?: string;
}

Deno.test("CODER_LOG=json: every line of the service is JSON, with the task and the run that it is about", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const agent = await scriptAgent(folder.path, leavesHostileFolder);
  const token = "a-token-that-must-not-be-shown";
  const env = { ...agent, CODER_LOG: "json", CODER_TOKEN: token };
  await using service = await startService({ repo: repository.path, env });
  const headers = { authorization: `Bearer ${token}` };
  const created = await service.call("/api/tasks", { json: { prompt: "Work [fail]" }, headers });
  assertEquals(created.status, 201, await created.text());
  const stream = await service.call("/api/tasks/1/stream", { headers });
  assertStringIncludes(await stream.text(), "event: worktree.kept");
  assertEquals(await service.stop(), 0);

  const texts = service.output.trimEnd().split("\n");
  const lines: LogLine[] = texts.map((line) => JSON.parse(line));
  for (const { time, level, message } of lines) {
    assertMatch(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert(["info", "warn", "error"].includes(level) && message !== "");
  }
  const kept = lines.find(({ message }) => message.includes("put away"));
  assertEquals([kept?.level, kept?.task, kept?.run], ["warn", 1, 1], service.output);
  assertStringIncludes(kept!.error!, "x\x1b[31m");
  assert(texts.every((line) => !/\p{Cc}/u.test(line) && !line.includes(token)), service.output);
  assert(lines.some(({ message }) => message === "Stopped"));
});

Deno.test("the log as text: a folder's name forges no line and reaches no terminal", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  await using service = await startService({
    repo: repository.path,
    env: await scriptAgent(folder.path, leavesHostileFolder),
  });
  await service.createTask({ prompt: "Work [fail]" });
  await service.waitFor(1, (_, { type }) => type === "worktree.kept");
  assertEquals(await service.stop(), 0);
  assert(!/[^\P{Cc}\n]/u.test(service.output), JSON.stringify(service.output));
  const lines = service.output.split("\n").filter((line) => line.includes("Forged"));
  assert(lines.length > 0 && lines.every((line) => !line.startsWith("2026-01-01T00:00:00.000Z")), service.output);
});

Deno.test("CODER_LOG=json: also what keeps the service from starting is a line of JSON", async () => {
  for (const limited of [false, true]) {
    const { code, output } = await failToStart({ env: { CODER_LOG: "json", CODER_PORT: "x" }, limited });
    assertEquals(code, 1);
    const { level, message, error = "" } = JSON.parse(output) as LogLine;
    assertEquals(level, "error");
    assertStringIncludes(message + error, 'CODER_PORT is "x"');
  }
});
