import { assertEquals } from "@std/assert";
import { beatWord, labelWords, restWords, slotsWord, stateWord } from "../../../islands/workers/worker_words.ts";

Deno.test("stateWord() says that a worker drains only while it lives", () => {
  const words = (["alive", "silent", "dead"] as const).map((state) =>
    [false, true].map((draining) => stateWord({ state, draining }).word)
  );
  assertEquals(words, [["Alive", "Draining"], ["Silent", "Silent"], ["Dead", "Dead"]]);
});

Deno.test("slotsWord() counts what is taken, and knows a door from a worker that never told", () => {
  assertEquals(
    [{ slots: 3, free: 1 }, { slots: 0, free: 0 }, { slots: null, free: null }].map(slotsWord),
    ["2 of 3", "door, no agents", "not known"],
  );
});

Deno.test("beatWord() says nothing where there are no beats", () => {
  assertEquals(
    [[null, true], [null, false], [900, true], [7_400, false]].map(([last_beat_ms, self]) =>
      beatWord({ last_beat_ms, self } as Parameters<typeof beatWord>[0])
    ),
    [null, "never beat", "beat just now", "last beat 7 s ago"],
  );
});

Deno.test("restWords() and labelWords() say each thing once", () => {
  assertEquals(restWords({ draining: false, paused: null, disk: null }), []);
  assertEquals(restWords({ draining: true, paused: "No login", disk: "Full" }), [
    "Drains: it finishes what it runs and claims nothing more",
    "No login",
    "Full",
  ]);
  assertEquals(labelWords({ labels: { gpu: "1", os: "linux" } }), ["gpu=1", "os=linux"]);
});
