// `GET /metrics` on a real engine: what it says is what happened, in a form that a scraper reads.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { NewEvent } from "../../../core/domain/event.ts";
import { startService } from "../../support/service.ts";
import { eventually } from "../../support/temp.ts";
import { openApiCheck } from "../../support/openapi_check.ts";
import { ready, type RoutesWorld, routesWorld } from "../world.ts";

/** The samples of one answer, read as strictly as the format is defined: by name and labels as they are written. */
async function scrape(world: RoutesWorld): Promise<Map<string, number>> {
  const response = await world.call("/metrics");
  assertEquals(response.status, 200);
  const text = await response.text();
  assert(text.endsWith("\n"));
  const samples = new Map<string, number>();
  const families = new Set<string>();
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const help = /^# HELP ([a-z_]+) \S.*\.$/.exec(line);
    if (help) {
      current = help[1]!;
      assert(!families.has(current), `${current} comes twice`);
      families.add(current);
      continue;
    }
    if (line.startsWith("#")) {
      const [, name, type] = /^# TYPE ([a-z_]+) (counter|gauge)$/.exec(line) ?? [];
      assertEquals(name, current, line);
      assertEquals(current.endsWith("_total"), type === "counter", line);
      continue;
    }
    const sample = /^(([a-z_]+)(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?) ([-+.\de]+)$/.exec(line);
    assert(sample, `no sample: ${line}`);
    assertEquals(sample[2], current, line);
    assert(!samples.has(sample[1]!), `${line} comes twice`);
    samples.set(sample[1]!, Number(sample[3]));
  }
  return samples;
}

function picked(samples: Map<string, number>, family: string): Record<string, number> {
  return Object.fromEntries(
    [...samples].filter(([name]) => name.startsWith(`${family}{`)).map(([name, value]) => [
      /"(.*)"/.exec(name)![1]!,
      value,
    ]),
  );
}

function counted(id: string, input_tokens: number, output_tokens: number): NewEvent {
  return {
    type: "usage.counted",
    data: { message_id: id, input_tokens, output_tokens, cache_read_tokens: 7, cache_write_tokens: 0 },
  };
}

Deno.test("/metrics tells of tasks, slots, runs, cost and tokens as they are", async () => {
  await using world = await routesWorld({ maxConcurrent: 2 });
  const before = await scrape(world);
  assertEquals(before.get("personal_coder_slots"), 2);
  assertEquals(before.get("personal_coder_slots_free"), 2);
  assertEquals(before.get('personal_coder_runs_finished_total{outcome="succeeded"}'), 0);
  assertEquals(before.get('personal_coder_build_info{version="0",deno="' + Deno.version.deno + '"}'), 1);

  const first = await world.create();
  await world.create({ depends_on: [first.id] });
  const run = await world.nextRun();
  run.say(ready, counted("m1", 100, 1), counted("m2", 50, 2));
  await world.until(first.id, ({ usage }) => usage.input_tokens === 150);
  const during = await scrape(world);
  assertEquals(picked(during, "personal_coder_tasks"), {
    ...{ pending: 1, in_progress: 1, awaiting_approval: 0, completed: 0, failed: 0, cancelled: 0 },
  });
  assertEquals(picked(during, "personal_coder_pending_tasks"), { ready: 0, waiting: 1, stuck: 0 });
  assertEquals(during.get("personal_coder_slots_free"), 1);
  assertEquals(picked(during, "personal_coder_tokens_total"), {
    ...{ input: 150, output: 3, cache_read: 14, cache_write: 0 },
  });

  run.finish();
  const second = await world.nextRun();
  second.finish({ ok: false });
  await world.until(2, ({ status }) => status === "failed");
  const after = await scrape(world);
  const statuses = picked(after, "personal_coder_tasks");
  assertEquals([statuses.pending, statuses.completed, statuses.failed], [0, 1, 1]);
  const outcomes = picked(after, "personal_coder_runs_finished_total");
  assertEquals([outcomes.succeeded, outcomes.failed, outcomes.lost], [1, 1, 0]);
  assertEquals(after.get("personal_coder_cost_usd_total"), 1);
  // The account of this agent knows of no token; what was counted holds, and nothing is counted twice.
  assertEquals(picked(after, "personal_coder_tokens_total"), picked(during, "personal_coder_tokens_total"));

  const events = picked(after, "personal_coder_events_total");
  assertEquals([events["task.created"], events["run.claimed"], events["usage.counted"]], [2, 2, 2]);
  let written = 0;
  for (const id of [1, 2]) written += (await world.store.log.head(id))!.seq;
  assertEquals(events["service.started"], 1);
  assertEquals(Object.values(events).reduce((sum, count) => sum + count, 0), written + 1);
  const commits = after.get("personal_coder_store_commits_total")!;
  assert(commits > during.get("personal_coder_store_commits_total")! && commits <= written);
});

Deno.test("what is stored is in /healthz and in /metrics, once it was looked at", async () => {
  await using service = await startService();
  const { stored } = await eventually(async () => {
    const health = await service.health();
    return health.stored.store_bytes === null ? null : health;
  }, { what: "it has looked" });
  const text = await (await service.call("/metrics")).text();
  assertEquals(/^personal_coder_store_bytes (\d+)$/m.exec(text)?.[1], String(stored.store_bytes));
  assertEquals(/^personal_coder_logs_bytes (\d+)$/m.exec(text)?.[1], String(stored.logs_bytes));
  assertEquals(/^personal_coder_retention_frees_bytes (\d+)$/m.exec(text)?.[1], "0");
  assert(stored.store_bytes! > 0 && stored.retention.days === 30);
});

Deno.test("/metrics tells why nothing is started, and who follows live", async () => {
  await using world = await routesWorld({ agent: false });
  const free = { environment: 0, repository: 0, agent: 0, disk: 0, lease: 0 };
  assertEquals(picked(await scrape(world), "personal_coder_dispatch_paused"), free);
  await world.create();
  await world.engine.tick();
  assertEquals(picked(await scrape(world), "personal_coder_dispatch_paused"), { ...free, agent: 1 });

  const stream = (await world.call("/api/stream")).body!.getReader();
  await stream.read();
  await stream.read();
  assertEquals((await scrape(world)).get("personal_coder_open_streams"), 1);
  await stream.cancel();
  assertEquals((await scrape(world)).get("personal_coder_open_streams"), 0);
});

Deno.test("/metrics tells of a pause after runs that fail before they do anything", async () => {
  await using world = await routesWorld();
  for (let n = 1; n <= 3; n++) {
    await world.create();
    (await world.nextRun()).finish({ ok: false });
    await world.until(n, ({ status }) => status === "failed");
  }
  const samples = await scrape(world);
  assertEquals(picked(samples, "personal_coder_dispatch_paused"), {
    environment: 1,
    repository: 0,
    agent: 0,
    disk: 0,
    lease: 0,
  });
  assertEquals(samples.get('personal_coder_runs_finished_total{outcome="failed"}'), 3);
  assertEquals(samples.get('personal_coder_events_total{type="service.paused"}'), 1);
});

Deno.test("/metrics and /healthz tell how far runs are confined", async () => {
  const levels = { off: 0, files: 0, full: 0 };
  const reason = "bubblewrap is not installed: apt-get install bubblewrap";
  for (
    const sandbox of [{ asked: "auto", level: "off", reason }, { asked: "full", level: "full", reason: null }] as const
  ) {
    await using world = await routesWorld({ agent: false, sandbox });
    assertEquals((await world.json(200, "/healthz")).sandbox, sandbox);
    const told = picked(await scrape(world), "personal_coder_sandbox_level");
    assertEquals(told, { ...levels, [sandbox.level]: 1 });
  }
});

Deno.test("/metrics tells of the process itself", async () => {
  await using world = await routesWorld({ agent: false });
  const samples = await scrape(world);
  const started = samples.get("process_start_time_seconds")!;
  assert(started > Date.now() / 1_000 - 3_600 && started <= Date.now() / 1_000, `${started}`);
  assert(samples.get("process_cpu_seconds_total")! > 0);
  const bytes = samples.get("process_resident_memory_bytes")!;
  assert(bytes > 10_000_000 && bytes < 10_000_000_000, `${bytes} bytes`);
});

Deno.test("/metrics asks for the token, is in the document and answers as it says", async () => {
  const token = "a-token-of-the-tests-0123456789";
  await using world = await routesWorld({ agent: false, token });
  const headers = { authorization: `Bearer ${token}` };
  const check = openApiCheck(await world.json(200, "/api/openapi.json", { headers }));
  const operation = check.document.paths["/metrics"]!.get!;
  assertEquals([operation.operationId, operation.tags, operation.security], ["getMetrics", ["Service"], undefined]);
  const statuses = { without: 401, wrong: 401, right: 200, HEAD: 200 };
  for (const [name, status] of Object.entries(statuses)) {
    const method = name === "HEAD" ? "HEAD" : "GET";
    const sent = name === "without" ? {} : name === "wrong" ? { authorization: "Bearer wrong" } : headers;
    const response = await world.call("/metrics", { method, headers: sent });
    await check.check({ method, path: "/metrics" }, response);
    assertEquals(response.status, status, name);
    if (status === 200) {
      assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
      assertEquals(response.headers.get("cache-control"), "no-store");
    }
    const text = await response.text();
    if (name === "right") assertMatch(text, /^# HELP personal_coder_tasks /);
  }
});
