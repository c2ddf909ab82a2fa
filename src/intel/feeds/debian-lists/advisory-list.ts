import { instantFromText } from "../../../base/instant.ts";
import { debianCodenames } from "../../../inventory/release-name.ts";
import { AdvisoryDraft, textAbout } from "../../advisory-draft.ts";
import type { FeedFormat } from "../../feed-format.ts";
import { linesOf } from "../../json-records.ts";
import type { Statement } from "../../model.ts";
import { packageLine } from "./package-line.ts";

/**
 * The Debian security tracker's lists of advisories (DSA/list, DLA/list, DTSA/list). The fix of a
 * stable release may stand here only, tied to its CVEs by `{CVE-…}`. An advisory without CVEs stands
 * under its own id.
 */
export const debianAdvisories: FeedFormat = {
  name: "debian-advisories",
  recognise: (head) => HEADING.test(head.slice(0, 2_000).split("\n").find(isHeading) ?? ""),
  begin() {
    const lists = new Map<string, AdvisoryDraft>();
    return {
      add(document) {
        const place = document.place;
        const blocks = [...blocksIn(document.text)];
        // A list ends with its last line; without that, the last block was cut.
        const cut = document.text.endsWith("\n") ? undefined : blocks.pop();
        for (const block of blocks) addBlock(lists, block, place);
        if (cut !== undefined) addBlock(lists, { ...cut, heading: "" }, place);
      },
      finish: () => [...lists].map(([feed, draft]) => draft.reading({ feed, extent: "whole" })),
    };
  },
};

const HEADING =
  /^\[([A-Za-z0-9 ,]+)\] (D(?:T)?[SL]A-\d+(?:-\d+)?)(?: ([a-z0-9][a-z0-9+.-]*))?(?: - (.*)| (.*))?$/;

function isHeading(line: string): boolean {
  return /^\[[^\]]+\] D/.test(line);
}

interface Block {
  readonly heading: string;
  readonly lines: readonly string[];
  readonly number: number;
}

function* blocksIn(text: string): Generator<Block> {
  let block: { heading: string; lines: string[]; number: number } | null = null;
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (/^\[/.test(line)) {
      if (block !== null) yield block;
      block = { heading: line, lines: [], number };
    } else if (line.trim() !== "") block?.lines.push(line.trim());
  }
  if (block !== null) yield block;
}

function addBlock(lists: Map<string, AdvisoryDraft>, block: Block, place: string): void {
  const heading = HEADING.exec(block.heading.trimEnd());
  const [, date = "", id = "", , title, rest] = heading ?? [];
  const feed = id === "" ? ([...lists.keys()][0] ?? "debian-dsa") : `debian-${prefixOf(id)}`;
  const draft = lists.get(feed) ?? new AdvisoryDraft();
  lists.set(feed, draft);
  if (heading === null) {
    draft.problems.add(`${place} line ${block.number}`.trim(), "is no heading of an advisory");
    return;
  }
  const named = block.lines
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => line.match(/CVE-\d{4}-\d{4,19}/g) ?? []);
  const ids = named.length > 0 ? [...new Set(named)] : [id];
  const said: Statement[] = [];
  for (const line of block.lines) {
    const read = packageLine(line);
    if (read === null || typeof read === "string" || read.release === null) continue;
    const number = Object.hasOwn(debianCodenames, read.release)
      ? debianCodenames[read.release]
      : undefined;
    // Releases before 2013 have no hosts; their lines are history.
    if (number === undefined) continue;
    for (const vulnerability of ids) {
      const common = { feed, ecosystem: `Debian:${number}`, packageName: read.name };
      said.push({
        ...common,
        matches: "source",
        vulnerability,
        advisory: id,
        state: read.state,
        urgency: read.urgency,
      });
    }
  }
  const publishedAt = instantFromText(isoDate(date));
  const about = ids.map((each) => textAbout(each, { title: title ?? rest ?? "", publishedAt }));
  draft.record(id, { said, about, at: publishedAt });
}

function prefixOf(id: string): string {
  return id.slice(0, id.indexOf("-")).toLowerCase();
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `29 Mar 2023` → `2023-03-29`; older lists write other forms, which are left out. */
function isoDate(text: string): string {
  const [, day = "", month = "", year = ""] =
    /^(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})$/.exec(text) ?? [];
  const at = months.indexOf(month) + 1;
  return at === 0 ? "" : `${year}-${String(at).padStart(2, "0")}-${day.padStart(2, "0")}`;
}
