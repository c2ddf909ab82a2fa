import { durationToText, SECOND_MS } from "../../src/base/instant.ts";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { hostsText } from "../change/change-model.ts";
import { ClockTime } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { Budgets } from "../rollout/budgets.tsx";
import { CELLS_MAX, Cells, Shares } from "../rollout/cells.tsx";
import { PlannedCourse } from "../rollout/course.tsx";
import rollout from "../rollout/rollout.module.css";
import { Detects, WaveLine } from "../rollout/wave-line.tsx";
import { HostKinds } from "./host-kinds.tsx";
import { type Forecast, Outlook, useForecast } from "./outlook.tsx";
import type { Plan, PlanHost, PlannedWave } from "./plan-model.ts";

/** The most that one answer gives. */
const HOSTS_MAX = 1000;

/** The same picture as of the rollout, before it starts: who would come when, and what would stop it. */
export function PlanPicture({ plan }: { readonly plan: Plan }) {
  const hosts = useDrawnHosts(plan);
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
          />
        ))}
      </div>
      <HostKinds plan={plan} />
    </>
  );
}

function useDrawnHosts(plan: Plan): readonly PlanHost[] | null {
  const drawn = plan.waves.filter((wave) => wave.hosts <= CELLS_MAX);
  const hosts = useAnswer({
    key: ["plan", plan.digest, "drawn"],
    topics: [],
    isOff: drawn.length === 0,
    load: async (signal) => {
      const load = async (wave?: number): Promise<readonly PlanHost[]> => {
        const query = { limit: HOSTS_MAX, ...(wave === undefined ? {} : { wave }) };
        const params = { path: { plan: plan.digest }, query };
        return (await ask(api.GET("/api/v1/plans/{plan}/hosts", { params, signal }))).items;
      };
      if (plan.hosts <= HOSTS_MAX) return load();
      return (await Promise.all(drawn.map((wave) => load(wave.number)))).flat();
    },
  });
  return hosts.data ?? null;
}

function Wave(props: {
  readonly wave: PlannedWave;
  readonly hosts: readonly PlanHost[] | null;
  readonly course: Forecast["waves"][number] | null;
}) {
  const { wave, hosts, course } = props;
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
          ) : (
            <Cells
              ring={wave.ring}
              targets={cells ?? []}
              onOpen={(target) => go(`/hosts/${target.host}`)}
            />
          )}
          <span>{wave.hosts === 1 ? "1 host" : `${wave.hosts.toLocaleString("en")} hosts`}</span>
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
