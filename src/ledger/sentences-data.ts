import { count, type Sentences, short, text } from "./sentence-words.ts";

/** Knowledge that comes from others: feeds, calendars, measurements, publishers of VEX. */
export const sentencesOfData: Sentences = {
  "feed.loaded": (f) =>
    `loaded the feed: ${count(f["entries"], "entry", "entries")}, ${text(f["added"])} new, ${text(f["ended"])} ended${f["problems"] === 0 ? "" : `, ${text(f["problems"])} that could not be read`}; generation ${short(f["generation"])}`,
  "feed.refused": (f) =>
    `kept the last good of the feed: ${text(f["why"])}; it has ${text(f["entries"])} entries, the last good ${text(f["lastEntries"])}`,
  "feed.source-set": (f) => `set the source of the feed: ${text(f["enabled"])}`,
  "feed.bundle-made": (f) => `made a bundle of feeds, ${count(f["bodies"], "file")}`,
  "feed.bundle-imported": (f) =>
    `imported a bundle of feeds made by ${text(f["origin"])}, signed by ${text(f["signer"])}${f["isNewSigner"] === true ? ", whom nobody knew before" : ""}`,
  "finding.set-aside": (f) =>
    `judged anew what the runtime policy sets aside or lowers: on ${count(f["hosts"], "host")}, back on ${count(f["hostsBack"], "host")}`,
  "calendar.imported": (f) =>
    `imported a calendar, ${count(f["entries"], "entry", "entries")}${f["isFetched"] === true ? ", fetched again from its address" : ""}`,
  "calendar.refreshed": (f) =>
    `fetched the calendar anew: ${count(f["entries"], "entry", "entries")}`,
  "calendar.removed": () => "removed the imported calendar",
  "calendar.feed-made": () => "made an address where the calendar is read",
  "calendar.feed-revoked": () => "took the address of the calendar back",
  "metric.source-set": (f) =>
    `set where gates ask for measurements${f["hasToken"] === true ? ", with a token" : ""}`,
  "metric.source-removed": () => "removed a source of measurements",
  "vex.publisher-added": (f) =>
    `trusts the publisher ${text(f["name"])} with the key ${text(f["key"])}`,
  "vex.publisher-removed": () => "trusts a publisher no more",
};
