import { assertEquals } from "@std/assert";
import { optionAfter } from "../../../islands/parts/option_list.tsx";

Deno.test("optionAfter() goes round both ends and leaves other keys alone", () => {
  assertEquals(optionAfter("ArrowDown", { active: 0, count: 3 }), 1);
  assertEquals(optionAfter("ArrowDown", { active: 2, count: 3 }), 0);
  assertEquals(optionAfter("ArrowUp", { active: 0, count: 3 }), 2);
  assertEquals(optionAfter("Enter", { active: 0, count: 3 }), null);
  assertEquals(optionAfter("ArrowDown", { active: 0, count: 0 }), null);
});
