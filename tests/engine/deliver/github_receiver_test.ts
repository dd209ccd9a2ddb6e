import { assertEquals, assertStringIncludes } from "@std/assert";
import type { TaskEvent } from "../../../core/domain/event.ts";
import { emptyTask, type Task } from "../../../core/domain/task.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { githubReceiver } from "../../../core/engine/deliver/github_receiver.ts";

const origin = {
  kind: "github",
  repository: "octo/shop",
  issue: 7,
  url: "https://github.com/octo/shop/issues/7",
} as const;
const completed = {
  ...{ type: "task.completed", task: 12, seq: 40, at: "2026-11-30T09:00:00.000Z", v: 1, by: "w/1" },
  data: { output: "Rounded once, with a test.", review: true },
} as TaskEvent;

function receiver(task: Partial<Task>, { obstacle = null as string | null } = {}) {
  const context = {
    store: { log: { head: () => Promise.resolve({ ...emptyTask(12), title: "Prices", ...task }) } },
    poster: { obstacle: () => obstacle },
    settings: { url: "https://coder.example" },
    worker: { id: "w", name: "w" },
  } as unknown as EngineContext;
  const github = { label: "coder", repositories: {}, secret: "s", token: "t", after: "" };
  return githubReceiver(context, github, "ghp_secret");
}

Deno.test("what became of an issue's task goes back as a comment with the answer and the link", async () => {
  const { request, wants } = receiver({ origin })!;
  const post = (await request(completed, { message: "m", at: 0 }))!;
  assertEquals(post.url, "https://api.github.com/repos/octo/shop/issues/7/comments");
  assertEquals(post.headers.authorization, "Bearer ghp_secret");
  const { body } = JSON.parse(post.body);
  assertStringIncludes(body, "<!-- personal-coder -->");
  assertStringIncludes(body, "**Task 12 is done and waits for your review** ([https://coder.example/tasks/12]");
  assertStringIncludes(body, "Rounded once, with a test.");
  assertEquals([wants(completed), wants({ ...completed, type: "run.finished" } as TaskEvent)], [true, false]);
});

Deno.test("of a task that came from elsewhere nothing goes to GitHub, nor from a worker that may not call it", async () => {
  assertEquals(await receiver({})!.request(completed, { message: "m", at: 0 }), null);
  const imported = { store: "s", task: 3, events: 40, exported_at: completed.at };
  assertEquals(await receiver({ origin, imported })!.request(completed, { message: "m", at: 0 }), null);
  assertEquals(receiver({ origin }, { obstacle: "no" }), null);
});

Deno.test("an issue that is gone, locked or moved takes no comment, and is not asked for days", () => {
  const { drops } = receiver({ origin })!;
  const dropped = (status: number | null, retryAfterSeconds: number | null = null) =>
    drops!({ status, retryAfterSeconds, error: null });
  assertEquals([404, 422, 301, 307, 403].map((status) => dropped(status)), Array(5).fill(true));
  assertEquals([dropped(403, 60), dropped(429), dropped(500), dropped(401), dropped(null)], Array(5).fill(false));
});
