import { assertEquals } from "@std/assert";
import { landingWorld } from "./world.ts";

const markers = "<<<<<<< ours\n1\n=======\n2\n>>>>>>> theirs\n";

Deno.test("conflictMarkers() finds them in files that changed, and takes an underline for no marker", async () => {
  await using w = await landingWorld();
  const from = await w.commit("main", { "old.txt": markers, "fixture.txt": `${markers}\n\n\n\n\n\nend\n` });
  const commit = await w.commit("work", {
    "heading.md": "Heading\n=======\n",
    "b c.txt": `x\n${markers}`,
    "half.txt": "1\n>>>>>>> theirs\n",
    "fixture.txt": `${markers}\n\n\n\n\n\nanother end  \n`,
    "ü.txt": markers,
    "colon:3: x.txt": markers,
    "binary": `\0${markers}`,
    "shift.txt": "a <<<<<<< b\n<<<<<<<<<< c\n",
  });
  const found = ["b c.txt", "colon:3: x.txt", "half.txt", "ü.txt"];
  assertEquals(await w.landings.conflictMarkers("app", { from, commit }), found);
  const resolved = await w.commit("work", Object.fromEntries(found.map((name) => [name, "1\n"])));
  assertEquals(await w.landings.conflictMarkers("app", { from, commit: resolved }), []);
});
