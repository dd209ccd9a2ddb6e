// A task's history: pages, the whole as NDJSON, live as SSE; its raw log.

import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Service } from "../../core/engine/service/service.ts";
import { api } from "./api.ts";
import { inertHeaders } from "./file_types.ts";
import * as routes from "./event_routes.ts";
import type { eventPageSchema } from "./history_schemas.ts";
import type { OpenStreams } from "../live/server_sent_events.ts";
import { taskFrames } from "../live/task_frames.ts";
import { admissionOf } from "../guard/identity.ts";

export function events(service: Service, streams: OpenStreams): OpenAPIHono {
  const app = api();

  app.openapi(routes.listEvents, async (c) => {
    const { id } = c.req.valid("param");
    const { after, limit } = c.req.valid("query");
    if (c.req.header("accept")?.includes("application/x-ndjson")) {
      return new Response(await service.eventLines(id, { after }), {
        headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" },
      }) as never;
    }
    return c.json(await service.events(id, { after, limit }) as z.infer<typeof eventPageSchema>, 200);
  });

  app.openapi(routes.streamEvents, async (c) => {
    const { id } = c.req.valid("param");
    const last = c.req.header("last-event-id");
    const resumed = last !== undefined && /^\d{1,15}$/.test(last);
    const after = resumed ? Number(last) : c.req.valid("query").after ?? 0;
    const feed = await service.follow({ tasks: new Map([[id, after]]) });
    if (feed.isOver && resumed) return c.body(null, 204);
    return streams.respond(admissionOf(c), (signal) => taskFrames(feed.pages(signal), { task: id, after })) as never;
  });

  app.openapi(
    routes.searchEvents,
    async (c) => c.json(await service.searchEvents(c.req.valid("param").id, c.req.valid("query")), 200),
  );

  app.openapi(routes.searchLog, async (c) => {
    const { cursor = null, ...query } = c.req.valid("query");
    return c.json(await service.searchLog(c.req.valid("param").id, { ...query, cursor }), 200);
  });

  app.openapi(
    routes.explainTask,
    async (c) => c.json(await service.why(c.req.valid("param").id, c.req.valid("query")), 200),
  );

  app.openapi(routes.exportHistory, async (c) => {
    const { id } = c.req.valid("param");
    return new Response(await service.exportTask(id, c.req.valid("query")), {
      headers: {
        "content-type": "application/x-ndjson",
        "cache-control": "no-store",
        "content-disposition": `attachment; filename="task-${id}.ndjson"`,
      },
    }) as never;
  });

  app.openapi(routes.readResultImage, async (c) => {
    const { id, call, index } = c.req.valid("param");
    const { media_type, bytes } = await service.resultImage(id, { call, index });
    // What was answered stays what it is, and finding it means reading the log.
    const headers = { ...inertHeaders, "content-type": media_type, "cache-control": "private, max-age=86400" };
    return new Response(bytes, { headers }) as never;
  });

  app.openapi(routes.readLog, async (c) => {
    const { stream, bytes } = await service.log(c.req.valid("param").id, c.req.valid("query"));
    return new Response(stream, {
      headers: { "content-type": "application/x-ndjson", "cache-control": "no-store", "log-bytes": String(bytes) },
    }) as never;
  });

  return app;
}
