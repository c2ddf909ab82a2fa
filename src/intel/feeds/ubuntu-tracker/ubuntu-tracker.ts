import { instantFromText } from "../../../base/instant.ts";
import { ecosystemOfCodename } from "../../../inventory/release-name.ts";
import { AdvisoryDraft, Extent, textAbout } from "../../advisory-draft.ts";
import { CVE_ID, cleanText, type FeedFormat } from "../../feed-format.ts";
import { linesOf } from "../../json-records.ts";
import type { Statement } from "../../model.ts";
import { parseDebVersion } from "../../versions/deb.ts";

/**
 * The Ubuntu CVE tracker: one file per CVE, `release_package: state (detail)`. `DNE` says that the
 * release does not have the package; lines of `esm` belong to the channel that needs a subscription;
 * `upstream_`, `devel_`, `snap_` and products speak of no release of ours.
 */
export const ubuntuTracker: FeedFormat = {
  name: "ubuntu-tracker",
  recognise: (head) =>
    /^Candidate: /m.test(head) && /^(Patches_|[a-z/-]+_[a-z0-9.+-]+:)/m.test(head),
  begin() {
    const draft = new AdvisoryDraft();
    const extent = new Extent();
    return {
      add(document) {
        extent.add(document);
        readCve(draft, document.text, document.place);
      },
      finish: () => [draft.reading({ feed: FEED, extent: extent.value })],
    };
  },
};

const FEED = "ubuntu-tracker";
const STATE_LINE = /^([a-z][a-z0-9/-]*)_([a-z0-9][a-z0-9+.-]*): +([A-Za-z-]+)(?: +\((.*?)\)?)? *$/;

function readCve(draft: AdvisoryDraft, text: string, place: string): void {
  const fields = new Map<string, string>();
  const said: Statement[] = [];
  let title = "";
  let last = "";
  for (const line of linesOf(text)) {
    const field = /^(Candidate|PublicDate|Priority|Description):\s*(.*)$/.exec(line);
    if (field !== null) {
      last = field[1] ?? "";
      fields.set(last, (field[2] ?? "").trim());
    } else if (/^\s/.test(line) && last === "Description" && title.length < 300) {
      title += ` ${line.trim()}`;
    } else if (/^\S/.test(line)) last = "";
    const state = STATE_LINE.exec(line);
    if (state !== null) addState(draft, said, state, `${place} ${fields.get("Candidate") ?? ""}`);
  }
  const id = fields.get("Candidate") ?? "";
  if (!CVE_ID.test(id)) {
    draft.problems.add(place, "names no CVE as its candidate");
    return;
  }
  const urgency = (fields.get("Priority") ?? "").split(/\s/)[0] ?? "";
  const publishedAt = instantFromText((fields.get("PublicDate") ?? "").slice(0, 10));
  const isRejected = /\*\* REJECT(ED)? \*\*/.test(title);
  const about = { ...textAbout(id, { title, publishedAt }) };
  draft.record(id, {
    said: isRejected ? [] : said.map((s) => ({ ...s, vulnerability: id, urgency })),
    about: [isRejected ? { ...about, status: "rejected" } : about],
  });
}

function addState(
  draft: AdvisoryDraft,
  said: Statement[],
  match: RegExpExecArray,
  place: string,
): void {
  const [, release = "", name = "", word = "", detail = ""] = match;
  const ecosystem = ecosystemOf(release);
  const state = ecosystem === null ? null : stateOf(word, cleanText(detail, 200));
  if (ecosystem === null || state === null) return;
  if (typeof state === "string") {
    draft.problems.add(place, `${release}_${name}: ${state}`);
    return;
  }
  const common = { feed: FEED, ecosystem, packageName: name, matches: "source" as const };
  said.push({ ...common, vulnerability: "", advisory: "", state, urgency: "" });
}

/** `bionic`; `trusty/esm` as it was written once; `esm-infra/xenial`, `fips/focal` as it is now. */
function ecosystemOf(release: string): string | null {
  const parts = release.split("/");
  const codename = parts.find((part) => ecosystemOfCodename(part)?.startsWith("Ubuntu:") === true);
  if (codename === undefined) return null;
  const ecosystem = ecosystemOfCodename(codename) ?? "";
  const channel = parts.find((part) => part !== codename);
  if (channel === undefined) return ecosystem;
  const pro = /^esm/.test(channel) ? "Pro" : `Pro:${channel}`;
  return ecosystem.replace("Ubuntu:", `Ubuntu:${pro}:`);
}

/** `null` where the release does not have the package; a text where the line cannot be right. */
function stateOf(word: string, detail: string): Statement["state"] | string | null {
  switch (word) {
    case "DNE":
      return null;
    case "released":
    case "released-esm":
      return parseDebVersion(detail) === null
        ? "is released but names no version"
        : { kind: "fixed", version: detail };
    case "needed":
    case "pending":
    case "active":
    case "in-progress":
      return { kind: "open" };
    case "needs-triage":
    case "needs-info":
      return { kind: "undetermined" };
    case "deferred":
      return { kind: "deferred", why: detail };
    case "ignored":
      return /out of standard support|end of|eol/i.test(detail)
        ? { kind: "end-of-life" }
        : { kind: "ignored", why: detail };
    case "not-affected":
      return { kind: "never-affected", why: detail };
    default:
      return `has the unknown state ${word}`;
  }
}
