import { assertEquals, assertMatch } from "@std/assert";
import { readConfig, variables } from "../../core/host/config.ts";
import { settingsShown, tokenShown } from "../../core/host/shown_settings.ts";

const machine = { hostname: "laptop", home: "/home/me" };
const shown = (env: Record<string, string>) =>
  new Map(settingsShown(readConfig(env, machine), machine).map((one) => [one.variable, one]));

Deno.test("settingsShown() has every variable, and what holds by default is said to", () => {
  const all = shown({ CODER_DATA: "/data", CODER_MAX_CONCURRENT: "5", CODER_LABELS: "gpu=1" });
  assertEquals([...all.keys()], variables);
  assertEquals(all.get("CODER_MAX_CONCURRENT"), { variable: "CODER_MAX_CONCURRENT", value: "5", is_default: false });
  assertEquals(all.get("CODER_WORKER"), { variable: "CODER_WORKER", value: "laptop", is_default: true });
  assertEquals(all.get("CODER_RETENTION_DAYS"), { variable: "CODER_RETENTION_DAYS", value: null, is_default: true });
  assertEquals(all.get("CODER_LABELS")!.value, "gpu=1");
});

Deno.test("settingsShown() shows no secret, only that there is one", () => {
  const secrets = { CODER_TOKEN: "a-token-of-mine-16", CODER_EXCHANGE: "https://me:secret@git.example/x.git" };
  const all = shown({ ...secrets, CODER_REPO: "/r" });
  for (const name of ["CODER_TOKEN", "CODER_EXCHANGE"] as const) {
    assertEquals(all.get(name), { variable: name, value: "set; not shown", is_default: false });
  }
  assertEquals(/secret|token-of-mine/.test(JSON.stringify([...all])), false);
});

Deno.test("tokenShown() says where the token is and how it is changed, and never what it is", () => {
  const of = (env: Record<string, string>, asked = true) => tokenShown(readConfig(env, machine), { asked });
  assertEquals(of({}, false).where, null);
  assertEquals(of({ CODER_TOKEN: "a-token-of-mine-16" }).where, "CODER_TOKEN");
  assertEquals(of({ CODER_TOKEN_FILE: "/run/token" }).where, "/run/token (CODER_TOKEN_FILE)");
  const own = of({ CODER_DATA: "/data", CODER_HOST: "0.0.0.0" });
  assertEquals(own.where, "/data/token");
  assertMatch(own.change, /deno task token/);
});
