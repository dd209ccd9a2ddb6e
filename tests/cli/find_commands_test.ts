import { assertEquals } from "@std/assert";
import type { Commands } from "../../cli/init/commands.ts";
import { findCommands } from "../../cli/init/find_commands.ts";

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

const inGroup =
  '[project]\nname = "x"\n[dependency-groups]\ndocs = ["sphinx"]\ntest = [\n  # runs them\n  "pytest>=8",\n]\n';
const inExtra = '[project]\nname = "x"\n[project.optional-dependencies]\ndev = ["ruff", "pytest-cov>=4"]\n';

Deno.test("findCommands() brings pytest into the .venv from where a pyproject.toml names it", async () => {
  const venv = "python3 -m venv .venv && .venv/bin/pip install ";
  const newer = "'pip>=25.1' && .venv/bin/pip install ";
  const check = ".venv/bin/python -m pytest";
  const rows: [string, string | null, string | null][] = [
    ["[project]", `${venv}-e .`, null],
    ['[build-system]\nrequires = ["hatchling"]', `${venv}-e .`, null],
    ['[project]\ndependencies = ["pytest"]', `${venv}-e .`, check],
    [inExtra, `${venv}-e '.[dev]'`, check],
    [inGroup, `${venv}${newer}-e . --group test`, check],
    ['[dependency-groups]\ndev = ["pytest", {include-group = "lint"}]\nlint = []', `${venv}${newer}--group dev`, check],
    ['[project]\n[tool.pytest.ini_options]\naddopts = "-q"', `${venv}-e . pytest`, check],
    ['[build-system]\n[tool.poetry.group.dev.dependencies]\npytest = "^8"', `${venv}-e . pytest`, check],
    // A name that a shell would not take as one word is no name.
    ["[dependency-groups]\n'a; b' = ['pytest']", `${venv}pytest`, check],
    ["[tool.ruff]\nline-length = 100", null, null],
    ["[project", null, null],
  ];
  for (const [text, setup, check] of rows) assertEquals(await of({ "pyproject.toml": text }), { setup, check }, text);
  const old = { "pyproject.toml": "[tool.ruff]", "setup.py": "" };
  assertEquals(await of(old), { setup: `${venv}-e .`, check: null });
});

Deno.test("findCommands() goes by the lock of uv and poetry, with what brings pytest", async () => {
  for (const text of [inGroup, inExtra]) {
    const setup = "uv sync --locked --all-extras --all-groups";
    assertEquals(await of({ "pyproject.toml": text, "uv.lock": "" }), { setup, check: "uv run pytest" });
    const poetry = text === inExtra ? "poetry install --extras dev" : "poetry install";
    assertEquals(await of({ "pyproject.toml": text, "poetry.lock": "" }), {
      setup: poetry,
      check: "poetry run pytest",
    });
  }
});

Deno.test("findCommands() knows Rust and Go, and joins what is of several kinds", async () => {
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
  for (const assignment of ["=", ":=", "::=", ":::=", "?="]) {
    assertEquals(await of({ Makefile: `check ${assignment} 1\nsetup${assignment}2\n` }), { setup: null, check: null });
  }
  assertEquals((await of({ Makefile: "check:: test\n" })).check, "make check");
  // As make looks for them.
  assertEquals((await of({ makefile: "check:\n", Makefile: "test:\n" })).check, "make check");
  assertEquals((await of({ GNUmakefile: "test:\n", makefile: "check:\n" })).check, "make test");
});
