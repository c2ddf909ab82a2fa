import {
  Button,
  Checkbox,
  Group,
  NativeSelect,
  Progress,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useEffect, useState } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useDeed } from "../app/queries.ts";
import type { Action } from "../parts/actions.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { noRings, RingsChoice } from "../parts/rings-choice.tsx";
import type { PatchReply } from "./patch-reply.ts";
import styles from "./triage.module.css";

interface Draft {
  readonly class: "normal" | "emergency";
  readonly hosts: string;
  /** Most hosts of a rule; empty: the plan names its hosts. */
  readonly max: string;
  readonly startsAt: string;
  readonly acceptIrreversible: boolean;
}

const blank: Draft = {
  ...{ class: "normal", hosts: "", max: "", startsAt: "" },
  acceptIrreversible: false,
};

/** Makes a plan: which rules, which hosts, when. The server asks the hosts' package managers. */
export function MakePlan(props: {
  readonly patch: PatchReply["patch"];
  readonly action: Action | undefined;
  readonly onClose: () => void;
}) {
  const { patch, action, onClose } = props;
  const [rings, setRings] = useState(noRings);
  const [draft, setDraft] = useState(blank);
  const go = useGo();
  const deed = useDeed(() => createPlan(patch.ref, rings.text, draft), ["patches", "plans"]);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  return (
    <Panel title="Make a plan">
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: (plan) => go(`/plans/${plan.digest}`) });
        }}
      >
        <Stack gap="sm">
          <RingsChoice chosen={rings} onChoose={setRings} />
          <WhichHosts draft={draft} change={change} />
          {deed.isPending && <Planning />}
          {deed.isError && <Problem cause={deed.error} />}
          {action !== undefined && !action.allowed && <Text size="sm">{action.reason}</Text>}
          <Group>
            <Button
              type="submit"
              loading={deed.isPending}
              disabled={rings.text === "" || action?.allowed !== true}
            >
              Make the plan
            </Button>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function WhichHosts(props: {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
}) {
  const { draft, change } = props;
  return (
    <>
      <TextInput
        label="Hosts"
        description="A label expression; empty: all that have the package and that you may plan for."
        placeholder="env=prod,service in (web,db)"
        value={draft.hosts}
        onChange={(event) => change({ hosts: event.currentTarget.value })}
      />
      <TextInput
        label="Hosts that join later"
        description="A number: the labels above, such as env=prod,service=web, are a rule, and up to so many hosts that have them change, also such as join later. Empty: only the hosts of today."
        inputMode="numeric"
        placeholder="1500"
        value={draft.max}
        onChange={(event) => change({ max: event.currentTarget.value })}
      />
      <Group grow align="flex-start">
        <NativeSelect
          size="xs"
          label="Class"
          value={draft.class}
          onChange={(event) => change({ class: event.currentTarget.value as Draft["class"] })}
          data={[
            { value: "normal", label: "Normal" },
            { value: "emergency", label: "Emergency: shorter soak, more approvals" },
          ]}
        />
        <TextInput
          type="datetime-local"
          label="Not before"
          description="Your clock; empty: as soon as approved."
          value={draft.startsAt}
          onChange={(event) => change({ startsAt: event.currentTarget.value })}
        />
      </Group>
      <Checkbox
        label="Plan even what cannot be put back"
        description="Where no source offers the present version any more. Approvers are told so."
        checked={draft.acceptIrreversible}
        onChange={(event) => change({ acceptIrreversible: event.currentTarget.checked })}
      />
    </>
  );
}

const TICK_MS = 1_000;

/** The server answers once, at the end; until then we say for how long it has been asked. */
function Planning() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => setSeconds((count) => count + 1), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <div role="status">
      <Progress value={100} animated aria-label="Planning" />
      <Text size="sm" mt={6}>
        Asking the hosts' package managers what the update would do, one for each distinct set of
        packages: seconds, or minutes for many. So far {seconds} s. You may leave this page; the
        plan will stand here when it is made.
      </Text>
    </div>
  );
}

function createPlan(patch: string, policy: string, draft: Draft) {
  const { startsAt, acceptIrreversible } = draft;
  const [hosts, max] = [draft.hosts.trim(), draft.max.trim()];
  const chosen = max === "" ? { hosts } : { rule: hosts, max: Number(max) };
  const body = {
    patch,
    policy,
    class: draft.class,
    acceptIrreversible,
    ...(hosts === "" && max === "" ? {} : chosen),
    ...(startsAt === "" ? {} : { startsAt: new Date(startsAt).toISOString() }),
  };
  return ask(api.POST("/api/v1/plans", { body }));
}
