// What an agent may use up: the service answers meanwhile, and a cancel ends all of it.

import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { join } from "@std/path";
import { eventually } from "../../support/temp.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { confinedLevels, sandboxWorld, stepWith } from "./world.ts";

const answersWithinMs = 2_000;

/** Begins when it is told to: where nothing bounds it, never. */
const bomb = `
until [ -f "$FOLDER/go" ]; do sleep 0.1; done
bash -c 'bomb() { bomb | bomb & }; while :; do bomb; done'
`;

for (const level of confinedLevels) {
  sandboxTest(`${level}: a fork bomb is bounded`, async (context) => {
    await using world = await sandboxWorld({ level, agent: bomb });
    const { service } = world;
    const { id } = await service.createTask({ prompt: "Be quiet" });
    await service.waitFor(id, (_, { type }) => type === "agent.ready");
    const applied = (await service.events(id)).find((event) => event.type === "sandbox.applied");
    const processes = applied!.data.processes;
    await stepWith(context, {
      name: "the service answers meanwhile, and a cancel ends all of it",
      lacks: processes === null ? "this machine counts no processes" : null,
      async fn() {
        await Deno.writeTextFile(join(world.folder, "go"), "");
        await eventually(async () => (await service.descendants()).length > processes! / 2, {
          what: "it has gone off",
          timeoutMs: 60_000,
        });
        for (let time = 0; time < 10; time++) {
          assertEquals((await deadline(service.health(), answersWithinMs)).status, "ok");
          const count = (await service.descendants()).length;
          // Beside those inside stand a few.
          assert(count <= processes! + 20, `${count} processes`);
        }
        await service.command(id, "cancel");
        await service.waitForStatus(id, "cancelled");
        assertEquals(await service.descendants(), []);
      },
    });
  });
}
