import type { z } from "zod";
import type { CsvForm } from "../base/csv.ts";
import type { shownHostSchema } from "./host-schema.ts";

/** Hosts as a CSV file: what each is, and its four states in the words of its page. */
export const hostFile: CsvForm<z.output<typeof shownHostSchema>> = {
  name: "hosts",
  columns: [
    { head: "host", cell: (host) => host.name },
    { head: "id", cell: (host) => host.id },
    { head: "mode", cell: (host) => host.mode },
    { head: "way", cell: (host) => host.way.kind },
    { head: "address", cell: (host) => (host.way.kind === "ssh" ? host.way.address : null) },
    { head: "enrolled", cell: (host) => host.isEnrolled },
    { head: "distribution", cell: (host) => host.system?.distribution ?? null },
    { head: "release", cell: (host) => host.system?.release ?? null },
    { head: "arch", cell: (host) => host.system?.arch ?? null },
    { head: "kernel", cell: (host) => host.system?.kernel ?? null },
    {
      head: "labels",
      cell: (host) => Object.entries(host.labels).map(([key, value]) => `${key}=${value}`),
    },
    { head: "reachable", cell: (host) => host.states.reachable.label },
    { head: "fresh", cell: (host) => host.states.fresh.label },
    { head: "reboot", cell: (host) => host.states.reboot.label },
    { head: "risk", cell: (host) => host.states.risk.label },
    { head: "open", cell: (host) => host.findings?.open ?? null },
    { head: "known exploited", cell: (host) => host.findings?.exploited ?? null },
    { head: "fixable", cell: (host) => host.findings?.fixable ?? null },
    { head: "seen", cell: (host) => host.states.fresh.since },
    { head: "since", cell: (host) => host.createdAt },
  ],
};
