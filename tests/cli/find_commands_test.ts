import { assertEquals } from "@std/assert";
import { type Commands, findCommands } from "../../cli/init/find_commands.ts";

async function of(files: Record<string, string>): Promise<Commands> {
  const { setup, check } = await findCommands((name) => Promise.resolve(files[name] ?? null));
  return { setup, check };
}

const manifest = (fields: object) => ({ "package.json": JSON.stringify(fields) });
const tested = { dependencies: { a: "1" }, scripts: { test: "node --test" } };

Deno.test("findCommands() goes by the lock file of a package.json", async () => {
  const rows: [Record<string, string>, string, string][] = [
    [{ "package-lock.json": "{}" }, "npm ci", "npm test"],
    [{ "pnpm-lock.yaml": "" }, "pnpm install --frozen-lockfile", "pnpm test"],
    [{ "yarn.lock": "# yarn lockfile v1" }, "yarn install --frozen-lockfile", "yarn test"],
    [{ "yarn.lock": "__metadata:" }, "yarn install --immutable", "yarn test"],
    [{ "bun.lock": "" }, "bun install --frozen-lockfile", "bun run test"],
    [{}, "npm install", "npm test"],
  ];
  for (const [lock, setup, check] of rows) assertEquals(await of({ ...manifest(tested), ...lock }), { setup, check });
});

Deno.test("findCommands() names nothing that a package.json does not have", async () => {
  assertEquals(await of(manifest({ scripts: { test: "node --test" } })), { setup: null, check: "npm test" });
  const initial = { scripts: { test: 'echo "Error: no test specified" && exit 1' } };
  assertEquals(await of(manifest(initial)), { setup: null, check: null });
  assertEquals(await of(manifest({ scripts: { lint: "eslint ." } })), { setup: null, check: "npm run lint" });
  for (const text of ["not JSON", "[]", "null"]) {
    assertEquals(await of({ "package.json": text }), { setup: null, check: null });
  }
});

Deno.test("findCommands() knows Python, Rust and Go, and joins what is of several kinds", async () => {
  const pytest = { "pyproject.toml": '[dependency-groups]\ndev = ["pytest>=8"]' };
  assertEquals(await of({ ...pytest, "uv.lock": "" }), { setup: "uv sync --locked", check: "uv run pytest" });
  assertEquals(await of({ ...pytest, "poetry.lock": "" }), { setup: "poetry install", check: "poetry run pytest" });
  assertEquals((await of(pytest)).check, ".venv/bin/python -m pytest");
  assertEquals((await of({ "pyproject.toml": "[project]" })).check, null);
  assertEquals(await of({ "Cargo.toml": "", "Cargo.lock": "" }), {
    setup: "cargo fetch --locked",
    check: "cargo test --locked",
  });
  assertEquals(await of({ ...manifest(tested), "package-lock.json": "", "go.mod": "" }), {
    setup: "npm ci && go mod download",
    check: "npm test && go test ./...",
  });
});

Deno.test("findCommands() takes a Makefile's check before all, its test where nothing else judges", async () => {
  const makefile = "CC := gcc\n.PHONY: check\nsetup deps:\n\ttouch x\ntest: build\n\ttrue\n";
  assertEquals(await of({ Makefile: makefile }), { setup: "make setup", check: "make test" });
  assertEquals((await of({ Makefile: makefile, "go.mod": "" })).check, "go test ./...");
  assertEquals((await of({ Makefile: "check: test\n", "go.mod": "" })).check, "make check");
  assertEquals(await of({ Makefile: "check = 1\nsetup := 2\n" }), { setup: null, check: null });
});
