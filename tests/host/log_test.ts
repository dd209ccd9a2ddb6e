import { assert, assertEquals, assertMatch } from "@std/assert";
import { DomainError } from "../../core/domain/error.ts";
import { type LogFormat, logger, printable } from "../../core/host/log.ts";

const now = () => Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const time = "2026-01-02T03:04:05.006Z";

function logTo(lines: string[], format: LogFormat, secrets: string[] = []) {
  return logger({ format, now, secrets, write: (line) => void lines.push(line) });
}

/** What a folder of an agent's may be called. */
const hostile = "a\x1b[31mred\x07\r\n2026-01-02T03:04:05.006Z info Forged\u2028\x9b0m\u202e\ud800";

Deno.test("printable() leaves nothing that a terminal obeys, and every other letter", () => {
  assertEquals(printable("Grüße, 世界 🙂 \\n"), "Grüße, 世界 🙂 \\n");
  assertEquals(
    printable("\x1b[2J\0\t\n\r\x7f\x9b\u2028\u202e"),
    "\\u{1b}[2J\\u{0}\\t\\n\\r\\u{7f}\\u{9b}\\u{2028}\\u{202e}",
  );
});

Deno.test("a line of text is one line with its time, whatever it quotes", () => {
  const lines: string[] = [];
  const log = logTo(lines, "text");
  log.info("Stopped");
  log.warn(`Cannot remove ${hostile}`, new DomainError("unavailable", hostile), { task: 3, run: 2 });
  assertEquals(lines[0], `${time} info Stopped`);
  assert(!/[\p{Cc}\u2028\u202e]/u.test(lines[1]!), JSON.stringify(lines[1]));
  assertMatch(lines[1]!, /^2026\S+ warn Cannot remove a\\u\{1b\}\[31mred.*Forged.*: a\\u\{1b\}.* \[task 3, run 2\]$/);
});

Deno.test("an error that was not expected is followed by where it came from, and by nothing of its own words", () => {
  const lines: string[] = [];
  logTo(lines, "text").warn("It failed", new TypeError(hostile));
  const [first, ...rest] = lines.join("\n").split("\n");
  assertMatch(first!, /^2026\S+ warn It failed: a\\u\{1b\}/);
  assert(rest.length > 0 && rest.every((line) => /^ {4}at /.test(line)), rest.join("\n"));
});

Deno.test("a line of JSON has time, level, message, task, run and error, and the text as it was", () => {
  const lines: string[] = [];
  const log = logTo(lines, "json");
  log.info("Stopped");
  log.warn("It failed", new DomainError("unavailable", hostile), { task: 3, run: 2 });
  log.error("It failed", new TypeError("x"));
  assertEquals(JSON.parse(lines[0]!), { time, level: "info", message: "Stopped" });
  assertEquals(JSON.parse(lines[1]!), { time, level: "warn", message: "It failed", task: 3, run: 2, error: hostile });
  const { error, stack } = JSON.parse(lines[2]!);
  assertEquals([error, stack[0].startsWith("at ")], ["x", true]);
  assert(lines.every((line) => !/[\p{Cc}\u2028\u202e]/u.test(line)));
});

Deno.test("no secret is written, wherever it stands", () => {
  const secret = "0123456789abcdef";
  for (const format of ["text", "json"] as const) {
    const lines: string[] = [];
    const log = logTo(lines, format, [secret]);
    log.warn(`GET /?token=${secret} failed`, new Error(`with ${secret}`));
    assertEquals(lines.join("\n").split("[secret]").length, 3);
    assert(!lines.join("\n").includes(secret));
  }
});
