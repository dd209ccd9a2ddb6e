// All routes together. Tests call `app.request()`; main.ts serves `app.fetch`.

import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Service } from "../core/engine/service.ts";
import { json, problems } from "./api.ts";
import { errorResponse, problemResponse } from "./error_response.ts";
import { events } from "./events.ts";
import { guard, type GuardOptions } from "./guard.ts";
import { login } from "./login.tsx";
import { healthSchema, limits } from "./schemas.ts";
import { OpenStreams } from "./server_sent_events.ts";
import { stream } from "./stream.ts";
import { tasks } from "./tasks.ts";

export interface AppOptions {
  service: Service;
  guard: GuardOptions;
  version: string;
  /** The web pages and their assets. */
  pages: Hono[];
  /** The address of the pages' stylesheet, for the login page. */
  stylesheet?: string;
  warn(message: string, error: unknown): void;
}

export interface App {
  fetch(request: Request): Response | Promise<Response>;
  request: OpenAPIHono["request"];
  streams: OpenStreams;
}

export function makeApp({ service, guard: guardOptions, version, pages, stylesheet, warn }: AppOptions): App {
  const streams = new OpenStreams();
  const app = new OpenAPIHono();
  app.use(guard(guardOptions));
  app.use(bodyLimit({
    maxSize: limits.body,
    onError: () => problemResponse(413, `The body is larger than ${limits.body} bytes`),
  }));
  app.use(requireJson);
  app.route("/api", tasks(service));
  app.route("/api", events(service, streams));
  app.route("/api", stream(service, streams));
  app.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      summary: "The service's condition",
      responses: { 200: json(healthSchema, "Up; `pause` says why nothing is claimed"), ...problems() },
    }),
    async (c) => c.json(await service.health(), 200),
  );
  app.doc31("/api/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Personal Coder",
      version,
      description: "A queue for unattended coding work. Errors are RFC 9457 problems; ids are integers from 1.",
    },
  });
  app.route("/", login({ token: guardOptions.token, stylesheet: stylesheet ?? null }));
  for (const page of pages) app.route("/", page);
  app.notFound((c) => problemResponse(404, `There is nothing at ${c.req.path}`));
  app.onError((error, c) => errorResponse(error, c, warn));
  return { fetch: (request) => app.fetch(request), request: app.request.bind(app), streams };
}

/** A body that is announced as JSON must be JSON, and routes that need one say so in the same words. */
async function requireJson(c: Parameters<ReturnType<typeof guard>>[0], next: () => Promise<void>) {
  const type = c.req.header("content-type") ?? "";
  if (type.startsWith("application/json")) {
    try {
      // Hono keeps what it parsed, so the validator does not parse again.
      await c.req.json();
    } catch (error) {
      if (error instanceof SyntaxError) return problemResponse(400, `The body is not valid JSON: ${error.message}`);
      throw error;
    }
  } else if (c.req.method === "PATCH" || (c.req.method === "POST" && needsBody(c.req.path))) {
    return problemResponse(415, "Send the body as application/json");
  }
  await next();
}

function needsBody(path: string): boolean {
  return path === "/api/tasks" || path.endsWith("/messages") || path.endsWith("/plan/reject");
}
