import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { askedOf } from "./actions-asked.ts";

const getAsked = route({
  method: "GET",
  path: "/api/v1/asked",
  summary:
    "What waits for the reader's word beside changes: rights to lend, and halts that somebody else wants lifted.",
  permission: "change.read",
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        kind: z.enum(["elevation", "resume"]),
        number: z.string().describe("J-3, R-7, or the scope of a halt"),
        title: z.string(),
        by: z.string(),
        words: z.string(),
        at: z.iso.datetime({ offset: true }),
        href: z.string(),
      }),
    ),
  }),
  async handle({ world, actor }) {
    const asked = await askedOf(world, actor);
    return { items: asked.map((one) => ({ ...one, at: instantToText(one.at) })) };
  },
});

export const askedRoutes: readonly Route[] = [getAsked];
