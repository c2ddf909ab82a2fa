import { z } from "zod";
import { grammar } from "../base/document.ts";
import { strictFields } from "../base/yaml-text.ts";
import { type PackageOrder, packageOrder } from "./rings-packages.ts";

/** What comes before what: services of a ring, and packages and restarts on a host. */
export interface OrderPolicy {
  /** Hosts of a service (label `service`) come after those of all the services that it names. */
  readonly services: readonly { readonly service: string; readonly after: readonly string[] }[];
  /** Units in the order in which a host restarts them; units not named come last, by name. */
  readonly restarts: readonly string[];
  /** Packages that come in transactions of their own, one after the other; empty: in one. */
  readonly packages: PackageOrder;
  /**
   * `descending`: hosts of tier 3 come in earlier waves of their ring than those of tier 0, as far as
   * their services leave that open.
   */
  readonly tiers: "descending" | "off";
}

export const anyOrder: OrderPolicy = { services: [], restarts: [], packages: [], tiers: "off" };

const SERVICES_MAX = 256;
const service = z.string().min(1).max(63);

export const order = strictFields({
  services: z
    .array(strictFields({ service, after: z.array(service).min(1).max(SERVICES_MAX) }))
    .max(SERVICES_MAX)
    .default([]),
  restarts: z.array(z.string().regex(grammar.name)).max(SERVICES_MAX).default([]),
  packages: packageOrder,
  tiers: z.enum(["descending", "off"]).default("off"),
});

/**
 * In how many steps the services come, and each one's step; services that nothing is said of are of
 * the first. A circle has no order: then its services, each after the next, first again at the end.
 */
export function stepsOf(
  rules: OrderPolicy["services"],
): { readonly steps: ReadonlyMap<string, number> } | { readonly loop: readonly string[] } {
  const after = new Map<string, string[]>();
  for (const rule of rules) {
    after.set(rule.service, [...(after.get(rule.service) ?? []), ...rule.after]);
  }
  const steps = new Map<string, number>();
  const path: string[] = [];
  const visit = (name: string): readonly string[] | null => {
    if (steps.has(name)) return null;
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    path.push(name);
    const needs = after.get(name) ?? [];
    for (const need of needs) {
      const loop = visit(need);
      if (loop !== null) return loop;
    }
    path.pop();
    steps.set(name, Math.max(0, ...needs.map((need) => (steps.get(need) ?? 0) + 1)));
    return null;
  };
  for (const name of after.keys()) {
    const loop = visit(name);
    if (loop !== null) return { loop };
  }
  return { steps };
}
