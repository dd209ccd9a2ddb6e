import { assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import { repositories } from "../../../core/engine/service/repositories.ts";
import { noSettings } from "../../../core/process/project/project_settings.ts";

/** The service's part, and the looks that are on their way, each to be ended by the test. */
function watched() {
  const looks: PromiseWithResolvers<{ branch: string | null; head: string }>[] = [];
  const service = repositories(
    {
      projects: { settings: () => Promise.resolve({ settings: noSettings, sources: {} }) },
      inspect() {
        const look = Promise.withResolvers<{ branch: string | null; head: string }>();
        looks.push(look);
        return look.promise;
      },
      added: {
        look: (path) => Promise.resolve({ path, name: "added" }),
        use: () => Promise.resolve(null),
        drop() {},
        keep: () => Promise.resolve(),
      },
    },
    () => [{ name: "shop", path: "/shop" }],
    () => Promise.resolve([]),
  );
  const heads = async () => (await service.repositories()).map(({ head }) => head);
  return { looks, heads, end: (n: number) => looks[n]!.resolve({ branch: null, head: `c${n}` }) };
}

Deno.test("repositories() looks once for all who asked before the look began", async () => {
  const { looks, heads, end } = watched();
  const first = heads();
  const others = [heads(), heads(), heads()];
  assertEquals(looks.length, 1);
  end(0);
  assertEquals(await first, ["c0"]);
  assertEquals(looks.length, 2);
  // It has begun, so it may have seen what is past.
  const late = heads();
  end(1);
  assertEquals(await Promise.all(others), [["c1"], ["c1"], ["c1"]]);
  assertEquals(looks.length, 3);
  end(2);
  assertEquals(await late, ["c2"]);
  const alone = heads();
  end(3);
  assertEquals(await alone, ["c3"]);
});

Deno.test("repositories() looks again after a look that failed, and tells what was to be expected", async () => {
  const { looks, heads, end } = watched();
  const failing = heads();
  const next = heads();
  looks[0]!.reject(new TypeError("a fault"));
  await assertRejects(() => failing, TypeError, "a fault");
  end(1);
  assertEquals(await next, ["c1"]);
  const gone = heads();
  looks[2]!.reject(new DomainError("invalid", "it is gone"));
  assertEquals(await gone, [null]);
});

Deno.test("repositories() never has two looks on their way, whenever somebody asks", async () => {
  const { looks, heads, end } = watched();
  const asked = [heads(), heads()];
  end(0);
  for (let tick = 0; tick < 40; tick++) {
    await Promise.resolve();
    asked.push(heads());
  }
  assertEquals(looks.length, 2);
  end(1);
  while (looks.length < 3) await Promise.resolve();
  end(2);
  assertEquals(new Set((await Promise.all(asked)).flat()), new Set(["c0", "c1", "c2"]));
});
