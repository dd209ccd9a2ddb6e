// What goes to an agent's stdin, as stream-json: user messages and control messages, one line each, in the order of the
// calls. Nothing here throws or blocks the caller's other work: a closed or broken pipe is the answer `false`.

import type { ControlRequest } from "./claude_state.ts";

/** An agent's stdin, as messages. */
export interface ClaudeInput {
  /** Resolves when the line is in the pipe, with false when it will never be. */
  send(message: unknown): Promise<boolean>;
  /** After what is being sent. */
  close(): Promise<void>;
  /** At once; for a process that has ended. */
  abandon(): Promise<void>;
}

/** Takes a stdin over: nobody else may write to it. */
export function claudeInput(stdin: WritableStream<Uint8Array>): ClaudeInput {
  const writer = stdin.getWriter();
  // Its rejection repeats what the failing write said.
  writer.closed.catch(() => {});
  let isOpen = true;
  let last: Promise<unknown> = Promise.resolve();

  async function write(message: unknown, before: Promise<unknown>): Promise<boolean> {
    await before;
    try {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
      return true;
    } catch {
      isOpen = false;
      return false;
    }
  }

  return {
    send(message) {
      if (!isOpen) return Promise.resolve(false);
      const sent = write(message, last);
      last = sent;
      return sent;
    },
    async close() {
      if (!isOpen) return void await last;
      isOpen = false;
      last = last.then(() => writer.close()).catch(() => {});
      await last;
    },
    async abandon() {
      isOpen = false;
      await writer.abort().catch(() => {});
    },
  };
}

/** The line that says something to the agent, in a person's name. */
export function userMessage(text: string): unknown {
  return { type: "user", message: { role: "user", content: [{ type: "text", text }] } };
}

/** The line that asks the agent to stop what it does. */
export function interruptRequest(): unknown {
  return { type: "control_request", request_id: crypto.randomUUID(), request: { subtype: "interrupt" } };
}

/** Denies; `interrupt` also ends the run. Nobody is there to ask, and a request left unanswered hangs the run. */
export function denial(
  control: ControlRequest,
  { message, interrupt }: { message: string; interrupt: boolean },
): unknown {
  return {
    type: "control_response",
    response: {
      subtype: "success",
      request_id: control.requestId,
      response: { behavior: "deny", message, ...(interrupt ? { interrupt } : {}) },
    },
  };
}

/** For a request of a kind that is not known here. */
export function refusal(control: ControlRequest): unknown {
  return {
    type: "control_response",
    response: { subtype: "error", request_id: control.requestId, error: `Not supported: ${control.subtype}` },
  };
}
