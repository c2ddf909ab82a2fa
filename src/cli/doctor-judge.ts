import { durationToText } from "../base/instant.ts";
import { agents } from "./doctor-agents.ts";
import type { Asked, Facets, Facts, Feed, Finding, Witnesses } from "./doctor-facts.ts";
import { clock, good } from "./doctor-finding.ts";
import { machine } from "./doctor-machine.ts";
import { rings } from "./doctor-rings.ts";
import { ofHealth } from "./doctor-server.ts";
import { waysIn } from "./doctor-ways.ts";

/**
 * What is wrong with a deployment, from facts that probes brought. Pure: each finding says what was
 * looked at, what was seen, and, where it is not good, what to do. What could not be looked at is
 * "unknown" and never counts as good.
 */
const SLOW_MS = 2_000;

export function judge(facts: Facts): readonly Finding[] {
  return [
    ...machine(facts.machine),
    ...server(facts),
    ...("value" in facts.server ? reached(facts) : []),
  ];
}

function reached(facts: Facts): readonly Finding[] {
  return [
    signedIn(facts.signedIn),
    ...ofAsked("server and database", facts.health, (health) => ofHealth(health, facts)),
    ...ofAsked("feeds", facts.feeds, feeds),
    ...ofAsked("hosts", facts.hosts, hosts),
    ...ofAsked("agents", facts.agents, agents),
    ...ofAsked("rings policy", facts.policies, rings),
    ...ofAsked("second ways in", facts.waysIn, waysIn),
    ...ofAsked("ledger", facts.ledger, ledger),
    ...ofAsked("witnesses", facts.witnesses, witnesses),
  ];
}

/** 1: something is wrong; 3: something could not be looked at; 0: all was looked at and works. */
export function doctorExit(findings: readonly Finding[]): 0 | 1 | 3 {
  if (findings.some((finding) => finding.state === "bad")) return 1;
  return findings.some((finding) => finding.state === "unknown") ? 3 : 0;
}

function ofAsked<T>(
  check: string,
  asked: Asked<T>,
  judged: (value: T) => readonly Finding[],
): readonly Finding[] {
  if ("value" in asked) return judged(asked.value);
  return [
    {
      check,
      state: "unknown",
      says: asked.problem,
      advice: "Mend what stands above, or run it as somebody with the role admin everywhere.",
    },
  ];
}

function server(facts: Facts): readonly Finding[] {
  const { url } = facts;
  if ("problem" in facts.server) {
    const says = facts.server.problem;
    const advice =
      "Start the server, or name the right one with --url. The rest of its checks need it.";
    return [{ check: "server", state: "bad", says, advice }];
  }
  const { tookMs, clock: theirs } = facts.server.value;
  const slow: Finding =
    tookMs < SLOW_MS
      ? good("server", `${url} answers in ${Math.round(tookMs)} ms`)
      : {
          check: "server",
          state: "attention",
          says: `${url} took ${durationToText(tookMs)} to answer`,
          advice: "Look at its load, and at fettle_http_request_seconds in /metrics.",
        };
  return theirs === null ? [slow] : [slow, clock("clock", theirs - facts.now, "this machine")];
}

function signedIn(asked: Facts["signedIn"]): Finding {
  if ("value" in asked) return good("account", `signed in as ${asked.value.handle}`);
  const advice =
    'Sign in: "fettle setup" on the server\'s machine (first admin), or "fettle login".';
  return { check: "account", state: "unknown", says: asked.problem, advice };
}

function feeds(given: readonly Feed[]): readonly Finding[] {
  if (given.length === 0) {
    const says = "none is loaded: nothing is known about vulnerabilities";
    return [{ check: "feeds", state: "bad", says, advice: "Load them: fettle feed load" }];
  }
  return given.map((feed) => {
    const check = `feed ${feed.name}`;
    if (feed.state === "fresh" && feed.failure === null) return good(check, "fresh");
    const isNever = feed.state === "never-loaded";
    const why = [feed.why, feed.failure].filter((text) => text !== "" && text !== null).join("; ");
    return {
      check,
      state: isNever ? "bad" : "attention",
      says: `${feed.state}: ${why}`,
      advice: "Ask the publisher: fettle feed load; without a network, give the file.",
    } as const;
  });
}

function hosts(given: { readonly total: number; readonly facets: Facets }): readonly Finding[] {
  const { total, facets } = given;
  if (total === 0) {
    const advice = "Add one: fettle host add NAME --ssh root@ADDRESS";
    return [{ check: "hosts", state: "attention", says: "there are none yet", advice }];
  }
  const rows = [
    [facets.reach.bad, "cannot be reached", "fettle host list, column PROBLEM"],
    [facets.fresh.bad + facets.fresh.attention, "have a stale inventory", "fettle host scan --all"],
    [facets.fresh.unknown, "were never inspected", "fettle host scan --all"],
  ] as const;
  const wrong = rows.filter(([count]) => count > 0);
  if (wrong.length === 0) return [good("hosts", `${total}, all reached and freshly inspected`)];
  return wrong.map(([count, says, advice]) => ({
    check: "hosts",
    state: "attention",
    says: `${count} of ${total} ${says}`,
    advice,
  }));
}

/** Longer than witnesses that are there take for a head. */
const WITNESS_LAG_SECONDS_MAX = 300;

function witnesses({ need, items, lagSeconds, rings }: Witnesses): readonly Finding[] {
  const check = "witnesses";
  const other = items.filter(({ contradictsAt }) => contradictsAt !== null);
  if (other.length > 0) {
    const says = `${other.map(({ name }) => name).join(", ")} saw another history of the log`;
    const advice =
      "Treat the server as stolen until it is explained: fettle audit gather (docs/witnesses.md)";
    return [{ check, state: "bad", says, advice }];
  }
  if (need > items.length) {
    const says = `${need} must sign before work starts, and there are ${items.length}`;
    return [{ check, state: "bad", says, advice: "fettle witness add, or fettle witness quorum" }];
  }
  const short = rings.filter(({ able, need: of }) => able < of);
  if (short.length > 0) {
    const says = short
      .map(
        ({ ring, able, need: of }) =>
          `ring ${ring} needs ${of} witnesses, and ${able} count for it`,
      )
      .join("; ");
    const advice = "Add witnesses of others: fettle witness add HOST --operator WHOSE";
    return [{ check, state: "bad", says, advice }];
  }
  if (need > 0 && lagSeconds > WITNESS_LAG_SECONDS_MAX) {
    const says = `a head has waited for ${lagSeconds} s without ${need} of them signing it`;
    return [{ check, state: "attention", says, advice: "See which: fettle witness list" }];
  }
  if (items.length === 0) return [good(check, "none: the log is the server's word alone")];
  return [good(check, `${items.length} sign the heads of the log, ${need} must`)];
}

function ledger(given: {
  readonly isHeadGood: boolean;
  readonly size: number;
}): readonly Finding[] {
  if (given.isHeadGood) return [good("ledger", `${given.size} entries, its head is signed`)];
  const says = "the newest head is not signed by the log's own key";
  const advice =
    "Export it and check it elsewhere: fettle audit export FILE, fettle audit verify FILE";
  return [{ check: "ledger", state: "bad", says, advice }];
}
