import { ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { follow, sayLeft } from "./follow.ts";
import { allPages } from "./pages.ts";
import { openProgress, type Progress, seenAt } from "./progress.ts";
import { watchLine } from "./view/event-line.ts";
import { pictureOf } from "./view/picture.ts";
import {
  clockWithMargin,
  endText,
  type Rollout,
  rolloutExit,
  type Target,
} from "./view/rollout.ts";
import { shortClock } from "./view/sentence.ts";
import {
  changesBetween,
  forecastNews,
  type Look,
  troubledCount,
  type WatchEvent,
} from "./view/watch-event.ts";

/** Beyond this many hosts the picture shows counts only. */
export const TARGETS_SHOWN_MAX = 400;

export async function lookAtRollout(client: Client, ref: string): Promise<Look> {
  const path = { rollout: ref };
  const rollout = await ask(client.GET("/api/v1/rollouts/{rollout}", { params: { path } }));
  if (rollout.outcomes.hosts > TARGETS_SHOWN_MAX) return { rollout, targets: [] };
  const targets = await allPages((cursor) => {
    const query = {
      limit: TARGETS_SHOWN_MAX,
      ...(cursor === undefined ? {} : { cursor: Number(cursor) }),
    };
    return ask(client.GET("/api/v1/rollouts/{rollout}/targets", { params: { path, query } }));
  });
  return { rollout, targets };
}

/** Standings that a person would ask about, with what counts them. */
const troubles = [
  ["failed", "failed"],
  ["rolled-back", "rolledBack"],
  ["unknown", "unknown"],
  ["unreachable", "notStarted"],
  ["held", "notStarted"],
  ["applied-unverified", "appliedUnverified"],
] as const;
/** As many as the picture names. */
const TROUBLED_MAX = 8;

/** The first hosts of a large rollout that are in trouble; nothing is asked while none is. */
async function troubledOf(client: Client, rollout: Rollout): Promise<readonly Target[]> {
  const found: Target[] = [];
  for (const [standing, count] of troubles) {
    if (rollout.outcomes[count] === 0 || found.length >= TROUBLED_MAX) continue;
    const query = { standing, limit: TROUBLED_MAX - found.length };
    const params = { path: { rollout: rollout.ref }, query };
    const { items } = await ask(client.GET("/api/v1/rollouts/{rollout}/targets", { params }));
    found.push(...items);
  }
  return found;
}

/** Follows a rollout until it ends or halts; the exit code says how it ended. */
export async function watchRollout(cli: Cli, client: Client, ref: string): Promise<void> {
  const progress = openProgress<WatchEvent>(cli, watchLine);
  const watched = new WatchedRollout(cli, client, { ref, progress });
  const farewell = `The rollout goes on without you. Find it again: fettle rollout watch ${ref}`;
  try {
    const outcome = await follow(cli, {
      topics: () => watched.topics(),
      look: (isConnected) => watched.look(isConnected),
      ...(progress.mode === "live" ? { tick: () => watched.draw() } : {}),
      farewell,
    });
    progress.close();
    if (outcome === "left") sayLeft(cli, farewell);
    else watched.tellEnd();
  } finally {
    progress.close();
  }
}

class WatchedRollout {
  readonly #cli: Cli;
  readonly #client: Client;
  readonly #ref: string;
  readonly #progress: Progress<WatchEvent>;
  #seen: Look | null = null;
  #isConnected = true;
  #told: Rollout["forecast"] | null = null;
  /** What was forecast first, and when: shown beside the end as it came. */
  #first: { readonly endsAt: string; readonly marginSeconds: number | null } | null = null;

  constructor(
    cli: Cli,
    client: Client,
    of: { readonly ref: string; readonly progress: Progress<WatchEvent> },
  ) {
    this.#cli = cli;
    this.#client = client;
    this.#ref = of.ref;
    this.#progress = of.progress;
  }

  topics(): readonly string[] {
    const { id } = this.#seen?.rollout ?? {};
    return id === undefined ? ["rollouts"] : [`rollout:${id}`];
  }

  async look(isConnected: boolean): Promise<boolean> {
    this.#isConnected = isConnected;
    const seen = await this.#looked();
    const at = seenAt(this.#cli);
    const news = forecastNews(this.#told, seen.rollout, at);
    const { forecast, state } = seen.rollout;
    if (news.length > 0) this.#told = forecast;
    const { endsAt, marginSeconds } = forecast;
    if (endsAt !== null) this.#first ??= { endsAt, marginSeconds };
    this.#progress.tell([...changesBetween(this.#seen, seen, at), ...news]);
    this.#seen = seen;
    this.draw();
    return state !== "running";
  }

  /** Only who is drawn a picture of a large rollout needs the names in it. */
  async #looked(): Promise<Look> {
    const look = await lookAtRollout(this.#client, this.#ref);
    const isNamed = look.targets.length > 0 || this.#progress.mode !== "live";
    if (isNamed || troubledCount(look.rollout.outcomes) === 0) return look;
    return { ...look, troubled: await troubledOf(this.#client, look.rollout) };
  }

  draw(): void {
    if (this.#seen === null || this.#progress.mode !== "live") return;
    const { columns, rows } = this.#cli.terminal;
    const options = { columns, rows, now: this.#cli.clock(), isConnected: this.#isConnected };
    this.#progress.draw(pictureOf(this.#seen, options));
  }

  tellEnd(): void {
    if (this.#seen === null) return;
    const { rollout, targets } = this.#seen;
    const exit = rolloutExit(rollout);
    const sentence = `${endText(rollout)}${this.#doneText(rollout)}`;
    const shown = { ...rollout, targets };
    if (this.#progress.mode === "silent") show(this.#cli, shown, () => "");
    if (this.#progress.mode === "live") this.#cli.terminal.out(`${sentence}\n`);
    const { ref, state } = rollout;
    const at = seenAt(this.#cli);
    this.#progress.tell([{ at, event: "end", rollout: ref, state, sentence, exit, shown }]);
    if (exit !== 0) process.exitCode = exit;
  }

  #doneText({ endedAt }: Rollout): string {
    if (endedAt === null) return "";
    const now = this.#cli.clock();
    const first = this.#first;
    const was =
      first === null
        ? ""
        : ` (forecast ${clockWithMargin(first.endsAt, first.marginSeconds, now)})`;
    return ` Done ${shortClock(endedAt, now)}${was}.`;
  }
}
