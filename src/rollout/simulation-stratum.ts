import type { Labels } from "../base/labels.ts";
import type { HostFacts } from "../inventory/model.ts";
import type { Shared } from "./simulation-books.ts";

/** The strata of a host: what its failures may have in common with those of others. */
export interface StratumHost {
  readonly labels: Labels;
  readonly facts: Pick<HostFacts, "distribution" | "release"> | null;
}

/** As the rollout's own test for failures that cluster names them. */
export function sharedOf(host: StratumHost, body: string): readonly Shared[] {
  const { zone, site, service } = host.labels;
  const os = osOf(host);
  const labelled = (kind: string, value: string | undefined): readonly Shared[] =>
    value === undefined ? [] : [{ kind, name: `${kind} ${value}` }];
  return [
    { kind: "body", name: `body ${body.slice(0, 12)}` },
    ...(os === null ? [] : [{ kind: "os", name: os }]),
    ...labelled("zone", zone),
    ...labelled("site", site),
    ...labelled("service", service),
  ];
}

/** `os=debian`, `os=debian 12`, or any label such as `zone=a`; null when it is neither. */
export function parseStratum(text: string): ((host: StratumHost) => boolean) | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9._/-]{0,62})=(.{1,128})$/.exec(text.trim());
  const [, key = "", value = ""] = match ?? [];
  if (match === null) return null;
  if (key !== "os") return ({ labels }) => labels[key] === value;
  return (host) => {
    const os = osOf(host);
    return os === value || os?.startsWith(`${value} `) === true;
  };
}

export function osOf({ facts }: StratumHost): string | null {
  return facts === null ? null : `${facts.distribution} ${facts.release}`;
}
