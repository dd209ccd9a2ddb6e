// How a service is set up, as the API shows it, and what a person sends to add a repository.

import { z } from "@hono/zod-openapi";
import type { RepositoryPlace, SettingsView } from "../../core/view/settings_view.ts";
import { integer, said } from "./field_schemas.ts";

const place = { name: "shop", path: "/home/me/src/shop", added: true, reason: null, unfinished: 0 };

export const newRepositorySchema = z.strictObject({
  path: z.string().min(1, "Write the path of a git repository").max(4_096)
    .openapi({ description: "The whole path of a git repository, from / on" }),
  name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits, dots, hyphens or underscores").optional()
    .openapi({ description: "By default as its folder" }),
}).openapi("NewRepository", { example: { path: "/home/me/src/shop", name: "shop" } });

export const repositoryPlaceSchema = z.object({
  name: z.string(),
  path: z.string().openapi({ description: "The top folder of its working tree" }),
  added: z.boolean().openapi({ description: "By a person while the service ran; else by CODER_REPO" }),
  reason: said("Why it is not in use; null where it is"),
  unfinished: integer.openapi({ description: "Tasks of it that are not finished" }),
}).openapi("RepositoryPlace", { example: place }) satisfies z.ZodType<RepositoryPlace>;

export const settingsSchema = z.object({
  repositories: z.array(repositoryPlaceSchema),
  settings: z.array(z.object({
    variable: z.string(),
    value: said("In words; null: not set, and nothing stands for it. A secret is never shown"),
    is_default: z.boolean(),
  })),
  token: z.object({
    asked: z.boolean().openapi({ description: "Whether callers must know it" }),
    where: said("Where it is; null: there is none"),
    change: z.string().openapi({ description: "How it is changed" }),
  }),
}).openapi("Settings", {
  example: {
    repositories: [place],
    settings: [{ variable: "CODER_MAX_CONCURRENT", value: "3", is_default: true }],
    token: { asked: true, where: "CODER_TOKEN", change: "Set another value and start again" },
  },
}) satisfies z.ZodType<SettingsView>;
