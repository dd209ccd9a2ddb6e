// A history of another store comes in as the file that `export` gives. It may be larger than memory, so it is no JSON body.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "../../core/domain/error.ts";
import type { EventType, TaskEvent } from "../../core/domain/event.ts";
import { versionOf } from "../../core/domain/event.ts";
import type { ImportLines, Service } from "../../core/engine/service/service.ts";
import { api, json, problems } from "./api.ts";
import { eventDataSchemas } from "./event_schemas.ts";
import { importQuery } from "./parameters.ts";
import { caller } from "./tasks.ts";
import { taskSchema } from "./task_schemas.ts";

/** Where such a file is sent, and as what: bodies.ts lets it through to be read here. */
export const importPath = "/api/import";
export const importType = "application/x-ndjson";

const importedSchema = z.object({
  task: taskSchema,
  lacking: z.string().nullable().openapi({ description: "Why its files are not here; null: they are" }),
}).openapi("Imported");

const route = createRoute({
  method: "post",
  path: "/import",
  tags: ["History"],
  summary: "Take in the history of a task from another instance",
  description:
    "The file that `/api/tasks/{id}/export` gives there. The task can be read, replayed, compared and forked here. " +
    "The same file again gives the same task.",
  request: {
    query: importQuery,
    body: {
      required: true,
      content: { [importType]: { schema: { type: "string" as const, description: "The file, 4 GiB at most" } } },
    },
  },
  responses: {
    201: json(importedSchema, "The new task"),
    200: json(importedSchema, "The task that this file made before"),
    ...problems(415, 422),
  },
});

export function imports(service: Service): OpenAPIHono {
  const app = api();
  app.openapi(route, async (c) => {
    const file = c.req.raw.body ?? new Blob([]).stream();
    const { task, created, lacking } = await service.importTask(file, {
      ...caller(c),
      lines,
      repo: c.req.valid("query").repo ?? null,
    });
    c.header("Location", `/api/tasks/${task.id}`);
    return created ? c.json({ task, lacking }, 201) : c.json({ task, lacking }, 200);
  });
  return app;
}

const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const headerSchema = z.object({
  format: z.literal("personal-coder-task"),
  version: z.literal(1),
  store: z.string().max(100),
  task: whole.min(1),
  title: z.string().max(1_000),
  exported_at: z.iso.datetime(),
  events: whole.min(1),
  bundle: z.object({ bytes: whole }).nullish(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const eventSchema = z.object({
  seq: whole.min(1),
  type: z.string().regex(/^[a-z_]+\.[a-z_]+$/).max(100),
  at: z.iso.datetime(),
  task: whole.min(1),
  run: whole.min(1).optional(),
  by: z.string().max(300),
  v: whole.min(1),
  data: z.record(z.string(), z.unknown()),
});

const bundleSchema = z.object({ bundle: z.string().max(1_000_000) });

/** What the lines of such a file may be. An event of a type or version that is not known here is taken as it is. */
const lines: ImportLines = {
  header(line) {
    const read = headerSchema.safeParse(parsed(line));
    if (read.success) return read.data;
    throw new DomainError("invalid", "The file is no export of a task: send what `/api/tasks/{id}/export` gives");
  },
  line(line) {
    const value = parsed(line);
    const bundle = bundleSchema.safeParse(value);
    if (bundle.success) return { bundle: bytesOf(bundle.data.bundle) };
    const event = eventSchema.safeParse(value);
    if (!event.success) throw wrong(line, event.error);
    const { type, v, data } = event.data;
    const schema = type in eventDataSchemas && v === versionOf(type as EventType)
      ? eventDataSchemas[type as EventType]
      : null;
    // Checked only: what a newer program wrote besides stays.
    const known = schema?.safeParse(data);
    if (known && !known.success) throw wrong(line, known.error);
    return { event: value as TaskEvent };
  },
};

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new DomainError("invalid", `The file cannot be imported: a line is no JSON: ${line.slice(0, 60)}`);
  }
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw new DomainError("invalid", "The file cannot be imported: a line of its bundle is no base64");
  }
}

function wrong(line: string, { issues: [issue] }: z.ZodError): DomainError {
  const where = issue?.path.join(".") ?? "";
  return new DomainError(
    "invalid",
    `The file cannot be imported: ${where}: ${issue?.message} in the line ${line.slice(0, 60)}`,
  );
}
