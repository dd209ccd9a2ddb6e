// The documents, held by what they name: every path exists, and whatever has a list in the code is in its document.

import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { variables } from "../core/host/config.ts";
import { keys } from "../core/kv/keys.ts";
import { eventDataSchemas } from "../routes/api/event_schemas.ts";

const root = fromFileUrl(new URL("..", import.meta.url));

async function documents(): Promise<Map<string, string>> {
  const paths = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  for (const folder of ["docs", "docs/design", "docs/decisions"]) {
    for await (const { name } of Deno.readDir(join(root, folder))) {
      if (name.endsWith(".md")) paths.push(`${folder}/${name}`);
    }
  }
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await Deno.readTextFile(join(root, path))] as const)),
  );
}

/** Paths of the repository that a document names in code, and those that it links to. */
function namedPaths(path: string, text: string): string[] {
  const inCode = text.matchAll(
    /`((?:\.ci|bench|cli|core|docs|islands|routes|tests)\/[\w./-]*|main\.ts|deno\.(?:json|lock))`/g,
  );
  const linked = text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g);
  return [
    ...Array.from(inCode, ([, name]) => name!),
    ...Array.from(linked, ([, name]) => join(dirname(path), name!)),
  ];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(join(root, path)).then(() => true, () => false);
}

Deno.test("every path that a document names exists", async () => {
  const missing: string[] = [];
  for (const [path, text] of await documents()) {
    for (const name of namedPaths(path, text)) if (!await exists(name)) missing.push(`${path}: ${name}`);
  }
  assertEquals(missing, []);
});

Deno.test("README names every setting, storage.md every key and events.md every event type", async () => {
  const all = await documents();
  const lacking = (path: string, names: string[]) => names.filter((name) => !all.get(path)!.includes(name));
  assertEquals(lacking("README.md", variables.map((name) => `\`${name}\``)), []);
  assertEquals(lacking("docs/design/events.md", Object.keys(eventDataSchemas).map((type) => `\`${type}\``)), []);
  const heads = Object.values(keys).map((key) => (key as (...parts: never[]) => Deno.KvKey)()[0]);
  assertEquals(lacking("docs/storage.md", heads.map((head) => `["${head as string}"`)), []);
});

Deno.test("README fits in 130 lines", async () => {
  const lines = (await documents()).get("README.md")!.trimEnd().split("\n").length;
  assertEquals(lines <= 130, true, `${lines} lines`);
});

Deno.test("http.md names every route of the API", async () => {
  const text = (await documents()).get("docs/design/http.md")!;
  const sources = [
    "api/access_tokens",
    "api/events",
    "api/insights",
    "api/metrics",
    "api/openapi",
    "api/repositories",
    "api/review_routes",
    "api/tasks",
    "api/workers",
    "live/stream",
    "mcp/mcp",
  ];
  const missing: string[] = [];
  for (const source of sources) {
    const code = await Deno.readTextFile(join(root, `routes/${source}.ts`));
    for (const [, route] of code.matchAll(/^ +path: "(\/[^"]+)",$/gm)) {
      if (!text.includes(route!.split("/").at(-1)!)) missing.push(route!);
    }
  }
  assertEquals(missing, []);
});
