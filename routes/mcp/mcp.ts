// `POST /mcp`: the Model Context Protocol by streamable HTTP, without sessions. Its tools are calls of the API, each through the
// guard again with the token that came with it. Source: https://modelcontextprotocol.io/specification

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { api, json, problems } from "../api/api.ts";
import { problemSchema } from "../api/problem_schema.ts";
import type { OpenApiDocument } from "../api/openapi_document.ts";
import { jsonBody } from "../api/task_routes.ts";
import type { CallApi } from "./call_tool.ts";

/** What of a request says who sent it, and to whom. */
const passedOn = ["authorization", "cookie", "host"];

const message = z.looseObject({
  jsonrpc: z.string(),
  id: z.union([z.string(), z.number()]).nullable().optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
}).openapi("McpMessage", {
  description: "A JSON-RPC 2.0 request or notification",
  example: { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} },
});

const rpcError = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.unknown(),
  error: z.object({ code: z.number().int(), message: z.string() }),
}).openapi("McpError", { example: { jsonrpc: "2.0", id: null, error: { code: -32600, message: "Invalid Request" } } });

export interface McpParts {
  document: () => OpenApiDocument;
  version: string;
  /** The whole service, for the calls of its tools. */
  fetch(request: Request, info: unknown): Response | Promise<Response>;
}

export function mcp({ document, version, fetch }: McpParts): OpenAPIHono {
  const app = api();
  /** Who is on the other end of a request; the guard slows down who guesses. */
  const infos = new WeakMap<Request, unknown>();
  let handler: Promise<(request: Request, body: unknown) => Promise<Response>> | null = null;

  function callFor(asked: Request): CallApi {
    return async (path, init) => {
      const headers = new Headers(init.headers);
      for (const name of passedOn) {
        const value = asked.headers.get(name);
        if (value !== null) headers.set(name, value);
      }
      headers.set("x-coder-client", "mcp");
      return await fetch(new Request(new URL(path, asked.url), { ...init, headers }), infos.get(asked));
    };
  }

  app.openapi(
    createRoute({
      method: "post",
      path: "/mcp",
      operationId: "callMcp",
      tags: ["Service"],
      summary: "The Model Context Protocol, for agents at a keyboard",
      description:
        "Streamable HTTP without sessions. Its tools are operations of this API, with the rights of the token " +
        "that the call has.",
      request: { body: jsonBody(message) },
      responses: {
        200: {
          description: "The answer, as JSON or as an event",
          content: {
            "application/json": { schema: z.record(z.string(), z.unknown()) },
            "text/event-stream": { schema: z.string() },
          },
        },
        202: { description: "A notification was taken" },
        400: {
          description: "Malformed JSON, or no message of the protocol",
          content: { "application/problem+json": { schema: problemSchema }, "application/json": { schema: rpcError } },
        },
        406: json(rpcError, "`Accept` must name `application/json` and `text/event-stream`"),
        ...problems(413, 415, 422),
      },
    }),
    async (c: Context) => {
      handler ??= import("./mcp_handler.ts").then(({ mcpHandler }) =>
        mcpHandler({ document: document(), version, callFor })
      );
      infos.set(c.req.raw, c.env);
      return await (await handler)(c.req.raw, await c.req.json()) as never;
    },
  );
  return app;
}
