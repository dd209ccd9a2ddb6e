// One stream for a whole page: summaries of every task that changes, and the events of the tasks it follows.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Service } from "../../core/engine/service/service.ts";
import { admissionOf } from "../guard/identity.ts";
import { api, problems } from "../api/api.ts";
import { pageFrames, sharedHealth } from "./page_frames.ts";
import type { OpenStreams } from "./server_sent_events.ts";

const followAtMost = 20;

const query = z.object({
  follow: z.string().regex(/^\d{1,15}:\d{1,15}(,\d{1,15}:\d{1,15})*$/, "Pairs of task and seq: 12:340,13:0")
    .transform((text) => text.split(",").map((pair) => pair.split(":").map(Number) as [number, number]))
    .refine((pairs) => pairs.length <= followAtMost, `At most ${followAtMost} tasks`).optional()
    .openapi({
      type: "string",
      pattern: "^\\d{1,15}:\\d{1,15}(,\\d{1,15}:\\d{1,15})*$",
      example: "12:340,13:0",
      description: `Tasks whose events come too, each with the seq after which; at most ${followAtMost}`,
    }),
  cursor: z.string().max(100).optional().openapi({
    description: "Stands in for `Last-Event-ID` on the first connection",
  }),
});

export function stream(service: Service, streams: OpenStreams): OpenAPIHono {
  const app = api();
  const health = sharedHealth(service);

  app.openapi(
    createRoute({
      method: "get",
      path: "/stream",
      tags: ["Live"],
      parameters: [{
        name: "Last-Event-ID",
        in: "header" as const,
        description: "The last id received: `{store}.{versionstamp}`. Browsers send it when they reconnect",
        schema: { type: "string" as const },
      }],
      summary: "What changes, live, for a whole page",
      description: "Server-Sent Events. `event: task` is the summary of a task that changed; the events of followed " +
        "tasks come under their own types; `event: health` is the service's condition; `event: reset` says the cursor " +
        "belongs to another store or is too old: read everything again.",
      request: { query },
      responses: {
        200: {
          description: "The stream; a comment each 15 s when nothing happens",
          content: {
            "text/event-stream": {
              schema: z.string(),
              example:
                'event: task\ndata: {"id":12,"status":"completed"}\n\nid: 5f0c.0001\nevent: health\ndata: {}\n\n',
            },
          },
        },
        ...problems(422),
      },
    }),
    async (c) => {
      const { follow = [], cursor } = c.req.valid("query");
      const after = c.req.header("last-event-id") ?? cursor ?? null;
      const feed = await service.follow({ tasks: new Map(follow), changes: { after } });
      const frames = (signal: AbortSignal) => pageFrames(feed.pages(signal), { isNew: after === null, health });
      return streams.respond(admissionOf(c), frames) as never;
    },
  );
  return app;
}
