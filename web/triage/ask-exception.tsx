import { Group, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useAnswer, useDeed } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { choicesOf } from "../app/words.ts";
import { FormEnd } from "../parts/form-end.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { problemText } from "../parts/problem.tsx";
import styles from "./triage.module.css";

interface Scope {
  readonly vulnerability: string;
  readonly source: string;
  readonly ecosystem: string;
  readonly hosts: string;
  /** Whether `hosts` is a label expression, or names of hosts or services with commas between them. */
  readonly by: "label" | "name" | "service";
  readonly controlLabel: string;
}

const ways = ["label", "name", "service"] as const satisfies readonly Scope["by"][];

const wayWords: Readonly<Record<Scope["by"], readonly [string, string, string, string]>> = {
  label: ["hosts by label", "Hosts", "The hosts of tomorrow that it selects too.", "env=legacy"],
  name: ["hosts by name", "Hosts", "These and no others, with commas between.", "web-1, web-2"],
  service: ["services", "Services", "What they contain; nothing on any host.", "shop, till"],
};

/** Asks for an exception; what it would cover and what is allowed is told before it is sent. */
export function AskException({ onClose }: { readonly onClose: () => void }) {
  const [search] = useSearch();
  const [scope, setScope] = useState<Scope>({
    vulnerability: search["vulnerability"] ?? "",
    source: search["source"] ?? "",
    ecosystem: search["ecosystem"] ?? "",
    hosts: search["hosts"] ?? "",
    by: ways.find((way) => way === search["by"]) ?? "label",
    controlLabel: "",
  });
  const change = (part: Partial<Scope>) => setScope({ ...scope, ...part });
  const preview = usePreview(scope);
  const problem = preview.isError ? problemText(preview.error) : preview.data?.limits.refusal;
  return (
    <Panel title="Ask for an exception">
      <Stack gap="sm" className={styles["form"] ?? ""}>
        <WhatFields scope={scope} change={change} />
        {problem != null && (
          <Text size="sm" component="div" role="status">
            <Mark tone="attention">Not like this.</Mark> {problem}
          </Text>
        )}
        {preview.data !== undefined && problem == null && (
          <Outlook of={preview.data} by={scope.by} />
        )}
        <WhyFields
          scope={scope}
          patch={search["patch"]}
          latest={preview.data?.limits.latestUntil ?? null}
          isReady={preview.data !== undefined && problem == null}
          onClose={onClose}
        />
      </Stack>
    </Panel>
  );
}

function WhatFields(props: {
  readonly scope: Scope;
  readonly change: (part: Partial<Scope>) => void;
}) {
  const { scope, change } = props;
  return (
    <>
      <Group grow align="flex-start">
        <TextInput
          label="Vulnerability"
          placeholder="CVE-2026-1234"
          value={scope.vulnerability}
          onChange={(event) => change({ vulnerability: event.currentTarget.value.trim() })}
        />
        <TextInput
          label="Source package"
          placeholder="openssl"
          value={scope.source}
          onChange={(event) => change({ source: event.currentTarget.value.trim() })}
        />
      </Group>
      <Group align="flex-end" gap="xs">
        <NativeSelect
          size="xs"
          label="Where"
          value={scope.by}
          onChange={(event) => change({ by: event.currentTarget.value as Scope["by"], hosts: "" })}
          data={ways.map((value) => ({ value, label: wayWords[value][0] }))}
        />
        <TextInput
          label={wayWords[scope.by][1]}
          description={wayWords[scope.by][2]}
          placeholder={wayWords[scope.by][3]}
          style={{ flex: "1 1 240px" }}
          value={scope.hosts}
          onChange={(event) => change({ hosts: event.currentTarget.value })}
        />
      </Group>
    </>
  );
}

function bodyOf(scope: Scope) {
  const { vulnerability, source, ecosystem, hosts, by, controlLabel } = scope;
  return {
    ...(vulnerability === "" ? {} : { vulnerability }),
    ...(source === "" ? {} : { source }),
    ...(ecosystem === "" ? {} : { ecosystem }),
    ...(controlLabel === "" ? {} : { controlLabel }),
    ...(by === "label" ? { selector: hosts.trim() } : {}),
    ...(by === "name" ? { hosts: namesIn(hosts) } : {}),
    ...(by === "service" ? { services: namesIn(hosts) } : {}),
  };
}

function namesIn(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

const PAUSE_MS = 400;

function usePreview(scope: Scope) {
  const [settled] = useDebouncedValue(scope, PAUSE_MS);
  const isOff = (settled.vulnerability === "" && settled.source === "") || settled.hosts === "";
  return useAnswer({
    key: ["exceptions", "preview", settled],
    topics: ["exceptions", "findings"],
    isOff,
    load: (signal) =>
      ask(api.POST("/api/v1/exceptions/preview", { body: bodyOf(settled), signal })),
  });
}

type Preview = NonNullable<ReturnType<typeof usePreview>["data"]>;

const NAMED_MAX = 6;

function Outlook({ of, by }: { readonly of: Preview; readonly by: Scope["by"] }) {
  const { vulnerabilities, facts, limits } = of;
  const more = vulnerabilities.length - NAMED_MAX;
  return (
    <Text size="sm" component="div" role="status">
      It covers <b>{vulnerabilities.slice(0, NAMED_MAX).join(", ")}</b>
      {more > 0 && ` and ${more} more`} on <b>{facts.hosts.toLocaleString("en")}</b>{" "}
      {by === "service" ? "service" : "host"}
      {facts.hosts === 1 ? "" : "s"}
      {facts.isExposed ? ", at least one of them exposed or silent about it" : ", none exposed"}
      {facts.exploited.length > 0 && `; known to be exploited: ${facts.exploited.join(", ")}`}.
      <ul style={{ margin: "6px 0 0", paddingLeft: 18 }}>
        {limits.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Text>
  );
}

const blank = {
  reasonClass: "conflict",
  reason: "",
  owner: "",
  control: "",
  evidence: "",
  until: "",
};

function WhyFields(props: {
  readonly scope: Scope;
  readonly patch: string | undefined;
  readonly latest: string | null;
  readonly isReady: boolean;
  readonly onClose: () => void;
}) {
  const { scope, patch, latest, isReady, onClose } = props;
  const [draft, setDraft] = useState(blank);
  const change = (part: Partial<typeof blank>) => setDraft({ ...draft, ...part });
  const go = useGo();
  const deed = useDeed(
    () =>
      ask(
        api.POST("/api/v1/exceptions", {
          body: {
            ...bodyOf(scope),
            ...draft,
            ...(patch === undefined || patch === "" ? {} : { patch }),
            reasonClass: draft.reasonClass as "other",
            until: new Date(draft.until).toISOString(),
          },
        }),
      ),
    ["exceptions", "patches"],
  );
  const text = (name: keyof typeof blank) => ({
    value: draft[name],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      change({ [name]: event.currentTarget.value }),
    required: true,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        deed.mutate(undefined, { onSuccess: (made) => go(made.href) });
      }}
    >
      <Stack gap="sm">
        <Group grow align="flex-start">
          <NativeSelect
            size="xs"
            label="Because"
            data={[...choicesOf("exceptionReason")]}
            value={draft.reasonClass}
            onChange={(event) => change({ reasonClass: event.currentTarget.value })}
          />
          <TextInput label="Owner" description="Who answers for it" {...text("owner")} />
        </Group>
        <Textarea label="Reason" autosize minRows={2} size="xs" {...text("reason")} />
        <Textarea
          label="What protects meanwhile"
          autosize
          minRows={2}
          size="xs"
          {...text("control")}
        />
        <Group grow align="flex-start">
          <TextInput
            label="Where that can be checked"
            type="url"
            placeholder="https://"
            {...text("evidence")}
          />
          <TextInput
            label="Until"
            type="date"
            min={dayText(new Date())}
            {...(latest === null ? {} : { max: latest.slice(0, 10) })}
            {...text("until")}
          />
        </Group>
        <FormEnd deed={deed} label="Ask for it" isBlocked={!isReady} onClose={onClose} />
      </Stack>
    </form>
  );
}

function dayText(at: Date): string {
  return at.toISOString().slice(0, 10);
}
