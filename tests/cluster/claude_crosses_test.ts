// The real claude at two workers: what one made goes on at the other, in a new session that has the work and knows what it is.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { claudeEnv, claudeProgram } from "../support/claude_program.ts";
import { messagesApi } from "../support/messages_api.ts";
import { bash, say } from "../support/scenarios.ts";
import { git, tempDir } from "../support/temp.ts";
import { startCluster } from "./cluster.ts";
import { denokv, skipped } from "./denokv_program.ts";

Deno.test({
  name: `claude goes on with a follow-up at another worker when the first one is gone${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using cluster = await startCluster();
    await using home = await tempDir();
    await using api = messagesApi({
      scenarios: {
        crosses({ stepSinceText, userTexts }) {
          if (stepSinceText > 0) return say("It is committed.");
          const name = userTexts.at(-1)!.startsWith("And more") ? "more.txt" : "first.txt";
          return bash(
            `echo x > ${name} && git add ${name} && git -c user.name=A -c user.email=a@localhost commit --quiet -m ${name}`,
            "Write it",
          );
        },
      },
    });
    const exchange = join(cluster.folder, "exchange.git");
    await git(cluster.folder, "init", "--quiet", "--bare", exchange);
    const env = {
      ...claudeEnv({ baseUrl: api.url, home: home.path }),
      CODER_CLAUDE: await claudeProgram(),
      CODER_EXCHANGE: `repo=${exchange}`,
    };
    const one = await cluster.start("one", { env });
    const { id } = await one.createTask({ prompt: "[[scenario:crosses]] Begin", title: "Crosses" });
    await one.waitForStatus(id, "completed");
    const two = await cluster.start("two", { env });
    await one.kill();
    await two.command(id, "messages", { text: "And more [[scenario:crosses]]" });
    await two.waitFor(id, (task, { type }) => type === "task.completed" && task.epoch === 2);
    const events = await two.events(id);
    const starts = events.filter((event) => event.type === "run.started");
    assertEquals(starts.map(({ data }) => data.resumed), [false, false]);
    assert(starts[0]!.data.session_id !== starts[1]!.data.session_id);
    const words = api.requests.at(-1)!.userTexts[0]!;
    assertMatch(words, /^And more .*asked for in these words, and done:\n\n> \[\[scenario:crosses\]\] Begin/s);
    assertStringIncludes(words, "another machine, one");
    const { branch } = events.findLast((event) => event.type === "worktree.added")!.data;
    const log = await git(join(cluster.folder, "two", "repo"), "log", "--format=%s", `main..${branch}`);
    assertEquals(log.trim().split("\n"), ["more.txt", "first.txt"]);
  },
});
