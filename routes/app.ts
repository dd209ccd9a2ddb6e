// All routes together. Tests call `app.request()`; main.ts serves `app.fetch`.

import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context, Hono } from "hono";
import type { Service } from "../core/engine/service/service.ts";
import { json } from "./api/api.ts";
import { readBody } from "./guard/body.ts";
import { docs } from "./api/docs.tsx";
import { errorResponse, problemResponse } from "./api/error_response.ts";
import { events } from "./api/events.ts";
import { answerHeaders, guard, type GuardOptions } from "./guard/guard.ts";
import { healthSchema } from "./api/health_schema.ts";
import { login } from "./pages/login.tsx";
import { metrics } from "./api/metrics.ts";
import { openApi } from "./api/openapi.ts";
import { review } from "./api/review.ts";
import { repositories } from "./api/repositories.ts";
import { OpenStreams } from "./live/server_sent_events.ts";
import { stream } from "./live/stream.ts";
import { tasks } from "./api/tasks.ts";

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
  /** `info` says who is on the other end. */
  fetch(request: Request, info?: { remoteAddr: Deno.Addr }): Response | Promise<Response>;
  request: OpenAPIHono["request"];
  /** What is served; `ALL` is what every request goes through. */
  routes: readonly { method: string; path: string }[];
  streams: OpenStreams;
}

export function makeApp({ service, guard: guardOptions, version, pages, stylesheet, warn }: AppOptions): App {
  const streams = new OpenStreams();
  const app = new OpenAPIHono();
  app.use(answerHeaders());
  app.use(guard(guardOptions));
  // Before any body is asked for or read: nothing answers here whatever is sent.
  app.use(async (c, next) => answers(app, methodOf(c), c.req.path) ? await next() : nothingAt(c, app));
  app.use(readBody());
  app.route("/api", tasks(service));
  app.route("/api", events(service, streams));
  app.route("/api", review(service));
  app.route("/api", stream(service, streams));
  app.route("/api", repositories(service));
  app.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      summary: "The service's condition",
      tags: ["Service"],
      security: [],
      responses: { 200: json(healthSchema, "Up; `pause` says why nothing is claimed") },
    }),
    async (c) => c.json(await service.health(), 200),
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/service/resume",
      summary: "Resume a paused dispatch now",
      description:
        "Ends this worker's pause before its time, whatever the reason, and looks at the queue. Where nothing " +
        "is paused nothing changes.",
      tags: ["Service"],
      responses: { 200: json(healthSchema, "The condition then") },
    }),
    async (c) => c.json(await service.resume(), 200),
  );
  app.route("/", metrics(service, { streams, version }));
  const document = openApi(app, { version });
  app.route("/api", docs({ document, stylesheet: stylesheet ?? null }));
  app.route("/", login({ token: guardOptions.token, stylesheet: stylesheet ?? null }));
  for (const page of pages) app.route("/", page);
  app.notFound((c) => nothingAt(c, app));
  app.onError((error, c) => errorResponse(error, c, warn));
  return {
    fetch: (request, info) => app.fetch(request, info),
    request: app.request.bind(app),
    routes: app.routes,
    streams,
  };
}

const methods = ["GET", "POST", "PATCH", "PUT", "DELETE"];

/** Whether a route answers to that method at this path. */
function answers(app: OpenAPIHono, method: string, path: string): boolean {
  // What `use` added answers to every method.
  return app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
}

/** HEAD is answered as GET is. */
function methodOf(c: Context): string {
  return c.req.method === "HEAD" ? "GET" : c.req.method;
}

/** 405 where other methods are answered, else 404. */
function nothingAt(c: Context, app: OpenAPIHono): Response {
  const path = c.req.path.slice(0, 200);
  const allowed = methods.filter((method) => answers(app, method, c.req.path));
  if (allowed.length === 0) return problemResponse(404, `There is nothing at ${path}`);
  const response = problemResponse(405, `${path} answers to ${allowed.join(", ")}`);
  response.headers.set("allow", allowed.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", "));
  return response;
}
