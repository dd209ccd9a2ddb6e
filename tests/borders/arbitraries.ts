// Requests for the fuzzer: what the OpenAPI document allows, and what it does not, mixed. And the lines of an agent that
// does not keep to its protocol.

import fc from "fast-check";
import type { OpenApiDocument, Operation, Schema } from "../../routes/api/openapi_document.ts";

export interface FuzzedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

/** Texts that something on the way from a request to a page, a shell, a path or a log may stumble over. */
export function hostileTexts(canary: string): string[] {
  return [
    "",
    " ",
    "\0",
    "a\0b",
    "\n",
    "\r\nSet-Cookie: x=1",
    "\u2028\u2029",
    "\u202Eevil",
    "\ud800",
    "a\udc00b",
    "\u{10FFFF}",
    "e\u0301".repeat(500),
    "😀".repeat(300),
    "__proto__",
    "constructor",
    "toString",
    "null",
    "undefined",
    "NaN",
    "-1",
    "1e309",
    "9007199254740993",
    "0x10",
    "٣",
    "../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    `../../${canary}`,
    `$(touch ${canary})`,
    `; touch ${canary}`,
    `| touch ${canary}`,
    `\`touch ${canary}\``,
    `--output=${canary}`,
    `--upload-pack=touch ${canary}`,
    "-",
    "--",
    "-rf",
    "@{-1}",
    "HEAD:README.md",
    "refs/heads/main",
    "task:1",
    "task:999999",
    "task:0",
    "*",
    "[a-z]*",
    "(a+)+$",
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "{{7*7}}",
    "${7*7}",
    "%s%n%x",
    "' OR 1=1 --",
    "data: x\n\nevent: end\n\n",
    "id: 5",
    ".git",
    "con",
    "x".repeat(300),
    "x".repeat(5_000),
  ];
}

function textArbitrary(canary: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...hostileTexts(canary)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
  );
}

/** Any JSON, with the hostile texts in it, also as names. */
function jsonArbitrary(canary: string): fc.Arbitrary<unknown> {
  const text = textArbitrary(canary);
  const number = fc.oneof(
    fc.constantFrom(0, -0, -1, 0.5, 1e21, -1e308, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 2, 2 ** 31),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      text,
      number,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(text, tie("json"), { maxKeys: 4 }),
    ),
  }));
  return json!;
}

/** What the schema cannot say: which repository, commits and tasks there are. */
const knowing: Record<string, fc.Arbitrary<unknown>> = {
  repo: fc.constantFrom("repo", "repo", "repo", "other"),
  base: fc.constantFrom(null, null, null, null, "main", "HEAD~0", "task:1", "nothing"),
  // The agent here knows neither.
  effort: fc.constantFrom(null, null, null, "low"),
  fallback_model: fc.constantFrom(null, null, null, "sonnet"),
  // A command line that is really run.
  check: fc.constantFrom(null, "true", "echo red; false"),
  depends_on: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }),
  target: fc.constantFrom("main", "main", "nothing"),
  remote: fc.constantFrom("origin", "nothing"),
  timeout_seconds: fc.constantFrom(null, 20, 60),
};

/** Values that fit a schema, as far as it is written; a value of a pattern is made from the pattern. */
function fitting(schema: Schema, document: OpenApiDocument): fc.Arbitrary<unknown> {
  if (typeof schema.$ref === "string") {
    return fitting(document.components.schemas[schema.$ref.split("/").at(-1)!]!, document);
  }
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) {
    return fc.oneof(...schema.type.map((type) => fitting({ ...schema, type }, document)));
  }
  const number = (name: string, otherwise: number) => typeof schema[name] === "number" ? schema[name] : otherwise;
  switch (schema.type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      // Small ones name tasks that exist.
      return fc.oneof(
        {
          weight: 4,
          arbitrary: fc.integer({ min: Math.max(number("minimum", 0), -5), max: Math.min(number("maximum", 30), 30) }),
        },
        {
          weight: 1,
          arbitrary: fc.maxSafeInteger().filter((n) => n >= number("minimum", -1e15) && n <= number("maximum", 1e15)),
        },
      );
    case "number":
      return fc.double({ min: number("minimum", 0.01), max: Math.min(number("maximum", 1e6), 1e6), noNaN: true });
    case "string": {
      const pattern = typeof schema.pattern === "string" ? schema.pattern : null;
      if (pattern !== null && pattern !== "\\S") {
        // Classes that fast-check does not make text from.
        const plain = pattern.replace("[^\\p{Cc}\\s]", "[!-~]").replace("[^\\p{Cc}]", "[ -~]");
        return fc.stringMatching(new RegExp(plain)).map((text) => text.slice(0, number("maxLength", 200)));
      }
      const maxLength = Math.min(number("maxLength", 200), 2_000);
      return fc.string({ unit: "grapheme", minLength: number("minLength", 0), maxLength });
    }
    case "array":
      return fc.array(fitting((schema.items ?? {}) as Schema, document), {
        maxLength: Math.min(number("maxItems", 5), 5),
      });
    case "object": {
      const fields = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
      const required = (schema.required ?? []) as string[];
      return fc.record(
        Object.fromEntries(fields.map(([name, field]) => [name, knowing[name] ?? fitting(field, document)])),
        {
          requiredKeys: required,
        },
      );
    }
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function bodyArbitrary(operation: Operation, document: OpenApiDocument, canary: string): fc.Arbitrary<string | null> {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const any = jsonArbitrary(canary);
  const stringified = (value: fc.Arbitrary<unknown>) => value.map((one) => JSON.stringify(one) ?? "null");
  const broken = fc.constantFrom(
    "",
    "{",
    "[",
    '{"prompt":',
    "{}",
    "null",
    '"x"',
    "[]",
    `${"[".repeat(5_000)}`,
    '{"a":1,}',
    "\ufeff{}",
    '{"__proto__":{"x":1},"prompt":"x"}',
    '{"prompt":"x","prompt":"y"}',
    '{"prompt":"\\ud800"}',
    '{"priority":1e400}',
  );
  // Without fields it is no JSON of ours: a file, say.
  if (!schema || fieldsOf(schema, document).length === 0) {
    return fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, stringified(any), broken);
  }
  const fit = fitting(schema, document) as fc.Arbitrary<Record<string, unknown>>;
  const wrongFields = fc.tuple(
    fit,
    fc.dictionary(fc.constantFrom(...fieldsOf(schema, document), "id", "seq", "__proto__"), any, { maxKeys: 2 }),
  )
    .map(([good, wrong]) => ({ ...good, ...wrong }));
  const hostileTextsIn = fc.tuple(fit, fc.constantFrom(...fieldsOf(schema, document)), textArbitrary(canary))
    .map(([good, name, text]) => ({ ...good, [name]: text }));
  return fc.oneof(
    { weight: 5, arbitrary: stringified(fit) },
    { weight: 3, arbitrary: stringified(hostileTextsIn) },
    { weight: 3, arbitrary: stringified(wrongFields) },
    { weight: 1, arbitrary: stringified(any) },
    { weight: 1, arbitrary: broken },
  );
}

function fieldsOf(schema: Schema, document: OpenApiDocument): string[] {
  const whole = typeof schema.$ref === "string" ? document.components.schemas[schema.$ref.split("/").at(-1)!]! : schema;
  return Object.keys((whole.properties ?? {}) as object);
}

/** A header may hold no control characters and only bytes, else no client can send it. */
function headerValue(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "?").slice(0, 4_000);
}

const commonHeaders: [string, string[]][] = [
  ["accept", ["application/json", "text/html", "application/x-ndjson", "text/event-stream", "*/*", "nonsense"]],
  ["accept-language", ["de", "x-klingon", "en-US-u-ca-gregory", "*", "a".repeat(500)]],
  ["accept-encoding", ["gzip", "br", "identity;q=0"]],
  ["cookie", ["coder_theme=dark", "coder_zone=Mars/Olympus", "coder_session=x", "=;;=", "a".repeat(3_000)]],
  ["if-none-match", ["*", '"1"']],
  ["range", ["bytes=0-10", "bytes=-1"]],
  ["x-forwarded-for", ["127.0.0.1"]],
  ["x-http-method-override", ["DELETE"]],
  ["x-coder-client", ["ui", "evil"]],
  ["content-encoding", ["gzip"]],
  ["expect", ["nonsense"]],
];

function requestFor(
  template: string,
  method: string,
  operation: Operation,
  { document, canary }: { document: OpenApiDocument; canary: string },
): fc.Arbitrary<FuzzedRequest> {
  const text = textArbitrary(canary);
  const parameters = operation.parameters ?? [];
  const valueOf = (schema: Schema) =>
    fc.oneof(
      { weight: 3, arbitrary: fitting(schema, document).map(String) },
      { weight: 1, arbitrary: text },
    );
  const path = fc.tuple(
    ...parameters.filter((one) => one.in === "path").map((one) => fc.tuple(fc.constant(one.name), valueOf(one.schema))),
  ).map((values) =>
    values.reduce(
      (whole, [name, value]) => whole.replace(`{${name}}`, encodeURIComponent(value.toWellFormed()) || "%20"),
      template,
    )
  );
  const query = fc.tuple(
    ...parameters.filter((one) => one.in === "query").map((one) =>
      fc.option(fc.tuple(fc.constant(one.name), valueOf(one.schema)), { freq: 2 })
    ),
  ).map((pairs) =>
    new URLSearchParams(pairs.filter((pair) => pair !== null).map(([name, value]) => [name, value.toWellFormed()]))
      .toString()
  );
  const own = fc.tuple(
    ...parameters.filter((one) => one.in === "header").map((one) =>
      fc.option(fc.tuple(fc.constant(one.name.toLowerCase()), valueOf(one.schema).map(headerValue)), { freq: 1 })
    ),
  );
  const common = fc.option(
    fc.constantFrom(...commonHeaders).chain(([name, values]) =>
      fc.tuple(fc.constant(name), fc.constantFrom(...values))
    ),
    { freq: 4 },
  );
  const type = fc.oneof(
    { weight: 12, arbitrary: fc.constant("application/json") },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "application/json; charset=utf-16",
        "application/x-ndjson",
        "text/plain",
        "multipart/form-data; boundary=x",
        "",
        "/",
      ),
    },
  );
  const body = method === "get" ? fc.constant(null) : bodyArbitrary(operation, document, canary);
  return fc.record({ path, query, own, common, type, body }).map(({ path, query, own, common, type, body }) => {
    const pairs = [...own, common].filter((pair) => pair !== null).filter(([, value]) => value.trim() === value);
    const headers = Object.fromEntries(pairs);
    if (body !== null && type !== "") headers["content-type"] = type;
    return { method: method.toUpperCase(), path: query ? `${path}?${query}` : path, headers, body };
  });
}

/** A request to any route of the document, or to none. */
export function requests(document: OpenApiDocument, canary: string): fc.Arbitrary<FuzzedRequest> {
  const known = Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      // Most of what there is to break is behind these.
      weight: method === "post" && template === "/api/tasks" ? 12 : template.startsWith("/api/tasks") ? 3 : 1,
      arbitrary: requestFor(template, method, operation, { document, canary }),
    }))
  );
  const method = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND");
  const nowhere = fc.record({
    method,
    path: fc.oneof(
      textArbitrary(canary).map((text) => `/${encodeURIComponent(text.toWellFormed())}`),
      fc.constantFrom(...Object.keys(document.paths).map((path) => path.replaceAll(/\{\w+\}/g, "1"))),
    ),
    headers: fc.constant({}),
    body: fc.constant(null),
  });
  return fc.oneof(...known, { weight: 4, arbitrary: nowhere });
}

/** One line of stdout, as bytes without the newline: recorded ones, broken in some way, and others. */
export function hostileLines(recorded: string[], canary: string): fc.Arbitrary<Uint8Array> {
  const encoder = new TextEncoder();
  const any = jsonArbitrary(canary);
  const parsed = recorded.map((line) => JSON.parse(line) as Record<string, unknown>);
  const mutated = fc.tuple(fc.constantFrom(...parsed), fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), any)
    .map(([message, steps, value]) => JSON.stringify(replaceAt(message, steps, value)));
  const cut = fc.tuple(fc.constantFrom(...recorded), fc.nat(400)).map(([line, at]) => line.slice(0, at));
  const odd = fc.constantFrom(
    "[".repeat(3_000),
    `{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"${"x".repeat(300_000)}"}]}}`,
    '{"type":"assistant","message":{"content":{"length":1e9}}}',
    '{"type":"assistant","__proto__":{"message":1}}',
    '{"type":"result","is_error":false,"subtype":"error_max_turns","total_cost_usd":-5,"usage":{"input_tokens":1e400}}',
    '{"type":"result","is_error":"false","subtype":"success","total_cost_usd":"1","usage":[]}',
    '{"type":"control_request","request_id":"x","request":{"subtype":"can_use_tool","tool_name":"ExitPlanMode","input":{"plan":null}}}',
    '{"type":"control_request","request_id":{"toString":1},"request":null}',
    '{"type":"control_request"}',
    '{"type":"user","message":{"content":[{"type":"tool_result","content":[[[]]]}]}}',
    "data: {}",
    "null",
    "",
  );
  const bytes = fc.uint8Array({ maxLength: 200 }).map((line) => line.filter((byte) => byte !== 10));
  return fc.oneof(
    { weight: 5, arbitrary: mutated.map((line) => encoder.encode(line)) },
    {
      weight: 2,
      arbitrary: fc.oneof(cut, odd, any.map((value) => JSON.stringify(value) ?? "")).map((line) =>
        encoder.encode(line.replaceAll("\n", " "))
      ),
    },
    { weight: 1, arbitrary: bytes },
  );
}

/** A copy with the value at a place, found by following `steps`, replaced. */
function replaceAt(message: unknown, [step, ...steps]: number[], value: unknown): unknown {
  if (message === null || typeof message !== "object" || step === undefined) return value;
  const keys = Object.keys(message);
  if (keys.length === 0) return value;
  const key = keys[step % keys.length]!;
  const next = steps.length === 0 ? value : replaceAt((message as Record<string, unknown>)[key], steps, value);
  return Array.isArray(message) ? message.with(Number(key), next) : { ...message, [key]: next };
}
