import { assertEquals } from "@std/assert";
import { sandboxLevels, strictest } from "../../core/domain/sandbox.ts";

Deno.test("strictest() is the one that confines most, whatever the order", () => {
  for (const [a, lower] of sandboxLevels.entries()) {
    for (const [b, upper] of sandboxLevels.entries()) {
      assertEquals(strictest(lower, upper), sandboxLevels[Math.max(a, b)]);
    }
  }
  assertEquals(strictest("files", "full", "off"), "full");
  assertEquals(strictest(), "off");
});
