import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { inDispatchOrder, type Ordered } from "../../core/domain/plan.ts";
import { placesAt } from "../../core/domain/queue_place.ts";

const at = (id: number, order?: number): Ordered => ({ id, priority: 0, order });

Deno.test("placesAt() puts a task between its neighbours, before the first and after the last", () => {
  const others = [at(2), at(3), at(7)];
  assertEquals(placesAt(9, { index: 0, others }), [{ id: 9, order: 1 }]);
  assertEquals(placesAt(9, { index: 2, others }), [{ id: 9, order: 5 }]);
  assertEquals(placesAt(9, { index: 3, others }), [{ id: 9, order: 8 }]);
  assertEquals(placesAt(9, { index: 0, others: [] }), [{ id: 9, order: 9 }]);
});

Deno.test("placesAt() makes room, from the end, where no number is left between two", () => {
  const tight = 1 + Number.EPSILON;
  const others = [at(1, 1), at(2, tight), at(3, tight + Number.EPSILON), at(4, 10)];
  const places = placesAt(9, { index: 1, others });
  assertEquals(places.map(({ id }) => id), [3, 2, 9]);
  assertEquals(orderAfter(others, places), [1, 9, 2, 3, 4]);
});

/** The ids in dispatch order once the places are written. */
function orderAfter(tasks: Ordered[], places: { id: number; order: number }[]): number[] {
  const moved = new Map(places.map(({ id, order }) => [id, order]));
  const known = new Set(tasks.map(({ id }) => id));
  const all = [...tasks, ...places.filter(({ id }) => !known.has(id)).map(({ id }) => at(id))];
  return all.map((one) => ({ ...one, order: moved.get(one.id) ?? one.order })).sort(inDispatchOrder)
    .map(({ id }) => id);
}

Deno.test("placesAt() finds a place between two that have the same order, as a moved one and one that came back", () => {
  const others = [at(1), at(9, 1), at(12)];
  assertEquals(orderAfter(others, placesAt(5, { index: 1, others })), [1, 5, 9, 12]);
});

Deno.test("whatever is moved wherever, however often, stands where it was put and the others keep their order", () => {
  const moves = fc.array(fc.record({ pick: fc.nat(9), index: fc.nat(9) }), { maxLength: 150 });
  fc.assert(
    fc.property(moves, (moves) => {
      let tasks: Ordered[] = Array.from({ length: 10 }, (_, index) => at(index + 1));
      for (const { pick, index } of moves) {
        const { id } = tasks[pick]!;
        const others = tasks.filter((one) => one.id !== id);
        const wanted = others.map((one) => one.id);
        wanted.splice(index, 0, id);
        const places = placesAt(id, { index, others });
        // Also while only some of them are written.
        for (let written = 1; written < places.length; written++) {
          const part = orderAfter(tasks, places.slice(0, written)).filter((one) => one !== id);
          assertEquals(part, others.map((one) => one.id));
        }
        const moved = new Map(places.map((place) => [place.id, place.order]));
        tasks = tasks.map((one) => ({ ...one, order: moved.get(one.id) ?? one.order })).sort(inDispatchOrder);
        assertEquals(tasks.map((one) => one.id), wanted);
        assert(tasks.every(({ order }) => order === undefined || Number.isFinite(order)));
      }
    }),
  );
});

Deno.test("a thousand moves into the same gap leave every task a place of its own", () => {
  let tasks: Ordered[] = Array.from({ length: 20 }, (_, index) => at(index + 1));
  for (let turn = 0; turn < 1_000; turn++) {
    const { id } = tasks.at(-1)!;
    const others = tasks.slice(0, -1);
    const moved = new Map(placesAt(id, { index: 1, others }).map((place) => [place.id, place.order]));
    tasks = tasks.map((one) => ({ ...one, order: moved.get(one.id) ?? one.order })).sort(inDispatchOrder);
    assertEquals(tasks[1]!.id, id);
  }
});
