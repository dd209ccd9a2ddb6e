// The language of a file by its name, and of a block of code by the word on its fence: what the highlighter is asked for. Pure.

const byEnding: Record<string, string> = {
  ts: "typescript",
  tsx: "typescript",
  mts: "typescript",
  cts: "typescript",
  js: "typescript",
  jsx: "typescript",
  mjs: "typescript",
  cjs: "typescript",
  json: "json",
  jsonc: "json",
  css: "css",
  scss: "css",
  html: "xml",
  htm: "xml",
  xml: "xml",
  svg: "xml",
  vue: "xml",
  svelte: "xml",
  py: "python",
  pyi: "python",
  go: "go",
  rs: "rust",
  java: "java",
  kt: "java",
  c: "cpp",
  h: "cpp",
  cc: "cpp",
  cpp: "cpp",
  cxx: "cpp",
  hpp: "cpp",
  sh: "bash",
  bash: "bash",
  zsh: "bash",
  yml: "yaml",
  yaml: "yaml",
  md: "markdown",
  sql: "sql",
  rb: "ruby",
  php: "php",
  ini: "ini",
  toml: "ini",
  cfg: "ini",
  dockerfile: "dockerfile",
  diff: "diff",
  patch: "diff",
  cs: "csharp",
  csx: "csharp",
  swift: "swift",
  lua: "lua",
  ex: "elixir",
  exs: "elixir",
  graphql: "graphql",
  gql: "graphql",
  mk: "makefile",
  ps1: "powershell",
  psm1: "powershell",
  tf: "ini",
  tfvars: "ini",
  hcl: "ini",
};

/** Words on a fence that are no ending of a file, and no name of a language here. */
const byWord: Record<string, string> = {
  javascript: "typescript",
  "c++": "cpp",
  kotlin: "java",
  golang: "go",
  shell: "bash",
  console: "bash",
  "shell-session": "bash",
  make: "makefile",
  "c#": "csharp",
  pwsh: "powershell",
  terraform: "ini",
};

const names = new Set(Object.values(byEnding));

const byName: Record<string, string> = {
  dockerfile: "dockerfile",
  gemfile: "ruby",
  rakefile: "ruby",
  makefile: "makefile",
  gnumakefile: "makefile",
};

/** Null: its text is shown without colours. */
export function languageOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const ending = name.slice(name.lastIndexOf(".") + 1);
  return (Object.hasOwn(byName, name) && byName[name]) || (Object.hasOwn(byEnding, ending) && byEnding[ending]) || null;
}

/** Of the first word on a fence, such as `ts` or `python`. Null: none that is known. */
export function languageNamed(word: string): string | null {
  const name = word.toLowerCase();
  if (names.has(name)) return name;
  return (Object.hasOwn(byWord, name) && byWord[name]) || (Object.hasOwn(byEnding, name) && byEnding[name]) || null;
}
