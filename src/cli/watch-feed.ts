import { statSync } from "node:fs";
import { Failure, failureTable } from "../base/failure.ts";
import { ApiProblem, ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { sayLeft, whileWorking } from "./follow.ts";
import { openProgress, type Progress, seenAt } from "./progress.ts";
import { readNamedFile } from "./read-file.ts";
import { type FeedEvent, feedLine, type LoadItem, loadPicture } from "./view/feed-load.ts";
import { type Loaded, loadTable } from "./view/intel.ts";

/** Loading feeds, from files or from their publishers, and showing how it goes. */
export interface LoadFlags {
  readonly asOf?: string;
  readonly acceptShrink?: true;
}

/** Rows of what is loaded; each change is drawn or told. */
class LoadBoard {
  readonly #cli: Cli;
  readonly #progress: Progress<FeedEvent>;
  readonly #items = new Map<string, LoadItem>();

  constructor(cli: Cli, progress: Progress<FeedEvent>) {
    this.#cli = cli;
    this.#progress = progress;
  }

  add(name: string, bytes: number | null): void {
    const none = { beganAt: null, endedAt: null, text: "" };
    this.#items.set(name, { name, bytes, state: "waiting", ...none });
  }

  move(name: string, state: LoadItem["state"], text: string): void {
    const item = this.#items.get(name);
    if (item === undefined || (item.state === state && item.text === text)) return;
    const now = this.#cli.clock();
    const isOver = state === "done" || state === "failed";
    const beganAt = item.beganAt ?? now;
    this.#items.set(name, { ...item, state, text, beganAt, endedAt: isOver ? now : null });
    this.#progress.tell([{ at: seenAt(this.#cli), event: "feed", item: name, state, text }]);
    this.draw();
  }

  draw(): void {
    const items = [...this.#items.values()];
    if (items.length > 0) this.#progress.draw(loadPicture(items, this.#cli.clock()));
  }
}

/** One file after another; those before one that fails are loaded, those after it are not. */
export async function loadFiles(
  cli: Cli,
  files: readonly string[],
  flags: LoadFlags,
): Promise<void> {
  const progress = openProgress<FeedEvent>(cli, feedLine);
  const board = new LoadBoard(cli, progress);
  for (const file of files) board.add(file, sizeOf(file));
  const outcomes: Loaded[] = [];
  let failed: unknown = null;
  let current = "";
  try {
    for (const file of files) {
      current = file;
      board.move(file, "working", "");
      const reply = await whileWorking(cli, loadFile(cli, file, flags), {
        topics: () => [],
        look: async () => undefined,
        tick: () => board.draw(),
      });
      if (reply === null) {
        progress.close();
        return sayLeft(
          cli,
          `The server goes on with ${file}; what follows it was not sent. Look: fettle feed status`,
        );
      }
      outcomes.push(...reply);
      const isRefused = reply.some((outcome) => outcome.kind === "refused");
      board.move(file, isRefused ? "failed" : "done", reply.map(kindText).join(", "));
    }
  } catch (cause) {
    // Told below, after what was loaded.
    failed = cause;
    board.move(current, "failed", "");
  } finally {
    progress.close();
  }
  const problem =
    failed === null || files.length < 2
      ? null
      : `At ${current}, and with it the rest, loading ended.`;
  endLoad(cli, progress, { outcomes, failed, problem });
}

/** All publishers at once; each row moves when the server says that its feed did. */
export async function loadFromPublishers(cli: Cli): Promise<void> {
  const progress = openProgress<FeedEvent>(cli, feedLine);
  const board = new LoadBoard(cli, progress);
  const client = cli.client();
  const before = new Map((await feeds(client)).map((feed) => [feed.name, feed]));
  for (const name of before.keys()) board.add(name, null);
  const look = async (): Promise<void> => {
    for (const feed of await feeds(client)) {
      const old = before.get(feed.name);
      if (old === undefined || JSON.stringify(old) === JSON.stringify(feed)) continue;
      const isFailed = feed.failure !== null && feed.failedAt !== old.failedAt;
      board.move(feed.name, isFailed ? "failed" : "done", isFailed ? (feed.failure ?? "") : "");
    }
  };
  try {
    const asking = ask(client.POST("/api/v1/feeds/load", { body: { network: true } }));
    const reply = await whileWorking(cli, asking, {
      topics: () => ["feeds"],
      look,
      tick: () => board.draw(),
    });
    progress.close();
    if (reply === null) {
      return sayLeft(cli, "The server goes on asking the publishers. Look: fettle feed status");
    }
    endLoad(cli, progress, { outcomes: reply.items, failed: null, problem: null });
  } finally {
    progress.close();
  }
}

function endLoad(
  cli: Cli,
  progress: Progress<FeedEvent>,
  end: {
    readonly outcomes: readonly Loaded[];
    readonly failed: unknown;
    readonly problem: string | null;
  },
): void {
  const { outcomes, failed, problem } = end;
  if (problem !== null) cli.terminal.err(`${problem}\n`);
  const isBad = outcomes.some((o) => o.kind === "refused" || o.kind === "unavailable");
  const exit = failed === null ? (isBad ? 1 : 0) : exitOf(failed);
  if (progress.mode === "json") {
    progress.tell([{ at: seenAt(cli), event: "end", exit, shown: outcomes, problem }]);
  } else if (outcomes.length > 0 || failed === null) {
    show(cli, outcomes, () => loadTable(outcomes));
  }
  if (failed !== null) throw failed;
  if (exit !== 0) process.exitCode = exit;
}

function kindText(outcome: Loaded): string {
  const entries = outcome.entryCount === undefined ? "" : `, ${outcome.entryCount} entries`;
  return `${outcome.feed} ${outcome.kind}${entries}`;
}

/** What the command ends with when this is thrown. */
function exitOf(failed: unknown): number {
  const isTold = failed instanceof ApiProblem || failed instanceof Failure;
  return isTold ? failureTable[failed.code].exit : 1;
}

async function feeds(client: Client) {
  return (await ask(client.GET("/api/v1/feeds"))).items;
}

/** Null where it cannot be told; reading it says why. */
function sizeOf(file: string): number | null {
  try {
    return statSync(file).size;
  } catch {
    return null;
  }
}

async function loadFile(cli: Cli, file: string, flags: LoadFlags) {
  const query = {
    ...(flags.asOf === undefined ? {} : { asOf: flags.asOf }),
    ...(flags.acceptShrink === true ? { acceptShrink: "true" as never } : {}),
  };
  const bytes = readNamedFile(file, "The feed file");
  const reply = await ask(
    cli.client().POST("/api/v1/feeds/load", {
      params: { query },
      body: bytes as never,
      bodySerializer: () => bytes,
      headers: { "content-type": "application/octet-stream" },
    }),
  );
  return reply.items;
}
