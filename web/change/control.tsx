import { api, ask } from "../app/api.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./change.module.css";
import type { Change } from "./change-model.ts";

/** Who can act for it to go on, by name. */
export function HeldUp({ change }: { readonly change: Change }) {
  const { heldUpBy } = change.control;
  if (heldUpBy.length === 0) return null;
  return (
    <Panel title="It waits for">
      <ul className={styles["list"]}>
        {heldUpBy.map((text) => (
          <li key={text}>
            <Mark tone="waiting">
              <span className={styles["wrap"]}>{text}</span>
            </Mark>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Who decides, approves, carries out and is told, and to whom it goes when it waits. */
export function Ownership({ change }: { readonly change: Change }) {
  const { ownership } = change.control;
  if (ownership === null) return null;
  const { decides, approves, executes, told, escalated, next } = ownership;
  const row = (title: string, names: readonly string[]) =>
    names.length === 0 ? [] : [[title, names.join(", ")] as const];
  return (
    <Panel title={`Owners: ${ownership.rule}`}>
      <Facts
        of={[
          ...row("Decides", decides),
          ...row("Approves", approves),
          ...row("Carries out", executes),
          ...row("Is told", told),
          ...escalated.map(
            ({ to, at }) =>
              [
                "Escalated",
                <span key={at}>
                  to {to.join(", ")} <Instant at={at} />
                </span>,
              ] as const,
          ),
          ...(next === null
            ? []
            : [
                [
                  "Next",
                  <span key="next">
                    {next.to.join(", ")} <Instant at={next.at} />
                  </span>,
                ] as const,
              ]),
        ]}
      />
    </Panel>
  );
}

const roleNames = {
  qa: "as QA",
  team: "for the team",
  application: "for the application",
} as const;

/** Whose word it needs before which wave, what they said, and the buttons of those who may. */
export function SignOffs({ change }: { readonly change: Change }) {
  const { signOffs } = change.control;
  if (signOffs.length === 0) return null;
  const action = actionFor(change.actions, "sign-off");
  const open = signOffs.filter(({ given }) => given === null);
  const mayAct = action?.allowed === true;
  return (
    <Panel title="Sign-offs">
      <Facts
        of={signOffs.map(
          ({ text, before, given }) =>
            [
              `Before wave ${before}`,
              <span key={`${text} ${before}`}>
                {text}:{" "}
                {given === null ? (
                  <Mark tone="waiting">missing</Mark>
                ) : (
                  <>
                    <b>{given.by}</b> <Instant at={given.at} />: {given.words}
                  </>
                )}
              </span>,
            ] as const,
        )}
      />
      {open.length > 0 && action !== undefined && !action.allowed && (
        <p className="dim">{action.reason}</p>
      )}
      {mayAct &&
        open.map(({ role, of, text }) => (
          <ActionButton
            key={text}
            action={action}
            label={`Sign off ${roleNames[role]}: ${of}`}
            topics={[`change:${change.id}`, "changes"]}
            asksReason
            confirm={`You speak for ${text}. It stays, and you sign no other part of this change.`}
            act={(words) =>
              ask(
                api.POST("/api/v1/changes/{change}/sign-offs", {
                  params: { path: { change: change.number } },
                  body: { role, of, words },
                }),
              )
            }
          />
        ))}
    </Panel>
  );
}

const tones = { low: "good", medium: "attention", high: "bad" } as const;

/** Each point with its reason; people call it riskier, nobody less risky. */
export function RiskPoints({ change }: { readonly change: Change }) {
  const { level, points, parts, raised, template, waived } = change.control;
  const next = level === "low" ? "medium" : "high";
  return (
    <Panel title={points === null ? "Risk" : `Risk: ${points} points`}>
      <Facts
        of={[
          [
            "Level",
            <Mark key="level" tone={tones[level]}>
              {level}
            </Mark>,
          ],
          ...(template === null
            ? []
            : [["Standard change", `from the template ${template.name}`] as const]),
          ...parts.map(
            (part) => [`${part.points} points`, `${part.what}: ${part.because}`] as const,
          ),
          ...(raised === null
            ? []
            : [["Raised", `to ${raised.to} by ${raised.by}: ${raised.reason}`] as const]),
          ...waived.map((text) => ["Not asked", text] as const),
        ]}
      />
      <ActionButton
        action={actionFor(change.actions, "raise-risk")}
        label={`Raise to ${next}`}
        topics={[`change:${change.id}`, "changes"]}
        asksReason
        confirm="From now on it needs what this level asks for. Nobody lowers it again."
        act={(reason) =>
          ask(
            api.POST("/api/v1/changes/{change}/risk", {
              params: { path: { change: change.number } },
              body: { to: next, reason },
            }),
          )
        }
      />
    </Panel>
  );
}

const choices = [
  ["approve", "Vote for it"],
  ["reject", "Vote against it"],
  ["abstain", "Abstain"],
] as const;

/** What the advisory board says; a vote is no signature. */
export function Board({ change }: { readonly change: Change }) {
  const { board } = change.control;
  if (!board.isAsked) return null;
  const { decision, tally, votes, members } = board;
  const voted = new Set(votes.map((vote) => vote.member));
  const open = members.filter((member) => !voted.has(member) && member !== change.requester);
  return (
    <Panel title="Advisory board">
      {decision !== null && (
        <p>
          <Mark tone={decision.outcome === "approved" ? "good" : "bad"}>{decision.outcome}</Mark>{" "}
          <Instant at={decision.at} /> by {decision.by}, {decision.because}: {decision.reason}
        </p>
      )}
      <ul className={styles["list"]}>
        {votes.map((vote) => (
          <li key={vote.member}>
            <b>{vote.member}</b> {vote.choice} <Instant at={vote.at} />: {vote.reason}
          </li>
        ))}
        {decision === null && tally !== null && <li className="dim">{tally.because}</li>}
        {decision === null && open.length > 0 && (
          <li className="dim">Not voted yet: {open.join(", ")}</li>
        )}
      </ul>
      {decision === null && change.state === "requested" && <BoardButtons change={change} />}
    </Panel>
  );
}

function BoardButtons({ change }: { readonly change: Change }) {
  const path = { change: change.number };
  const topics = [`change:${change.id}`, "changes"];
  const vote = actionFor(change.actions, "vote");
  const close = (isVeto: boolean) => (reason: string) =>
    ask(
      api.POST("/api/v1/changes/{change}/decision", {
        params: { path },
        body: { isVeto, reason },
      }),
    );
  if (vote !== undefined && !vote.allowed) return <p className="dim">{vote.reason}</p>;
  return (
    <>
      {choices.map(([choice, label]) => (
        <ActionButton
          key={choice}
          action={vote}
          label={label}
          topics={topics}
          asksReason
          act={(reason) =>
            ask(
              api.POST("/api/v1/changes/{change}/votes", {
                params: { path },
                body: { choice, reason },
              }),
            )
          }
        />
      ))}
      <ActionButton
        action={actionFor(change.actions, "close-vote")}
        label="Close the vote"
        topics={topics}
        asksReason
        confirm="What was voted is the board's decision on this plan, for good."
        act={close(false)}
      />
      <ActionButton
        action={actionFor(change.actions, "veto")}
        label="Veto"
        topics={topics}
        asksReason
        isDangerous
        confirm="Ends the change, whatever was voted."
        act={close(true)}
      />
    </>
  );
}
