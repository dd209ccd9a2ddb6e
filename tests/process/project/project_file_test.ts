import { Ajv2020 } from "ajv/dist/2020.js";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DomainError } from "../../../core/domain/error.ts";
import { parseProjectFile, projectJsonSchema } from "../../../core/process/project/project_file.ts";

const parse = (text: string) => parseProjectFile(text, { name: "coder.json" });

function refusal(text: string): string {
  const error = assertThrows(() => parse(text), DomainError);
  assertEquals(error.code, "invalid");
  return error.message;
}

const full = {
  $schema: "http://127.0.0.1:8000/api/coder.schema.json",
  setup: "npm ci",
  check: "npm test",
  cleanup: null,
  setup_timeout_seconds: 86_400,
  check_timeout_seconds: 1,
  cleanup_timeout_seconds: 3_600,
  check_rounds: 0,
  commit_reminder: false,
  env: { NODE_ENV: "test", GIT_AUTHOR_NAME: "Ada", _x1: "" },
  model: "claude-opus-4-6[1m]",
  effort: "xhigh",
  target: "release/2.0",
  method: "squash",
  land: "auto",
  exchange: "ssh://git@example.com/shop.git",
  sandbox: {
    level: "full",
    allowed_domains: ["*.example.com", "127.0.0.1:8080", "[fd00::1]"],
    push: true,
    serve: false,
  },
};

Deno.test("parseProjectFile() reads every field and sets none that is not there", () => {
  assertEquals<unknown>(parse(JSON.stringify(full)), full);
  assertEquals(parse("{}"), {});
  assertEquals(parse('{"sandbox": "off"}'), { sandbox: "off" });
  assertEquals(parse('{"sandbox": {}}'), { sandbox: {} });
});

Deno.test("parseProjectFile() names line and column of a wrong value, what is accepted and what is there", () => {
  assertEquals(
    refusal('{\n  "setup": "npm ci",\n  "env": {},\n  "check_rounds": "two"\n}'),
    'coder.json, line 4, column 19: check_rounds must be a whole number from 0 to 10, not "two"',
  );
  // Columns count characters, lines end as editors end them, and the first mistake in the file is the one that is told.
  assertEquals(
    refusal('{\r\n"setup": "é😀", "method": 1, "effort": 2}'),
    'coder.json, line 2, column 26: method must be "ff", "merge", "squash" or "rebase", not 1',
  );
});

const wrong: [text: string, words: string][] = [
  ['{"setup": ""}', 'setup must be a command line of 1 to 20000 characters, or null for none, not ""'],
  ['{"check": " \\n"}', "check must be a command line"],
  ['{"cleanup": "a\\u0000b"}', "cleanup must be a command line"],
  [`{"check": "${"x".repeat(20_001)}"}`, "or null for none, not a text of 20001 characters"],
  ['{"setup_timeout_seconds": 0}', "a whole number from 1 to 86400, not 0"],
  ['{"check_timeout_seconds": 86401}', "a whole number from 1 to 86400, not 86401"],
  ['{"cleanup_timeout_seconds": 3601}', "a whole number from 1 to 3600, not 3601"],
  ['{"check_rounds": 1.5}', "a whole number from 0 to 10, not 1.5"],
  ['{"check_rounds": 11}', "a whole number from 0 to 10, not 11"],
  ['{"commit_reminder": "yes"}', 'commit_reminder must be true or false, not "yes"'],
  ['{"env": []}', "env must be an object of at most 100 names with a text each, not a list"],
  ['{"env": {"1A": ""}}', 'column 10: env cannot set "1A": a name has letters'],
  ['{"env": {"A-B": ""}}', 'env cannot set "A-B": a name has letters'],
  ['{"model": "-x"}', "model must be a model's name"],
  ['{"model": null}', "model must be a model's name, such as opus, not null"],
  ['{"effort": "huge"}', 'effort must be "low", "medium", "high", "xhigh" or "max", not "huge"'],
  ['{"land": "now"}', 'land must be "auto" or "never", not "now"'],
  ['{"method": "octopus"}', 'method must be "ff", "merge", "squash" or "rebase", not "octopus"'],
  [
    '{"sandbox": "on"}',
    'sandbox must be "off", "files" or "full", or an object with level, allowed_domains, push, serve, not "on"',
  ],
  ['{"sandbox": null}', "sandbox must be"],
  ['{"sandbox": {"level": "on"}}', 'column 23: sandbox.level must be "off", "files" or "full", not "on"'],
  ['{"sandbox": {"allowed_domains": "a"}}', "sandbox.allowed_domains must be a list of at most 200 domain names"],
  ['{"sandbox": {"allowed_domains": ["a", "http://b"]}}', "column 39: sandbox.allowed_domains.1 must be a domain name"],
  [
    '{"sandbox": {"levl": "off"}}',
    'there is no field "levl" in sandbox; known are level, allowed_domains, push, serve',
  ],
  ['{"sandbox": {"push": "yes"}}', 'sandbox.push must be true or false, not "yes"'],
  ['{"sandbox": {"serve": 1}}', "sandbox.serve must be true or false, not 1"],
];

Deno.test("parseProjectFile() refuses each field's wrong values in words", () => {
  for (const [text, words] of wrong) assertStringIncludes(refusal(text), words, text);
});

Deno.test("parseProjectFile() refuses an unknown field and names the known ones", () => {
  const message = refusal('{"check": "x",\n "setp": "npm ci"}');
  assertStringIncludes(
    message,
    'coder.json, line 2, column 2: there is no field "setp"; known are $schema, setup, check,',
  );
  for (const field of Object.keys(full)) assertStringIncludes(message, field);
});

Deno.test("parseProjectFile() refuses variables that are the service's own or would mislead git or the loader", () => {
  const names = [
    ...[
      "TASK_ID",
      "CODER_TOKEN",
      "PERSONAL_RUN_X",
      "PERSONAL_REAPER",
      "DENO_KV_ACCESS_TOKEN",
      "LD_PRELOAD",
      "CLAUDECODE",
    ],
    ...["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_COUNT", "GIT_CONFIG", "GIT_OBJECT_DIRECTORY"],
  ];
  for (const name of names) {
    const message = refusal(`{"env": {"${name}": "x"}}`);
    assertStringIncludes(
      message,
      `coder.json, line 1, column 10: env cannot set "${name}": names that begin with TASK_`,
    );
  }
  assertStringIncludes(refusal('{"env": {"__proto__": "x"}}'), '"__proto__" is no name');
  const hundred = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`V${n}`, ""]));
  assertEquals(parse(JSON.stringify({ env: hundred })), { env: hundred });
  assertStringIncludes(
    refusal(JSON.stringify({ env: { ...hundred, V: "" } })),
    "at most 100 names with a text each, not one of 101",
  );
});

Deno.test("parseProjectFile() shows no value of a variable", () => {
  for (const value of ["81734", '"81734\\u0000"', "[81734]", '{"a": 81734}', "null"]) {
    const message = refusal(`{"env": {"KEY": ${value}}}`);
    assertStringIncludes(message, "env.KEY must be a text of at most 20000 characters without NUL, not ");
    assert(!message.includes("81734"), message);
  }
});

Deno.test("parseProjectFile() takes for a branch what git takes for one", async () => {
  const names = [
    "main",
    "a/b",
    "a.b",
    "ä",
    "-a",
    "a..b",
    "a b",
    "a/",
    "/a",
    "a//b",
    ".a",
    "a/.b",
    "a.lock",
    "a.lock/b",
    "a@{b",
  ];
  names.push("a@b", "a~", "a^", "a:", "a?", "a*", "a[", "a\\b", "a.", "HEAD", "heads/HEAD", "a\x7f", "");
  for (const target of names) {
    const { success } = await new Deno.Command("git", {
      args: ["check-ref-format", "--branch", target],
      stderr: "null",
      stdout: "null",
    }).output();
    const file = JSON.stringify({ target });
    if (success) assertEquals(parse(file), { target });
    else assertStringIncludes(refusal(file), "target must be the name of a branch", target);
  }
  // git itself takes it for what is checked out.
  assertStringIncludes(refusal('{"target": "@"}'), "target must be the name of a branch");
});

const broken: [text: string, words: string][] = [
  ["", "line 1, column 1: a value is expected"],
  ["[]", 'line 1, column 1: it must be an object with fields such as "setup"'],
  ["null", "it must be an object"],
  ['{"setup": "x",}', "line 1, column 15: a name in double quotes is expected here"],
  ['{"setup": "x"\n"check": "y"}', "line 2, column 1: a comma is expected here"],
  ['{"setup" "x"}', "column 10: a colon is expected here"],
  ['{"setup": "x"', "a closing brace is expected here"],
  ['{"env": ["x"', "a closing bracket is expected here"],
  ["{\"setup\": 'x'}", "column 11: this is no JSON value: a text has double quotes around it"],
  ['// why\n{"setup": "x"}', "line 1, column 1: JSON has no comments"],
  ['{"setup": "x" /* why */}', "column 15: JSON has no comments"],
  ['{"setup": "a\tb"}', "a control character in a text must be written as"],
  ['{"setup": "\\x"}', "after a backslash one of"],
  ['{\n "setup": "x",\n "env": {},\n "setup": "y"\n}', 'line 4, column 2: "setup" is there twice'],
  ['{"env": {"A": "x", "A": "x"}}', 'column 20: "A" is there twice'],
  [`{"a": ${"[".repeat(300_000)}`, "it is nested too deeply"],
  [`{"setup": "x"}${" ".repeat(1_048_576)}`, "coder.json: it is larger than 1 MiB"],
];

Deno.test("parseProjectFile() says where JSON is broken, and what two equal fields there are", () => {
  for (const [text, words] of broken) assertStringIncludes(refusal(text), words, text.slice(0, 60));
});

Deno.test("parseProjectFile() reads no text that is not JSON, and a copy of what JSON.parse reads", () => {
  const valid = JSON.stringify(full);
  const edit = fc.record({
    at: fc.nat(valid.length),
    length: fc.nat(3),
    put: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(..."{}[],:\"'\\/0-1.e\u2028\u00a0\ufeff\u000b")),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 2 }), (edits) => {
      let text = valid;
      for (const { at, length, put } of edits) text = text.slice(0, at) + put + text.slice(at + length);
      let read: unknown;
      try {
        read = parse(text);
      } catch (error) {
        assert(error instanceof DomainError, text);
        return;
      }
      assertEquals(read, JSON.parse(text));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("projectJsonSchema() describes every field, has no id, and accepts and refuses as the reader does", () => {
  const schema = projectJsonSchema() as { properties: Record<string, { description?: string }> };
  assertEquals(Object.keys(schema.properties), Object.keys(full));
  for (const [name, { description }] of Object.entries(schema.properties)) assert(description, name);
  assert(!JSON.stringify(schema).includes('"$id"'));
  const isValid = new Ajv2020({ strictTypes: false }).compile(schema);
  assert(isValid(full));
  for (const [text] of wrong) assert(!isValid(JSON.parse(text)), text);
});
