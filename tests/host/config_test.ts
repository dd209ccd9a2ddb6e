import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, readConfig } from "../../core/host/config.ts";

const at = (env: Record<string, string>, home: string | undefined = "/home/ada") =>
  readConfig(env, { hostname: "laptop", home });

Deno.test("readConfig() reads ~ as the home folder wherever a path may stand, and nowhere else", () => {
  const config = at({
    CODER_DATA: "~/x",
    CODER_REPO: "~/src/shop, web=~/src/web, ~, odd=~ada/src, /srv/~/api",
    CODER_WORKTREES: "~/trees",
    CODER_KV: "~/kv/coder.db",
    CODER_CLAUDE: "~/bin/claude",
    CODER_PROMPT_SUFFIX: "~/not-a-path",
  });
  assertEquals(config.data, "/home/ada/x");
  assertEquals([...config.repos!], [
    ["shop", "/home/ada/src/shop"],
    ["web", "/home/ada/src/web"],
    ["ada", "/home/ada"],
    ["odd", `${Deno.cwd()}/~ada/src`],
    ["api", "/srv/~/api"],
  ]);
  assertEquals(config.worktrees, "/home/ada/trees");
  assertEquals(config.kv, "/home/ada/kv/coder.db");
  assertEquals(config.claude, "/home/ada/bin/claude");
  assertEquals(config.promptSuffix, "~/not-a-path");
  assertEquals(at({ CODER_DATA: "~/x" }).kv, "/home/ada/x/coder.db");
});

Deno.test("readConfig() says which variable needs a home when there is none", () => {
  for (const env of [{ CODER_DATA: "~/x" }, { CODER_REPO: "a=~/x" }, { CODER_CLAUDE: "~/claude" }]) {
    const [name] = Object.keys(env);
    assertThrows(() => readConfig(env, { hostname: "h", home: undefined }), ConfigError, `${name} begins with ~`);
    assertThrows(() => readConfig(env, { hostname: "h", home: "" }), ConfigError, "HOME is not set");
  }
  assertEquals(at({}, undefined).claude, "claude");
});

Deno.test("readConfig() limits a run to six hours, to what is asked for, or not at all", () => {
  const limit = (value?: string) =>
    readConfig({ CODER_TIMEOUT_SECONDS: value }, { hostname: "laptop", home: undefined }).timeoutSeconds;
  assertEquals([limit(), limit(""), limit("90"), limit("off"), limit("0")], [21_600, 21_600, 90, null, null]);
  for (const wrong of ["-1", "1.5", "6h", "never", "99999999"]) {
    assertThrows(
      () => limit(wrong),
      ConfigError,
      `CODER_TIMEOUT_SECONDS is "${wrong}"; it must be a number of seconds`,
    );
  }
});
