import { Stack, Text } from "@mantine/core";
import { releaseName } from "../../src/base/release-name.ts";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import tables from "./debt.module.css";
import { FIX_FIRST_TOPICS, hostsQuery, percent, plural } from "./fix-first-list.tsx";
import { type FixFirstItem, OpenCase } from "./open-case.tsx";
import styles from "./update.module.css";

const table = `${tables["table"]} ${styles["narrow"]}`;

type Preview = Reply<"/api/v1/fix-first/preview">;

/** One update before anybody decided for it: what it would do, where, and what it would leave. */
export function UpdatePage() {
  const [search] = useSearch();
  const { source = "", ecosystem = "" } = search;
  const chosen = hostsQuery(search);
  const shown = useAnswer({
    key: ["update", source, ecosystem, chosen],
    topics: FIX_FIRST_TOPICS,
    load: async (signal) => {
      const query = { source, ...(ecosystem === "" ? {} : { ecosystem }), ...chosen };
      const rows = { q: source, ...chosen, limit: 1000 };
      const [preview, list] = await Promise.all([
        ask(api.GET("/api/v1/fix-first/preview", { params: { query }, signal })),
        ask(api.GET("/api/v1/fix-first", { params: { query: rows }, signal })),
      ]);
      const own = list.items.filter(
        (item) =>
          item.services === 0 &&
          item.source === preview.source &&
          item.ecosystem === preview.ecosystem,
      );
      return { preview, own };
    },
  });
  return (
    <>
      {shown.data === undefined && <PageHead title={`Update of ${source}`} />}
      {source === "" ? (
        <Empty title="No update is named" action={<Go href="/patches">See what to fix first</Go>}>
          This page tells what one update would do. Choose one from the queue.
        </Empty>
      ) : (
        <Answered of={shown} what="the update">
          {({ preview, own }) => <Shown preview={preview} own={own} />}
        </Answered>
      )}
    </>
  );
}

function Shown(props: { readonly preview: Preview; readonly own: readonly FixFirstItem[] }) {
  const { preview, own } = props;
  const offer = own.find((item) => item.remedy === "update-offered");
  const without = preview.versions.find((version) => version.sourceVersion === null)?.hosts ?? 0;
  const chosen = Object.entries(hostsQuery(useSearch()[0]));
  return (
    <>
      <PageHead
        title={`Update of ${preview.source}`}
        aside={<span className="dim">{releaseName(preview.ecosystem)}</span>}
        sentence={
          <>
            {offer === undefined
              ? "No update is offered that clears any of it."
              : `It clears ${plural(offer.findingsCleared, "finding")}, ${percent(offer.clears)} of all known risk.`}{" "}
            {without > 0 && `${plural(without, "host")} of ${preview.hosts} cannot get it yet.`}
            {chosen.length > 0 &&
              ` Told for ${chosen.map(([name, value]) => `${name} ${value}`).join(", ")} only.`}
          </>
        }
        actions={offer !== undefined && <OpenCase item={offer} />}
      />
      <Stack gap="md">
        <Panel title="To which version, where">
          <Versions of={preview} />
        </Panel>
        <Panel title="What is installed">
          <Packages of={preview} />
          <Text size="sm" c="dimmed" mt="sm">
            {preview.restarts}
          </Text>
        </Panel>
        <Panel title="Beside it">
          <Facts of={besideFacts(own)} />
        </Panel>
      </Stack>
    </>
  );
}

function Versions({ of }: { readonly of: Preview }) {
  return (
    <table className={table}>
      <thead>
        <tr>
          <th>Newest that these hosts are offered</th>
          <th>Hosts</th>
          <th>Clears</th>
          <th>Stays open</th>
        </tr>
      </thead>
      <tbody>
        {of.versions.map((version) => (
          <tr key={version.sourceVersion}>
            <th scope="row">
              {version.sourceVersion ?? (
                <Mark tone="waiting">nothing that clears it: look at their sources</Mark>
              )}
            </th>
            <td>{version.hosts}</td>
            <td>{version.cleared}</td>
            <td>{version.left}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Packages({ of }: { readonly of: Preview }) {
  return (
    <table className={table}>
      <thead>
        <tr>
          <th>Package</th>
          <th>From</th>
          <th>To</th>
          <th>Hosts</th>
        </tr>
      </thead>
      <tbody>
        {of.packages.map((p) => (
          <tr key={`${p.name} ${p.arch}`}>
            <th scope="row">
              {p.name} <span className="dim">{p.arch}</span>
            </th>
            <td>{versionsText(p.from)}</td>
            <td>{p.to.length === 0 ? "–" : versionsText(p.to)}</td>
            <td>{p.hosts}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const VERSIONS_SHOWN = 3;

function versionsText(versions: readonly string[]): string {
  const more = versions.length - VERSIONS_SHOWN;
  const shown = versions.slice(0, VERSIONS_SHOWN).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function besideFacts(own: readonly FixFirstItem[]) {
  const [first] = own;
  const support = first?.support ?? null;
  return [
    ...own.map(
      (item) =>
        [
          item.remedy === "update-offered" ? `Place ${item.place}` : "Not cleared by it",
          <span key={item.remedy}>
            {item.because}{" "}
            <Go href={`/findings?by=vulnerability&q=${encodeURIComponent(item.source)}`}>
              {plural(item.vulnerabilities.length, "flaw")}
            </Go>
            {item.knownExploited.length > 0 && (
              <>
                {" "}
                <Mark tone="bad">known exploited: {item.knownExploited.join(", ")}</Mark>
              </>
            )}
          </span>,
        ] as const,
    ),
    ...(support === null
      ? []
      : [
          [
            "Support of its release",
            <Go key="support" href="/support">
              <Mark tone={support.tone}>{support.sentence}</Mark>
            </Go>,
          ] as const,
        ]),
  ];
}
