import { DAY_MS, HOUR_MS } from "../base/instant.ts";

/**
 * Where feeds can be had: one row a source, with how it is fetched, how often, from when it is too old
 * to be relied on, and under which terms. Operators choose among them and may give addresses of their
 * own; nothing else about a source is theirs to change.
 */
export interface SourceKind {
  readonly kind: string;
  readonly title: string;
  /** How its content comes: one file, or in one of the ways that have pages, indexes or changes. */
  readonly way: "file" | "nvd" | "cve-list" | "csaf-changes" | "csaf-provider" | "repomd";
  /** The first is the publisher's, the others its mirrors; `{}` stands for the parameter. */
  readonly urls: readonly string[];
  /** What `{}` is, for people, and the values that are offered; null where there is one of a kind. */
  readonly parameter: { readonly what: string; readonly values: readonly string[] } | null;
  /** Which feed its readers must find; `{}` as above, in small letters. Null: whatever they find. */
  readonly feed: string | null;
  /** The name it is kept under, where the content alone does not say what it is of. */
  readonly keptAs?: string;
  readonly checkEveryMs: number;
  readonly staleAfterMs: number;
  readonly licence: string;
  /** Asked always, where hosts have packages of the parameter, or only when somebody chose it. */
  readonly needed: "always" | "by-hosts" | "when-chosen";
}

const DAILY = { checkEveryMs: 6 * HOUR_MS, staleAfterMs: 2 * DAY_MS } as const;
const HOURLY = { checkEveryMs: HOUR_MS, staleAfterMs: 2 * DAY_MS } as const;
const CHOSEN = { needed: "when-chosen" } as const;
const PLAIN = { way: "file", parameter: null } as const;

/** Ecosystems with an archive of their own at osv.dev (its `ecosystems.txt`, without releases). */
export const osvEcosystems: readonly string[] = [
  "AlmaLinux",
  "Alpaquita",
  "Alpine",
  "Azure Linux",
  "Bitnami",
  "CRAN",
  "Chainguard",
  "Debian",
  "Go",
  "Hackage",
  "Hex",
  "Julia",
  "Mageia",
  "Maven",
  "MinimOS",
  "NuGet",
  "Packagist",
  "Pub",
  "PyPI",
  "Red Hat",
  "Rocky Linux",
  "RubyGems",
  "SUSE",
  "SwiftURL",
  "Ubuntu",
  "Wolfi",
  "crates.io",
  "npm",
  "openEuler",
  "openSUSE",
];

const SALSA = "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data";
const REDHAT = "https://security.access.redhat.com/data/csaf/v2";

export const sourceKinds: readonly SourceKind[] = [
  {
    ...PLAIN,
    kind: "kev",
    title: "CISA's catalogue of known exploited vulnerabilities",
    urls: [
      "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
      "https://raw.githubusercontent.com/cisagov/kev-data/develop/known_exploited_vulnerabilities.json",
    ],
    feed: "kev",
    checkEveryMs: HOUR_MS,
    // Known exploitation is acted on within days, so a day without it is already late.
    staleAfterMs: DAY_MS,
    licence: "CC0-1.0",
    needed: "always",
  },
  {
    ...PLAIN,
    ...HOURLY,
    kind: "epss",
    title: "FIRST's exploit prediction scores",
    urls: ["https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"],
    feed: "epss",
    licence: "EPSS by FIRST, free use with attribution",
    needed: "always",
  },
  {
    ...PLAIN,
    ...HOURLY,
    kind: "debian-tracker",
    title: "Debian's security tracker",
    urls: ["https://security-tracker.debian.org/tracker/data/json"],
    feed: "debian-tracker",
    licence: "Debian security tracker data",
    needed: "always",
  },
  {
    ...HOURLY,
    kind: "osv",
    title: "OSV records of one ecosystem",
    way: "file",
    urls: ["https://osv-vulnerabilities.storage.googleapis.com/{}/all.zip"],
    parameter: { what: "ecosystem", values: osvEcosystems },
    feed: "osv-{}",
    licence: "see osv.dev",
    needed: "by-hosts",
  },
  {
    ...DAILY,
    ...CHOSEN,
    kind: "nvd",
    title: "The NVD's API 2.0, with changes since the last time",
    way: "nvd",
    urls: ["https://services.nvd.nist.gov/rest/json/cves/2.0"],
    parameter: null,
    feed: "nvd",
    licence: "public domain",
  },
  {
    ...HOURLY,
    ...CHOSEN,
    kind: "cve-list",
    title: "All CVE records with what others added, then their hourly changes",
    way: "cve-list",
    urls: ["https://github.com/CVEProject/cvelistV5"],
    parameter: null,
    feed: "vulnrichment",
    keptAs: "cve-list",
    licence: "CVE terms of use",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "vulnrichment",
    title: "CISA's Vulnrichment: CVE records with SSVC",
    urls: ["https://codeload.github.com/cisagov/vulnrichment/zip/refs/heads/develop"],
    feed: "vulnrichment",
    licence: "CC0-1.0",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "debian-dsa",
    title: "Debian's security advisories",
    urls: [`${SALSA}/DSA/list`],
    feed: "debian-dsa",
    licence: "Debian security tracker data",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "debian-dla",
    title: "Debian's advisories of long-term support",
    urls: [`${SALSA}/DLA/list`],
    feed: "debian-dla",
    licence: "Debian security tracker data",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "debian-cve-list",
    title: "Debian's list of CVEs",
    urls: [`${SALSA}/CVE/list`],
    feed: "debian-cve-list",
    licence: "Debian security tracker data",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "ubuntu-tracker",
    title: "Ubuntu's CVE tracker, an archive of its files",
    urls: [],
    feed: "ubuntu-tracker",
    licence: "Ubuntu CVE tracker data",
  },
  {
    ...DAILY,
    ...CHOSEN,
    kind: "secdb",
    title: "Alpine's fixes of one release and repository",
    way: "file",
    urls: ["https://secdb.alpinelinux.org/{}.json"],
    parameter: { what: "release and repository, such as v3.22/main", values: [] },
    feed: "secdb-alpine-{}",
    licence: "MIT",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "secdb-wolfi",
    title: "Wolfi's fixes",
    urls: ["https://packages.wolfi.dev/os/security.json"],
    feed: "secdb-wolfi",
    licence: "Apache-2.0",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "secdb-chainguard",
    title: "Chainguard's fixes",
    urls: ["https://packages.cgr.dev/chainguard/security.json"],
    feed: "secdb-chainguard",
    licence: "Apache-2.0",
  },
  {
    ...DAILY,
    ...CHOSEN,
    kind: "redhat-csaf",
    title: "Red Hat's advisories as CSAF, then their changes",
    way: "csaf-changes",
    urls: [`${REDHAT}/advisories/`],
    parameter: null,
    feed: "csaf-redhat",
    licence: "CC-BY-4.0",
  },
  {
    ...DAILY,
    ...CHOSEN,
    kind: "redhat-vex",
    title: "What Red Hat says of each CVE as CSAF VEX, then its changes",
    way: "csaf-changes",
    urls: [`${REDHAT}/vex/`],
    parameter: null,
    feed: "csaf-redhat",
    keptAs: "csaf-redhat-vex",
    licence: "CC-BY-4.0",
  },
  {
    ...DAILY,
    ...CHOSEN,
    kind: "csaf",
    title: "Any publisher of CSAF, by its provider-metadata.json",
    way: "csaf-provider",
    urls: ["https://{}/.well-known/csaf/provider-metadata.json"],
    parameter: { what: "domain of the publisher, such as sick.com", values: [] },
    feed: null,
    licence: "see the publisher",
  },
  {
    ...DAILY,
    ...CHOSEN,
    kind: "suse-oval",
    title: "SUSE's OVAL of one product",
    way: "file",
    urls: ["https://ftp.suse.com/pub/projects/security/oval/{}.xml.gz"],
    parameter: {
      what: "name of the file, such as suse.linux.enterprise.server.15",
      values: ["suse.linux.enterprise.server.12", "suse.linux.enterprise.server.15"],
    },
    feed: "suse-oval",
    keptAs: "suse-oval-{}",
    licence: "CC-BY-4.0",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "oracle-oval",
    title: "Oracle Linux's OVAL",
    urls: ["https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2"],
    feed: "oracle-oval",
    licence: "see linux.oracle.com",
  },
  {
    ...DAILY,
    ...CHOSEN,
    kind: "updateinfo",
    title: "Advisories of one rpm repository",
    way: "repomd",
    urls: ["https://repo.almalinux.org/almalinux/{}/x86_64/os/"],
    parameter: {
      what: "release and repository, such as 9/AppStream; any name with an address of your own",
      values: ["8/BaseOS", "8/AppStream", "9/BaseOS", "9/AppStream", "10/BaseOS", "10/AppStream"],
    },
    feed: "updateinfo",
    keptAs: "updateinfo-{}",
    licence: "see the repository",
  },
  {
    ...PLAIN,
    ...CHOSEN,
    kind: "endoflife",
    title: "Dates of support by endoflife.date",
    urls: ["https://endoflife.date/api/v1/products/full"],
    feed: "endoflife",
    checkEveryMs: DAY_MS,
    // Dates of support move a few times a year.
    staleAfterMs: 14 * DAY_MS,
    licence: "MIT",
  },
  {
    ...PLAIN,
    ...DAILY,
    ...CHOSEN,
    kind: "rustsec",
    title: "RustSec's advisories",
    urls: ["https://codeload.github.com/rustsec/advisory-db/zip/refs/heads/main"],
    feed: "rustsec",
    licence: "CC0-1.0",
  },
  {
    ...PLAIN,
    ...CHOSEN,
    kind: "node-security-wg",
    title: "The Node.js security working group's advisories",
    urls: ["https://codeload.github.com/nodejs/security-wg/zip/refs/heads/main"],
    feed: "node-security-wg",
    checkEveryMs: DAY_MS,
    // Changed a few times a month.
    staleAfterMs: 7 * DAY_MS,
    licence: "MIT",
  },
  {
    ...CHOSEN,
    kind: "retirejs",
    title: "RetireJS's list of JavaScript libraries",
    way: "file",
    urls: ["https://raw.githubusercontent.com/RetireJS/retire.js/master/repository/{}.json"],
    parameter: {
      what: "name of the list",
      values: ["jsrepository-v4", "npmrepository"],
    },
    feed: "retirejs",
    keptAs: "retirejs-{}",
    checkEveryMs: DAY_MS,
    staleAfterMs: 7 * DAY_MS,
    licence: "Apache-2.0",
  },
];
