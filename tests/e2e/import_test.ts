// A task goes from one instance to another as one file: its history, and with a bundle its files.

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { systemClock } from "../../core/host/system.ts";
import { denoKv } from "../../core/kv/kv.ts";
import { verify } from "../../core/kv/verify.ts";
import { startService, type TestService } from "../support/service.ts";
import { bash, say } from "../support/scenarios.ts";
import { tempRepository } from "../support/temp.ts";
import { claudeWorld, ofType } from "./world.ts";

const ndjson = { "content-type": "application/x-ndjson" };

async function send(service: TestService, file: string | Uint8Array<ArrayBuffer>, query = "") {
  const response = await service.call(`/api/import${query}`, { method: "POST", headers: ndjson, body: file });
  return { status: response.status, body: await response.json() };
}

/** What differs by where it is. */
function plain(events: Awaited<ReturnType<TestService["events"]>>) {
  return events.map(({ task: _, ...event }, index) => {
    const { imported: __, ...data } = event.data as Record<string, unknown>;
    return index === 0 ? { ...event, data } : event;
  });
}

Deno.test("an exported task is read, replayed, compared and forked at another instance, files included", async () => {
  await using world = await claudeWorld({
    scenarios: {
      work({ step, userTexts }) {
        if (userTexts[0]!.includes("goes on from task")) return say("I see.");
        if (step === 0) {
          const commit = "git -c user.name=A -c user.email=a@example.com commit --quiet -m One";
          return bash(`echo one > one.txt && git add . && ${commit} && echo left > left.txt`, "Work");
        }
        return say("Done.");
      },
    },
  });
  const { service } = world;
  const { id } = await service.createTask({ prompt: "[[scenario:work]]", title: "One", commit_reminder: false });
  await service.waitForStatus(id, "completed");
  const events = await service.events(id);
  const exported = async (query: string) =>
    new Uint8Array(await (await service.call(`/api/tasks/${id}/export${query}`)).arrayBuffer());
  const file = await exported("?bundle=whole");

  // A clone of nothing that the other one has, under the same name.
  await using elsewhere = await tempRepository();
  await elsewhere.git("commit", "--quiet", "--allow-empty", "--message=Other");
  await using third = await tempRepository();
  const repos = `repo=${elsewhere.path},shop=${third.path}`;
  await using other = await startService({ ...world.options, repo: repos, data: undefined });
  await other.createTask({ prompt: "[[scenario:simple]]", title: "So that ids differ" });
  const first = await send(other, file);
  assertEquals([first.status, first.body.lacking, first.body.task.id], [201, null, 2]);
  const there = await other.events(2);
  assertEquals(plain(there), plain(events));
  const { task, store, events: count } = first.body.task.imported;
  assertEquals([task, count, typeof store], [id, events.length, "string"]);

  const diff = await (await other.call("/api/tasks/2/diff")).text();
  assertEquals([...diff.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, name]) => name), ["left.txt", "one.txt"], diff);
  const past = await (await other.call(`/api/tasks/2?at=3`)).json();
  assertEquals([past.status, past.seq], ["in_progress", 3]);
  for (const [path, body] of [["cancel", {}], ["retry", {}], ["messages", { text: "Go on" }], ["land", {}]] as const) {
    const refused = await other.call(`/api/tasks/2/${path}`, { method: "POST", json: body });
    assertEquals(refused.status, 409, path);
    assertMatch((await refused.json()).detail, /imported/);
  }
  const forked = await other.call("/api/tasks/2/fork", {
    method: "POST",
    json: { at: count, prompt: "[[scenario:work]] More" },
  });
  const fork = await forked.json();
  assertEquals(forked.status, 201, JSON.stringify(fork));
  const done = await other.waitForStatus(fork.id, "completed");
  assertEquals(await Deno.readTextFile(join(done.worktree!, "left.txt")), "left\n");

  // The same file again is the same task, whatever the way it came.
  const again = await send(other, file);
  assertEquals([again.status, again.body.task.id, again.body.lacking], [200, 2, null]);
  // In a repository of another name it is another one, with its files there.
  const moved = await send(other, file, "?repo=shop");
  const { id: movedId, repo, imported } = moved.body.task;
  assertEquals([moved.status, moved.body.lacking, repo, imported.repo], [201, null, "shop", "repo"]);
  const movedDiff = await (await other.call(`/api/tasks/${movedId}/diff`)).text();
  assertEquals(movedDiff, diff);
  assertEquals((await third.git("for-each-ref", "--format=%(refname)", `refs/coder/task-${movedId}`)) !== "", true);
  assertEquals((await send(other, file, "?repo=shop")).body.task.id, movedId);
  const unknown = await send(other, file, "?repo=nowhere");
  assertEquals([unknown.status, unknown.body.errors[0].path], [422, "repo"]);
  // Without files it can be read all the same.
  const bare = await send(other, await exported(""));
  assertEquals([bare.status, bare.body.task.status], [201, "completed"]);
  assertMatch(bare.body.lacking, /export it with `bundle`/);
  // It needs what its base has, which came with the first one.
  const thin = await exported("?bundle=thin");
  assertEquals((await send(other, thin)).body.lacking, null);
  assertEquals((await Array.fromAsync(Deno.readDir(join(other.data, "imports"))).catch(() => [])).length, 0);
  await other.stop();
  const kv = denoKv(await Deno.openKv(join(other.data, "coder.db")), { clock: systemClock });
  assertEquals((await verify(kv)).differences, []);
  kv.close();
});

Deno.test("a file that is none, not whole, or says what no history can is refused, and nothing of it is there", async () => {
  await using service = await startService();
  const { id } = await service.createTask({ prompt: "work 1", title: "Small" });
  await service.waitForStatus(id, "completed");
  const text = await (await service.call(`/api/tasks/${id}/export`)).text();
  const [header, ...rest] = text.trimEnd().split("\n") as [string, ...string[]];
  const files: [string, RegExp][] = [
    ["", /is empty|no export/],
    ["{}\n", /no export of a task/],
    [`${header}\n`, /SHA-256/],
    [[header, ...rest.slice(0, -1), ""].join("\n"), /SHA-256/],
    [[header, ...rest, "{}", ""].join("\n"), /SHA-256/],
    [[header, ...rest.map((line) => line.replace("Small", "Large")), ""].join("\n"), /SHA-256/],
    ["\u0000\n", /no JSON/],
  ];
  for (const [file, words] of files) {
    const { status, body } = await send(service, file);
    assertEquals(status, 422, file.slice(0, 80));
    assertMatch(body.detail, words);
  }
  const wrongType = await service.call("/api/import", {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: "x",
  });
  assertEquals(wrongType.status, 415);
  await wrongType.body?.cancel();
  const list = await (await service.call("/api/tasks")).json();
  assertEquals(list.tasks.length, 1);
  assertEquals(ofType(await service.events(id), "task.created").length, 1);
});
