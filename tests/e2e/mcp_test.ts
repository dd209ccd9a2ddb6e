// A claude at the keyboard with the queue as its tools, over HTTP and over stdio: the real program on both sides.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Client, type Transport } from "@modelcontextprotocol/client";
import { claudeEnv, claudeProgram } from "../support/claude_program.ts";
import { linesOf, startCoder } from "../support/coder.ts";
import { messagesApi } from "../support/messages_api.ts";
import type { MessageContent } from "../support/messages_request.ts";
import { answer, say, tool } from "../support/scenarios.ts";
import { startService } from "../support/service.ts";
import { tempDir } from "../support/temp.ts";

const coder = fromFileUrl(new URL("../../cli/coder.ts", import.meta.url));

/** By its scope all that a claude may do. */
const serviceToken = "the-token-of-the-service-0123456789";

/** What the newest results of tools said. */
function resultsIn(messages: { content: string | MessageContent[] }[]): string[] {
  return messages.flatMap(({ content }) => typeof content === "string" ? [] : content)
    .flatMap((block) => block.type === "tool_result" ? [JSON.stringify(block.content)] : []);
}

for (const transport of ["http", "stdio"] as const) {
  Deno.test(`a claude at the keyboard submits a task and reads its result by ${transport}`, async () => {
    await using home = await tempDir();
    await using bin = await tempDir();
    for (const name of ["git", "sh", "env", "perl", "ps"]) await Deno.symlink(`/usr/bin/${name}`, join(bin.path, name));
    const env = { PATH: bin.path, DEMO_STEP_MS: "1", CODER_CLAUDE: undefined, CODER_TOKEN: serviceToken };
    await using service = await startService({ env });
    const made = await service.call("/api/tokens", {
      json: { name: "keyboard", scope: "submit" },
      headers: { authorization: `Bearer ${serviceToken}` },
    });
    const { token } = await made.json();
    let results: string[] = [];
    await using api = messagesApi({
      scenarios: {
        keyboard({ step, body }) {
          results = resultsIn(body.messages);
          if (step === 0) return answer(tool("mcp__queue__create_task", { prompt: "Greet in French" }));
          if (step === 1) return answer(tool("mcp__queue__get_task", { id: 1 }));
          if (step === 2) return answer(tool("mcp__queue__cancel_task", { id: 1 }));
          return say("It is in the queue.");
        },
      },
    });
    const server = transport === "http"
      ? { type: "http", url: `${service.url}/mcp`, headers: { Authorization: `Bearer ${token}` } }
      : {
        type: "stdio",
        command: Deno.execPath(),
        args: ["run", "--quiet", "-A", coder, "mcp"],
        env: { CODER_URL: service.url, CODER_TOKEN: token },
      };
    const config = join(home.path, "mcp.json");
    await Deno.writeTextFile(config, JSON.stringify({ mcpServers: { queue: server } }));
    const { code, stdout, stderr } = await new Deno.Command(await claudeProgram(), {
      args: [
        ...["-p", "Have somebody greet in French [[scenario:keyboard]]", "--dangerously-skip-permissions"],
        ...["--mcp-config", config, "--strict-mcp-config"],
      ],
      cwd: home.path,
      env: claudeEnv({ baseUrl: api.url, home: home.path }),
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 0, said);
    assertStringIncludes(said, "It is in the queue.");
    const [created, read, cancelled] = results;
    assert(created !== undefined && read !== undefined && cancelled !== undefined, results.join("\n"));
    assertStringIncludes(created, "Greet in French");
    assertStringIncludes(read, '\\"id\\":1,');
    assertStringIncludes(cancelled, "needs the scope operate");
    const events = await service.call("/api/tasks/1/events", { headers: { authorization: `Bearer ${token}` } });
    assertEquals((await events.json()).events[0].by, "token:keyboard");
  });
}

Deno.test("coder mcp serves the official client over stdio, and ends when that goes", async () => {
  await using bin = await tempDir();
  for (const name of ["git", "sh", "env", "perl", "ps"]) await Deno.symlink(`/usr/bin/${name}`, join(bin.path, name));
  await using service = await startService({ env: { PATH: bin.path, DEMO_STEP_MS: "1", CODER_CLAUDE: undefined } });
  const child = startCoder(["mcp"], { env: { CODER_URL: service.url }, stdin: "" });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transportOf(child));
  const { tools } = await client.listTools();
  assertEquals(tools.length, 12);
  const { content } = await client.callTool({ name: "create_task", arguments: { prompt: "Greet in Greek" } });
  assertStringIncludes(JSON.stringify(content), "Greet in Greek");
  assertEquals((await service.events(1))[0]!.by, "mcp");
  await service.stop();
  const gone = await client.callTool({ name: "list_tasks", arguments: {} });
  assertEquals(gone.isError, true);
  assertStringIncludes(JSON.stringify(gone.content), "No service answers");
  await client.close();
  assertEquals((await child.status).code, 0);
  assertEquals(await new Response(child.stderr).text(), "");
});

/** The client's own transport leaves a timer behind, and ends the program when that does not end by itself. */
function transportOf(child: Deno.ChildProcess): Transport {
  const stdin = child.stdin.getWriter();
  const transport: Transport = {
    start() {
      void (async () => {
        for await (const line of linesOf(child.stdout)) transport.onmessage?.(JSON.parse(line));
      })();
      return Promise.resolve();
    },
    send: (message) => stdin.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`)),
    async close() {
      await stdin.close();
      transport.onclose?.();
    },
  };
  return transport;
}
