// How a Python project is made ready and tested: by uv or poetry where their lock is there, else by pip in a `.venv`.

import { parseToml } from "@std/toml";
import type { Commands, ReadFile } from "./commands.ts";

interface Manifest {
  project?: { dependencies?: unknown; "optional-dependencies"?: unknown };
  "build-system"?: unknown;
  "dependency-groups"?: unknown;
}

export async function findPython(read: ReadFile): Promise<Commands | null> {
  const text = await read("pyproject.toml");
  const manifest = text === null ? null : manifestOf(text);
  if (text === null || !manifest) return null;
  const isTested = /^\[tool\.pytest|["']pytest\b|^\s*pytest\s*=/m.test(text);
  const tests = (start: string) => isTested ? `${start}pytest` : null;
  const extra = setWithPytest(manifest.project?.["optional-dependencies"]);
  if (await read("uv.lock") !== null) {
    return { setup: "uv sync --locked --all-extras --all-groups", check: tests("uv run ") };
  }
  if (await read("poetry.lock") !== null) {
    return { setup: `poetry install${extra === null ? "" : ` --extras ${extra}`}`, check: tests("poetry run ") };
  }
  const isPackage = manifest.project !== undefined || manifest["build-system"] !== undefined ||
    await read("setup.py") !== null;
  return { setup: pipSetup(manifest, { extra, isPackage, isTested }), check: tests(".venv/bin/python -m ") };
}

/** The project with what brings pytest: itself, an extra, a dependency group, or else pytest by its name. */
function pipSetup(
  { project, "dependency-groups": groups }: Manifest,
  { extra, isPackage, isTested }: { extra: string | null; isPackage: boolean; isTested: boolean },
): string | null {
  const isInProject = hasPytest(project?.dependencies);
  const group = isInProject || extra !== null ? null : setWithPytest(groups);
  const wanted = [
    ...isPackage ? [isInProject || extra === null ? "-e ." : `-e '.[${extra}]'`] : [],
    ...group === null ? [] : [`--group ${group}`],
    ...isTested && !isInProject && extra === null && group === null ? ["pytest"] : [],
  ];
  if (wanted.length === 0) return null;
  // The pip that a new venv has is often older than dependency groups.
  const newer = group === null ? "" : " && .venv/bin/pip install 'pip>=25.1'";
  return `python3 -m venv .venv${newer} && .venv/bin/pip install ${wanted.join(" ")}`;
}

/** The first of named sets of requirements that has pytest; its name is fit for a shell. */
function setWithPytest(sets: unknown): string | null {
  if (typeof sets !== "object" || sets === null) return null;
  return Object.entries(sets).find(([name, set]) => /^\w[\w.-]*$/.test(name) && hasPytest(set))?.[0] ?? null;
}

function hasPytest(requirements: unknown): boolean {
  return Array.isArray(requirements) && requirements.some((one) => typeof one === "string" && /^pytest\b/i.test(one));
}

function manifestOf(text: string): Manifest | null {
  try {
    return parseToml(text);
  } catch {
    return null;
  }
}
