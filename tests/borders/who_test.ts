// Who may call, on the real service: from the socket to the child's environment.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, tempRepository } from "../support/temp.ts";
import { head, raw } from "./raw_http.ts";
import { scriptAgent } from "./script_agent.ts";

const token = "a-secret-of-the-test-0123456789";
const kvSecret = "kv-secret-of-the-test-0123456789";

async function status(service: TestService, path: string, init?: RequestInit & { json?: unknown }): Promise<number> {
  const response = await service.call(path, init);
  await response.body?.cancel();
  return response.status;
}

Deno.test("the Host that came over the wire is what counts, in every form of a request", async () => {
  await using service = await startService();
  const { port } = new URL(service.url);
  const ask = async (...lines: string[]) => (await raw(service.url, head(...lines, "Connection: close"))).status;
  assertEquals(await ask("GET /healthz HTTP/1.1", `Host: 127.0.0.1:${port}`), 200);
  assertEquals(await ask("GET /healthz HTTP/1.1", `Host: LOCALHOST:${port}`), 200);
  for (const host of ["evil.example", "0.0.0.0", "169.254.169.254", `127.0.0.1.evil.example:${port}`, "[fe80::1]"]) {
    assertEquals(await ask("GET /healthz HTTP/1.1", `Host: ${host}`), 421, host);
    assertEquals(await ask("GET /api/stream HTTP/1.1", `Host: ${host}`, "Accept: text/event-stream"), 421, host);
  }
  // No Host at all, two of them, and a target that names another one.
  assert([400, 421].includes(await ask("GET /healthz HTTP/1.1")));
  assert([400, 421].includes(await ask("GET /healthz HTTP/1.1", "Host: evil.example", `Host: 127.0.0.1:${port}`)));
  assert([400, 421].includes(await ask("GET /healthz HTTP/1.0")));
  assert([400, 421].includes(await ask("GET http://evil.example/healthz HTTP/1.1", "Host: evil.example")));
});

Deno.test("pages of other origins reach nothing, and a link from one opens only a page", async () => {
  await using service = await startService();
  const { port } = new URL(service.url);
  const ask = async (line: string, ...lines: string[]) =>
    (await raw(service.url, head(line, `Host: localhost:${port}`, ...lines, "Connection: close"))).status;
  const crossSite = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"];
  const sameSite = ["Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"];
  const link = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
  for (const path of ["/api/tasks", "/api/stream", "/api/openapi.json", "/healthz", "/"]) {
    assertEquals(await ask(`GET ${path} HTTP/1.1`, ...crossSite), 403, path);
    assertEquals(await ask(`GET ${path} HTTP/1.1`, ...sameSite), 403, path);
    assertEquals(await ask(`GET ${path} HTTP/1.1`, "Origin: null"), 403, path);
    assertEquals(await ask(`GET ${path} HTTP/1.1`, "Origin: http://localhost:1"), 403, path);
  }
  const form = ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 0"];
  assertEquals(await ask("POST /api/tasks/1/cancel HTTP/1.1", ...link, ...form), 403);
  assertEquals(await ask("POST /login HTTP/1.1", ...link, ...form), 403);
  assertEquals(await ask("GET / HTTP/1.1", ...link), 200);
  assertEquals(await ask("GET /api/docs HTTP/1.1", ...link), 200);
  assertEquals(await ask("GET /api/tasks HTTP/1.1", ...link), 403);
  const frame = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"];
  assertEquals(await ask("GET / HTTP/1.1", ...frame), 403);
  assertEquals(await ask("OPTIONS /api/tasks HTTP/1.1", "Origin: http://evil.example"), 403, "no CORS");
});

Deno.test("behind a proxy a token is made and asked for, though only loopback is listened to", async () => {
  await using service = await startService({ env: { CODER_PUBLIC_URL: "https://coder.example.org" } });
  const made = (await Deno.readTextFile(join(service.data, "token"))).trim();
  assertStringIncludes(service.output, "https://coder.example.org");
  const { port } = new URL(service.url);
  const list = async (...lines: string[]) =>
    (await raw(service.url, head("GET /api/tasks HTTP/1.1", ...lines, "Connection: close"))).status;
  assertEquals(await list(`Host: 127.0.0.1:${port}`), 401);
  assertEquals(await list("Host: coder.example.org"), 401);
  assertEquals(await list("Host: coder.example.org", `Authorization: Bearer ${made}`), 200);
});

Deno.test("beyond loopback a token is made: 0600, printed once, asked for; `token` replaces it while the service runs", async () => {
  await using folder = await tempDir();
  const options = { data: folder.path, env: { CODER_HOST: "0.0.0.0" } };
  let first: string;
  {
    await using service = await startService(options);
    const path = join(service.data, "token");
    first = (await Deno.readTextFile(path)).trim();
    assertMatch(first, /^[0-9a-f]{64}$/);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals(service.output.split(first).length - 1, 1, "printed once");
    const at = `http://127.0.0.1:${new URL(service.url).port}`;
    const ask = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${at}${path}`, { headers, redirect: "manual" });
      const text = await response.text();
      assert(!text.includes(first), `${path} does not show the token`);
      return response.status;
    };
    for (const path of ["/api/tasks", "/api/stream", "/api/openapi.json", "/api/docs", "/tasks/new", "/"]) {
      assertEquals(await ask(path), 401, path);
      if (!path.includes("stream")) assertEquals(await ask(path, { authorization: `Bearer ${first}` }), 200, path);
    }
    assertEquals(await ask("/"), 401);
    assertEquals(await ask("/", { accept: "text/html" }), 303);
    assertEquals(await ask("/healthz"), 200);
    assertEquals(await ask("/login"), 200);
    // The query is no place for it.
    assertEquals(await ask(`/api/tasks?token=${first}`), 401);
    // An encoded or dotted path is what it is when it comes to a route, and no way around.
    for (
      const path of [
        "/assets/../api/tasks",
        "/assets/%2e%2e/api/tasks",
        "//api/tasks",
        "/healthz/../api/tasks",
        "/%61pi/tasks",
      ]
    ) {
      const { status } = await raw(at, head(`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close"));
      assert([401, 404].includes(status), `${path}: ${status}`);
    }

    const rotation = await maintain("token", { CODER_DATA: service.data });
    const second = (await Deno.readTextFile(path)).trim();
    assert(second !== first);
    assertStringIncludes(rotation, second);
    await eventually(async () => await ask("/api/tasks", { authorization: `Bearer ${second}` }) === 200);
    assertEquals(await ask("/api/tasks", { authorization: `Bearer ${first}` }), 401);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    first = second;
  }
  await using again = await startService(options);
  assert(!again.output.includes(first), "not printed again");
});

async function maintain(command: string, env: Record<string, string>): Promise<string> {
  const root = new URL("../../", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "main.ts", command],
    cwd: root,
    env,
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("guessing is slow: who sent twenty wrong tokens waits for each no; the right token is let in at once", async () => {
  await using service = await startService({ env: { CODER_TOKEN: token } });
  const ask = (authorization: string) => status(service, "/api/tasks", { headers: { authorization } });
  for (let n = 0; n < 40; n++) assertEquals(await ask("Bearer an-old-token-that-was-replaced"), 401);
  for (let n = 1; n < 20; n++) assertEquals(await ask(`Bearer guess-number-${n}`), 401);
  const startedAt = performance.now();
  // More than are held back at once.
  const guesses = Array.from({ length: 100 }, (_, n) => ask(`Bearer guess-number-${20 + n}`));
  assertEquals(await ask(`Bearer ${token}`), 200, "the right one, from the same address");
  assertEquals(new Set(await Promise.all(guesses)), new Set([429]));
  assert(performance.now() - startedAt > 900, "a no is held back");
  const refused = await service.call("/api/tasks", { headers: { authorization: "Bearer guess-number-1" } });
  assertEquals(refused.status, 429);
  assertMatch(refused.headers.get("retry-after") ?? "", /^\d+$/);
  await refused.body?.cancel();
  assertEquals(await status(service, "/healthz"), 200);

  const login = (guess: string) =>
    status(service, "/login", { method: "POST", redirect: "manual", body: new URLSearchParams({ token: guess }) });
  assertEquals(
    (await raw(service.url, head("POST /login HTTP/1.1", "Host: localhost", "Connection: close"))).status,
    403,
    "without a body",
  );
  for (let n = 0; n < 10; n++) assertEquals(await login(`guess-${n}`), 403);
  assertEquals(await login("guess-10"), 429);
  assertEquals(await login(token), 303);
});

Deno.test("no secret reaches a child, a log, an event, a page or an answer", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const dump = join(folder.path, "environments");
  const agent = await scriptAgent(
    folder.path,
    `
    tr '\\0' '\\n' < /proc/self/environ >> '${dump}'
    sleep 0.01 & tr '\\0' '\\n' < /proc/$!/environ >> '${dump}'
    echo "$CODER_TOKEN$DENO_KV_ACCESS_TOKEN" > leaked.txt
    git add -A && git -c user.name=T -c user.email=t@example.com commit --quiet -m work
  `,
  );
  await Deno.writeTextFile(
    join(folder.path, ".env"),
    `DENO_KV_ACCESS_TOKEN=${kvSecret}\nCODER_TOKEN=${token}\nPASSED_ON=yes\n`,
  );
  await using service = await startService({
    repo: repository.path,
    cwd: folder.path,
    env: { ...agent, DENO_KV_ACCESS_TOKEN: undefined },
  });
  const headers = { authorization: `Bearer ${token}` };
  const created = await service.call("/api/tasks", { json: { prompt: "Print your environment" }, headers });
  assertEquals(created.status, 201);
  const bodies = [await created.text()];
  await eventually(async () => {
    const task = await (await service.call("/api/tasks/1", { headers })).json();
    return task.status === "completed";
  });
  for (
    const path of [
      "/api/tasks",
      "/api/tasks/1",
      "/api/tasks/1/events",
      "/api/tasks/1/diff",
      "/api/tasks/1/log",
      "/healthz",
      "/api/board",
      "/",
      "/tasks/1",
      "/login",
      "/api/openapi.json",
      "/api/docs",
    ]
  ) {
    const response = await service.call(path, { headers });
    assertEquals(response.status, 200, path);
    bodies.push(await response.text());
  }
  const environments = await Deno.readTextFile(dump);
  assertStringIncludes(environments, "PASSED_ON=yes");
  assertStringIncludes(environments, "PERSONAL_RUN_");
  assert(!/^(CODER_|CLAUDECODE)/m.test(environments), "no setting of ours is in a child's environment");
  for (const secret of [token, kvSecret]) {
    assert(!environments.includes(secret), "not in a child's environment");
    assert(!service.output.includes(secret), "not in the output");
    for (const body of bodies) assert(!body.includes(secret), "not in an answer");
  }
});

Deno.test("every answer carries the headers that keep a browser in its place", async () => {
  await using service = await startService();
  await service.createTask({ prompt: "<script>alert(1)</script>" });
  const page = await (await service.call("/")).text();
  const asset = /\/assets\/main\.[^"]+/.exec(page)![0];
  const paths = [
    "/",
    "/tasks/new",
    "/tasks/1",
    "/tasks/999",
    asset,
    "/assets/none.js",
    "/api/tasks",
    "/api/docs",
    "/api/docs.css",
    "/api/openapi.json",
    "/healthz",
    "/nothing",
    "/api/tasks/1/stream",
    "/login",
  ];
  for (const path of paths) {
    const response = await service.call(path, { redirect: "manual" });
    await response.body?.cancel();
    const of = (name: string) => response.headers.get(name) ?? "";
    const policy = of("content-security-policy");
    assertMatch(policy, /^default-src 'none'/, path);
    assert(!/unsafe-|\*|https?:/.test(policy), `${path}: ${policy}`);
    if (of("content-type").startsWith("text/html")) {
      for (const part of ["frame-ancestors 'none'", "base-uri 'none'"]) assertStringIncludes(policy, part, path);
      assert(policy.includes("form-action"), path);
    }
    assertEquals(of("x-content-type-options"), "nosniff", path);
    assertMatch(of("referrer-policy"), /^(no-referrer|same-origin)$/, path);
    assertMatch(of("permissions-policy"), /camera=\(\)/, path);
    assertEquals(of("cross-origin-resource-policy"), "same-origin", path);
    assertEquals(of("cross-origin-opener-policy"), "same-origin", path);
    assertEquals(of("access-control-allow-origin"), "", path);
  }
});

Deno.test("what an agent or a person writes is data on every page", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&\u2028<!--`;
  const line = JSON.stringify({
    type: "assistant",
    message: {
      id: "m",
      role: "assistant",
      content: [{ type: "text", text: hostile }],
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  });
  await Deno.writeTextFile(join(folder.path, "line"), `${line}\n`);
  const agent = await scriptAgent(
    folder.path,
    `
    cat '${folder.path}/line' >&2
    printf '%s' '<script>alert(2)</script>' > '<img src=x onerror=alert(3)>.html'
  `,
  );
  await using service = await startService({ repo: repository.path, env: agent });
  await service.createTask({ prompt: hostile, title: "<script>alert(4)</script>" });
  await service.waitForStatus(1, "completed");
  for (
    const path of [
      "/",
      "/?task=1",
      "/tasks/1",
      "/tasks/1/changes",
      "/tasks/1/log",
      "/tasks/1/transcript",
      "/tasks/1?at=2",
    ]
  ) {
    const html = await (await service.call(path)).text();
    // The page's own: modules from our own files, and one of data.
    const scripts = [...html.matchAll(/<script\b[^>]*>/gi)].map(([tag]) => tag);
    assertMatch(scripts.pop()!, /type="application\/json"/, path);
    assertMatch(scripts.at(-1)!, /^<script type="module" src="\/assets\/main\.[^"]+"/, path);
    for (const script of scripts) assertMatch(script, /^<script type="module" src="\/assets\/[\w.-]+"/, path);
    assert(!/<img\b/i.test(html), `${path}: no image of an agent`);
    assert(
      !/<[^>]+\son\w+\b/i.test(html.replace(/<script[^]*?<\/script>/gi, "").replace(/="[^"]*"/g, "")),
      `${path}: no handler`,
    );
  }
});
