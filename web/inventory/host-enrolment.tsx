import { Button, Checkbox, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { actionFor } from "../parts/actions.tsx";
import { Command } from "../parts/command.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { noRings, RingsChoice } from "../parts/rings-choice.tsx";
import type { HostReply } from "./host-model.ts";
import styles from "./inventory.module.css";

type Status = Reply<"/api/v1/hosts/{host}/status">;
type Host = HostReply["host"];

/** Whom the host believes, and how its key came to be known. The host is asked only on request. */
export function HostEnrolment({ host }: { readonly host: Host }) {
  const path = { host: host.id };
  const status = useDeed(
    () => ask(api.GET("/api/v1/hosts/{host}/status", { params: { path } })),
    [],
  );
  const enrol = actionFor(host.actions, "enrol");
  return (
    <div className={styles["two"]}>
      <Panel title="What the host itself says">
        <Text size="sm" mb="sm">
          {host.isEnrolled
            ? "It is enrolled: it takes jobs, and its results count by its own signature."
            : "It is not enrolled: it can be looked at, but takes no jobs and no plan includes it."}
        </Text>
        <Button
          variant="default"
          loading={status.isPending}
          onClick={() => status.mutate(undefined)}
        >
          {status.isSuccess ? "Ask it again" : "Ask the host now"}
        </Button>
        {status.isError && <Problem cause={status.error} />}
        {status.data !== undefined && (
          <div style={{ marginTop: 12 }}>
            <Facts of={statusFacts(host, status.data)} />
          </div>
        )}
      </Panel>
      <Panel title={host.isEnrolled ? "Enrol it again" : "Enrol it"}>
        {enrol !== undefined && !enrol.allowed ? (
          <Text size="sm">{enrol.reason}</Text>
        ) : host.way.kind === "ssh" && host.way.program === "installed" ? (
          <Confirm host={host} shown={status.data?.fingerprint ?? null} />
        ) : (
          <EnrolPiped host={host} />
        )}
      </Panel>
    </div>
  );
}

function statusFacts(host: Host, status: Status): Parameters<typeof Facts>[0]["of"] {
  const isSame = status.host === host.protocolId;
  return [
    [
      "Calls itself",
      <Mark key="id" tone={status.host === null ? "unknown" : isSame ? "good" : "bad"}>
        {status.host ?? "nothing yet"}
        {status.host !== null && !isSame && `, not ${host.protocolId}`}
      </Mark>,
    ],
    ["Key", status.fingerprint ?? "none yet"],
    ["Policy version", status.policyVersion ?? "none yet"],
    ["Program", status.program?.slice(0, 16) ?? "none"],
    ["Halt file", status.isHalted ? "present: it refuses everything" : "none"],
    ["Works on", status.job ?? "nothing"],
    ["Ring", status.enrolment?.ring ?? "–"],
    ["Enrolled", <Instant key="enrolled" at={status.enrolment?.enrolledAt ?? null} />],
  ];
}

/** The server tells a piped host whom to believe, and learns the key that signs its results. */
function EnrolPiped({ host }: { readonly host: Host }) {
  const [rings, setRings] = useState(noRings);
  const [acceptsNewKey, setAccepts] = useState(false);
  const path = { host: host.id };
  const deed = useDeed(
    () =>
      ask(
        api.POST("/api/v1/hosts/{host}/enrolment", {
          params: { path },
          body: { rings: rings.text, acceptsNewKey },
        }),
      ),
    ["hosts", `host:${host.id}`],
  );
  return (
    <Stack gap="sm">
      <Text size="sm">
        The server writes the host's identity and policy over its root login, so they guard against
        mistakes and replays, not against a stolen server. A ring that needs two approvals refuses
        this way; install the program there instead.
      </Text>
      <RingsChoice chosen={rings} onChoose={setRings} />
      {host.isEnrolled && (
        <Checkbox
          label="It was reinstalled: accept a new key"
          checked={acceptsNewKey}
          onChange={(event) => setAccepts(event.currentTarget.checked)}
        />
      )}
      {deed.isError && <Problem cause={deed.error} />}
      {deed.data !== undefined && <Enrolled of={deed.data} />}
      <div>
        <Button
          disabled={rings.text === ""}
          loading={deed.isPending}
          onClick={() => deed.mutate(undefined)}
        >
          Enrol {host.name}
        </Button>
      </div>
    </Stack>
  );
}

/** The host's own people installed it; here its key is accepted once somebody has compared it. */
function Confirm({ host, shown }: { readonly host: Host; readonly shown: string | null }) {
  const [fingerprint, setFingerprint] = useState("");
  const [ring, setRing] = useState(host.labels["ring"] ?? "");
  const path = { host: host.id };
  const deed = useDeed(
    () =>
      ask(
        api.POST("/api/v1/hosts/{host}/enrolment/confirmation", {
          params: { path },
          body: { fingerprint, ring },
        }),
      ),
    ["hosts", `host:${host.id}`],
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        deed.mutate(undefined);
      }}
    >
      <Stack gap="sm">
        <Text size="sm">
          On the host's own console, as root. What answers over the network may be another machine,
          so only what the console shows counts:
        </Text>
        <Command text="ssh-keygen -lf /var/lib/fettle/key.pub" />
        <TextInput
          label="Fingerprint that the console shows"
          placeholder="SHA256:…"
          required
          value={fingerprint}
          onChange={(event) => setFingerprint(printIn(event.currentTarget.value))}
        />
        {fingerprint !== "" && shown !== null && (
          <div role="status">
            {fingerprint === shown ? (
              <Mark tone="good">The host that answers has the same key.</Mark>
            ) : (
              <Mark tone="bad">The host that answers has another key: {shown}</Mark>
            )}
          </div>
        )}
        <TextInput
          label="Ring that its own identity names"
          required
          value={ring}
          onChange={(event) => setRing(event.currentTarget.value.trim())}
        />
        {deed.isError && <Problem cause={deed.error} />}
        {deed.data !== undefined && <Enrolled of={deed.data} />}
        <div>
          <Button type="submit" loading={deed.isPending}>
            Accept this key
          </Button>
        </div>
      </Stack>
    </form>
  );
}

/** A whole line of `ssh-keygen -l` may be pasted. */
function printIn(text: string): string {
  return /SHA256:[A-Za-z0-9+/]{43}/.exec(text)?.[0] ?? text.trim();
}

function Enrolled(props: {
  readonly of: {
    readonly fingerprint: string;
    readonly weakens: readonly string[];
    readonly enrolment: { readonly ring: string; readonly policyVersion: number };
  };
}) {
  const { fingerprint, weakens, enrolment } = props.of;
  return (
    <div role="status">
      <Mark tone="good">
        Enrolled in ring {enrolment.ring}, policy {enrolment.policyVersion}
      </Mark>
      <div className="mono">{fingerprint}</div>
      {weakens.map((text) => (
        <div key={text}>
          <Mark tone="attention">weaker</Mark> {text}
        </div>
      ))}
    </div>
  );
}
