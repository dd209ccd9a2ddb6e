// `coder mcp`: the tools of `/mcp` over stdin and stdout, for clients that start a program. What the tools are, only the service
// knows: lists and calls are handed on to it, with the token that the command line has.

import { type CallToolResult, type ListToolsResult, ProtocolError, Server } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { mcpInstructions, mcpServer } from "../../core/view/mcp_server.ts";
import { sseParser } from "../../core/view/sse.ts";
import type { Api } from "../api.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Session } from "../session.ts";

/** Serves until the client closes its end. */
export async function mcp({ api, note }: Session, { version }: { version: string }): Promise<ExitCode> {
  const closed = Promise.withResolvers<void>();
  const transport = new StdioServerTransport();
  serveStdio(() => {
    const server = new Server({ ...mcpServer, version }, {
      capabilities: { tools: {} },
      instructions: mcpInstructions,
    });
    server.setRequestHandler("tools/list", async () => await ask<ListToolsResult>(api, "tools/list", {}));
    server.setRequestHandler("tools/call", async ({ params: { name, arguments: given = {} } }) => {
      try {
        return await ask<CallToolResult>(api, "tools/call", { name, arguments: given });
      } catch (error) {
        // The agent reads why; the connection stays for when the service is there.
        if (!(error instanceof Failure)) throw error;
        return { content: [{ type: "text", text: error.message }], isError: true };
      }
    });
    return server;
  }, { transport, onerror: (error) => note(`coder mcp: ${error.message}`) });
  // serveStdio hears of the end first.
  const before = transport.onclose;
  transport.onclose = () => {
    before?.();
    closed.resolve();
  };
  await closed.promise;
  return exitCodes.done;
}

type Answer<Result> = { result: Result } | { error: { code: number; message: string } };

async function ask<Result>(api: Api, method: string, params: Record<string, unknown>): Promise<Result> {
  const response = await api.call("/mcp", {
    body: { jsonrpc: "2.0", id: 1, method, params },
    headers: { accept: "application/json, text/event-stream", "x-coder-client": "mcp" },
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const answer: Answer<Result> = JSON.parse(isJson ? text : sseParser()(text).at(-1)?.data ?? "{}");
  if ("error" in answer) throw new ProtocolError(answer.error.code, answer.error.message);
  return answer.result;
}
