import dns from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { getCACertificates } from "node:tls";
import { pause } from "../base/pause.ts";
import { literalOf, type Reach, refusalOf } from "./address.ts";

/** Names become addresses here, once, and only those that may be asked. */
export interface Target {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Why something could not be asked; words for people, without what the other side sent. */
export class Unreached extends Error {}

/** It was not tried: the address may not be asked. */
export class NotAsked extends Unreached {}

/** The system's resolver may wait much longer for a name server that is away. */
const LOOKUP_MS_MAX = 5_000;

/** All addresses of a name; throws `Unreached` when there is none, or one of them may not be asked. */
export async function targetsOf(
  name: string,
  reach: Reach,
): Promise<readonly [Target, ...Target[]]> {
  const bare = literalOf(name) ?? name;
  const isFound = new AbortController();
  const found = await Promise.race([
    dns.lookup(bare, { all: true }).catch(() => []),
    pause(LOOKUP_MS_MAX, isFound.signal).then(() => []),
  ]);
  isFound.abort();
  const [first, ...others] = found.map(
    ({ address, family }): Target => ({ address, family: family === 6 ? 6 : 4 }),
  );
  if (first === undefined) throw new Unreached(`${bare} has no address`);
  for (const { address } of [first, ...others]) {
    const refusal = refusalOf(address, reach);
    if (refusal !== null) throw new NotAsked(`${bare} was not asked: ${refusal}`);
  }
  return [first, ...others];
}

/** The first of them. */
export async function targetOf(name: string, reach: Reach): Promise<Target> {
  return (await targetsOf(name, reach))[0];
}

/** Always what was judged, whatever the name says by now. */
export function pinnedTo(targets: readonly [Target, ...Target[]]): LookupFunction {
  return (_name, options, done) => {
    if (options.all === true) done(null, [...targets]);
    else done(null, targets[0].address, targets[0].family);
  };
}

/** For connections that resolve by themselves: they get what was judged at that moment, or nothing. */
export function judgingLookup(reachFor: (name: string) => Reach): LookupFunction {
  return (name, options, done) => {
    targetsOf(name, reachFor(name)).then(
      (targets) => pinnedTo(targets)(name, options, done),
      (cause: NodeJS.ErrnoException) => done(cause, "", 0),
    );
  };
}

/** Whom TLS believes; without authorities of one's own what Node believes, which it reads once. */
export function trusted(...own: readonly (string | null | undefined)[]): {
  readonly ca?: string[];
} {
  const pems = own.filter((pem) => typeof pem === "string");
  return pems.length === 0 ? {} : { ca: [...getCACertificates("default"), ...pems] };
}
