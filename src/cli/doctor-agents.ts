import { counted } from "../base/counted.ts";
import type { AgentsHealth, Finding } from "./doctor-facts.ts";
import { good } from "./doctor-finding.ts";

/** What stands in the way of hosts that call in by themselves. Pure. */
type Kind = AgentsHealth["items"][number]["kind"];

const rows: Readonly<
  Record<Kind, { readonly state: Finding["state"]; readonly says: string; readonly advice: string }>
> = {
  quarantined: {
    state: "bad",
    says: "in quarantine, as two machines use one id or a person said so",
    advice: "See why and the way out: fettle agent show HOST",
  },
  "certificate-over": {
    state: "bad",
    says: "whose certificate is over: they cannot call in any more",
    advice: "Enrol them anew, or bury those that are gone: fettle agent show HOST",
  },
  silent: {
    state: "attention",
    says: "silent for so long that they are proposed for burial",
    advice: 'fettle agent bury HOST --reason "the machine is gone"',
  },
  away: {
    state: "attention",
    says: "away: they have not called when they should",
    advice: "On the host, as root: fettle-host agent once. It says what is wrong.",
  },
  "certificate-ending": {
    state: "attention",
    says: "whose certificate ends within days and was not renewed",
    advice: "On the host, as root: fettle-host agent once. A call renews it.",
  },
  "other-program": {
    state: "attention",
    says: "whose host program is not the one of this server",
    advice: "Which of the two is older, and the way out: fettle agent show HOST",
  },
};

/** Nothing is said where no host calls in. */
export function agents({ total, items }: AgentsHealth): readonly Finding[] {
  if (total === 0) return [];
  const check = "agents";
  if (items.length === 0) return [good(check, `${counted(total, "host")} that call in, all heard`)];
  return items.map(({ kind, count, names }) => {
    const { state, says, advice } = rows[kind];
    const more = count > names.length ? ", …" : "";
    const shown = `${count} of ${total} ${says}: ${names.join(", ")}${more}`;
    return { check, state, says: shown, advice: advice.replace("HOST", names[0] ?? "HOST") };
  });
}
