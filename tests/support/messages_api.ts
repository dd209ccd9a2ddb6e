// The Anthropic Messages API on loopback, following a script: the real claude program runs against it in the tests, so
// that tools, commits, sessions and signals are real and only the model's words are written in advance. scenarios.ts says
// what it answers, messages_format.ts in which form.

import { errorResponse, messageResponse, streamResponse } from "./messages_format.ts";
import { type MessagesBody, readRequest, type ScriptedRequest } from "./messages_request.ts";
import { type Scenario, scenarios as builtIn } from "./scenarios.ts";

export interface MessagesApi extends AsyncDisposable {
  /** `http://127.0.0.1:{port}`, for `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** The newest 1,000 message requests, oldest first. */
  readonly requests: ScriptedRequest[];
  /** Every other call, such as `HEAD /`; the newest 1,000. */
  readonly otherCalls: string[];
}

const recordedAtMost = 1_000;
/** The documented limit of a request. */
const bodyLimitBytes = 32 * 1024 * 1024;

/**
 * Starts the API on a free port of the loopback interface. Without a `script` for all requests, the marker in the user's
 * text chooses among the built-in scenarios and `scenarios`, which may replace built-in ones. A script that throws, and a
 * name that is none, answer 400 with the reason, which claude then reports.
 */
export function messagesApi(
  { script, scenarios = {} }: { script?: Scenario; scenarios?: Record<string, Scenario> } = {},
): MessagesApi {
  const requests: ScriptedRequest[] = [];
  const otherCalls: string[] = [];
  const byName: Record<string, Scenario | undefined> = { ...builtIn, ...scenarios };
  // Ids must not repeat when a session is resumed against another server.
  const serverId = crypto.randomUUID().slice(0, 8);
  let answers = 0;

  async function answerMessage(request: Request): Promise<Response> {
    if (!request.headers.has("x-api-key") && !request.headers.has("authorization")) {
      return errorResponse({ status: 401, message: "x-api-key header is required" });
    }
    const bytes = await request.bytes();
    if (bytes.length > bodyLimitBytes) return errorResponse({ status: 413 });
    const body: MessagesBody = JSON.parse(new TextDecoder().decode(bytes));
    const scripted = readRequest(body, request.headers.get("x-claude-code-session-id") ?? "");
    record(requests, scripted);
    const scenario = script ?? byName[scripted.scenario];
    if (!scenario) return errorResponse({ status: 400, message: `No scenario is called ${scripted.scenario}` });
    const turn = await scenario(scripted);
    if (typeof turn === "object" && "status" in turn) return errorResponse(turn);
    const answer = { id: `${serverId}_${++answers}`, model: body.model, turn };
    return body.stream ? streamResponse(answer) : messageResponse(answer);
  }

  const closing = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: closing.signal,
    onListen() {},
    onError: (error) => errorResponse({ status: 400, message: `The script failed: ${error}` }),
  }, (request) => {
    const call = `${request.method} ${new URL(request.url).pathname}`;
    if (call === "POST /v1/messages") return answerMessage(request);
    record(otherCalls, call);
    if (call === "POST /v1/messages/count_tokens") return Response.json({ input_tokens: 1_000 });
    return new Response(null, { status: call === "HEAD /" ? 200 : 404 });
  });

  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    otherCalls,
    async [Symbol.asyncDispose]() {
      // shutdown() would wait for the answers that hang.
      closing.abort();
      await server.finished;
    },
  };
}

function record<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > recordedAtMost) list.shift();
}
