import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { DAY_MS, instantToText } from "../base/instant.ts";
import { ringName } from "../base/ring-name.ts";
import { changeStateWords } from "../change/words.ts";
import { route } from "../db/world.ts";
import { type CalendarWave, loadCalendarWaves } from "./store-waves.ts";
import { waveStateWords } from "./words.ts";

/** When which waves may work, for people who look at a calendar. */
const time = z.iso.datetime({ offset: true });
const instant = time.transform((text) => Date.parse(text));
const DAYS_SHOWN = 42;
const WAVES_MAX = 500;

export const getWaves = route({
  method: "GET",
  path: "/api/v1/waves",
  summary:
    "Waves of plans that are asked for, approved or carried out, whose approved time meets a span; the first 500 by when they may begin.",
  permission: "plan.read",
  query: z.strictObject({ from: instant.optional(), to: instant.optional() }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        plan: z.string(),
        title: z.string(),
        change: z.string(),
        wave: z.number().int(),
        ring: z.string(),
        hosts: z.number().int(),
        from: time.describe("no host starts before"),
        to: time.describe("no host starts after"),
        label: z.string(),
        tone: z.string(),
        href: z.string(),
      }),
    ),
  }),
  errors: [],
  async handle({ world, actor }, { query }) {
    const from = query.from ?? world.clock();
    const to = Math.max(from, query.to ?? from + DAYS_SHOWN * DAY_MS);
    const scopes = scopesFor(actor, "plan.read");
    const found = await loadCalendarWaves(world.db, {
      ...{ span: { from, to }, scopes, limit: WAVES_MAX },
    });
    return { items: found.map(waveReply) };
  },
});

function waveReply(one: CalendarWave) {
  const { plan, title, hosts, rollout, waveState } = one;
  const [tone, label] =
    waveState === null ? changeStateWords[one.state] : waveStateWords[waveState];
  return {
    ...{ plan, title, hosts, tone, label },
    change: `C-${one.change}`,
    wave: one.number,
    ring: ringName(one.ring),
    from: instantToText(one.notBefore),
    to: instantToText(one.notAfter),
    href: rollout === null ? `/plans/${plan}` : `/rollouts/R-${rollout}`,
  };
}
