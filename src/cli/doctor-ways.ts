import { counted } from "../base/counted.ts";
import type { Finding, WaysIn } from "./doctor-facts.ts";
import { good } from "./doctor-finding.ts";

/** Who else may become root on the hosts that Fettle may change. Pure. */
export function waysIn({ hosts, signed, items }: WaysIn): readonly Finding[] {
  const check = "second ways in";
  if (hosts === 0) return [];
  if (items.length === 0) {
    return [good(check, `none found; ${signed} of ${counted(hosts, "host")} signed that`)];
  }
  return items.map(({ level, says, advice, named, hosts: count }) => {
    const more = named.length < count ? ", …" : "";
    const [first = ""] = named;
    const name = first.split(":", 1)[0] ?? "NAME";
    return {
      check,
      // A fleet that was enrolled before its hosts could say so is not a fault of the deployment.
      state: level === "unknown" ? "attention" : level,
      says: `${count} of ${counted(hosts, "host")}: ${says} (${named.join(", ")}${more})`,
      advice: `${advice.replace("NAME", name)} See: fettle doctor ${name}`,
    };
  });
}
