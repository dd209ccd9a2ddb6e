import { assertEquals } from "@std/assert";
import { confinementWords, unconfinedReason } from "../../core/view/confinement_words.ts";

Deno.test("confinementWords() begins with the level, or with why there is none", () => {
  const words = (level: "off" | "files" | "full", reason: string | null = null) =>
    confinementWords({ asked: "auto", level, reason });
  assertEquals(words("files").split(":")[0], "files");
  assertEquals(words("full").split(":")[0], "full");
  assertEquals(words("off", "no bwrap; no socat"), "not confined: no bwrap; no socat");
  const off = { asked: "off", level: "off", reason: null } as const;
  assertEquals([confinementWords(off), unconfinedReason(off)], [
    "not confined: CODER_SANDBOX is off",
    "CODER_SANDBOX is off",
  ]);
});
