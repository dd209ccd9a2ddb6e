// Work that crosses from worker to worker by a bare repository, and what is said where it cannot: real services on a real
// server, each with its own clone, and an agent that really commits.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { TaskEvent, TaskEventOf } from "../../core/domain/event.ts";
import type { TestService } from "../support/service.ts";
import { eventually, git } from "../support/temp.ts";
import { type Cluster, startCluster, type WorkerOptions } from "./cluster.ts";
import { freePort } from "./denokv.ts";
import { denokv, skipped } from "./denokv_program.ts";

async function world() {
  const cluster = await startCluster();
  const exchange = join(cluster.folder, "exchange.git");
  await git(cluster.folder, "init", "--quiet", "--bare", exchange);
  const prompts = join(cluster.folder, "prompts");
  await Deno.mkdir(prompts);
  const env = {
    PROMPTS: prompts,
    CODER_CLAUDE: fromFileUrl(new URL("agent.sh", import.meta.url)),
    CODER_EXCHANGE: `repo=${exchange}`,
  };
  return {
    ...cluster,
    exchange,
    start: (name: string, options: WorkerOptions = {}) =>
      cluster.start(name, { ...options, env: { ...env, ...options.env } }),
    /** The full names of the refs in the exchange. */
    refs: async () => (await git(exchange, "for-each-ref", "--format=%(refname)")).trim().split("\n"),
    /** What the agent of a session was told first. */
    async told(session: string): Promise<string> {
      const [line] = (await Deno.readTextFile(join(prompts, `${session}.json`))).split("\n");
      const { message } = JSON.parse(line!);
      return typeof message.content === "string" ? message.content : message.content[0].text;
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

type Of<T extends TaskEvent["type"]> = TaskEventOf<T>;

function last<T extends TaskEvent["type"]>(events: TaskEvent[], type: T): Of<T> {
  const found = events.findLast((event) => event.type === type);
  assert(found, `there is a ${type}`);
  return found as Of<T>;
}

async function diffAt(service: TestService, id: number, query = ""): Promise<string> {
  const answer = await service.call(`/api/tasks/${id}/diff${query}`);
  const text = await answer.text();
  assertEquals(answer.status, 200, text);
  return text;
}

/** A git of a worker's own clone. */
const inClone = (cluster: Pick<Cluster, "folder">, worker: string, ...args: string[]) =>
  git(join(cluster.folder, worker, "repo"), ...args);

Deno.test({
  name: `what an agent made crosses by the exchange: to a base, a follow-up, a takeover and every door${skipped}`,
  ignore: denokv === null,
  async fn(t) {
    await using w = await world();
    const one = await w.start("one");
    const made = await one.createTask({ prompt: "Make it [[commits 2]] [[dirty]]", title: "Made" });
    await one.waitForStatus(made.id, "completed");

    await t.step("after a run the exchange has branch and refs, before anybody can build on it", async () => {
      const events = await one.events(made.id);
      const given = last(events, "work.exchanged");
      assertEquals(given.data.commits, 2);
      assert(given.seq < last(events, "run.finished").seq);
      const { branch } = last(events, "worktree.added").data;
      const refs = await w.refs();
      assert(
        refs.includes(`refs/heads/${branch}`) && refs.includes(`refs/coder/task-${made.id}/point-run-1`),
        `${refs}`,
      );
    });

    const held = await one.createTask({ prompt: "Hold [[commits 3]] [[hold]]", title: "Held" });
    await one.waitFor(held.id, (_, { type }) => type === "work.exchanged");
    const two = await w.start("two");
    await t.step("another door shows the work, with what is not committed, and how it would land", async () => {
      const diff = await diffAt(two, made.id);
      assertStringIncludes(diff, "dirty.txt");
      assertEquals(diff, await diffAt(one, made.id));
      const patch = await two.call(`/api/tasks/${made.id}/patch`);
      assertEquals((await patch.text()).match(/^Subject: /gm)?.length, 2);
      const landing = await (await two.call(`/api/tasks/${made.id}/landing`)).json();
      assertEquals([landing.uncommitted, landing.ahead], [{ count: 1, files: ["dirty.txt"] }, 2]);
    });

    await t.step("what only its worker has is said to be there", async () => {
      const answer = await two.call(`/api/tasks/${made.id}/log`);
      assertEquals(answer.status, 503);
      assertMatch((await answer.json()).detail, /is on one, which tells no address/);
    });

    const { branch } = last(await one.events(held.id), "worktree.added").data;
    await one.kill();

    await t.step("a task begins from work that a worker made which is gone", async () => {
      const next = await two.createTask({ prompt: "On top [[commits 1]]", base: `task:${made.id}`, title: "Next" });
      await two.waitForStatus(next.id, "completed");
      const log = await inClone(
        w,
        "two",
        "log",
        "--format=%s",
        last(await two.events(next.id), "work.exchanged").data.commit,
      );
      assertMatch(log, /^Work 1\n.*uncommitted work\nWork 2\nWork 1\n/);
    });

    await t.step("a follow-up goes on where the work is, and does not do it once more", async () => {
      await two.command(made.id, "messages", { text: "And more [[commits 1]]" });
      await two.waitFor(made.id, (task, { type }) => type === "task.completed" && task.epoch === 2);
      const events = await two.events(made.id);
      const words = await w.told(last(events, "run.started").data.session_id);
      assertMatch(words, /^And more \[\[commits 1\]\]\n\n.*asked for in these words, and done:\n\n> Make it/s);
      assertStringIncludes(words, "another machine, one");
      assertEquals(last(events, "worktree.added").data.from !== undefined, true);
      assertStringIncludes(await diffAt(two, made.id), "dirty.txt");
    });

    await t.step("what was committed before a kill is where the next run begins, and both are told", async () => {
      await two.waitFor(held.id, (task, { type }) => type === "run.started" && task.epoch === 2);
      const events = await two.events(held.id);
      const notice = last(events, "output.notice").data.text;
      assertMatch(notice, /^Taken over from one: .* as the exchange has it$/);
      const words = await w.told(last(events, "run.started").data.session_id);
      assertStringIncludes(words, "What was handed over is in this folder");
      assertEquals((await inClone(w, "two", "rev-list", "--count", `HEAD..${branch}`)).trim() >= "3", true);
      await two.command(held.id, "cancel");
      await two.waitForStatus(held.id, "cancelled");
    });
  },
});

Deno.test({
  name: `without an exchange the worker that has the work is waited for, and a takeover says what is missing${skipped}`,
  ignore: denokv === null,
  async fn(t) {
    await using w = await world();
    const alone = { env: { CODER_EXCHANGE: "" } };
    const one = await w.start("one", alone);
    const made = await one.createTask({ prompt: "Make it [[commits 1]]", title: "Made" });
    await one.waitForStatus(made.id, "completed");
    const held = await one.createTask({ prompt: "Hold [[commits 3]] [[hold]]", title: "Held" });
    await one.waitFor(held.id, (_, { type }) => type === "work.committed");
    const two = await w.start("two", { ...alone, cap: 3 });
    await one.kill();
    const next = await two.createTask({ prompt: "On top", base: `task:${made.id}`, title: "Next" });
    await two.command(made.id, "messages", { text: "And more [[commits 1]]" });

    await t.step("what was not handed over is begun again, and both are told how much there is", async () => {
      await two.waitFor(held.id, (task, { type }) => type === "run.started" && task.epoch === 2);
      const events = await two.events(held.id);
      assertEquals(
        last(events, "output.notice").data.text,
        "Begun again: one, which had this work, is away; 3 commits are there only",
      );
      const words = await w.told(last(events, "run.started").data.session_id);
      assertMatch(words, /^Hold .*\n\nWork on this task was begun on another machine, one, .*: 3 commits are on one/);
      assertMatch(words, /Begin again\./);
      assertEquals(words.includes("Go on with the task where you stopped"), false);
    });

    await t.step("a follow-up and a base wait for who has the work, say so, and are not begun anew", async () => {
      assertEquals((await two.task(made.id)).waiting, "Waits for one, which has its work and is away");
      assertEquals((await two.task(next.id)).waiting, `Waits for one, which has the work of #${made.id} and is away`);
      const answer = await two.call(`/api/tasks/${made.id}/diff`);
      assertEquals([answer.status, (await answer.json()).detail], [
        503,
        `What task ${made.id} made is on one, which is away`,
      ]);
    });

    await t.step("who comes back goes on in the session, and offers what its lost run had left", async () => {
      const back = await w.start("one", alone);
      await back.waitFor(made.id, (task, { type }) => type === "task.completed" && task.epoch === 2);
      assertEquals(last(await back.events(made.id), "run.started").data.resumed, true);
      await back.waitForStatus(next.id, "completed");
      await eventually(async () => (await back.events(held.id)).some(({ type }) => type === "work.left"), {
        what: "what was left is told",
      });
      const left = last(await back.events(held.id), "work.left");
      const { run, commits, exchanged, worker_name } = left.data;
      assertEquals([left.run, run, commits, exchanged, worker_name], [undefined, 1, 3, false, "one"]);
      assertEquals((await inClone(w, "one", "rev-list", "--count", `main..${left.data.ref}`)).trim(), "3");
    });
  },
});

Deno.test({
  name:
    `a worker that stopped in good order is waited for as long as it says, then its tasks go on elsewhere${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using w = await world();
    const [patient, hasty] = await Promise.all([
      w.start("patient", { repos: ["patient"], env: { CODER_EXCHANGE: "", CODER_HOLD_SECONDS: "3600" } }),
      w.start("hasty", { repos: ["hasty"], env: { CODER_EXCHANGE: "", CODER_HOLD_SECONDS: "2" } }),
    ]);
    const hold = { prompt: "Hold [[commits 1]] [[hold]]" };
    const first = await patient.createTask({ ...hold, repo: "patient", title: "First" });
    const second = await hasty.createTask({ ...hold, repo: "hasty", title: "Second" });
    await patient.waitFor(first.id, (_, { type }) => type === "work.committed");
    await hasty.waitFor(second.id, (_, { type }) => type === "work.committed");
    await Promise.all([patient.stop(), hasty.stop()]);
    const other = await w.start("other", { repos: ["patient", "hasty"], env: { CODER_EXCHANGE: "" } });
    await other.waitFor(second.id, (task, { type }) => type === "run.started" && task.epoch === 2);
    const waiting = await other.task(first.id);
    assertEquals([waiting.status, waiting.waiting], ["pending", "Waits for patient, which has its work and is away"]);
    const back = await w.start("patient", { repos: ["patient"], env: { CODER_EXCHANGE: "" } });
    await back.waitFor(first.id, (task, { type }) => type === "run.started" && task.epoch === 2);
    assertEquals(last(await back.events(first.id), "run.started").data.resumed, true);
  },
});

Deno.test({
  name: `what a worker made that is gone lands at another door${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using w = await world();
    const one = await w.start("one");
    const made = await one.createTask({ prompt: "Make it [[commits 2]]", title: "Made" });
    const dirty = await one.createTask({ prompt: "Make it [[commits 1]] [[dirty]]", title: "Dirty" });
    await one.waitForStatus(made.id, "completed");
    await one.waitForStatus(dirty.id, "completed");
    const two = await w.start("two");
    await one.kill();
    // Nobody knows yet that it is gone: the landing waits for it, and comes here when it is.
    await two.command(made.id, "land", {});
    await two.waitFor(made.id, (_, { type }) => type === "landing.finished");
    const end = last(await two.events(made.id), "landing.finished");
    assertEquals([end.data.outcome, end.data.error], ["landed", null]);
    assertEquals((await inClone(w, "two", "log", "--format=%s", "-1", "main")).trim(), "Made");
    const refused = await two.call(`/api/tasks/${dirty.id}/land`, { json: {} });
    assertEquals(refused.status, 409);
    assertMatch(
      (await refused.json()).detail,
      /^Not all of the work of task \d+ is committed, and one, which has it, is away/,
    );
    await two.command(dirty.id, "land", { leave_uncommitted: true });
    await two.waitFor(dirty.id, (_, { type }) => type === "landing.finished");
    assertEquals(last(await two.events(dirty.id), "landing.finished").data.outcome, "landed");
    assertEquals(await inClone(w, "two", "ls-tree", "--name-only", "main", "dirty.txt"), "");
  },
});

Deno.test({
  name: `a door asks the worker that has it for what only that one can say${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using w = await world();
    const port = freePort();
    const one = await w.start("one", { env: { CODER_PORT: `${port}`, CODER_WORKER_URL: `http://127.0.0.1:${port}` } });
    const held = await one.createTask({ prompt: "Hold [[commits 1]] [[dirty]] [[hold]]", title: "Held" });
    await one.waitFor(held.id, (_, event) => event.type === "output.text" && event.data.text === "Holding");
    const two = await w.start("two");
    const log = `/api/tasks/${held.id}/log`;
    await eventually(async () => {
      const answer = await two.call(log);
      await answer.body?.cancel();
      return answer.status === 200;
    }, { what: "it knows the address" });
    assertStringIncludes(await (await two.call(log)).text(), "Holding");
    // It runs: what it has not committed is in no exchange.
    const diff = await two.call(`/api/tasks/${held.id}/diff`);
    assertEquals(diff.headers.get("diff-from"), (await inClone(w, "one", "rev-parse", "main")).trim());
    assertStringIncludes(await diff.text(), "dirty.txt");
    const file = await two.call(`/api/tasks/${held.id}/file?path=dirty.txt&at=now`);
    assertEquals([await file.text(), file.headers.get("x-content-type-options")], ["dirty\n", "nosniff"]);
    await one.kill();
    const gone = await two.call(log);
    await gone.body?.cancel();
    assertEquals([gone.status, gone.headers.get("content-type")], [503, "application/problem+json"]);
  },
});
