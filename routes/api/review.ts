// The review of a task's work over HTTP: its changes, the comments on them, and what becomes of it.

import type { OpenAPIHono } from "@hono/zod-openapi";
import type { MessageChanges, Service } from "../../core/engine/service/service.ts";
import { api } from "./api.ts";
import { contentType, inertHeaders } from "./file_types.ts";
import * as routes from "./review_routes.ts";
import { caller, tagged } from "./tasks.ts";

export function review(service: Service): OpenAPIHono {
  const app = api();
  addFiles(app, service);
  addComments(app, service);
  addLanding(app, service);
  return app;
}

function addFiles(app: OpenAPIHono, service: Service): void {
  app.openapi(routes.readDiff, async (c) => {
    const { w, ...query } = c.req.valid("query");
    const { stream, from, to } = await service.diff(c.req.valid("param").id, { ...query, ignoreSpace: w === "1" });
    return new Response(stream, {
      headers: {
        "content-type": "text/x-diff; charset=utf-8",
        "cache-control": "no-store",
        "diff-from": from,
        ...(to !== null && { "diff-to": to }),
      },
    }) as never;
  });

  app.openapi(routes.readFile, async (c) => {
    const { path, at } = c.req.valid("query");
    const bytes = await service.file(c.req.valid("param").id, { path, at });
    const headers = { ...inertHeaders, "content-type": contentType(path, bytes), "cache-control": "no-store" };
    return new Response(bytes as BodyInit, { headers }) as never;
  });

  app.openapi(routes.readFolder, async (c) => {
    const { entries, isCut } = await service.folder(c.req.valid("param").id, c.req.valid("query"));
    c.header("cache-control", "no-store");
    return c.json({ entries, is_cut: isCut }, 200);
  });

  app.openapi(routes.readPatch, async (c) => {
    const { id } = c.req.valid("param");
    return new Response(await service.patch(id), {
      headers: {
        "content-type": "application/mbox",
        "cache-control": "no-store",
        "content-disposition": `attachment; filename="task-${id}.mbox"`,
      },
    }) as never;
  });
}

function addComments(app: OpenAPIHono, service: Service): void {
  app.openapi(routes.listComments, async (c) => c.json(await service.comments(c.req.valid("param").id), 200));

  app.openapi(
    routes.addComment,
    async (c) => c.json(await service.addComment(c.req.valid("param").id, c.req.valid("json"), caller(c)), 201),
  );

  app.openapi(routes.changeComment, async (c) => {
    const { id, comment } = c.req.valid("param");
    return c.json(await service.changeComment(id, comment, c.req.valid("json"), caller(c)), 200);
  });

  app.openapi(routes.deleteComment, async (c) => {
    const { id, comment } = c.req.valid("param");
    await service.deleteComment(id, comment, caller(c));
    return c.body(null, 204);
  });

  app.openapi(routes.sendComments, async (c) => {
    const { ids, text, ...changes } = c.req.valid("json") ?? {};
    const options = { ids, text, changes: changes as MessageChanges };
    return tagged(c, await service.sendComments(c.req.valid("param").id, options, caller(c)), 202);
  });
}

function addLanding(app: OpenAPIHono, service: Service): void {
  app.openapi(
    routes.previewLanding,
    async (c) => c.json(await service.previewLanding(c.req.valid("param").id, c.req.valid("query")), 200),
  );
  app.openapi(
    routes.land,
    async (c) => tagged(c, await service.land(c.req.valid("param").id, c.req.valid("json") ?? {}, caller(c)), 202),
  );
  app.openapi(routes.resolveConflicts, async (c) => {
    const choice = c.req.valid("json") ?? {};
    return tagged(c, await service.resolveConflicts(c.req.valid("param").id, choice, caller(c)), 202);
  });
  app.openapi(
    routes.acceptTask,
    async (c) => tagged(c, await service.accept(c.req.valid("param").id, caller(c)), 202),
  );
  app.openapi(
    routes.discardTask,
    async (c) => tagged(c, await service.discard(c.req.valid("param").id, caller(c)), 202),
  );
  app.openapi(routes.readOutgoing, async (c) => c.json(await service.outgoing(c.req.valid("param").id), 200));
  app.openapi(
    routes.push,
    async (c) => tagged(c, await service.push(c.req.valid("param").id, c.req.valid("json") ?? {}, caller(c)), 202),
  );
  app.openapi(routes.openPullRequest, async (c) => {
    const request = c.req.valid("json") ?? {};
    return tagged(c, await service.openPullRequest(c.req.valid("param").id, request, caller(c)), 202);
  });
  app.openapi(
    routes.lookAtPullRequest,
    async (c) => tagged(c, await service.lookAtPullRequest(c.req.valid("param").id, caller(c)), 202),
  );
}
