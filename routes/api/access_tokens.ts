// Tokens with a scope: what there is, a new one, one revoked. Only for who has the service's own token (guard/scopes.ts).

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { scopes, tokenNamePattern } from "../../core/domain/access_token.ts";
import type { AccessTokenView, NewAccessToken } from "../../core/view/access_token_view.ts";
import type { Service } from "../../core/engine/service/service.ts";
import { api, json, problems } from "./api.ts";
import { at } from "./field_schemas.ts";
import { jsonBody } from "./task_routes.ts";
import { caller } from "./tasks.ts";

const name = z.string().regex(tokenNamePattern, "1 to 32 small letters, digits and hyphens, none of these first")
  .openapi({
    pattern: tokenNamePattern.source,
    description: "It stands in `by` of the events that follow from its calls: `token:ci`",
  });
const scope = z.enum(scopes).openapi({
  description: "`read`: everything; `submit`: tasks, too; `operate`: every command, but not tokens themselves",
});
const example = { name: "ci", scope: "submit" as const, created_at: "2026-01-05T09:12:00.000Z", created_by: "cli" };
const fields = { name, scope, created_at: at, created_by: z.string() };

const tokenSchema = z.object(fields).openapi("AccessToken", { example }) satisfies z.ZodType<AccessTokenView>;
const newTokenSchema = z.object({
  ...fields,
  token: z.string().openapi({ description: "No later answer has it" }),
}).openapi("NewAccessToken", {
  example: { ...example, token: `coder_ci_${"0".repeat(64)}` },
}) satisfies z.ZodType<NewAccessToken>;
const createSchema = z.strictObject({ name, scope }).openapi("AccessTokenToMake", {
  example: { name: "ci", scope: "submit" },
});

const nameParam = z.object({ name: name.openapi({ param: { name: "name", in: "path" }, example: "ci" }) });

export function accessTokens(
  service: Pick<Service, "accessTokens" | "createAccessToken" | "revokeAccessToken">,
): OpenAPIHono {
  const app = api();

  app.openapi(
    createRoute({
      method: "get",
      path: "/tokens",
      summary: "The tokens that have a scope",
      description: "For the service's own token only, as the next two.",
      tags: ["Service"],
      responses: {
        200: json(z.object({ tokens: z.array(tokenSchema) }), "By name; the tokens themselves are not kept"),
      },
    }),
    async (c) => c.json({ tokens: await service.accessTokens() }, 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/tokens",
      summary: "Make a token with a scope",
      description: "It is sent like the service's own, and counts at every worker of the store until it is revoked.",
      tags: ["Service"],
      request: { body: jsonBody(createSchema) },
      responses: { 201: json(newTokenSchema, "With the token itself"), ...problems(400, 409, 413, 415, 422) },
    }),
    async (c) => {
      c.header("cache-control", "no-store");
      return c.json(await service.createAccessToken(c.req.valid("json"), caller(c)), 201);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/tokens/{name}",
      summary: "Revoke a token",
      description: "It opens nothing any more from now on.",
      tags: ["Service"],
      request: { params: nameParam },
      responses: { 204: { description: "It is revoked" }, ...problems(404, 422) },
    }),
    async (c) => {
      await service.revokeAccessToken(c.req.valid("param").name, caller(c));
      return c.body(null, 204);
    },
  );

  return app;
}
