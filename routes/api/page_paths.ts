// The few routes that are no JSON API, pages and login, as the OpenAPI document has them.

import type { OpenApiDocument, Operation, Parameter } from "./openapi_document.ts";

const text = { type: "string" };
const html = { "text/html": { schema: text } };
const page = (summary: string, extra: Partial<Operation> = {}): Operation => ({
  tags: ["Pages"],
  summary,
  responses: { 200: { description: "The page", content: html } },
  ...extra,
});
/** The answer of every page that needs a token. */
export const seeLogin = {
  description: "To `/login`, when a token is asked for",
  headers: { Location: { required: true, schema: text } },
};
const next: Parameter = { name: "next", in: "query", schema: text, description: "The path to go to afterwards" };
const taskPath: Parameter = { name: "id", in: "path", required: true, schema: { type: "integer", minimum: 1 } };
const attempt = (name: string): Parameter => ({
  ...{ name, in: "query", required: true, schema: text },
  description: "A task such as `12`, or a run of it such as `12.1`",
});
const missingPage = {
  description: "There is no such task",
  content: { ...html, "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** Routes outside the API, by path and method. */
export const pagePaths: OpenApiDocument["paths"] = {
  "/": { get: page("The board", { responses: { 200: { description: "The page", content: html }, 404: missingPage } }) },
  "/repositories": { get: page("The repositories and what is in force in each") },
  "/workers": { get: page("The workers of the store, and what each does") },
  "/schedules": { get: page("The schedules, and what became of their last times") },
  "/webhooks": { get: page("The webhooks and their deliveries, and the connection to GitHub") },
  "/compare": {
    get: page("Two tasks, or two runs of a task, side by side", {
      parameters: [attempt("a"), attempt("b")],
      responses: { 200: { description: "The page", content: html }, 404: missingPage },
    }),
  },
  "/insights": { get: page("Cost, tokens, results, waits, slots and activity across tasks, as charts and tables") },
  "/settings": { get: page("Repositories, settings, token, disk and pauses of this service") },
  "/tasks/new": { get: page("The form for a new task") },
  "/tasks/{id}": {
    get: page("A task", {
      parameters: [taskPath],
      responses: { 200: { description: "The page", content: html }, 404: missingPage },
    }),
  },
  "/tasks/{id}/{tab}": {
    get: page("A tab of a task", {
      parameters: [taskPath, { name: "tab", in: "path", required: true, schema: text }],
      responses: { 200: { description: "The page", content: html }, 404: missingPage },
    }),
  },
  "/assets/{file}": {
    get: page("A script, the stylesheet, the type face, an icon or the manifest; its name has a hash of its content", {
      security: [],
      parameters: [{ name: "file", in: "path", required: true, schema: text }],
      responses: {
        200: {
          description: "Never changes",
          content: Object.fromEntries(
            ["text/javascript", "text/css", "font/woff2", "image/png", "application/manifest+json"].map((type) => [
              type,
              { schema: text },
            ]),
          ),
        },
        404: { description: "There is no such file", content: { "text/plain": { schema: text } } },
      },
    }),
  },
  "/api/docs": { get: page("This reference as a page", { tags: ["Service"] }) },
  "/api/docs.css": {
    get: page("Its stylesheet", {
      tags: ["Service"],
      responses: { 200: { description: "CSS", content: { "text/css": { schema: text } } } },
    }),
  },
  "/login": {
    get: page("The login form", {
      security: [],
      parameters: [next],
      responses: {
        200: { description: "The form", content: html },
        303: { description: "To the board: no token is asked for", headers: { Location: { schema: text } } },
      },
    }),
    post: page("Log in", {
      security: [],
      parameters: [next],
      requestBody: {
        required: true,
        content: {
          "application/x-www-form-urlencoded": {
            schema: { type: "object", properties: { token: text }, required: ["token"] },
          },
        },
      },
      responses: {
        303: {
          description: "Logged in",
          headers: {
            Location: { required: true, schema: text },
            "Set-Cookie": {
              description: "When a token is asked for: HttpOnly, SameSite=Strict; derived from the token",
              schema: text,
            },
          },
        },
        403: { description: "That is not the token, or the form was sent by another site", content: html },
        429: {
          description: "Too many wrong tokens",
          headers: { "Retry-After": { $ref: "#/components/headers/Retry-After" } },
          content: html,
        },
      },
    }),
  },
  "/logout": {
    post: page("Log out", {
      security: [],
      responses: {
        303: {
          description: "To `/login`; the cookie is gone",
          headers: { Location: { required: true, schema: text }, "Set-Cookie": { schema: text } },
        },
      },
    }),
  },
};
