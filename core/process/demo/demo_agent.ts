// The demo agent: a program that speaks claude's stream-json and needs no account, for a first look at the service. It
// really edits and commits, in the folder it is started in, but no model is behind it: what it writes is made from the
// prompt by this file, it says so, and everything about it is labelled `demo`.
//
//   deno run -A demo_agent.ts -p --input-format stream-json [--permission-mode plan] [--session-id ID | --resume ID]
//
// Arguments it does not know are ignored. DEMO_STEP_MS (default 400) is the pause between two steps. It imports nothing,
// so that it runs without this project's configuration.

type Json = Record<string, unknown>;

const promptEnds: string[] = JSON.parse(Deno.env.get("DEMO_PROMPT_ENDS") ?? "[]");
const stepMs = Number(Deno.env.get("DEMO_STEP_MS") ?? "400");
const isPlanning = valueOf("--permission-mode") === "plan" && !Deno.args.includes("--dangerously-skip-permissions");
const isResumed = Deno.args.includes("--resume");
const sessionId = valueOf("--resume") ?? valueOf("--session-id") ?? crypto.randomUUID();
// No model, so no tokens.
const usage = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

function valueOf(option: string): string | undefined {
  const at = Deno.args.indexOf(option);
  return at === -1 ? undefined : Deno.args[at + 1];
}

// --- What it says

const encoder = new TextEncoder();
let messages = 0;
let tools = 0;

function say(line: Json): void {
  const bytes = encoder.encode(`${JSON.stringify({ ...line, session_id: sessionId })}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

function assistant(...content: Json[]): void {
  const id = `msg_demo_${++messages}_${sessionId.slice(0, 8)}`;
  const message = { id, type: "message", role: "assistant", model: "demo", content };
  say({ type: "assistant", message: { ...message, usage }, parent_tool_use_id: null });
}

async function useTool(name: string, input: Json, action: () => Promise<string>): Promise<void> {
  const id = `toolu_demo_${++tools}`;
  assistant({ type: "tool_use", id, name, input });
  await pause();
  let content = "";
  let isError = false;
  try {
    content = await action();
  } catch (error) {
    isError = true;
    content = error instanceof Error ? error.message : String(error);
  }
  say({
    type: "user",
    message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content, is_error: isError }] },
    parent_tool_use_id: null,
  });
  if (isError) throw new Error(content);
}

function result(fields: { subtype: string; is_error: boolean; result?: string }): void {
  say({
    type: "result",
    ...fields,
    num_turns: messages,
    duration_ms: Math.round(performance.now()),
    total_cost_usd: 0,
    usage,
  });
}

// --- What it hears

const prompts: string[] = [];
const answers = new Map<string, (response: Json) => void>();
let interruption = new AbortController();
let hasInputEnded = false;
let wake = () => {};

async function listen(): Promise<void> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) hear(line);
  }
  if (rest !== "") hear(rest);
  hasInputEnded = true;
  // Nobody is left to answer.
  for (const answer of answers.values()) answer({ behavior: "deny" });
  wake();
}

function hear(line: string): void {
  let message: Json;
  try {
    message = JSON.parse(line);
  } catch {
    return;
  }
  if (message.type === "user") {
    prompts.push(textOf(message.message as Json));
  } else if (message.type === "control_request") {
    interruption.abort();
    say({ type: "control_response", response: { subtype: "success", request_id: message.request_id } });
  } else if (message.type === "control_response") {
    const response = message.response as Json;
    answers.get(String(response.request_id))?.((response.response ?? {}) as Json);
  }
  wake();
}

function textOf(message: Json): string {
  const content = message.content;
  if (typeof content === "string") return content;
  return (content as Json[]).map((block) => String(block.text ?? "")).join("\n");
}

async function nextPrompt(): Promise<string | undefined> {
  while (prompts.length === 0 && !hasInputEnded) await new Promise<void>((resolve) => wake = resolve);
  return prompts.shift();
}

async function pause(): Promise<void> {
  const { signal } = interruption;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, stepMs);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
  signal.throwIfAborted();
}

// --- What it does

async function plan(prompt: string): Promise<void> {
  const { title, file } = pieceOf(prompt);
  assistant({
    type: "text",
    text: "I am the demo agent: no model is behind me. I will look around and propose a plan.",
  });
  await pause();
  await useTool("Bash", { command: "git ls-files", description: "List files" }, () => command("git", "ls-files"));
  const text = `## Plan for "${title}"\n\n1. Write \`${file}\`\n2. Commit it on this branch`;
  const id = `toolu_demo_${++tools}`;
  assistant({ type: "tool_use", id, name: "ExitPlanMode", input: { plan: text } });
  const request = { subtype: "can_use_tool", tool_name: "ExitPlanMode", input: { plan: text }, tool_use_id: id };
  const requestId = crypto.randomUUID();
  const answer = await new Promise<Json>((resolve) => {
    answers.set(requestId, resolve);
    say({ type: "control_request", request_id: requestId, request });
  });
  if (answer.behavior === "allow") return await work(prompt);
  if (answer.interrupt === true) interruption.abort();
  interruption.signal.throwIfAborted();
  result({ subtype: "success", is_error: false, result: text });
}

async function work(prompt: string): Promise<void> {
  const { title, file, slug } = pieceOf(prompt);
  assistant({
    type: "text",
    text: `I am the demo agent: no model is behind me. ${isResumed ? "I go on" : "I begin"} with "${title}".`,
  });
  await pause();
  assistant({ type: "thinking", thinking: `A small file that shows the way from a prompt to a commit: ${file}.` });
  await pause();
  await useTool("Bash", { command: "git ls-files", description: "List files" }, () => command("git", "ls-files"));
  await pause();
  const before = await Deno.readTextFile(file).catch(() => `# ${title}\n`);
  const content = `${before}\n${askedIn(prompt).split("\n").map((line) => `> ${line}`).join("\n")}\n`;
  await useTool("Write", { file_path: `${Deno.cwd()}/${file}`, content }, async () => {
    await Deno.mkdir("demo", { recursive: true });
    await Deno.writeTextFile(file, content);
    return `File written: ${file}`;
  });
  await pause();
  const subject = `Add demo note ${slug}`;
  const identity = ["-c", "user.name=Demo Agent", "-c", "user.email=demo@localhost"];
  await useTool(
    "Bash",
    { command: `git add ${file} && git commit -m '${subject}'`, description: "Commit" },
    async () => {
      await command("git", "add", "--", file);
      return await command("git", ...identity, "commit", "-q", "-m", subject) +
        await command("git", "log", "-1", "--oneline");
    },
  );
  await pause();
  const text = `Done: \`${file}\` is committed on this branch. (Demo agent: no model was asked.)`;
  assistant({ type: "text", text });
  result({ subtype: "success", is_error: false, result: text });
}

/** Without the paragraphs that the service adds to most prompts. */
function askedIn(prompt: string): string {
  const end = promptEnds.find((end) => prompt.endsWith(`\n\n${end}`));
  return (end === undefined ? prompt : prompt.slice(0, -end.length)).trim();
}

function pieceOf(prompt: string): { title: string; slug: string; file: string } {
  const title = (prompt.split("\n").find((line) => line.trim() !== "") ?? "note").trim().slice(0, 60);
  const slug = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "note";
  return { title, slug, file: `demo/${slug}.md` };
}

async function command(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(decoder.decode(stderr).trim() || `${program} failed with exit code ${code}`);
  return decoder.decode(stdout);
}

async function turn(prompt: string): Promise<boolean> {
  interruption = new AbortController();
  try {
    await (isPlanning ? plan(prompt) : work(prompt));
    return true;
  } catch (error) {
    if (interruption.signal.aborted) {
      say({
        type: "user",
        message: { role: "user", content: [{ type: "text", text: "[Request interrupted by user]" }] },
        parent_tool_use_id: null,
      });
      result({ subtype: "error_during_execution", is_error: true });
    } else {
      result({ subtype: "success", is_error: true, result: error instanceof Error ? error.message : String(error) });
    }
    return false;
  }
}

async function main(): Promise<void> {
  void listen();
  let isGood = true;
  for (let prompt = await nextPrompt(); prompt !== undefined; prompt = await nextPrompt()) {
    if (messages === 0) {
      const permissionMode = isPlanning ? "plan" : "bypassPermissions";
      say({
        type: "system",
        subtype: "init",
        cwd: Deno.cwd(),
        model: "demo",
        claude_code_version: "demo",
        permissionMode,
      });
    }
    isGood = await turn(prompt);
  }
  Deno.exit(isGood ? 0 : 1);
}

if (import.meta.main) await main();
