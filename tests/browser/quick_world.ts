// A service whose agent needs no time: what it prints is prepared, by what its prompt asks for. For tests of the pages alone.

import { join } from "@std/path";
import { startService, type TestService } from "../support/service.ts";
import { tempDir, tempRepository } from "../support/temp.ts";
import { answered, used, writeOutput } from "./recorded_agent.ts";

export interface QuickWorld extends AsyncDisposable {
  service: TestService;
}

/** Calls of one group in the history that `tools` asks for. */
export const calls = 1_000;

function* manyCalls(): Generator<unknown> {
  for (let call = 1; call <= calls; call++) {
    yield used(`c${call}`, `echo ${call}`);
    yield answered(`c${call}`, `output ${call}`, call % 400 === 0);
  }
}

/**
 * Tasks with `hang` in their prompt call a tool and run until they are ended, those with `tools` make 1,000 calls in a row,
 * those with `write` commit a file, others end well at once. `repos`: how many repositories there are.
 */
export async function quickWorld(
  { repos = 1, env = {} }: { repos?: number; env?: Record<string, string> } = {},
): Promise<QuickWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir()).path;
  const names: string[] = [];
  for (let index = 1; index <= repos; index++) {
    names.push(`repo${index}=${stack.use(await tempRepository()).path}`);
  }
  const hangs = await writeOutput(join(folder, "hang.ndjson"), [used("h1", "sleep 600")], { ends: false });
  const tools = await writeOutput(join(folder, "tools.ndjson"), manyCalls());
  const plain = await writeOutput(join(folder, "plain.ndjson"), [used("p1", "true"), answered("p1", "fine")]);
  const program = join(folder, "agent");
  await Deno.writeTextFile(
    program,
    `#!/bin/sh
case "$1" in --version) echo '2.1.197 (Claude Code)'; exit 0 ;; esac
read -r prompt
case "$prompt" in
  *hang*) cat '${hangs}'; exec sleep 600 ;;
  *tools*) cat '${tools}' ;;
  *write*)
    echo hello > made.txt
    git add made.txt
    git -c user.name=Agent -c user.email=agent@example.com commit --quiet --message=Made
    cat '${plain}'
    ;;
  *) cat '${plain}' ;;
esac
cat > /dev/null
`,
    { mode: 0o755 },
  );
  const service = stack.use(
    await startService({
      env: { CODER_CLAUDE: program, IS_SANDBOX: "1", CODER_REPO: names.join(","), CODER_MAX_CONCURRENT: "1", ...env },
    }),
  );
  const owned = stack.move();
  return { service, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
