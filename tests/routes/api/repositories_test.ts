// The repositories on a real engine, with real git and real files.

import { Ajv2020 } from "ajv/dist/2020.js";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { RepositoryView } from "../../../core/view/api_view.ts";
import { type RoutesWorld, routesWorld } from "../world.ts";
import { shownDefaults as defaults } from "../../support/no_project.ts";

async function repositoryOf(world: RoutesWorld): Promise<RepositoryView> {
  const { repositories } = await world.json(200, "/api/repositories");
  assertEquals(repositories.length, 1);
  return repositories[0];
}

async function commitFile(world: RoutesWorld, text: string): Promise<string> {
  await Deno.writeTextFile(join(world.repository.path, "coder.json"), text);
  await world.repository.git("add", "coder.json");
  await world.repository.git("commit", "--quiet", "--message=Say how");
  return await world.repository.git("rev-parse", "HEAD");
}

async function writeOperatorFile(world: RoutesWorld, text: string): Promise<string> {
  await Deno.mkdir(world.operatorFolder, { recursive: true });
  const path = join(world.operatorFolder, "repo.json");
  await Deno.writeTextFile(path, text);
  return path;
}

Deno.test("GET /api/repositories tells place, branch, head, and what holds without any file", async () => {
  await using world = await routesWorld({ agent: false });
  assertEquals(await repositoryOf(world), {
    name: "repo",
    path: world.repository.path,
    branch: "main",
    head: await world.repository.git("rev-parse", "HEAD"),
    settings: defaults,
    sources: {},
    error: null,
    last_setup: null,
    last_check: null,
  });
});

Deno.test("GET /api/repositories tells what is in force at HEAD now, and from where, without a variable's value", async () => {
  await using world = await routesWorld({ agent: false });
  const text = JSON.stringify({
    setup: "npm ci",
    check: "npm test",
    env: { B: "said-b", A: "said-a" },
    sandbox: { level: "full", push: true },
  });
  const head = await commitFile(world, text);
  await writeOperatorFile(
    world,
    '{"check_timeout_seconds": 60, "env": {"C": "own-c"}, "model": "opus", "sandbox": {"serve": true}}',
  );
  // What is not committed does not count.
  await Deno.writeTextFile(join(world.repository.path, "coder.json"), '{"setup": "rm -rf ."}');
  const answer = await repositoryOf(world);
  assertEquals(answer.head, head);
  assertEquals(answer.settings, {
    ...defaults,
    setup: "npm ci",
    check: "npm test",
    check_timeout_seconds: 60,
    env: ["A", "B", "C"],
    model: "opus",
    sandbox: { level: "full", allowed_domains: [], push: false, serve: true },
  });
  assertEquals(answer.sources, {
    setup: "coder.json",
    check: "coder.json",
    env: "operator",
    sandbox: "coder.json",
    check_timeout_seconds: "operator",
    model: "operator",
  });
  assert(!/said-|own-/.test(JSON.stringify(answer)));
  await world.repository.git("checkout", "--quiet", "--force", "--detach", "HEAD~1");
  const before = await repositoryOf(world);
  assertEquals([before.branch, before.settings?.setup, before.settings?.model], [null, null, "opus"]);
});

Deno.test("GET /api/repositories says what is wrong with a file, and where", async () => {
  await using world = await routesWorld({ agent: false });
  const head = await commitFile(world, '{\n  "check_rounds": "two"\n}\n');
  const answer = await repositoryOf(world);
  const words = 'coder.json, line 2, column 19: check_rounds must be a whole number from 0 to 10, not "two"';
  assertEquals([answer.error, answer.head, answer.settings, answer.sources], [words, head, null, {}]);
  await commitFile(world, "{}");
  const path = await writeOperatorFile(world, '{"env": {"KEY": 81734}}');
  const own = await repositoryOf(world);
  assertStringIncludes(own.error ?? "", `${path}, line 1, column 17: env.KEY must be a text`);
  assert(!own.error!.includes("81734"));
});

Deno.test("GET /api/repositories answers for a repository that is gone", async () => {
  await using world = await routesWorld({ agent: false });
  await Deno.rename(world.repository.path, `${world.repository.path}-gone`);
  const answer = await repositoryOf(world);
  assertEquals([answer.name, answer.branch, answer.head, answer.settings], ["repo", null, null, null]);
  assertStringIncludes(answer.error ?? "", "the folder does not exist");
});

Deno.test("GET /api/coder.schema.json is a schema that editors can use", async () => {
  await using world = await routesWorld({ agent: false });
  const schema = await world.json(200, "/api/coder.schema.json");
  const isValid = new Ajv2020({ strictTypes: false }).compile(schema);
  assert(isValid({ $schema: "http://localhost:8000/api/coder.schema.json", check: "npm test" }));
  assert(!isValid({ chek: "npm test" }));
});
