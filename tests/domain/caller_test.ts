import { assertEquals } from "@std/assert";
import { nameInToken, permits, tokenText } from "../../core/domain/access_token.ts";
import { byToken, isAsked, isByToken } from "../../core/domain/caller.ts";

Deno.test("isAsked() tells who asks from outside from the service itself", () => {
  for (const by of ["api", "ui", "cli", "mcp", byToken("ci")]) assertEquals(isAsked(by), true, by);
  for (const by of [undefined, "scheduler", "laptop", "laptop/3", "token:", "token:Not A Name"]) {
    assertEquals(isAsked(by), false, by);
  }
  assertEquals([isByToken(byToken("ci")), isByToken("cli")], [true, false]);
});

Deno.test("each scope permits what those before it do", () => {
  assertEquals([permits("read", "read"), permits("read", "submit"), permits("submit", "operate")], [
    true,
    false,
    false,
  ]);
  assertEquals([permits("operate", "read"), permits("submit", "read"), permits("operate", "submit")], [
    true,
    true,
    true,
  ]);
});

Deno.test("nameInToken() reads the name of a token, and none of any other text", () => {
  const secret = "0123456789abcdef".repeat(4);
  assertEquals(nameInToken(tokenText("my-ci", secret)), "my-ci");
  for (const text of [secret, `coder_${secret}`, `coder_my_ci_${secret}`, tokenText("ci", `${secret}0`), ""]) {
    assertEquals(nameInToken(text), null, text);
  }
});
