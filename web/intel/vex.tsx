import { Button, SegmentedControl } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar } from "../parts/filters.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { plural } from "../triage/fix-first-list.tsx";
import { LoadVex } from "./load-vex.tsx";
import styles from "./support.module.css";

export type VexDocument = Reply<"/api/v1/vex">["items"][number];
export const VEX_TOPICS = ["feeds", "findings", "hosts"] as const;

/** What does not concern us: each document, whose word it is, and what it takes out of the counts. */
export function VexPage() {
  const [search, set] = useSearch();
  const isWhole = search["ended"] === "true";
  const query = { ended: isWhole ? ("true" as const) : ("false" as const) };
  const list = useAnswer({
    key: ["vex", query],
    topics: VEX_TOPICS,
    load: (signal) => ask(api.GET("/api/v1/vex", { params: { query }, signal })),
  });
  const load = actionFor(list.data?.actions ?? [], "load");
  const isLoading = search["load"] === "yes";
  return (
    <>
      <PageHead
        title="VEX"
        sentence={list.data && <Sentence of={list.data.items} />}
        actions={
          load !== undefined &&
          !isLoading && (
            <GuardedButton action={load} onClick={() => set({ load: "yes" })}>
              {load.label}
            </GuardedButton>
          )
        }
      />
      {isLoading && <LoadVex onClose={() => set({ load: "" })} />}
      <FilterBar>
        <SegmentedControl
          aria-label="Which documents"
          size="xs"
          value={isWhole ? "true" : "false"}
          onChange={(value) => set({ ended: value === "true" ? "true" : "" })}
          data={[
            { value: "false", label: "In force" },
            { value: "true", label: "With those that ended" },
          ]}
        />
      </FilterBar>
      <Answered of={list} what="VEX documents">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No VEX document" command="./fettle vex load answer.openvex.json">
              A VEX document says that a flaw does not concern a product, and why: OpenVEX,
              CycloneDX or CSAF. It is joined with findings, which stay in sight with its reason. It
              takes them out of the counts only when its author is verified by a signature, or
              somebody here answers for it by name.
            </Empty>
          ) : (
            items.map((item) => <Row key={item.vex} item={item} />)
          )
        }
      </Answered>
    </>
  );
}

function Sentence({ of }: { readonly of: readonly VexDocument[] }) {
  const counting = of.filter((item) => item.state === "counts");
  const waiting = of.filter((item) => item.state === "shown");
  const findings = counting.reduce((sum, item) => sum + item.setAside.findings, 0);
  if (of.length === 0) return <>No statement says that anything does not concern these hosts.</>;
  return (
    <>
      {plural(counting.length, "document")} that {counting.length === 1 ? "counts" : "count"} set{" "}
      {plural(findings, "finding")} aside
      {waiting.length > 0 &&
        `; ${plural(waiting.length, "document")} of unverified authors change nothing`}
      . <Go href="/findings?by=vulnerability">Findings</Go> stay in sight with the reason.
    </>
  );
}

function Row({ item }: { readonly item: VexDocument }) {
  return (
    <article className={styles["entry"]} aria-label={item.vex}>
      <div>
        <b>
          <Go href={`/vex/${item.vex}`}>
            {item.vex} {item.title}
          </Go>
        </b>{" "}
        <Mark tone={item.tone}>{item.label}</Mark>
        <div>{item.trustText}</div>
        <div className="dim">
          {item.author || "no author"}, {item.format},{" "}
          {item.scope === "" ? "for every host" : `for ${item.scope}`}, since{" "}
          <Instant at={item.loadedAt} />
          {item.endReason !== null && `; ended: ${item.endReason}`}
          {item.endedAt === null && item.until !== null && (
            <>
              ; until <Instant at={item.until} />
            </>
          )}
        </div>
      </div>
      <div>
        <div>{effectText(item)}</div>
        <div className="dim">{matchText(item)}</div>
        <VexButton item={item} />
      </div>
    </article>
  );
}

/** Answering and removing need words, so they are on the document's own page. */
function VexButton({ item }: { readonly item: VexDocument }) {
  if (actionFor(item.actions, "answer")?.allowed !== true) return null;
  return (
    <Button component="a" href={`/vex/${item.vex}`} size="compact-sm" variant="default">
      Look, and answer for it
    </Button>
  );
}

export function effectText({ setAside, state }: Pick<VexDocument, "setAside" | "state">): string {
  if (state !== "counts") return "Sets nothing aside.";
  if (setAside.findings === 0) return "Sets nothing aside now.";
  return `Sets ${plural(setAside.findings, "finding")} aside, of ${plural(setAside.vulnerabilities, "flaw")} on ${plural(setAside.hosts, "host")}.`;
}

export function matchText(item: Pick<VexDocument, "statementCount" | "matchedCount">): string {
  const { statementCount, matchedCount } = item;
  return matchedCount === 0
    ? `None of ${plural(statementCount, "statement")} is about a finding.`
    : `${matchedCount} of ${plural(statementCount, "statement")} about a finding now.`;
}
