import { Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { releaseName } from "../../src/base/release-name.ts";
import { api, ask, type Reply } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useAnswer, useDeed } from "../app/queries.ts";
import { wordFor } from "../app/words.ts";
import { ActionButton, actionFor, GuardedButton, Refusals } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, StateWord } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { hostsText } from "./exceptions.tsx";
import styles from "./triage.module.css";

type Shown = Reply<"/api/v1/exceptions/{exception}">;
const TOPICS = ["exceptions", "findings"];

/** One exception: what it rests on, whether that is still so, and who decides. */
export function ExceptionPage() {
  const { exception: ref } = useParams({ strict: false }) as { readonly exception: string };
  const shown = useAnswer({
    key: ["exception", ref],
    topics: TOPICS,
    load: (signal) =>
      ask(
        api.GET("/api/v1/exceptions/{exception}", {
          params: { path: { exception: ref } },
          signal,
        }),
      ),
  });
  return (
    <>
      {shown.data === undefined && <PageHead title={ref} />}
      <Answered of={shown} what="the exception">
        {(answer) => <ShownException shown={answer} />}
      </Answered>
    </>
  );
}

const closing = {
  refuse: "It will not be given. The findings keep the date that they have.",
  withdraw: "You take your request back.",
  revoke: "It ends at once, and the date that the findings always had counts again.",
} as const;

function ShownException({ shown }: { readonly shown: Shown }) {
  const { exception, actions, broken } = shown;
  const [isRenewing, setRenewing] = useState(false);
  const path = { exception: exception.ref };
  const renew = actionFor(actions, "renew");
  const isLive = exception.state === "requested" || exception.state === "approved";
  return (
    <>
      <PageHead
        title={`${exception.ref}  ${exception.title}`}
        aside={<StateWord group="exception" name={exception.state} />}
        sentence={<Sentence shown={shown} />}
        actions={
          <>
            {exception.state === "requested" && (
              <ActionButton
                action={actionFor(actions, "approve")}
                label="Approve"
                isPrimary
                topics={TOPICS}
                confirm={`${exception.owner} answers for ${exception.title} on ${hostsText(exception)} until ${exception.until.slice(0, 10)}. You agree that it may stay open.`}
                act={() =>
                  ask(api.POST("/api/v1/exceptions/{exception}/approve", { params: { path } }))
                }
              />
            )}
            {(["refuse", "withdraw", "revoke"] as const)
              .filter((verb) => (verb === "revoke") === (exception.state === "approved"))
              .filter(() => isLive)
              .map((verb) => (
                <ActionButton
                  key={verb}
                  action={actionFor(actions, verb)}
                  label={actionFor(actions, verb)?.label ?? verb}
                  topics={TOPICS}
                  confirm={closing[verb]}
                  asksReason
                  act={(reason) =>
                    ask(
                      api.POST(`/api/v1/exceptions/{exception}/${verb}`, {
                        params: { path },
                        body: { reason },
                      }),
                    )
                  }
                />
              ))}
            {renew !== undefined && exception.approvedAt !== null && !isRenewing && (
              <GuardedButton action={renew} onClick={() => setRenewing(true)}>
                {renew.label}
              </GuardedButton>
            )}
          </>
        }
      />
      {broken !== null && (
        <Text size="sm" mb="md" component="div" role="status">
          <Mark tone="bad">No longer so.</Mark> {broken}
        </Text>
      )}
      {isRenewing && <Renew exception={exception} onClose={() => setRenewing(false)} />}
      <div className={styles["split"]}>
        <Panel title="What was asked for">
          <Facts of={askedFacts(exception)} />
        </Panel>
        <Panel title="What it rests on">
          <Facts of={restFacts(shown)} />
        </Panel>
      </div>
      {exception.state === "requested" && (
        <Refusals of={actions.filter((action) => action.verb === "approve")} />
      )}
    </>
  );
}

function Sentence({ shown: { exception, now } }: { readonly shown: Shown }) {
  const hosts = now.hosts === 1 ? "1 host has" : `${now.hosts.toLocaleString("en")} hosts have`;
  switch (exception.state) {
    case "requested":
      return (
        <>
          {exception.requester} asks to leave it open until <Instant at={exception.until} />;{" "}
          {hosts} it now. Somebody else has to agree.
        </>
      );
    case "approved":
      return (
        <>
          {exception.owner} answers for it, and it ends <Instant at={exception.until} />; {hosts} it
          now. The date of the findings stays, and counts again then.
        </>
      );
    default:
      return (
        <>
          It is over since <Instant at={exception.movedAt} />
          {exception.closedReason === null ? "." : `: ${exception.closedReason}`}
        </>
      );
  }
}

function askedFacts(exception: Shown["exception"]): Parameters<typeof Facts>[0]["of"] {
  const { vulnerabilities } = exception;
  return [
    ["Vulnerabilities", <Several key="v" of={vulnerabilities} isLinked />],
    [
      "Package",
      exception.package === null
        ? "any"
        : `${exception.package.source} in ${releaseName(exception.package.ecosystem)}`,
    ],
    ["Hosts", hostsText(exception)],
    ...(exception.patch === null
      ? []
      : ([
          [
            "Case",
            <Go key="case" href={`/patches/${exception.patch}`}>
              {exception.patch}
            </Go>,
          ],
        ] as const)),
    ["Because", wordFor("exceptionReason", exception.reasonClass).label],
    ["Reason", exception.reason],
    ["Owner", exception.owner],
    [
      "Until",
      <span key="until">
        {exception.until.slice(0, 10)} (<Instant at={exception.until} />)
      </span>,
    ],
    [
      "Renewal",
      exception.renews === null ? (
        "the first"
      ) : (
        <span key="r">
          {exception.renewal} of 2, after{" "}
          <Go href={`/exceptions/${exception.renews}`}>{exception.renews}</Go>
        </span>
      ),
    ],
    ["Asked by", exception.requester],
    ["Asked", <Instant key="asked" at={exception.requestedAt} />],
    ...(exception.approver === null
      ? []
      : ([
          ["Approved by", exception.approver],
          ["Approved", <Instant key="approved" at={exception.approvedAt} />],
        ] as const)),
  ];
}

function restFacts({ exception, assumed, now }: Shown): Parameters<typeof Facts>[0]["of"] {
  const exposed = (is: boolean) => (is ? "yes, or not said" : "no");
  const both = (then: string, today: string) => (then === today ? then : `${then}, now ${today}`);
  return [
    ["Control", exception.control],
    [
      "Evidence",
      <a
        key="e"
        className="go is-link"
        href={exception.evidence}
        rel="noreferrer noopener"
        target="_blank"
      >
        {exception.evidence}
      </a>,
    ],
    ...(exception.controlLabel === null
      ? []
      : ([
          [
            "Control's label",
            `${exception.controlLabel}${now.withoutControl === 0 ? " on all of its hosts" : `, missing on ${now.withoutControl}`}`,
          ],
        ] as const)),
    ["Hosts with it", both(String(assumed.hosts), String(now.hosts))],
    ["Exposed", both(exposed(assumed.isExposed), exposed(now.isExposed))],
    ["Known exploited", <ThenAndNow key="k" then={assumed.exploited} now={now.exploited} />],
    ["With a fix", <ThenAndNow key="f" then={assumed.fixable} now={now.fixable} />],
  ];
}

const NAMED_MAX = 6;

/** A few of them; the rest on request. */
function Several(props: { readonly of: readonly string[]; readonly isLinked?: boolean }) {
  const { of, isLinked } = props;
  if (of.length === 0) return <>none</>;
  const shown = (ids: readonly string[]) =>
    ids.map((id, at) => (
      <span key={id}>
        {at > 0 && ", "}
        {isLinked === true ? <Go href={`/vulnerabilities/${encodeURIComponent(id)}`}>{id}</Go> : id}
      </span>
    ));
  if (of.length <= NAMED_MAX) return <>{shown(of)}</>;
  return (
    <details>
      <summary>
        {of.slice(0, 2).join(", ")} and {of.length - 2} more
      </summary>
      {shown(of)}
    </details>
  );
}

function ThenAndNow(props: { readonly then: readonly string[]; readonly now: readonly string[] }) {
  const { then, now } = props;
  if (then.join(" ") === now.join(" ")) return <Several of={now} />;
  return (
    <>
      <Several of={then} /> <b>now</b> <Several of={now} />
    </>
  );
}

function Renew(props: { readonly exception: Shown["exception"]; readonly onClose: () => void }) {
  const { exception, onClose } = props;
  const [draft, setDraft] = useState({ reason: "", until: "" });
  const go = useGo();
  const deed = useDeed(
    () =>
      ask(
        api.POST("/api/v1/exceptions/{exception}/renew", {
          params: { path: { exception: exception.ref } },
          body: { reason: draft.reason, until: new Date(draft.until).toISOString() },
        }),
      ),
    TOPICS,
  );
  return (
    <Panel title="Ask for it once more">
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: (made) => go(made.href) });
        }}
      >
        <Stack gap="sm">
          <Text size="sm">It is approved anew, by somebody else than you, at most twice.</Text>
          <Textarea
            label="Why it still cannot be fixed"
            size="xs"
            value={draft.reason}
            onChange={(event) => setDraft({ ...draft, reason: event.currentTarget.value })}
            required
            data-autofocus
          />
          <TextInput
            label="Until"
            type="date"
            value={draft.until}
            onChange={(event) => setDraft({ ...draft, until: event.currentTarget.value })}
            required
          />
          <FormEnd deed={deed} label="Ask for it" onClose={onClose} />
        </Stack>
      </form>
    </Panel>
  );
}
