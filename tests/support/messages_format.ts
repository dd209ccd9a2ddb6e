// What one answer of the Messages API looks like on the wire: as the documented stream of server-sent events
// (https://docs.anthropic.com/en/api/messages-streaming), as one JSON message, or as an error.

export type Block =
  | { type: "text"; text: string }
  | { type: "thinking"; thinking: string }
  | { type: "tool_use"; name: string; input: Record<string, unknown> };

export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

/** What every answer costs unless it says otherwise. */
export const usualUsage: Usage = {
  input_tokens: 120,
  output_tokens: 60,
  cache_creation_input_tokens: 30,
  cache_read_input_tokens: 10,
};

/** What the model does in one turn: speaks and uses tools, fails, or begins an answer and never goes on. */
export type Turn = { blocks: Block[]; usage?: Partial<Usage> } | ApiError | "hang";

export interface ApiError {
  status: keyof typeof errors;
  message?: string;
  /** `retry-after` and the like. */
  headers?: Record<string, string>;
}

/** https://docs.anthropic.com/en/api/errors */
const errors = {
  400: ["invalid_request_error", "messages.0: this request cannot be served"],
  401: ["authentication_error", "invalid x-api-key"],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your rate limit"],
  500: ["api_error", "Internal server error"],
  529: ["overloaded_error", "Overloaded"],
} as const;

export function errorResponse({ status, message, headers }: ApiError): Response {
  const [type, usualMessage] = errors[status];
  return Response.json({ type: "error", error: { type, message: message ?? usualMessage } }, { status, headers });
}

export interface Answer {
  /** Unique among all answers a session ever sees: claude merges messages by id. */
  id: string;
  model: string;
  turn: Exclude<Turn, ApiError>;
}

export function messageResponse({ id, model, turn }: Exclude<Answer, { turn: "hang" }>): Response {
  if (turn === "hang") return new Response(new ReadableStream(), { headers: { "content-type": "application/json" } });
  const content = turn.blocks.map((block, index) => {
    if (block.type === "tool_use") return { ...block, id: `toolu_${id}_${index}` };
    return block.type === "thinking" ? { ...block, signature } : block;
  });
  return Response.json({
    ...messageStart(id, model),
    content,
    stop_reason: stopReason(turn.blocks),
    usage: { ...usualUsage, ...turn.usage },
  });
}

/** Streams the answer event by event, as fast as it is read. */
export function streamResponse({ id, model, turn }: Answer): Response {
  const encoder = new TextEncoder();
  const events = turn === "hang" ? hangEvents(id, model) : messageEvents(id, model, turn);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = events.next();
      if (!done) controller.enqueue(encoder.encode(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`));
      else if (turn !== "hang") controller.close();
      // A pull that neither enqueues nor closes is the last one: the stream stays open and silent.
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
}

type StreamEvent = { type: string } & Record<string, unknown>;

function* hangEvents(id: string, model: string): Generator<StreamEvent> {
  yield { type: "message_start", message: messageStart(id, model) };
  yield { type: "ping" };
}

function* messageEvents(
  id: string,
  model: string,
  { blocks, usage }: { blocks: Block[]; usage?: Partial<Usage> },
): Generator<StreamEvent> {
  const counted = { ...usualUsage, ...usage };
  yield { type: "message_start", message: { ...messageStart(id, model), usage: { ...counted, output_tokens: 1 } } };
  yield { type: "ping" };
  for (const [index, block] of blocks.entries()) {
    yield { type: "content_block_start", index, content_block: emptyBlock(block, `toolu_${id}_${index}`) };
    for (const delta of blockDeltas(block)) yield { type: "content_block_delta", index, delta };
    yield { type: "content_block_stop", index };
  }
  yield {
    type: "message_delta",
    delta: { stop_reason: stopReason(blocks), stop_sequence: null },
    usage: { output_tokens: counted.output_tokens },
  };
  yield { type: "message_stop" };
}

function messageStart(id: string, model: string) {
  return {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { ...usualUsage, output_tokens: 1 },
  };
}

function stopReason(blocks: Block[]): "tool_use" | "end_turn" {
  return blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn";
}

function emptyBlock(block: Block, toolUseId: string) {
  switch (block.type) {
    case "text":
      return { type: "text", text: "" };
    case "thinking":
      return { type: "thinking", thinking: "", signature: "" };
    case "tool_use":
      return { type: "tool_use", id: toolUseId, name: block.name, input: {} };
  }
}

/** The API signs its thinking and checks it when it comes back; this server does not. */
const signature = "c2lnbmVk";

function* blockDeltas(block: Block) {
  switch (block.type) {
    case "text":
      for (const text of pieces(block.text)) yield { type: "text_delta", text };
      return;
    case "thinking":
      for (const thinking of pieces(block.thinking)) yield { type: "thinking_delta", thinking };
      yield { type: "signature_delta", signature };
      return;
    case "tool_use":
      yield { type: "input_json_delta", partial_json: "" };
      for (const partial_json of pieces(JSON.stringify(block.input))) yield { type: "input_json_delta", partial_json };
  }
}

/** At least two pieces where there are two characters, none cut inside a character. */
function* pieces(text: string): Generator<string> {
  const characters = Array.from(text);
  const size = Math.min(Math.ceil(characters.length / 2), 2_000);
  for (let from = 0; from < characters.length; from += size) yield characters.slice(from, from + size).join("");
}
