// The language of a file, by its name: what the highlighter is asked for. Pure.

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
};

const byName: Record<string, string> = { dockerfile: "dockerfile", gemfile: "ruby", rakefile: "ruby" };

/** Null: its text is shown without colours. */
export function languageOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const ending = name.slice(name.lastIndexOf(".") + 1);
  return (Object.hasOwn(byName, name) && byName[name]) || (Object.hasOwn(byEnding, ending) && byEnding[ending]) || null;
}
