import { Button } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { queries, useAnswer, useDeed } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { wordFor } from "../app/words.ts";
import { Answered } from "../parts/answered.tsx";
import { Shape } from "../parts/mark.tsx";
import { Person } from "../parts/person.tsx";
import { Problem } from "../parts/problem.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { Budgets } from "./budgets.tsx";
import { CELLS_MAX, isDrawn } from "./cells.tsx";
import { type DrawnWave, Picture, type PlannedWave } from "./picture.tsx";
import styles from "./rollout.module.css";
import { RolloutHead } from "./rollout-head.tsx";
import type { Rollout } from "./standing.tsx";
import { TargetDetails } from "./target-details.tsx";
import { Targets } from "./targets.tsx";

export function RolloutPage() {
  const ref = (useParams({ strict: false }) as { readonly rollout: string }).rollout;
  const key = ["rollout", ref];
  // The address may hold R-7; hints name the id, which the first answer tells.
  const id = queries.getQueryData<Rollout>(key)?.id ?? ref;
  const rollout = useAnswer({
    key,
    topics: [`rollout:${id}`],
    load: (signal) =>
      ask(api.GET("/api/v1/rollouts/{rollout}", { params: { path: { rollout: ref } }, signal })),
  });
  return (
    <Answered of={rollout} what="the rollout">
      {(shown) => <Shown rollout={shown} />}
    </Answered>
  );
}

function Shown({ rollout }: { readonly rollout: Rollout }) {
  const [search, set] = useSearch();
  const drawn = useDrawn(rollout);
  const planned = usePlanned(rollout.plan);
  const { tone } = wordFor("rollout", rollout.state);
  return (
    <>
      <RolloutHead rollout={rollout} />
      <div className={styles["now"]} role="status">
        <span className={`mark ${tone}`}>
          <Shape tone={tone} />
        </span>
        <span>
          <b>{rollout.endedAt === null ? "now" : "in the end"}:</b> <Sentence text={rollout.now} />
        </span>
      </div>
      <Budgets of={rollout.budgets} />
      <Picture
        rollout={rollout}
        drawn={drawn}
        planned={planned}
        onHost={(target) => set({ host: target.name })}
        onPlace={(wave, index) =>
          void hostAt(rollout.id, wave, index).then((host) => host !== null && set({ host }))
        }
        onCount={(wave, standing) => set({ wave: String(wave), standing })}
      />
      <Missed rollout={rollout} />
      <Rule rollout={rollout} />
      <Words rollout={rollout} />
      <Targets rollout={rollout} />
      {search["host"] !== undefined && (
        <TargetDetails rollout={rollout} host={search["host"]} onClose={() => set({ host: "" })} />
      )}
    </>
  );
}

/** Up to so many hosts each has a cell that can be named and reached by keyboard. */
const NAMED_MAX = 600;

/** What the picture shows of each wave that is small enough to be drawn host by host. */
function useDrawn(rollout: Rollout): ReadonlyMap<number, DrawnWave> {
  const waves = rollout.waves.filter(isDrawn);
  const hosts = waves.reduce((sum, wave) => sum + wave.outcomes.hosts, 0);
  const isNamed = rollout.outcomes.hosts <= NAMED_MAX;
  const params = { path: { rollout: rollout.id } };
  const topics = [`rollout:${rollout.id}`];
  const targets = useAnswer({
    key: ["rollout", rollout.id, "drawn"],
    topics,
    isOff: hosts === 0 || !isNamed,
    load: (signal) => {
      const query = { limit: NAMED_MAX };
      return ask(
        api.GET("/api/v1/rollouts/{rollout}/targets", { params: { ...params, query }, signal }),
      );
    },
  }).data;
  const cells = useAnswer({
    key: ["rollout", rollout.id, "cells"],
    topics,
    isOff: hosts === 0 || isNamed,
    load: (signal) => {
      const query = { waveHostsMax: CELLS_MAX };
      return ask(
        api.GET("/api/v1/rollouts/{rollout}/cells", { params: { ...params, query }, signal }),
      );
    },
  }).data;
  return useMemo(() => {
    const drawn = new Map<number, DrawnWave>();
    for (const [wave, own] of Map.groupBy(targets?.items ?? [], (target) => target.wave)) {
      drawn.set(wave, { kind: "hosts", targets: own });
    }
    for (const { number, runs } of cells?.waves ?? []) drawn.set(number, { kind: "cells", runs });
    return drawn;
  }, [targets, cells]);
}

/** The host at a place of a wave, in the order of the plan; null where it left meanwhile. */
async function hostAt(rollout: string, wave: number, skip: number): Promise<string | null> {
  const params = { path: { rollout }, query: { wave, skip, limit: 1 } };
  const { items } = await ask(api.GET("/api/v1/rollouts/{rollout}/targets", { params }));
  return items[0]?.name ?? null;
}

/** A plan never changes, so it is asked for once; who may not see plans goes without. */
function usePlanned(plan: string): ReadonlyMap<number, PlannedWave> {
  const answer = useAnswer({
    key: ["plan", plan],
    topics: [],
    load: (signal) => ask(api.GET("/api/v1/plans/{plan}", { params: { path: { plan } }, signal })),
  });
  const { data } = answer;
  return useMemo(() => new Map(data?.waves.map((wave) => [wave.number, wave])), [data]);
}

/** Who comes back when its time is over gets a plan of its own; the words above it say why. */
function Missed({ rollout: { missed, ref } }: { readonly rollout: Rollout }) {
  const go = useGo();
  const deed = useDeed(() => {
    const params = { path: { rollout: ref } };
    return ask(api.POST("/api/v1/rollouts/{rollout}/catch-up", { params, body: {} }));
  }, ["plans"]);
  const { hosts, catchUp } = missed;
  if (hosts === 0) return null;
  return (
    <div className={styles["words"]}>
      <p>
        {hosts === 1 ? "1 host was" : `${hosts.toLocaleString("en")} hosts were`} off or out of
        reach until their time here was over.{" "}
        <Button
          size="xs"
          variant="default"
          loading={deed.isPending}
          disabled={!catchUp.allowed}
          title={catchUp.reason ?? ""}
          onClick={() =>
            deed.mutate(undefined, { onSuccess: (plan) => go(`/plans/${plan.digest}`) })
          }
        >
          {catchUp.label}
        </Button>
      </p>
      {deed.isError && <Problem cause={deed.error} />}
    </div>
  );
}

/** Who may still join, and who is selected and cannot. */
function Rule({ rollout: { rule, outcomes } }: { readonly rollout: Rollout }) {
  if (rule === null) return null;
  const more = rule.outsideTotal - rule.outside.length;
  return (
    <ul className={styles["words"]}>
      <li>
        <b>by rule</b> {rule.labels.join(" ")}: {outcomes.hosts.toLocaleString("en")} of at most{" "}
        {rule.max.toLocaleString("en")} hosts
      </li>
      {rule.outside.map(({ host, name, text }) => (
        <li key={host} className="dim">
          {name}: {text}
        </li>
      ))}
      {more > 0 && <li className="dim">{more.toLocaleString("en")} more wait outside</li>}
    </ul>
  );
}

/** What people said when they halted, resumed or left hosts out; and what its ways in give up. */
function Words({ rollout }: { readonly rollout: Rollout }) {
  const { words, ways, hostsOutsideScope } = rollout;
  if (words.length + ways.weakens.length + hostsOutsideScope === 0) return null;
  return (
    <ul className={styles["words"]}>
      {words.map((word) => (
        <li key={`${word.at}${word.verb}`}>
          <Sentence text={word.at} />{" "}
          <b>
            <Person subject={word.by} /> {word.verb}
          </b>
          : {word.words}
        </li>
      ))}
      {hostsOutsideScope > 0 && (
        <li className="dim">
          {hostsOutsideScope.toLocaleString("en")} hosts lie outside your scope: counted, not named.
        </li>
      )}
      {ways.weakens.map((text) => (
        <li key={text} className="dim">
          weaker: {text}
        </li>
      ))}
    </ul>
  );
}
