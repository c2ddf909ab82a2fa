import { Alert } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { api, ask } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { queries, useAnswer } from "../app/queries.ts";
import { ActionButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, StateWord } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Afterwards } from "./afterwards.tsx";
import { Approve, SignRequest } from "./approve.tsx";
import styles from "./change.module.css";
import { type Change, hostsText } from "./change-model.ts";
import { Board, HeldUp, Ownership, RiskPoints, SignOffs } from "./control.tsx";
import { LentRights } from "./elevation.tsx";
import { ItsmRecords } from "./itsm.tsx";
import { Request, Risk, Votes, Weaker } from "./judge.tsx";
import { Signed } from "./signed.tsx";

export function ChangePage() {
  const ref = (useParams({ strict: false }) as { readonly change: string }).change;
  const key = ["change", ref];
  // The address may hold C-88; hints name the id, which the first answer tells.
  const id = queries.getQueryData<Change>(key)?.id ?? ref;
  const change = useAnswer({
    key,
    topics: [`change:${id}`, "changes", "plans"],
    load: (signal) =>
      ask(api.GET("/api/v1/changes/{change}", { params: { path: { change: ref } }, signal })),
  });
  return (
    <Answered of={change} what="the change">
      {(shown) => (
        <>
          <Head change={shown} />
          {shown.closedReason !== null && (
            <Alert
              variant="outline"
              color="gray"
              mb="md"
              title={`${shown.number} is ${shown.state}`}
            >
              {shown.closedReason}
            </Alert>
          )}
          <div className={styles["columns"]}>
            <div className={styles["column"]}>
              <Signed change={shown} />
            </div>
            <div className={styles["column"]}>
              <HeldUp change={shown} />
              <Votes change={shown} />
              <Approve change={shown} />
              <SignRequest change={shown} />
              <Board change={shown} />
              <Afterwards change={shown} />
              <Request change={shown} />
              <SignOffs change={shown} />
              <LentRights change={shown} />
              <ItsmRecords change={shown} />
              <Ownership change={shown} />
              <RiskPoints change={shown} />
              <Risk change={shown} />
              <Weaker change={shown} />
            </div>
          </div>
        </>
      )}
    </Answered>
  );
}

function Head({ change }: { readonly change: Change }) {
  const { title, number, state, approvals, need, requester, signed } = change;
  return (
    <PageHead
      title={title}
      aside={
        <span className={styles["under"]}>
          <span className="dim">{number}</span>
          <StateWord group="change" name={state} />
          {change.class === "emergency" && <Mark tone="bad">emergency</Mark>}
        </span>
      }
      sentence={
        <>
          {requester} asks to change {hostsText(signed.hosts)}: {approvals} of {need}{" "}
          {need === 1 ? "approval" : "approvals"} given
          {state === "requested" && (
            <>
              , expires <Instant at={change.expiresAt} />
            </>
          )}
          .
        </>
      }
      actions={<Buttons change={change} />}
    />
  );
}

function Buttons({ change }: { readonly change: Change }) {
  const go = useGo();
  const path = { change: change.number };
  const topics = [`change:${change.id}`, "changes"];
  const actionFor = (verb: string) => change.actions.find((action) => action.verb === verb);
  const start = async () => {
    const body = { change: change.number };
    const started = await ask(api.POST("/api/v1/rollouts", { body }));
    go(`/rollouts/${started.ref}`);
  };
  const isOpen = change.state === "requested" || change.state === "approved";
  if (!isOpen) return <Go href={`/rollouts?change=${change.number}`}>Its rollouts</Go>;
  return (
    <>
      <ActionButton
        action={actionFor("withdraw")}
        label="Withdraw"
        topics={topics}
        asksReason
        confirm="Takes the request back; no host starts for it any more."
        act={(reason) =>
          ask(api.POST("/api/v1/changes/{change}/withdraw", { params: { path }, body: { reason } }))
        }
      />
      <ActionButton
        action={actionFor("reject")}
        label="Reject"
        topics={topics}
        asksReason
        confirm="Ends the change. Whoever asked can plan it again."
        act={(reason) =>
          ask(api.POST("/api/v1/changes/{change}/reject", { params: { path }, body: { reason } }))
        }
      />
      <ActionButton
        action={actionFor("start")}
        label="Start the rollout"
        topics={[...topics, "rollouts"]}
        isPrimary={change.state === "approved"}
        confirm={`Starts on ${hostsText(change.signed.hosts)}, wave by wave, within the approved times. Anybody who may halt can halt it at once.`}
        act={start}
      />
    </>
  );
}
