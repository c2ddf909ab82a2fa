import { Failure } from "../base/failure.ts";
import type { Component, InventoryReading, Sbom } from "./formats/inventory-format.ts";
import type { Package } from "./model.ts";

/**
 * What a document of strangers may put into the store. Too many entries refuse the document; a single
 * entry that is too long or no text is kept, shortened, as one of which nothing is known: leaving it
 * out would look like a clean one.
 */
const COMPONENTS_MAX = 100_000;
const EDGES_MAX = 2_000_000;
const NAME_MAX = 500;
const VERSION_MAX = 200;
const PURL_MAX = 2_000;
const CPE_MAX = 1_000;
/** One row of an index of PostgreSQL holds 2,704 bytes; all texts of a package stand in one. */
const PACKAGE_BYTES_MAX = 2_000;

/** Entry by entry also where the form only lists names. */
export function sbomOf(reading: InventoryReading): Sbom {
  const sbom = reading.sbom ?? plainSbom(reading);
  const { components, edges } = sbom;
  if (components.length > COMPONENTS_MAX) {
    throw new Failure(
      "too-large",
      `The ${reading.form} lists ${components.length} components; ${COMPONENTS_MAX} are the limit. Split it by what is deployed together.`,
    );
  }
  if (edges.length > EDGES_MAX) {
    throw new Failure(
      "too-large",
      `The ${reading.form} names ${edges.length} dependencies; ${EDGES_MAX} are the limit. Split it by what is deployed together.`,
    );
  }
  const subject = sbom.subject === null ? null : shortSubject(sbom.subject);
  return { ...sbom, subject, components: components.map(limited) };
}

function plainSbom({ packages, problems }: InventoryReading): Sbom {
  const known = packages.map(
    (p): Component => ({
      ref: "",
      name: p.name,
      version: p.version,
      purl: "",
      cpe: "",
      scope: "",
      judged: p,
    }),
  );
  const unknown = problems.map(
    ({ place, reason }): Component => ({
      ref: "",
      name: place,
      version: "",
      purl: "",
      cpe: "",
      scope: "",
      judged: reason,
    }),
  );
  return { subject: null, components: [...known, ...unknown], edges: [], fileCount: 0 };
}

function shortSubject(subject: NonNullable<Sbom["subject"]>): NonNullable<Sbom["subject"]> {
  const { ref, name, version, purl = "" } = subject;
  return {
    ref,
    name: plain(name, NAME_MAX),
    version: plain(version, VERSION_MAX),
    ...(purl === "" ? {} : { purl: plain(purl, PURL_MAX) }),
  };
}

function limited(component: Component): Component {
  const { product: _, ...entry } = component;
  const { name, version, purl, cpe } = entry;
  const judged = ownEcosystem(component);
  return {
    ...entry,
    name: plain(name, NAME_MAX),
    version: plain(version, VERSION_MAX),
    purl: plain(purl, PURL_MAX),
    cpe: plain(cpe, CPE_MAX),
    judged: typeof judged === "string" ? judged : (whyNotStored(judged) ?? judged),
  };
}

/**
 * No publisher speaks of types of package URLs without an ecosystem, so their CPE name speaks for them.
 * For the others the store keeps the package itself: which publishers are loaded changes any day.
 */
function ownEcosystem({ judged, product }: Component): Component["judged"] {
  const isNobodys = typeof judged !== "string" && judged.ecosystem.startsWith("purl:");
  return isNobodys && product !== undefined ? product : judged;
}

function whyNotStored(p: Package): string | null {
  const all = [p.ecosystem, p.name, p.version, p.arch, p.source, p.sourceVersion, p.origin];
  const text = [...all, p.module].join("");
  if (!text.isWellFormed() || CONTROL.test(text)) return "holds characters that are no text";
  if (Buffer.byteLength(text) > PACKAGE_BYTES_MAX) {
    return `is named with more than ${PACKAGE_BYTES_MAX} bytes`;
  }
  return null;
}

const CONTROL = /[\u0000-\u001f\u007f]/;

/** Text that the store takes and a line shows, ended by "…" where it was longer. */
function plain(text: string, max: number): string {
  const clean = text.toWellFormed().replaceAll(new RegExp(CONTROL, "g"), "\ufffd");
  return clean.length <= max ? clean : `${clean.slice(0, max - 1).toWellFormed()}…`;
}
