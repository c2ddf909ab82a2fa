import { durationToText, type Instant } from "../base/instant.ts";
import { type FeedSource, mainFeedOf } from "./feed-source.ts";

/** How a source of feeds is, in words: pure, the same for pages and terminal. */
export interface SourceFacts {
  readonly source: FeedSource;
  readonly choice: "on" | "off" | "automatic";
  readonly isAsked: boolean;
  readonly isNetworkOn: boolean;
  readonly goodAt: Instant | null;
  readonly failure: string | null;
  readonly failingSince: Instant | null;
  /** Of the feeds it made. */
  readonly feeds: readonly {
    readonly name: string;
    readonly entryCount: number;
    readonly origin: "starter" | "file" | "network" | null;
    readonly confirmedAt: Instant | null;
  }[];
}

export interface SourceHealth {
  readonly state: "good" | "late" | "failing" | "never-loaded" | "off";
  /** Since the last moment at which it was known to be current. */
  readonly ageMs: number | null;
  /** Why it is asked, or not. */
  readonly why: string;
  readonly alarm: SourceAlarm | null;
}

export interface SourceAlarm {
  readonly what: string;
  readonly since: Instant | null;
  readonly todo: string;
}

export function healthOf(of: SourceFacts, now: Instant): SourceHealth {
  const confirmed = of.feeds.flatMap((feed) => feed.confirmedAt ?? []);
  const ageMs = confirmed.length === 0 ? null : Math.max(0, now - Math.min(...confirmed));
  const base = { ageMs, why: whyAsked(of) };
  if (!of.isAsked) return { ...base, state: "off", alarm: null };
  const isLate = ageMs === null || ageMs > of.source.kind.staleAfterMs;
  if (of.failure !== null) {
    return {
      ...base,
      state: "failing",
      alarm: { what: of.failure, since: of.failingSince, todo: todoFor(of, isLate) },
    };
  }
  if (of.feeds.every((feed) => feed.origin === null)) {
    return { ...base, state: "never-loaded", alarm: waitingFor(of, "It was never loaded.") };
  }
  if (of.feeds.every((feed) => feed.origin === "starter")) {
    const what = "Only the starter snapshot that came with the program is loaded.";
    return { ...base, state: "late", alarm: waitingFor(of, what) };
  }
  if (!isLate) return { ...base, state: "good", alarm: null };
  const limit = durationToText(of.source.kind.staleAfterMs);
  const age = ageMs === null ? "nobody knows its age" : `it is ${durationToText(ageMs)} old`;
  return {
    ...base,
    state: "late",
    alarm: {
      what: `${age[0]?.toUpperCase()}${age.slice(1)}; the limit is ${limit}. What only it covers counts as unknown.`,
      since: ageMs === null ? null : now - ageMs + of.source.kind.staleAfterMs,
      todo: todoFor(of, true),
    },
  };
}

function whyAsked(of: SourceFacts): string {
  if (of.choice === "on") return "Chosen by an operator.";
  if (of.choice === "off") return "Switched off by an operator.";
  if (!of.isAsked) return "Not chosen.";
  if (of.source.kind.needed === "always") return "Needed by everybody.";
  return `Hosts have packages of ${of.source.parameter}.`;
}

/** Nothing is wrong yet where the first answer is only still to come. */
function waitingFor(of: SourceFacts, what: string): SourceAlarm | null {
  if (of.isNetworkOn && of.source.urls.length > 0) return null;
  return { what, since: null, todo: todoFor(of, true) };
}

function todoFor(of: SourceFacts, isLate: boolean): string {
  if (of.source.urls.length === 0) {
    return `Give its address: fettle feed add ${quoted(of.source.name)} --from ADDRESS`;
  }
  if (!of.isNetworkOn) {
    return "The network is switched off for feeds: carry a bundle here (fettle feed import FILE), or load a file (fettle feed load FILE).";
  }
  if (of.failure?.startsWith("Refused.") === true) {
    const feed = mainFeedOf(of.source) ?? of.source.name;
    return `Look at what the publisher says of ${feed}. If the new content is right, fetch its file and load it with fettle feed load FILE --accept-shrink.`;
  }
  const retry = `It is asked again by itself; at once: fettle feed refresh ${quoted(of.source.name)}.`;
  return isLate
    ? `${retry} If the publisher moved, give its new address (fettle feed add ${quoted(of.source.name)} --from ADDRESS), or a mirror (--mirror ADDRESS).`
    : retry;
}

/** As it must be written in a shell. */
function quoted(name: string): string {
  return /^[A-Za-z0-9:./_-]+$/.test(name) ? name : `'${name}'`;
}
