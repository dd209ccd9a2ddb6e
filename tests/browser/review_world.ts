// A task whose work is long: 44 files and 4,000 changed lines in a real repository, on the real service, with a program of the
// test in claude's place.

import { join } from "@std/path";
import { scriptAgent } from "../borders/script_agent.ts";
import { startService, type TestService } from "../support/service.ts";
import { tempDir, type TempRepository, tempRepository } from "../support/temp.ts";

export interface ReviewWorld extends AsyncDisposable {
  readonly service: TestService;
  readonly repository: TempRepository;
  /** The task. */
  readonly id: number;
}

const author = "-c user.name=A -c user.email=a@example.com";

/** 300 lines; with `changed`, every sixth line of the first 300 is another one. */
function source(file: number, changed: boolean): string {
  return Array.from({ length: 300 }, (_, line) => {
    const value = changed && line % 6 === 3 ? `total + ${line}, "changed"` : `total + ${line}, "as it was"`;
    return line === 0 ? `/* File ${file}\n */\n` : `export const value${line} = compute(${value}); // step ${line}\n`;
  }).join("");
}

/** A picture of one pixel, black or white. */
export function pixel(white: boolean): Uint8Array<ArrayBuffer> {
  const text = white
    ? "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg=="
    : "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

async function write(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(join(folder, path), content);
    else await Deno.writeFile(join(folder, path), content);
  }
}

function sources(changed: boolean): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 40 }, (_, file) => [
    `src/part${file % 5}/file${String(file).padStart(2, "0")}.ts`,
    source(file, changed),
  ]));
}

/** Resolves when the task is completed. */
export async function reviewWorld(): Promise<ReviewWorld> {
  await using stack = new AsyncDisposableStack();
  const repository = stack.use(await tempRepository());
  const folder = stack.use(await tempDir());
  await write(repository.path, {
    ...sources(false),
    "logo.png": pixel(false),
    "old name.txt": "the same\n".repeat(20),
    "gone.txt": "nobody needs this\n",
    "run.sh": "echo run",
  });
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "--message=As it was");
  const work = join(folder.path, "work");
  await write(work, { ...sources(true), "logo.png": pixel(true), "run.sh": "echo run\necho again" });
  const agent = await scriptAgent(
    folder.path,
    `case "$prompt" in *"Change one"*) echo "// one more" >> src/part0/file00.ts ;; *)
cp -R '${work}/.' . && git mv "old name.txt" "new name.txt" && git rm -q gone.txt && chmod +x run.sh ;; esac
git add -A && git ${author} commit --quiet -m work`,
  );
  const service = stack.use(await startService({ repo: repository.path, env: agent }));
  const { id } = await service.createTask({ prompt: "Change everything", title: "Change everything" });
  await service.waitForStatus(id, "completed");
  const owned = stack.move();
  return { service, repository, id, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
