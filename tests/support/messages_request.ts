// What a request of claude to the Messages API tells a script: who asks, where, and how far the conversation has come.

/** One `POST /v1/messages`, with what a script needs to decide its answer. */
export interface ScriptedRequest {
  /** As claude sent it. */
  body: MessagesBody;
  sessionId: string;
  /** claude's working folder, from its system prompt. */
  cwd: string;
  /** What the user wrote, oldest first: prompts and messages, without tool results and claude's own reminders. */
  userTexts: string[];
  /** From the newest marker in them, `[[scenario:name]]` or `[[scenario:name argument]]`; `simple` without one. */
  scenario: string;
  argument: string;
  /** How many answers the conversation holds since the text with that marker: 0 for the first turn. */
  step: number;
  /** The same since the newest text: 0 when a person spoke last. */
  stepSinceText: number;
  /** Whether claude is in plan mode. */
  isPlanning: boolean;
  /** Whether claude may use that tool; newer programs do not list the ones that are rarely used. */
  offers(tool: string): boolean;
}

export interface MessagesBody {
  model: string;
  stream?: boolean;
  system?: string | { text: string }[];
  tools?: { name: string }[];
  messages: { role: string; content: string | MessageContent[] }[];
}

export type MessageContent =
  | { type: "text"; text: string }
  | { type: "thinking"; thinking: string }
  | { type: "tool_use"; id: string; name: string; input: unknown }
  | { type: "tool_result"; tool_use_id: string; content: unknown; is_error?: boolean };

/** Reads from claude's request how far the conversation has come. */
export function readRequest(body: MessagesBody, sessionId: string): ScriptedRequest {
  const userTexts: string[] = [];
  let scenario = "simple";
  let argument = "";
  let step = 0;
  let stepSinceText = 0;
  for (const { role, content } of body.messages) {
    if (role === "assistant" && !isFiller(content)) {
      step++;
      stepSinceText++;
    }
    if (role === "user" && wasCutShort(content)) {
      step--;
      stepSinceText--;
    }
    for (const text of textsOfUser(role, content)) {
      userTexts.push(text);
      stepSinceText = 0;
      const marker = /\[\[scenario:(\w+)(?: ([^\]]*))?\]\]/.exec(text);
      if (!marker) continue;
      scenario = marker[1]!;
      argument = marker[2] ?? "";
      step = 0;
    }
  }
  const tools = new Set(body.tools?.map(({ name }) => name));
  return {
    body,
    sessionId,
    cwd: /Primary working directory: (.+)/.exec(systemText(body))?.[1] ?? "",
    userTexts,
    scenario,
    argument,
    step,
    stepSinceText,
    isPlanning: tools.has("ExitPlanMode") || isInPlanMode(body),
    offers: (tool) => tools.has(tool),
  };
}

/** A message sent while claude works arrives inside a text of claude's own, as role `system` for models that take it. */
const sentWhileWorking =
  /The user sent a new message while you were working:\n([^]*?)\n\n(?:IMPORTANT: |This is how Claude Code surfaces )/g;

/** Texts of claude's own in the user's place: context, a stop, a session resumed after a kill, background work that ended. */
const notFromUser =
  /^(<system-reminder>|<task-notification>|\[Request interrupted by user|Continue from where you left off\.$)/;

function textsOfUser(role: string, content: string | MessageContent[]): string[] {
  if (role === "assistant") return [];
  return textsOf(content).flatMap((text) => {
    const sent = Array.from(text.matchAll(sentWhileWorking), (match) => match[1]!);
    return sent.length === 0 && role === "user" && !notFromUser.test(text) ? [text] : sent;
  });
}

/** Whether a kill cut the tool call short that this answers: the step is not taken. */
function wasCutShort(content: string | MessageContent[]): boolean {
  return typeof content !== "string" &&
    content.some((block) =>
      block.type === "tool_result" &&
      JSON.stringify(block.content).includes("[Tool call interrupted: the session ended")
    );
}

/** What claude puts in the place of the answer that a kill cut short. */
function isFiller(content: string | MessageContent[]): boolean {
  return textsOf(content).includes("No response requested.");
}

/** Newer programs say in the conversation when plan mode begins and ends. */
function isInPlanMode(body: MessagesBody): boolean {
  const said = systemText(body);
  return said.lastIndexOf("Plan mode is active") > said.lastIndexOf("You have exited plan mode");
}

function textsOf(content: string | MessageContent[]): string[] {
  const texts = typeof content === "string"
    ? [content]
    : content.flatMap((block) => block.type === "text" ? [block.text] : []);
  // claude separates the texts it merges into one message by a line end.
  return texts.map((text) => text.trim());
}

/** Newer programs say part of it in the conversation. */
function systemText({ system = "", messages }: MessagesBody): string {
  const own = typeof system === "string" ? [system] : system.map(({ text }) => text);
  return [...own, ...messages.flatMap(({ role, content }) => role === "system" ? textsOf(content) : [])].join("\n");
}
