import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, Shape, StateWord } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { ringName } from "../parts/ring-name.ts";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./change.module.css";
import { type Change, hostsText } from "./change-model.ts";

/** Who has approved so far, with which key, and how many are still missing. */
export function Votes({ change }: { readonly change: Change }) {
  const missing = Math.max(0, change.need - change.given.length);
  const isOpen = ["requested", "approved", "running"].includes(change.state);
  return (
    <Panel title={`Approvals: ${change.approvals} of ${change.need}`}>
      <ul className={styles["list"]}>
        {change.given.map((approval) => (
          <li key={approval.signature}>
            <Mark tone="good">
              <b>{approval.approver}</b>
            </Mark>{" "}
            <Instant at={approval.at} /> with the {approval.keyClass} key{" "}
            <span className="mono">{approval.keyFingerprint}</span>
          </li>
        ))}
        {missing > 0 && change.state === "requested" && (
          <li>
            <Mark tone="waiting">
              {missing === 1 ? "one more person" : `${missing} more people`}, not {change.requester}
            </Mark>
          </li>
        )}
      </ul>
      {isOpen && change.given.length > 0 && <Strangers change={change} />}
    </Panel>
  );
}

/** Approvers whose key some of the hosts do not know: there their approval does not count. */
function Strangers({ change }: { readonly change: Change }) {
  const readiness = useAnswer({
    key: ["readiness", change.id, String(change.given.length)],
    topics: [`change:${change.id}`, "hosts"],
    load: (signal) => {
      const params = { path: { change: change.id } };
      return ask(api.GET("/api/v1/changes/{change}/readiness", { params, signal }));
    },
  });
  const { strangers, refusing } = readiness.data ?? { strangers: [], refusing: [] };
  if (strangers.length === 0) return null;
  return (
    <ul className={styles["list"]}>
      {strangers.map(({ handle, hosts, names }) => (
        <li key={handle}>
          <Mark tone={refusing.length > 0 ? "bad" : "attention"}>
            {names.join(", ")}
            {hosts > names.length && ` and ${hosts - names.length} more`}{" "}
            {hosts === 1 ? "does" : "do"} not know this key of {handle}
          </Mark>
          <div className="dim">
            There the approval does not count until they have a policy that names it.
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Why it is asked for, and what else is open for the same patch. */
export function Request({ change }: { readonly change: Change }) {
  return (
    <Panel title="Request">
      <Facts
        of={[
          ["Why", change.reason],
          ["Asked by", change.requester],
          ["Request signed", <Signature key="signature" of={change.requestSignature} />],
          ["Asked", <Instant key="asked" at={change.requestedAt} />],
          ["Valid until", <Instant key="until" at={change.expiresAt} />],
          [
            "Patch",
            <Go key="patch" href={`/patches/${change.patch}`}>
              the whole case
            </Go>,
          ],
          [
            "Plan",
            <Go key="plan" href={`/plans/${change.plan}`}>
              <span className="mono">{change.plan.slice(0, 12)}</span>
            </Go>,
          ],
          ["Conflicts", <Conflicts key="conflicts" of={change.conflicts} />],
        ]}
      />
    </Panel>
  );
}

function Signature({ of }: { readonly of: Change["requestSignature"] }) {
  if (of === null) return <>no; rings with the rule sod signed start nothing for it</>;
  return (
    <>
      <Instant at={of.at} /> with the {of.keyClass} key{" "}
      <span className="mono">{of.keyFingerprint}</span>
    </>
  );
}

function Conflicts({ of }: { readonly of: Change["conflicts"] }) {
  if (of.length === 0) return <>no other change wants these hosts at that time</>;
  return of.map((one) => (
    <div key={one.change}>
      <Go href={one.href}>{one.change}</Go> <StateWord group="change" name={one.state} />{" "}
      <Sentence text={one.sentence} />
    </div>
  ));
}

export function Risk({ change }: { readonly change: Change }) {
  const { risk } = change;
  const wayBack =
    risk.reversibility === "downgrade" ? (
      <Mark tone="good">exact earlier versions, staged before anything changes</Mark>
    ) : (
      <Mark tone="bad">none</Mark>
    );
  return (
    <Panel title="Reach and way back">
      <Facts
        of={[
          ["Reaches", `${hostsText(risk.hosts)} in ${risk.rings.map(ringName).join(", ")}`],
          ["First wave", `shows a fault that hits ≥ ${Math.round(risk.firstWaveDetects * 100)} %`],
          ["Restarts", risk.restarts.join(", ") || "nothing"],
          ["Reboot", risk.needsReboot ? "needed" : "not needed"],
          [
            "Way back",
            <span key="back" className={styles["wrap"]}>
              {wayBack}
            </span>,
          ],
          ...(risk.irreversible.length === 0
            ? []
            : [["Cannot go back", risk.irreversible.join(", ")] as const]),
          ["Backout", change.backout],
        ]}
      />
    </Panel>
  );
}

/** A weaker choice may be right, but nobody should make it without knowing. */
export function Weaker({ change }: { readonly change: Change }) {
  if (change.weaker.length === 0) return null;
  return (
    <Panel title="What its choices give up">
      <ul className={styles["list"]}>
        {change.weaker.map(({ choice, givesUp }) => (
          <li key={choice} className={styles["weaker"]}>
            <span style={{ color: "var(--attention)" }}>
              <Shape tone="attention" />
            </span>
            <span>
              <b className="mono">{choice}</b>
              <br />
              {givesUp}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
