import { counted } from "../../base/counted.ts";
import { ringName } from "../../base/ring-name.ts";
import { countsText, gateText } from "./rollout.ts";
import { clockTimes } from "./sentence.ts";
import { safeText } from "./table.ts";
import type { WatchEvent } from "./watch-event.ts";

/** One line of a log for one thing that happened in a rollout. */
export function watchLine(event: WatchEvent): string {
  switch (event.event) {
    case "rollout":
      // At its end the sentence says the state itself.
      return event.now.startsWith(`${event.state}: `)
        ? `${event.rollout} ${clockTimes(event.now)}`
        : `${event.rollout} ${event.state}: ${clockTimes(event.now)}`;
    case "wave": {
      const holds = event.holds.map((hold) => `; ${clockTimes(hold.text)}`).join("");
      const counts = countsText(event);
      const gate = event.state === "waiting" ? "" : `; ${gateText(event)}`;
      return `wave ${event.wave}, ${safeText(ringName(event.ring))}, ${event.state}: ${counts}${gate}${holds}`;
    }
    case "host":
      return `${event.host} ${event.standing}: ${clockTimes(event.sentence)}`;
    case "forecast":
      return forecastLine(event);
    case "end":
      return clockTimes(event.sentence);
  }
}

function forecastLine(event: Extract<WatchEvent, { event: "forecast" }>): string {
  const { endsAt, marginSeconds, measured, reason } = event;
  if (endsAt === null) return `no forecast any more: ${clockTimes(reason ?? "")}`;
  const at = endsAt.replace("T", " ").replace(/\.\d+Z$/, "Z");
  return `forecast: done ${at} ±${marginSeconds} s, from ${counted(measured, "host")} so far`;
}
