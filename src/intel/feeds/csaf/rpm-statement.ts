import { parsePurl } from "../../../inventory/purl.ts";
import { ecosystemOfCpe } from "../../cpe-release.ts";
import { cleanText, type VexStatement } from "../../feed-format.ts";
import type { Statement } from "../../model.ts";
import type { CsafVulnerability, Said } from "./csaf-document.ts";
import { type CsafProduct, surroundings } from "./product-tree.ts";

/**
 * What a CSAF document says about an rpm package as a component of a release: the release by the
 * platform's CPE, the package by its URL (module stream in `rpmmod`), else by the product's id.
 */
export function rpmStatement(
  of: Said,
  product: CsafProduct,
  status: VexStatement["status"],
): Statement | null {
  const ecosystem = releaseOf(product);
  const rpm = ecosystem === null ? null : rpmOf(product);
  if (ecosystem === null || rpm === null) return null;
  const state = stateOf(of.vulnerability, product.id, status, rpm.version);
  // A `fixed` list repeats every architecture; source packages say it once for what they build.
  if (state === null || /-debug(info|source)$/.test(rpm.name)) return null;
  return {
    feed: of.feed,
    ecosystem,
    packageName: rpm.name,
    matches: rpm.isSource ? "source" : "binary",
    vulnerability: of.id,
    advisory: isAdvisoryId(of.document.document.tracking.id)
      ? of.document.document.tracking.id
      : "",
    state,
    urgency: "",
    ...(rpm.stream === "" ? {} : { streams: [rpm.stream] }),
  };
}

/** A VEX document has its CVE's name as id; that is no advisory. */
function isAdvisoryId(id: string): boolean {
  return !/^cve-/i.test(id);
}

function releaseOf(product: CsafProduct): string | null {
  for (const whole of surroundings(product)) {
    for (const cpe of whole.cpes) {
      const ecosystem = ecosystemOfCpe(cpe);
      if (ecosystem !== null) return ecosystem;
    }
  }
  return null;
}

interface Rpm {
  readonly name: string;
  readonly version: string;
  readonly isSource: boolean;
  readonly stream: string;
}

function rpmOf(product: CsafProduct): Rpm | null {
  const text = product.purls.find((url) => url.startsWith("pkg:rpm/"));
  const purl = text === undefined ? null : parsePurl(text).purl;
  if (purl === null) return null;
  const { name, qualifiers: of } = purl;
  const epoch = of.get("epoch") ?? epochInId(product.id, name) ?? "0";
  const evr = purl.version ?? "";
  return {
    name,
    version: evr === "" || epoch === "0" ? evr : `${epoch}:${evr}`,
    isSource: of.get("arch") === "src",
    stream: (of.get("rpmmod") ?? "").split(":").slice(0, 2).join(":"),
  };
}

/** Package URLs of older documents lack the epoch; the product's id has it (`name-1:2.3-4.el9`). */
function epochInId(id: string, name: string): string | null {
  const at = id.lastIndexOf(`${name}-`);
  return at < 0 ? null : (/^(\d+):/.exec(id.slice(at + name.length + 1))?.[1] ?? null);
}

function stateOf(
  vulnerability: CsafVulnerability,
  id: string,
  status: VexStatement["status"],
  version: string,
): Statement["state"] | null {
  switch (status) {
    case "fixed":
      return version === "" ? null : { kind: "fixed", version };
    case "not-affected":
      return { kind: "never-affected", why: flagOf(vulnerability, id) };
    case "under-investigation":
      return { kind: "undetermined" };
    case "affected":
      return openState(vulnerability, id);
  }
}

function flagOf(vulnerability: CsafVulnerability, id: string): string {
  return cleanText(
    vulnerability.flags?.find((flag) => flag.product_ids?.includes(id) === true)?.label ?? "",
    200,
  );
}

/** CSAF 2.0, 3.2.3.12.1: the category of the remediation says whether a fix will come. */
function openState(vulnerability: CsafVulnerability, id: string): Statement["state"] {
  const own = (vulnerability.remediations ?? []).filter(
    (r) => r.product_ids?.includes(id) === true,
  );
  for (const { category, details } of own) {
    const why = cleanText(details, 200);
    if (/out of support|end of life/i.test(details)) return { kind: "end-of-life" };
    if (category === "no_fix_planned") return { kind: "ignored", why };
    if (category === "none_available" && /defer/i.test(details)) return { kind: "deferred", why };
    if (category === "fix_planned") return { kind: "deferred", why };
  }
  return { kind: "open" };
}
