// Webhooks: who is told of which events, and what became of the messages.

import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { WebhookService } from "../../core/engine/service/webhooks.ts";
import { api, json, problems } from "./api.ts";
import { automationParam, deliveryParam } from "./parameters.ts";
import { caller } from "./tasks.ts";
import {
  deliveriesSchema,
  deliverySchema,
  deliveryTrySchema,
  newWebhookSchema,
  webhookChangesSchema,
  webhookSchema,
  webhooksSchema,
} from "./webhook_schemas.ts";

const tags = ["Webhooks"];

export function webhooks(service: WebhookService): OpenAPIHono {
  const app = api();

  app.openapi(
    createRoute({
      method: "get",
      path: "/webhooks",
      operationId: "listWebhooks",
      summary: "The webhooks",
      tags,
      responses: { 200: json(webhooksSchema, "With what waits at the head of each line") },
    }),
    async (c) => c.json({ webhooks: await service.webhooks() }, 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/webhooks",
      operationId: "createWebhook",
      summary: "Send events to an address",
      description: "From now on, each at least once, those of a task in their order. There are 16 webhooks at most.",
      tags,
      request: { body: { required: true, ...json(newWebhookSchema, "Where to, and which") } },
      responses: { 201: json(webhookSchema, "It, with its secret"), ...problems(400, 409, 413, 415, 422) },
    }),
    async (c) => c.json(await service.createWebhook(c.req.valid("json"), caller(c)), 201),
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/webhooks/{id}",
      operationId: "changeWebhook",
      summary: "Change a webhook, or turn it off and on",
      tags,
      request: {
        params: automationParam,
        body: { required: true, ...json(webhookChangesSchema, "The fields to change") },
      },
      responses: { 200: json(webhookSchema, "It then"), ...problems(400, 404, 413, 415, 422) },
    }),
    async (c) => c.json(await service.changeWebhook(c.req.valid("param").id, c.req.valid("json"), caller(c)), 200),
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/webhooks/{id}",
      operationId: "deleteWebhook",
      summary: "Delete a webhook",
      description: "What was not sent yet is not sent.",
      tags,
      request: { params: automationParam },
      responses: { 204: { description: "It is gone" }, ...problems(404, 422) },
    }),
    async (c) => {
      await service.deleteWebhook(c.req.valid("param").id, caller(c));
      return c.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/webhooks/{id}/test",
      operationId: "testWebhook",
      summary: "Send a test now",
      description: "It is signed as any other message, of type `webhook.test`, and is not among the deliveries.",
      tags,
      request: { params: automationParam },
      responses: { 200: json(deliveryTrySchema, "What came of it"), ...problems(404, 409, 422) },
    }),
    async (c) => c.json(await service.testWebhook(c.req.valid("param").id), 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/webhooks/{id}/deliveries",
      operationId: "listDeliveries",
      summary: "Its last deliveries",
      tags,
      request: { params: automationParam },
      responses: { 200: json(deliveriesSchema, "100 at most, the newest first"), ...problems(404, 422) },
    }),
    async (c) => c.json({ deliveries: await service.deliveries(c.req.valid("param").id) }, 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/webhooks/{id}/deliveries/{number}/send",
      operationId: "sendAgain",
      summary: "Send a message once more",
      description: "With its `webhook-id`. One that waits is tried at once, and then what waits behind it.",
      tags,
      request: { params: deliveryParam },
      responses: { 200: json(deliverySchema, "The delivery then"), ...problems(404, 409, 422) },
    }),
    async (c) => {
      const { id, number } = c.req.valid("param");
      return c.json(await service.sendAgain(id, number), 200);
    },
  );

  return app;
}
