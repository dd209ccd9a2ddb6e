// Calls of the HTTP API. Every answer that is not good becomes a `Failure` in the words of the service.

import { Failure } from "./failure.ts";
import type { ServiceAddress } from "./find_service.ts";

export interface CallOptions {
  method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON; then the method is POST where it is not said. */
  body?: unknown;
  /** Sent as NDJSON instead, as it comes. */
  lines?: ReadableStream<Uint8Array>;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  /** Ends the call; without one it may take 60 s. */
  signal?: AbortSignal;
}

const answerMs = 60_000;

export class Api {
  readonly #address: ServiceAddress;

  constructor(address: ServiceAddress) {
    this.#address = address;
  }

  get url(): string {
    return this.#address.url;
  }

  /** The answer as JSON. Throws `Failure`. */
  async json<T>(path: string, options: CallOptions = {}): Promise<T> {
    const response = await this.call(path, options);
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      throw this.#stranger();
    }
  }

  /** A good answer, its body not read yet. Throws `Failure`. */
  async call(path: string, options: CallOptions = {}): Promise<Response> {
    const response = await this.send(path, options);
    if (response.ok) return response;
    throw await this.#refusal(response);
  }

  /** Whatever is answered. Throws `Failure` of kind `unreachable` where nothing is. */
  async send(
    path: string,
    { method, body, lines, query = {}, headers = {}, signal }: CallOptions = {},
  ): Promise<Response> {
    const url = new URL(this.#address.url + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const all = new Headers({ ...headers, "x-coder-client": headers["x-coder-client"] ?? "cli" });
    if (this.#address.token !== null) all.set("authorization", `Bearer ${this.#address.token}`);
    if (body !== undefined) all.set("content-type", "application/json");
    if (lines !== undefined) all.set("content-type", "application/x-ndjson");
    let response: Response;
    try {
      response = await fetch(url, {
        method: method ?? (body === undefined && lines === undefined ? "GET" : "POST"),
        headers: all,
        body: lines ?? (body === undefined ? undefined : JSON.stringify(body)),
        redirect: "manual",
        signal: signal ?? AbortSignal.timeout(answerMs),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Failure("unreachable", `No service answers at ${this.url}: start it, or set CODER_URL`, {
        cause: error,
      });
    }
    const { status } = response;
    return new Response(response.body && this.#whole(response.body), { status, headers: response.headers });
  }

  /** The body, which ends with a `Failure` where the connection breaks. */
  #whole(body: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
    const reader = body.getReader();
    const broken = (cause: unknown) =>
      new Failure("unreachable", `The connection to ${this.url} broke off before the answer was whole`, { cause });
    return new ReadableStream({
      async pull(controller) {
        try {
          const { value, done } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(broken(error));
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
  }

  async #refusal(response: Response): Promise<Failure> {
    const { status } = response;
    const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
    const text = await response.text();
    if (status === 401) {
      const words = this.#address.token === null ? "asks for a token: set" : "does not know this token: look at";
      return new Failure("failed", `The service at ${this.url} ${words} CODER_TOKEN`);
    }
    if (!isProblem) return this.#stranger();
    const { detail, title } = JSON.parse(text) as { detail?: string; title: string };
    return new Failure(kindOf(status), detail ?? title);
  }

  #stranger(): Failure {
    return new Failure("unreachable", `What answers at ${this.url} is not Personal Coder: look at CODER_URL`);
  }
}

function kindOf(status: number): "usage" | "unreachable" | "failed" {
  if (status === 400 || status === 413 || status === 422) return "usage";
  return status >= 500 ? "unreachable" : "failed";
}
