import type { VexProduct } from "./feed-format.ts";
import { fits, namesVersion } from "./vex-apply.ts";
import type { KeptStatement } from "./vex-claims.ts";
import { wholeOf } from "./vex-claims.ts";
import type { VexSubject } from "./vex-match.ts";

/**
 * Whether a VEX statement is about an entry of a bill of materials. Beside package URLs, which fit
 * wherever the package is, a statement may name the bill by its serial number (a BOM-Link,
 * `urn:cdx:serial/version#ref`, ECMA-424), or the product that the bill is of with parts of it. A
 * statement that names a bill of ours by its serial number is about that bill and no other, whatever
 * package URL its reference may look like.
 */
export interface Bill {
  /** What the bill is of; null where it gives no package URL. */
  readonly whole: VexSubject | null;
  readonly links: readonly BillLink[];
}

/** One document that holds the bill. */
export interface BillLink {
  readonly serial: string;
  readonly version: number;
  /** Entries by the names that the document gives them. */
  readonly entries: readonly { readonly ref: string; readonly packageId: number }[];
}

export interface BomLink {
  readonly serial: string;
  readonly version: number;
  /** Null for the whole bill. */
  readonly ref: string | null;
}

export function bomLinkIn(identifier: string): BomLink | null {
  const match = /^urn:cdx:(?:urn:uuid:)?([^/#]{1,100})\/(\d{1,9})(?:#(.*))?$/is.exec(identifier);
  if (match?.[1] === undefined) return null;
  const serial = match[1].toLowerCase();
  return { serial, version: Number(match[2]), ref: match[3] === undefined ? null : match[3] };
}

export function linksIn({ products }: Pick<KeptStatement, "products">): readonly BomLink[] {
  return products.flatMap(({ identifiers }) => identifiers.flatMap((id) => bomLinkIn(id) ?? []));
}

export interface Entry {
  readonly packageId: number;
  readonly subject: VexSubject;
}

export function isAboutEntry(
  statement: Pick<KeptStatement, "products" | "status" | "product">,
  entry: Entry,
  of: { readonly bill: Bill; readonly knownSerials: ReadonlySet<string> },
): boolean {
  const named = statement.products.map((product) => ({ product, link: linkOf(product) }));
  const isOurs = (link: BomLink | null): link is BomLink =>
    link !== null && of.knownSerials.has(link.serial);
  const links = named.flatMap(({ link }) => (isOurs(link) ? [link] : []));
  if (isLinked(links, statement.status, entry, of.bill)) return true;
  return named.some(({ product, link }) => {
    if (isOurs(link)) return false;
    const own = { products: [product], status: statement.status };
    // Mended in some version says nothing about the one that is deployed.
    const isVague = statement.status === "fixed" && !namesVersion(product);
    const wholes = [isVague ? null : of.bill.whole, wholeOf(statement.product)];
    return wholes.some((whole) => fits(own, entry.subject, { product: whole }));
  });
}

function linkOf({ identifiers }: VexProduct): BomLink | null {
  for (const identifier of identifiers) {
    const link = bomLinkIn(identifier);
    if (link !== null) return link;
  }
  return null;
}

/** A package that a bill lists several times is meant where each of its entries is named. */
function isLinked(
  links: readonly BomLink[],
  status: KeptStatement["status"],
  { packageId }: Entry,
  bill: Bill,
): boolean {
  return bill.links.some((own) => {
    const here = links.filter((l) => l.serial === own.serial && l.version === own.version);
    if (here.length === 0) return false;
    if (status !== "fixed" && here.some(({ ref }) => ref === null)) return true;
    const named = new Set(here.flatMap(({ ref }) => (ref === null ? [] : [ref, decoded(ref)])));
    const entries = own.entries.filter((one) => one.packageId === packageId);
    return entries.length > 0 && entries.every(({ ref }) => named.has(ref));
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
