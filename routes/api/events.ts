// A task's history: pages, the whole as NDJSON, live as SSE; its raw log.

import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Service } from "../../core/engine/service/service.ts";
import { api } from "./api.ts";
import * as routes from "./event_routes.ts";
import type { eventPageSchema } from "./history_schemas.ts";
import type { OpenStreams } from "../live/server_sent_events.ts";
import { taskFrames } from "../live/task_frames.ts";

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
    return streams.respond((signal) => taskFrames(feed.pages(signal), { task: id, after })) as never;
  });

  app.openapi(
    routes.explainTask,
    async (c) => c.json(await service.why(c.req.valid("param").id, c.req.valid("query")), 200),
  );

  app.openapi(routes.exportHistory, async (c) => {
    const { id } = c.req.valid("param");
    return new Response(await service.exportTask(id), {
      headers: {
        "content-type": "application/x-ndjson",
        "cache-control": "no-store",
        "content-disposition": `attachment; filename="task-${id}.ndjson"`,
      },
    }) as never;
  });

  app.openapi(routes.readLog, async (c) =>
    new Response(await service.log(c.req.valid("param").id), {
      headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" },
    }) as never);

  return app;
}
