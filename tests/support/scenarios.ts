// What the model says and does in the built-in scenarios. A prompt chooses one by its marker, `[[scenario:edit]]` or, with
// an argument, `[[scenario:many 3]]`. A scenario is a function of the request alone: it reads from the conversation how
// far it has come, so that a resumed session goes on where it was.

import { identity } from "./temp.ts";
import type { Block, Turn } from "./messages_format.ts";
import type { ScriptedRequest } from "./messages_request.ts";

/** Answers one request. It may wait: the answer of a promise that is settled by the test is a gate. */
export type Scenario = (request: ScriptedRequest) => Turn | Promise<Turn>;

export const scenarios: Record<string, Scenario> = {
  /** One text. */
  simple: () => say("Nothing to change: the repository already does that."),

  /** Writes a file (argument: its name, by default greet.ts), commits it, says so. */
  edit: (request) => edit(request, request.step),

  /** The same without the commit. */
  uncommitted: (request) => request.step === 0 ? edit(request, 0) : say("I left the file uncommitted."),

  /** A command that fails with exit code 3, then a text. */
  failing_tool: inTurn(
    () => bash("echo 'no such test' >&2; exit 3", "Run the test"),
    () => say("The test command fails with exit code 3, so I stopped there."),
  ),

  /** As many tool calls as the argument says (25), one a turn, then a text. */
  many(request) {
    const count = Number(request.argument || 25);
    if (request.step >= count) return say(`Done after ${count} steps.`);
    return bash(`echo step ${request.step + 1} of ${count}`, `Step ${request.step + 1}`);
  },

  /** A command that takes as many seconds as the argument says (60), then a text. A resumed session does not wait again. */
  // `exec`, since newer programs refuse a command that begins with sleep.
  slow: waiting((seconds) => `exec sleep ${seconds}`),

  /** The same, with a grandchild in a session of its own that no signal to a process group reaches. */
  slow_setsid: waiting((seconds) => `setsid sleep ${seconds} & sleep ${seconds}`),

  /** In plan mode proposes a plan, a revised one after each further message; otherwise carries it out as `edit` does. */
  plan(request) {
    if (!request.isPlanning) return edit(request, request.stepSinceText);
    if (request.stepSinceText > 0) return say("The plan waits for approval.");
    const feedback = request.step > 0 ? `4. Mind this: ${request.userTexts.at(-1)}\n` : "";
    const plan = `## Plan\n\n1. Add \`greet.ts\`\n2. Test it\n3. Commit\n${feedback}`;
    return answer({ type: "text", text: "Here is my plan." }, tool("ExitPlanMode", { plan }));
  },

  /** Repeats the newest message. With an argument, first waits (30 s at most) until a file of that path is there, so that
   * a test can send a message while the tool runs. */
  followup(request) {
    if (request.argument && request.step === 0) {
      return bash(untilThere(request.argument), "Wait for the gate");
    }
    return say(`You said: ${request.userTexts.at(-1)}`);
  },

  /** A command that prints 200,000 characters, then a text of 200,000 characters. */
  big: inTurn(
    () => bash("head -c 200000 /dev/zero | tr '\\0' x", "Print a lot"),
    () => say("0123456789".repeat(20_000)),
  ),

  /** Ten tool calls whose answers cost about $2.50 each at claude's prices: for budgets. */
  expensive: inTurn(
    ...Array.from(
      { length: 10 },
      (_, n) => () => ({ ...bash(`echo expensive step ${n + 1}`, "Think hard"), usage: { output_tokens: 100_000 } }),
    ),
    () => say("That was expensive."),
  ),

  /** Starts a command in the background that commits late.txt once a file of the argument's path is there, or without one
   * after 12 s, and ends its turn; says `The tests are green.` in the turn about its end. */
  background({ argument, step }) {
    if (step > 0) return say(step === 1 ? "The tests run in the background." : "The tests are green.");
    const command = `${argument ? untilThere(argument) : "perl -e 'sleep 12'"}; echo late > late.txt; ${
      commitAs("add late.txt")
    }`;
    return answer(tool("Bash", { command, description: "Long tests", run_in_background: true }));
  },

  /** The same with a subagent, which waits for that file. */
  background_agent({ argument, step, offers }) {
    if (step > 0) return say(step === 1 ? "A subagent looks." : "It has looked.");
    const prompt = `[[scenario:followup ${argument}]]`;
    const call = { description: "Look around", prompt, subagent_type: "Explore", run_in_background: true };
    return answer(tool(offers("Agent") ? "Agent" : "Task", call));
  },

  /** Calls the tool of that name, as if to leave the run behind, then says what came of it. */
  leaves: inTurn(
    ({ argument }) => answer(tool(argument, { name: "mine", delaySeconds: 60, reason: "x", prompt: "y" })),
    () => say("I went on here."),
  ),

  /** Commits stray.txt on a branch of its own and stays there; `detached`: on none; `worktree`: in another worktree. */
  stray: inTurn(
    ({ argument, cwd }) => {
      const go = argument === "detached"
        ? "git checkout --quiet --detach"
        : argument === "worktree"
        ? `git worktree add --quiet -b mine '${cwd}-mine' && cd '${cwd}-mine'`
        : "git checkout --quiet -b mine";
      return bash(`${go} && echo stray > stray.txt && ${commitAs("add stray.txt")}`, "Commit elsewhere");
    },
    () => say("stray.txt is committed."),
  ),

  /** In plan mode writes its plan into claude's plan file and calls ExitPlanMode without one, as today's models do. */
  plan_file(request) {
    if (!request.isPlanning) return edit(request, request.stepSinceText);
    if (request.step === 0) {
      const file = /(\/\S+\/plans\/\S+?\.md)/.exec(JSON.stringify(request.body))?.[1];
      if (file) return answer(tool("Write", { file_path: file, content: "## Plan\n\n1. Write the file\n" }));
    }
    return answer({ type: "text", text: "My last words are the plan." }, tool("ExitPlanMode", {}));
  },

  /** A usage limit that ends as many seconds from now as the argument says (3600). */
  usage_limit: ({ argument }) => ({
    status: 429,
    headers: {
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-reset": String(Math.ceil(Date.now() / 1000) + Number(argument || 3600)),
      "anthropic-ratelimit-unified-representative-claim": "five_hour",
    },
  }),

  /** Begins an answer and never goes on. */
  hang: () => "hang",

  auth: () => ({ status: 401 }),
  bad_request: () => ({ status: 400 }),
  rate_limited: () => ({ status: 429 }),
  overloaded: () => ({ status: 529 }),
};

/** A command that waits (30 s at most) until a file is there. */
function untilThere(file: string): string {
  return `n=0; until [ -e '${file}' ] || [ $((n += 1)) -gt 600 ]; do sleep 0.05; done`;
}

function commitAs(message: string): string {
  const author = `-c user.name='${identity.name}' -c user.email='${identity.email}'`;
  return `git add -A && git ${author} commit --quiet --message='${message}'`;
}

function waiting(command: (seconds: string) => string): Scenario {
  return ({ argument, step, userTexts }) =>
    step === 0 && userTexts.length === 1 ? bash(command(argument || "60"), "Wait") : say("Waited long enough.");
}

function edit({ cwd, argument, scenario }: ScriptedRequest, step: number): Turn {
  const name = (scenario !== "plan" && argument) || "greet.ts";
  switch (step) {
    case 0:
      return answer(
        { type: "thinking", thinking: "I should write the file, then commit it." },
        { type: "text", text: `I will add \`${name}\` and commit it.` },
        tool("Write", {
          file_path: `${cwd}/${name}`,
          content: "export const greet = (name: string) => `Hello, ${name}!`;\n",
        }),
      );
    case 1: {
      const author = `-c user.name='${identity.name}' -c user.email='${identity.email}'`;
      return bash(`git add '${name}' && git ${author} commit --quiet --message='Add ${name}'`, "Commit the work");
    }
    default:
      return say(`Added \`${name}\` and committed it.`);
  }
}

/** A scenario that takes its steps in order and repeats the last. */
export function inTurn(...steps: Scenario[]): Scenario {
  return (request) => (steps[request.step] ?? steps.at(-1)!)(request);
}

export function say(text: string) {
  return answer({ type: "text", text });
}

export function bash(command: string, description: string) {
  return answer(tool("Bash", { command, description }));
}

export function tool(name: string, input: Record<string, unknown>): Block {
  return { type: "tool_use", name, input };
}

export function answer(...blocks: Block[]) {
  return { blocks };
}
