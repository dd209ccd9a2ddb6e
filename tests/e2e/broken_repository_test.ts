// A repository that breaks under a full queue: its tasks wait uncounted and say why, other repositories go on, and all goes on
// by itself when it is whole again.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { Health } from "../../core/engine/service/service.ts";
import { readStore } from "../chaos/invariants.ts";
import { scriptAgent } from "../borders/script_agent.ts";
import { startService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";

Deno.test("a HEAD without a commit and a folder that is gone pause their repository alone, and fail no task", async () => {
  await using folder = await tempDir();
  await using shop = await tempRepository();
  await using blog = await tempRepository();
  const agent = await scriptAgent(folder.path, "echo worked > work.txt");
  await using service = await startService({ repo: `shop=${shop.path},blog=${blog.path}`, env: agent });
  const away = `${shop.path}-away`;
  /** What the health says of repositories: it may have other notices. */
  const noticesOf = ({ notices }: Health) => notices.filter((text) => text.startsWith("Repository"));
  const troubles: { words: RegExp; breakIt: () => Promise<unknown>; mendIt: () => Promise<unknown> }[] = [
    {
      words: /^Repository shop is paused: .*: branch empty, which is checked out there, has no commit yet$/,
      breakIt: () => shop.git("checkout", "--quiet", "--orphan", "empty"),
      mendIt: () => shop.git("checkout", "--quiet", "main"),
    },
    {
      words: /^Repository shop is paused: .*: the folder does not exist$/,
      breakIt: () => Deno.rename(shop.path, away),
      mendIt: () => Deno.rename(away, shop.path),
    },
  ];
  for (const { words, breakIt, mendIt } of troubles) {
    await breakIt();
    const ids: number[] = [];
    for (let n = 0; n < 8; n++) {
      ids.push((await service.createTask({ prompt: "Work", title: `Shop ${n}`, repo: "shop" })).id);
    }
    const other = await service.createTask({ prompt: "Work", title: "Blog", repo: "blog", priority: -1 });
    await service.waitForStatus(other.id, "completed");
    await eventually(async () => noticesOf(await service.health()).length > 0, { what: "the pause is shown" });
    const health = await service.health();
    assertEquals([health.status, health.pause, noticesOf(health).length], ["ok", null, 1]);
    assertMatch(noticesOf(health)[0]!, words);
    // Also those that were claimed before the first of them met it.
    await eventually(async () => (await service.health()).tasks.in_progress === 0, { what: "all are back" });
    for (const id of ids) {
      const { status, attempts, waiting } = await service.task(id);
      assertEquals([status, attempts], ["pending", 0]);
      assertMatch(waiting!, words);
    }
    const metrics = await (await service.call("/metrics")).text();
    assert(metrics.includes('personal_coder_dispatch_paused{cause="repository"} 1'), metrics);
    await mendIt();
    for (const id of ids) assertEquals((await service.waitForStatus(id, "completed")).attempts, 1);
    assertEquals(noticesOf(await service.health()), []);
  }
  const store = await readStore({ database: join(service.data, "coder.db"), folder: folder.path });
  const said = store.histories.get(0)!.flatMap(({ type, data }) => type === "service.noticed" ? [data] : []);
  assertEquals(said.map(({ kind }) => kind), Array(4).fill("repository"));
  assertEquals([said[1]!.text, said[3]!.text], Array(2).fill("Repository shop goes on"));
});

Deno.test("the only repository pauses the dispatch, and a base that nobody has still fails its task alone", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const gate = join(folder.path, "gate");
  const wait = `case "$prompt" in *"[wait]"*) until [ -f '${gate}' ]; do sleep 0.05; done ;; esac`;
  const agent = await scriptAgent(folder.path, `${wait}; echo worked > work.txt`);
  await using service = await startService({ repo: repository.path, env: agent });
  // One that is there when it is asked for, and gone when the task's turn comes.
  await repository.git("branch", "soon-gone");
  const first = await service.createTask({ prompt: "Work [wait]", commit_reminder: false });
  const wrong = await service.createTask({ prompt: "Work", base: "soon-gone", depends_on: [first.id] });
  await repository.git("branch", "-D", "soon-gone");
  await Deno.writeTextFile(gate, "");
  assertEquals((await service.waitForStatus(wrong.id, "failed")).attempts, 1);
  await repository.git("checkout", "--quiet", "--orphan", "empty");
  const { id } = await service.createTask({ prompt: "Work" });
  const health = await eventually(async () => {
    const health = await service.health();
    return health.pause && health;
  }, { what: "the pause is shown" });
  assertEquals([health.status, health.pause!.until], ["paused", null]);
  // It is over at once for who does not want to wait, and the cancel needs no repository.
  await service.command(id, "cancel");
  await service.waitForStatus(id, "cancelled");
});
