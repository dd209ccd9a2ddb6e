// `GET /api/docs`: the API reference as one readable page, made from the OpenAPI document. No script, nothing from elsewhere:
// the site's stylesheet, and a few lines of its own beside this file.

import { Hono } from "hono";
import type { ComponentChildren } from "preact";
import { renderToString } from "preact-render-to-string";
import type { Answer, OpenApiDocument, Operation, Parameter, Reference, Schema } from "./openapi_document.ts";

const policy =
  "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function docs({ document, stylesheet }: { document: () => OpenApiDocument; stylesheet: string | null }): Hono {
  let page: string | null = null;
  let style: string | null = null;
  return new Hono()
    .get("/docs", (c) => {
      page ??= `<!doctype html>${renderToString(<Reference document={document()} stylesheet={stylesheet} />)}`;
      return c.html(page, 200, { "content-security-policy": policy, "cache-control": "no-cache" });
    })
    .get("/docs.css", async (c) => {
      style ??= await Deno.readTextFile(new URL("./docs.css", import.meta.url));
      return c.body(style, 200, { "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" });
    });
}

interface Entry {
  path: string;
  method: string;
  operation: Operation;
}

function Reference({ document, stylesheet }: { document: OpenApiDocument; stylesheet: string | null }) {
  const entries = Object.entries(document.paths).flatMap(([path, operations]): Entry[] =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation }))
  );
  const tags = (document.tags ?? []).map((tag) => ({
    ...tag,
    entries: entries.filter(({ operation }) => operation.tags?.includes(tag.name)),
  })).filter(({ entries }) => entries.length > 0);
  const { info, components } = document;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`API · ${info.title}`}</title>
        {stylesheet && <link rel="stylesheet" href={stylesheet} />}
        <link rel="stylesheet" href="/api/docs.css" />
      </head>
      <body class="page-docs">
        <nav aria-label="Calls">
          <p>
            <a href="/">{info.title}</a>
          </p>
          {tags.map(({ name, entries }) => (
            <section key={name}>
              <h2>{name}</h2>
              <ul>
                {entries.map(({ path, method, operation }) => (
                  <li key={`${method} ${path}`}>
                    <a href={`#${operation.operationId}`}>
                      <Method name={method} /> {path}
                    </a>
                  </li>
                ))}
              </ul>
            </section>
          ))}
          <h2>
            <a href="#schemas">Schemas</a>
          </h2>
        </nav>
        <main id="main">
          <h1>{`${info.title} API`}</h1>
          <p class="muted">
            Version {info.version} · <a href="/api/openapi.json">OpenAPI {document.openapi} document</a>
          </p>
          <Prose text={info.description} />
          {tags.map(({ name, description, entries }) => (
            <section key={name}>
              <h2>{name}</h2>
              <Prose text={description} />
              {entries.map((entry) => <Call key={entry.operation.operationId} {...entry} />)}
            </section>
          ))}
          <section>
            <h2 id="schemas">Schemas</h2>
            {Object.entries(components.schemas).sort(([a], [b]) => a.localeCompare(b)).map(([name, schema]) => (
              <section class="call" key={name} id={`schema-${name}`}>
                <h3>{name}</h3>
                <Prose text={schema.description} />
                <Fields of={name} schema={schema} />
                <Example value={schema.example} />
              </section>
            ))}
          </section>
        </main>
      </body>
    </html>
  );
}

function Call({ path, method, operation }: Entry) {
  const { parameters = [], requestBody, responses } = operation;
  const call = `${method.toUpperCase()} ${path}`;
  return (
    <article class="call" id={operation.operationId}>
      <h3>
        <Method name={method} /> <code>{path}</code>
      </h3>
      <p class="summary">{operation.summary}</p>
      <Prose text={operation.description} />
      {operation.security?.length === 0 && <p class="muted">No token is needed.</p>}
      {parameters.length > 0 && (
        <Table caption="Parameters" of={call} head={["Name", "In", "Type", "What"]}>
          {parameters.map((one) => <ParameterRow key={`${one.in} ${one.name}`} {...one} />)}
        </Table>
      )}
      {requestBody && Object.entries(requestBody.content).map(([type, { schema, example }]) => (
        <div key={type}>
          <h4>Body: {type}</h4>
          {schema && <SchemaLine schema={schema} />}
          <Example value={example} />
        </div>
      ))}
      <Table caption="Answers" of={call} head={["Status", "What", "Body"]}>
        {Object.entries(responses).map(([status, answer]) => (
          <AnswerRow
            key={status}
            status={status}
            answer={answer}
          />
        ))}
      </Table>
    </article>
  );
}

function ParameterRow({ name, in: place, required, description, schema }: Parameter) {
  return (
    <tr>
      <td>
        <code>{name}</code>
        {required && <span class="muted">required</span>}
      </td>
      <td>{place}</td>
      <td>{typeOf(schema)}</td>
      <td>
        <Inline text={description ?? schema.description} />
        <Bounds schema={schema} />
      </td>
    </tr>
  );
}

function AnswerRow({ status, answer }: { status: string; answer: Answer | Reference }) {
  if ("$ref" in answer) {
    const name = nameOf(answer.$ref);
    return (
      <tr>
        <td>{status}</td>
        <td class="muted">{sentenceOf(name)}</td>
        <td>
          <a href="#schema-Problem">Problem</a>
        </td>
      </tr>
    );
  }
  const headers = Object.entries(answer.headers ?? {});
  return (
    <tr>
      <td>{status}</td>
      <td>
        <Inline text={answer.description} />
        {headers.map(([name, header]) => (
          <div key={name}>
            <code>{name}</code> <Inline text={"$ref" in header ? "" : header.description} />
          </div>
        ))}
      </td>
      <td>
        {Object.entries(answer.content ?? {}).map(([type, { schema }]) => (
          <div key={type}>
            <span class="muted">{type}</span> {schema && <SchemaLine schema={schema} />}
          </div>
        ))}
      </td>
    </tr>
  );
}

function Fields({ of, schema }: { of: string; schema: Schema }) {
  const fields = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const required = new Set(schema.required as string[] | undefined);
  if (fields.length === 0) return null;
  return (
    <Table caption="Fields" of={of} head={["Name", "Type", "What"]}>
      {fields.map(([name, field]) => (
        <tr key={name}>
          <td>
            <code>{name}</code>
            {!required.has(name) && <span class="muted">optional</span>}
          </td>
          <td>
            <SchemaLine schema={field} />
          </td>
          <td>
            <Inline text={field.description} />
            <Bounds schema={field} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function SchemaLine({ schema }: { schema: Schema }) {
  if (typeof schema.$ref === "string") return <a href={`#schema-${nameOf(schema.$ref)}`}>{nameOf(schema.$ref)}</a>;
  if (schema.items) {
    return (
      <>
        list of <SchemaLine schema={schema.items as Schema} />
      </>
    );
  }
  return <>{typeOf(schema)}</>;
}

function typeOf(schema: Schema): string {
  if (typeof schema.$ref === "string") return nameOf(schema.$ref);
  if (Array.isArray(schema.enum)) return schema.enum.map(String).join(" | ");
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : String(schema.type ?? "anything");
  return schema.format === "date-time" ? type.replace("string", "time") : type;
}

const boundNames: [string, string][] = [
  ["minimum", "at least"],
  ["exclusiveMinimum", "more than"],
  ["maximum", "at most"],
  ["maxLength", "characters at most:"],
  ["maxItems", "items at most:"],
  ["default", "by default"],
];

function Bounds({ schema }: { schema: Schema }) {
  const bounds = boundNames.filter(([key]) =>
    schema[key] !== undefined && schema[key] !== null && typeof schema[key] !== "object" &&
    schema[key] !== Number.MAX_SAFE_INTEGER
  ).map(([key, words]) => `${words} ${typeof schema[key] === "number" ? grouped(schema[key]) : schema[key]}`);
  return bounds.length === 0 ? null : <span class="muted bounds">{bounds.join(", ")}</span>;
}

function grouped(value: number): string {
  return value.toLocaleString("en");
}

/** `of`: what it tells of. With it the landmark, for which the keyboard stops here, has a name that no other one has. */
function Table(
  { caption, of, head, children }: { caption: string; of: string; head: string[]; children: ComponentChildren },
) {
  return (
    <div class="scroll" role="region" aria-label={`${caption} of ${of}`} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>{head.map((name) => <th key={name} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function Example({ value }: { value: unknown }) {
  if (value === undefined) return null;
  return <pre class="plain">{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>;
}

function Method({ name }: { name: string }) {
  return <span class={`method method-${name}`}>{name.toUpperCase()}</span>;
}

/** Paragraphs and lists of the document's own Markdown: all it uses. */
function Prose({ text }: { text: string | undefined }) {
  if (!text) return null;
  return (
    <>
      {text.split(/\n\n+/).map((block, index) =>
        block.startsWith("- ")
          ? (
            <ul key={index}>
              {block.split(/\n(?=- )/).map((item) => (
                <li key={item}>
                  <Inline text={item.slice(2)} />
                </li>
              ))}
            </ul>
          )
          : (
            <p key={index}>
              <Inline text={block} />
            </p>
          )
      )}
    </>
  );
}

/** Text in which `code` is code. */
function Inline({ text }: { text: string | undefined }) {
  if (!text) return null;
  return <>{text.split("`").map((part, index) => index % 2 === 1 ? <code key={index}>{part}</code> : part)}</>;
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** `TooLarge` as words. */
function sentenceOf(name: string): string {
  const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return words[0]!.toUpperCase() + words.slice(1);
}
