import { ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { follow, sayLeft } from "./follow.ts";
import { allPages } from "./pages.ts";
import { openProgress, seenAt } from "./progress.ts";
import { scanProblems } from "./view/host.ts";
import {
  type Scan,
  type ScanEvent,
  type ScanLook,
  scanChanges,
  scanLine,
  scanPicture,
} from "./view/scan.ts";

/** Above this, the hosts of a running scan are told at its end only. */
const HOSTS_TOLD_MAX = 2_000;

/** Follows a scan until its last host answered or was given up; 1 when a host failed. */
export async function watchScan(cli: Cli, client: Client, id: string): Promise<void> {
  const progress = openProgress<ScanEvent>(cli, scanLine);
  let seen: ScanLook | null = null;
  let isConnected = true;
  const draw = (): void => {
    if (seen === null) return;
    progress.draw(scanPicture(seen, { now: cli.clock(), isConnected }));
  };
  const farewell = `The scan goes on without you. Find it again: fettle host scan --id ${id} --watch`;
  try {
    const outcome = await follow(cli, {
      topics: () => [`scan:${id}`],
      async look(isLive) {
        isConnected = isLive;
        const next = await lookAtScan(client, id);
        progress.tell(scanChanges(seen, next, seenAt(cli)));
        seen = next;
        draw();
        return next.scan.finishedAt !== null;
      },
      ...(progress.mode === "live" ? { tick: draw } : {}),
      farewell,
    });
    progress.close();
    if (outcome === "left") return sayLeft(cli, farewell);
    const { scan } = await lookAtScan(client, id);
    tellEnd(cli, { scan, items: await scanHosts(client, id) }, progress);
  } finally {
    progress.close();
  }
}

function tellEnd(
  cli: Cli,
  { scan, items }: ScanLook,
  progress: ReturnType<typeof openProgress<ScanEvent>>,
): void {
  const exit = scan.failed > 0 ? 1 : 0;
  const shown = { ...scan, items };
  const sentence = scanProblems(scan, items);
  // A person gets the whole list of problems, as many lines as there are.
  if (progress.mode !== "json") show(cli, shown, () => sentence);
  else progress.tell([{ at: seenAt(cli), event: "end", sentence, exit, shown }]);
  if (exit !== 0) process.exitCode = exit;
}

async function lookAtScan(client: Client, id: string): Promise<ScanLook> {
  const params = { path: { scan: id } };
  const scan: Scan = await ask(client.GET("/api/v1/scans/{scan}", { params }));
  return { scan, items: scan.hosts > HOSTS_TOLD_MAX ? [] : await scanHosts(client, id) };
}

function scanHosts(client: Client, id: string) {
  return allPages((cursor) => {
    const query = { limit: 1000, ...(cursor === undefined ? {} : { cursor }) };
    const params = { path: { scan: id }, query };
    return ask(client.GET("/api/v1/scans/{scan}/hosts", { params }));
  });
}
