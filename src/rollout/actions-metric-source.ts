import { join } from "node:path";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { SECOND_MS } from "../base/instant.ts";
import { readSecretFile } from "../base/secret-file.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { authoritiesIn } from "../intel/feed-authority.ts";
import { recordEvent } from "../ledger/record.ts";
import { reachOfOperators } from "../outbound/address.ts";
import { askOnce } from "../outbound/ask-once.ts";
import { Unreached } from "../outbound/connect.ts";
import { type Answered, parseAnswer } from "./prometheus-answer.ts";
import {
  loadMetricSource,
  type MetricSource,
  removeMetricSource,
  saveMetricSource,
} from "./store-metric-sources.ts";

/** Where measurements are asked for: set by administrators, asked by gates. */

const TIMEOUT_MS = 10 * SECOND_MS;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

export interface SourceGiven {
  readonly name: string;
  readonly url: string;
  readonly secretFile: string | null;
  readonly authority: string | null;
}

export async function setMetricSource(
  world: World,
  actor: Actor,
  given: SourceGiven,
): Promise<MetricSource> {
  demandUnscoped(actor, "policy.apply", "Saying where measurements are asked for");
  const url = new URL(given.url);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new Failure(
      "invalid",
      "Write the address alone, such as https://prometheus.example:9090. A token goes into a file below the server's secrets; name it: --secret-file.",
    );
  }
  const authorities = given.authority === null ? [] : authoritiesIn(given.authority);
  const source = {
    ...given,
    url: url.href.replace(/\/$/, ""),
    changedBy: actor.subject,
    changedAt: world.clock(),
  };
  await inTransaction(world.db, async (tx) => {
    await saveMetricSource(tx, source);
    await recordEvent(tx, {
      type: "metric.source-set",
      actor: actor.subject,
      object: `metric-source:${source.name}`,
      facts: {
        url: source.url,
        hasToken: source.secretFile !== null,
        authorities: authorities.map(({ fingerprint }) => fingerprint),
      },
    });
  });
  return source;
}

export async function dropMetricSource(world: World, actor: Actor, name: string): Promise<void> {
  demandUnscoped(actor, "policy.apply", "Saying where measurements are asked for");
  await inTransaction(world.db, async (tx) => {
    if (!(await removeMetricSource(tx, name))) {
      throw new Failure("not-found", `There is no source of measurements ${name}.`);
    }
    await recordEvent(tx, {
      type: "metric.source-removed",
      actor: actor.subject,
      object: `metric-source:${name}`,
      facts: {},
    });
  });
}

/** At one moment, or over a time in steps. */
export type When =
  | { readonly at: Instant; readonly lookbackMs: number }
  | { readonly from: Instant; readonly to: Instant; readonly stepMs: number };

/** Asks a source; whatever stands in the way is an answer in words, never data. */
export async function askMetrics(
  world: World,
  ask: { readonly source: string; readonly query: string; readonly when: When },
  signal: AbortSignal,
): Promise<Answered> {
  const source = await loadMetricSource(world.db, ask.source);
  if (source === null) {
    return { kind: "refused", words: `there is no source of measurements ${ask.source}` };
  }
  const isRange = "from" in ask.when;
  try {
    const token = await tokenOf(world, source);
    const { status, body } = await askOnce({
      url: `${source.url}/api/v1/${isRange ? "query_range" : "query"}`,
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: formOf(ask.query, ask.when),
      authority: source.authority,
      reach: reachOfOperators,
      timeoutMs: TIMEOUT_MS,
      bytesMax: ANSWER_BYTES_MAX,
      signal,
    });
    // Refused queries come with 400 and 422 and say why; other answers are not of Prometheus.
    if (status === 200 || status === 400 || status === 422 || status === 503) {
      const answer = parseAnswer(body);
      return answer.kind === "series"
        ? answer
        : { kind: "refused", words: `${source.name}: ${answer.words}` };
    }
    return { kind: "refused", words: `${source.name} answered with status ${status}` };
  } catch (cause) {
    if (cause instanceof Unreached)
      return { kind: "refused", words: `${source.name}: ${cause.message}` };
    if (cause instanceof Failure) return { kind: "refused", words: cause.message };
    throw cause;
  }
}

function formOf(query: string, when: When): string {
  const form = new URLSearchParams({ query, timeout: `${TIMEOUT_MS / SECOND_MS}s` });
  if ("from" in when) {
    form.set("start", String(when.from / SECOND_MS));
    form.set("end", String(when.to / SECOND_MS));
    form.set("step", String(when.stepMs / SECOND_MS));
  } else {
    form.set("time", String(when.at / SECOND_MS));
    // Older samples are not of now; servers that do not know this look back five minutes.
    form.set("lookback_delta", `${Math.ceil(when.lookbackMs / SECOND_MS)}s`);
  }
  return form.toString();
}

async function tokenOf(world: World, { name, secretFile }: MetricSource): Promise<string | null> {
  if (secretFile === null) return null;
  return await readSecretFile(join(world.paths.state, "secrets", secretFile), {
    failing: `The token of ${name}`,
    mustHold: "the token alone",
    parse: (text) => text.trim(),
  });
}
