import { Button, Collapse, Group, Progress, Text } from "@mantine/core";
import { useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { ClockTime, Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import styles from "./inventory.module.css";

type Scan = Reply<"/api/v1/scans">["items"][number];

/** A finished scan stays in sight for so long. */
const SHOWN_AFTER_MS = 30 * 60_000;

/** One's own scans: those that run, and the last one when it ended a short while ago. */
export function Scans() {
  const mine = useAnswer({
    key: ["scans"],
    topics: ["scans"],
    load: (signal) => ask(api.GET("/api/v1/scans", { signal })),
  });
  const items = mine.data?.items ?? [];
  const running = items.filter((scan) => scan.finishedAt === null);
  const ended = items.find((scan) => scan.finishedAt !== null);
  const isRecent =
    ended?.finishedAt != null && Date.now() - Date.parse(ended.finishedAt) < SHOWN_AFTER_MS;
  const shown = running.length > 0 || !isRecent ? running : [ended];
  return shown.map((scan) => <RunningScan key={scan.id} id={scan.id} />);
}

/** One scan: how far it is, and what failed. */
export function RunningScan({ id }: { readonly id: string }) {
  const scan = useAnswer({
    key: ["scan", id],
    topics: [`scan:${id}`],
    load: (signal) =>
      ask(api.GET("/api/v1/scans/{scan}", { params: { path: { scan: id } }, signal })),
  });
  return (
    <Answered of={scan} what="the scan">
      {(answer) => <ShownScan scan={answer} />}
    </Answered>
  );
}

function ShownScan({ scan }: { readonly scan: Scan }) {
  const [isOpen, setOpen] = useState(false);
  const done = scan.changed + scan.unchanged + scan.failed;
  const isOver = scan.finishedAt !== null;
  const hosts = scan.hosts === 1 ? "1 host" : `${scan.hosts.toLocaleString("en")} hosts`;
  return (
    <section className={styles["scan"]} aria-label="Scan">
      <Group justify="space-between" gap="xs">
        <Mark tone={isOver ? (scan.failed > 0 ? "attention" : "good") : "running"}>
          {isOver ? `Scan of ${hosts} ended` : `Scanning ${hosts}`}
          {scan.selector === "" ? "" : ` (${scan.selector})`}
        </Mark>
        <Text size="sm" role="status">
          {done.toLocaleString("en")} of {scan.hosts.toLocaleString("en")} looked at: {scan.changed}{" "}
          changed, {scan.unchanged} as before, {scan.failed} failed
        </Text>
      </Group>
      {!isOver && (
        <>
          <Progress
            value={scan.hosts === 0 ? 0 : (100 * done) / scan.hosts}
            mt={8}
            aria-label="Hosts looked at"
          />
          <Text size="xs" c="dimmed" mt={4}>
            <Forecast scan={scan} /> You may leave this page; the scan goes on.
          </Text>
        </>
      )}
      {isOver && (
        <Text size="xs" c="dimmed">
          <Instant at={scan.finishedAt} />
        </Text>
      )}
      {scan.failed > 0 && (
        <>
          <Button variant="subtle" size="compact-xs" mt={4} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Hide" : "Show"} the {scan.failed === 1 ? "one" : scan.failed} that failed
          </Button>
          <Collapse expanded={isOpen}>{isOpen && <FailedHosts scan={scan.id} />}</Collapse>
        </>
      )}
    </section>
  );
}

/** The server's own forecast, from how long the hosts took so far. */
function Forecast({ scan }: { readonly scan: Scan }) {
  const { forecast, running } = scan;
  if (forecast === null) {
    return running === 0
      ? "Waits for its turn."
      : `${running} under way; too early to say how long.`;
  }
  const margin = Math.ceil(forecast.marginSeconds / 60);
  return (
    <>
      {running} under way; done about <ClockTime at={forecast.endsAt} isRelative /> ± {margin} min.
    </>
  );
}

function FailedHosts({ scan }: { readonly scan: string }) {
  const failed = useAnswer({
    key: ["scan", scan, "failed"],
    topics: [`scan:${scan}`],
    load: (signal) =>
      ask(
        api.GET("/api/v1/scans/{scan}/hosts", {
          params: { path: { scan }, query: { state: "failed", limit: 200 } },
          signal,
        }),
      ),
  });
  return (
    <Answered of={failed} what="failed hosts">
      {({ items, next }) => (
        <ul style={{ margin: "6px 0 0", paddingLeft: 20, fontSize: 13.5 }}>
          {items.map((host) => (
            <li key={host.host}>
              <Go href={`/hosts/${host.name}`}>{host.name}</Go>: {host.problem}
            </li>
          ))}
          {next !== null && <li>… and more; the reason stands with each host.</li>}
        </ul>
      )}
    </Answered>
  );
}
