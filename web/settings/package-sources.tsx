import { Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import type { Tone } from "../app/words.ts";
import { type Action, actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import styles from "./feed-sources.module.css";

type Listed = Reply<"/api/v1/package-sources">;
type Source = Listed["items"][number];
type Check = NonNullable<NonNullable<Source["key"]>["check"]>;
const TOPICS = ["hosts"];

/** Where hosts take packages from, what was decided about each, and what this server saw of it. */
export function PackageSourcesPart() {
  const sources = useAnswer({
    key: ["package-sources"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/package-sources", { signal })),
  });
  return (
    <Answered of={sources} what="sources of packages">
      {({ items, actions }) =>
        items.length === 0 ? (
          <Empty title="No host told of its sources yet" command="fettle host scan NAME">
            Each look at a host tells where it takes packages from, and whether those are signed.
          </Empty>
        ) : (
          <Stack gap="sm">
            {items.map((source) => (
              <SourcePanel
                key={`${source.uri} ${source.suite}`}
                source={source}
                actions={actions}
              />
            ))}
          </Stack>
        )
      }
    </Answered>
  );
}

function SourcePanel(props: { readonly source: Source; readonly actions: readonly Action[] }) {
  const { source, actions } = props;
  const { uri, suite, key, assessment } = source;
  const [tone, word] = stateOf(source);
  return (
    <Panel title={`${uri} ${suite}`}>
      <Group justify="space-between" align="start" gap="xs">
        <Mark tone={tone}>{word}</Mark>
        {key !== null && <CheckNow source={source} actions={actions} />}
      </Group>
      {source.concern !== null && (
        <Text size="sm" my={4} className={styles["said"] ?? ""}>
          To be minded: {source.concern}.
        </Text>
      )}
      <div className={styles["said"]}>
        <Facts
          of={[
            ["Components", source.components.join(", ")],
            ["Hosts", hostsOf(source)],
            [
              "Assessment",
              assessment === null
                ? "nobody assessed it"
                : `${assessment.trust}, ${assessment.kind}: ${assessment.reason}`,
            ],
            ...(key === null ? [] : keyFacts(key)),
          ]}
        />
      </div>
      {key === null && (
        <>
          <Text size="sm" mt="xs">
            No key is pinned, so only its hosts verify it. To let this server verify it too:
          </Text>
          <Command text={`fettle source pin ${uri} ${suite} --keyring FILE --reason TEXT`} />
        </>
      )}
    </Panel>
  );
}

function hostsOf({ hosts, unauthenticatedHosts, unsignedIndexHosts }: Source): string {
  const open = `of which ${unauthenticatedHosts} take what nobody signed`;
  const packages = unauthenticatedHosts === 0 ? "all with its signature checked" : open;
  const index = `${unsignedIndexHosts} demand no signed index (repo_gpgcheck)`;
  return `${hosts}, ${packages}${unsignedIndexHosts === 0 ? "" : `; ${index}`}`;
}

function stateOf({ key, assessment, unauthenticatedHosts }: Source): readonly [Tone, string] {
  if (assessment?.trust === "blocked") return ["bad", "blocked"];
  if (key?.check?.state === "refused") return ["bad", "failed its check"];
  if (unauthenticatedHosts > 0) return ["attention", "not signed on some hosts"];
  if (key === null) return ["unknown", "verified by its hosts only"];
  if (key.check === null) return ["waiting", "not looked at yet"];
  if (key.check.state === "unreached") return ["attention", "not reached"];
  return key.check.unlisted === null ? ["good", "verified"] : ["attention", "lists not read"];
}

type Fact = readonly [string, ReactNode];

function keyFacts(key: NonNullable<Source["key"]>): readonly Fact[] {
  const keys = key.fingerprints.map((fingerprint) => (
    <div key={fingerprint} className="mono">
      {fingerprint}
    </div>
  ));
  return [
    ["Pinned keys", keys],
    [
      "Pinned",
      <>
        <Instant at={key.pinnedAt} />: {key.reason}
      </>,
    ],
    ...(key.check === null ? [] : checkFacts(key.check)),
  ];
}

function checkFacts(check: Check): readonly Fact[] {
  const { dated, lists, listedDated, signedBy, validUntil } = check;
  return [
    ["Looked at", <Instant key="at" at={check.checkedAt} />],
    ...(dated === null
      ? []
      : [
          [
            "Newest signed index",
            <>
              of <Instant at={dated} />
              {validUntil !== null && (
                <>
                  , valid until <Instant at={validUntil} />
                </>
              )}
              , by <span className="mono">{signedBy}</span>
            </>,
          ] as const,
        ]),
    ...(lists.length === 0
      ? []
      : [
          [
            "Lists read",
            <>
              {lists.map(({ path, entries }) => (
                <div key={path}>
                  <span className="mono">{path}</span>, {entries.toLocaleString("en")} packages
                </div>
              ))}
              of the index of <Instant at={listedDated} />
            </>,
          ] as const,
        ]),
  ];
}

function CheckNow(props: { readonly source: Source; readonly actions: readonly Action[] }) {
  const { uri, suite } = props.source;
  const check = useDeed(
    () => ask(api.POST("/api/v1/package-sources/check", { body: { uri, suite, given: null } })),
    [...TOPICS, "package-sources"],
  );
  const action = actionFor(props.actions, "check");
  if (action === undefined) return null;
  return (
    <Stack gap={4} align="end">
      <GuardedButton
        action={action}
        aria-label={`${action.label}: ${uri} ${suite}`}
        loading={check.isPending}
        onClick={() => check.mutate(undefined)}
      >
        {action.label}
      </GuardedButton>
      {check.error !== null && <Problem cause={check.error} />}
    </Stack>
  );
}
