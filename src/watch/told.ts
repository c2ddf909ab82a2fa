import { z } from "zod";
import type { JsonObject } from "../base/json.ts";
import type { Told } from "./model.ts";

/** An entry's bytes are the server's own, written from an event; still parsed once, here. */
const entrySchema = z.looseObject({
  id: z.string(),
  at: z.iso.datetime(),
  type: z.string(),
  actor: z.string(),
  object: z.string(),
  facts: z.record(z.string(), z.unknown()),
  patch: z.string().optional(),
  change: z.string().optional(),
  plan: z.string().optional(),
});

export function toldOf(index: number, text: string): Told {
  const entry = entrySchema.parse(JSON.parse(text));
  return {
    ...{ index, id: entry.id, at: Date.parse(entry.at), type: entry.type, actor: entry.actor },
    ...{ object: entry.object, facts: entry.facts as JsonObject, text },
    patch: entry.patch ?? null,
    change: entry.change ?? null,
    plan: entry.plan ?? null,
  };
}
