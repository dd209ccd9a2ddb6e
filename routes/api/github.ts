// GitHub: the connection, and where it delivers what happens there.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { GithubService } from "../../core/engine/service/github.ts";
import { HTTPException } from "hono/http-exception";
import { DomainError } from "../../core/domain/error.ts";
import { githubDeliveryPath } from "../guard/signed_paths.ts";
import { githubEvent } from "./github_payload.ts";
import { api, json, problems } from "./api.ts";
import { caller } from "./tasks.ts";
import { githubChoiceSchema, githubDeliverySchema, githubSchema } from "./webhook_schemas.ts";

const tags = ["GitHub"];

const deliveryHeaders = z.object({
  "x-github-event": z.string().min(1).max(50).openapi({ example: "issues" }),
  "x-github-delivery": z.string().regex(/^[0-9A-Za-z-]{8,64}$/, "A delivery's id").openapi({
    description: "The same delivery makes one task",
    example: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
  }),
  "x-hub-signature-256": z.string().max(100).openapi({ description: "`sha256=` and the HMAC of the body" }),
});

export function github(service: GithubService): OpenAPIHono {
  const app = api();

  app.openapi(
    createRoute({
      method: "get",
      path: "/github",
      operationId: "readGithub",
      summary: "The connection to GitHub",
      tags,
      responses: { 200: json(githubSchema, "It"), ...problems(404) },
    }),
    async (c) => {
      const github = await service.github();
      if (!github) throw new DomainError("not_found", "GitHub is not connected");
      return c.json(github, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/github",
      operationId: "connectGithub",
      summary: "Connect GitHub, or change the connection",
      description:
        `Then add a webhook there, with this secret, type application/json, and the events Issues and Issue ` +
        `comments, that leads to \`${githubDeliveryPath}\`.`,
      tags,
      request: { body: { required: true, ...json(githubChoiceSchema, "The whole of it") } },
      responses: { 200: json(githubSchema, "It, with a secret that is new"), ...problems(400, 413, 415, 422) },
    }),
    async (c) => c.json(await service.connectGithub(c.req.valid("json"), caller(c)), 200),
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/github",
      operationId: "disconnectGithub",
      summary: "Disconnect GitHub",
      tags,
      responses: { 204: { description: "It is gone" }, ...problems(404) },
    }),
    async (c) => {
      await service.disconnectGithub(caller(c));
      return c.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: githubDeliveryPath.replace("/api", ""),
      operationId: "githubDelivery",
      summary: "What happened on GitHub",
      description: "For GitHub, which needs no token: its signature counts.",
      tags,
      security: [],
      request: {
        headers: deliveryHeaders,
        body: { required: true, ...json(z.record(z.string(), z.unknown()), "As GitHub sends it") },
      },
      responses: { 202: json(githubDeliverySchema, "What follows"), ...problems(400, 401, 404, 409, 413, 415, 422) },
    }),
    async (c) => {
      const headers = c.req.valid("header");
      const result = await service.githubDelivery({
        delivery: headers["x-github-delivery"],
        signature: headers["x-hub-signature-256"],
        text: await c.req.text(),
        read: () => githubEvent(headers["x-github-event"], c.req.valid("json")),
      });
      if (!result) throw new HTTPException(401, { message: "The signature is not of this body and our secret" });
      return c.json(result, 202);
    },
  );

  return app;
}
