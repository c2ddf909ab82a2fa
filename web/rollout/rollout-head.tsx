import { Alert } from "@mantine/core";
import { useState } from "react";
import { durationToText, SECOND_MS } from "../../src/base/instant.ts";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { ClockTime, Instant } from "../parts/instant.tsx";
import { Shape, StateWord } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./rollout.module.css";
import type { Rollout } from "./standing.tsx";

interface MayStillStart {
  readonly hosts: number;
  readonly until: string | null;
}

/** What it is, who approved it, when it will be done, and the button that stops it. */
export function RolloutHead({ rollout }: { readonly rollout: Rollout }) {
  const [halted, setHalted] = useState<MayStillStart | null>(null);
  const { title, ref, state, patch, change, plan, approvals } = rollout;
  return (
    <>
      <PageHead
        title={title}
        aside={
          <span className={styles["under"]}>
            <span className="dim">{ref}</span>
            <StateWord group="rollout" name={state} />
          </span>
        }
        sentence={
          <span className={styles["under"]}>
            <Go href={`/patches/${patch}`}>{patch}</Go>
            <span>
              <Go href={`/changes/${change}`}>{change}</Go>{" "}
              <span className="dim">
                approved {approvals.have} of {approvals.need}
              </span>
            </span>
            <span>
              plan{" "}
              <Go href={`/plans/${plan}`} className="mono" title={plan}>
                {plan.slice(0, 12)}
              </Go>
            </span>
            <Times rollout={rollout} />
          </span>
        }
        actions={<Buttons rollout={rollout} onHalted={setHalted} />}
      />
      {state === "halted" && (
        <Alert color="red" variant="outline" mb="sm" title="Halted: nothing starts">
          {rollout.haltReason !== null && <Sentence text={rollout.haltReason} />}
          {rollout.asked !== null && <Asked by={rollout.asked} />}
          {halted !== null && <StillStarting may={halted} />}
        </Alert>
      )}
      {rollout.conflicts.map((conflict) => (
        <div key={conflict.rollout} className="mark attention">
          <Shape tone="attention" />
          <Go href={conflict.href}>{conflict.sentence}</Go>
        </div>
      ))}
    </>
  );
}

/** Who asked to go on: another person has to agree. */
export function Asked({ by }: { readonly by: NonNullable<Rollout["asked"]> }) {
  return (
    <div>
      {by.by} asked <Instant at={by.at} /> to go on: {by.words}. {by.needs}
    </div>
  );
}

/** A permit that is out cannot be called back; whoever halts must know. */
function StillStarting({ may }: { readonly may: MayStillStart }) {
  if (may.hosts === 0 || may.until === null) {
    return <div>No host holds a permit any more; none starts after this.</div>;
  }
  return (
    <div>
      {may.hosts === 1 ? "1 host holds a permit" : `${may.hosts} hosts hold a permit`} and may still
      start until <ClockTime at={may.until} />.
    </div>
  );
}

function Times({ rollout }: { readonly rollout: Rollout }) {
  const { startedAt, endedAt, forecast } = rollout;
  if (endedAt !== null) {
    return (
      <span>
        <b>
          done <ClockTime at={endedAt} />
        </b>{" "}
        <span className="dim">
          took {durationToText(Date.parse(endedAt) - Date.parse(startedAt))}, from{" "}
          <ClockTime at={startedAt} />
        </span>
      </span>
    );
  }
  return (
    <>
      <span className="dim">
        started <Instant at={startedAt} />
      </span>
      {forecast.endsAt === null ? (
        <span className="dim">no forecast: {forecast.reason}</span>
      ) : (
        <b title={measuredText(forecast)}>
          forecast <ClockTime at={forecast.endsAt} /> ±{" "}
          {durationToText((forecast.marginSeconds ?? 0) * SECOND_MS)}
        </b>
      )}
    </>
  );
}

function measuredText({ basis, measured }: Rollout["forecast"]): string {
  return basis === "own"
    ? `From how long ${measured} of its hosts took so far.`
    : `From how long ${measured} hosts took in earlier rollouts; none of its own is done.`;
}

/** What a person may say to a rollout with no more than why: one request each. */
interface Deed {
  readonly verb: string;
  readonly path:
    | "/api/v1/rollouts/{rollout}/revert"
    | "/api/v1/rollouts/{rollout}/stop"
    | "/api/v1/rollouts/{rollout}/resume/agreement"
    | "/api/v1/rollouts/{rollout}/resume";
  /** What will happen, asked before it does. */
  readonly confirm: string;
  readonly isShown: (rollout: Rollout) => boolean;
  readonly look: "danger" | "danger-when-halted" | "primary";
}

/** In the order of the page. */
const deeds: readonly Deed[] = [
  {
    verb: "revert",
    path: "/api/v1/rollouts/{rollout}/revert",
    confirm:
      "Halts the rollout and takes the patch back from every host that has it, within the time that the plan allows.",
    isShown: (rollout) => actionFor(rollout.actions, "revert")?.allowed === true,
    look: "danger",
  },
  {
    verb: "stop",
    path: "/api/v1/rollouts/{rollout}/stop",
    confirm:
      "Ends the rollout for good. Hosts at work finish by themselves; what is left needs a new plan.",
    isShown: () => true,
    look: "danger-when-halted",
  },
  {
    verb: "agree",
    path: "/api/v1/rollouts/{rollout}/resume/agreement",
    confirm:
      "Goes on, as another person asked, and acknowledges the failures seen so far; later ones halt it again.",
    isShown: (rollout) => rollout.asked !== null,
    look: "primary",
  },
  {
    verb: "resume",
    path: "/api/v1/rollouts/{rollout}/resume",
    confirm:
      "Asks to go on. Somebody else who may approve has to agree, unless the change policy asks for nobody else.",
    isShown: (rollout) => rollout.state === "halted",
    look: "primary",
  },
];

function Buttons(props: {
  readonly rollout: Rollout;
  readonly onHalted: (may: MayStillStart) => void;
}) {
  const { rollout, onHalted } = props;
  const topics = [`rollout:${rollout.id}`, "rollouts"];
  const params = { path: { rollout: rollout.id } };
  const isHalted = rollout.state === "halted";
  const common = (verb: string) => {
    const action = actionFor(rollout.actions, verb);
    return { action, label: action?.label ?? verb, topics, asksReason: true };
  };
  if (rollout.endedAt !== null) return null;
  return (
    <>
      <ActionButton
        {...common("retry")}
        confirm="Every failed host gets a new attempt, within what the approved plan allows."
        act={(reason) =>
          ask(
            api.POST("/api/v1/rollouts/{rollout}/retry", { params, body: { except: [], reason } }),
          )
        }
      />
      {deeds
        .filter((deed) => deed.isShown(rollout))
        .map(({ verb, path, confirm, look }) => (
          <ActionButton
            key={verb}
            {...common(verb)}
            isPrimary={look === "primary"}
            isDangerous={look === "danger" || (look === "danger-when-halted" && isHalted)}
            confirm={confirm}
            act={(reason) => ask(api.POST(path, { params, body: { reason } }))}
          />
        ))}
      {!isHalted && (
        <ActionButton
          {...common("halt")}
          isDangerous
          confirm="Nothing starts any more until somebody resumes. Hosts at work finish by themselves."
          act={async (reason) => {
            const body = { reason, freeze: false };
            const answer = await ask(api.POST("/api/v1/rollouts/{rollout}/halt", { params, body }));
            onHalted(answer.mayStillStart);
          }}
        />
      )}
    </>
  );
}
