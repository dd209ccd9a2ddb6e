// `coder.json`: what a repository says about how work is done in it, and the operator's file of the same fields. Strict JSON;
// every mistake is one sentence with its line and column and what is accepted, and nothing is guessed.

import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { z } from "zod";
import { DomainError } from "../../domain/error.ts";
import { efforts, modelPattern } from "../../domain/task_spec.ts";
import { sandboxLevels } from "../../domain/sandbox.ts";
import { isBranchName } from "../../domain/slug.ts";

/** Its name, at the top of a repository. */
export const projectFileName = "coder.json";

const fileCharacters = 1_048_576;
const textCharacters = 20_000;
const names = 100;
const domains = 200;

/** Names that a project may not set: each begins with one of these, or is one of them. */
const reserved = {
  prefixes: ["TASK_", "CODER_", "PERSONAL_", "DENO_KV_", "GIT_CONFIG", "LD_", "DYLD_"],
  // Those of `git rev-parse --local-env-vars` and their like: they point git at another repository.
  names: [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
  ],
};
const free = new RegExp(
  `^(?!(?:${reserved.prefixes.join("|")})|(?:${reserved.names.join("|")})$)[A-Za-z_][A-Za-z0-9_]*$`,
);

/** A name or an address, with a port where only that is meant. */
const domain = /^(?:(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;
const levels = z.enum(sandboxLevels);
/** What loosens is not the repository's to say: it is read there too, so that both files have the same fields. */
const ofOperator = "counts in the operator's file only";
// A program's arguments and environment end at a NUL.
const text = z.string().max(textCharacters).regex(/^[^\0]*$/);
const command = (what: string) =>
  text.min(1).regex(/\S/).nullable().optional().meta({ description: `${what}, run by \`sh -eu -c\`; null: none` });
const whole = (min: number, max: number, { of, ...meta }: { of: string; default: number }) =>
  z.number().int().min(min).max(max).optional().meta({ description: of, ...meta });
const seconds = (of: string, { max, ...meta }: { max: number; default: number }) =>
  whole(1, max, { of: `The seconds that the ${of} may take`, ...meta });

const sandbox = z.strictObject({
  level: levels.optional().meta({ default: "files" }),
  allowed_domains: z.array(z.string().regex(domain)).max(domains).optional().meta({
    description: `What \`full\` leaves open of the network; \`*.example.com\` for all below it; ${ofOperator}`,
  }),
  push: z.boolean().optional().meta({
    description: `Whether a push from inside is possible: what it takes to log in can be read; ${ofOperator}`,
    default: false,
  }),
  serve: z.boolean().optional().meta({
    description: `Whether what listens on TASK_PORT inside can be reached from a browser here; ${ofOperator}`,
    default: false,
  }),
});

const schema = z.strictObject({
  $schema: z.string().max(2_000).optional().meta({ description: "For editors: where this schema is" }),
  setup: command("Makes a new worktree ready for work, such as `npm ci`"),
  check: command("Exits 0 when the work is good, such as `npm test`"),
  cleanup: command("Gives back what setup took outside of the worktree, before that is removed"),
  setup_timeout_seconds: seconds("setup", { max: 86_400, default: 600 }),
  check_timeout_seconds: seconds("check", { max: 86_400, default: 1_800 }),
  cleanup_timeout_seconds: seconds("cleanup", { max: 3_600, default: 60 }),
  check_rounds: whole(0, 10, { of: "How often the agent may mend what the check refuses, in one run", default: 2 }),
  commit_reminder: z.boolean().optional().meta({
    description: "Whether an agent that ends with uncommitted work is told once to commit it",
    default: true,
  }),
  env: z.record(z.string().regex(free), text).refine((env) => Object.keys(env).length <= names).optional().meta({
    description: `At most ${names} variables for setup, agent, check and cleanup`,
    maxProperties: names,
  }),
  model: z.string().max(100).regex(modelPattern).optional().meta({ description: "For tasks that name none" }),
  effort: z.enum(efforts).optional().meta({ description: "For tasks that name none" }),
  target: z.string().refine(isBranchName).optional().meta({ description: "The branch that finished work lands on" }),
  method: z.enum(["ff", "merge", "squash", "rebase"]).optional().meta({ description: "How it lands there" }),
  land: z.enum(["auto", "never"]).optional().meta({ description: "`auto`: what is good lands by itself" }),
  exchange: text.min(1).max(2_000).regex(/^(?!-)\S+$/).nullable().optional().meta({
    description: `A git remote by which the workers of one store hand each other work; null: none; ${ofOperator}`,
  }),
  sandbox: z.union([levels, sandbox]).optional().meta({
    description:
      "What agent and commands are confined to; the strictest holds of this file, the operator's and CODER_SANDBOX",
  }),
});

/** What such a file says. A field that is not there is not set; what holds then, the settings say (project_settings.ts). */
export type ProjectFile = z.infer<typeof schema>;

const fields = Object.keys(schema.shape);
const sandboxFields = Object.keys(sandbox.shape);
const commandWords = `a command line of 1 to ${textCharacters} characters, or null for none`;
const valueWords = `a text of at most ${textCharacters} characters without NUL`;
const between = (min: number, max: number) => `a whole number from ${min} to ${max}`;
const levelWords = '"off", "files" or "full"';

/** What each field accepts, in words for its error. */
const accepted: Record<keyof ProjectFile, string> = {
  $schema: "a text of at most 2000 characters",
  setup: commandWords,
  check: commandWords,
  cleanup: commandWords,
  setup_timeout_seconds: between(1, 86_400),
  check_timeout_seconds: between(1, 86_400),
  cleanup_timeout_seconds: between(1, 3_600),
  check_rounds: between(0, 10),
  commit_reminder: "true or false",
  env: `an object of at most ${names} names with a text each`,
  model: "a model's name, such as opus",
  effort: oneOf(efforts),
  target: "the name of a branch, such as main",
  method: '"ff", "merge", "squash" or "rebase"',
  land: '"auto" or "never"',
  exchange: "the URL or path of a git repository without spaces, or null for none",
  sandbox: `${levelWords}, or an object with ${sandboxFields.join(", ")}`,
};

/** The same for what is inside of them. */
const acceptedWithin: Record<string, string> = {
  "sandbox.level": levelWords,
  "sandbox.allowed_domains": `a list of at most ${domains} domain names`,
  "sandbox.allowed_domains.*": "a domain name, such as registry.example.com, *.example.com or git.example.com:22",
  "sandbox.push": "true or false",
  "sandbox.serve": "true or false",
  "env.*": valueWords,
};

const reservedWords = `names that begin with ${reserved.prefixes.join(", ")}, and those that point git at another ` +
  "repository (GIT_DIR, ...) or claude at itself (CLAUDECODE, ...), are not a project's to set";

/**
 * Reads the text of such a file; `name` is what messages call it. Throws `DomainError("invalid")` with one sentence about the
 * first mistake: `coder.json, line 4, column 12: check_rounds must be a whole number from 0 to 10, not "two"`. Lines and
 * columns count from 1, columns in characters.
 */
export function parseProjectFile(text: string, { name }: { name: string }): ProjectFile {
  if (text.length > fileCharacters) throw new DomainError("invalid", `${name}: it is larger than 1 MiB`);
  const mistake: Mistake = (offset, words) => new DomainError("invalid", `${name}, ${placeOf(offset, text)}: ${words}`);
  const root = treeOf(text, mistake);
  const parsed = schema.safeParse(getNodeValue(root));
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.flatMap(innermost).map((issue) => describe(issue, root));
  const first = mistakes.reduce((a, b) => b.offset < a.offset ? b : a);
  throw mistake(first.offset, first.words);
}

/** The JSON Schema of such a file, for editors: draft 2020-12, with a description of every field. */
export function projectJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return {
    $schema,
    title: "coder.json",
    description: "How work is done in this repository by Personal Coder. Each field is optional.",
    ...rest,
  };
}

type Mistake = (offset: number, words: string) => DomainError;

function treeOf(text: string, mistake: Mistake): Node {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
    const useless = root && errors.length === 0 ? uselessKey(root) : null;
    if (useless) throw mistake(useless.key.offset, useless.words);
  } catch (error) {
    // Brackets within brackets, deeper than the stack.
    if (!(error instanceof RangeError)) throw error;
    throw mistake(0, "it is nested too deeply");
  }
  const [error] = errors;
  if (error) throw mistake(error.offset, syntaxWords[printParseErrorCode(error.error)] ?? "this is not JSON");
  if (root?.type !== "object") throw mistake(root?.offset ?? 0, `it must be an object with fields such as "setup"`);
  return root;
}

const syntaxWords: Record<string, string> = {
  InvalidSymbol: "this is no JSON value: a text has double quotes around it",
  InvalidNumberFormat: "this is no number",
  PropertyNameExpected: "a name in double quotes is expected here; there is no comma after the last field",
  ValueExpected: "a value is expected here; there is no comma after the last one",
  ColonExpected: "a colon is expected here",
  CommaExpected: "a comma is expected here",
  CloseBraceExpected: "a closing brace is expected here",
  CloseBracketExpected: "a closing bracket is expected here",
  EndOfFileExpected: "nothing may follow the object",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfComment: "JSON has no comments",
  UnexpectedEndOfString: "this text has no closing quote",
  UnexpectedEndOfNumber: "this is no number",
  InvalidUnicode: "\\u needs four hexadecimal digits",
  InvalidEscapeCharacter: 'after a backslash one of " \\ / b f n r t u is expected',
  InvalidCharacter: "a control character in a text must be written as \\n, \\t or \\u0000",
};

/** A key that cannot count: the second of two equal ones of one object, or the one that objects take for something else. */
function uselessKey(node: Node): { key: Node; words: string } | null {
  const seen = new Set<unknown>();
  for (const child of node.children ?? []) {
    const [key, value] = child.type === "property" ? child.children! : [null, child];
    if (key?.value === "__proto__") return { key, words: '"__proto__" is no name' };
    if (key && seen.has(key.value)) return { key, words: `${shown(key.value)} is there twice` };
    if (key) seen.add(key.value);
    const below = uselessKey(value!);
    if (below) return below;
  }
  return null;
}

type Issue = z.core.$ZodIssue;

/** Of a value that fits no kind of sandbox: what is wrong with the kind that it is of. */
function innermost(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const kind = issue.errors.find((errors) =>
    errors.some(({ path, code }) => path.length > 0 || code !== "invalid_type" && code !== "invalid_value")
  );
  return kind ? kind.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) : [issue];
}

function describe(issue: Issue, root: Node): { offset: number; words: string } {
  const path = issue.path as (string | number)[];
  const node = findNodeAtLocation(root, path)!;
  if (issue.code === "unrecognized_keys") {
    const keys = node.children!.map((property) => property.children![0]!);
    const key = keys.find(({ value }) => issue.keys.includes(value))!;
    const [where, known] = path.length === 0 ? ["", fields] : [" in sandbox", sandboxFields];
    return {
      offset: key.offset,
      words: `there is no field ${shown(key.value)}${where}; known are ${known.join(", ")}`,
    };
  }
  if (issue.code === "invalid_key") {
    const name = String(path.at(-1));
    const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
    const why = isName ? reservedWords : "a name has letters, digits and underscores, and begins with no digit";
    return { offset: node.parent!.offset, words: `env cannot set ${shown(name)}: ${why}` };
  }
  return { offset: node.offset, words: `${path.join(".")} must be ${wordsFor(path)}, not ${valueShown(node, path)}` };
}

function wordsFor(path: (string | number)[]): string {
  if (path.length === 1) return accepted[path[0] as keyof ProjectFile];
  const last = path[0] === "env" || typeof path.at(-1) === "number" ? "*" : path.at(-1)!;
  return acceptedWithin[[...path.slice(0, -1), last].join(".")]!;
}

/** A wrong value, shortened; of a variable its kind alone: it may be a secret. */
function valueShown(node: Node, path: (string | number)[]): string {
  const { length = 0 } = node.children ?? [];
  if (node.type === "object") return length > names ? `one of ${length}` : "an object";
  if (node.type === "array") return length > domains ? `one of ${length}` : "a list";
  if (path[0] !== "env" || node.type === "null") return shown(node.value);
  return node.type === "string" ? `a text of ${(node.value as string).length} characters` : `a ${node.type}`;
}

function shown(value: unknown): string {
  if (typeof value === "string" && value.length > 80) return `a text of ${value.length} characters`;
  return JSON.stringify(value);
}

function oneOf(values: readonly string[]): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

function placeOf(offset: number, text: string): string {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return `line ${lines.length}, column ${[...lines.at(-1)!].length + 1}`;
}
