import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { exchangeUrls } from "../../../core/process/project/exchange_urls.ts";
import { projectJsonSchema } from "../../../core/process/project/project_file.ts";
import { noSettings, projects, type ProjectSettings } from "../../../core/process/project/project_settings.ts";
import { tempDir } from "../../support/temp.ts";

/** What stands in the commit and what the operator wrote; null: no such file. */
async function settings(said: object | string | null, own: object | string | null = null) {
  await using folder = await tempDir();
  const text = (file: object | string) => typeof file === "string" ? file : JSON.stringify(file);
  if (own !== null) await Deno.writeTextFile(join(folder.path, "shop.json"), text(own));
  const asked: string[][] = [];
  const port = projects({
    readAtCommit(...of) {
      asked.push(of);
      return Promise.resolve(said === null ? null : text(said));
    },
    folder: folder.path,
  });
  const found = await port.settings("shop", "c0ffee");
  assertEquals(asked, [["shop", "c0ffee", "coder.json"]]);
  return found;
}

const full = {
  setup: "npm ci",
  check: "npm test",
  cleanup: "docker compose down",
  setup_timeout_seconds: 1,
  check_timeout_seconds: 2,
  cleanup_timeout_seconds: 3,
  check_rounds: 4,
  commit_reminder: false,
  env: { A: "1", B: "2" },
  model: "opus",
  effort: "low",
  target: "main",
  method: "ff",
  land: "auto",
  exchange: "/srv/shop.git",
  sandbox: { level: "full", allowed_domains: ["example.com"], push: true, serve: true },
};

const fullSettings: ProjectSettings = {
  setup: "npm ci",
  check: "npm test",
  cleanup: "docker compose down",
  setupTimeoutSeconds: 1,
  checkTimeoutSeconds: 2,
  cleanupTimeoutSeconds: 3,
  checkRounds: 4,
  commitReminder: false,
  env: { A: "1", B: "2" },
  model: "opus",
  effort: "low",
  target: "main",
  method: "ff",
  land: "auto",
  exchange: "/srv/shop.git",
  sandbox: { level: "full", allowedDomains: ["example.com"], push: true, serve: true },
};

const nothingLoose = { allowedDomains: [], push: false, serve: false };

Deno.test("projects() without any file gives what holds by itself, as the schema says it", async () => {
  const { settings: found, sources } = await settings(null);
  assertEquals(found, noSettings);
  assertEquals(sources, {});
  assertEquals(found.sandbox, { level: "off", ...nothingLoose });
  assertEquals([found.setup, found.check, found.cleanup, found.model, found.env], [
    null,
    null,
    null,
    null,
    {},
  ]);
  const { properties } = projectJsonSchema() as { properties: Record<string, { default?: unknown }> };
  const defaults = Object.entries(properties).filter(([, field]) => "default" in field);
  assertEquals(Object.fromEntries(defaults.map(([name, field]) => [name, field.default])), {
    setup_timeout_seconds: found.setupTimeoutSeconds,
    check_timeout_seconds: found.checkTimeoutSeconds,
    cleanup_timeout_seconds: found.cleanupTimeoutSeconds,
    check_rounds: found.checkRounds,
    commit_reminder: found.commitReminder,
  });
});

Deno.test("projects() reads every field from the commit, and from the operator", async () => {
  const fields = Object.keys(full);
  const said = await settings({ $schema: "x", ...full });
  // Where work goes, a repository does not say itself.
  assertEquals(said.settings, { ...fullSettings, exchange: null, sandbox: { level: "full", ...nothingLoose } });
  const ofRepository = fields.filter((field) => field !== "exchange");
  assertEquals(said.sources, Object.fromEntries(ofRepository.map((field) => [field, "coder.json"])));
  const own = await settings(null, full);
  assertEquals(own.settings, fullSettings);
  assertEquals(own.sources, Object.fromEntries(fields.map((field) => [field, "operator"])));
});

Deno.test("projects() lets the operator win field by field, and in env name by name", async () => {
  const found = await settings(full, { check: null, check_rounds: 0, env: { B: "3", C: "4" } });
  assertEquals(found.settings, {
    ...fullSettings,
    check: null,
    checkRounds: 0,
    env: { A: "1", B: "3", C: "4" },
    exchange: null,
    sandbox: { level: "full", ...nothingLoose },
  });
  const { setup, check, check_rounds, env } = found.sources;
  assertEquals([setup, check, check_rounds, env], ["coder.json", "operator", "operator", "operator"]);
});

Deno.test("projects() confines as the stricter of a repository and its operator asks", async () => {
  const levels: [said: unknown, own: unknown, level: string, source: string | undefined][] = [
    [undefined, undefined, "off", undefined],
    ["full", undefined, "full", "coder.json"],
    ["full", "off", "full", "coder.json"],
    ["full", { level: "files" }, "full", "coder.json"],
    ["off", "files", "files", "operator"],
    [{ level: "files" }, "full", "full", "operator"],
    ["files", "files", "files", "operator"],
    [undefined, "off", "off", "operator"],
  ];
  for (const [said, own, level, source] of levels) {
    const found = await settings({ sandbox: said }, { sandbox: own });
    assertEquals([found.settings.sandbox, found.sources.sandbox], [{ level, ...nothingLoose }, source]);
  }
});

Deno.test("projects() lets nobody but the operator loosen a sandbox", async () => {
  const loose = { allowed_domains: ["example.com"], push: true, serve: true };
  for (const own of [null, { sandbox: "files" }]) {
    const said = await settings({ sandbox: loose }, own);
    assertEquals(said.settings.sandbox, { level: "files", ...nothingLoose });
  }
  const own = await settings({ sandbox: { allowed_domains: ["other.example"] } }, { sandbox: { serve: true } });
  assertEquals(own.settings.sandbox, { level: "files", ...nothingLoose, serve: true });
  const described = JSON.stringify(projectJsonSchema()).match(/counts in the operator's file only/g);
  assertEquals(described?.length, Object.keys(loose).length + 1);
});

Deno.test('projects() takes "files" for a sandbox of which only the domains are named, as the schema says', async () => {
  const { settings: found } = await settings(null, { sandbox: { allowed_domains: ["example.com"] } });
  assertEquals(found.sandbox, { level: "files", ...nothingLoose, allowedDomains: ["example.com"] });
  assertStringIncludes(JSON.stringify(projectJsonSchema()), '"level":{"default":"files"');
});

Deno.test("projects() names the file that is broken", async () => {
  const said = await assertRejects(
    () => settings('{\n "setup": 1}'),
    DomainError,
    "coder.json, line 2, column 11: setup must be",
  );
  assertEquals(said.code, "invalid");
  const own = await assertRejects(
    () => settings(full, "{"),
    DomainError,
    "/shop.json, line 1, column 2: a closing brace",
  );
  assertEquals(own.code, "invalid");
});

Deno.test("projects() does not take an operator's file that cannot be read for none", async () => {
  await using folder = await tempDir();
  await Deno.mkdir(join(folder.path, "shop.json"));
  const port = projects({ readAtCommit: () => Promise.resolve(null), folder: folder.path });
  const error = await assertRejects(() => port.settings("shop", "c0ffee"), DomainError, "Cannot read ");
  assertEquals(error.code, "unavailable");
  // The folder itself need not be there.
  const none = projects({ readAtCommit: () => Promise.resolve(null), folder: join(folder.path, "none") });
  assertEquals((await none.settings("shop", "c0ffee")).settings, noSettings);
});

Deno.test("projects() looks once into a commit, and each time at what a name means", async () => {
  await using folder = await tempDir();
  const asked: string[] = [];
  const port = projects({
    readAtCommit(_, commit) {
      asked.push(commit);
      return Promise.resolve(null);
    },
    folder: folder.path,
  });
  const [one, other] = ["1".repeat(40), "2".repeat(40)];
  for (const commit of [one, other, one, "HEAD", "HEAD"]) await port.settings("shop", commit);
  await port.settings("other", one);
  assertEquals(asked, [one, other, "HEAD", "HEAD", one]);
});

Deno.test("projects() knows the exchange by the operator's file, else by what the service was told", async () => {
  await using folder = await tempDir();
  const secret = "https://me:secret@git.example/shop.git";
  const port = projects({
    readAtCommit: () => Promise.resolve('{"exchange": "https://elsewhere.example/x.git"}'),
    folder: folder.path,
    exchanges: new Map([["shop", secret]]),
  });
  assertEquals([await port.exchange("shop"), await port.exchange("api")], [secret, null]);
  const { settings, sources } = await port.settings("shop", "HEAD");
  assertEquals([settings.exchange, sources.exchange], ["https://git.example/shop.git", "operator"]);
  const urls = exchangeUrls({ repos: () => ["shop", "api"], projects: port, warn: () => {} });
  await urls.look();
  const { current } = urls;
  assertEquals([...current], [["shop", secret]]);
  await urls.look();
  assert(urls.current === current);
  await Deno.writeTextFile(join(folder.path, "shop.json"), '{"exchange": null}');
  await Deno.writeTextFile(join(folder.path, "api.json"), '{"exchange": "/srv/api.git"}');
  await urls.look();
  assertEquals([...urls.current], [["api", "/srv/api.git"]]);
  await Deno.writeTextFile(join(folder.path, "api.json"), "{");
  await urls.look();
  assertEquals([...urls.current], [["api", "/srv/api.git"]]);
});
