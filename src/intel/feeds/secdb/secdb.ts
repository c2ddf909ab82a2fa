import { parse } from "yaml";
import { z } from "zod";
import { AdvisoryDraft, cvesIn, textAbout } from "../../advisory-draft.ts";
import { cleanText, type FeedFormat, VULNERABILITY_ID } from "../../feed-format.ts";
import { tryParse } from "../../json-records.ts";
import type { Statement } from "../../model.ts";

/**
 * Alpine's secdb, YAML or JSON, one file per release and repository (each a feed of its own: loading
 * one says nothing about the others), and the same form of Wolfi and Chainguard. It names the origin
 * package and the version that fixes each id; the version `0` means that the package was never
 * affected. An entry may name several ids, or a remark behind the id.
 */
export const secdb: FeedFormat = {
  name: "secdb",
  recognise: (head) => /(^|[{,])\s*"?packages"?\s*:/m.test(head) && /\bsecfixes"?\s*:/.test(head),
  begin() {
    const repositories = new Map<string, AdvisoryDraft>();
    return {
      add(document) {
        const read = readFile(document.text);
        if (typeof read === "string") {
          draftOf(repositories, "secdb-unknown").problems.add(document.place, read);
          return;
        }
        const draft = draftOf(repositories, read.feed);
        for (const [at, item] of read.packages.entries()) {
          const problem = addPackage(draft, read, item);
          if (problem !== null) draft.problems.add(`${document.place} packages[${at}]`, problem);
        }
      },
      finish: () =>
        [...repositories].map(([feed, draft]) => draft.reading({ feed, extent: "whole" })),
    };
  },
};

function draftOf(all: Map<string, AdvisoryDraft>, feed: string): AdvisoryDraft {
  const draft = all.get(feed) ?? new AdvisoryDraft();
  all.set(feed, draft);
  return draft;
}

const fileSchema = z.object({
  distroversion: z.string().max(40).optional(),
  reponame: z.string().max(60).default(""),
  urlprefix: z.string().max(300).default(""),
  packages: z.array(z.unknown()),
});

const packageSchema = z.object({
  pkg: z.object({
    name: z.string().min(1).max(200),
    secfixes: z.record(z.string().min(1).max(200), z.array(z.string())),
  }),
});

interface Repository {
  readonly feed: string;
  readonly ecosystem: string;
  readonly packages: readonly unknown[];
}

function readFile(text: string): Repository | string {
  const file = fileSchema.safeParse(contentOf(text));
  if (!file.success) return "is no secdb file, or was cut short";
  const { distroversion, reponame, urlprefix, packages } = file.data;
  const ecosystem = ecosystemOf(distroversion ?? "", `${reponame} ${urlprefix}`);
  const name = [ecosystem.replace(":", "-"), distroversion === undefined ? "" : reponame];
  const feed = `secdb-${name
    .filter((part) => part !== "")
    .join("-")
    .toLowerCase()}`;
  return { feed: feed.replaceAll(/[^a-z0-9.-]+/g, "-"), ecosystem, packages };
}

/** Every scalar stays text: as a number, version 1.10 would become 1.1. */
function contentOf(text: string): unknown {
  if (/^\s*\{/.test(text)) {
    const parsed = tryParse(text);
    return parsed.ok ? parsed.value : null;
  }
  try {
    return parse(text, { schema: "failsafe", logLevel: "silent", maxAliasCount: 0 });
  } catch {
    return null;
  }
}

/** Rolling distributions write no version. */
function ecosystemOf(version: string, names: string): string {
  if (version !== "") return `Alpine:${cleanText(version, 40)}`;
  return /wolfi/i.test(names) ? "Wolfi" : "Chainguard";
}

function addPackage(draft: AdvisoryDraft, of: Repository, item: unknown): string | null {
  const parsed = packageSchema.safeParse(item);
  if (!parsed.success) return "is no package with its fixes";
  const { name, secfixes } = parsed.data.pkg;
  const said: Statement[] = [];
  for (const [version, entries] of Object.entries(secfixes)) {
    for (const id of entries.flatMap(idsIn)) said.push(statementOf(of, { name, version, id }));
  }
  const about = [...new Set(said.map((s) => s.vulnerability))].map((id) => textAbout(id));
  draft.record(`${of.ecosystem}\n${name}`, { said, about });
  return null;
}

function statementOf(
  of: Repository,
  { name, version, id }: { readonly name: string; readonly version: string; readonly id: string },
): Statement {
  return {
    feed: of.feed,
    ecosystem: of.ecosystem,
    packageName: cleanText(name, 200),
    matches: "source",
    vulnerability: id,
    advisory: "",
    state: version === "0" ? { kind: "never-affected" } : { kind: "fixed", version },
    urgency: "",
  };
}

/** `XSA-173 CVE-2016-3960`, `CVE-2017-2616 (+ regression fix)`, `GHSA-…`. */
function idsIn(entry: string): readonly string[] {
  const cves = cvesIn(entry);
  const [first = ""] = entry.trim().split(/\s+/);
  return cves.length > 0 ? cves : VULNERABILITY_ID.test(first) ? [first] : [];
}
