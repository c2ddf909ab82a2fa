import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { zstdCompressSync } from "node:zlib";
import { sourceKinds } from "../../src/intel/feed-catalogue.ts";
import { archivedSubjects, feedSubjects, olderText } from "./feed-subjects.ts";
import { tarOf } from "./intel.ts";

/**
 * Publishers of feeds over real HTTP on this machine: what each source's address answers for given
 * records, and a server that answers well or as badly as publishers do.
 */
export interface Offer {
  /** Numbers of the records, in their order. */
  readonly numbers: readonly number[];
  readonly hasBadRecord?: boolean;
  /** An older generation than all others: by the dates in it, or in the answer's header. */
  readonly isOld?: true;
}

export interface PublisherSubject {
  readonly source: string;
  readonly feed: string;
  /** Below the server's address. */
  readonly path: string;
  /** Comes in pieces, which neither shrink nor have an age as a whole. */
  readonly isPieces?: true;
  /** Requests whose answers carry records. */
  readonly content: RegExp;
  /** What stands at a path and query; null when nothing does. */
  answer(offer: Offer, url: URL): Buffer | null;
}

/** Sources that are one file, whose records are those of their format. */
function oneFile(source: string, feed: string, format: string = feed): PublisherSubject {
  const subject = feedSubjects.find((each) => each.feed === format);
  if (subject === undefined) throw new Error(`no records of ${format}`);
  return {
    source,
    feed,
    path: `/${encodeURIComponent(source)}/file`,
    content: /./,
    answer: ({ numbers, hasBadRecord, isOld }) => {
      const records = numbers.map(subject.record);
      if (hasBadRecord === true) records.splice(7, 0, subject.badRecord);
      const text = subject.file(records);
      return Buffer.from(isOld === true ? olderText(text) : text);
    },
  };
}

/** Sources that are an archive of one document a record. */
function archive(source: string, feed: string): PublisherSubject {
  const subject = archivedSubjects.find((each) => each.feed === feed);
  if (subject === undefined) throw new Error(`no records of ${feed}`);
  return {
    source,
    feed,
    path: `/${encodeURIComponent(source)}/archive`,
    content: /./,
    answer: ({ numbers, hasBadRecord, isOld }) => {
      const records = numbers.map(subject.record);
      if (hasBadRecord === true) records.splice(7, 0, subject.badRecord);
      const texts = isOld === true ? records.map(olderText) : records;
      const files = texts.map((text, at) => [`top/${at}/${numbers[at] ?? "bad"}`, text]);
      return tarOf(Object.fromEntries(files) as Record<string, string>);
    },
  };
}

const cveOf = (n: number): string => `CVE-2026-${10_000 + n}`;

const cveRecord = (n: number): string =>
  JSON.stringify({
    dataType: "CVE_RECORD",
    cveMetadata: { cveId: cveOf(n), state: "PUBLISHED", dateUpdated: "2026-11-01T00:00:00Z" },
    containers: { cna: { title: `title ${n}` } },
  });

const csafDocument = (n: number, publisher = "Red Hat Product Security"): string =>
  JSON.stringify({
    document: {
      csaf_version: "2.0",
      category: "csaf_security_advisory",
      title: `advisory ${n}`,
      publisher: { name: publisher, category: "vendor", namespace: "x" },
      tracking: {
        id: `RHSA-2026:${1000 + n}`,
        status: "final",
        version: "1",
        current_release_date: "2026-11-01T00:00:00Z",
      },
    },
    product_tree: {
      branches: [
        {
          category: "product_name",
          name: "RHEL 9",
          product: {
            name: "RHEL 9",
            product_id: "rhel9",
            product_identification_helper: { cpe: "cpe:/a:redhat:enterprise_linux:9::appstream" },
          },
        },
        {
          category: "product_version",
          name: `p${n}-1.0-1.el9.x86_64`,
          product: {
            name: `p${n}`,
            product_id: `p${n}`,
            product_identification_helper: { purl: `pkg:rpm/redhat/p${n}@1.0-1.el9?arch=x86_64` },
          },
        },
      ],
      relationships: [
        {
          category: "default_component_of",
          full_product_name: { name: `p${n} in RHEL 9`, product_id: `rhel9:p${n}` },
          product_reference: `p${n}`,
          relates_to_product_reference: "rhel9",
        },
      ],
    },
    vulnerabilities: [{ cve: cveOf(n), product_status: { fixed: [`rhel9:p${n}`] } }],
  });

const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
const lineTime = (n: number): string => new Date(Date.UTC(2026, 10, 2) + n * 60_000).toISOString();

/** Pages of the NVD, or of what changed; the total is what is there. */
const nvd: PublisherSubject = {
  source: "nvd",
  feed: "nvd",
  path: "/nvd/rest",
  isPieces: true,
  content: /./,
  answer({ numbers, hasBadRecord }, url) {
    const start = Number(url.searchParams.get("startIndex"));
    const size = Math.min(15, Number(url.searchParams.get("resultsPerPage")));
    const record = (n: number) => ({
      cve: { id: cveOf(n), vulnStatus: "Analyzed", lastModified: "2026-11-01T00:00:00.000" },
    });
    const all: unknown[] = numbers.map(record);
    if (hasBadRecord === true) all.splice(7, 0, { cve: { id: "0666" } });
    const vulnerabilities = all.slice(start, start + size);
    const head = { resultsPerPage: vulnerabilities.length, startIndex: start };
    const page = { ...head, totalResults: all.length, format: "NVD_CVE", version: "2.0" };
    return Buffer.from(JSON.stringify({ ...page, vulnerabilities }));
  },
};

/** The archive, the log of changes, and each record by itself. */
const cveList: PublisherSubject = {
  source: "cve-list",
  feed: "cve-list",
  path: "/cve",
  isPieces: true,
  content: /main\.zip|CVE-/,
  answer({ numbers, hasBadRecord }, url) {
    const files = numbers.map((n) => [`cves/${cveOf(n)}.json`, cveRecord(n)] as const);
    if (hasBadRecord === true)
      files.splice(7, 0, ["cves/bad.json", '{"cveMetadata":{"x":"0666"}}']);
    if (url.pathname.endsWith("/main.zip")) return tarOf(Object.fromEntries(files));
    if (url.pathname.endsWith("/deltaLog.json")) {
      const entries = numbers.map((n) => ({ fetchTime: lineTime(n), new: [{ cveId: cveOf(n) }] }));
      return Buffer.from(JSON.stringify(entries.toReversed()));
    }
    const id = /CVE-2026-(\d+)\.json$/.exec(url.pathname)?.[1];
    return id === undefined ? null : Buffer.from(cveRecord(Number(id) - 10_000));
  },
};

/** In the order of numbers; the bad record right after the last. */
const placeOf = (n: number, numbers: readonly number[]): number =>
  n === 666 ? Math.max(...numbers) + 0.5 : n;

/** A directory of CSAF documents with its archive, list of changes and digests. */
const redhatCsaf = (source: string, feed: string, path: string): PublisherSubject => ({
  source,
  feed,
  path,
  isPieces: true,
  content: /\.tar\.zst$|\d\.json$/,
  answer({ numbers, hasBadRecord }, url) {
    const documents = new Map(numbers.map((n) => [`2026/rhsa-${n}.json`, csafDocument(n)]));
    const numberIn = (path: string): number => Number(/(\d+)\.json$/.exec(path)?.[1]);
    if (hasBadRecord === true)
      documents.set("2026/rhsa-666.json", '{"document":{"csaf_version":"2.0"}}');
    const archive = zstdCompressSync(tarOf(Object.fromEntries(documents)));
    const name = url.pathname.slice(this.path.length);
    if (name === "archive_latest.txt") return Buffer.from("csaf_2026-11-01.tar.zst\n");
    if (name === "csaf_2026-11-01.tar.zst") return archive;
    if (name === "csaf_2026-11-01.tar.zst.sha256") return Buffer.from(`${sha256(archive)}  x\n`);
    if (name === "changes.csv") {
      const rows = [...documents.keys()].map(
        (path) => `"${path}","${lineTime(placeOf(numberIn(path), numbers))}"\n`,
      );
      return Buffer.from(rows.toReversed().join(""));
    }
    const document = documents.get(name.replace(/\.sha256$/, ""));
    if (document === undefined) return null;
    return Buffer.from(name.endsWith(".sha256") ? `${sha256(document)}  x\n` : document);
  },
});

/** Another publisher, by its metadata and a ROLIE feed. */
const provider: PublisherSubject = {
  source: "csaf:example.org",
  feed: "csaf-example",
  path: "/provider/provider-metadata.json",
  isPieces: true,
  content: /\d\.json$/,
  answer({ numbers, hasBadRecord }, url) {
    const base = url.origin;
    if (url.pathname === this.path) {
      const feeds = [
        { url: `${base}/provider/rolie.json`, tlp_label: "WHITE" },
        { url: `${base}/provider/secret.json`, tlp_label: "RED" },
      ];
      const distributions = [{ rolie: { feeds } }];
      return Buffer.from(JSON.stringify({ publisher: { name: "x" }, distributions }));
    }
    if (url.pathname === "/provider/rolie.json") {
      const all = [...numbers, ...(hasBadRecord === true ? [666] : [])];
      const entry = all.map((n) => ({
        updated: lineTime(placeOf(n, numbers)),
        content: { src: `${base}/provider/doc-${n}.json` },
        link: [{ rel: "hash", href: `${base}/provider/doc-${n}.json.sha256` }],
      }));
      return Buffer.from(JSON.stringify({ feed: { entry } }));
    }
    const match = /doc-(\d+)\.json(\.sha256)?$/.exec(url.pathname);
    if (match === null) return null;
    const document =
      match[1] === "666" ? '{"csaf_version": "2.0"}' : csafDocument(Number(match[1]), "Example");
    return Buffer.from(match[2] === undefined ? document : `${sha256(document)}\n`);
  },
};

/** A repository of rpm packages: an index that names the advisories and their digest. */
function repository(): PublisherSubject {
  const inner = oneFile("updateinfo:9/AppStream", "updateinfo");
  return {
    ...inner,
    feed: "updateinfo-9-appstream",
    path: "/repo/",
    content: /updateinfo\.xml$/,
    answer(offer, url) {
      const body = inner.answer(offer, url) ?? Buffer.alloc(0);
      if (url.pathname.endsWith("/repodata/updateinfo.xml")) return body;
      if (!url.pathname.endsWith("/repodata/repomd.xml")) return null;
      return Buffer.from(`<?xml version="1.0"?><repomd><data type="primary"/><data type="updateinfo">
        <checksum type="sha256">${sha256(body)}</checksum>
        <location href="repodata/updateinfo.xml"/></data></repomd>`);
    },
  };
}

const subjects: readonly PublisherSubject[] = [
  oneFile("kev", "kev"),
  oneFile("epss", "epss"),
  oneFile("debian-tracker", "debian-tracker"),
  oneFile("osv:npm", "osv-npm"),
  oneFile("vulnrichment", "vulnrichment"),
  oneFile("debian-dsa", "debian-dsa"),
  oneFile("debian-dla", "debian-dla"),
  oneFile("debian-cve-list", "debian-cve-list"),
  archive("ubuntu-tracker", "ubuntu-tracker"),
  oneFile("secdb:v3.19/main", "secdb-alpine-v3.19-main"),
  oneFile("secdb-wolfi", "secdb-wolfi"),
  oneFile("secdb-chainguard", "secdb-chainguard"),
  oneFile(
    "suse-oval:suse.linux.enterprise.server.15",
    "suse-oval-suse.linux.enterprise.server.15",
    "suse-oval",
  ),
  oneFile("oracle-oval", "oracle-oval"),
  oneFile("endoflife", "endoflife"),
  archive("rustsec", "rustsec"),
  oneFile("node-security-wg", "node-security-wg"),
  oneFile("retirejs:npmrepository", "retirejs-npmrepository", "retirejs"),
  repository(),
  nvd,
  cveList,
  redhatCsaf("redhat-csaf", "csaf-redhat", "/csaf/"),
  redhatCsaf("redhat-vex", "csaf-redhat-vex", "/csaf-vex/"),
  provider,
];

/** One of every kind in the catalogue: a kind without its publisher here fails every suite. */
export const publisherSubjects: readonly PublisherSubject[] = sourceKinds.map(({ kind }) => {
  const subject = subjects.find(({ source }) => source === kind || source.startsWith(`${kind}:`));
  if (subject === undefined) throw new Error(`test/builders/publisher.ts knows no ${kind}`);
  return subject;
});

/** Answers one request badly, or leaves it to the good answer by returning false. */
export type Fault = (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean;

export interface Publisher {
  readonly url: string;
  readonly asked: IncomingMessage[];
  /** Bad answers since the last offer. */
  readonly faults: number;
  /** What is offered from now on, and how requests for content go wrong. */
  offer(of: {
    readonly subject: PublisherSubject;
    readonly offer: Offer;
    readonly fault?: Fault;
  }): void;
  close(): Promise<void>;
}

/** Over TLS where it is given a key and its certificate. */
export async function openPublisher(tls?: {
  readonly key: string;
  readonly cert: string;
}): Promise<Publisher> {
  let now: Parameters<Publisher["offer"]>[0] | null = null;
  const asked: IncomingMessage[] = [];
  let faults = 0;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(request);
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    const body = now?.subject.answer(now.offer, url) ?? null;
    if (now === null || body === null) return void response.writeHead(404).end();
    const isContent = now.subject.content.test(url.pathname);
    if (isContent && now.fault?.(request, response, body) === true) {
      faults++;
      return;
    }
    answerWell(request, response, body, now.offer.isOld);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get faults() {
      return faults;
    },
    offer(of) {
      faults = 0;
      now = of;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** With a validator, conditional answers and the rest of a file (RFC 9110 §13, §14). */
export function answerWell(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  isOld?: true,
): void {
  const etag = `"${sha256(body).slice(0, 16)}"`;
  const headers = {
    etag,
    "content-type": "application/octet-stream",
    ...(isOld === undefined ? {} : { "last-modified": "Sun, 01 Jun 2025 00:00:00 GMT" }),
  };
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304, headers).end();
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? Number.NaN);
  if (!Number.isNaN(from) && request.headers["if-range"] === etag && from < body.length) {
    const range = `bytes ${from}-${body.length - 1}/${body.length}`;
    response.writeHead(206, { ...headers, "content-range": range });
    return void response.end(body.subarray(from));
  }
  response.writeHead(200, { ...headers, "content-length": body.length });
  response.end(body);
}
