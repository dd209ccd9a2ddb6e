// Holds answers against the OpenAPI document: an answer of a status, a media type or a shape that is not written there fails
// the test that got it, and so does one without a header that is promised.

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type {
  Answer,
  Header,
  OpenApiDocument,
  Operation,
  Reference,
  Schema,
} from "../../routes/api/openapi_document.ts";

export interface OpenApiCheck {
  readonly document: OpenApiDocument;
  /**
   * Checks a JSON, NDJSON or bodyless answer whole; of other bodies the media type. Throws with what is wrong. The response
   * stays readable: a copy is read. An answer of `text/event-stream` is not read.
   */
  check(request: { method: string; path: string }, response: Response): Promise<void>;
  /** Whether `value` fits a schema of `components.schemas`; the first complaint, or null. */
  complaint(schema: string, value: unknown): string | null;
  /** Whether `value` fits any schema that refers to the document's components. */
  complaintOf(schema: Schema, value: unknown): string | null;
  /** `METHOD /path` of every operation that was checked. */
  readonly seen: ReadonlySet<string>;
}

/** Answers that routes need not promise: they tell of the request, not of the route. */
const headersOfAll = ["x-content-type-options", "content-security-policy", "referrer-policy", "x-frame-options"];

export function openApiCheck(document: OpenApiDocument): OpenApiCheck {
  const ajv = newAjv();
  ajv.addSchema({ $id: "doc", components: document.components });
  const compiled = new Map<string, ValidateFunction>();
  const paths = Object.keys(document.paths).map((template) => ({ template, pattern: patternOf(template) }))
    // `/tasks/new` before `/tasks/{id}`.
    .sort((a, b) => a.template.split("{").length - b.template.split("{").length);
  const seen = new Set<string>();

  function complaintOf(schema: Schema, value: unknown): string | null {
    const key = JSON.stringify(schema);
    let validate = compiled.get(key);
    if (!validate) compiled.set(key, validate = ajv.compile(absolute(schema) as Schema));
    if (validate(value)) return null;
    return ajv.errorsText(validate.errors?.slice(0, 3), { dataVar: "body" });
  }

  function resolve<T>(value: T | Reference): T {
    if (value === null || typeof value !== "object" || !("$ref" in value)) return value as T;
    const [, , kind, name] = (value as Reference).$ref.split("/");
    return (document.components as unknown as Record<string, Record<string, T>>)[kind!]![name!]!;
  }

  function operationOf(method: string, path: string): { operation: Operation; name: string } | null {
    for (const { template, pattern } of paths) {
      const operation = pattern.test(path) ? document.paths[template]![method] : undefined;
      if (operation) return { operation, name: `${method.toUpperCase()} ${template}` };
    }
    return null;
  }

  async function check(request: { method: string; path: string }, response: Response): Promise<void> {
    const path = request.path.split(/[?#]/)[0]!;
    const method = request.method.toLowerCase();
    const title = `${request.method} ${request.path} -> ${response.status}`;
    const fail = (what: string): never => {
      throw new Error(`${title}: ${what}`);
    };
    for (const name of headersOfAll) if (!response.headers.has(name)) fail(`the header ${name} is missing`);
    const found = operationOf(method === "head" ? "get" : method, path);
    if (!found) {
      if (![400, 401, 403, 404, 405, 408, 413, 415, 421, 429].includes(response.status)) {
        fail("the document knows no such route");
      }
      return await checkProblem(response, fail);
    }
    seen.add(found.name);
    const promised = found.operation.responses[response.status];
    if (!promised) fail("the document knows no such status for it");
    const answer = resolve<Answer>(promised!);
    for (const [name, header] of Object.entries(answer.headers ?? {})) {
      const value = response.headers.get(name);
      const { schema, required } = resolve<Header>(header);
      if (value === null && required) fail(`the header ${name} is promised`);
      if (value === null) continue;
      const complaint = complaintOf(schema, schema.type === "integer" ? Number(value) : value);
      if (complaint) fail(`${name}: ${complaint}`);
    }
    const type = response.headers.get("content-type")?.replace(/;.*/, "").trim() ?? null;
    const media = Object.entries(answer.content ?? {});
    if (media.length === 0 || method === "head") {
      if (method !== "head" && type !== "text/event-stream" && (await response.clone().bytes()).length > 0) {
        fail("the document knows no body for it");
      }
      return;
    }
    const schema = media.find(([name]) => name === type)?.[1].schema;
    if (type === null || !schema) fail(`its type is ${type}, not ${media.map(([name]) => name).join(" or ")}`);
    if (type === "application/problem+json") return await checkProblem(response, fail);
    if (type === "application/json") {
      const complaint = complaintOf(schema!, await response.clone().json());
      if (complaint) fail(complaint);
    }
    if (type === "application/x-ndjson" && path.endsWith("/events")) {
      for (const line of (await response.clone().text()).split("\n").filter((line) => line !== "")) {
        const complaint = complaintOf({ $ref: "#/components/schemas/Event" }, JSON.parse(line));
        if (complaint) fail(complaint);
      }
    }
  }

  async function checkProblem(response: Response, fail: (what: string) => never): Promise<void> {
    const type = response.headers.get("content-type");
    if (type !== "application/problem+json") fail(`its type is ${type}, not application/problem+json`);
    // An answer to HEAD has none.
    const text = await response.clone().text();
    if (text === "") return;
    const body = JSON.parse(text);
    const complaint = complaintOf({ $ref: "#/components/schemas/Problem" }, body);
    if (complaint) fail(complaint);
    if (body.status !== response.status) fail(`the problem says ${body.status}`);
    if (response.status === 422 && !(body.errors?.length > 0)) fail(`a 422 names no field: ${body.detail}`);
  }

  return {
    document,
    check,
    complaint: (schema, value) => complaintOf({ $ref: `#/components/schemas/${schema}` }, value),
    complaintOf,
    seen,
  };
}

export function newAjv(): Ajv2020 {
  return new Ajv2020({
    strict: false,
    allErrors: false,
    formats: {
      "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
      int64: true,
      "media-range": true,
      uri: true,
      "uri-reference": true,
    },
  });
}

/** References within the document, as references to it. */
function absolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absolute);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === "$ref" && typeof one === "string" && one.startsWith("#") ? `doc${one}` : absolute(one),
    ]),
  );
}

function patternOf(template: string): RegExp {
  const parts = template.split(/\{[^}]+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]+")}$`);
}
