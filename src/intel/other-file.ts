/**
 * What a file is that no feed format reads, in words for people: looked at by content, so that a
 * folder of feeds can say of each of its files what became of it.
 */
export function whatItIs(head: string): string {
  for (const [name, pattern] of kinds) if (pattern.test(head)) return name;
  return "not a feed that is known";
}

const RPM_LINE = /^[\w.+-]+\|(?:\d+|\(none\))?\|[\w.+~^]+\|[\w.+~^]+\|\w+/m;

/** The first that fits. */
const kinds: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["web page, not a feed", /^\s*<(!doctype html|html)/i],
  ["JSON schema, not a feed", /"\$schema"\s*:\s*"[^"]*json-schema\.org/],
  ["CycloneDX bill of materials, not a feed", /"bomFormat"\s*:\s*"CycloneDX"/],
  [
    "SPDX bill of materials, not a feed",
    /"spdxVersion"|"https?:\/\/spdx\.org\/rdf\/|SPDXVersion:|^spdxVersion:/m,
  ],
  ["CSAF aggregator, not a feed", /"aggregator_version"|"csaf_providers"/],
  [
    "CSAF provider metadata, not a feed",
    /"canonical_url"[\s\S]*"metadata_version"|"metadata_version"/,
  ],
  ["ROLIE index, not a feed", /^\s*\{\s*"(feed|service|categories)"\s*:/],
  ["dpkg status, not a feed", /^Package: [\s\S]*?^Status: /m],
  ["list of installed rpm packages, not a feed", RPM_LINE],
  ["npm package file, not a feed", /"lockfileVersion"\s*:|"dependencies"\s*:\s*\{/],
  ["os-release, not a feed", /^(PRETTY_NAME|NAME|ID)=/m],
  ["Debian changelog, not a feed", /^[a-z0-9][a-z0-9+.-]+ \([^)]+\) [\w -]+; urgency=/],
  ["index of record ids, not a feed", /^\s*[[{][\s\S]{0,200}"id"\s*:\s*"[^"]+",\s*"modified"/],
  ["table joined from KEV and EPSS, not a feed", /^CVE,CVSS3,EPSS,/],
  ["support dates of a distribution, not a feed", /^version,codename,series,/],
  [
    "list of packages with ended or limited support, not a feed",
    /^#[^\n]*\n[\s\S]*security-support|^[a-z0-9.+-]+ {2,}\S+ +\d{4}-\d\d-\d\d/m,
  ],
  ["RSS index of advisories, not a feed", /<rss\b/],
  ["text, not a feed", /^[\p{L}\p{N}\p{P}\p{S}\s]*$/u],
];
