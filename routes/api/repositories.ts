// The repositories and how the service is set up, and the schema of the file by which a repository says how work is done in it.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Service } from "../../core/engine/service/service.ts";
import { api, json, problems } from "./api.ts";
import { repositoryParam } from "./parameters.ts";
import { repositoriesSchema } from "./repository_schemas.ts";
import { newRepositorySchema, repositoryPlaceSchema, settingsSchema } from "./settings_schemas.ts";
import { caller } from "./tasks.ts";

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
      method: "post",
      path: "/repositories",
      operationId: "addRepository",
      summary: "Add a repository by its path",
      description:
        "It is looked at as those of CODER_REPO are at the start, and is there again after a restart. Where the service runs " +
        "with limited permissions, `reason` says that it is used after the next one.",
      tags: ["Service"],
      request: { body: { content: { "application/json": { schema: newRepositorySchema } }, required: true } },
      responses: { 201: json(repositoryPlaceSchema, "It is added"), ...problems(400, 409, 413, 415, 422) },
    }),
    async (c) => {
      const { path, name } = c.req.valid("json");
      return c.json(await service.addRepository({ path, name: name ?? null }, caller(c)), 201);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/repositories/{name}",
      operationId: "removeRepository",
      summary: "Take an added repository away again",
      description: "Nothing of it is deleted. Not while a task of it is unfinished, and not one that CODER_REPO names.",
      tags: ["Service"],
      request: { params: repositoryParam },
      responses: { 204: { description: "It is gone" }, ...problems(404, 409, 422) },
    }),
    async (c) => {
      await service.removeRepository(c.req.valid("param").name, caller(c));
      return c.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/settings",
      summary: "How this service is set up",
      description: "Its repositories, each setting with what holds, and where the token is. No secret is among them.",
      tags: ["Service"],
      responses: { 200: json(settingsSchema, "As it is now") },
    }),
    async (c) => c.json(await service.settings(), 200),
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
