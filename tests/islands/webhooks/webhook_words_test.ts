import { assertEquals } from "@std/assert";
import type { WebhookView } from "../../../core/view/automation_view.ts";
import { readPairs } from "../../../islands/webhooks/github_pairs.ts";
import { deliveryWord, eventWords, webhookState } from "../../../islands/webhooks/webhook_words.ts";

const webhook: WebhookView = {
  ...{ id: 1, name: "Log", format: "standard", origin: "https://log.example", events: [], enabled: true },
  ...{ ended: null, obstacle: null, waiting: null },
};

Deno.test("webhookState() says first what a person must do something about", () => {
  const word = (changes: Partial<WebhookView>) => webhookState({ ...webhook, ...changes }).word;
  const ended = { at: "", reason: "410" };
  assertEquals(word({}), "On");
  assertEquals(word({ waiting: {} as never }), "Tries again");
  assertEquals(word({ waiting: {} as never, obstacle: "no" }), "Cannot send");
  assertEquals(word({ enabled: false, obstacle: "no" }), "Off");
  assertEquals(word({ enabled: false, ended }), "Ended");
});

Deno.test("deliveryWord() and eventWords() say it shortly", () => {
  assertEquals(deliveryWord({ state: "delivered", tried: 1 }).word, "arrived");
  assertEquals(deliveryWord({ state: "failed", tried: 10 }).word, "failed after 10 tries");
  assertEquals(eventWords(["task.failed", "run.claimed"]), "failed, run.claimed");
});

Deno.test("readPairs() reads a repository there and here on each line", () => {
  assertEquals(readPairs(" octo/shop = shop\n\nocto/web", "first"), { "octo/shop": "shop", "octo/web": "first" });
});
