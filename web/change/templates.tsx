import { Group, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, ask, onceKey, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { ActionButton, actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import styles from "./change.module.css";

type Templates = Reply<"/api/v1/change-templates">;
type Template = Templates["items"][number];
const TOPICS = ["changes"];

/** Templates of standard changes: every version with its exact text, and whether it can be used now. */
export function TemplatesPanel() {
  const templates = useAnswer({
    key: ["change-templates"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/change-templates", { signal })),
  });
  return (
    <Panel title="Templates of standard changes">
      <Answered of={templates} what="templates">
        {({ items, actions }) => (
          <>
            {items.length === 0 && (
              <Empty title="No template yet" command="fettle template propose tzdata-updates.yaml">
                A template says which plans are well known; two people who did not propose it
                approve its exact text. A change from it needs nobody whom the change policy would
                ask for.
              </Empty>
            )}
            <ul className={styles["list"]}>
              {items.map((one) => (
                <OneTemplate key={one.digest} of={one} />
              ))}
            </ul>
            <Propose actions={actions} />
          </>
        )}
      </Answered>
    </Panel>
  );
}

function OneTemplate({ of }: { readonly of: Template }) {
  const { name, digest } = of;
  const params = { path: { template: digest } };
  return (
    <li>
      <b>{name}</b>{" "}
      <Mark tone={of.problem === null ? "good" : "waiting"}>
        {of.problem === null ? "can be used" : `cannot be used: ${of.problem}`}
      </Mark>
      <Facts
        of={[
          ["Proposed by", of.proposedBy],
          ["Approved by", of.approvedBy.join(", ") || "nobody yet"],
          ["Its changes", `${of.ended} ended, ${of.failed} of them failed or backed out`],
          ["Ends", <Instant key="ends" at={of.expiresAt} />],
          [
            "SHA-256",
            <span key="digest" className="mono">
              {digest.slice(0, 16)}
            </span>,
          ],
        ]}
      />
      <TextBlock label={`Text of ${name} ${digest.slice(0, 8)}`} text={of.text} />
      <Group gap="xs" mt={6}>
        <ActionButton
          action={actionFor(of.actions, "approve")}
          label={`Approve ${name}`}
          topics={TOPICS}
          asksReason
          confirm="You approve the exact text above. With two approvals its changes need nobody whom the change policy would ask for."
          act={(reason) =>
            ask(
              api.POST("/api/v1/change-templates/{template}/approvals", {
                ...{ params, body: { digest, reason }, headers: onceKey() },
              }),
            )
          }
        />
      </Group>
    </li>
  );
}

const BEGINNING = `name: tzdata-updates
why: data only, nothing restarts
packages: [tzdata]
hostsMax: 500
riskMax: low
days: 180
`;

function Propose({ actions }: { readonly actions: Templates["actions"] }) {
  const [isOpen, setOpen] = useState(false);
  const propose = useDeed(
    (text: string) =>
      ask(api.POST("/api/v1/change-templates", { body: { text }, headers: onceKey() })),
    TOPICS,
  );
  const action = actionFor(actions, "propose");
  if (action === undefined) return null;
  if (!isOpen) {
    return (
      <GuardedButton
        action={{ ...action, reason: action.reason ?? null }}
        onClick={() => setOpen(true)}
      >
        {action.label}
      </GuardedButton>
    );
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("text"));
    propose.mutate(text, { onSuccess: () => setOpen(false) });
  };
  return (
    <form onSubmit={submit}>
      <Textarea
        name="text"
        label="The template"
        description="YAML; two others approve exactly this text."
        defaultValue={BEGINNING}
        autosize
        minRows={6}
        maxRows={24}
        required
        mb="sm"
        classNames={{ input: "mono" }}
      />
      <FormEnd deed={propose} label="Propose" onClose={() => setOpen(false)} />
    </form>
  );
}
