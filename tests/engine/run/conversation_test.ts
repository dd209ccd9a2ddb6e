import { assertEquals } from "@std/assert";
import { hear, type Heard, isAtRest, newConversation, type Next } from "../../../core/engine/run/conversation.ts";

const tests = [{ id: "b1", kind: "local_bash", description: "Long tests" }];

/** What to do after each thing heard, and whether nothing more is expected then. */
function play(...heard: Heard[]): { next: Next[]; rests: boolean } {
  let conversation = newConversation;
  const next = heard.map((one) => {
    const heardOne = hear(conversation, one);
    conversation = heardOne.after;
    return heardOne.next;
  });
  return { next, rests: isAtRest(conversation) };
}

Deno.test("hear() closes stdin after a result when nothing works in the background", () => {
  assertEquals(play({ type: "said" }, { type: "result" }), { next: ["go_on", "close"], rests: true });
});

Deno.test("hear() ends nothing with a result while background work lives, and waits for the turn about its end", () => {
  const begun: Heard[] = [{ type: "background", tasks: tests }, { type: "result" }];
  assertEquals(play(...begun), { next: ["keep", "go_on"], rests: false });
  assertEquals(play(...begun, { type: "noise" }).next.at(-1), "keep");
  const ended: Heard[] = [...begun, { type: "background", tasks: [] }];
  assertEquals(play(...ended), { next: ["keep", "go_on", "close_soon"], rests: true });
  assertEquals(play(...ended, { type: "turn" }), { next: ["keep", "go_on", "close_soon", "go_on"], rests: false });
  assertEquals(play(...ended, { type: "turn" }, { type: "result" }).next.at(-1), "close");
});

Deno.test("hear() keeps stdin open for a turn about work that ended before the result", () => {
  const { next } = play({ type: "background", tasks: tests }, { type: "background", tasks: [] }, { type: "result" });
  assertEquals(next, ["keep", "keep", "close_soon"]);
});

Deno.test("hear() begins the wait for the exit anew with each further line, and ends it when the agent goes on", () => {
  assertEquals(play({ type: "result" }, { type: "noise" }).next, ["close", "close"]);
  assertEquals(play({ type: "result" }, { type: "said" }), { next: ["close", "go_on"], rests: false });
});
