import { durationToText, SECOND_MS } from "../../src/base/instant.ts";
import { api, ask } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { hostsText } from "../change/change-model.ts";
import { ClockTime } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { Budgets } from "../rollout/budgets.tsx";
import { CELLS_MAX, Cells, Shares } from "../rollout/cells.tsx";
import { PlannedCourse } from "../rollout/course.tsx";
import { DenseCells } from "../rollout/dense-cells.tsx";
import rollout from "../rollout/rollout.module.css";
import { Detects, WaveLine } from "../rollout/wave-line.tsx";
import { HostKinds } from "./host-kinds.tsx";
import { type Forecast, Outlook, useForecast } from "./outlook.tsx";
import type { Plan, PlanHost, PlannedWave } from "./plan-model.ts";

/** The most that one answer gives. */
const HOSTS_MAX = 1000;

/** The same picture as of the rollout, before it starts: who would come when, and what would stop it. */
export function PlanPicture({ plan }: { readonly plan: Plan }) {
  const hosts = useNamedHosts(plan);
  const open = useOpenPlace(plan);
  const forecast = useForecast(plan);
  return (
    <>
      <Outlook forecast={forecast} />
      <Budgets
        of={plan.budgets.map(({ unavailableMax, ...label }) => ({
          ...{ ...label, used: 0, allowed: unavailableMax },
        }))}
      />
      <div className={rollout["picture"]}>
        {plan.waves.map((wave) => (
          <Wave
            key={wave.number}
            wave={wave}
            course={forecast?.waves.find((one) => one.number === wave.number) ?? null}
            hosts={hosts?.filter((host) => host.wave === wave.number) ?? null}
            isDense={plan.hosts > HOSTS_MAX}
            list={listOf(plan, wave)}
            onPlace={(place) => void open(wave, place)}
          />
        ))}
      </div>
      <HostKinds plan={plan} />
    </>
  );
}

/** In one request or, where that would not name them all, in none: a cell needs no name to be drawn. */
function useNamedHosts(plan: Plan): readonly PlanHost[] | null {
  const hosts = useAnswer({
    key: ["plan", plan.digest, "drawn"],
    topics: [],
    isOff: plan.hosts > HOSTS_MAX,
    load: async (signal) => {
      const params = { path: { plan: plan.digest }, query: { limit: HOSTS_MAX } };
      return (await ask(api.GET("/api/v1/plans/{plan}/hosts", { params, signal }))).items;
    },
  });
  return hosts.data ?? null;
}

function listOf(plan: Plan, wave: PlannedWave): string {
  return `/plans/${plan.digest}?tab=hosts&wave=${wave.number}`;
}

/** Opens the host at a place of a wave; where some of the wave are not the reader's, the list of those that are. */
function useOpenPlace(plan: Plan): (wave: PlannedWave, place: number) => Promise<void> {
  const go = useGo();
  return async (wave, place) => {
    const query = { wave: wave.number, skip: place, limit: 1 };
    const params = { path: { plan: plan.digest }, query };
    // Where it cannot be had the list says why.
    const { data } = await api.GET("/api/v1/plans/{plan}/hosts", { params });
    const found = data?.total === wave.hosts ? data.items[0] : undefined;
    go(found === undefined ? listOf(plan, wave) : `/hosts/${found.host}`);
  };
}

function Wave(props: {
  readonly wave: PlannedWave;
  readonly hosts: readonly PlanHost[] | null;
  readonly course: Forecast["waves"][number] | null;
  readonly isDense: boolean;
  /** Where its hosts are listed. */
  readonly list: string;
  readonly onPlace: (place: number) => void;
}) {
  const { wave, hosts, course, isDense, list, onPlace } = props;
  const go = useGo();
  const { limits } = wave;
  const atOnce = Math.max(1, Math.min(limits.batchSize, limits.inFlightMax));
  const cells = hosts?.map(({ host, name }) => {
    return { host, name, standing: "waiting" as const, sentence: "is in the plan" };
  });
  return (
    <WaveLine
      number={wave.number}
      ring={wave.ring}
      part={wave.part}
      state={{ tone: "waiting", label: "planned" }}
      times={
        <>
          <ClockTime at={wave.notBefore} /> – <ClockTime at={wave.notAfter} />
        </>
      }
      hosts={
        <div className={rollout["hosts"]}>
          {wave.hosts > CELLS_MAX ? (
            <Shares counts={[["waiting", wave.hosts]]} />
          ) : isDense ? (
            <DenseCells
              ring={wave.ring}
              runs={[{ standing: "waiting", hosts: wave.hosts }]}
              onOpen={onPlace}
            />
          ) : (
            <Cells
              ring={wave.ring}
              targets={cells ?? []}
              onOpen={(target) => go(`/hosts/${target.host}`)}
            />
          )}
          <Go href={list}>{hostsText(wave.hosts)}</Go>
        </div>
      }
      facts={
        <>
          <span>{atOnce === 1 ? "one at a time" : `${atOnce} at once`}</span>
          <span>
            opens the next when {Math.round(limits.successRateMin * 100)} % are verified, soaked{" "}
            {durationToText(limits.soakSeconds * SECOND_MS)}
            {limits.stageSeconds !== null &&
              `; files come from ${durationToText(limits.stageSeconds * SECOND_MS)} before it opens`}
          </span>
          <span>
            halts {wave.stops}
            {limits.rollback === "wave" && " and takes the wave back"}
          </span>
          <Detects share={wave.detectsFailureRate} />
        </>
      }
      notes={
        <>
          <Windows of={wave.windows} />
          {wave.gates.map((gate) => (
            <div key={gate} className="dim" style={{ fontSize: 13 }}>
              gate {gate}
            </div>
          ))}
          {course !== null && <Course of={course} />}
        </>
      }
    />
  );
}

function Course({ of }: { readonly of: Forecast["waves"][number] }) {
  const { startsAt, endsAt, reason, late } = of;
  if (startsAt === null || endsAt === null) {
    return (
      <div className="dim" style={{ fontSize: 13 }}>
        no forecast: <Sentence text={reason ?? "nobody can tell"} />
      </div>
    );
  }
  return (
    <>
      <PlannedCourse course={{ startsAt, endsAt }} />
      {late !== null && late.high > 0 && (
        <Mark tone={late.median > 0 ? "bad" : "attention"}>
          {late.median > 0
            ? `${hostsText(late.median)} would miss the deadline`
            : `${hostsText(late.high)} may miss the deadline, one time in ten`}
        </Mark>
      )}
    </>
  );
}

const WINDOWS_MAX = 3;

function Windows({ of }: { readonly of: PlannedWave["windows"] }) {
  const [first] = of;
  if (first === undefined) return null;
  return (
    <div className="dim" style={{ fontSize: 13 }}>
      only within{" "}
      {of.slice(0, WINDOWS_MAX).map(({ from, to }, at) => (
        <span key={from}>
          {at > 0 && ", "}
          <ClockTime at={from} /> – <ClockTime at={to} />
        </span>
      ))}
      {of.length > WINDOWS_MAX && ` and ${of.length - WINDOWS_MAX} more`}
    </div>
  );
}
