import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { exposure } from "../intel/store-exposure.ts";
import { loadKnowledge } from "../intel/store-knowledge.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { loadServices } from "../inventory/store-services.ts";
import { findChanges, findHosts, findPatches, findPlans, findRollouts } from "./store-search.ts";

/** Finds things by what people call them. Each kind only for whoever may read it, within labels. */
export interface Hit {
  readonly kind: "host" | "service" | "patch" | "change" | "vulnerability" | "rollout" | "plan";
  readonly label: string;
  readonly detail: string;
  readonly href: string;
}

const HITS_MAX = 20;
const KIND_MAX = 6;

export async function search(world: World, actor: Actor, asked: string): Promise<readonly Hit[]> {
  const text = asked.toLowerCase();
  const { db } = world;
  const of = (permission: Parameters<typeof scopesFor>[1]) => ({
    scopes: scopesFor(actor, permission),
    text,
    limit: KIND_MAX,
  });
  const [hosts, services, patches, changes, rollouts, plans, vulnerabilities] = await Promise.all([
    findHosts(db, of("host.read")),
    loadServices(db, { scopes: scopesFor(actor, "service.read"), text }),
    findPatches(db, of("patch.read")),
    findChanges(db, of("change.read")),
    findRollouts(db, of("rollout.read")),
    findPlans(db, of("plan.read")),
    holdsAnywhere(actor, "finding.read") ? findVulnerabilities(world, actor, text) : [],
  ]);
  // What was asked for by its very name comes first, then kind by kind.
  const hits: readonly Hit[] = [
    ...patches.map(({ number, title, state }) => hit("patch", `P-${number}`, `${title}, ${state}`)),
    ...changes.map(({ number, title, state }) =>
      hit("change", `C-${number}`, `${title}, ${state}`),
    ),
    ...rollouts.map(({ number, title, state }) =>
      hit("rollout", `R-${number}`, `${title}, ${state}`),
    ),
    ...hosts.map(({ id, name, labels }) => ({
      ...hit("host", name, labelsText(labels)),
      href: `/hosts/${id}`,
    })),
    ...services
      .slice(0, KIND_MAX)
      .map(({ name, title, team }) =>
        hit("service", name, [title, team].filter((word) => word !== "").join(", ")),
      ),
    ...vulnerabilities,
    ...plans.map(({ digest, title }) => ({
      ...hit("plan", digest.slice(0, 12), title),
      href: `/plans/${digest}`,
    })),
  ];
  const isExact = (one: Hit): boolean => one.label.toLowerCase() === text;
  return [...hits.filter(isExact), ...hits.filter((one) => !isExact(one))].slice(0, HITS_MAX);
}

const pages = {
  host: "hosts",
  service: "services",
  patch: "patches",
  change: "changes",
  vulnerability: "vulnerabilities",
  rollout: "rollouts",
  plan: "plans",
} as const satisfies Record<Hit["kind"], string>;

function hit(kind: Hit["kind"], label: string, detail: string): Hit {
  return { kind, label, detail, href: `/${pages[kind]}/${encodeURIComponent(label)}` };
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}

/** Null for whoever sees every host: all that is known of is theirs to see. */
async function presentIds(world: World, actor: Actor): Promise<ReadonlySet<string> | null> {
  const scopes = scopesFor(actor, "finding.read");
  if (isEverywhere(scopes)) return null;
  return new Set((await exposure(world.db, { scopes })).map((one) => one.vulnerability));
}

/**
 * Those of the packages that are known here, on hosts that the reader sees; an id named in full is
 * looked up in all feeds, whether or not anybody has it.
 */
async function findVulnerabilities(
  world: World,
  actor: Actor,
  text: string,
): Promise<readonly Hit[]> {
  if (text.length < 3) return [];
  const { facts } = await loadKnowledge(world.db);
  const present = await presentIds(world, actor);
  const isPresent = (id: string): boolean => present === null || present.has(id);
  const known = [...facts.values()].filter(
    ({ id, title }) =>
      isPresent(id) && (id.toLowerCase().includes(text) || title.toLowerCase().includes(text)),
  );
  const id = text.toUpperCase();
  const isNamed = /^CVE-\d{4}-\d{4,}$/.test(id) && !known.some((one) => one.id === id);
  const named = isNamed ? (await loadVulnerabilities(world.db, [id])).get(id) : undefined;
  const told = named !== undefined && (named.title !== "" || named.kev !== null) ? [named] : [];
  return [...told, ...known]
    .toSorted((a, b) => Number(b.kev !== null) - Number(a.kev !== null) || (a.id < b.id ? -1 : 1))
    .slice(0, KIND_MAX)
    .map((one) =>
      hit("vulnerability", one.id, one.kev === null ? one.title : `known exploited. ${one.title}`),
    );
}
