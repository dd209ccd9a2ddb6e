// The MCP server itself. Loaded when the first call comes, so that a service that nobody calls so does not carry it.

import { createMcpHandler, Server } from "@modelcontextprotocol/server";
import { mcpInstructions, mcpServer } from "../../core/view/mcp_server.ts";
import type { OpenApiDocument } from "../api/openapi_document.ts";
import { type CallApi, callTool } from "./call_tool.ts";
import { toolsOf } from "./tools.ts";

export interface McpOptions {
  document: OpenApiDocument;
  version: string;
  /** Calls the API for the one who sent `asked`. */
  callFor(asked: Request): CallApi;
}

/** Answers a request to `/mcp`, whose body was read already. Nothing is kept between two: each has a server of its own. */
export function mcpHandler(
  { document, version, callFor }: McpOptions,
): (request: Request, body: unknown) => Promise<Response> {
  const tools = toolsOf(document);
  const handler = createMcpHandler(({ requestInfo }) => {
    const server = new Server({ ...mcpServer, version }, {
      capabilities: { tools: {} },
      instructions: mcpInstructions,
    });
    server.setRequestHandler("tools/list", () => ({
      tools: [...tools.values()].map(({ name, title, description, inputSchema, hints }) => ({
        ...{ name, title, description, inputSchema },
        annotations: { title, ...hints },
      })),
    }));
    server.setRequestHandler("tools/call", async ({ params }) => {
      const tool = tools.get(params.name);
      if (!tool) return { content: [{ type: "text", text: `There is no tool ${params.name}` }], isError: true };
      return await callTool(tool, params.arguments ?? {}, callFor(requestInfo!));
    });
    return server;
  });
  return (request, parsedBody) => handler.fetch(request, { parsedBody });
}
