import { Button, Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { type KeyboardEvent, useRef, useState } from "react";
import { releaseName } from "../../src/base/release-name.ts";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useDeed } from "../app/queries.ts";
import type { Tone } from "../app/words.ts";
import { type Action, ActionButton, actionFor, GuardedButton } from "../parts/actions.tsx";
import { Mark } from "../parts/mark.tsx";
import { Person } from "../parts/person.tsx";
import { Problem } from "../parts/problem.tsx";
import { plural } from "./fix-first-list.tsx";
import styles from "./session.module.css";
import { DeferButton } from "./session-defer.tsx";
import { SESSION_TOPICS, type Session } from "./session-reply.ts";

type Item = Session["items"][number];
type Necessity = "necessary" | "not" | "needs-info";

const choices: readonly (readonly [Necessity, string, string])[] = [
  ["necessary", "Necessary", "1"],
  ["not", "Not necessary", "2"],
  ["needs-info", "Needs information", "3"],
];

/** The frozen list. Up and down go from item to item, 1, 2 and 3 vote on the one in focus. */
export function SessionItems({ session }: { readonly session: Session }) {
  const list = useRef<HTMLUListElement>(null);
  const move = (event: KeyboardEvent<HTMLUListElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const rows = [...(list.current?.children ?? [])] as HTMLElement[];
    const at = rows.indexOf(event.target as HTMLElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    rows[at + step]?.focus();
  };
  return (
    <div>
      <Text size="sm" c="dimmed" mb="xs">
        List {session.digest.slice(0, 12)}, as it was when the session began
        {session.counts === "own" && "; hosts are counted as far as you may see them, as of now"}.
        {session.state === "open" && " Arrow keys go from item to item; 1, 2 and 3 vote."}
      </Text>
      <ul ref={list} className={styles["items"]} onKeyDown={move} aria-label="Updates">
        {session.items.map((item) => (
          <ItemRow key={item.place} session={session} item={item} />
        ))}
      </ul>
    </div>
  );
}

function ItemRow({ session, item }: { readonly session: Session; readonly item: Item }) {
  const vote = actionFor(item.actions, "vote");
  const [asked, setAsked] = useState<Necessity | null>(null);
  const params = { path: { session: session.ref } };
  const deed = useDeed(
    (body: {
      readonly necessity: Necessity;
      readonly words: string;
      readonly scope: "all" | "subset" | "exclude";
      readonly hosts: string;
    }) =>
      ask(
        api.POST("/api/v1/triage-sessions/{session}/votes", {
          params,
          body: { ...body, place: item.place },
        }),
      ),
    SESSION_TOPICS,
  );
  const choose = (necessity: Necessity) => {
    if (vote?.allowed === true) setAsked(necessity);
  };
  return (
    <li
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys need a place in focus.
      tabIndex={0}
      aria-label={`Item ${item.place}, ${item.source}`}
      onKeyDown={(event) => {
        const choice = choices.find(([, , key]) => key === event.key);
        if (event.target === event.currentTarget && choice !== undefined) {
          event.preventDefault();
          choose(choice[0]);
        }
      }}
    >
      <ItemHead item={item} />
      <Votes item={item} />
      {deed.isError && <Problem cause={deed.error} />}
      {asked !== null && (
        <VoteForm
          necessity={asked}
          isPending={deed.isPending}
          onCancel={() => setAsked(null)}
          onVote={(said) =>
            deed.mutate({ ...said, necessity: asked }, { onSuccess: () => setAsked(null) })
          }
        />
      )}
      {asked === null && item.outcome === null && session.state === "open" && vote && (
        <Buttons session={session} item={item} vote={vote} choose={choose} />
      )}
    </li>
  );
}

const tallyTones: Readonly<Record<Item["tally"]["kind"], Tone>> = {
  few: "waiting",
  tie: "attention",
  decided: "good",
};

function ItemHead({ item }: { readonly item: Item }) {
  const exploited = item.knownExploited.length;
  return (
    <>
      <div className={styles["head"]}>
        <strong>
          {item.place}. {item.source}
          {item.sourceVersion === null ? "" : ` → ${item.sourceVersion}`}
        </strong>
        {item.outcome === null ? (
          <Mark tone={tallyTones[item.tally.kind]}>{item.tally.text}</Mark>
        ) : (
          <Mark tone="good">
            {item.outcome.label} <Made reference={item.outcome.ref} />
          </Mark>
        )}
      </div>
      <Text size="xs" c="dimmed" component="div">
        {releaseName(item.ecosystem)} · {plural(item.hosts, "host")}, {item.exposedHosts} exposed ·
        clears {plural(item.vulnerabilities.length, "flaw")}
        {exploited > 0 && (
          <>
            {" · "}
            <Mark tone="bad" reason={item.knownExploited.join(", ")}>
              {exploited} known exploited
            </Mark>
          </>
        )}
        {item.epssMax !== null && ` · EPSS up to ${item.epssMax.toFixed(3)}`}
      </Text>
    </>
  );
}

function Made({ reference }: { readonly reference: string | null }) {
  if (reference === null) return null;
  if (reference.startsWith("D")) return <Go href="/exceptions?tab=deferrals">{reference}</Go>;
  const place = { P: "/patches", K: "/known-issues" }[reference.charAt(0)];
  if (place === undefined) return <span>{reference}</span>;
  return <Go href={`${place}/${reference}`}>{reference}</Go>;
}

function Votes({ item }: { readonly item: Item }) {
  if (item.votes.length === 0) return null;
  return (
    <ul className={styles["votes"]}>
      {item.votes.map((vote) => (
        <li key={vote.subject}>
          <Person subject={vote.subject} />: {vote.necessity}
          {vote.scope !== "all" && `, ${vote.scope} ${vote.hosts}`}
          {vote.words !== "" && <span className="dim"> “{vote.words}”</span>}
        </li>
      ))}
    </ul>
  );
}

function Buttons(props: {
  readonly session: Session;
  readonly item: Item;
  readonly vote: Action;
  readonly choose: (necessity: Necessity) => void;
}) {
  const { session, item, vote, choose } = props;
  const params = { path: { session: session.ref } };
  return (
    <Group gap="xs" mt={8} justify="space-between">
      <Group gap={6}>
        {choices.map(([necessity, label]) => (
          <GuardedButton
            key={necessity}
            action={vote}
            size="compact-xs"
            variant={item.mine?.necessity === necessity ? "filled" : "default"}
            aria-label={`${label}: ${item.source}`}
            onClick={() => choose(necessity)}
          >
            {label}
          </GuardedButton>
        ))}
      </Group>
      <Group gap={6}>
        {item.tally.kind === "decided" &&
          (["open-case", "known-issue", "nothing"] as const).map((doing) => (
            <ActionButton
              key={doing}
              action={actionFor(item.actions, doing)}
              label={`${actionFor(item.actions, doing)?.label ?? doing}`}
              topics={[...SESSION_TOPICS, "patches"]}
              confirm={`For ${item.source}, as most voted: ${item.tally.text}.`}
              asksReason
              act={(words) =>
                ask(
                  api.POST("/api/v1/triage-sessions/{session}/outcomes", {
                    params,
                    body: { place: item.place, doing, words },
                  }),
                )
              }
            />
          ))}
        {item.tally.kind === "decided" && <DeferButton session={session} item={item} />}
      </Group>
    </Group>
  );
}

function VoteForm(props: {
  readonly necessity: Necessity;
  readonly isPending: boolean;
  readonly onCancel: () => void;
  readonly onVote: (said: {
    readonly words: string;
    readonly scope: "all" | "subset" | "exclude";
    readonly hosts: string;
  }) => void;
}) {
  const { necessity, isPending, onCancel, onVote } = props;
  const [said, setSaid] = useState({ words: "", scope: "all" as const, hosts: "" } as Parameters<
    typeof onVote
  >[0]);
  const label = choices.find(([name]) => name === necessity)?.[1] ?? necessity;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onVote(said);
      }}
    >
      <Group gap="xs" mt={8} align="flex-end">
        {necessity === "necessary" && (
          <NativeSelect
            size="xs"
            label="On"
            value={said.scope}
            onChange={(event) => {
              const scope = event.currentTarget.value as typeof said.scope;
              setSaid({ ...said, scope, hosts: scope === "all" ? "" : said.hosts });
            }}
            data={[
              { value: "all", label: "all hosts" },
              { value: "subset", label: "only these" },
              { value: "exclude", label: "all but these" },
            ]}
          />
        )}
        {said.scope !== "all" && (
          <TextInput
            label="Hosts"
            placeholder="env=prod"
            required
            value={said.hosts}
            onChange={(event) => setSaid({ ...said, hosts: event.currentTarget.value })}
          />
        )}
        <TextInput
          label="Why"
          required={necessity !== "necessary"}
          style={{ flex: "1 1 180px" }}
          value={said.words}
          autoFocus
          onChange={(event) => setSaid({ ...said, words: event.currentTarget.value })}
        />
        <Button type="submit" size="xs" loading={isPending}>
          Vote: {label}
        </Button>
        <Button size="xs" variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
