// How it is packaged: what can be known of image, compose file and unit where none of them can be run.

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { parse } from "deno-std/yaml/mod.js";
import { validate } from "dockerfile-utils";
import { readConfig, variables } from "../core/host/config.ts";
import { testedVersions } from "../core/process/claude/claude_probe.ts";
import { run } from "../core/process/subprocess.ts";
import { denokvVersion } from "./cluster/denokv_program.ts";
import { tempDir } from "./support/temp.ts";

const root = fromFileUrl(new URL("..", import.meta.url));
const read = (path: string) => Deno.readTextFile(join(root, path));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("the image is well-formed, not root's, looked after, and of the versions that are tested", async () => {
  const dockerfile = await read("Dockerfile");
  assertEquals(validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`), []);
  const service = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  const at = (instruction: string) => service.indexOf(`\n${instruction} `);
  for (const needed of ["USER", "HEALTHCHECK", "VOLUME", "ENTRYPOINT"]) assert(at(needed) > 0, needed);
  assert(at("USER") < at("ENTRYPOINT") && !/^USER (root|0)/m.test(service.slice(at("USER"))), "it is not root's");
  const denoVersion = /deno@([\d.]+) task dev/.exec(await read("README.md"))![1];
  const versions = [...dockerfile.matchAll(/(?:@|denokv --version )(\d+\.\d+\.\d+)/g)].map(([, version]) => version);
  assertEquals(versions, [denokvVersion, denoVersion, testedVersions.newest]);
  const settings = /^ENV (.+)$/m.exec(service)![1]!.split(" ").map((pair) => pair.split("=") as [string, string]);
  const { host, data } = readConfig(Object.fromEntries(settings), { hostname: "image", home: "/home/node" });
  assertEquals([host, data], ["0.0.0.0", "/data"]);
});

Deno.test("what the image leaves out is not needed by the service, and nothing of a person is copied", async () => {
  const ignored = (await read(".dockerignore")).trim().split("\n");
  for (const name of [".git", ".env", "data"]) assert(ignored.includes(name), name);
  for (const name of ["core", "routes", "islands", "main.ts", "deno.json", "deno.lock"]) {
    assert(!ignored.includes(name), name);
  }
});

interface Compose {
  services: Record<
    string,
    {
      ports?: string[];
      environment?: Record<string, string>;
      build: { target: string };
      stop_grace_period?: string;
    }
  >;
}

Deno.test("the compose file publishes on loopback alone, knows the settings, and holds no secret", async () => {
  const { services } = parse(await read("compose.yaml")) as Compose;
  const stages = [...(await read("Dockerfile")).matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);
  for (const [name, { ports = [], environment = {}, build }] of Object.entries(services)) {
    assert(stages.includes(build.target), name);
    assertEquals(ports.filter((port) => !port.startsWith("127.0.0.1:")), [], name);
    for (const [variable, value] of Object.entries(environment)) {
      if (variable.startsWith("CODER_")) assert((variables as string[]).includes(variable), variable);
      if (/TOKEN$|KEY$/.test(variable)) assert(/^\$\{[A-Z_]+:[?-][^}]*\}$/.test(value), `${name}: ${variable}`);
    }
  }
});

Deno.test("what stops a container or the unit waits longer than the service takes to end agents in good order", async () => {
  const seconds = (text: string, pattern: RegExp) => Number(pattern.exec(text)![1]!.replace("_", ""));
  const soft = seconds(await read("main.ts"), /stopWithinMs = ([\d_]+)/) / 1_000;
  const { services } = parse(await read("compose.yaml")) as Compose;
  const waits = [
    seconds(services.coder!.stop_grace_period!, /^(\d+)s$/),
    seconds(await read("docs/deploy.md"), /--stop-timeout (\d+)/),
    seconds(await read("deploy/personal-coder.service"), /TimeoutStopSec=(\d+)/),
  ];
  assertEquals(waits.filter((wait) => wait < soft + 10), []);
});

Deno.test("the image is asked for its health at the port that is set, and not where it has none", async () => {
  const [, command] = /^HEALTHCHECK [^]*?\n? +CMD (.+)$/m.exec(await read("Dockerfile"))!;
  const asked = async (env: Record<string, string>) => {
    const { code, stdout } = await run("/bin/sh", ["-c", `curl() { echo "$*"; }; ${command}`], { env });
    return [code, text(stdout).trim()];
  };
  assertEquals(await asked({}), [0, "-fsS http://127.0.0.1:8000/livez"]);
  assertEquals(await asked({ CODER_PORT: "8123" }), [0, "-fsS http://127.0.0.1:8123/livez"]);
  assertEquals(await asked({ CODER_PORT: "off" }), [0, ""]);
});

const analyze = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

Deno.test({
  name: `systemd takes the unit as it is, and finds it hardened${analyze ? "" : " (skipped: no systemd-analyze here)"}`,
  ignore: analyze === undefined,
  async fn() {
    const unit = join(root, "deploy", "personal-coder.service");
    const verified = await run(analyze!, ["verify", unit]);
    assertEquals([verified.code, text(verified.stderr)], [0, ""]);
    const security = await run(analyze!, ["security", "--offline=yes", "--threshold=40", unit]);
    assertEquals(security.code, 0, text(security.stdout).slice(-200));
    // It would have said so.
    await using folder = await tempDir();
    const broken = join(folder.path, "personal-coder.service");
    await Deno.writeTextFile(broken, (await Deno.readTextFile(unit)).replace("/usr/bin/env", "/nowhere/env"));
    assert(text((await run(analyze!, ["verify", broken])).stderr).includes("/nowhere/env"));
  },
});
