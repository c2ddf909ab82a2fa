import { counted } from "../../base/counted.ts";
import type { components } from "../../client/schema.d.ts";
import { renderTable } from "./table.ts";

/** What to fix first, and what one update would do. */
type Item = components["schemas"]["FixFirstItem"];
type Preview = components["schemas"]["UpdatePreview"];

interface FixFirst {
  readonly items: readonly Item[];
  readonly total: number;
  readonly offered: { readonly clearable: number };
  readonly uncleared: readonly {
    readonly label: string;
    readonly sources: number;
    readonly findings: number;
    readonly exploited: number;
    readonly share: number;
  }[];
}

const REMEDY = {
  "update-offered": "update",
  "raise-in-services": "raise it in the build",
  "fixed-upstream-not-offered": "fixed upstream, not offered to you yet",
  "no-fix": "no fix yet",
} as const;

export function fixFirstTable({ items, total, offered, uncleared }: FixFirst): string {
  if (total === 0) {
    return "Nothing to fix in what is known. Is everything scanned and fed? See: fettle host list, fettle feed status";
  }
  const table = renderTable(items, [
    { head: "", cell: (i) => i.place, align: "right" },
    { head: "source", cell: (i) => i.source },
    { head: "to", cell: (i) => i.sourceVersion },
    { head: "remedy", cell: (i) => REMEDY[i.remedy] },
    { head: "hosts", cell: (i) => i.hosts, align: "right" },
    { head: "services", cell: (i) => i.serviceNames.join(", ") || null, widthMax: 40 },
    { head: "clears", cell: (i) => i.vulnerabilities.length, align: "right" },
    { head: "exploited", cell: (i) => i.knownExploited.length || "", align: "right" },
    { head: "epss max", cell: (i) => i.epssMax?.toFixed(3), align: "right" },
    { head: "of all risk", cell: (i) => (i.place === null ? "" : share(i.clears)), align: "right" },
    {
      head: "so far",
      cell: (i) => (i.place === null ? "" : share(i.clearedSoFar)),
      align: "right",
    },
    { head: "ecosystem", cell: (i) => i.ecosystem },
    { head: "support", cell: supportText },
  ]);
  const first = items.find((item) => item.remedy === "update-offered");
  const hint =
    first === undefined
      ? []
      : [
          `Look into the first: fettle patch preview ${first.source}`,
          `Open it: fettle patch open ${first.source}`,
        ];
  const left = uncleared.map(
    (one) =>
      `Not cleared by any update, ${one.label}: ${counted(one.findings, "finding")} of ${counted(one.sources, "package")}${one.exploited === 0 ? "" : `, ${one.exploited} known exploited`}, ${share(one.share)} of all risk.`,
  );
  const whole = `All updates on offer clear ${share(offered.clearable)} of the known risk.`;
  return [table, whole, ...left, ...hint].join("\n");
}

function supportText({ support }: Item): string {
  if (support === null || support.state === "supported") return "";
  return support.endsAt === null
    ? support.label
    : `${support.label} ${support.endsAt.slice(0, 10)}`;
}

export function share(part: number): string {
  const percent = part * 100;
  return percent > 0 && percent < 0.1 ? "<0.1 %" : `${percent.toFixed(1)} %`;
}

export function previewText(preview: Preview): string {
  const versions = renderTable(preview.versions, [
    { head: "to", cell: (v) => v.sourceVersion ?? "nothing newer is offered to them" },
    { head: "hosts", cell: (v) => v.hosts, align: "right" },
    { head: "findings cleared", cell: (v) => v.cleared, align: "right" },
    { head: "findings left", cell: (v) => v.left, align: "right" },
  ]);
  const packages = renderTable(preview.packages, [
    { head: "package", cell: (p) => (p.arch === "" ? p.name : `${p.name}:${p.arch}`) },
    { head: "from", cell: (p) => p.from.join(", ") },
    { head: "to", cell: (p) => p.to.join(", ") },
    { head: "hosts", cell: (p) => p.hosts, align: "right" },
  ]);
  const head = `${preview.source} (${preview.ecosystem}) on ${counted(preview.hosts, "host")}`;
  return [head, "", versions, "", packages, "", preview.restarts].join("\n");
}
