// The floors of README, "How it works", held by what the sources import and name: which floor may use which, no cycle, no
// clock of their own below the ports, and one place that touches the process.

import { assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";

const root = fromFileUrl(new URL("..", import.meta.url));

/** Each is a program of its own. */
const programs = [
  "main.ts",
  "core/host/launcher.ts",
  "islands/main.tsx",
  "islands/stream/stream_worker.ts",
  "islands/parts/markdown_worker.ts",
  "islands/code/highlight_worker.ts",
  "core/host/build_islands.ts",
  "core/process/sandbox/srt_process.ts",
  "core/process/demo/demo_agent.ts",
  "cli/coder.ts",
];

type Floor =
  | "main"
  | "cli"
  | "routes"
  | "islands"
  | "engine"
  | "kv"
  | "process"
  | "view"
  | "domain"
  | "host"
  | "std";

/** What each floor may import, besides itself. */
const mayUse: Record<Floor, Floor[]> = {
  main: ["host", "routes", "islands", "engine", "kv", "process", "view", "domain", "std"],
  cli: ["view", "domain", "std"],
  host: ["engine", "kv", "process", "view", "domain", "std"],
  routes: ["engine", "islands", "view", "domain", "std"],
  islands: ["view", "domain", "std"],
  engine: ["kv", "process", "view", "domain", "std"],
  kv: ["domain", "std"],
  process: ["domain", "std"],
  view: ["domain"],
  domain: [],
  std: [],
};

/** The packages each floor may import. */
const mayInstall: Record<Floor, string[]> = {
  main: ["hono"],
  cli: ["@modelcontextprotocol/server", "commander", "string-width"],
  host: ["zod"],
  routes: ["@hono/zod-openapi", "@modelcontextprotocol/server", "hono", "preact", "preact-render-to-string"],
  islands: ["@preact/signals", "highlight.js", "marked", "preact"],
  engine: ["croner"],
  kv: [],
  process: ["@anthropic-ai/sandbox-runtime", "jsonc-parser", "zod"],
  view: ["eventsource-parser"],
  domain: [],
  std: ["deno-std"],
};

function floorOf(path: string): Floor | null {
  if (path === "main.ts") return "main";
  const [top, second] = path.split("/");
  if (top === "routes" || top === "islands" || top === "cli") return top;
  return top === "core" && second !== undefined && second in mayUse ? second as Floor : null;
}

interface Import {
  from: string;
  to: string;
  /** Only its types are used. */
  isType: boolean;
}

interface Graph {
  /** Imports between our own files. */
  imports: Import[];
  packages: { from: string; name: string }[];
}

interface Info {
  modules: {
    specifier: string;
    dependencies?: {
      specifier: string;
      code?: { specifier: string };
      type?: { specifier: string };
      npmPackage?: string;
    }[];
  }[];
}

async function graphOf(program: string): Promise<Graph> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", program],
    cwd: root,
    stderr: "null",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as Info;
  const graph: Graph = { imports: [], packages: [] };
  for (const { specifier, dependencies = [] } of modules) {
    const from = ownPath(specifier);
    if (from === null) continue;
    for (const { code, type } of dependencies) {
      const target = code ?? type;
      if (!target) continue;
      const to = ownPath(target.specifier);
      const name = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)/.exec(target.specifier)?.[1];
      if (to !== null) graph.imports.push({ from, to, isType: !code });
      else if (name) graph.packages.push({ from, name });
    }
  }
  return graph;
}

/** The path of one of our sources below the root, or null. */
function ownPath(specifier: string): string | null {
  if (!specifier.startsWith("file://") || !/\.(ts|tsx)$/.test(specifier)) return null;
  const path = relative(root, fromFileUrl(specifier)).replaceAll("\\", "/");
  return path.startsWith("..") ? null : path;
}

const graphs = new Map(await Promise.all(programs.map(async (program) => [program, await graphOf(program)] as const)));
const imports = [...graphs.values()].flatMap((graph) => graph.imports);

function sorted(lines: Iterable<string>): string[] {
  return [...new Set(lines)].sort();
}

Deno.test("every source belongs to a floor", () => {
  assertEquals(sorted(imports.flatMap(({ from, to }) => [from, to]).filter((path) => floorOf(path) === null)), []);
});

Deno.test("a floor imports only what is below it", () => {
  const wrong = imports.filter(({ from, to }) => {
    const [upper, lower] = [floorOf(from)!, floorOf(to)!];
    return upper !== lower && !mayUse[upper].includes(lower);
  });
  assertEquals(sorted(wrong.map(({ from, to }) => `${from} -> ${to}`)), []);
});

Deno.test("a floor uses only the packages that belong there", () => {
  const all = [...graphs.values()].flatMap(({ packages }) => packages);
  const wrong = all.filter(({ from, name }) => !mayInstall[floorOf(from)!].includes(name));
  assertEquals(sorted(wrong.map(({ from, name }) => `${from} -> ${name}`)), []);
});

Deno.test("no import leads back to where it came from", () => {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const finished = new Set<string>();
  const cycles: string[] = [];
  function visit(path: string, above: string[]): void {
    const at = above.indexOf(path);
    if (at >= 0) return void cycles.push([...above.slice(at), path].join(" -> "));
    if (finished.has(path)) return;
    for (const { to } of targets.get(path) ?? []) visit(to, [...above, path]);
    finished.add(path);
  }
  for (const path of targets.keys()) visit(path, []);
  assertEquals(sorted(cycles), []);
});

Deno.test("what the browser runs carries no zod and nothing of the server", () => {
  for (const program of programs.filter((one) => one.startsWith("islands/"))) {
    const { imports, packages } = graphs.get(program)!;
    const floors = imports.filter(({ isType }) => !isType).map(({ to }) => floorOf(to)!);
    assertEquals(sorted(floors.filter((floor) => !["islands", "view", "domain"].includes(floor))), []);
    assertEquals(packages.filter(({ name }) => ![...mayInstall.islands, ...mayInstall.view].includes(name)), []);
  }
});

Deno.test("only the store's own floor knows its keys and the limits of its reads", () => {
  const inner = ["keys", "scan", "task_index", "head_index", "head_record"].map((name) => `core/kv/${name}.ts`);
  const wrong = imports.filter(({ from, to, isType }) => !isType && floorOf(from) !== "kv" && inner.includes(to));
  assertEquals(sorted(wrong.map(({ from, to }) => `${from} -> ${to}`)), []);
});

/** Sources by path, without their comments. */
async function sourcesIn(...folders: string[]): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  async function walk(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
      const path = `${folder}/${name}`;
      if (isDirectory && name !== "dist") await walk(path);
      else if (/\.tsx?$/.test(name)) {
        const text = await Deno.readTextFile(`${root}/${path}`);
        sources.set(path, text.replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, ""));
      }
    }
  }
  for (const folder of folders) await walk(folder);
  return sources;
}

async function namesFound(folders: string[], pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for (const [path, text] of await sourcesIn(...folders)) {
    for (const [name] of text.matchAll(pattern)) found.push(`${path}: ${name}`);
  }
  return sorted(found);
}

Deno.test("domain, kv and engine have no clock, timer or randomness but those of the ports", async () => {
  const pattern =
    /\b(?:setTimeout|setInterval|Date\.now|new Date\(\)|performance\.now|Math\.random|AbortSignal\.timeout|crypto\.randomUUID)/g;
  assertEquals(await namesFound(["core/domain", "core/view", "core/kv", "core/engine"], pattern), []);
});

Deno.test("nobody above the store touches the KV it stands on", async () => {
  const pattern = /\bstore\.kv\b|\bkv\.(?:get|getMany|page|commit|watch)\b|\.getMany\b/g;
  assertEquals(await namesFound(["core/engine", "core/host", "core/process", "routes"], pattern), []);
});

Deno.test("the domain does no I/O", async () => {
  assertEquals(await namesFound(["core/domain", "core/view"], /\bDeno\.\w+|\bfetch\(|\bconsole\.\w+|\bawait\b/g), []);
});

Deno.test("only main.ts reads the environment, listens for signals, serves, schedules and ends the process", async () => {
  const pattern = /\bDeno\.(?:env\.\w+|cron|serve|addSignalListener|args|exit)\b/g;
  const found = await namesFound(["core", "routes", "islands", "cli"], pattern);
  // A child's environment is made of our own; the demo repository has a program in it, as text; the launcher, the build, the
  // demo agent and what is around a sandbox are programs of their own.
  const excepted = [
    "core/process/environment.ts: Deno.env.get",
    "core/process/environment.ts: Deno.env.toObject",
    "core/process/demo/demo_repository.ts: Deno.args",
  ];
  const ownPrograms = [
    ...[
      "core/host/launcher.ts",
      "core/host/build_islands.ts",
      "core/process/demo/demo_agent.ts",
      "cli/coder.ts",
    ],
    "core/process/sandbox/srt_process.ts",
  ];
  assertEquals(
    found.filter((line) => !excepted.includes(line) && !ownPrograms.includes(line.split(":")[0]!)),
    [],
  );
});

Deno.test("the service imports no package that only the tests use", async () => {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const ofTests = [.../^- tests only: ([\s\S]*?)\n\n/m.exec(readme)![1]!.matchAll(/`([^`]+)`/g)].map(([, name]) =>
    name!
  );
  const used = new Set([...graphs.values()].flatMap(({ packages }) => packages.map(({ name }) => name)));
  assertEquals([ofTests.length > 4, ofTests.filter((name) => used.has(name))], [true, []]);
});

Deno.test("a first start fetches the packages that the service uses and no other, in the versions of the tests", async () => {
  const lockOf = async (path: string) => JSON.parse(await Deno.readTextFile(join(root, path)));
  const [ours, all] = await Promise.all([lockOf("deno.lock"), lockOf("tests/deno.lock")]);
  const used = new Set([...graphs.values()].flatMap(({ packages }) => packages.map(({ name }) => name)));
  const named = Object.keys(ours.specifiers).map((one) => /^npm:((?:@[^/@]+\/)?[^/@]+)@/.exec(one)?.[1] ?? one);
  assertEquals(named.filter((name) => !used.has(name)), []);
  assertEquals([...used].filter((name) => !named.includes(name)), []);
  for (const part of ["specifiers", "npm"]) {
    const known = Object.fromEntries(Object.keys(ours[part]).map((key) => [key, all[part][key]]));
    assertEquals(known, ours[part], `${part} of deno.lock and of tests/deno.lock`);
  }
});
