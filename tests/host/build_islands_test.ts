// The stylesheet of the pages: one file, out of the sheet of each room.

import { assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { joinSheets, minifySheet } from "../../core/host/build_islands.ts";
import { tempDir } from "../support/temp.ts";

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  }
}

Deno.test("joinSheets() puts the sheets of all rooms into one, in the order of their names", async () => {
  await using folder = await tempDir();
  await write(folder.path, { "base.css": "p {}\n", "board/board.css": ".b {}\n", "board/board.tsx": "" });
  assertEquals(await joinSheets(folder.path, ["board/board.css", "base.css"]), ".b {}\n\np {}\n");
});

Deno.test("joinSheets() refuses a sheet that has no place in the order, and a name that has no sheet", async () => {
  await using folder = await tempDir();
  await write(folder.path, { "base.css": "", "board/board.css": "" });
  await assertRejects(() => joinSheets(folder.path, ["base.css"]), Error, "board/board.css has no place");
  await assertRejects(() => joinSheets(folder.path, ["base.css", "board/board.css", "gone.css"]), Deno.errors.NotFound);
});

Deno.test("minifySheet() drops what means nothing, and keeps what is quoted and every space that means something", () => {
  assertEquals(
    minifySheet(`@media (min-width: 1px) and (hover: hover) {
  /* One: "two" */
  .a > .b :hover, [title="; {"] {
    margin: calc(1px + 2px) 0;
    content: "/* a:  b; */";
  }
}`),
    '@media (min-width:1px) and (hover:hover){.a > .b :hover,[title="; {"]{margin:calc(1px + 2px) 0;content:"/* a:  b; */";}}',
  );
});
