import { Failure } from "../base/failure.ts";
import { osvFeedOf } from "./ecosystem-name.ts";
import { type SourceKind, sourceKinds } from "./feed-catalogue.ts";
import { ecosystemBase } from "./versions/order.ts";

/**
 * One source of the catalogue, with its parameter and the addresses that are asked: `kev`,
 * `osv:npm`, `secdb:v3.22/main`.
 */
export interface FeedSource {
  readonly name: string;
  readonly kind: SourceKind;
  readonly parameter: string;
  /** In the order they are tried. */
  readonly urls: readonly string[];
  /** True when an operator wrote them: only then may one be unencrypted. */
  readonly hasOwnUrls: boolean;
  /** Which feed the content must be; null when any may come. */
  readonly expectFeed: string | null;
  /** The name it is kept under, when that is not what the content says. */
  readonly keptAs: string | null;
}

/** What an operator set; without a row the catalogue decides. */
export interface SourceSetting {
  readonly name: string;
  readonly urls: readonly string[];
  readonly isEnabled: boolean | null;
}

const PARAMETER = /^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,79}$/;

/** The source of this name with the addresses of the catalogue, or those the operator gave. */
export function sourceOf(name: string, ownUrls: readonly string[] = []): FeedSource {
  const colon = name.indexOf(":");
  const kindName = colon < 0 ? name : name.slice(0, colon);
  const parameter = colon < 0 ? "" : name.slice(colon + 1);
  const kind = sourceKinds.find((each) => each.kind === kindName);
  if (kind === undefined) throw unknownSource(kindName);
  refuseParameter(kind, parameter);
  const urls = ownUrls.length > 0 ? ownUrls : kind.urls.map((url) => urlFor(url, parameter));
  return {
    name,
    kind,
    parameter,
    urls: urls.map((url) => checkedUrl(url, ownUrls.length > 0)),
    hasOwnUrls: ownUrls.length > 0,
    expectFeed: expectedFeed(kind, parameter),
    keptAs: kind.keptAs === undefined ? null : filled(kind.keptAs, parameter),
  };
}

/** The feed by which a source is known where it makes one. */
export function mainFeedOf(source: FeedSource): string | null {
  return source.keptAs ?? source.expectFeed;
}

function expectedFeed(kind: SourceKind, parameter: string): string | null {
  if (kind.kind === "osv") return osvFeedOf(parameter);
  return kind.feed === null ? null : filled(kind.feed, parameter);
}

function filled(template: string, parameter: string): string {
  return template.replace("{}", parameter.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-"));
}

function urlFor(template: string, parameter: string): string {
  return template.replace("{}", parameter.split("/").map(encodeURIComponent).join("/"));
}

function unknownSource(name: string): Failure {
  const known = sourceKinds.map((each) => each.kind).join(", ");
  return new Failure("invalid", `There is no source ${name}. Known are ${known}.`);
}

function refuseParameter(kind: SourceKind, parameter: string): void {
  if (kind.parameter === null && parameter !== "") {
    throw new Failure("invalid", `The source ${kind.kind} takes nothing after its name.`);
  }
  if (kind.parameter !== null && !PARAMETER.test(parameter)) {
    const { what, values } = kind.parameter;
    const some = values.length === 0 ? "" : ` For example: ${values.slice(0, 8).join(", ")}.`;
    throw new Failure("invalid", `Write ${kind.kind}:NAME, where NAME is the ${what}.${some}`);
  }
  if (kind.kind === "osv" && !kind.parameter?.values.includes(parameter)) {
    throw new Failure(
      "invalid",
      `There is no archive of OSV for ${parameter}. There is one for ${kind.parameter?.values.join(", ") ?? ""}.`,
    );
  }
}

/** Encrypted, or an unencrypted one that an operator wrote on purpose. */
function checkedUrl(text: string, isOwn: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isAllowed = url?.protocol === "https:" || (isOwn && url?.protocol === "http:");
  if (url === null || !isAllowed || url.username !== "" || url.password !== "") {
    throw new Failure(
      "invalid",
      `${text.slice(0, 200)} is no address a feed can be had from: it must begin with https:// (or http://, for a mirror of your own) and hold no password.`,
    );
  }
  return url.href;
}

/** The sources that are asked: what operators chose, what everybody needs, what hosts need. */
export function sourcesAsked(of: {
  readonly settings: readonly SourceSetting[];
  readonly ecosystems: readonly string[];
}): readonly FeedSource[] {
  const set = new Map(of.settings.map((setting) => [setting.name, setting]));
  const names = new Set(needed(of.ecosystems));
  for (const { name, isEnabled } of of.settings) {
    if (isEnabled === true) names.add(name);
    if (isEnabled === false) names.delete(name);
  }
  return [...names]
    .sort()
    .map((name) => sourceOf(name, set.get(name)?.urls))
    .filter((source) => source.urls.length > 0);
}

/** Without anybody's choice: Debian's tracker says more than its OSV export. */
export function needed(ecosystems: readonly string[]): readonly string[] {
  const bases = [...new Set(ecosystems.map(ecosystemBase))].sort();
  return sourceKinds.flatMap((kind) => {
    if (kind.needed === "always") return [kind.kind];
    if (kind.needed !== "by-hosts") return [];
    return bases
      .filter((base) => base !== "Debian" && kind.parameter?.values.includes(base) === true)
      .map((base) => `${kind.kind}:${base}`);
  });
}

/** From when a feed is too old, by the source it comes from; files of other origin as most. */
export function staleAfterOf(feed: string): number {
  const kind = sourceKinds.find((each) => {
    const pattern = each.keptAs ?? each.feed;
    if (pattern === null) return false;
    const [head = ""] = pattern.split("{}");
    return pattern.includes("{}") ? feed.startsWith(head) : feed === pattern;
  });
  return kind?.staleAfterMs ?? STALE_AFTER_MS;
}

/** Publishers of advisories write daily; two days leave room for one that fails. */
const STALE_AFTER_MS = 48 * 3_600_000;
