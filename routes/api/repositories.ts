// The configured repositories, and the schema of the file by which each says how work is done in it.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Service } from "../../core/engine/service/service.ts";
import { api, json } from "./api.ts";
import { repositoriesSchema } from "./repository_schemas.ts";

export function repositories(service: Service): OpenAPIHono {
  const app = api();

  app.openapi(
    createRoute({
      method: "get",
      path: "/repositories",
      summary: "The repositories, and what is in force in each",
      description: "By its `coder.json` at HEAD now and the operator's file, which wins field by field.",
      tags: ["Service"],
      responses: { 200: json(repositoriesSchema, "In the order in which they are configured") },
    }),
    async (c) => c.json({ repositories: await service.repositories() }, 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/coder.schema.json",
      operationId: "getProjectSchema",
      summary: "The JSON Schema of `coder.json`",
      description: "For editors: name it in the file's `$schema`.",
      tags: ["Service"],
      responses: { 200: json(z.record(z.string(), z.unknown()), "Draft 2020-12") },
    }),
    (c) => c.json(service.projectSchema(), 200),
  );

  return app;
}
