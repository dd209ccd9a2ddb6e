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

Deno.test("readConfig() lets an agent be silent as long as it likes, or as is asked for", () => {
  const limit = (value: string) => at({ CODER_SILENCE_SECONDS: value }).silenceSeconds;
  assertEquals(["", "off", "0", "5", "1800"].map(limit), [null, null, null, 5, 1_800]);
  for (const wrong of ["4", "-1", "half an hour"]) {
    assertThrows(
      () => limit(wrong),
      ConfigError,
      `CODER_SILENCE_SECONDS is "${wrong}"; it must be a number of seconds`,
    );
  }
});

Deno.test("readConfig() confines runs as far as it goes, unless somebody says how far", () => {
  assertEquals([at({}).sandbox, at({ CODER_SANDBOX: "" }).sandbox], ["auto", "auto"]);
  for (const level of ["auto", "off", "files", "full"]) assertEquals(at({ CODER_SANDBOX: level }).sandbox, level);
  for (const wrong of ["on", "FULL", "none"]) {
    assertThrows(
      () => at({ CODER_SANDBOX: wrong }),
      ConfigError,
      `CODER_SANDBOX is "${wrong}"; it must be auto, off, files or full`,
    );
  }
});

Deno.test("readConfig() reads the origin at which a proxy serves this", () => {
  assertEquals(at({}).publicUrl, null);
  assertEquals(at({ CODER_PUBLIC_URL: "https://Coder.example.org/" }).publicUrl, "https://coder.example.org");
  assertEquals(at({ CODER_PUBLIC_URL: "http://10.0.0.7:8080" }).publicUrl, "http://10.0.0.7:8080");
  for (
    const wrong of ["coder.example.org", "https://coder.example.org/queue", "https://a@b.example", "ftp://b.example"]
  ) {
    assertThrows(() => at({ CODER_PUBLIC_URL: wrong }), ConfigError, `CODER_PUBLIC_URL is "${wrong}"`);
  }
});

Deno.test("readConfig() reads where messages may go", () => {
  assertEquals(at({}).webhookHosts, []);
  assertEquals(at({ CODER_WEBHOOK_HOSTS: "chat.example,ntfy.lan:8080=private" }).webhookHosts, [
    { name: "chat.example", port: null, isPrivate: false },
    { name: "ntfy.lan", port: 8080, isPrivate: true },
  ]);
  for (const wrong of ["https://chat.example", "*", "chat.example=open"]) {
    const words = `CODER_WEBHOOK_HOSTS is "${wrong}"; it must be host names`;
    assertThrows(() => at({ CODER_WEBHOOK_HOSTS: wrong }), ConfigError, words);
  }
});

Deno.test("readConfig() reads what a worker is and where it is reached", () => {
  const { labels, workerUrl } = at({
    CODER_LABELS: "gpu=1, os=linux,",
    CODER_WORKER_URL: "https://mill.example/coder/",
  });
  assertEquals([labels, workerUrl], [{ gpu: "1", os: "linux" }, "https://mill.example/coder"]);
  assertEquals([at({}).labels, at({}).workerUrl], [{}, null]);
  const many = Array.from({ length: 17 }, (_, index) => `k${index}=1`).join();
  for (const wrong of ["gpu", "gpu=", "=1", "gpu=a b", "a=1,a=2", "__proto__=1", `${"x".repeat(64)}=1`, many]) {
    assertThrows(() => at({ CODER_LABELS: wrong }), ConfigError, `CODER_LABELS is "${wrong}"; it must be at most 16`);
  }
  for (const wrong of ["mill:8000", "ftp://mill", "http://user@mill", "http://mill/?a", "mill"]) {
    assertThrows(() => at({ CODER_WORKER_URL: wrong }), ConfigError, `CODER_WORKER_URL is "${wrong}"`);
  }
});

Deno.test("readConfig() knows a door without agents, and a worker without a door", () => {
  assertEquals([at({}).port, at({ CODER_PORT: "0" }).port, at({ CODER_PORT: "off" }).port], [8000, 0, null]);
  assertEquals([at({}).maxConcurrent, at({ CODER_MAX_CONCURRENT: "0" }).maxConcurrent], [3, 0]);
  assertThrows(() => at({ CODER_PORT: "none" }), ConfigError, "to 65535, or off");
  assertThrows(() => at({ CODER_MAX_CONCURRENT: "-1" }), ConfigError, "from 0 (no agents here) to 64");
});

Deno.test("readConfig() knows its settings, and minds no CODER_URL, which is the command line's", () => {
  assertEquals(at({ CODER_URL: "https://coder.example.com" }).port, 8000);
  assertThrows(() => at({ CODER_URLS: "x" }), ConfigError, "CODER_URLS is not a setting");
});
