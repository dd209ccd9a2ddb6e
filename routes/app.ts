// All routes together. Tests call `app.request()`; main.ts serves `app.fetch`.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, Hono } from "hono";
import { matchedRoutes } from "hono/route";
import type { Clock } from "../core/domain/ports.ts";
import type { Service } from "../core/engine/service/service.ts";
import { accessTokens } from "./api/access_tokens.ts";
import { atHolder } from "./api/at_holder.ts";
import { condition } from "./api/condition.ts";
import { readBody } from "./guard/body.ts";
import { refusals } from "./guard/refusals.ts";
import { compression } from "./guard/compression.ts";
import { docs } from "./api/docs.tsx";
import { asResponse, problemOf, problemResponse } from "./api/error_response.ts";
import { events } from "./api/events.ts";
import { answerHeaders, guard, type GuardOptions } from "./guard/guard.ts";
import { imports } from "./api/import.ts";
import { insights } from "./api/insights.ts";
import { errorPage } from "./pages/error_page.tsx";
import { login } from "./pages/login.tsx";
import { mcp } from "./mcp/mcp.ts";
import { metrics } from "./api/metrics.ts";
import { openApi } from "./api/openapi.ts";
import { queue } from "./api/queue.ts";
import { review } from "./api/review.ts";
import { repositories } from "./api/repositories.ts";
import { OpenStreams } from "./live/server_sent_events.ts";
import { stream } from "./live/stream.ts";
import { tasks } from "./api/tasks.ts";
import { github } from "./api/github.ts";
import { schedules } from "./api/schedules.ts";
import { webhooks } from "./api/webhooks.ts";
import { workers } from "./api/workers.ts";

export interface AppOptions {
  service: Service;
  guard: GuardOptions;
  version: string;
  /** The web pages and their assets. */
  pages: Hono[];
  /** Answers a browser that asks for a page which is not there; without it, as to a program. */
  missing?: (c: Context) => Promise<Response>;
  /** The address of the pages' stylesheet, for those that load nothing else. */
  stylesheet?: string;
  warn(message: string, error: unknown): void;
  /** By which a body that does not come is given up; by default one of the runtime's own each. */
  timer?: Clock["timer"];
}

export interface App {
  /** `info` says who is on the other end. */
  fetch(request: Request, info?: { remoteAddr: Deno.Addr }): Response | Promise<Response>;
  request: OpenAPIHono["request"];
  /** What is served; `ALL` is what every request goes through. */
  routes: readonly { method: string; path: string }[];
  streams: OpenStreams;
}

export function makeApp(
  { service, guard: guardOptions, version, pages, missing, stylesheet, warn, timer }: AppOptions,
): App {
  const streams = new OpenStreams();
  const app = new OpenAPIHono();
  app.use(answerHeaders());
  app.use(compression());
  app.use(guard({ ...guardOptions, identify: service.identify }));
  // Before any body is asked for or read: nothing answers here whatever is sent.
  app.use(async (c, next) => {
    const method = methodOf(c);
    return matchedRoutes(c).some((route) => route.method === method) ? await next() : await nothingAt(c, app, missing);
  });
  app.use(readBody({ refused: refusals((why) => warn(`A request was refused: ${why}`, null)), timer }));
  const { token } = guardOptions;
  for (const path of ["diff", "file", "tree", "patch"]) {
    app.use(`/api/tasks/:id/${path}`, atHolder(service, { token, exchangeFirst: true }));
  }
  for (
    const path of [
      "log",
      "log/search",
      "results/:call/images/:index",
      "landing",
      "land",
      "landing/resolve",
      "outgoing",
      "push",
      "pull-request",
    ]
  ) {
    app.use(`/api/tasks/:id/${path}`, atHolder(service, { token }));
  }
  // The history alone is the same everywhere.
  app.use("/api/tasks/:id/export", atHolder(service, { token, asks: (c) => c.req.query("bundle") !== undefined }));
  app.route("/api", tasks(service));
  app.route("/api", events(service, streams));
  app.route("/api", imports(service));
  app.route("/api", review(service));
  app.route("/api", stream(service, streams));
  app.route("/api", repositories(service));
  app.route("/api", workers(service));
  app.route("/api", queue(service, { warn }));
  app.route("/api", schedules(service));
  app.route("/api", webhooks(service));
  app.route("/api", github(service));
  app.route("/api", accessTokens(service));
  app.route("/api", insights(service));
  app.route("/", condition(service));
  app.route("/", metrics(service, { streams, version }));
  const document = openApi(app, { version });
  app.route("/", mcp({ document, version, fetch: (request, info) => app.fetch(request, info as never) }));
  app.route("/api", docs({ document, stylesheet: stylesheet ?? null }));
  app.route("/", login({ token: guardOptions.token, stylesheet: stylesheet ?? null }));
  for (const page of pages) app.route("/", page);
  app.notFound((c) => nothingAt(c, app, missing));
  app.onError((error, c) => {
    const found = problemOf(error, (cause) => warn(`${c.req.method} ${c.req.path} failed`, cause));
    return isVisit(c) ? errorPage(c, found, { stylesheet: stylesheet ?? null }) : asResponse(found);
  });
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

/** Whether a person opens an address, rather than a program that asks the API. */
function isVisit(c: Context): boolean {
  return c.req.method === "GET" && !/^\/api(\/|$)/.test(c.req.path) &&
    (c.req.header("accept") ?? "").includes("text/html");
}

/** 405 where other methods are answered, else 404. */
async function nothingAt(c: Context, app: OpenAPIHono, missing: AppOptions["missing"]): Promise<Response> {
  const path = c.req.path.slice(0, 200);
  const allowed = methods.filter((method) => answers(app, method, c.req.path));
  // Also where only a form is sent to: nobody who opened the address asked for a method.
  if (missing && isVisit(c)) return await missing(c);
  if (allowed.length === 0) return problemResponse(404, `There is nothing at ${path}`);
  const response = problemResponse(405, `${path} answers to ${allowed.join(", ")}`);
  response.headers.set("allow", allowed.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", "));
  return response;
}
