// Markdown is read by a worker within a limit of time: the real worker, on the texts that are known to take quadratic time.

import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { markdownTokens } from "../../../islands/parts/markdown_lexer.ts";
import { type Markdown, MarkdownReader } from "../../../islands/parts/markdown_reader.ts";
import { lengthMax } from "../../../islands/parts/markdown_token.ts";

const url = new URL("../../../islands/parts/markdown_worker.ts", import.meta.url);

interface World extends Disposable {
  reader: MarkdownReader;
  read(text: string): Promise<Markdown>;
  opened: number;
}

function world({ withinMs, open }: { withinMs?: number; open?: () => Worker } = {}): World {
  const w: World = {
    opened: 0,
    reader: new MarkdownReader({
      withinMs,
      open: () => {
        w.opened++;
        return open?.() ?? new Worker(url, { type: "module" });
      },
    }),
    read: (text) => deadline(new Promise((resolve) => w.reader.read(text, resolve)), 30_000),
    [Symbol.dispose]: () => w.reader.close(),
  };
  return w;
}

/** `count` characters of the same few. */
function repeated(text: string, count = lengthMax - 1): string {
  return text.repeat(Math.ceil(count / text.length)).slice(0, count);
}

const many = (text: (n: number) => string, joint = "") =>
  Array.from({ length: 280 }, (_, n) => text(n + 1)).join(joint).slice(0, lengthMax - 1);

const hostile: Record<string, string> = {
  "*a_": repeated("*a_"),
  "a**b": repeated("a**b"),
  "**a": repeated("**a"),
  "_*": repeated("_*") + "a",
  "nested emphasis": "*".repeat(19_000) + "a" + "*".repeat(19_000),
  "[[[[": repeated("["),
  "![[[": repeated("!["),
  "[a](": repeated("[a]("),
  "[a](((": "[a](" + repeated("(", 39_000),
  "[a][": repeated("[a]["),
  "one backtick": repeated("`a"),
  "growing backticks": many((n) => `${"`".repeat(n)} `),
  "<<<<": repeated("<"),
  "<a <a": repeated("x <a b="),
  "<!--": repeated("a<!--"),
  "nested quotes": repeated(">"),
  "nested quotes with spaces": repeated("> "),
  "deeper quotes": many((n) => `${">".repeat(n)}a`, "\n"),
  "a lazy quote": "> ".repeat(200) + repeated("a\n", 39_000),
  "nested lists": many((n) => `${"  ".repeat(n)}- a`, "\n"),
  "lists in a line": repeated("- ") + "a",
  "numbers in a line": repeated("1. ") + "a",
  "quoted lists": repeated("> - ") + "a",
  "a wide table": `${"|a".repeat(8_000)}|\n${"|-".repeat(8_000)}|\n`,
  "a table of emphasis": `|a|\n|-|\n${repeated("|*a_*a_*a_*a_|\n", 39_000)}`,
  "addresses": repeated("a.", 39_000) + "@",
  "a link and dots": `http://a${".".repeat(39_000)}`,
  "a link and brackets": `http://a${")".repeat(39_000)}`,
};

Deno.test("no text takes longer than its limit, and the page answers all the while", async () => {
  for (const [name, text] of Object.entries(hostile)) {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    // Each with a reader of its own: one that met too many of them would try no more.
    using one = world({ withinMs: 500 });
    await one.read("*warm*");
    const startedAt = performance.now();
    const markdown = await one.read(text);
    const ms = performance.now() - startedAt;
    clearInterval(timer);
    assert(ms < 2_000, `${name}: ${ms} ms`);
    // Also while its answer is taken in; a page would take it in and draw it.
    assert(longest < 1_000, `${name}: ${longest} ms without an answer`);
    const size = JSON.stringify(markdown).length;
    assert(size < 4_000_000, `${name}: ${size} characters to draw`);
  }
});

Deno.test("after a text that takes too long the next ones are read, by another worker", async () => {
  using w = world({ withinMs: 500 });
  const bad = w.read(hostile["*a_"]!);
  const good = w.read("a **b**");
  assertEquals(await bad, null);
  assertEquals(await good, markdownTokens("a **b**"));
  assertEquals(w.opened, 2);
  // What is known costs nothing.
  assertEquals([w.reader.known(hostile["*a_"]!), await w.read(hostile["*a_"]!)], [null, null]);
  assertEquals(w.opened, 2);
});

Deno.test("after ten such texts no more are tried", async () => {
  using w = world({ withinMs: 50 });
  const texts = Array.from({ length: 30 }, (_, n) => `${n} ${hostile["*a_"]!.slice(10)}`);
  assertEquals(await Promise.all(texts.map(w.read)), texts.map(() => null));
  assertEquals(w.opened, 10);
});

Deno.test("who no longer waits is told nothing, and what nobody waits for is not read", async () => {
  using w = world({ withinMs: 500 });
  let told = 0;
  const first = w.read("*first*");
  w.reader.read("*second*", () => told++)();
  w.reader.read("*third*", () => told++)();
  const third = w.read("*third*");
  await Promise.all([first, third]);
  assertEquals([told, w.reader.known("*second*")], [0, undefined]);
});

Deno.test("without a worker every text is shown as it is", async () => {
  using refused = world({
    open: () => {
      throw new TypeError("No workers here");
    },
  });
  assertEquals(await refused.read("*a*"), null);
  using broken = world({
    open: () => new Worker(`data:text/javascript,throw new Error("broken")`, { type: "module" }),
  });
  assertEquals(await Promise.all([broken.read("*a*"), broken.read("*b*")]), [null, null]);
});

Deno.test("markdownTokens() reads nothing too long, too deep or of too many parts", () => {
  assertEquals(markdownTokens("x".repeat(lengthMax + 1)), null);
  assertEquals(markdownTokens("> ".repeat(100) + "a"), null);
  assertEquals(markdownTokens("- a\n".repeat(9_000)), null);
  assertEquals(markdownTokens("- a\n".repeat(2_000))?.length, 1);
});
