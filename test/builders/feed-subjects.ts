/**
 * Records of every format, good and bad, for the suites that every feed must stand. To add a feed, add
 * its records here.
 */
export interface FeedSubject {
  readonly feed: string;
  /** Below `src/intel/feeds`. */
  readonly folder: string;
  /** What one file of it is; most are the whole of their feed. */
  readonly extent?: "part";
  /** The text of a feed of these records. */
  file(records: readonly string[]): string;
  record(n: number): string;
  readonly badRecord: string;
}

const cve = (n: number): string => `CVE-2026-${10_000 + n}`;

export const feedSubjects: readonly FeedSubject[] = [
  {
    feed: "debian-tracker",
    folder: "debian-tracker",
    file: (records) => `{"apt":{${records.join(",")}}}`,
    record: (n) => `"${cve(n)}":{"releases":{"bookworm":{"status":"open","urgency":"low"}}}`,
    badRecord: `"CVE-2026-0666":17`,
  },
  {
    feed: "osv-npm",
    folder: "osv",
    file: (records) => `[${records.join(",")}]`,
    record: (n) =>
      `{"id":"GHSA-${n}","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"versions":["1.0.0"]}]}`,
    badRecord: `{"id":"","modified":"2026-01-01T00:00:00Z"}`,
  },
  {
    feed: "osv-npm",
    folder: "osv",
    file: (records) => records.map((r) => `${r}\n`).join(""),
    record: (n) =>
      `{"id":"GHSA-${n}","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"versions":["1.0.0"]}]}`,
    badRecord: `{"id":"GHSA-cut","modified":"2026-01`,
  },
  {
    feed: "kev",
    folder: "kev",
    file: (records) =>
      `{"catalogVersion":"1","dateReleased":"2026-01-01","vulnerabilities":[${records.join(",")}]}`,
    record: (n) => `{"cveID":"${cve(n)}","dateAdded":"2026-01-01"}`,
    badRecord: `{"cveID":"CVE-2026-0666"}`,
  },
  {
    feed: "epss",
    folder: "epss",
    file: (records) =>
      `#model_version:v1,score_date:2026-01-01T00:00:00Z\ncve,epss,percentile\n${records.join("\n")}\n`,
    record: (n) => `${cve(n)},0.5,0.9`,
    badRecord: "CVE-2026-0666,high,very",
  },
  {
    feed: "vulnrichment",
    folder: "cve-record",
    file: (records) => `[${records.join(",")}]`,
    record: (n) =>
      `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"${cve(n)}","state":"PUBLISHED"},"containers":{}}`,
    badRecord: `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"x"},"containers":{}}`,
  },
  {
    feed: "secdb-alpine-v3.19-main",
    folder: "secdb",
    file: (records) => `distroversion: v3.19\nreponame: main\npackages:\n${records.join("")}`,
    record: (n) =>
      `  - pkg:\n      name: p${n}\n      secfixes:\n        1.10-r0:\n          - ${cve(n)}\n`,
    badRecord: "  - pkg:\n      name: bad-0666\n",
  },
  {
    feed: "secdb-chainguard",
    folder: "secdb",
    file: (records) => `{"reponame":"chainguard","packages":[${records.join(",")}]}`,
    record: (n) => `{"pkg":{"name":"p${n}","secfixes":{"0":["${cve(n)}"]}}}`,
    badRecord: `{"pkg":{"name":"bad-0666"}}`,
  },
  {
    feed: "secdb-wolfi",
    folder: "secdb",
    file: (records) =>
      `{"apkurl":"{{urlprefix}}/{{reponame}}/{{arch}}","reponame":"os","urlprefix":"https://packages.wolfi.dev","packages":[${records.join(",")}]}`,
    record: (n) => `{"pkg":{"name":"p${n}","secfixes":{"1.0.${n}-r0":["${cve(n)}"]}}}`,
    badRecord: `{"pkg":{"name":"bad-0666"}}`,
  },
  {
    feed: "debian-dsa",
    folder: "debian-lists",
    file: (records) => records.join(""),
    record: (n) =>
      `[01 Jul 2024] DSA-${5000 + n}-1 p${n} - security update\n\t{${cve(n)}}\n\t[bookworm] - p${n} 1.0-1+deb12u1\n`,
    badRecord: "[never] nothing 0666\n",
  },
  {
    feed: "debian-dla",
    folder: "debian-lists",
    file: (records) => records.join(""),
    record: (n) =>
      `[01 Jul 2024] DLA-${3000 + n}-1 p${n} - security update\n\t{${cve(n)}}\n\t[bullseye] - p${n} 1.0-1+deb11u1\n`,
    badRecord: "[never] nothing 0666\n",
  },
  {
    feed: "debian-cve-list",
    folder: "debian-lists",
    file: (records) => records.join(""),
    record: (n) =>
      `${cve(n)} (Text ...)\n\t- p${n} 1.0-2 (low)\n\t[bullseye] - p${n} <no-dsa> (Minor)\n`,
    badRecord: "odd heading 0666\n",
  },
  {
    feed: "debian-changelogs",
    folder: "debian-changelogs",
    file: (records) => records.map((r) => `${r}\n`).join(""),
    record: (n) =>
      `{"source":"p${n}","version":"1.0-1","dist":"bookworm-security","cves":["${cve(n)}"]}`,
    badRecord: `{"source":"","dist":"x","cves":[],"n":"0666"}`,
  },
  {
    feed: "suse-oval",
    folder: "oval",
    file: (records) =>
      `<oval_definitions><generator><product_name>SUSE</product_name></generator><definitions>${records.join("")}</definitions></oval_definitions>`,
    record: (n) =>
      `<definition id="d${n}"><metadata><title>${cve(n)}</title></metadata><criteria operator="AND"><criterion comment="SUSE Linux Enterprise Server 15 SP4 is installed"/><criteria operator="OR"><criterion comment="p${n}-1.0-1.1 is installed"/></criteria></criteria></definition>`,
    badRecord: `<definition id="0666"/>`,
  },
  {
    feed: "oracle-oval",
    folder: "oval",
    file: (records) =>
      `<oval_definitions><generator><oval:product_name>Oracle Errata System</oval:product_name></generator><definitions>${records.join("")}</definitions></oval_definitions>`,
    record: (n) =>
      `<definition id="oval:com.oracle.elsa:def:${n}"><metadata><title>ELSA-2026-${1000 + n}: p${n} security update</title><advisory><cve>${cve(n)}</cve></advisory></metadata><criteria operator="AND"><criterion comment="Oracle Linux 9 is installed"/><criteria operator="OR"><criterion comment="p${n} is earlier than 0:1.0-1.el9"/></criteria></criteria></definition>`,
    badRecord: `<definition id="0666"/>`,
  },
  {
    feed: "updateinfo",
    folder: "updateinfo",
    file: (records) => `<?xml version="1.0"?><updates>${records.join("")}</updates>`,
    record: (n) =>
      `<update type="security"><id>ALSA-2024:${1000 + n}</id><references><reference type="cve" id="${cve(n)}"/></references><pkglist><collection><package name="p${n}" epoch="0" version="1.0" release="2.el9" arch="x86_64"/></collection></pkglist></update>`,
    badRecord: "<update><id>ALSA-0666</id></update>",
  },
  {
    feed: "nvd",
    folder: "nvd",
    file: (records) =>
      `{"totalResults":40,"format":"NVD_CVE","version":"2.0","vulnerabilities":[${records.join(",")}]}`,
    record: (n) => `{"cve":{"id":"${cve(n)}","vulnStatus":"Analyzed"}}`,
    badRecord: `{"cve":{"id":"0666"}}`,
  },
  {
    feed: "redhat-hydra",
    folder: "redhat-hydra",
    file: (records) => `[${records.join(",")}]`,
    record: (n) =>
      `{"name":"${cve(n)}","threat_severity":"Low","package_state":[{"cpe":"cpe:/o:redhat:enterprise_linux:9","package_name":"p${n}","fix_state":"Will not fix"}]}`,
    badRecord: `{"name":"0666","threat_severity":"Low"}`,
  },
  {
    feed: "node-security-wg",
    folder: "node-security-wg",
    file: (records) => `[${records.join(",")}]`,
    record: (n) =>
      `{"id":${n},"module_name":"p${n}","vulnerable_versions":"<1.${n}.0","patched_versions":">=1.${n}.0","cves":[]}`,
    badRecord: `{"id":"0666","module_name":"p","vulnerable_versions":"not a range"}`,
  },
  {
    feed: "retirejs",
    folder: "retirejs",
    file: (records) => `{${records.join(",")}}`,
    record: (n) =>
      `"p${n}":{"vulnerabilities":[{"below":"1.0.${n}","identifiers":{"CVE":["${cve(n)}"]}}]}`,
    badRecord: `"bad0666":{"vulnerabilities":7}`,
  },
  {
    feed: "endoflife",
    folder: "endoflife",
    file: (records) => `{"schema_version":"1.2.0","result":[${records.join(",")}]}`,
    record: (n) =>
      `{"name":"p${n}","releases":[{"name":"1.${n}","isEol":false,"eolFrom":"2030-01-01"}]}`,
    badRecord: `{"name":"bad-0666","releases":"none"}`,
  },
  {
    feed: "openvex",
    folder: "openvex",
    extent: "part",
    file: (records) =>
      `{"@context":"https://openvex.dev/ns/v0.2.0","author":"a","statements":[${records.join(",")}]}`,
    record: (n) =>
      `{"vulnerability":{"name":"${cve(n)}"},"products":[{"@id":"pkg:npm/p${n}@1.0.0"}],"status":"fixed"}`,
    badRecord: `{"vulnerability":{"name":"0666"},"products":[],"status":"fixed"}`,
  },
  {
    feed: "cyclonedx-vex",
    folder: "cyclonedx-vex",
    extent: "part",
    file: (records) =>
      `{"bomFormat":"CycloneDX","specVersion":"1.4","vulnerabilities":[${records.join(",")}]}`,
    record: (n) =>
      `{"id":"${cve(n)}","analysis":{"state":"exploitable"},"affects":[{"ref":"pkg:npm/p${n}@1.0.0"}]}`,
    badRecord: `{"ident":"0666"}`,
  },
];

/** Feeds that come as one document a record, told and counted as one whole in an archive. */
export interface ArchivedSubject {
  readonly feed: string;
  /** Below `src/intel/feeds`. */
  readonly folder: string;
  record(n: number): string;
  readonly badRecord: string;
}

export const archivedSubjects: readonly ArchivedSubject[] = [
  {
    feed: "ubuntu-tracker",
    folder: "ubuntu-tracker",
    record: (n) =>
      `Candidate: ${cve(n)}\nPublicDate: 2020-03-24\nDescription:\n Text\nPriority: low\nPatches_p:\nbionic_p${n}: released (1.0-1)\ntrusty/esm_p${n}: needed\n`,
    badRecord: "Candidate: none\nPatches_p:\n",
  },
  {
    feed: "rustsec",
    folder: "rustsec",
    record: (n) =>
      `\`\`\`toml\n[advisory]\nid = "RUSTSEC-2020-${1000 + n}"\npackage = "p${n}"\ndate = "2020-01-01"\n\n[versions]\npatched = [">= 1.0.${n}"]\n\`\`\`\n\n# Title\n`,
    badRecord: '```toml\n[advisory]\nid = "none\n```\n',
  },
  {
    feed: "endoflife",
    folder: "endoflife",
    record: (n) =>
      `---\ntitle: P${n}\npermalink: /p${n}\nreleases:\n  - releaseCycle: "1.10"\n    eol: 2030-01-01\n---\nText\n`,
    badRecord: "---\npermalink: /x\nreleases: none\n---\n",
  },
  {
    feed: "csaf-redhat",
    folder: "csaf",
    record: (n) =>
      JSON.stringify({
        document: {
          csaf_version: "2.0",
          publisher: { name: "Red Hat Product Security" },
          tracking: { id: `RHSA-2024:${1000 + n}` },
        },
        product_tree: {
          full_product_names: [
            {
              name: "rpm",
              product_id: "rpm",
              product_identification_helper: { purl: `pkg:rpm/redhat/p${n}@1.0-1.el9?arch=x86_64` },
            },
            {
              name: "RHEL",
              product_id: "os",
              product_identification_helper: { cpe: "cpe:/o:redhat:enterprise_linux:9::baseos" },
            },
          ],
          relationships: [
            {
              category: "default_component_of",
              full_product_name: { name: "both", product_id: "os:rpm" },
              product_reference: "rpm",
              relates_to_product_reference: "os",
            },
          ],
        },
        vulnerabilities: [{ cve: cve(n), product_status: { fixed: ["os:rpm"] } }],
      }),
    badRecord: '{"document":{"csaf_version":"2.0","tracking":{}}}',
  },
  {
    feed: "nvd-overrides",
    folder: "nvd",
    record: (n) =>
      `{"_annotation":{"cve_id":"${cve(n)}"},"cve":{"configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:x:p${n}:*:*:*:*:*:*:*:*"}]}]}]}}`,
    badRecord: '{"_annotation":{"cve_id":"0666"},"cve":{}}',
  },
];

/** The same records of some time before. */
export function olderText(text: string): string {
  return text
    .replaceAll("2026-01-01", "2025-06-01")
    .replaceAll("01 Jul 2024", "01 Jun 2023")
    .replaceAll("2020-01-01", "2019-06-01");
}
