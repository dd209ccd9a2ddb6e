import { assertEquals, assertRejects } from "@std/assert";
import { WorkPlaces } from "../../../core/engine/exchange/work_places.ts";
import type { KnownWorkers } from "../../../core/domain/worker.ts";
import { DomainError } from "../../../core/domain/error.ts";
import { upkeepWorld } from "../upkeep_world.ts";

/** Completed work of a worker that is gone, which the exchange has. `added`: how often a worktree of it was made here. */
async function adoptionWorld() {
  const w = await upkeepWorld();
  const { id, place } = await w.done();
  await w.upkeep.remove(place);
  const { context: { store, worktrees, exchange } } = w;
  const read = async (one: number) => (await store.log.head(one))!;
  const { commit } = (await read(id)).exchanged ?? { commit: place.base_commit };
  const data = { url: "/srv/shop.git", branch: place.branch, commit, commits: 1 };
  await w.give(id, { type: "note_outgoing", event: { type: "work.exchanged", data } });
  w.context.store = Object.create(store, { shared: { value: true } });
  w.context.worker = { id: "worker-2", name: "desk" };
  w.context.exchange = { ...exchange, has: () => true, take: () => Promise.resolve({ commit }) };
  const made: string[] = [];
  w.context.worktrees = Object.create(worktrees, {
    add: {
      value(options: Parameters<typeof worktrees.add>[0]) {
        made.push(options.branch);
        return worktrees.add(options);
      },
    },
  });
  const gone = { name: "laptop", state: "dead", stillMs: 60_000, about: null } as const;
  const known: KnownWorkers = new Map([["worker-1", gone]]);
  const freed: number[] = [];
  const places = new WorkPlaces(w.context, () => known, () => freed.push(id));
  return { w, id, places, made, freed, read };
}

Deno.test("adopt() brings work here once, whoever asks meanwhile or by what was known before", async () => {
  const { w, id, places, made, freed, read } = await adoptionWorld();
  await using _ = w;
  const before = await read(id);
  const both = [places.adopt(before, { by: "api" }), places.adopt(before, { by: "desk" })];
  assertEquals(places.isAdopting(id), true);
  const [one, other] = await Promise.all(both);
  assertEquals([one, other], [await read(id), await read(id)]);
  assertEquals([places.isAdopting(id), freed.length], [false, 1]);
  assertEquals(await places.adopt(before, { by: "api" }), one);
  assertEquals([one!.place?.worker, made.length], ["worker-2", 1]);
  assertEquals(await w.upkeep.isWhole(one!.place!), true);
});

Deno.test("adopt() does not bring work here that goes on by now", async () => {
  const { w, id, places, made, read } = await adoptionWorld();
  await using _ = w;
  const before = await read(id);
  await w.give(id, { type: "retry" });
  await assertRejects(() => places.adopt(before, { by: "api" }), DomainError, "is on laptop, which is away");
  assertEquals(made, []);
});
