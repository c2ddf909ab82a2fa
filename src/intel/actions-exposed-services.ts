import type { z } from "zod";
import { type Actor, scopesFor } from "../base/actor.ts";
import { selects } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { loadPackages } from "../inventory/store.ts";
import { placed } from "./actions-service-reading.ts";
import { type JudgedService, judgedServices, serviceActions } from "./actions-services.ts";
import { chainText, type PlacedEntry } from "./component-chain.ts";
import type { PairGroup } from "./exposure.ts";
import type { Filter } from "./filter.ts";
import { filterReply } from "./filter-reply.ts";
import type { exposedServiceSchema } from "./service-schema.ts";

type Exposed = z.output<typeof exposedServiceSchema>;

/**
 * Services whose own components have a vulnerability: who must be told, how it got in and what to
 * raise. What a trusted author sets aside is told too, and said to be.
 */
export async function exposedServices(
  world: World,
  actor: Actor,
  vulnerability: string,
): Promise<Exposed[]> {
  const judged = await judgedServices(world, actor, { q: "", label: [], order: "urgency" });
  const mayFind = scopesFor(actor, "finding.read");
  const found = judged.flatMap((one) => {
    const isSeen = mayFind.some((scope) => selects(scope, one.service.labels));
    const parts = isSeen ? partsOf(one, vulnerability) : [];
    return parts.length === 0 ? [] : [{ ...one, parts }];
  });
  const ids = found.flatMap(({ parts }) => parts.flatMap(({ pair }) => pair.packageIds));
  const packages = new Map((await loadPackages(world.db, [...new Set(ids)])).map((p) => [p.id, p]));
  return await Promise.all(found.map((one) => exposed(world, one, packages)));
}

interface Part {
  readonly pair: PairGroup;
  readonly filter: Filter | null;
}

function partsOf({ own }: JudgedService, vulnerability: string): readonly Part[] {
  if (own === null) return [];
  const isMeant = (pair: PairGroup): boolean => pair.vulnerability === vulnerability;
  const [said = null] = own.said.get(vulnerability) ?? [];
  return [
    ...own.pairs.filter(isMeant).map((pair) => ({ pair, filter: said })),
    ...own.setAside.filter(({ pair }) => isMeant(pair)),
  ];
}

const PATHS_MAX = 5;

async function exposed(
  world: World,
  { service, artifacts, parts }: JudgedService & { readonly parts: readonly Part[] },
  packages: ReadonlyMap<number, StoredPackage>,
): Promise<Exposed> {
  const entries = Map.groupBy(await placed(world, artifacts), ({ entry }) => entry.packageId);
  const actions = await serviceActions(world, { pairs: parts.map(({ pair }) => pair) });
  const targets = new Map(actions.map(({ key, target }) => [key, target]));
  const pathsOf = (all: readonly PlacedEntry[]): string[] =>
    [...new Set(all.map(chainText))].slice(0, PATHS_MAX);
  return {
    id: service.id,
    name: service.name,
    team: service.team,
    components: parts.flatMap(({ pair, filter }) =>
      pair.packageIds.flatMap((id) => {
        const p = packages.get(id);
        if (p === undefined) return [];
        const { ecosystem, name, version } = p;
        return [
          {
            ...{ ecosystem, name, version, fixedVersion: pair.fixedVersion },
            paths: pathsOf(entries.get(id) ?? []),
            remedy: targets.get(`${pair.ecosystem} ${pair.source}`) ?? null,
            filter: filter === null ? null : filterReply(filter),
          },
        ];
      }),
    ),
    isOpen: parts.some(({ filter }) => filter?.isSetAside !== true),
    href: `/services/${service.name}`,
  };
}
